"""The hot loops, twice: `reference` in NumPy (the oracle), `compiled` in Numba (the default).

Both packages hold the functions of `Kernels`, in modules of the same names, and give the same
bits. ``ECONSIM_KERNELS=numpy|numba`` selects. What exists once only is here: `assignment`,
`set_packing`, and how work is shared out among threads.
"""

import os
from collections.abc import Callable, Mapping

from econsim.errors import one_of
from econsim.kernels.inputs import Beliefs as Beliefs
from econsim.kernels.inputs import Demand as Demand
from econsim.kernels.inputs import Entries as Entries
from econsim.kernels.inputs import Hindsight as Hindsight
from econsim.kernels.inputs import Learners as Learners
from econsim.kernels.inputs import Offers as Offers
from econsim.kernels.inputs import Search as Search
from econsim.kernels.inputs import Shoppers as Shoppers
from econsim.kernels.protocol import Kernels as Kernels


def _reference() -> Kernels:
    from econsim.kernels import reference

    return reference


def _compiled() -> Kernels:
    from econsim.kernels import compiled  # here, as Numba takes a second to import

    return compiled


PACKAGES: Mapping[str, Callable[[], Kernels]] = {"numpy": _reference, "numba": _compiled}


def select(name: str | None = None) -> Kernels:
    """The kernels called `name`, by default those that ``ECONSIM_KERNELS`` names.

    Raises
    ------
    ParameterError
        If the name is neither ``numpy`` nor ``numba``.
    """
    field = "ECONSIM_KERNELS" if name is None else "kernels"
    chosen = os.environ.get("ECONSIM_KERNELS", "numba") if name is None else name
    return PACKAGES[one_of(field, chosen, PACKAGES)]()
