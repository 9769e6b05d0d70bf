"""The ledger: the only thing that moves money, and the account of every movement.

Invariant: all wallets together hold what agents brought with them and what came in since, less
what left: ``total == endowed + injected``, to the tick.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from econsim.arrays import Categories, Ints
from econsim.errors import ParameterError
from econsim.models.marketplace.limits import MOST_MONEY, share_of
from econsim.population import Population


class Ledger:
    """Wallets of buyers and sellers, and the flows since the last round was recorded.

    Parameters
    ----------
    buyers, sellers : Population
        Tables with a column ``wallet``, int64 ticks.

    Attributes
    ----------
    endowed : int
        Ticks that the living agents brought with them, less what the gone took away.
    injected : int
        Ticks of income and subsidies that came in, less fees and what mechanisms kept.
    flows : Counter of int
        Ticks since the last `close`: ``income``; ``paid`` by buyers, ``received`` by sellers,
        ``fees`` of the platform, commissions among them, and what mechanisms ``kept``; ``subsidy``
        to buyers; ``refunds`` of sellers to buyers; ``cost`` that sellers incurred, which moves no
        wallet.
    """

    def __init__(self, buyers: Population, sellers: Population):
        self.buyers, self.sellers = buyers, sellers
        self.endowed = self.injected = 0
        self.flows: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """Ticks in all wallets.

        Raises
        ------
        ParameterError
            If they are more than 64 bits can count.
        """
        wallets = self.buyers["wallet"], self.sellers["wallet"]
        rough = sum(float(wallet.sum(dtype=np.float64)) for wallet in wallets)
        if rough > MOST_MONEY:
            many = f"{rough:.3g} ticks in all"
            raise ParameterError("wallet", many, "at most 2**62 ticks in all")
        return sum(int(wallet.sum()) for wallet in wallets)

    @property
    def conserved(self) -> bool:
        """Whether no tick came from nowhere or went there."""
        return self.total == self.endowed + self.injected

    def endow(self) -> None:
        """Note what newcomers brought, or what the gone took away."""
        self.endowed = self.total - self.injected

    def income(self, amount: Ints, category: Categories) -> None:
        """Every buyer receives the amount of its category, ticks (categories,).

        Raises
        ------
        ParameterError
            If all wallets together could then outgrow 64 bits.
        """
        counts = np.bincount(category, minlength=len(amount))
        paid = sum(int(n) * int(ticks) for n, ticks in zip(counts, amount, strict=True))
        if self.endowed + self.injected + paid > MOST_MONEY:
            raise ParameterError("income", amount.tolist(), "so small that 2**62 ticks suffice")
        same = len(amount) == 1 or (amount == amount[0]).all()
        self.buyers["wallet"][:] += amount[0] if same else amount[category]
        self._inject(paid, "income")

    def transfer(
        self, buyer: Ints, seller: Ints, payment: Ints, receipt: Ints, fee: Any, subsidy: float
    ) -> None:
        """Buyers pay, sellers receive; the platform takes its fee, a subsidy gives some back.

        Parameters
        ----------
        buyer : int64 (k,), rows, each at most once
        seller : int64 (k,), rows
        payment, receipt : int64 (k,), ticks
            What the mechanism charges, and hands on; it keeps the difference.
        fee : float, or float64 (k,)
            The platform's share of each receipt: its fee and the pricing model's commission.
        subsidy : float
            The share of a payment that comes from outside.
        """
        charge, subsidised = share_of(receipt, fee), share_of(payment, subsidy)
        self.buyers["wallet"][buyer] -= payment - subsidised
        np.add.at(self.sellers["wallet"], seller, receipt - charge)
        paid, handed, fees = int(payment.sum()), int(receipt.sum()), int(charge.sum())
        self._inject(int(subsidised.sum()), "subsidy")
        self._inject(handed - paid, None)
        self._inject(-fees, None)
        self.flows.update(paid=paid, received=handed - fees, fees=fees, kept=paid - handed)

    def _inject(self, amount: int, name: str | None) -> None:
        self.injected += amount
        if name:
            self.flows[name] += amount

    def refund(self, seller: Ints, buyer: Ints, due: Ints) -> None:
        """Sellers (rows) pay buyers (rows) back as far as they can, first come first served."""
        wallet = self.sellers["wallet"]
        paid = affordable(due, seller, wallet)
        np.subtract.at(wallet, seller, paid)
        np.add.at(self.buyers["wallet"], buyer, paid)
        self.flows["refunds"] += int(paid.sum())

    def incur(self, cost: Ints) -> None:
        """Book what the tasks served cost their sellers, ticks (k,)."""
        self.flows["cost"] += int(cost.sum())

    def close(self) -> None:
        """Begin the flows of a new round."""
        self.flows = Counter()

    def over(self, buyers: Population, sellers: Population) -> Ledger:
        """The same books over copies of the tables."""
        twin = Ledger(buyers, sellers)
        twin.endowed, twin.injected, twin.flows = self.endowed, self.injected, self.flows.copy()
        return twin

    def books(self) -> dict[str, Any]:
        """What the ledger holds beside the wallets, for comparison."""
        return {"endowed": self.endowed, "injected": self.injected, **self.flows}

    def __repr__(self) -> str:
        return f"Ledger(endowed={self.endowed}, injected={self.injected})"


def affordable(due: Ints, payer: Ints, wallet: Ints) -> Ints:
    """How much of each amount its payer can pay, after those before it, (k,)."""
    order = np.argsort(payer, kind="stable")
    amount, who = due[order], payer[order]
    before = np.cumsum(amount) - amount
    before -= before[np.searchsorted(who, who)]
    paid = np.empty_like(due)
    paid[order] = np.clip(wallet[who] - before, 0, amount)
    return paid
