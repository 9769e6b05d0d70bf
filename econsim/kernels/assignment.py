"""Maximal assignment with prices, compiled: shortest augmenting paths on shortlists of edges.

Bidders enter one at a time. Each entry is one Dijkstra search over reduced costs (Kuhn 1955;
Jonker & Volgenant 1987) that ends at a free unit of an item or at a bidder who stays without.
Prices and utilities stay optimal duals throughout, so that one more Dijkstra sweep lowers the
prices to the smallest competitive ones (`lowest_prices`), which are the Clarke payments
(Leonard 1983): all of them for less than the cost of one re-solve.

A bidder's edges are listed by falling surplus. A dense market lists only the best of each row;
what was left off is bounded by ``threshold`` and joins a search, whole row at a time, only when
that bound comes up in the queue. The search is exact whatever was listed.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from econsim.arrays import Ints
from econsim.kernels.jit import borrowing, kernel

_DONE, _UNSEEN = -2, -1
_SIZE, _TOUCHED, _END = 0, 1, 2
_BEST, _FAR, _FLOOR = 0, 1, 2


class Market(NamedTuple):
    """Who may get what: edges ``start[i]:stop[i]`` of bidder i by falling surplus, then item."""

    start: Ints
    stop: Ints
    item: Ints
    surplus: NDArray[Any]
    threshold: NDArray[Any]  # bound on the surplus of edges left off; negative if there are none
    values: NDArray[Any]  # the dense matrix behind shortlists, else 0 x 0
    reserve: NDArray[Any]
    slot: Ints  # units of item j are slots slot[j]:slot[j + 1]


class State(NamedTuple):
    """An assignment, its duals, and the search in progress (a node is an item or a left-off row).

    ``match[i]`` is the item of bidder i or -1, ``gain[i]`` its surplus there; ``holder`` the
    bidder in each slot, ``place[i]`` the slot of i. ``key`` is the distance of a node, ``rank``
    its position in ``heap`` or _UNSEEN or _DONE, ``via`` and ``edge`` the bidder and surplus by
    which an item was reached. ``bound`` holds the distance of the best end, infinity, and a lower
    bound on all prices; ``tally`` the size of the heap, the nodes touched, and the best end:
    an item, or -1 - i for bidder i staying without.
    """

    price: NDArray[Any]
    utility: NDArray[Any]
    match: Ints
    gain: NDArray[Any]
    holder: Ints
    place: Ints
    filled: Ints
    key: NDArray[Any]
    rank: Ints
    heap: Ints
    touched: Ints
    via: Ints
    edge: NDArray[Any]
    bound: NDArray[Any]
    tally: Ints


def empty_state(market: Market) -> State:
    """Nobody has anything; all prices are zero."""
    bidders, items = len(market.start), len(market.slot) - 1
    dtype = market.surplus.dtype
    far = dtype.type(2**62) if dtype.kind == "i" else dtype.type(np.inf)
    nodes = bidders + items
    return State(
        price=np.zeros(items, dtype),
        utility=np.zeros(bidders, dtype),
        match=np.full(bidders, -1),
        gain=np.zeros(bidders, dtype),
        holder=np.full(market.slot[-1], -1),
        place=np.full(bidders, -1),
        filled=np.zeros(items, np.int64),
        key=np.full(nodes, far, dtype),
        rank=np.full(nodes, _UNSEEN),
        heap=np.zeros(nodes, np.int64),
        touched=np.zeros(nodes, np.int64),
        via=np.full(items, -1),
        edge=np.zeros(items, dtype),
        bound=np.array([0, far, 0], dtype),
        tally=np.zeros(3, np.int64),
    )


@kernel
def shortlist(values, reserve, length):
    """The `length` or so best edges of each row, and a bound on what was left off.

    The bound of one row is the first guess for the next, so that rows alike cost one pass.
    """
    bidders = len(values)
    room = 2 * length
    item = np.empty((bidders, room), np.int64)
    surplus = np.empty((bidders, room), values.dtype)
    listed = np.empty(bidders, np.int64)
    threshold = np.empty(bidders, values.dtype)
    guess = values.dtype.type(-1)
    for i in range(bidders):
        found, limit = _best_of_row(values[i], reserve, guess, length, item[i], surplus[i])
        if found < length // 2 and limit >= 0:
            limit = values.dtype.type(-1)
            found, limit = _best_of_row(values[i], reserve, limit, length, item[i], surplus[i])
        listed[i], threshold[i], guess = found, limit, limit
    start = np.arange(bidders) * room
    return start, start + listed, item.ravel(), surplus.ravel(), threshold


@kernel
def _best_of_row(row, reserve, limit, length, item, surplus):
    """List surpluses >= 0 above `limit`; on overflow keep the best `length` and raise `limit`."""
    found = 0
    for j in range(len(row)):
        gain = row[j] - reserve[j]
        if gain > limit and gain >= 0:
            if found == len(item):
                _sort_row(item, surplus, found)
                found, limit = length, surplus[length - 1]
                if gain <= limit:
                    continue
            item[found], surplus[found] = j, gain
            found += 1
    _sort_row(item, surplus, found)
    return found, limit


@kernel
def _sort_row(item, surplus, found):
    """By falling surplus, then by item."""
    order = np.argsort(-surplus[:found], kind="mergesort")
    item[:found] = item[:found][order]
    surplus[:found] = surplus[:found][order]


@kernel
def solve(market, state, order):
    """Let the bidders of `order` enter; afterwards `state` holds an optimum and its duals."""
    for entered in range(len(order)):
        if entered % 64 == 0 and len(state.price):
            state.bound[_FLOOR] = state.price.min()
        _enter(market, state, order[entered])


@borrowing
def _enter(market, state, bidder):
    """One augmentation: search, raise the prices that were passed, shift along the path."""
    state.utility[bidder] = _best_utility(market, state, bidder)
    state.bound[_BEST], state.tally[_END] = state.utility[bidder], -1 - bidder
    _scan(market, state, bidder, state.bound[_BEST] * 0)
    while state.tally[_SIZE] > 0 and _open(state, state.key[state.heap[0]]):
        node = _pop(state)
        if node < len(state.price):
            _visit(market, state, node)
        else:
            _scan_row(market, state, node - len(state.price))
    _reprice(market, state)
    _shift(market, state, bidder)
    _forget(state)


@borrowing
def _best_utility(market, state, i):
    """Surplus less price of bidder i's best edge, or 0 without any."""
    best, floor = state.bound[_BEST] * 0, state.bound[_FLOOR]
    for e in range(market.start[i], market.stop[i]):
        if market.surplus[e] - floor <= best:
            break
        best = max(best, market.surplus[e] - state.price[market.item[e]])
    if market.threshold[i] >= 0 and market.threshold[i] - floor > best:
        for j in range(len(state.price)):
            best = max(best, market.values[i, j] - market.reserve[j] - state.price[j])
    return best


