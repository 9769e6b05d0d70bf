"""What utilities and economies ask of an array: real, finite, not negative, of the right shape."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Bools, Floats
from econsim.errors import ParameterError, unmasked

SHAPES = {0: "a number", 1: "a list", 2: "a two-dimensional array"}


def amounts(field: str, values: Any, *dimensions: int, positive: bool = False) -> Floats:
    """`values` as a float64 array of finite numbers >= 0, with one of the numbers of dimensions.

    Parameters
    ----------
    field : str
        Name of the argument, for the message.
    values : array_like
    *dimensions : int
        Permitted numbers of dimensions.
    positive : bool
        Whether zero is refused, too.

    Raises
    ------
    ParameterError
        Naming argument and index of the first entry that is not permitted.
    """
    kind = "finite number > 0" if positive else "finite number >= 0"
    shapes = " or ".join(SHAPES[each] for each in dimensions)
    unmasked(field, values)
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        raise ParameterError(field, values, f"{shapes} of {kind}s") from None
    if array.ndim not in dimensions or not array.size or array.dtype.kind not in "iuf":
        raise ParameterError(field, values, f"{shapes}, each entry a {kind}")
    # Not the caller's own array: what it does to that later must not reach us.
    array = np.array(array, dtype=np.float64, order="C")
    refuse(
        field, array, ~(np.isfinite(array) & (array > 0 if positive else array >= 0)), f"a {kind}"
    )
    return array


def refuse(field: str, array: NDArray[Any], wrong: Bools, permitted: str) -> None:
    """Raise `ParameterError` for the first entry of `array` that is `wrong`."""
    if wrong.any():
        index = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        where = ", ".join(str(int(k)) for k in index)
        raise ParameterError(
            f"{field}[{where}]" if where else field, array[index].item(), permitted
        )
