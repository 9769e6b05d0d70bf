"""What a search for market prices found, and the certificate that says what it is worth."""

import math
from dataclasses import dataclass, field

import numpy as np

from econsim.arrays import Floats

GROSS = {True: "hold", False: "do not hold", None: "are not known to hold"}


@dataclass(frozen=True)
class Outlook:
    """What theory says before a search starts.

    Attributes
    ----------
    gross_substitutes : bool or None
        Whether a dearer good never lowers the demand for another one, at any prices; None where
        neither that nor a counterexample at the starting prices was found.
    step : float or None
        Step of the rule; None without one.
    step_bound : float or None
        Steps below it are locally stable; None where no such bound is known.
    step_inside_bound : bool or None
    """

    gross_substitutes: bool | None
    step: float | None = None
    step_bound: float | None = None
    step_inside_bound: bool | None = None

    def __str__(self) -> str:
        words = f"gross substitutes {GROSS[self.gross_substitutes]}"
        if self.step is None:
            return words
        if self.step_bound is None:
            return f"{words}; no stability bound is known for step {self.step:.4g}"
        side = "inside" if self.step_inside_bound else "not inside"
        bound = f"step {self.step:.4g} is {side} the local stability bound {self.step_bound:.4g}"
        return f"{words}; {bound}"


@dataclass(frozen=True)
class Certificate:
    """Why prices and an allocation are an equilibrium, or why they were not shown to be.

    Attributes
    ----------
    holds : bool
        Markets clear, budgets are spent and no consumer has a better bundle, all within `tol`.
    max_relative_excess_demand : float
        Largest of abs(z_j) / s_j over the goods with a price, and of z_j / s_j over the free ones.
    budget_gap : float
        Largest of abs(p x_i - w_i) / w_i; for consumers without wealth, over that of all.
    optimality_gap : float
        Upper bound on 1 - u_i / (best u_i that w_i can buy), the largest over consumers.
    duality_gap : float
        In a Fisher market, upper bound on the gap between the Eisenberg-Gale program and its dual
        over the sum of budgets; NaN in an exchange economy.
    tol : float
    reason : str
        In words: what was checked, or why the search ended.
    outlook : Outlook or None
        What was said before the search.
    """

    holds: bool
    max_relative_excess_demand: float
    budget_gap: float
    optimality_gap: float
    duality_gap: float
    tol: float
    reason: str
    outlook: Outlook | None = None

    @property
    def gross_substitutes(self) -> bool | None:
        """See `Outlook`."""
        return self.outlook.gross_substitutes if self.outlook else None

    @property
    def step_bound(self) -> float | None:
        """See `Outlook`."""
        return self.outlook.step_bound if self.outlook else None

    @property
    def step_inside_bound(self) -> bool | None:
        """See `Outlook`."""
        return self.outlook.step_inside_bound if self.outlook else None

    def __str__(self) -> str:
        head = "equilibrium" if self.holds else "not an equilibrium"
        checks = [
            f"max relative excess demand {self.max_relative_excess_demand:.3g}",
            f"budget identity within {self.budget_gap:.3g}",
            f"optimality gap {self.optimality_gap:.3g}",
        ]
        checks += [] if math.isnan(self.duality_gap) else [f"duality gap {self.duality_gap:.3g}"]
        before = [f"before the search: {self.outlook}"] if self.outlook else []
        numbers = ", ".join(checks) + f" (tolerance {self.tol:.3g})"
        return "; ".join([f"{head}: {self.reason}", numbers, *before])


@dataclass(frozen=True, eq=False)
class EquilibriumOutcome:
    """Prices, who gets what, and what that is worth.

    Attributes
    ----------
    prices : float64 array (m,)
        In an exchange economy they sum to 1; in a Fisher market they are in units of the budgets.
    allocation : float64 array (n, m)
        The consumers' bundles.
    excess_demand : float64 array (m,)
        The sum of the bundles less supply.
    converged : bool
        ``certificate.holds``.
    iterations : int
    certificate : Certificate
    history : float64 array (iterations + 1, m)
        Prices as the search visited them, never normalised; one row where nothing iterates. Paths
        of more than 2**24 numbers keep every second row, then every fourth, and so on.
    """

    prices: Floats
    allocation: Floats
    excess_demand: Floats
    converged: bool
    iterations: int
    certificate: Certificate
    history: Floats = field(repr=False)

    def __str__(self) -> str:
        shown = np.array2string(self.prices, precision=6, threshold=8)
        return f"prices {shown} after {self.iterations} iterations; {self.certificate}"