@borrowing
def _open(state, key):
    """Whether a node at distance `key` can still matter: an item beats a bidder at a tie."""
    best = state.bound[_BEST]
    return key < best or (key == best and state.tally[_END] < 0)


@borrowing
def _visit(market, state, item):
    """Every holder of a unit of `item` may give way: to nothing, or for another item."""
    distance = state.key[item]
    for slot in range(market.slot[item], market.slot[item] + state.filled[item]):
        holder = state.holder[slot]
        if distance + state.utility[holder] < state.bound[_BEST]:
            state.bound[_BEST] = distance + state.utility[holder]
            state.tally[_END] = -1 - holder
        _scan(market, state, holder, distance)


@borrowing
def _scan(market, state, i, distance):
    """Reach the items that bidder i, itself reached at `distance`, lists."""
    start = distance + state.utility[i]
    floor, own = state.bound[_FLOOR], state.match[i]
    for e in range(market.start[i], market.stop[i]):
        if not _open(state, start + floor - market.surplus[e]):
            return
        j = market.item[e]
        if j != own and state.rank[j] != _DONE:
            _reach(market, state, i, j, market.surplus[e], start + state.price[j])
    if market.threshold[i] >= 0:
        node = len(state.price) + i
        key = start + floor - market.threshold[i]
        if state.rank[node] == _UNSEEN and _open(state, key):
            _push(state, node, key)


@borrowing
def _scan_row(market, state, i):
    """Reach every item of bidder i, from the dense row behind its shortlist."""
    own = state.match[i]
    start = state.utility[i]
    if own >= 0:
        start += state.key[own]
    for j in range(len(state.price)):
        surplus = market.values[i, j] - market.reserve[j]
        if surplus >= 0 and j != own and state.rank[j] != _DONE:
            _reach(market, state, i, j, surplus, start + state.price[j])


@borrowing
def _reach(market, state, i, j, surplus, full):
    """Note that bidder i brings item j within ``full - surplus``; a free unit ends the search."""
    key = full - surplus
    if key >= state.key[j] or not _open(state, key):
        return
    state.via[j], state.edge[j] = i, surplus
    _push(state, j, key)
    if state.filled[j] < market.slot[j + 1] - market.slot[j]:
        state.bound[_BEST], state.tally[_END] = key, j


