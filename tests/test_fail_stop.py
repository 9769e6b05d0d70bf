"""An exception inside a round or an event stops a model for good, and says so."""

import pickle

import pytest

from econsim import errors
from econsim.errors import AgentError, DecisionError, ModelFailed
from econsim.models.marketplace import Buyer, Marketplace, Seller
from econsim.population import PopulationModel
from econsim.pricing import Fixed
from econsim.strategies import SellerStrategy, Strategy


def market(**keywords):
    return Marketplace(**{"buyers": 20, "sellers": 5, "pricing": "fixed", "rng": 1, **keywords})


class Fragile(Fixed):
    """Breaks in its fourth clearing."""

    cleared = 0
    error: BaseException = ValueError("no clearing")

    def clear(self, orders, listings, streams):
        self.cleared += 1
        if self.cleared == 4:
            raise self.error
        return super().clear(orders, listings, streams)


def scripted(base, method, error):
    def broken(self, *arguments):
        if self.model.round == 2:
            raise error
        return getattr(base, method)(self, *arguments)

    return type("Broken", (base,), {method: broken})


def assert_stopped(model, text):
    """Whatever one calls next raises one error, and time does not go on."""
    time, rounds = model.time, model.round
    calls = (
        model.step,
        lambda: model.run_for(3),
        lambda: model.run_until(model.time + 2),
        model.summary,
    )
    for call in calls:
        with pytest.raises(ModelFailed, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert (model.time, model.round) == (time, rounds)


ADVANCES = {
    "step": lambda model: model.step(),
    "run_for": lambda model: model.run_for(2.5),
    "run_until": lambda model: model.run_until(model.time + 3),
}


def play_six(model, go):
    """Without the stop this loop never ends."""
    while model.round < 6:
        ADVANCES[go](model)


@pytest.mark.parametrize("go", ADVANCES)
def test_a_round_that_raises_stops_the_model(go):
    model = market(pricing=Fragile())
    with pytest.raises(ValueError, match="no clearing"):
        play_six(model, go)
    with pytest.raises(ModelFailed):
        play_six(model, go)
    assert model.round == len(model.history) == 3
    assert_stopped(model, "round 4 failed.*ValueError: no clearing")
    assert len(model.frame()) == 3


@pytest.mark.parametrize("error", [KeyboardInterrupt(), TimeoutError("slow"), SystemExit(1)])
def test_an_interrupt_stops_it_too(error):
    pricing = Fragile()
    pricing.error = error
    model = market(pricing=pricing)
    with pytest.raises(type(error)):
        model.run_for(10)
    assert_stopped(model, f"round 4 failed.*{type(error).__name__}")


def test_an_event_that_raises_stops_the_model():
    class Eventful(Marketplace):
        def strike(self):
            raise OSError("disk")

    model = Eventful(buyers=5, sellers=2, rng=1)
    model.schedule_event(model.strike, at=1.5)
    model.step()
    with pytest.raises(OSError, match="disk"):
        model.step()
    assert_stopped(model, "round 2 failed.*OSError: disk")


@pytest.mark.parametrize(
    ("base", "method"),
    [(Buyer, "choose"), (Buyer, "bid"), (Buyer, "subscribe"), (Seller, "post_price")],
)
@pytest.mark.parametrize(
    "cause", [ZeroDivisionError("by zero"), errors.ParameterError("x", 3, "less")], ids=type
)
def test_what_an_agent_raises_names_agent_and_method(base, method, cause):
    model = market(pricing="subscription" if method == "subscribe" else "fixed")
    add = model.add_buyers if base is Buyer else model.add_sellers
    (agent,) = add(scripted(base, method, cause), 1)
    place = f"Broken {agent.unique_id}.{method}"
    with pytest.raises(AgentError, match=f"{place}: {type(cause).__name__}") as caught:
        model.run_for(5)
    assert caught.value.__cause__ is cause
    assert_stopped(model, f"round 3 failed.*{place}")
    with pytest.raises(ModelFailed) as stopped:
        model.step()
    assert (stopped.value.agent, stopped.value.round) == (place, 2)
    assert stopped.value.__cause__ is stopped.value.cause is caught.value


def test_an_interrupt_in_an_agent_stays_one_and_says_where():
    model = market()
    (agent,) = model.add_buyers(scripted(Buyer, "choose", KeyboardInterrupt()), 1)
    with pytest.raises(KeyboardInterrupt) as caught:
        model.run_for(5)
    assert caught.value.__notes__ == [f"in agent Broken {agent.unique_id}.choose"]
    assert_stopped(model, f"in agent Broken {agent.unique_id}.choose")
    with pytest.raises(ModelFailed) as stopped:
        model.step()
    assert stopped.value.agent == f"Broken {agent.unique_id}.choose"


def test_a_wrong_decision_names_the_agent_in_the_failure():
    class Odd(Buyer):
        def bid(self, offer):
            return 0.5

    model = market(pricing="vickrey")
    (agent,) = model.add_buyers(Odd, 1)
    with pytest.raises(DecisionError):
        model.step()
    with pytest.raises(ModelFailed) as stopped:
        model.step()
    assert stopped.value.agent == f"Odd {agent.unique_id}.bid"


def test_a_failed_model_is_still_one_after_pickling():
    model = market(pricing=Fragile())
    with pytest.raises(ValueError, match="no clearing"):
        model.run_for(9)
    with pytest.raises(ModelFailed, match="round 4"):
        pickle.loads(pickle.dumps(model)).step()


def test_a_notebook_shows_a_failed_market():
    model = market(pricing=Fragile())
    with pytest.raises(ValueError, match="no clearing"):
        model.run_for(9)
    assert "round 4 failed" in model._repr_html_()


def test_a_refused_call_is_no_failure():
    model = market()
    model.step()
    with pytest.warns(RuntimeWarning):
        model.run_until(0.5)
    with pytest.raises(errors.ParameterError):
        model.change("search", 0)
    model.step()
    assert model.round == 2


def test_every_way_to_advance_is_guarded():
    """Mesa's own methods come through the one that is guarded; another release may not."""

    class Plain(PopulationModel):
        def step(self):
            raise RuntimeError("always")

    for go in (lambda m: m.step(), lambda m: m.run_for(1), lambda m: m.run_until(1)):
        model = Plain(rng=1)
        with pytest.raises(RuntimeError, match="always"):
            go(model)
        with pytest.raises(ModelFailed):
            go(model)


class Careless(Strategy):
    """A strategy that divides by nothing."""

    name = "careless"

    def bids(self, bidding):
        raise ZeroDivisionError("nothing")


class Rash(SellerStrategy):
    """A pricing rule that breaks."""

    name = "rash"

    def prices(self, posting):
        raise IndexError("beyond")


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({"strategy": Careless(), "pricing": "vickrey"}, "Careless.bids: ZeroDivisionError"),
        ({"seller_strategy": Rash()}, "Rash.prices: IndexError: beyond"),
    ],
)
def test_what_a_rule_raises_names_the_rule(keywords, text):
    model = market(**keywords)
    with pytest.raises(AgentError, match=text):
        model.step()
    assert_stopped(model, f"round 1 failed.*{text}")
