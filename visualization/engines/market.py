"""The marketplace in its engine's process: what it does when asked, and what it shows."""

from array import array
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from econsim.errors import ParameterError, one_of
from econsim.metrics import METRICS
from econsim.models.marketplace import INTERVENTIONS, Marketplace
from econsim.money import to_credits
from econsim.visualization.charts.pictures import png
from econsim.visualization.engines.clearings import Clearings
from econsim.visualization.engines.inspector import Inspector, Trails
from econsim.visualization.engines.replay import Replay
from econsim.visualization.server.parameters import in_force, parameters
from econsim.visualization.server.permalink import CHANGE, MOST_ROUNDS, Setting

WORKER = "econsim.visualization.engines.market:MarketWorker"
POINTS = 200
LOG = 50
BINS = 24
COMMANDS = ("reset", "change", "intervene", "inspect", "csv", "png", "prices", "digest")


class MarketWorker:
    """A market that is played, changed, inspected and started anew.

    Parameters
    ----------
    setting : Setting
        Made at once, and played to its round.
    """

    def __init__(self, setting: Setting):
        self.reset(setting)

    def command(self, name: str, given: dict[str, Any]) -> Any:
        """One of `COMMANDS`, with its keywords."""
        return getattr(self, one_of("command", name, COMMANDS))(**given)

    def reset(self, setting: Setting) -> None:
        """A new market; where it cannot be made, the old one stays."""
        replay = Replay(setting)
        self.replay, self.model, self.target = replay, replay.model, setting.round
        self.clearings = Clearings(self.model)
        self.trails = Trails(self.model)
        self.inspector: Inspector | None = None
        self.rows = array("d")
        self.series: deque[dict[str, Any]] = deque(maxlen=POINTS)

    def ahead(self) -> int:
        """Rounds that the permalink still wants."""
        return max(self.target - self.model.round, 0)

    def step(self) -> bool:
        """A round."""
        if self.model.round >= MOST_ROUNDS:
            raise ParameterError("round", MOST_ROUNDS, "the last that the dashboard plays")
        self.replay.step()
        # Kept here as small numbers; the market's own record would grow by kilobytes a round.
        self.rows.extend(self.model.latest.values())
        self.series.append(self._round())
        del self.model.history[:-1]
        for values in self.model.datacollector.model_vars.values():
            values.clear()
        self.trails.note()
        if self.inspector is not None:
            self.inspector.note()
        return True

    def _round(self) -> dict[str, Any]:
        """What the charts show of the round that was played, credits."""
        now, band = self.model.history[-1], self.model.equilibrium
        assert band is not None  # every round sets it
        return {
            "round": self.model.round,
            "price": self.clearings.mean_price(),
            "low": to_credits(band.low),
            "high": to_credits(band.high),
            "trades": now["trades"],
            "orders": now["orders"],
            "tasks": now["tasks"],
            "gains": to_credits(now["gains"]),
            "welfare": self.model.latest["welfare"],
            "maximum": to_credits(now["maximal_gains"]),
            "buyer_surplus": to_credits(now["buyer_surplus"]),
            "seller_profit": to_credits(now["seller_profit"]),
            "retained": to_credits(now["retained"]),
            "subsidy": -to_credits(now["subsidy"]),
            "mean_trust": now["mean_trust"],
        }

    def change(self, name: str, value: Any) -> None:
        """Change a live parameter from the next round on."""
        one_of("parameter", name, Marketplace.LIVE)
        self.replay.act(CHANGE, {name: parameters()[name].checked(value)})

    def intervene(self, kind: str, parameters: dict[str, Any]) -> None:
        """Change the market from outside, after the round that was played."""
        self.replay.act(one_of("intervention", kind, INTERVENTIONS), parameters)

    def inspect(self, side: str, number: int) -> None:
        """Follow one buyer or seller."""
        self.inspector = Inspector(self.model, self.trails, self.clearings, side, number)

    def frame(self) -> pd.DataFrame:
        """Metrics of every round, as the market's own `frame` has them."""
        index = pd.RangeIndex(1, self.model.round + 1, name="round")
        rows = np.array(self.rows).reshape(-1, len(METRICS))
        return pd.DataFrame(rows, columns=list(METRICS), index=index)

    def csv(self) -> str:
        """The frame as text, every digit of it."""
        return self.frame().to_csv()

    def prices(self) -> str:
        """Mean price and competitive band of every category in the last rounds, credits."""
        names = [kind.name for kind in self.model.categories]
        table = {"round": [row["round"] for row in self.series]} | {
            f"{name} {what}": [float(row[what][k]) for row in self.series]
            for k, name in enumerate(names)
            for what in ("price", "low", "high")
        }
        return pd.DataFrame(table).to_csv(index=False)

    def png(self) -> bytes:
        """The frame as a figure."""
        from econsim.report import rounds_figure

        frame = self.frame()
        if frame.empty:
            raise ParameterError("round", 0, "at least 1 before there is anything to draw")
        return png(rounds_figure(frame, self._title()))

    def _title(self) -> str:
        made = self.replay.setting
        return f"{made.scenario}, seed {made.seed}"

    def digest(self) -> str:
        """Digest of the market's state."""
        return self.model.state_digest()

    def snapshot(self, resting: bool) -> dict[str, Any]:
        """What the pages show."""
        model = self.model
        return {
            "setting": replace(self.replay.setting, round=model.round),
            "steady": self._steady(),
            "round": model.round,
            "metrics": dict(model.latest),
            "series": self._series(),
            "histograms": self._histograms(),
            "facts": self.clearings.facts(),
            "inspected": self.inspector and self.inspector.view(),
            "digest": model.state_digest() if resting else "",
        }

    def _steady(self) -> dict[str, Any]:
        """What changes with a command only."""
        return {
            "made": replace(self.replay.setting, round=0, events=()),
            "values": in_force(self.model, self.replay.entries),
            "categories": [kind.name for kind in self.model.categories],
            "log": self.replay.log()[-LOG:],
        }

    def _series(self) -> dict[str, Any]:
        """The last rounds by name: lists, those by category lists of lists."""
        if not self.series:
            return {}
        return {
            name: (
                np.array([row[name] for row in self.series]).T.tolist()
                if isinstance(self.series[0][name], np.ndarray)
                else [row[name] for row in self.series]
            )
            for name in self.series[0]
        }

    def _histograms(self) -> dict[str, Any]:
        """Distributions over agents: edges and counts."""
        sellers, buyers = self.model.sellers, self.model.buyers
        return {
            "buyers": _histogram(to_credits(buyers["wallet"])),
            "sellers": _histogram(to_credits(sellers["wallet"])),
            "trust": _histogram(sellers["trust"], 0.0, 1.0),
        }


def _histogram(
    values: NDArray[np.float64], low: float | None = None, high: float | None = None
) -> dict[str, Sequence[float]]:
    """Counts in equal bins; the widest range that has any values unless it is given."""
    if not len(values):
        return {"edges": [0.0, 1.0], "counts": [0]}
    ends = (
        float(values.min()) if low is None else low,
        float(values.max()) if high is None else high,
    )
    counts, edges = np.histogram(values, BINS, (ends[0], max(ends[1], ends[0] + 1e-6)))
    return {"edges": edges.tolist(), "counts": counts.tolist()}
