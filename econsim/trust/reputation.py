"""Trust in a seller, from what it delivered."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def beta_mean(
    successes: ArrayLike, failures: ArrayLike, prior: tuple[float, float] = (1.0, 1.0)
) -> NDArray[np.float64]:
    """Mean of the beta posterior: (r + a) / (r + s + a + b) after r successes and s failures.

    Josang & Ismail (2002), "The beta reputation system". Shapes broadcast; the answer is in
    (0, 1).
    """
    good = np.asarray(successes) + prior[0]
    return good / (good + (np.asarray(failures) + prior[1]))
