"""Pricing algorithms that learn to collude (Calvano, Calzolari, Denicolo & Pastorello 2020)."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize_scalar

from econsim.arrays import Floats
from econsim.errors import integer, real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, REFERENCE, GalleryModel, generator, sessions
from econsim.models.q_learning import LIMIT, STATE, TIME, Rates, cycle, learn, opening
from econsim.stats import interval

QUALITY, OUTSIDE, COST, DIFFERENTIATION = 2.0, 0.0, 1.0, 0.25
GRID, MARGIN = 15, 0.1
STABLE = 100_000
GAIN, GAIN_MYOPIC, SESSIONS = "0.849", "0.212", 1000
BEFORE, AFTER = 5, 20


class Duopoly(NamedTuple):
    """The stage game: static prices, the grid, and profit at each pair of grid prices."""

    nash: float
    monopoly: float
    nash_profit: float
    monopoly_profit: float
    prices: Floats
    profits: Floats


def demand(price: Any, rival: Any) -> Any:
    """Logit demand of a product at its price and its rival's (section II.A of the source)."""
    own, other, outside = (
        np.exp(utility / DIFFERENTIATION) for utility in (QUALITY - price, QUALITY - rival, OUTSIDE)
    )
    return own / (own + other + outside)


def duopoly() -> Duopoly:
    """Nash and joint-profit-maximising prices, and the grid between and around them.

    1. Nash: p - c = mu / (1 - q), the first-order condition of logit demand.
    2. Monopoly: the common price of the largest profit.
    3. The grid runs from Nash - xi (monopoly - Nash) to monopoly + xi (monopoly - Nash).
    """

    def margin(p: float) -> float:
        return p - COST - DIFFERENTIATION / (1 - demand(p, p))

    def loss(p: float) -> float:
        return -(p - COST) * demand(p, p)

    nash = brentq(margin, COST, 3, xtol=1e-13)
    best = minimize_scalar(loss, bounds=(COST, 3), method="bounded", options={"xatol": 1e-10})
    monopoly, wide = float(best.x), MARGIN * (float(best.x) - nash)
    prices = np.linspace(nash - wide, monopoly + wide, GRID)
    profits = (prices[:, None] - COST) * demand(prices[:, None], prices[None, :])
    return Duopoly(nash, monopoly, -loss(nash), -loss(monopoly), prices, profits)


