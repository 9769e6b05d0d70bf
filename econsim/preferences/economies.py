"""Who owns what and who wants what: the two kinds of economy without production.

In an exchange economy wealth is the value of an endowment, so that prices matter up to scale only.
In a Fisher market buyers have budgets in money, and its unit is that of prices.

References
----------
Mas-Colell, Whinston & Green (1995), Microeconomic Theory, section 17.B. Brainard & Scarf (2005),
"How to compute equilibrium prices in 1891", American Journal of Economics and Sociology 64.
"""

from abc import ABC, abstractmethod

from numpy.typing import ArrayLike

from econsim.arrays import Floats
from econsim.errors import ParameterError
from econsim.preferences.arrays import amounts, refuse
from econsim.preferences.utilities import Preferences


class Economy(ABC):
    """Consumers with wealth, and goods in fixed supply.

    Attributes
    ----------
    supply : float64 array (m,)
        What there is of each good, > 0.
    preferences : Preferences
        With as many rows as there are consumers.
    """

    def __init__(self, supply: Floats, preferences: Preferences, consumers: int):
        if not isinstance(preferences, Preferences):
            permitted = "CobbDouglas, CES, Leontief or Linear"
            raise ParameterError("preferences", preferences, permitted)
        if preferences.goods != len(supply):
            shown = f"{preferences.goods} goods"
            raise ParameterError("preferences", shown, f"over {len(supply)} goods")
        self.supply = supply
        self.preferences = preferences.rows(consumers)

    @property
    def consumers(self) -> int:
        """How many consumers."""
        return self.preferences.consumers

    @property
    def goods(self) -> int:
        """How many goods."""
        return len(self.supply)

    @abstractmethod
    def wealth(self, prices: Floats) -> Floats:
        """Wealth of each consumer (n,) at these prices."""

    def demand(self, prices: ArrayLike) -> Floats:
        """Bundles that the consumers buy (n, m); see `Preferences.demand` for permitted prices."""
        cost = amounts("prices", prices, 1)
        if len(cost) != self.goods:
            raise ParameterError("prices", cost.shape, f"of shape ({self.goods},)")
        return self.preferences.demand(cost, self.wealth(cost))

    def excess_demand(self, prices: ArrayLike) -> Floats:
        """Aggregate demand less supply, in units of the goods.

        Parameters
        ----------
        prices : array_like (m,)
            Not negative, and positive where a free good would be wanted without end.

        Returns
        -------
        float64 array (m,). The value of it is zero in an exchange economy, and budgets less the
        value of supply in a Fisher market (Walras' law).

        Raises
        ------
        ParameterError
        """
        return self.demand(prices).sum(axis=0) - self.supply


class ExchangeEconomy(Economy):
    """Consumers trade what they own.

    Parameters
    ----------
    endowments : array_like (n, m)
        Quantities owned, not negative; somebody owns some of every good.
    preferences : Preferences
        Of n rows, or of one that holds for everybody.

    Raises
    ------
    ParameterError
    """

    def __init__(self, endowments: ArrayLike, preferences: Preferences):
        self.endowments = amounts("endowments", endowments, 2)
        supply = self.endowments.sum(axis=0)
        refuse("supply", supply, supply == 0, "> 0: an endowment of every good")
        super().__init__(supply, preferences, len(self.endowments))

    def wealth(self, prices: Floats) -> Floats:
        """Value of each endowment (n,), in the unit of prices."""
        return self.endowments @ prices


class FisherMarket(Economy):
    """Buyers with budgets of money face sellers who want nothing but money.

    Parameters
    ----------
    budgets : array_like (n,)
        Money, not negative, not all zero.
    supply : array_like (m,)
        Quantities > 0.
    preferences : Preferences
        Of n rows, or of one that holds for everybody.

    Raises
    ------
    ParameterError
    """

    def __init__(self, budgets: ArrayLike, supply: ArrayLike, preferences: Preferences):
        self.budgets = amounts("budgets", budgets, 1)
        if not self.budgets.any():
            raise ParameterError("budgets", self.budgets.tolist(), "a list with a number > 0")
        there = amounts("supply", supply, 1, positive=True)
        super().__init__(there, preferences, len(self.budgets))

    def wealth(self, prices: Floats) -> Floats:
        """The budgets (n,), whatever the prices."""
        return self.budgets
