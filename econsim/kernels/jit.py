"""How kernels are compiled: without the lock of Python, and kept for the next process."""

from numba import njit

kernel = njit(nogil=True, cache=True)

# Numba counts a reference whenever an array is read out of a tuple, which costs ten times the
# arithmetic. A function that allocates nothing and keeps nothing may borrow its arguments instead.
borrowing = njit(nogil=True, cache=True, _nrt=False)  # type: ignore[call-overload]
