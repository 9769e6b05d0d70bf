"""Types of what names a thing: a pricing model, a strategy, a trust model.

`Specification` is its registered name, a table of ``kind`` and parameters, its class or itself;
`Mix` is that, or several with their shares, which sum to 1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

type Specification[T] = str | Mapping[str, object] | type[T] | T
# Mapping is invariant in its keys, so any: {"hedge": 0.5, Truthful(): 0.5} has keys of two types.
type Mix[T] = Specification[T] | Mapping[Any, float] | Sequence[tuple[Specification[T], float]]
