"""Bid histories: what the reader refuses, what it makes of the rest, and how rules fit them."""

import os
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from econsim.errors import DataError, ParameterError
from econsim.experiments.ebay_proxy import increment, proxy_price, simulate_histories
from econsim.experiments.histories import read_histories
from econsim.experiments.replay import FIRST_PRICE_CAVEAT, RULES, replay
from econsim.preferences import Category
from econsim.scenario import load

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "ebay_bids.csv"
real = pytest.mark.skipif(
    not SHARED.exists(), reason="../shared/data/ebay_bids.csv is not here: not ours to redistribute"
)
SAMPLE = resources.files("econsim") / "data" / "samples" / "simulated.csv"
HEADER = "auction,item,days,opening_bid,final_price,bidder,bidder_rating,bid,time_days"
GOOD = """\
7,palm,3,10.0,52.5,1,5.0,20.0,0.1
8,palm,3,30.0,30.0,4,,30.0,0.2
7,palm,3,10.0,52.5,2,,50.0,0.3
7,palm,3,10.0,52.5,1,5.0,52.5,0.4
7,palm,3,10.0,52.5,3,-1.0,40.0,0.5
"""


@pytest.fixture
def history(tmp_path):
    """Write a history and read it."""

    def read(body=GOOD, header=HEADER, **how):
        path = tmp_path / "bids.csv"
        content = body if isinstance(body, bytes) else f"{header}\n{body}".encode(**how)
        path.write_bytes(content)
        return read_histories(path)

    return read


def row(auction, bidder, bid, opening=10, final=50, item="palm"):
    return f"{auction},{item},3,{opening},{final},{bidder},,{bid},1.0\n"


def prices(outcome, auction="1"):
    return outcome.auctions.set_index("auction").loc[auction, list(RULES)].tolist()


# What the reader makes of a file


def test_auctions_and_highest_bids_in_order_of_appearance(history):
    read = history()
    assert read.auctions.to_dict("list") == {
        "auction": ["7", "8"],
        "item": ["palm", "palm"],
        "bidders": [3, 1],
        "bids": [4, 1],
        "opening_bid": [10.0, 30.0],
        "final_price": [52.5, 30.0],
    }
    assert [bids.tolist() for bids in read.highest_bids()] == [[52.5, 50.0, 40.0], [30.0]]
    assert read.warnings == ()


@pytest.mark.parametrize(
    "variant",
    [
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r").encode(),
        lambda text: text.replace("\n", "\n\n").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: text.replace(",", " , ").encode(),
        lambda text: text.replace("palm", '"palm"').encode(),
        lambda text: text.replace("\n", ",extra\n").encode(),
        lambda text: text.replace("52.5", "5.25e1").encode(),
        lambda text: text.replace("5.0,20.0", "NA,20.0").encode(),
    ],
    ids=["bom", "crlf", "cr", "blank lines", "no last newline", "spaces", "quotes", "extra column",
         "exponent", "rating NA"],
)  # fmt: skip
def test_the_same_history_written_otherwise(history, variant):
    read = history(variant(f"{HEADER}\n{GOOD}"))
    pd.testing.assert_frame_equal(read.auctions, history().auctions)


def test_columns_in_any_order_and_those_not_needed_may_be_absent(history, tmp_path):
    table = pd.read_csv(SAMPLE)
    needed = ["bid", "bidder", "final_price", "item", "opening_bid", "auction"]
    table[needed].to_csv(tmp_path / "few.csv", index=False)
    pd.testing.assert_frame_equal(
        read_histories(tmp_path / "few.csv").auctions, read_histories(str(SAMPLE)).auctions
    )


def test_order_of_rows_does_not_matter(tmp_path):
    pd.read_csv(SAMPLE).sample(frac=1, random_state=0).to_csv(tmp_path / "mixed.csv", index=False)
    mixed, sample = (replay(read_histories(p)) for p in (tmp_path / "mixed.csv", str(SAMPLE)))
    in_order = [o.auctions.sort_values("auction", ignore_index=True) for o in (mixed, sample)]
    pd.testing.assert_frame_equal(*in_order)


def test_labels_are_any_text(history):
    outcome = replay(
        history(row("a/1", "Ann, B.", 60, item="montre dorée").replace("Ann, B.", '"Ann, B."'))
    )
    assert outcome.auctions["item"].tolist() == ["montre dorée"]


