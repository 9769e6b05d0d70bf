"""How many rounds a comparison leaves out: until every arm's series have settled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from econsim.stats import mser5

SERIES = ("welfare", "revenue", "trades")
FIRST, LONGEST = 200, 800
COLUMNS = ["pricing", "metric", "cut", "rounds", "settled"]


@dataclass(frozen=True)
class Warmup:
    """The warm-up of a comparison, the same for all arms.

    Attributes
    ----------
    rounds : int
        Rounds left out.
    cuts : DataFrame
        One row a pricing model and metric: ``cut`` that MSER-5 finds in a pilot of so many
        ``rounds``, and whether it ``settled``; empty where the user gave the number.
    """

    rounds: int
    cuts: pd.DataFrame

    @property
    def settled(self) -> dict[str, bool]:
        """Whether all series of each pricing model settled."""
        by_label = self.cuts.groupby("pricing")["settled"].all()
        return {str(label): bool(settled) for label, settled in by_label.items()}


def fixed(rounds: int) -> Warmup:
    """A warm-up that nobody looked for."""
    return Warmup(rounds, pd.DataFrame(columns=COLUMNS))


def search(
    pilots: Mapping[str, Callable[[], Any]],
    on_pilot: Callable[[str], None] = lambda label: None,
) -> Warmup:
    """The longest warm-up that any arm needs.

    1. Play a pilot of each arm, 200 rounds.
    2. Cut its welfare, revenue and trades by MSER-5 (White 1997). Where a cut lies at the end of
       its range, half the pilot, the pilot is too short to say: play it on to 400 and 800 rounds.
    3. What lies there still has not settled; half of the longest pilot is then left out.

    Parameters
    ----------
    pilots : mapping of str to callable
        By label: makes a market of the arm, on draws that no run shares.
    on_pilot : callable
        Called with the label of each finished pilot.
    """
    parts = []
    for label, make in pilots.items():
        parts.append(_cuts(make()).assign(pricing=label))
        on_pilot(label)
    cuts = pd.concat(parts, ignore_index=True)[COLUMNS]
    return Warmup(int(cuts["cut"].max()), cuts)


def _cuts(market: Any) -> pd.DataFrame:
    """Cut of each series of a pilot, played on until all have settled or it is long enough."""
    length = FIRST
    while True:
        market.run_for(length - market.round)
        frame = market.to_frame()
        cuts = {name: mser5(frame[name].fillna(0.0).to_numpy()) for name in SERIES}
        settled = [cut < length // 2 for cut in cuts.values()]
        if all(settled) or length >= LONGEST:
            columns = {"metric": list(cuts), "cut": list(cuts.values()), "settled": settled}
            return pd.DataFrame({**columns, "rounds": length})
        length *= 2
