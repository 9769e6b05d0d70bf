"""Both kernels give the same bits, on random and adversarial inputs and any number of threads."""

import inspect
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim import kernels
from econsim.errors import ParameterError
from econsim.kernels import (
    Beliefs,
    Demand,
    Entries,
    Kernels,
    Offers,
    Search,
    Shoppers,
    compiled,
    reference,
    threads,
)
from econsim.streams import Purpose

BIG = 2**40
NAMES = [name for name in vars(Kernels) if not name.startswith("_")]


def same(first, second):
    first = first if isinstance(first, tuple) else (first,)
    second = second if isinstance(second, tuple) else (second,)
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()


def both(name, *arguments):
    found = getattr(reference, name)(*arguments)
    same(found, getattr(compiled, name)(*arguments))
    return found


@st.composite
def markets(draw):
    """Inputs of every kernel; small ranges of numbers, so that ties abound."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, m = draw(st.integers(0, 300)), draw(st.integers(1, 30))
    c, k = draw(st.integers(1, 4)), draw(st.sampled_from([1, 2, 4, 5, 9]))
    top = draw(st.sampled_from([2, 50, 10**6, BIG]))
    sellers = rng.integers(0, c, m)
    listings = np.argsort(sellers, kind="stable").astype(np.int32)
    return {
        "key": (draw(st.integers(0, 2**64 - 1)), draw(st.integers(0, 2**32 - 1))),
        "ids": np.sort(rng.choice(2**31, n, replace=False)).astype(np.int64),
        "category": rng.integers(0, c, n).astype(np.int16),
        "value": rng.integers(0, top, n),
        "wallet": rng.integers(0, 3 * top, n),
        "starts": np.searchsorted(sellers[listings], np.arange(c + 1)),
        "listings": listings,
        "trust": rng.choice([0.0, 0.5, 0.75, 1.0], m),
        "quotes": rng.integers(0, 2 * top, (m, 4)),
        "walk_in": rng.random(m) < 0.6,
        "shade": rng.choice([0.0, 0.7, 1.0], m),
        "fee": rng.integers(-1, 9 * top, m),
        "uses": rng.choice([0.0, 3.5, 10.0], m),
        "capacity": rng.integers(0, 6, m),
        "cost": rng.integers(0, 2 * top, m),
        "sellers": sellers,
        "rate": draw(st.sampled_from([0.0, 0.3, 1.0])),
        "k": k,
    }


@settings(max_examples=150, deadline=None)
@given(markets())
def test_all_kernels_agree(x):
    seed, now = x["key"]
    size, worth = both("tasks", seed, now, x["ids"], x["value"], Demand(x["rate"], 4, 0.25))
    shoppers = Shoppers(seed, now, x["ids"], size, worth, x["wallet"])
    seen = both("search", shoppers, Search(x["category"], x["starts"], x["listings"], x["k"]))
    choice, limit = both("choose", shoppers, seen, offers(x))
    both("subscribe", shoppers._replace(worth=x["value"] * 5 // 2), seen, offers(x))
    expecting = (seen, offers(x), beliefs_of(x))
    both("expected_surplus", shoppers, *expecting)
    both("choose_expected", shoppers, *expecting)
    both("subscribe_expected", shoppers._replace(worth=x["value"] * 5 // 2), *expecting)
    rows = np.flatnonzero(choice >= 0)
    key = limit[rows] // max(1, int(limit.max(initial=0)) // 3)
    both("rank", seed, now, Entries(choice[rows], key, x["ids"][rows]), x["capacity"])
    both("uniform", seed, Purpose.USER, now, x["ids"], 3)
    both("maximal_gains", worth, x["category"], *units(x))


def offers(x):
    return Offers(
        trust=x["trust"],
        quotes=x["quotes"],
        mean_quote=x["quotes"].sum(axis=1) // 4,
        walk_in=x["walk_in"],
        shade=x["shade"],
        fee=np.where(x["walk_in"], -1, x["fee"]),
        uses=x["uses"],
    )


def beliefs_of(x):
    """Beliefs of any kind: auctions of both kinds, chances of 0 and 1, steps and plateaus."""
    rng, m, c = np.random.default_rng(len(x["ids"])), len(x["trust"]), len(x["starts"]) - 1
    top = int(x["value"].max(initial=1)) + 1
    knots = np.cumsum(rng.integers(1, top + 1, (c, 5)), axis=1) - 1.0
    knots[:, 0] = 0.0
    below = np.sort(rng.choice([0.0, 0.3, 0.8, 1.0], (m, 5)), axis=1)
    steps = np.diff(knots)[x["sellers"]] * (below[:, 1:] + below[:, :-1]) / 2
    promises = np.cumsum(rng.integers(1, top + 1, (3, 4)), axis=1) - 1.0
    promises[:, 0] = 0.0
    return Beliefs(
        auctioned=rng.random(m) < 0.6,
        pays_bid=rng.random(m) < 0.5,
        ask=rng.integers(0, top, m),
        refund=rng.choice([0.0, 0.1], m),
        chance=rng.choice([0.0, 0.5, 1.0], m),
        category=x["sellers"].astype(np.int16),
        knots=knots + np.arange(5),
        below=below,
        area=np.concatenate([np.zeros((m, 1)), np.cumsum(steps, axis=1)], axis=1),
        noise=rng.choice([1e-9, 0.1 * top], c),
        group=rng.integers(0, 3, m),
        foreseen=promises + np.arange(4),
        realised=np.sort(rng.integers(0, 2 * top, (3, 4)), axis=1) * (np.arange(4) > 0),
    )


def shoppers_of(seed, now, size):
    """Buyers who search; what they have does not matter to it."""
    nothing = np.zeros(len(size), dtype=np.int64)
    return Shoppers(seed, now, np.arange(len(size)), size, nothing, nothing)


def units(x):
    category = np.repeat(x["sellers"], x["capacity"])
    cost = np.repeat(x["cost"], x["capacity"])
    order = np.lexsort((cost, category))
    return cost[order], np.searchsorted(category[order], np.arange(len(x["starts"])))


def test_search_offers_listings_of_the_category_without_repeats():
    ids = np.arange(5000)
    category = (ids % 3).astype(np.int16)
    starts, listings = np.array([0, 2, 2, 9]), np.arange(9, dtype=np.int32)
    size = np.where(ids % 7 == 0, 0, 2).astype(np.uint8)
    seen = both("search", shoppers_of(1, 2, size), Search(category, starts, listings, 6))
    for row, kind, units_wanted in zip(seen, category, size, strict=True):
        found = row[row >= 0]
        assert len(set(found)) == len(found)
        assert (row[len(found) :] == -1).all()
        allowed = set(range(starts[kind], starts[kind + 1])) if units_wanted else set()
        assert set(found) <= allowed
        assert bool(len(found)) == bool(allowed)


def test_search_finds_every_listing_equally_often():
    starts, listings = np.array([0, 6]), np.arange(6, dtype=np.int32)
    size, category = np.ones(60_000, np.uint8), np.zeros(60_000, np.int16)
    seen = compiled.search(shoppers_of(4, 0, size), Search(category, starts, listings, 1))
    counts = np.bincount(seen[:, 0])
    assert np.abs(counts - 10_000).max() < 4 * np.sqrt(10_000)


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_rank_is_a_sort_of_each_listing(name):
    rank = {"reference": reference, "compiled": compiled}[name].rank
    rng = np.random.default_rng(6)
    listing = rng.integers(0, 5, 400).astype(np.int32)
    key, ids = rng.integers(0, 1000, 400), rng.permutation(400)
    offsets, ranked = rank(3, 1, Entries(listing, key, ids), np.array([0, 1, 5, 400, 90]))
    for j, keep in enumerate((0, 1, 5, 400, 90)):
        orders = ranked[offsets[j] : offsets[j + 1]]
        assert (listing[orders] == j).all()
        assert len(orders) == min(keep, (listing == j).sum())
        assert key[orders].tolist() == sorted(key[listing == j].tolist(), reverse=True)[:keep]


def test_rank_with_equal_keys_is_a_fair_lottery():
    wins = np.zeros(10)
    entries = Entries(np.zeros(10, np.int32), np.zeros(10, np.int64), np.arange(10))
    for now in range(4000):
        _, ranked = reference.rank(8, now, entries, np.array([3]))
        wins[ranked] += 1
    assert np.abs(wins - 1200).max() < 4 * np.sqrt(1200 * 0.7)


@pytest.mark.parametrize("worths", [[], [0, 0], [5], [BIG] * 400, list(range(1000))])
@pytest.mark.parametrize("costs", [[], [0], [BIG] * 3, list(range(0, 2000, 3))])
def test_maximal_gains_at_the_edges(worths, costs):
    worth = np.array(worths, dtype=np.int64)
    category = np.zeros(len(worth), dtype=np.int16)
    gains, quantity, last, following = both(
        "maximal_gains", worth, category, np.array(costs, dtype=np.int64), np.array([0, len(costs)])
    )
    demand = sorted((w for w in worths if w), reverse=True)
    margins = [w - c for w, c in zip(demand, sorted(costs), strict=False) if w > c]
    served = len(margins)
    assert (gains[0], quantity[0]) == (sum(margins), served)
    assert last[0] == ([0, *demand][served] if served else 0)
    assert following[0] == [*demand, 0][served]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_number_of_threads_changes_nothing(monkeypatch, count):
    monkeypatch.setattr(threads, "LEAST_ROWS", 100)
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", count)
    n = 5000
    ids, value = np.arange(n), np.random.default_rng(0).integers(1, BIG, n)
    category = (ids % 2).astype(np.int16)
    size, worth = both("tasks", 1, 1, ids, value, Demand(0.7, 4, 0.25))
    shoppers = Shoppers(1, 1, ids, size, worth, value)
    listings = np.arange(20, dtype=np.int32)
    seen = both("search", shoppers, Search(category, np.array([0, 10, 20]), listings, 4))
    alike = Offers(
        trust=np.full(20, 0.5),
        quotes=np.zeros((20, 4), dtype=np.int64),
        mean_quote=np.zeros(20, dtype=np.int64),
        walk_in=np.arange(20) % 3 > 0,
        shade=np.ones(20),
        fee=np.where(np.arange(20) % 3 > 0, -1, 5),
        uses=np.full(20, 2.0),
    )
    both("choose", shoppers, seen, alike)
    both("subscribe", shoppers, seen, alike)
    costs, starts = np.sort(value[:1000]), np.array([0, 1000, 1000])
    both("maximal_gains", value, category, costs, starts)
    entries = Entries((ids % 900).astype(np.int32), value // 2**38, ids)
    both("rank", 1, 1, entries, np.full(900, 3))


def signatures(kernels):
    """Names of the kernels, and of the parameters of each."""
    return {name: [*inspect.signature(getattr(kernels, name)).parameters] for name in NAMES}


def test_both_packages_hold_the_kernels_of_the_protocol():
    """With the same parameters; and a kernel that the protocol does not name cannot be called."""
    protocol = {name: [*inspect.signature(getattr(Kernels, name)).parameters][1:] for name in NAMES}
    assert signatures(reference) == signatures(compiled) == protocol
    for package in (reference, compiled):
        public = {name for name, it in vars(package).items() if inspect.isfunction(it)}
        assert public == set(NAMES)


def test_both_packages_have_the_same_modules():
    folders = [Path(package.__path__[0]) for package in (reference, compiled)]
    modules = [sorted(path.name for path in folder.glob("*.py")) for folder in folders]
    assert modules[0] == modules[1]


def test_the_type_checker_sees_wrong_calls_of_kernels(tmp_path):
    """The first call is right, and every other is refused in its own line."""
    api = pytest.importorskip("mypy.api")
    probe = tmp_path / "probe.py"
    calls = (
        "move_scores(x, i, x, x)",
        "choose(1, 2)",
        "rank(1, 2, 3, i)",
        "no_such_kernel()",
        "best_arms(learners=None, mix=0.1)",
    )
    lines = [f"kernels.select().{call}" for call in calls]
    heading = ["from econsim import kernels", "from econsim.arrays import Floats, Ints"]
    probe.write_text("\n".join([*heading, "x: Floats", "i: Ints", *lines]), encoding="utf-8")
    report, stderr, _ = api.run([str(probe), "--no-error-summary"])
    assert stderr == ""
    wrong = {int(line.split(":")[1]) for line in report.splitlines() if ": error: " in line}
    assert wrong == set(range(6, 10)), report


@pytest.mark.parametrize("chosen", ["numpy", "numba"])
def test_the_environment_selects_the_kernels(monkeypatch, chosen):
    monkeypatch.setenv("ECONSIM_KERNELS", chosen)
    assert kernels.select() is {"numpy": reference, "numba": compiled}[chosen]


def test_numba_is_the_default(monkeypatch):
    monkeypatch.delenv("ECONSIM_KERNELS", raising=False)
    assert kernels.select() is compiled


def test_unknown_kernels_are_refused_by_name(monkeypatch):
    monkeypatch.setenv("ECONSIM_KERNELS", "fortran")
    with pytest.raises(ParameterError, match=r"^ECONSIM_KERNELS = 'fortran': .*numba, numpy"):
        kernels.select()


def test_a_forked_child_computes_what_its_parent_does():
    """Threads do not survive a fork; the kernels must not wait for them."""
    program = """
import multiprocessing, warnings
import numpy as np
from econsim.kernels import compiled, threads
threads.LEAST_ROWS = 10
def drawn(): return float(compiled.uniform(1, 2, 3, np.arange(1000), 0).sum())
if __name__ == "__main__":
    warnings.simplefilter("ignore")  # CPython warns of forks with threads, which is the point
    here = drawn()
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(drawn).get(60) == here
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_two_python_threads_may_run_kernels_at_once():
    from concurrent.futures import ThreadPoolExecutor

    ids = np.arange(100_000)
    expected = compiled.uniform(1, 2, 3, ids, 0)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(compiled.uniform, 1, 2, 3, ids, 0) for _ in range(20)]
        assert all((run.result() == expected).all() for run in runs)