class AlgorithmicCollusion(GalleryModel):
    """Two Q-learners set prices for differentiated goods; every `step` is 50 000 periods.

    Parameters
    ----------
    discount : float in [0, 1)
    learning_rate : float in (0, 1]
    exploration_decay : float > 0
        A price is random with chance exp(-exploration_decay x period).
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    game : Duopoly
    price : float
        Mean price of the cycle that the present strategies play.
    profit_gain : float
        Its mean profit, 0 at the static Nash equilibrium and 1 at the joint maximum.
    period : int
    exploration : float
        Present chance of a random price.

    Notes
    -----
    A session ends (``running`` is False) when no best price changed for 100 000 periods.
    """

    name = "algorithmic-collusion"
    title = "Algorithmic collusion: Q-learners price above Nash, and punish"
    source = "Calvano, Calzolari, Denicolo & Pastorello (2020), Am. Econ. Rev. 110(10), 3267-3297"
    reporters = ("period", "exploration", "price", "profit_gain")
    periods = 50_000

    def __init__(
        self, *, discount: float = 0.95, learning_rate: float = 0.15,
        exploration_decay: float = 4e-6, rng: Any = None,
    ):  # fmt: skip
        super().__init__(rng=rng)
        self.discount = real("discount", discount, 0, 1 - 1e-6)
        rate, decay = (
            real(name, value, least, 1)
            for name, value, least in (
                ("learning_rate", learning_rate, 1e-9),
                ("exploration_decay", exploration_decay, 1e-12),
            )
        )
        self.rates = Rates(rate, self.discount, decay)
        self.draws, self.game = generator(self.seed), duopoly()
        self.profits = np.stack([self.game.profits] * 2)
        worth = opening(self.profits, self.discount)
        self.values = np.repeat(worth[:, None], GRID * GRID, axis=1)
        self.best = self.values.argmax(axis=2)
        self.clock = np.array([0, 0, self.draws.integers(GRID * GRID)], dtype=np.int64)

    def step(self) -> None:
        """Learn for 50 000 periods, then collect."""
        self.learn(self.periods)
        self.datacollector.collect(self)

    def learn(self, periods: int) -> None:
        """Learn for so many periods, or until strategies are stable."""
        self.running = not learn(
            self.draws, self.profits, self.rates, STABLE, integer("periods", periods, 1, LIMIT),
            self.values, self.best, self.clock,
        )  # fmt: skip

    @property
    def period(self) -> int:
        """Periods played."""
        return int(self.clock[TIME])

    @property
    def exploration(self) -> float:
        """Chance of a random price."""
        return float(np.exp(-self.rates.beta * self.period))

    @property
    def price(self) -> float:
        """Mean price of the cycle of the present strategies."""
        return float(self.game.prices[self.cycle()].mean())

    @property
    def profit_gain(self) -> float:
        """(mean profit - Nash profit) / (monopoly profit - Nash profit) of that cycle."""
        played, game = self.cycle(), self.game
        earned = (
            game.profits[played[:, 0], played[:, 1]],
            game.profits[played[:, 1], played[:, 0]],
        )
        gain = np.mean(earned) - game.nash_profit
        return float(gain / (game.monopoly_profit - game.nash_profit))

    def cycle(self) -> NDArray[np.int64]:
        """Grid prices of both players over the cycle that their strategies end in, (periods, 2)."""
        return cycle(self.best, int(self.clock[STATE]), GRID)

    def deviation(self) -> tuple[Floats, bool]:
        """Prices of both around a deviation by the first player, and whether it pays.

        After the cycle's last prices the first player sets its static best reply to the rival's
        next price, once; then both follow their strategies. Prices are (BEFORE + AFTER, 2); it
        pays if discounted profit is larger than without.
        """
        along = self.cycle()
        kept = self._path(along[-1], AFTER)
        rival = int(kept[0, 1])
        lured = np.array([self.game.profits[:, rival].argmax(), rival])
        left = np.vstack([lured, self._path(lured, AFTER - 1)])
        before = along[np.arange(-BEFORE, 0) % len(along)]
        weights = self.discount ** np.arange(AFTER)
        worth = [weights @ self.game.profits[path[:, 0], path[:, 1]] for path in (left, kept)]
        return self.game.prices[np.vstack([before, left])], bool(worth[0] > worth[1])

    def _path(self, last: NDArray[np.int64], periods: int) -> NDArray[np.int64]:
        """What the strategies play after the last prices, (periods, 2)."""
        path = []
        for _ in range(periods):
            last = self.best[:, last[0] * GRID + last[1]]
            path.append(last)
        return np.array(path)

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """The stage game, the gain of patient and of myopic learners, and the punishment."""
        count = 300 if quick else SESSIONS
        patient = sessions(_session(cls, {}, rng), count, progress, "sessions", (0, 0.75))
        myopic = sessions(
            _session(cls, {"discount": 0.0}, rng), count, progress, "discount 0", (0.75, 1)
        )
        game = duopoly()
        findings = (
            Finding.certain("Nash price", game.nash, Published.number("1.472927")),
            Finding.certain("monopoly price", game.monopoly, Published.number("1.924981")),
            _gain("profit gain", patient, GAIN),
            _gain("profit gain without discounting ahead (delta = 0)", myopic, GAIN_MYOPIC),
            Finding("price, mean of the limit cycles", interval([each.price for each in patient])),
            Finding("periods to a stable strategy", interval([each.period for each in patient])),
            Finding("share of deviations that do not pay",
                    interval([not each.pays for each in patient])),
        )  # fmt: skip
        return Reproduction(
            cls.name, cls.title, cls.source, findings, _figure(patient, myopic, game),
            "Distribution of profit gains of patient and myopic learners; and the prices of both "
            "firms around a deviation of one: a cut, a punishment, and a return.",
            _NOTES, {"sessions": _frame(patient, myopic), "deviation": _mean_path(patient)},
        )  # fmt: skip


