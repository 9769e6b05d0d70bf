"""What a set of kernels is: the signatures that `reference` and `compiled` share."""

from typing import Protocol

from numpy.typing import ArrayLike

from econsim.arrays import Categories, Floats, Ints, Rows, Sizes, Words
from econsim.kernels.inputs import (
    Beliefs,
    Demand,
    Entries,
    Hindsight,
    Learners,
    Offers,
    Search,
    Shoppers,
)


class Kernels(Protocol):
    """The kernels; shapes, units and ties are in the docstrings of `econsim.kernels.reference`."""

    def philox4x32(self, counter: ArrayLike, key: ArrayLike) -> Words:
        """Ten rounds of Philox4x32."""

    def uniform(self, seed: int, purpose: int, round: int, ids: Ints, index: int) -> Floats:
        """Keyed uniforms on [0, 1)."""

    def tasks(
        self, seed: int, round: int, ids: Ints, value: Ints, demand: Demand
    ) -> tuple[Sizes, Ints]:
        """Size and worth of this round's tasks."""

    def search(self, shoppers: Shoppers, search: Search) -> Rows:
        """Listings that each buyer sees."""

    def choose(self, shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
        """Walk-in listing of largest expected surplus, and what to bid on it."""

    def subscribe(self, shoppers: Shoppers, candidates: Rows, offers: Offers) -> tuple[Rows, Ints]:
        """Subscription that beats every other offer over its term, and what to bid on it."""

    def expected_surplus(
        self, shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
    ) -> Floats:
        """What ordering a task at each listing seen is worth, by its record."""

    def choose_expected(
        self, shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
    ) -> tuple[Rows, Ints]:
        """Walk-in listing of largest expected surplus and noise, and what to bid on it."""

    def subscribe_expected(
        self, shoppers: Shoppers, candidates: Rows, offers: Offers, beliefs: Beliefs
    ) -> tuple[Rows, Ints]:
        """Subscription of largest expected surplus and noise, and what to bid on it."""

    def rank(self, seed: int, round: int, entries: Entries, keep: Ints) -> tuple[Ints, Ints]:
        """Best orders of each listing."""

    def maximal_gains(
        self, worth: Ints, category: Categories, unit_costs: Ints, starts: Ints
    ) -> tuple[Ints, Ints, Ints, Ints]:
        """Largest gains from trade of a round."""

    def move_scores(self, score: Floats, row: Ints, share: Floats, aim: Floats) -> Floats:
        """Scores after deliveries in order."""

    def draw_arms(self, learners: Learners, mix: float, draw: Floats) -> Ints:
        """Arm that each bid draws."""

    def best_arms(self, learners: Learners) -> Ints:
        """Arm of largest weight of each bid."""

    def hedge(self, learners: Learners, rate: float, least: float, hindsight: Hindsight) -> None:
        """Reweight every arm by what it would have gained."""

    def regrets(self, learners: Learners, played: Ints, hindsight: Hindsight) -> None:
        """Add what every arm would have gained more than the arm played."""

    def exp3(
        self, learners: Learners, mix: float, least: float, played: Ints, gain: Floats
    ) -> None:
        """Reweight the arm played by its gain over its chance."""
