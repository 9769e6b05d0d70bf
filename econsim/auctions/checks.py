"""What every mechanism asks of its arguments: real, finite, not negative, of the right shape.

Integers of any width become int64 and floats become float64, so that integer money stays exact.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import BidError, unmasked

Array = NDArray[Any]

# Sums and differences of that many ticks stay inside int64.
LARGEST = 2**61


def real_array(name: str, values: Any, ndim: int = 1) -> Array:
    """`values` as a contiguous int64 or float64 array of finite numbers >= 0.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    values : array_like
        ``[]`` is the empty market of any dimension.
    ndim : int
        Dimensions that it must have.

    Raises
    ------
    BidError
        Naming argument and index of the first entry that is not permitted.
    """
    array = _typed(name, values, ndim)
    if array.ndim != ndim:
        shape = "list" if ndim == 1 else f"{ndim}-dimensional array"
        raise BidError(name, values, f"a {shape} of numbers")
    refuse(name, array, ~np.isfinite(array) | (array < 0), "a finite number >= 0")
    largest = (LARGEST if array.dtype.kind == "i" else 1e300) / max(array.size, 1)
    refuse(name, array, array > largest, f"at most {largest:.3g} here, so that sums stay exact")
    return array


def refuse(name: str, array: Array, wrong: Array, permitted: str) -> None:
    """Raise `BidError` for the first entry of `array` that is `wrong`."""
    if wrong.any():
        index = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        where = ", ".join(str(int(k)) for k in index)
        raise BidError(f"{name}[{where}]" if where else name, array[index].item(), permitted)


def common(**arrays: Array) -> tuple[Array, ...]:
    """The arrays in one dtype: int64 if all are integers, else float64.

    Raises
    ------
    BidError
        If an integer has no float64 of its own: rounded, it could change places with a float.
    """
    dtype = np.result_type(*arrays.values())
    for name, array in arrays.items():
        rounded = array.astype(dtype).astype(array.dtype) != array
        refuse(name, array, rounded, "a number that float64 holds exactly, as others are floats")
    return tuple(array.astype(dtype, copy=False) for array in arrays.values())


def reserves(reserve: Any, items: int, name: str = "reserve") -> Array:
    """A reserve for each of `items`, from one number or one for each."""
    ndim = np.ndim(unmasked(name, reserve, BidError))
    array = real_array(name, reserve, min(ndim, 1))
    if ndim and array.shape != (items,):
        raise BidError(name, reserve, f"a number or a list of {items} numbers")
    return np.broadcast_to(array, items)


def indices(name: str, values: Any, below: int | None = None) -> NDArray[np.int64]:
    """`values` as int64, each from 0 and below `below`."""
    array = real_array(name, values)
    refuse(name, array, array != np.floor(array), "an integer")
    if below is not None:
        refuse(name, array, array >= below, f"an integer from 0 to {below - 1}")
    return array.astype(np.int64)


def _typed(name: str, values: Any, ndim: int) -> Array:
    """`values` as a contiguous int64 or float64 array of any shape."""
    unmasked(name, values, BidError)
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        raise BidError(name, values, "a rectangular array of numbers") from None
    if array.shape == (0,):
        array = array.reshape((0,) * ndim)
    if array.size == 0 and not isinstance(values, np.ndarray):
        return np.empty(array.shape, np.int64)  # a list of nothing says nothing of its dtype
    if array.dtype.kind not in "iuf":
        array = _from_objects(name, array)
    if array.dtype.kind == "u":
        refuse(name, array, array > np.uint64(LARGEST), "at most 2**61")
    return np.asarray(array, np.float64 if array.dtype.kind == "f" else np.int64, order="C")


def _from_objects(name: str, array: Array) -> Array:
    """Python numbers out of an array of objects; refuses the first entry that is none."""
    entries = array.astype(object)
    for index, entry in np.ndenumerate(entries):
        real = isinstance(entry, int | float | np.integer | np.floating)
        if not real or isinstance(entry, bool) or not abs(entry) < math.inf:
            where = ", ".join(map(str, index))
            raise BidError(f"{name}[{where}]" if where else name, entry, "a finite number >= 0")
        if isinstance(entry, int) and abs(entry) > LARGEST:
            raise BidError(f"{name}[{', '.join(map(str, index))}]", entry, "at most 2**61")
    return np.array(entries.tolist())
