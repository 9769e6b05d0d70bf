"""The auction lab's numbers are the library's."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim.auctions import (
    all_pay,
    core_payments,
    first_price,
    kth_price,
    mcafee,
    second_price,
    vcg_combinatorial,
)
from econsim.errors import DataError, ParameterError
from econsim.visualization.numbers import lab as lab

values = st.lists(st.integers(0, 100).map(float), min_size=1, max_size=8)


@settings(deadline=None)
@given(values, st.integers(0, 60), st.integers(1, 4))
def test_payments_are_those_of_the_library(bids, reserve, units):
    found = lab.sealed(bids, reserve, units)
    assert [o.name for o in found][:1] == ["first price"]
    rules = [partial(rule, units=units) for rule in (first_price, second_price, all_pay)]
    rules += [partial(kth_price, k=3)] if units == 1 else []
    for outcome, rule in zip(found, rules, strict=True):
        expected = rule(bids, reserve=reserve)
        assert outcome.winners == expected.winners.tolist()
        assert outcome.payments == expected.payments.tolist()
        assert outcome.revenue == pytest.approx(float(expected.revenue))


@settings(deadline=None)
@given(values.filter(lambda bids: len(bids) > 1), st.integers(0, 99))
def test_truth_is_best_under_second_price(bids, value):
    rule = lab.rules(1)["Vickrey (second price)"]
    bids = [float(value), *bids[1:]]
    grid, gains = lab.utility_curve(rule, bids, 0, float(value), 0.0)
    assert len(grid) == len(gains)
    truth = lab.utility(rule, bids, 0, float(value), float(value), 0.0)
    assert gains.max() <= truth + 1e-9
    assert "no other bid gains more" in lab.lesson(rule, bids, 0, float(value), 0.0)


def test_shading_is_better_under_first_price():
    rule = lab.rules(1)["first price"]
    text = lab.lesson(rule, [91.0, 52.0, 40.0, 68.0], 0, 91.0, 0.0)
    assert text == "truth gains 0; a bid near 68 gains 23"


def test_double_auctions_are_those_of_the_library():
    bids, asks = [52.0, 91.0, 40.0, 68.0], [20.0, 35.0, 60.0, 80.0]
    rows = {row[0]: row[1:] for row in lab.double(bids, asks)}
    expected = mcafee(bids, asks)
    assert rows["McAfee"][0] == (expected.winners < 4).sum()
    assert rows["McAfee"][3] == pytest.approx(expected.revenue)
    assert rows["Vickrey-Clarke-Groves"][3] < 0  # Myerson & Satterthwaite


@pytest.mark.parametrize(
    ("bids", "reserve", "best"), [([90.5, 91.0], 0.0, 90.5), ([91.0], 90.5, 90.5)]
)
def test_the_lesson_of_first_price_sees_narrow_gains(bids, reserve, best):
    rule = lab.rules(1)["first price"]
    words = lab.lesson(rule, bids, len(bids) - 1, 91.0, reserve)
    assert f"a bid near {best} gains 0.5" in words or "gains 0.49" in words


def test_positions_are_those_of_the_library():
    rows = lab.positions([4.0, 10.0, 2.0], [200.0, 100.0], 1.0)
    assert rows == [  # Edelman, Ostrovsky & Schwarz 2007, section II
        ("bidder 2 (10)", 200.0, 800.0, 600.0),
        ("bidder 1 (4)", 100.0, 200.0, 200.0),
    ]
    assert lab.positions([4.0], [], 0.0) == []


def test_bundles_of_the_sample():
    bids = lab.cats("sample.txt", lab.sample())
    (early, _, _), (rows, text, _) = lab.bundles(bids)
    clarke, core = vcg_combinatorial(bids), core_payments(bids)
    assert [row[3] for row in rows] == clarke.payments[bids.bidder[clarke.accepted]].tolist()
    assert [row[:4] for row in early] == [row[:4] for row in rows]
    assert sum(row[4] for row in rows) == pytest.approx(float(np.sum(core.payments)))
    assert "Clarke payments bring 0" in text


def test_uploads_over_the_limit_are_refused():
    assert lab.uploaded("small.txt", 3, "YWJj") == b"abc"
    with pytest.raises(ParameterError, match="at most 524288 bytes"):
        lab.uploaded("big.txt", lab.MOST_BYTES + 1, "")
    with pytest.raises(ParameterError, match="base64"):
        lab.uploaded("odd.txt", 3, "!")
    with pytest.raises(ParameterError, match=r"big\.txt"):
        lab.cats("big.txt", b"x" * (lab.MOST_BYTES + 1))
    lines = "".join(f"{k}\t1\t0\t#\n" for k in range(lab.MOST_BUNDLES + 1))
    with pytest.raises(ParameterError, match="at most 2000 bids"):
        lab.cats("many.txt", f"goods 1\nbids 1\ndummy 0\n{lines}".encode())
    with pytest.raises(DataError, match="goods"):
        lab.cats("../../etc/x", b"hello")


def test_bids_are_drawn_by_their_seed():
    assert lab.drawn(5, 1) == lab.drawn(5, 1) != lab.drawn(5, 2)
