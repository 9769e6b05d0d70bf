"""Share out the rows of a compiled kernel among threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba

LEAST_ROWS = 16_384
_pool: ThreadPoolExecutor | None = None


def _threads() -> int:
    """Threads to use: ``NUMBA_NUM_THREADS``, by default the processors."""
    return numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]


def chunk_of(n: int, work: int | None = None) -> int:
    """Rows a thread takes, as many threads as ``NUMBA_NUM_THREADS`` but none for a trifle."""
    threads = min(_threads(), max((n if work is None else work) // LEAST_ROWS, 1))
    return -(-n // threads) or 1


def over_rows(kernel: Callable, n: int, *arguments: Any, work: int | None = None) -> None:
    """Run ``kernel(begin, end, *arguments)`` over the rows 0..n-1 on all threads.

    `work` says how many rows there are to work on, if they are not the n that are shared out.

    Kernels release the lock of Python and write each row from that row's inputs alone, so the
    split changes nothing. Plain threads rather than Numba's: these cost nothing while idle,
    leave small inputs on the caller's thread, and may be entered from several threads at once.
    """
    global _pool
    chunk = chunk_of(n, work)
    rest = range(chunk, n, chunk)
    if rest and _pool is None:
        _pool = ThreadPoolExecutor(_threads(), "econsim-kernels")
    waiting = [
        _pool.submit(kernel, begin, min(begin + chunk, n), *arguments)  # type: ignore[union-attr]
        for begin in rest
    ]
    kernel(0, min(chunk, n), *arguments)
    for future in waiting:
        future.result()


def _forget_pool() -> None:
    """A forked child has no threads of its parent's."""
    global _pool
    _pool = None


os.register_at_fork(after_in_child=_forget_pool)
