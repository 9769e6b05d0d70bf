"""Permalinks: there and back, and nothing that a stranger writes gets through unchecked."""

import sys
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.errors import ParameterError
from econsim.pricing import PRICING_MODELS
from econsim.visualization.engines.replay import played
from econsim.visualization.server.parameters import parameters, templates
from econsim.visualization.server.permalink import Event, Setting, query, setting

VALUES = {
    "pricing": st.sampled_from(sorted(PRICING_MODELS))
    | st.integers(1, 999).map("subscription(term={})".format)
    | st.floats(0.1, 0.9).map(lambda share: f"fixed:{share!r},vickrey:{1 - share!r}"),
    "strategy": st.floats(0, 1).map("shaded(alpha={})".format),
    "trust": st.sampled_from(["beta(forgetting=0.9)", "eigentrust"]),
    "buyers": st.integers(0, 2_000_000),
    "demand_rate": st.floats(0, 1),
    "eligibility": st.floats(0, 1, allow_subnormal=True),
    "search": st.integers(1, 64),
}
EVENTS = st.one_of(
    st.builds(Event, st.integers(0, 999), st.just("fee"),
              st.fixed_dictionaries({"share": st.floats(0, 0.9)})),
    st.builds(Event, st.integers(0, 999), st.just("set"),
              st.fixed_dictionaries({"search": st.integers(1, 64)})),
    st.builds(Event, st.integers(0, 999), st.just("ban"),
              st.fixed_dictionaries({"sellers": st.lists(st.integers(0, 2**32)),
                                     "rounds": st.none() | st.integers(1, 9)})),
    st.builds(Event, st.integers(0, 999), st.just("reserve"),
              st.fixed_dictionaries({"category": st.text(max_size=12)})),
)  # fmt: skip


@given(
    seed=st.integers(0, 2**64 - 1),
    given_=st.fixed_dictionaries({}, optional=VALUES),
    played=st.integers(0, 100_000),
    events=st.lists(EVENTS, max_size=6),
)
def test_a_link_says_all_of_a_setting(seed, given_, played, events):
    ordered = tuple(sorted(events, key=lambda event: event.round))
    made = Setting("ebay", seed, given_, played, ordered)
    assert setting("?" + query(made)) == made


def test_a_link_can_be_read_and_typed():
    made = setting("scenario=agents&seed=7&pricing=vickrey&round=12&at=3:fee:share=0.1")
    assert made == Setting(
        "agents", 7, {"pricing": "vickrey"}, 12, (Event(3, "fee", {"share": 0.1}),)
    )
    assert query(made) == ("scenario=agents&seed=7&pricing=vickrey&round=12&at=3:fee:share=0.1")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("subscription( term = 20 )", "subscription(term=20)"),
        ("vickrey:1", "vickrey"),
        ("fixed:0.25,subscription(volume=3,term=9):.75",
         "fixed:0.25,subscription(term=9, volume=3):0.75"),
    ],
)  # fmt: skip
def test_a_link_holds_the_canonical_text(written, canonical):
    made = setting(f"pricing={written}")
    assert made.parameters == {"pricing": canonical}
    assert setting(query(made)) == made


def test_an_intervention_may_be_spelled_as_the_registry_does():
    made = setting("at=3:reserve(price=5, category='a:b')")
    assert made.events == (Event(3, "reserve", {"price": 5, "category": "a:b"}),)
    assert setting(query(made)) == made


def test_a_link_imports_nothing():
    for entry in ("pricing=this:s", "trust=this:1", "strategy=this:s(x=1)", "trust=beta:1"):
        with suppress(ParameterError):
            played(f"buyers=20&{entry}")
    assert "this" not in sys.modules


def test_an_empty_link_is_the_default():
    assert setting("", default="ebay") == Setting("ebay")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("scenario=/etc/passwd", "scenario"),
        ("scenario=../agents", "scenario"),
        ("seed=-1", "seed"),
        ("seed=1.5", "seed"),
        ("seed=true", "seed"),
        ("round=1e9", "round"),
        ("round=100001", "round"),
        ("buyers=3000000", "buyers"),
        ("buyers=[1]", "buyers"),
        ("demand_rate=NaN", "demand_rate"),
        ("demand_rate=Infinity", "demand_rate"),
        ("demand_rate=half", "demand_rate"),
        ("pricing=free", "pricing"),
        ("pricing=this:Zen", "pricing"),
        ("pricing=fixed:0.5,this:Zen:0.5", "pricing"),
        ('pricing=["fixed"]', "pricing"),
        ('pricing={"kind":"fixed"}', "pricing"),
        ("pricing=subscription(term=0)", "term"),
        ("pricing=subscription(rate=2)", "pricing parameter of subscription"),
        ("pricing=subscription(term=open('x'))", "pricing"),
        ("pricing=" + "(" * 1_000, "pricing"),
        ("pricing=" + "fixed" * 1_000, "characters of pricing"),
        ("strategy=shaded", "strategy"),
        ("trust=this:1", "trust"),
        ("trust=beta:0.5,eigentrust:0.5", "trust"),
        ("at=3:set:strategy=this:Zen", "strategy"),
        ("at=3:this:Zen(a=1)", "action"),
        ("at=3:Zen(a=1)", "intervention"),
        ("at=3:fee(rate=1)", "intervention parameter of fee"),
        ("at=3:fee(share=0.1):0.5,ban(below=0.1):0.5", "intervention"),
        ("at=x:fee(share=0.1)", "round of an action"),
        ("backend=objects", "link entry"),
        ("rng=1", "link entry"),
        ("at=3", "at"),
        ("at=3:burn:", "action"),
        ("at=3:fee:rate=1", "parameter of fee"),
        ("at=x:fee:share=0.1", "round of an action"),
        ("at=3:set:buyers=1000", "parameter of set"),
        ("at=3:set:search=many", "search"),
        ("&".join(["at=1:fee:share=0"] * 501), "interventions"),
        ("x" * 20_000, "link"),
    ],
)
def test_what_is_wrong_with_a_link_is_one_line(text, field):
    with pytest.raises(ParameterError) as caught:
        setting(text)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@given(st.text(max_size=200))
def test_no_link_does_more_than_be_refused(text):
    with suppress(ParameterError):
        assert isinstance(setting(text), Setting)


def test_a_file_may_be_named_only_if_the_command_line_did():
    with pytest.raises(ParameterError, match="scenario"):
        setting("scenario=/tmp/mine.toml")
    assert (
        setting("scenario=/tmp/mine.toml", extra=("/tmp/mine.toml",)).scenario == "/tmp/mine.toml"
    )


def test_parameters_come_from_the_market_and_the_registries():
    known = parameters()
    assert known["pricing"].choices == tuple(PRICING_MODELS)
    assert {name for name, each in known.items() if each.live} == {
        "demand_rate", "search", "value_spread", "eligibility", "strategy",
    }  # fmt: skip
    assert {"buyers", "sellers", "capacity", "trust", "seller_strategy"} <= set(known)
    assert "shaded" not in known["strategy"].choices  # it needs a number beside its name
    assert templates("strategy")["shaded"] == "shaded(alpha=)"
    assert templates("pricing") == {}
    assert "truthful" in known["strategy"].choices
