"""The hot loops, twice: `reference` in NumPy (the oracle), `compiled` in Numba (the default).

Both modules hold the same functions with the same signatures and give the same bits.
``ECONSIM_KERNELS=numpy|numba`` selects.
"""

import importlib
import os
from types import ModuleType

from econsim.errors import one_of

MODULES = {"numpy": "econsim.kernels.reference", "numba": "econsim.kernels.compiled"}


def select(name: str | None = None) -> ModuleType:
    """The module of kernels called `name`, by default the one that ``ECONSIM_KERNELS`` names.

    Raises
    ------
    ParameterError
        If the name is neither ``numpy`` nor ``numba``.
    """
    field = "ECONSIM_KERNELS" if name is None else "kernels"
    chosen = os.environ.get("ECONSIM_KERNELS", "numba") if name is None else name
    return importlib.import_module(MODULES[one_of(field, chosen, MODULES)])
