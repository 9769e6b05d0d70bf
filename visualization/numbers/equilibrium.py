"""The numbers of the Equilibrium page: economies to choose from, price paths, Edgeworth boxes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from econsim.arrays import Floats
from econsim.equilibrium import ExchangeEconomy, FisherMarket, all_equilibria, tatonnement
from econsim.errors import one_of, real
from econsim.preferences import CES, Leontief

RULES = ("multiplicative", "additive", "cole-fleischer")
SHOWN = 400
USUAL, MOST = 2000, 20_000  # iterations


@dataclass(frozen=True)
class Preset:
    """An economy to look at.

    Attributes
    ----------
    title : str
    make : callable
        From the elasticity of substitution to the economy.
    start : tuple of float
        Prices to start from.
    rule : str
    step : float
    sigma : float
        Elasticity of substitution to begin with.
    elastic : bool
        Whether it matters.
    """

    title: str
    make: Callable[[float], Any]
    start: tuple[float, ...]
    rule: str
    step: float
    sigma: float = 1.5
    elastic: bool = True


def _box(sigma: float) -> ExchangeEconomy:
    return ExchangeEconomy([[0.8, 0.3], [0.2, 0.7]], CES([[1.0, 2.0], [3.0, 1.0]], sigma=sigma))


def _three(sigma: float) -> ExchangeEconomy:
    return ExchangeEconomy([[12, 1], [1, 12]], CES([[1024.0, 1.0], [1.0, 1024.0]], sigma=sigma))


def _scarf(sigma: float) -> ExchangeEconomy:
    weights = [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]]
    return ExchangeEconomy(np.eye(3), Leontief(weights))


def _fisher(sigma: float) -> FisherMarket:
    weights = np.array([[3.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 4.0]])
    return FisherMarket([2.0, 1.0, 1.0], [1.0, 2.0, 1.0], CES(weights, sigma=sigma))


PRESETS = {
    "two goods": Preset("Two consumers, two goods", _box, (0.8, 0.2), "multiplicative", 0.3),
    "three equilibria": Preset(
        "Three equilibria (Kehoe 1998)", _three, (0.6, 0.4), "multiplicative", 1.0, 0.2
    ),
    "scarf": Preset(
        "Scarf's economy: prices circle (Scarf 1960)", _scarf, (0.5, 0.3, 0.2), "additive", 0.02,
        elastic=False,
    ),
    "fisher": Preset("A Fisher market of three goods", _fisher, (1.0, 1.0, 1.0),
                     "multiplicative", 0.3),
}  # fmt: skip


@dataclass(frozen=True)
class Search:
    """What tatonnement did.

    Attributes
    ----------
    path : float64 (iterations + 1, goods)
        Shares of prices that sum to 1.
    prices : float64 (t, goods)
        At most `SHOWN` of them.
    iteration : int64 (t,)
        Which.
    verdict : str
        Whether it converged, or why not, from the certificate.
    """

    path: Floats
    prices: Floats
    iteration: NDArray[np.int64]
    verdict: str


@dataclass(frozen=True)
class Question:
    """What is searched, and how.

    Attributes
    ----------
    economy : str
        Name in `PRESETS`.
    rule : str
    step, elasticity : float
    iterations : int
        At most so many.
    start : tuple of float
        Prices to start from.
    """

    economy: str
    rule: str
    step: float
    elasticity: float
    iterations: int
    start: tuple[float, ...]


def usual(name: str) -> Question:
    """What a preset asks."""
    preset = PRESETS[one_of("economy", name, PRESETS)]
    return Question(name, preset.rule, preset.step, preset.sigma, USUAL, preset.start)


def search(asked: Question) -> Search:
    """Follow a rule.

    Raises
    ------
    ParameterError
    """
    outcome = tatonnement(
        economy(asked),
        prices=asked.start,
        step=real("step", asked.step, 1e-6, 100),
        rule=one_of("rule", asked.rule, RULES),
        max_iter=asked.iterations,
    )
    path = np.asarray(outcome.history, dtype=np.float64)
    kept = np.unique(np.linspace(0, len(path) - 1, min(SHOWN, len(path))).astype(np.int64))
    shares = path / path.sum(axis=1, keepdims=True)
    state = "converged" if outcome.converged else "not converged"
    return Search(
        shares, shares[kept], kept, f"{state} after {outcome.iterations} iterations. {outcome}"
    )


def prices_csv(search: Search) -> str:
    """Every step of the path, each price to the last digit."""
    goods = search.prices.shape[1]
    head = ",".join(["iteration", *(f"good {k + 1}" for k in range(goods))])
    rows = enumerate(search.path.tolist())
    return "\n".join([head, *(",".join(map(repr, [at, *row])) for at, row in rows)]) + "\n"


def economy(asked: Question) -> Any:
    """The economy in question.

    Raises
    ------
    ParameterError
    """
    preset = PRESETS[one_of("economy", asked.economy, PRESETS)]
    return preset.make(real("elasticity", asked.elasticity, 0.01, 20))


@dataclass(frozen=True)
class Box:
    """An Edgeworth box: allocations to the first consumer.

    Attributes
    ----------
    width, height : float
        Supply of the two goods.
    endowment : (float, float)
    contract : float64 (n, 2), the efficient allocations
    offers : two float64 (n, 2)
        What each consumer asks for as prices change.
    equilibria : list of (float, float)
    budgets : list of float64 (2, 2)
        The budget line of each equilibrium, inside the box.
    """

    width: float
    height: float
    endowment: tuple[float, float]
    contract: Floats
    offers: tuple[Floats, Floats]
    equilibria: list[tuple[float, float]]
    budgets: list[Floats]


def box(asked: Question) -> Box | None:
    """The box of an economy with two goods and two consumers; None for another."""
    exchange = economy(asked)
    if exchange.goods != 2 or not isinstance(exchange, ExchangeEconomy):
        return None
    supply = exchange.supply
    ratios = np.exp(np.linspace(-6, 6, 241))
    prices = np.column_stack([ratios, np.ones_like(ratios)])
    demands = np.array([exchange.demand(price) for price in prices])
    first, second = demands[:, 0], supply - demands[:, 1]
    equilibria = all_equilibria(exchange)
    points = [tuple(map(float, equilibrium.allocation[0])) for equilibrium in equilibria]
    endowment = tuple(map(float, np.asarray(exchange.endowments)[0]))
    return Box(
        float(supply[0]),
        float(supply[1]),
        endowment,  # type: ignore[arg-type]
        _contract(exchange, supply),
        (_inside(first, supply), _inside(second, supply)),
        points,  # type: ignore[arg-type]
        [_budget(endowment, equilibrium.prices, supply) for equilibrium in equilibria],
    )


def _inside(points: Floats, supply: Floats) -> Floats:
    return points[((points >= 0) & (points <= supply)).all(axis=1)]


def _contract(economy: ExchangeEconomy, supply: Floats) -> Floats:
    """Efficient allocations: both would trade at the same rate.

    With CES utilities of one elasticity the logits of both shares differ by a constant.
    """
    weights = np.asarray(economy.preferences.weights, dtype=np.float64)
    sigma = float(np.max(economy.preferences.elasticity))
    tilt = sigma * np.log(weights[1, 0] / weights[1, 1] * weights[0, 1] / weights[0, 0])
    share = np.linspace(0.004, 0.996, 125)
    return np.column_stack([share, expit(logit(share) + tilt)]) * supply


def _budget(endowment: Any, prices: Floats, supply: Floats) -> Floats:
    """The part of a budget line that lies in the box."""
    wealth = prices[0] * endowment[0] + prices[1] * endowment[1]
    x = np.linspace(0, supply[0], 200)
    y = (wealth - prices[0] * x) / prices[1]
    line = np.column_stack([x, y])[(y >= 0) & (y <= supply[1])]
    return line[[0, -1]] if len(line) > 1 else line