_NOTES = (
    "A published mean over 1 000 sessions has a standard error of its own, which follows from the "
    "spread of sessions and enters the verdict.",
    "With delta = 0 a strategy still conditions on the last prices, though nothing that it could "
    "gain lies ahead: what gain is left is what learning with fading exploration leaves, not "
    "collusion, so the difference of the two, and the punishment, are what shows collusion.",
    "Discounted profits of a deviation are over 20 periods from it.",
)


class Session(NamedTuple):
    """What a finished session left."""

    gain: float
    price: float
    period: int
    path: Floats
    pays: bool


def _session(cls: type[AlgorithmicCollusion], settings: dict[str, float], rng: int) -> Any:
    """Run one session to the end."""

    def run(session: int) -> Session:
        model = cls(**settings, rng=generator(rng, session))
        model.learn(LIMIT)
        return Session(model.profit_gain, model.price, model.period, *model.deviation())

    return run


def _gain(name: str, finished: list[Session], printed: str) -> Finding:
    gains = np.array([each.gain for each in finished])
    error = float(gains.std(ddof=1) / np.sqrt(SESSIONS))
    return Finding(name, interval(gains), Published.number(printed, error=error))


def _frame(patient: list[Session], myopic: list[Session]) -> pd.DataFrame:
    """One row a session: discount, gain, price, period, pays."""
    rows = [
        (discount, each.gain, each.price, each.period, each.pays)
        for discount, finished in ((0.95, patient), (0.0, myopic))
        for each in finished
    ]
    return pd.DataFrame(rows, columns=["discount", "gain", "price", "period", "pays"])


def _mean_path(finished: list[Session]) -> pd.DataFrame:
    """Mean prices around the deviation: period (0 is the deviation), deviator, rival."""
    mean = np.mean([each.path for each in finished], axis=0)
    return pd.DataFrame(mean, columns=["deviator", "rival"]).assign(
        period=np.arange(-BEFORE, AFTER)
    )


def _figure(patient: list[Session], myopic: list[Session], game: Duopoly) -> Figure:
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    bins = np.linspace(-0.4, 1.2, 41)
    shown = ((patient, "delta = 0.95", GAIN), (myopic, "delta = 0", GAIN_MYOPIC))
    for colour, (finished, label, printed) in zip(COLOURS, shown, strict=False):
        left.hist([each.gain for each in finished], bins, color=colour, alpha=0.6, label=label)
        left.axvline(float(printed), color=colour, ls="--", lw=1, label=f"published {printed}")
    left.set(xlabel="profit gain (0 Nash, 1 monopoly)", ylabel="sessions")
    path = _mean_path(patient)
    for colour, who in zip(COLOURS, ("deviator", "rival"), strict=False):
        right.plot(path["period"], path[who], "o-", ms=4, color=colour, label=who)
    for price, label in ((game.nash, "Nash"), (game.monopoly, "monopoly")):
        right.axhline(price, color=REFERENCE, ls="--", lw=1)
        right.text(AFTER - 0.5, price, label, ha="right", va="bottom", fontsize=8)
    right.set(xlabel="periods after the deviation", ylabel="mean price")
    right.set_xticks(range(-BEFORE, AFTER + 1, 5))
    left.set_title("gain over sessions", loc="left")
    right.set_title("a deviation is punished, then forgiven", loc="left")
    for axis in (left, right):
        axis.legend(frameon=False, fontsize=8)
    return figure
