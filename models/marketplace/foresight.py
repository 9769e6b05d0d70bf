"""What became of what buyers expected: a public reliability curve, by which they discount.

Orders are put into bins by the surplus that the records promised, for each pricing model and
category; a curve through the bins' means says what such orders came to. What a record says of the
dearest half is selected by choice, and so is too rosy or too glum: the curve makes up for it, and
for all else that the records leave out.

References
----------
Murphy & Winkler (1977), Reliability of subjective probability forecasts of precipitation and
temperature. Applied Statistics 26.
Barlow, Bartholomew, Bremner & Brunk (1972), Statistical inference under order restrictions. Wiley.
"""

from __future__ import annotations

import numpy as np

from econsim.arrays import Floats, Ints
from econsim.models.marketplace.contracts import ended
from econsim.models.marketplace.delivery import Service
from econsim.models.marketplace.offers import Offered
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State
from econsim.pricing import Fills, Orders

BINS, PER_DOUBLING, TOP = 24, 1.5, 3.0  # upper ends from 8 medians down to a three-thousandth
MEMORY = 1.0 / 32.0  # weight of a round: half the time of the records, as bins pool many orders
PRIOR = 16.0  # orders that were worth what was expected, in each bin


def blank(rules: Rules) -> Floats:
    """Sums before the first round: (p x c, BINS, 3)."""
    return np.zeros((len(rules.mechanisms.models) * len(rules.categories), BINS, 3))


def groups(rules: Rules, state: State) -> Ints:
    """Row of each listing's curve, (m,): by pricing model and category."""
    pricing = state.sellers["pricing"].astype(np.int64)
    return pricing * len(rules.categories) + state.sellers["category"]


def _bounds(rules: Rules) -> Floats:
    """Upper ends of the bins of each curve but the last one's, ticks, (p x c, BINS - 1)."""
    unit = np.multiply.outer(np.maximum(rules.mechanisms.term, 1.0), rules.median_value).ravel()
    steps = 2.0 ** (TOP - np.arange(BINS - 1)[::-1] / PER_DOUBLING)
    return np.maximum(unit, 1.0)[:, None] * steps


def curves(rules: Rules, state: State) -> tuple[Floats, Floats]:
    """What orders were expected to be worth, and what they were, at the nodes of each curve.

    A bin's node is the mean of its orders and of `PRIOR` more that were worth just what was
    expected; the curve is the closest that does not fall (isotonic regression), so that what
    promises more is never taken to be worth less.

    Returns
    -------
    foreseen, realised : float64 (p x c, BINS + 1), ticks; from 0
    """
    bounds, sums = _bounds(rules), state.foresight
    middle = np.concatenate([bounds * 2.0 ** (-0.5 / PER_DOUBLING), 1.2 * bounds[:, -1:]], axis=1)
    count = sums[:, :, 0] + PRIOR
    foreseen = (sums[:, :, 1] + PRIOR * middle) / count
    realised = (sums[:, :, 2] + PRIOR * middle) / count
    start = np.zeros((len(sums), 1))
    rising = np.maximum(isotonic(realised, count), 0.0)
    return np.concatenate([start, foreseen], axis=1), np.concatenate([start, rising], axis=1)


def isotonic(values: Floats, weights: Floats) -> Floats:
    """Closest non-decreasing rows in weighted squares, (g, b), by the max-min formula.

    ``y[k] = max over i <= k of min over j >= k of the mean of values[i..j]`` (Barlow et al.
    1972).
    """
    rows, bins = values.shape
    fitted = np.full((rows, bins), -np.inf)
    for first in range(bins):
        total = np.cumsum(values[:, first:] * weights[:, first:], axis=1)
        means = total / np.cumsum(weights[:, first:], axis=1)
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        fitted[:, first:] = np.maximum(fitted[:, first:], least)
    return fitted


def note(
    rules: Rules,
    state: State,
    offered: Offered,
    worth: Ints,
    orders: Orders,
    promised: Floats,
    fills: Fills,
    served: Service,
) -> None:
    """Put on record what became of this round's orders, and of contracts that end with it.

    An order of a subscription counts as worth what its term is expected to bring until that is
    known: then its difference from what it brought is added.

    Parameters
    ----------
    worth : int64 (n,), ticks, of each buyer's task
    promised : float64 (o,), ticks, expected surplus of each order by the records; 0 is left out
    served : Service
        This round's tasks, those just bought last, in the order of the fills.
    """
    value = (worth[served.buyer] * offered.trust[served.seller]).astype(np.int64)
    bought = len(served) - len(fills.order)
    signed, sold = served.contract[bought:], value[bought:].astype(np.float64)
    if len(state.contracts):
        sold = np.where(signed >= 0, promised[fills.order] + fills.payment, sold)
        _sign(state, signed, promised[fills.order], sold)
        _use(state, served, value)
    worth_it = np.zeros(len(orders))
    back = np.where(signed >= 0, 0.0, offered.refund[fills.listing] * fills.payment)
    worth_it[fills.order] = sold - fills.payment + back
    known = np.flatnonzero(promised > 0)
    group = groups(rules, state)
    state.foresight *= 1.0 - MEMORY
    counted = np.ones(len(known))
    columns = (counted, promised[known], worth_it[known])
    _add(rules, state, group[orders.listing[known]], promised[known], columns)
    if len(state.contracts):
        _close(rules, state, group)


def _sign(state: State, signed: Ints, promised: Floats, over_term: Floats) -> None:
    """Open the accounts of contracts below 0 by what their terms are expected to bring."""
    book, new = state.contracts, signed >= 0
    rows = book.rows(signed[new])
    book["promised"][rows], book["ahead"][rows] = promised[new], -over_term[new]


def _use(state: State, served: Service, value: Ints) -> None:
    """Book what tasks under contract are worth."""
    under = served.contract >= 0
    state.contracts["ahead"][state.contracts.rows(served.contract[under])] += value[under]


def _close(rules: Rules, state: State, group: Ints) -> None:
    """Correct the record of the contracts that end with this round."""
    book = state.contracts
    over = np.flatnonzero(ended(book) & (book["promised"] > 0))
    promised, ahead = book["promised"][over], book["ahead"][over]
    nothing = np.zeros(len(over))
    at = group[state.sellers.rows(book["seller"][over])]
    _add(rules, state, at, promised, (nothing, nothing, ahead))


def _add(
    rules: Rules, state: State, group: Ints, promised: Floats, columns: tuple[Floats, ...]
) -> None:
    """Add to the sums of the bins, one order after the other."""
    bin_ = (promised[:, None] >= _bounds(rules)[group]).sum(axis=1)
    for k, values in enumerate(columns):
        np.add.at(state.foresight[:, :, k], (group, bin_), values)