@borrowing
def _reprice(market, state):
    """Raise the items passed by their distance to the end, and lower their holders' utility."""
    for k in range(state.tally[_TOUCHED]):
        j = state.touched[k]
        if j < len(state.price) and state.rank[j] == _DONE:
            state.price[j] += state.bound[_BEST] - state.key[j]
            for slot in range(market.slot[j], market.slot[j] + state.filled[j]):
                holder = state.holder[slot]
                state.utility[holder] = state.gain[holder] - state.price[j]


@borrowing
def _shift(market, state, bidder):
    """Move everyone on the path one step, from its end back to the bidder who entered."""
    end = state.tally[_END]
    if end >= 0:
        slot = market.slot[end] + state.filled[end]
        state.filled[end] += 1
    else:
        loser = -1 - end
        end, slot = state.match[loser], state.place[loser]
        state.match[loser], state.place[loser] = -1, -1
        state.utility[loser] = 0
    while end >= 0:
        mover = state.via[end]
        left, vacated = state.match[mover], state.place[mover]
        state.holder[slot], state.place[mover] = mover, slot
        state.match[mover], state.gain[mover] = end, state.edge[end]
        state.utility[mover] = state.gain[mover] - state.price[end]
        end, slot = left, vacated


@kernel
def lowest_prices(market, state):
    """The smallest competitive prices, by one sweep from an optimum and its duals.

    A price may fall until an unassigned bidder or the holder of another item would want the item,
    or to zero; how far, is a shortest path. Prices are summed along the paths from the surpluses
    themselves, which keeps floats exact where the arithmetic allows.
    """
    items = len(state.price)
    lowest = np.zeros(items, state.price.dtype)
    if items == 0:
        return lowest
    state.bound[_BEST], state.tally[_END] = state.price.max(), 0
    state.bound[_FLOOR] = state.price.min()
    _seed_sweep(market, state)
    while state.tally[_SIZE] > 0:
        node = _pop(state)
        if node >= items:
            _scan_row(market, state, node - items)
            continue
        lowest[node] = _price_by_path(state, lowest, node)
        for slot in range(market.slot[node], market.slot[node] + state.filled[node]):
            _scan(market, state, state.holder[slot], state.key[node])
    _forget(state)
    return lowest


@borrowing
def _seed_sweep(market, state):
    """Items with a free unit cost nothing; the others may fall by their price."""
    zero = state.bound[_BEST] * 0
    for j in range(len(state.price)):
        state.via[j] = -1
        _push(state, j, state.price[j])
    for i in range(len(state.match)):
        if state.match[i] < 0:
            _scan(market, state, i, zero)


@borrowing
def _price_by_path(state, lowest, item):
    """What the bidder who holds the price of `item` up would pay for it; 0 if nobody does."""
    rival = state.via[item]
    if rival < 0:
        return state.bound[_BEST] * 0
    if state.match[rival] < 0:
        return state.edge[item]
    return lowest[state.match[rival]] + state.edge[item] - state.gain[rival]


@borrowing
def _forget(state):
    """Leave no trace of the search."""
    for k in range(state.tally[_TOUCHED]):
        node = state.touched[k]
        state.key[node], state.rank[node] = state.bound[_FAR], _UNSEEN
    state.tally[_SIZE] = state.tally[_TOUCHED] = 0


@borrowing
def _push(state, node, key):
    """Put `node` into the heap, or move it up, at a smaller `key`."""
    if state.rank[node] == _UNSEEN:
        state.touched[state.tally[_TOUCHED]] = node
        state.tally[_TOUCHED] += 1
        state.rank[node] = state.tally[_SIZE]
        state.tally[_SIZE] += 1
    state.key[node] = key
    _rise(state, node, state.rank[node])


@borrowing
def _rise(state, node, at):
    """Sift `node` from position `at` towards the root."""
    while at > 0:
        above = state.heap[(at - 1) // 2]
        if state.key[above] <= state.key[node]:
            break
        state.heap[at], state.rank[above] = above, at
        at = (at - 1) // 2
    state.heap[at], state.rank[node] = node, at


@borrowing
def _pop(state):
    """Take the nearest node off the heap."""
    top = state.heap[0]
    state.rank[top] = _DONE
    state.tally[_SIZE] -= 1
    size = state.tally[_SIZE]
    if size > 0:
        _sink(state, state.heap[size], size)
    return top


@borrowing
def _sink(state, node, size):
    """Sift `node` from the root towards the leaves."""
    at, below = 0, 1
    while below < size:
        if below + 1 < size and state.key[state.heap[below + 1]] < state.key[state.heap[below]]:
            below += 1
        if state.key[state.heap[below]] >= state.key[node]:
            break
        state.heap[at] = state.heap[below]
        state.rank[state.heap[at]] = at
        at, below = below, 2 * below + 1
    state.heap[at], state.rank[node] = node, at
