"""Utility functions and their demand, for many consumers at once.

Rows are consumers, columns are goods. Parameters of one dimension are one consumer: with scalar
wealth and a bundle of one dimension, what comes back loses the dimension of the consumers, too.

References
----------
Mas-Colell, Whinston & Green (1995), Microeconomic Theory, sections 3.B to 3.D and exercise 3.C.6.
Arrow, Chenery, Minhas & Solow (1961), "Capital-labor substitution and economic efficiency", Review
of Economics and Statistics 43.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from econsim.arrays import Floats
from econsim.errors import ParameterError, unmasked
from econsim.preferences.arrays import amounts, refuse
from econsim.preferences.spending import spending

TIE = 1e-12


class Preferences(ABC):
    """Preferences of n consumers over m goods.

    Attributes
    ----------
    weights : float64 array (n, m)
    elasticity : float64 array (n,)
        Elasticity of substitution: sigma; 1 for Cobb-Douglas, 0 for Leontief, infinite for linear.
    free : float64 array (m,) of bool
        Goods that may cost nothing in an equilibrium: nobody would want ever more of them.
    """

    field: ClassVar[str] = "weights"

    def __init__(self, weights: ArrayLike, elasticity: ArrayLike):
        table = amounts(self.field, weights, 1, 2)
        sigma = np.asarray(unmasked("sigma", elasticity), dtype=np.float64)
        self._single = table.ndim == 1 and sigma.ndim == 0
        table = np.atleast_2d(table)
        if sigma.ndim and len(table) not in (1, len(sigma)):
            raise ParameterError("sigma", elasticity, f"a number or a list of {len(table)}")
        n = max(len(table), sigma.size)
        self.weights = np.ascontiguousarray(np.broadcast_to(table, (n, table.shape[1])))
        self.elasticity = np.ascontiguousarray(np.broadcast_to(sigma, (n,)))
        refuse(self.field, self.weights.max(axis=1), self.weights.max(axis=1) == 0, SOMETHING)
        self.free = ~(self.weights > 0).any(axis=0)

    @property
    def consumers(self) -> int:
        """Rows."""
        return len(self.weights)

    @property
    def goods(self) -> int:
        """Columns."""
        return self.weights.shape[1]

    def demand(self, prices: ArrayLike, wealth: ArrayLike) -> Floats:
        """The bundles that the consumers buy.

        Parameters
        ----------
        prices : array_like (m,)
            Not negative, and positive where a free good would be wanted without end.
        wealth : float or array_like (n,)
            Not negative, in the unit of price x quantity.

        Returns
        -------
        float64 array (n, m); (m,) for a single consumer with scalar wealth.

        Raises
        ------
        ParameterError
        """
        cost = self._prices(prices)
        amount = amounts("wealth", wealth, 0, 1)
        rows = self._rows("wealth", amount)
        bought = rows._demand(cost, np.broadcast_to(amount, (rows.consumers,)).copy())
        return bought[0] if self._single and amount.ndim == 0 else bought

    def utility(self, bundle: ArrayLike) -> Any:
        """Utility of a bundle, homogeneous of degree 1 in it.

        Parameters
        ----------
        bundle : array_like (n, m) or (m,)
            Quantities, not negative.

        Returns
        -------
        float64 array (n,); a float for a single consumer and a bundle (m,).

        Raises
        ------
        ParameterError
        """
        quantities = amounts("bundle", bundle, 1, 2)
        if quantities.shape[-1] != self.goods:
            raise ParameterError("bundle", quantities.shape, f"of {self.goods} goods (columns)")
        rows = self._rows("bundle", quantities[..., 0])
        shape = rows.consumers, self.goods
        utility = rows._utility(np.broadcast_to(quantities, shape))
        return float(utility[0]) if self._single and quantities.ndim == 1 else utility

    def rows(self, consumers: int) -> "Preferences":
        """These preferences for so many consumers: one row is repeated.

        Raises
        ------
        ParameterError
            If there are more rows than one, and not as many.
        """
        if self.consumers == consumers:
            return self
        if self.consumers != 1:
            raise ParameterError(
                "preferences", f"{self.consumers} consumers", f"for {consumers} consumers, or for 1"
            )
        return self._repeated(consumers)

    def spending(self, prices: Floats, wealth: Floats) -> Floats:
        """Spending on each good (n, m) at positive prices; `prices` and `wealth` unchecked."""
        return self._demand(prices, wealth) * prices

    def _rows(self, field: str, given: Floats) -> "Preferences":
        """One row for each entry of a list, the preferences as they are for a number."""
        if given.ndim == 0:
            return self
        if self.consumers not in (1, len(given)):
            raise ParameterError(
                field, f"{len(given)} consumers", f"for {self.consumers} consumers"
            )
        return self.rows(len(given))

    def _prices(self, prices: ArrayLike) -> Floats:
        """Checked prices."""
        cost = amounts("prices", prices, 1)
        if len(cost) != self.goods:
            raise ParameterError("prices", cost.shape, f"of shape ({self.goods},)")
        refuse("prices", cost, (cost == 0) & ~self.free, "> 0 for a good that somebody wants")
        return cost

    @abstractmethod
    def _repeated(self, consumers: int) -> "Preferences":
        """The one row so many times."""

    @abstractmethod
    def _demand(self, prices: Floats, wealth: Floats) -> Floats:
        """Bundles (n, m) of checked prices (m,) and wealth (n,)."""

    @abstractmethod
    def _utility(self, bundle: Floats) -> Floats:
        """Utility (n,) of checked bundles (n, m)."""


SOMETHING = "preferences with a weight > 0 for some good, in every row"


class CES(Preferences):
    """Constant elasticity of substitution: u = (sum_j a_j x_j^rho)^(1/rho), rho = 1 - 1/sigma.

    Demand is x_j = wealth x a_j^sigma p_j^(-sigma) / sum_k a_k^sigma p_k^(1-sigma).

    Parameters
    ----------
    weights : array_like (n, m) or (m,)
        a, not negative; some weight of every consumer is positive.
    sigma : float or array_like (n,)
        Elasticity of substitution, finite and > 0. At 1 the formula has no limit unless weights sum
        to 1; utility is then prod_j x_j^(a_j / sum a), which is the limit for weights that do.

    Raises
    ------
    ParameterError
    """

    def __init__(self, weights: ArrayLike, sigma: ArrayLike):
        permitted = "a finite number > 0 (infinity is Linear, 0 is Leontief)"
        try:
            checked = amounts("sigma", sigma, 0, 1, positive=True)
        except ParameterError as error:
            raise ParameterError(error.field, error.value, permitted) from None
        super().__init__(weights, checked)
        # Relative to the largest weight, so that no power of it overflows.
        scaled = self.weights / self.weights.max(axis=1, keepdims=True)
        self._logits = self.elasticity[:, None] * _log(scaled)

    @property
    def sigma(self) -> Floats:
        """Elasticity of substitution (n,)."""
        return self.elasticity

    def spending(self, prices: Floats, wealth: Floats) -> Floats:
        """Spending on each good (n, m) at positive prices; `prices` and `wealth` unchecked."""
        return spending(self._logits, self.elasticity, prices, wealth)

    def _repeated(self, consumers: int) -> Preferences:
        return CES(self.weights, np.full(consumers, self.elasticity[0]))

    def _demand(self, prices: Floats, wealth: Floats) -> Floats:
        return _per_price(self.spending(prices, wealth), prices)

    def _utility(self, bundle: Floats) -> Floats:
        """In logs, around the good that matters most, so that no power overflows."""
        total = self.weights.sum(axis=1)
        shares = self.weights / total[:, None]
        rho = 1 - 1 / self.elasticity
        logs = _log(bundle)
        wanted = self.weights > 0
        top = np.where(wanted, logs, -np.inf).max(axis=1)
        low = np.where(wanted, logs, np.inf).min(axis=1)
        around = np.where(rho > 0, top, low)
        some = np.isfinite(around)
        gaps = np.where(wanted, logs - np.where(some, around, 0)[:, None], 0)
        logarithm = np.where(some, around, 0) + _log_mean_power(shares, gaps, rho)
        logarithm += np.where(rho == 0, 0, np.log(total) / np.where(rho == 0, 1, rho))
        with np.errstate(over="ignore"):  # near sigma = 1 it may lie beyond the largest float
            return np.where(some, np.exp(logarithm), 0.0)


class CobbDouglas(CES):
    """Cobb-Douglas: u = prod_j x_j^a_j with shares a that sum to 1; demand x_j = a_j wealth / p_j.

    Parameters
    ----------
    shares : array_like (n, m) or (m,)
        Not negative; each row is divided by its sum.

    Raises
    ------
    ParameterError
    """

    field = "shares"

    def __init__(self, shares: ArrayLike):
        super().__init__(shares, 1.0)
        self.weights = self.weights / self.weights.sum(axis=1, keepdims=True)

    @property
    def shares(self) -> Floats:
        """Shares of wealth spent on the goods (n, m); rows sum to 1."""
        return self.weights

    def _repeated(self, consumers: int) -> Preferences:
        return CobbDouglas(np.tile(self.weights, (consumers, 1)))


class Leontief(Preferences):
    """Perfect complements: u = min x_j / a_j over the goods with a_j > 0.

    Demand is x_j = a_j wealth / sum_k a_k p_k. Single goods may be free, but not all that a
    consumer wants.

    Parameters
    ----------
    weights : array_like (n, m) or (m,)
        a, not negative; some weight of every consumer is positive.

    Raises
    ------
    ParameterError
    """

    def __init__(self, weights: ArrayLike):
        super().__init__(weights, 0.0)
        self.free = np.ones(self.goods, dtype=bool)

    def _repeated(self, consumers: int) -> Preferences:
        return Leontief(np.tile(self.weights, (consumers, 1)))

    def _prices(self, prices: ArrayLike) -> Floats:
        cost = super()._prices(prices)
        paid = (self.weights > 0) & (cost > 0)
        if not paid.any(axis=1).all():
            raise ParameterError("prices", cost.tolist(), "> 0 for a good that each consumer wants")
        return cost

    def _demand(self, prices: Floats, wealth: Floats) -> Floats:
        # Scaled first: the cost of the least bundle may lie outside the range of floats.
        scaled = self.weights / self.weights.max(axis=1, keepdims=True)
        return scaled * (wealth / (scaled @ prices))[:, None]

    def _utility(self, bundle: Floats) -> Floats:
        wanted = self.weights > 0
        ratios = np.full(bundle.shape, np.inf)
        np.divide(bundle, self.weights, out=ratios, where=wanted)
        return ratios.min(axis=1)


class Linear(Preferences):
    """Perfect substitutes: u = sum_j a_j x_j.

    Demand is a set: any division of wealth among the goods of the largest a_j / p_j. `demand`
    returns one member: wealth divided evenly among these goods (equal to a relative 1e-12).

    Parameters
    ----------
    weights : array_like (n, m) or (m,)
        a, not negative; some weight of every consumer is positive.

    Raises
    ------
    ParameterError
    """

    def __init__(self, weights: ArrayLike):
        super().__init__(weights, np.inf)

    def _repeated(self, consumers: int) -> Preferences:
        return Linear(np.tile(self.weights, (consumers, 1)))

    def _demand(self, prices: Floats, wealth: Floats) -> Floats:
        return _per_price(self.spending(prices, wealth), prices)

    def spending(self, prices: Floats, wealth: Floats) -> Floats:
        """Spending on each good (n, m) at positive prices; `prices` and `wealth` unchecked."""
        value = _per_price(self.weights, prices)
        best = value >= value.max(axis=1, keepdims=True) * (1 - TIE)
        return best * (wealth / best.sum(axis=1))[:, None]

    def _utility(self, bundle: Floats) -> Floats:
        return (self.weights * bundle).sum(axis=1)


def _log(array: Floats) -> Floats:
    """Natural logarithm; minus infinity at 0, without a warning."""
    return np.log(array, out=np.full(array.shape, -np.inf), where=array > 0)


def _per_price(spent: Floats, prices: Floats) -> Floats:
    """Quantities; 0 of what is free, which nobody wants here."""
    return np.divide(spent, prices, out=np.zeros(spent.shape), where=prices > 0)


def _log_mean_power(shares: Floats, gaps: Floats, rho: Floats) -> Floats:
    """log((sum_j share_j exp(rho gap_j)) ^ (1/rho)), continuous at rho = 0; rho x gap <= 0.

    Near rho = 0 the sum is 1 less a trifle, which expm1 and log1p keep.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        power = np.where(shares > 0, rho[:, None] * gaps, 0.0)
        small = (shares * np.expm1(power)).sum(axis=1)
        large = np.log((shares * np.exp(power)).sum(axis=1))
        mean = np.where(shares > 0, shares * gaps, 0.0).sum(axis=1)
        logarithm = np.where(small > -0.5, np.log1p(np.maximum(small, -0.5)), large)
        return np.where(rho == 0, mean, logarithm / np.where(rho == 0, 1, rho))
