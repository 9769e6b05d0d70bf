"""How a CES consumer divides wealth among goods: the hot loop of every equilibrium search."""

import numpy as np

from econsim.arrays import Floats
from econsim.kernels.jit import kernel
from econsim.kernels.threads import over_rows


def spending(logits: Floats, elasticity: Floats, prices: Floats, wealth: Floats) -> Floats:
    """Spending of every consumer on every good.

    The share of good j is exp(logits_j + (1 - sigma) log p_j), over the sum of these. CES, its
    limits Cobb-Douglas (sigma = 1) and Leontief (sigma = 0) are all of this form.

    Parameters
    ----------
    logits : float64 array (n, m), C-contiguous
        sigma log a_j for CES, log a_j for the limits; minus infinity for goods without use.
    elasticity : float64 array (n,)
        sigma >= 0, finite.
    prices : float64 array (m,)
        Not negative; a free good takes no spending.
    wealth : float64 array (n,)

    Returns
    -------
    float64 array (n, m), in the unit of wealth. A row is a function of that row's input alone.
    """
    out = np.empty(logits.shape)
    logs = np.log(prices, out=np.full(prices.shape, -np.inf), where=prices > 0)
    work = logits.size
    over_rows(_spending, len(logits), logits, elasticity, logs, wealth, out, work=work)
    return out


@kernel
def _spending(begin, end, logits, elasticity, log_prices, wealth, out):
    """Rows of `spending`; the largest exponent is taken out, so that nothing overflows."""
    for i in range(begin, end):
        largest = -np.inf
        for j in range(logits.shape[1]):
            value = logits[i, j]
            if value > -np.inf:
                value += (1.0 - elasticity[i]) * log_prices[j] if elasticity[i] != 1.0 else 0.0
            out[i, j] = value
            largest = max(largest, value)
        total = 0.0
        for j in range(logits.shape[1]):
            out[i, j] = np.exp(out[i, j] - largest)
            total += out[i, j]
        for j in range(logits.shape[1]):
            out[i, j] *= wealth[i] / total
