"""Mesa's rule for the arguments of many agents."""

import numpy as np
import pandas as pd


def spread(value: object, count: int) -> list:
    """One value for each of `count` agents: Mesa's rule for the arguments of ``create_agents``."""
    if isinstance(value, list | tuple | range | np.ndarray | pd.Series) and np.ndim(value):
        return list(value) if len(value) == count else [value] * count
    return [value] * count