def test_an_auction_that_contradicts_itself_warns_and_its_first_counts(history):
    read = history(row(1, 1, 60) + row(1, 2, 70, opening=20) + row(1, 3, 80, final=90))
    assert len(read.warnings) == 2
    assert "line 3: opening_bid 20 of auction '1'" in read.warnings[0]
    assert "line 4: final_price 90 of auction '1'" in read.warnings[1]
    assert read.auctions[["opening_bid", "final_price"]].to_numpy().tolist() == [[10, 50]]
    assert replay(read).warnings == read.warnings


def test_an_auction_is_a_number_and_an_item(history):
    read = history(row(1, 1, 60) + row(1, 1, 70, item="xbox", opening=20))
    assert read.auctions["opening_bid"].tolist() == [10, 20]
    assert read.warnings == (
        "auction '1' stands under 2 items (palm, xbox): each counts as an auction of its own",
    )


# What the reader refuses


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *((name, cell) for name in ("opening_bid", "final_price", "bid")
          for cell in ("", "abc", "-1", "nan", "inf", "-inf", "1e400", "1e13", "12,5", "1,000",
                       "$5", "5 USD", "1_000", "0x1F", "--1", "None", "True", "５", "9" * 400)),
        ("auction", ""), ("item", " "), ("bidder", ""),
        ("days", "week"), ("time_days", "inf"), ("bidder_rating", "private"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_used_is_named_by_line_and_column(history, column, cell):
    lines = GOOD.splitlines()
    cells = lines[2].split(",")
    cells[HEADER.split(",").index(column)] = f'"{cell}"'
    lines[2] = ",".join(cells)
    with pytest.raises(DataError) as caught:
        history("\n".join(lines))
    assert (caught.value.line, caught.value.column) == (4, column)
    message = str(caught.value)
    assert f"bids.csv, line 4, column {column}: " in message
    assert "\n" not in message
    assert len(message) < 300


def test_the_first_cell_at_fault_is_named(history):
    with pytest.raises(DataError, match=r"line 3, column opening_bid: 'x' is not a number"):
        history(row(1, 1, 60) + row(1, 2, "y", opening="x") + row(1, "", 60))


@pytest.mark.parametrize(
    "column", ["auction", "item", "opening_bid", "final_price", "bidder", "bid"]
)
def test_a_missing_column_is_named(history, column):
    with pytest.raises(DataError, match=f"line 1, column {column}: missing from the header"):
        history(header=HEADER.replace(column, "other", 1) if column != "bid" else
                HEADER.replace(",bid,", ",other,"))  # fmt: skip


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (HEADER.encode(), "line 1: no bids below the header"),
        (f"{HEADER}\n{GOOD}{HEADER}\n".encode(), "line 7, column opening_bid: 'opening_bid'"),
        (f"{HEADER},bid\n{GOOD}".encode(), "line 1, column bid: named twice"),
        (f"{HEADER}\n{GOOD}9,palm,3\n".encode(), "line 7: not the 9 cells of the header"),
        (f"{HEADER}\n1,2,3,4,5,6,7,8,9,10\n".encode(), "line 2: not the 9 cells"),
        (f"{HEADER}\n{GOOD}".replace(",", ";").encode(), "missing from the header"),
        (f'{HEADER}\n{GOOD}7,"palm,3\n'.encode(), "line 7: not a CSV record"),
        (f"{HEADER}\n7,{'p' * 200_000},3\n".encode(), "line 2: not a CSV record"),
        (f"{HEADER}\n{GOOD}".encode("utf-16"), "not a text file in UTF-8"),
        (f"{HEADER}\n{row(1, 1, 5, item='dorée')}".encode("latin-1"), "not a text file in UTF-8"),
        (bytes(range(256)) * 9, "not a text file in UTF-8"),
        (b"\0" * 99, "missing from the header"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_bid_history(history, content, problem):
    with pytest.raises(DataError) as caught:
        history(content)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_opened(tmp_path):
    for path, problem in ((tmp_path, "Is a directory"), (tmp_path / "no.csv", "No such file")):
        with pytest.raises(DataError, match=f"cannot be read: {problem}"):
            read_histories(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read(tmp_path):
    path = tmp_path / "secret.csv"
    path.write_text(f"{HEADER}\n{GOOD}")
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        read_histories(path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(history, data):
    content = bytearray(f"{HEADER}\n{GOOD}".encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content)))
        damage = st.sampled_from(
            [b"", b",", b'"', b"\n", b"-", b"e9", b"nan", b"\xff", b"\0", b"\r"]
        )
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(damage)
    try:
        message, rules = "", set(replay(history(bytes(content))).summary["rule"])
    except DataError as error:
        message, rules = str(error), set(RULES)
    assert "\n" not in message
    assert rules == set(RULES)


# The rules


def test_the_increment_table():
    """EBay Help, "Bid increments": both ends of every row, and beyond."""
    starts = [0.01, 1, 5, 25, 100, 250, 500, 1000, 2500, 5000]
    ends = [0.99, 4.99, 24.99, 99.99, 249.99, 499.99, 999.99, 2499.99, 4999.99, 1e9]
    steps = [0.05, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100]
    assert increment(starts).tolist() == increment(ends).tolist() == steps
    assert np.isnan(increment(np.nan))
    assert increment(0).item() == 0.05


def test_proxy_price_is_capped_at_the_highest_bid():
    assert proxy_price([120, 101], [100, 100]).tolist() == [102.5, 101]


@pytest.mark.parametrize(
    ("bids", "predicted"),
    [
        ([52.5, 40, 30], [52.5, 40, 30, 41]),
        ([40.5, 40, 30], [40.5, 40, 30, 40.5]),
        ([40, 40, 40], [40, 40, 40, 40]),
        ([60, 20], [60, 20, 10, 20.5]),
        ([60], [60, 10, 10, 10]),
        ([60, 5, 4], [60, 10, 10, 10]),
        ([10], [10, 10, 10, 10]),
    ],
    ids=[
        "three",
        "cap",
        "ties",
        "two",
        "one",
        "rivals below the opening bid",
        "at the opening bid",
    ],
)
def test_prices_predicted(history, bids, predicted):
    outcome = replay(history("".join(row(1, i, bid) for i, bid in enumerate(bids))))
    assert prices(outcome) == predicted


def test_only_the_highest_bid_of_a_bidder_counts(history):
    outcome = replay(history(row(1, "a", 30) + row(1, "a", 60) + row(1, "b", 20) + row(1, "a", 40)))
    assert prices(outcome) == [60, 20, 10, 20.5]
    assert outcome.auctions.loc[0, ["bidders", "bids"]].tolist() == [2, 4]


def test_the_rank_of_kth_price_is_selectable(history):
    bids = history("".join(row(1, i, 60 - i) for i in range(6)))
    assert [replay(bids, k=k).auctions["kth-price"].item() for k in (1, 2, 5, 9)] == [
        60,
        59,
        56,
        10,
    ]
    with pytest.raises(ParameterError, match=r"^k = 0"):
        replay(bids, k=0)


def test_an_auction_below_its_opening_bid_is_unsold(history):
    outcome = replay(history(row(1, 1, 5) + row(1, 2, 9) + row(2, 1, 60, final=10)))
    assert outcome.auctions["sold"].tolist() == [False, True]
    assert np.isnan(prices(outcome)).all()
    summary = outcome.summary.set_index(["item", "rule"]).loc[("palm", "second-price")]
    assert summary["share_sold"] == 0.5
    assert summary["median_abs_error"] == 0
    assert summary["share_within_increment"] == 1
    assert outcome.worst()["auction"].tolist() == ["2"]


def test_nothing_sold_at_all_and_prices_of_nothing(history):
    unsold = replay(history(row(1, 1, 5))).summary
    assert unsold["share_sold"].eq(0).all()
    assert (
        unsold[["median_abs_error", "median_rel_error", "share_within_increment"]]
        .isna()
        .all(axis=None)
    )
    free = replay(history(row(1, 1, 0, opening=0, final=0))).summary
    assert free["share_within_increment"].eq(1).all()
    assert free["median_rel_error"].isna().all()


def test_amounts_of_any_size_are_finite(history):
    summary = replay(history(row(1, 1, 1e12, 1e-300, 1e-320) + row(1, 2, 1e12, 1e-300))).summary
    assert summary["median_abs_error"].tolist() == pytest.approx([1e12, 1e12, 0, 1e12] * 2)


def test_within_an_increment_is_either_side_and_inclusive(history):
    finals = {47: False, 48: True, 49: True, 50: True, 50.01: False}  # second price 49, increment 1
    rows = [row(i, b, bid, final=f) for i, f in enumerate(finals) for b, bid in ((1, 60), (2, 49))]
    outcome = replay(history("".join(rows)))
    assert outcome.auctions["second-price within"].tolist() == list(finals.values())


def test_summary_per_item_and_for_all(history):
    outcome = replay(
        history(row(1, 1, 60, final=12) + row(1, 2, 11) + row(2, 1, 80, 10, 80, "xbox"))
    )
    summary = outcome.summary
    assert summary["item"].tolist() == ["palm"] * 4 + ["xbox"] * 4 + ["all"] * 4
    assert summary["rule"].tolist() == list(RULES) * 3
    second = summary[summary["rule"] == "second-price"].set_index("item")
    assert second["auctions"].tolist() == [1, 1, 2]
    assert second["contested"].tolist() == [1, 0, 1]
    assert second["median_abs_error"].tolist() == [1, 70, 35.5]
    assert second["median_rel_error"].tolist() == pytest.approx(
        [1 / 12, 7 / 8, (1 / 12 + 7 / 8) / 2]
    )
    assert second["share_within_increment"].tolist() == [0, 0, 0]
    assert outcome.worst(1)[["auction", "error"]].to_numpy().tolist() == [["2", -70.0]]


def test_worst_names_its_rules(history):
    with pytest.raises(ParameterError, match="ebay-proxy, first-price, kth-price, second-price"):
        replay(history()).worst(rule="dutch")


# The packaged sample


def test_the_sample_is_what_the_simulator_makes_byte_for_byte():
    made = simulate_histories(load("ebay").market["categories"], 40, rng=2010)
    assert made.to_csv(index=False, lineterminator="\n").encode() == SAMPLE.read_bytes()


def test_the_sample_is_labelled_and_follows_the_proxy_rule_exactly():
    outcome = replay(read_histories(str(SAMPLE)))
    assert outcome.auctions["item"].str.endswith(" (simulated)").all()
    assert outcome.auctions["item"].nunique() == 3
    assert outcome.auctions["ebay-proxy error"].abs().max() < 0.005
    assert outcome.auctions["second-price within"].all()
    assert outcome.auctions["first-price error"].abs().max() == 0
    assert "censored" in FIRST_PRICE_CAVEAT


def test_simulated_histories_obey_the_site():
    table = simulate_histories([Category("lamp", (5.0, 50.0), (0.2, 1.0), 1, 6)], 300, rng=0)
    assert (table["bid"] >= table["opening_bid"]).all()
    assert (table["bid"] <= table["final_price"]).all()
    assert table.groupby("auction")["time_days"].is_monotonic_increasing.all()
    assert table["time_days"].between(0, 7).all()
    again = simulate_histories([Category("lamp", (5.0, 50.0), (0.2, 1.0), 1, 6)], 300, rng=0)
    pd.testing.assert_frame_equal(table, again)


# The real auctions


@real
def test_final_prices_of_463_of_484_contested_auctions_lie_within_an_increment():
    """DESIGN.md, Data: between the second-highest bid (or opening bid) and an increment above."""
    auctions = replay(read_histories(SHARED)).auctions.query("contested")
    above = auctions["final_price"] - auctions["second-price"]
    assert len(auctions) == 484
    assert ((above >= 0) & (above <= increment(auctions["second-price"]) + 1e-9)).sum() == 463


@real
def test_fit_of_every_rule_on_the_real_auctions():
    outcome = replay(read_histories(SHARED))
    everything = outcome.summary.query("item == 'all'").set_index("rule")
    assert everything["auctions"].eq(500).all()
    assert everything["share_sold"].eq(1).all()
    assert everything["contested_within"].to_dict() == {
        "first-price": 484, "second-price": 463, "kth-price": 25, "ebay-proxy": 463,
    }  # fmt: skip
    assert everything["median_abs_error"].tolist() == pytest.approx([0, 2.5, 13, 0])
    items = outcome.summary.query("rule == 'second-price'").set_index("item")
    assert items["contested_within"].to_dict() == {
        "cartier": 91, "palm": 244, "xbox": 128, "all": 463,
    }  # fmt: skip
    assert outcome.worst(2)["auction"].tolist() == ["61", "60"]


@real
def test_the_real_file_has_one_contradiction():
    assert read_histories(SHARED).warnings == (
        "line 4236: opening_bid 1 of auction '284' contradicts its first, 0.01, which counts",
    )
