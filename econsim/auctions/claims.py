"""The properties that a mechanism may claim, and what would refute each."""

from enum import StrEnum


class Claim(StrEnum):
    """A property of one clearing, for values that are private and wallets that do not bind.

    The text is the name in tables. `meaning` says in words what holds; a market in which it does
    not is a counterexample. `FEASIBLE` is asked of every pricing model, whatever it claims.
    """

    INCENTIVE_COMPATIBLE = "incentive compatible"
    SELLER_INCENTIVE_COMPATIBLE = "seller incentive compatible"
    INDIVIDUALLY_RATIONAL = "individually rational"
    EFFICIENT = "efficient"
    NO_DEFICIT = "no deficit"
    BUDGET_BALANCED = "budget balanced"
    ENVY_FREE = "envy-free"
    REVENUE_MONOTONE = "revenue monotone"
    FEASIBLE = "feasible"

    @property
    def meaning(self) -> str:
        """What holds, in words."""
        return _MEANING[self]


_MEANING = {
    Claim.INCENTIVE_COMPATIBLE: "no buyer gains by reporting another value",
    Claim.SELLER_INCENTIVE_COMPATIBLE: "no seller gains by reporting another cost",
    Claim.INDIVIDUALLY_RATIONAL: "nobody who reports the truth loses",
    Claim.EFFICIENT: "no other allocation of what was ordered is worth more",
    Claim.NO_DEFICIT: "buyers pay at least what sellers receive",
    Claim.BUDGET_BALANCED: "sellers receive all that buyers pay",
    Claim.ENVY_FREE: "no buyer prefers the outcome of another",
    Claim.REVENUE_MONOTONE: "what buyers pay does not fall when one more enters",
    Claim.FEASIBLE: "nothing is sold twice or beyond capacity, or above what was bid",
}
