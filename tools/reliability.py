"""Draw how reliable buyers' expectations are: realised against expected surplus, by tenths.

``python tools/reliability.py`` writes ``docs/images/reliability.png`` and prints the table behind
it; it takes some minutes.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from econsim.arrays import Floats
from econsim.models.marketplace import Marketplace
from econsim.strategies import Shaded

MODELS = ("fixed", "perunit", "subscription", "first-price", "vickrey", "double")
SCENARIOS = {"agents": 2_000, "ebay": 10_000}
WARMUP = {"subscription": 800}  # rounds: its fees drift for long; 300 for the others
ENDOWMENT = 10**14  # so that no wallet binds
PATH = Path(__file__).parents[1] / "docs" / "images" / "reliability.png"


def settled(scenario: str, pricing: Any, warmup: int | None = None, **changes: Any) -> Marketplace:
    """A market of buyers who choose by expected surplus, after a warm-up.

    Where winners pay their bid, buyers bid four fifths of value: a truthful bid gains nothing.
    """
    usual = {"choice": "expected", "endowment": ENDOWMENT, "rng": 3}
    if pricing == "first-price":
        usual["strategy"] = Shaded(0.8)
    market = Marketplace.from_scenario(scenario, pricing=pricing, **{**usual, **changes})
    market.run_for(WARMUP.get(pricing, 300) if warmup is None else warmup)
    return market


def surpluses(market: Marketplace, rounds: int) -> tuple[Floats, Floats]:
    """Expected and realised surplus of the orders of the next rounds, ticks, (o,) and (o,).

    Delivery risk is in both by the sellers' trust. A subscription is followed to the end of its
    term; the orders of the last term are left out.
    """
    terms: dict[int, float] = {}
    last = market.round + rounds - int(market.rules.mechanisms.term.max())
    parts = []
    for _ in range(rounds):
        trust = market.sellers["trust"].copy()
        market.step()
        if market.round <= last:
            parts.append(_orders(market, trust, terms))
        parts.append(np.array([*_ended(market, terms)]).reshape(-1, 2))
    expected, realised = np.concatenate(parts).T
    return expected, realised


def _orders(market: Marketplace, trust: Floats, terms: dict[int, float]) -> Floats:
    """Expected and realised surplus of the round's orders, (o, 2); contracts go to `terms`."""
    played = market._last
    orders, fills = played.orders, played.fills
    worth = played.tasks.worth[market.buyers.rows(orders.buyer)]
    value = (worth * trust[orders.listing]).astype(np.int64)
    surplus = np.zeros(len(orders))
    surplus[fills.order] = value[fills.order] - fills.payment
    counted = played.expected > 0
    if market.rules.mechanisms.term.any():
        counted[fills.order] = False
        signed = dict(zip(orders.buyer[fills.order], played.expected[fills.order], strict=True))
        book = market.state.contracts
        new = np.flatnonzero(np.isin(book["buyer"], list(signed)))
        terms |= {book["id"][row]: signed[book["buyer"][row]] for row in new}
    return np.stack([played.expected[counted], surplus[counted]], axis=1)


def _ended(market: Marketplace, terms: dict[int, float]) -> Iterator[tuple[float, float]]:
    """Expected and realised surplus of the contracts that ended with the round."""
    book = market.state.contracts
    for row in np.flatnonzero(book["status"] > 0):
        if book["id"][row] in terms:
            yield terms[book["id"][row]], book["ahead"][row] + book["promised"][row]


def by_tenth(expected: Floats, realised: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean expected and realised surplus of each tenth of the orders, and standard errors."""
    parts = np.array_split(np.argsort(expected, kind="stable"), 10)
    foreseen = np.array([expected[part].mean() for part in parts])
    means = np.array([realised[part].mean() for part in parts])
    errors = np.array([realised[part].std() / np.sqrt(len(part)) for part in parts])
    return foreseen, means, errors


def draw(ax: Any, scenario: str, buyers: int, rounds: int) -> None:
    """One panel: each model's tenths in units of the median task value."""
    for name in MODELS:
        market = settled(scenario, name, buyers=buyers)
        start, unit = market.round, float(market.rules.median_value[0])
        expected, realised = surpluses(market, rounds)
        foreseen, means, errors = by_tenth(expected, realised)
        tenths = zip(means / foreseen, errors / foreseen, foreseen / foreseen.sum(), strict=True)
        shown = " ".join(f"{mean:.2f}±{error:.2f}({share:.1%})" for mean, error, share in tenths)
        overall = f"{realised.sum() / expected.sum():.3f} {market.summary(start)['foresight']:.3f}"
        print(scenario, name, overall, shown, flush=True)
        seen = foreseen > 1e-3 * unit
        ax.errorbar(
            *(foreseen[seen] / unit, means[seen] / unit, 2 * errors[seen] / unit),
            fmt="o-", ms=4, lw=1, label=name,
        )  # fmt: skip
    ax.set(xscale="log", yscale="log", title=f"{scenario}, {buyers:,} buyers")
    ax.set(xlabel="expected surplus, median task values", ylabel="realised surplus")
    ends = [max(ax.get_xlim()[0], 1e-3), ax.get_xlim()[1]]
    ax.plot(ends, ends, color="0.6", lw=0.8, zorder=0)
    ax.set(xlim=ends, ylim=ends)


def main(rounds: int = 200) -> None:
    """Draw one panel a scenario."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
    for ax, (scenario, buyers) in zip(axes, SCENARIOS.items(), strict=True):
        draw(ax, scenario, buyers, rounds)
    axes[0].legend(frameon=False)
    figure.savefig(PATH, dpi=110)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
