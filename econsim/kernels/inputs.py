"""What the kernels take: a few small tuples of arrays that belong together.

Shapes: n buyers, m listings (one a seller), c categories, o orders, k bids. Money is int64 ticks.

Numba passes them as they are. Its cache knows a tuple by its name and its fields' types, not by
their order: whoever reorders fields removes ``econsim/kernels/**/__pycache__``.
"""

from typing import NamedTuple

from econsim.arrays import Bools, Categories, Floats, Ints, Rows, Sizes, Weights


class Demand(NamedTuple):
    """How often buyers have a task, and which.

    Attributes
    ----------
    rate : float in [0, 1], chance of a task in a round
    max_size : int >= 1, units of the largest task
    spread : float >= 0, half the range of the shock to a task's value, as a share of the value
    """

    rate: float
    max_size: int
    spread: float


class Shoppers(NamedTuple):
    """The buyers of a round; seed, round and id key their draws.

    Attributes
    ----------
    seed : int in [0, 2**64)
    round : int in [0, 2**32)
    ids : int64 (n,)
    size : uint8 (n,), units of the task, 0 without one
    worth : int64 (n,), ticks, what the task is worth if it is delivered
    wallet : int64 (n,), ticks
    """

    seed: int
    round: int
    ids: Ints
    size: Sizes
    worth: Ints
    wallet: Ints


class Search(NamedTuple):
    """What buyers search: the listings of their own category.

    Attributes
    ----------
    category : int16 (n,), of each buyer
    starts : int64 (c + 1,)
    listings : int32 (m,)
        ``listings[starts[i]:starts[i + 1]]`` are the rows of category i.
    draws : int >= 1, listings that a buyer draws
    """

    category: Categories
    starts: Ints
    listings: Rows
    draws: int


class Offers(NamedTuple):
    """What every listing offers.

    Attributes
    ----------
    trust : float64 (m,), chance of delivery that buyers expect
    quotes : int64 (m, max_size), ticks, expected price of a task by its size less 1
    mean_quote : int64 (m,), ticks, expected price of a task of unknown size
    walk_in : bool (m,), whether single tasks are served
    shade : float64 (m,), bid as a multiple of expected value
    fee : int64 (m,), ticks, of a subscription on sale, else -1
    uses : float64 (m,), tasks that a buyer expects to bring in the subscription's term
    """

    trust: Floats
    quotes: Ints
    mean_quote: Ints
    walk_in: Bools
    shade: Floats
    fee: Ints
    uses: Floats


class Beliefs(NamedTuple):
    """What buyers believe one more order would meet at every listing.

    Attributes
    ----------
    auctioned, pays_bid : bool (m,), whether bids are taken, and whether a winner pays its own
    ask : int64 (m,), ticks, reserve of an auction
    refund : float64 (m,), share of a payment that a buyer expects back
    chance : float64 (m,), that an order at a posted price is served
    category : int16 (m,)
    knots : float64 (c, K), ticks
        Worth above what is asked, in units of what a trusted seller's task is worth: the price to
        beat at listing j is at most ``ask + trust x knots[category, k]``
    below : float64 (m, K)
        with the chance ``below[j, k]``;
    area : float64 (m, K), ticks
        its integral from 0 to each knot.
    noise : float64 (c,), ticks, scale of the Gumbel noise of a choice
    group : int64 (m,)
        Of listings whose orders have one reliability curve:
    foreseen : float64 (g, B), ticks, strictly increasing from 0
        what orders were expected to be worth on average in each bin,
    realised : float64 (g, B), ticks, increasing from 0
        and what they were worth.
    """

    auctioned: Bools
    pays_bid: Bools
    ask: Ints
    refund: Floats
    chance: Floats
    category: Categories
    knots: Floats
    below: Floats
    area: Floats
    noise: Floats
    group: Ints
    foreseen: Floats
    realised: Floats


class Entries(NamedTuple):
    """Orders that compete for the capacity of their listings.

    Attributes
    ----------
    listing : int32 (o,), rows
    key : int64 (o,), the larger the better
    ids : int64 (o,), of the buyers
    """

    listing: Rows
    key: Ints
    ids: Ints


class Learners(NamedTuple):
    """The learner behind each of k bids; no agent occurs twice.

    Attributes
    ----------
    weights : float32 (agents, learners of an agent x arms), of every arm; learning changes them
    rows : int64 (k,), the agent of each bid
    first : int64 (k,), column at which the learner of each bid begins
    arms : int >= 2
        Arm a bids ``value x a // (arms - 1)``.
    """

    weights: Weights
    rows: Ints
    first: Ints
    arms: int


class Hindsight(NamedTuple):
    """What tells k bidders after the round what every arm would have gained.

    Attributes
    ----------
    value : int64 (k,), ticks
    threshold : int64 (k,), ticks, the least bid that would have won
    pays_bid : bool (k,), whether a winner pays its bid, else the threshold
    scale : int64 (k,), ticks > 0; gains are shares of it
    """

    value: Ints
    threshold: Ints
    pays_bid: Bools
    scale: Ints
