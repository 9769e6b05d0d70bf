"""Step 2 of a round: who has a task; and what a bid is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from econsim import kernels
from econsim.arrays import Ints, Sizes
from econsim.kernels import Demand
from econsim.models.marketplace.rules import Rules
from econsim.models.marketplace.state import State

Bids = tuple[Ints, Ints, Ints]  # buyer rows, listings, limits
NO_BIDS: Bids = (np.empty(0, np.int64),) * 3


@dataclass(frozen=True, eq=False)
class Tasks:
    """This round's tasks: size (0 without one) and worth of each buyer, (n,)."""

    size: Sizes
    worth: Ints


def draw_tasks(rules: Rules, state: State) -> Tasks:
    """2. Demand: who has a task, of which size and worth."""
    key = (rules.streams.seed, state.round, state.buyers["id"])
    demand = Demand(state.policy.demand_rate, rules.max_size, state.policy.value_spread)
    return Tasks(*kernels.select().tasks(*key, state.buyers["value"], demand))
