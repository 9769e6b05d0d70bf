"""What trust, service levels and learning cost a round, and what scripted agents do.

Prints rounds a second at 100 000 buyers with each feature and its ratio to the plain market, and
the cost of 10 scripted agents in a market of 1 000 000 buyers as a share of the round: medians of
batches that alternate between the two markets, in one run.
"""

import statistics
import time

from econsim.models.marketplace import Buyer, Marketplace

LEARNERS = ("hedge", "exp3", "q-learning", "regret-matching")
CASES = {
    "plain": {},
    "service level": {"service": {}},
    "beta, forgetting": {"trust": {"kind": "beta", "forgetting": 0.95}},
    "exponential": {"trust": "exponential"},
    "eigentrust": {"trust": "eigentrust"},
    **{name: {"strategy": name} for name in LEARNERS},
    **{f"beta + service + {name}": {"strategy": name, "service": {}} for name in LEARNERS},
}


class Sniper(Buyer):
    """A scripted buyer."""

    def bid(self, offer):
        """Half the value."""
        return offer.expected_value // 2


def seconds(model: Marketplace, rounds: int) -> float:
    """Seconds a round."""
    begin = time.perf_counter()
    model.run_for(rounds)
    return (time.perf_counter() - begin) / rounds


def market(buyers: int, **keywords) -> Marketplace:
    """A vickrey market with 5 % sellers."""
    model = Marketplace(buyers=buyers, sellers=buyers // 20, pricing="vickrey", rng=1, **keywords)
    model.run_for(3)
    return model


def main() -> None:
    """Measure and print."""
    rates = {}
    for name, keywords in CASES.items():
        model = market(100_000, **keywords)
        rates[name] = 1 / statistics.median(seconds(model, 10) for _ in range(5))
        ratio = rates[name] / rates["plain"]
        print(f"{name:<34} {rates[name]:>7.1f} rounds/s  {ratio:>5.2f} of plain", flush=True)
    plain, scripted = market(1_000_000), market(1_000_000)
    scripted.add_buyers(Sniper, 10)
    pairs = [(seconds(plain, 3), seconds(scripted, 3)) for _ in range(9)]
    cost = statistics.median(b / a - 1 for a, b in pairs)
    print(f"10 scripted agents among 1 000 000 buyers: {100 * cost:+.1f} % of the round")


if __name__ == "__main__":
    main()
