"""CATS files: what is read, what is refused and where, and the three distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.auctions import BundleBids, generate_instance, read_cats, vcg_combinatorial, write_cats
from econsim.errors import DataError, ParameterError

TEXT = """%% made by hand
% misstated counts
goods 3
bids 99
dummy 7

0\t10\t0\t1\t3\t#
1\t4\t2\t3\t#
2\t6\t1\t#   % alone
3\t5\t2\t#
"""


def written(folder, text):
    path = folder / "bids.txt"
    path.write_text(text)
    return path


def test_bids_of_one_dummy_are_one_bidder(tmp_path):
    bids = read_cats(written(tmp_path, TEXT))
    assert bids.bidder.tolist() == [0, 0, 1, 2]
    assert bids.bundles == ({0, 1}, {2}, {1}, {2})
    assert bids.prices.tolist() == [10, 4, 6, 5]
    assert bids.prices.dtype == np.int64
    assert vcg_combinatorial(bids).welfare == 15


def test_what_the_format_allows(tmp_path):
    """Keywords in any case, several bids a line, the whole file on one line."""
    plain = read_cats(written(tmp_path, TEXT))
    body = [line.split("%")[0].strip() for line in TEXT.splitlines()]
    joined = " ".join(filter(None, body))
    upper = TEXT.replace("goods", "GOODS").replace("bids 99", "Bids 99")
    two = TEXT.replace("\t#\n1\t4", "\t# 1\t4")
    for text in (joined, upper, two, "% comment\n" + joined + " % the end"):
        bids = read_cats(written(tmp_path, text))
        assert bids.bundles == plain.bundles
        assert bids.bidder.tolist() == plain.bidder.tolist()
        assert bids.prices.tolist() == plain.prices.tolist()


def test_bids_of_one_line_are_bidders_of_their_own(tmp_path):
    assert read_cats(written(tmp_path, "goods 2 0 5 0 # 1 6 1 #")).bidder.tolist() == [0, 1]


def test_a_wrong_bid_among_several_of_a_line_is_named(tmp_path):
    with pytest.raises(DataError, match="line 2: price 'six'"):
        read_cats(written(tmp_path, "goods 2\n0 5 0 # 1 six 1 #"))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (3, "goods"),
        (5, "dummy 7 8"),
        (7, "0\t10\t0\t#\t1"),
        (7, "0\t10\t0\t1\t3"),
        (7, "0\tten\t0\t#"),
        (7, "0\t-1\t0\t#"),
        (7, "0\tnan\t0\t#"),
        (7, "0\t10\tx\t#"),
        (7, "0\t10\t0\t3\t4\t#"),
        (7, "0\t10\t3\t#"),
        (7, "0\t10\t#"),
        (7, "#"),
        (3, "goods many"),
    ],
)
def test_a_malformed_line_gives_its_number(tmp_path, line, text):
    lines = TEXT.splitlines()
    lines[line - 1] = text
    with pytest.raises(DataError) as refusal:
        read_cats(written(tmp_path, "\n".join(lines)))
    assert refusal.value.line == line


def test_files_without_goods_or_at_all(tmp_path):
    with pytest.raises(DataError, match="no line 'goods n'"):
        read_cats(written(tmp_path, "bids 3\n"))
    with pytest.raises(DataError, match="line 1: a bid before"):
        read_cats(written(tmp_path, "0 1 2 #\n"))
    with pytest.raises(DataError, match="cannot be read"):
        read_cats(tmp_path / "missing.txt")


BID = st.tuples(
    st.integers(0, 3),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.floats(0, 1e6) | st.integers(0, 10**12),
)


@given(st.lists(BID, max_size=8))
def test_what_is_written_is_read(tmp_path_factory, triples):
    owners, bundles, prices = zip(*triples, strict=True) if triples else ((), (), ())
    bids = BundleBids(owners, bundles, prices)
    path = tmp_path_factory.mktemp("cats") / "bids.txt"
    write_cats(path, bids, comment="two\nlines")
    again = read_cats(path)
    assert again.bundles == bids.bundles
    assert again.prices.tolist() == bids.prices.tolist()
    same = np.equal.outer(bids.bidder, bids.bidder)
    assert (np.equal.outer(again.bidder, again.bidder) == same).all()


def test_only_integer_goods_can_be_written(tmp_path):
    with pytest.raises(DataError, match="integers >= 0"):
        write_cats(tmp_path / "bids.txt", BundleBids([0], ["A"], [1]))


@pytest.mark.parametrize("distribution", ["regions", "paths", "arbitrary"])
@pytest.mark.parametrize(("goods", "count"), [(4, 1), (20, 60), (37, 0)])
def test_instances_have_the_size_asked_for_and_depend_on_the_seed(distribution, goods, count):
    draws = [
        generate_instance(distribution, goods, count, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    ]
    assert len(draws[0]) == count
    assert all(0 <= good < goods for bundle in draws[0].bundles for good in bundle)
    assert (draws[0].prices > 0).all()
    assert draws[0].bundles == generate_instance(distribution, goods, count, 1).bundles
    assert draws[0].prices.tolist() == draws[1].prices.tolist()
    assert count < 2 or draws[0].prices.tolist() != draws[2].prices.tolist()
    assert np.bincount(draws[0].bidder, minlength=1).max() <= 6


def test_routes_are_paths_with_substitutes():
    """Most bidders of `paths` have several routes, and a longer one is worth less (section 4.1)."""
    bids = generate_instance("paths", 60, 300, np.random.default_rng(5))
    assert np.mean(np.bincount(bids.bidder) > 1) > 0.5
    for bidder in range(bids.bidders):
        own = bids.prices[bids.bidder == bidder]
        assert (np.diff(own) <= 0).all()


def test_regions_are_nearer_than_arbitrary_bundles():
    """Regions mostly holds neighbours of the grid, arbitrary has no geometry ."""
    spread = {}
    for distribution in ("regions", "arbitrary"):
        bids = generate_instance(distribution, 100, 200, np.random.default_rng(9))
        pairs = [sorted(b) for b in bids.bundles if len(b) == 2 or len(b) == 3]
        spread[distribution] = np.mean([np.ptp(np.array(pair) // 10) for pair in pairs])
    assert spread["regions"] < spread["arbitrary"]


@pytest.mark.parametrize(
    "arguments",
    [("tree", 9, 9), ("paths", 3, 9), ("regions", 0, 9), ("regions", 9, -1)],
)
def test_parameters_that_are_refused(arguments):
    with pytest.raises(ParameterError):
        generate_instance(*arguments, np.random.default_rng(0))
    with pytest.raises(ParameterError, match="rng"):
        generate_instance("regions", 4, 1, None)
