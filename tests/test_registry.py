"""One way to name a thing: what a specification is, and that every spelling says the same."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim.cli import main
from econsim.cli.shell import spread
from econsim.errors import ParameterError
from econsim.experiments.compare import compare
from econsim.models.marketplace import INTERVENTIONS, Marketplace, Seller
from econsim.models.marketplace.attacks import ATTACKS
from econsim.pricing import PRICING_MODELS, Fixed, Subscription
from econsim.registry import Registry, Specified, listed
from econsim.strategies import (
    SELLER_STRATEGIES,
    STRATEGIES,
    BestReply,
    CostPlus,
    EquilibriumFirstPrice,
    Shaded,
    Strategy,
    Truthful,
)
from econsim.trust import TRUST_MODELS, TrustModel

SMALL = {"replications": 2, "rounds": 2, "buyers": 60, "sellers": 5}
REGISTRIES = (
    PRICING_MODELS, STRATEGIES, SELLER_STRATEGIES, TRUST_MODELS, INTERVENTIONS, ATTACKS,
)  # fmt: skip
MODULE = '''
from econsim.pricing import Fixed
from econsim.strategies import Shaded


class Uniform(Fixed):
    """A price per use that opens at a million ticks, or as said."""

    name = "uniform"

    def __init__(self, start=10**6):
        super().__init__(start)


class Half(Shaded):
    """Bids a half."""

    def __init__(self):
        super().__init__(0.5)
'''


class Stoic(TrustModel):
    """Trusts everybody alike, and has no constructor of its own."""

    name = "stoic"
    columns = {}  # noqa: RUF012

    def start(self, successes, failures):
        return {"trust": np.full(np.shape(successes), 0.5)}

    def rate(self, state, ratings):
        return np.full(5, 0.5)


@dataclass(frozen=True)
class Split(Specified):
    """A dataclass."""

    share: float = 0.5
    parts: int = 2


@pytest.fixture
def mymod(tmp_path, monkeypatch):
    """A module of the user's own, in the working folder."""
    (tmp_path / "ownmod.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return "ownmod"


TWENTY = [
    "subscription(term=20)",
    " subscription ( term = 20 ) ",
    {"kind": "subscription", "term": 20},
    {"kind": Subscription, "term": 20},
    {"kind": "econsim.pricing.posted:Subscription", "term": 20},
    "econsim.pricing:Subscription(term=20)",
    Subscription(20),
    Subscription(term=20),
    Subscription(20, None, volume=None),
    [["subscription(term=20)", 1]],
    {"subscription(term=20)": 1.0},
    "subscription(term=20):1",
]


@pytest.mark.parametrize("specification", TWENTY, ids=repr)
def test_every_spelling_says_the_same(specification):
    (model,), shares = PRICING_MODELS.mix(specification)
    assert type(model) is Subscription
    assert model.term == 20
    assert shares.dtype == np.float64
    assert shares.tolist() == [1.0]
    assert PRICING_MODELS.spell(specification) == "subscription(term=20)"


@pytest.mark.parametrize("specification", ["fixed", "fixed()", Fixed, Fixed(), {"kind": "fixed"}])
def test_a_bare_name_is_a_class_is_an_instance(specification):
    assert PRICING_MODELS.spell(specification) == "fixed"


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.field)
def test_what_is_spelled_resolves_to_the_same(registry):
    for name in registry:
        if registry[name] in (Shaded, EquilibriumFirstPrice, BestReply):  # these need parameters
            continue
        made = registry.resolve(name)
        assert registry.spell(made) == name
        assert type(registry.resolve(registry.spell(made))) is registry[name]
        assert registry.describe()[name].endswith(".")


@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.integers(1, 10**6),
    st.none() | st.integers(1, 10**6),
    st.booleans(),
)
def test_spelling_and_resolving_are_inverse(alpha, term, volume, renewal):
    made = Subscription(term, volume=volume, renewal=renewal)
    again = PRICING_MODELS.resolve(PRICING_MODELS.spell(made))
    assert (again.term, again.volume, again.renewal) == (term, volume, renewal)
    shaded = STRATEGIES.resolve(STRATEGIES.spell(Shaded(np.array(alpha))))
    assert shaded.alpha.tolist() == alpha


@given(st.lists(st.integers(1, 99), min_size=1, max_size=5, unique=True))
def test_a_mix_is_spelled_with_shares_that_sum_to_1(terms):
    pairs = [[{"kind": "subscription", "term": term}, 1 / len(terms)] for term in terms]
    models, shares = PRICING_MODELS.mix(PRICING_MODELS.spell(pairs))
    assert [model.term for model in models] == terms
    assert shares.tolist() == [1 / len(terms)] * len(terms)


@pytest.mark.parametrize(
    "mix",
    [
        {"fixed": 0.25, "subscription(term=20)": 0.75},
        [["fixed", 0.25], [{"kind": "subscription", "term": 20}, 0.75]],
        [(Fixed(), 0.25), (Subscription(20), 0.75)],
        "fixed:0.25, subscription(term=20, volume=None):0.75",
    ],
    ids=repr,
)
def test_a_mix_is_a_mapping_pairs_or_text(mix):
    assert PRICING_MODELS.spell(mix) == "fixed:0.25,subscription(term=20):0.75"


WRONG = [
    ("nope", "pricing = 'nope': must be one of double, first-price"),
    ("fixed(", "Python literals"),
    ("fixed(price=1)x", "Python literals"),
    ("fixed)(price=1", "Python literals"),
    ("fixed(price=price)", "Python literals"),
    ("fixed(3)", "Python literals"),
    ("fixed(price=1, price=2)", "Python literals"),
    ("fixed(price=" + "(" * 9999, "Python literals"),
    ("subscription(trm=3)", "pricing parameter of subscription = 'trm': must be one of term"),
    ("vickrey(price=3)", "pricing parameter of vickrey = 'price': must be one of commission"),
    ({"kind": "fixed", "model": 3}, "pricing parameter of fixed = 'model'"),
    ({"kind": 3}, "pricing = {'kind': 3}: must be one of"),
    ({"model": "fixed"}, "pricing"),
    ("no_such_module:Model", "ModuleNotFoundError"),
    ("econsim.pricing:Nope", "AttributeError"),
    ("econsim.pricing:Orders", "derived from PricingModel"),
    (Strategy, "derived from PricingModel"),
    (None, "pricing = None"),
    ("fixed:0.5,vickrey", "name:share"),
    ("fixed:0.5,vickrey:0.6", "sum to 1"),
    ("fixed:nan,vickrey:0.5", "pricing['fixed'] = nan"),
    ({}, "sum to 1"),
    (["fixed"], "pairs"),
    ([["fixed", 0.5, 1]], "pairs"),
    ({"fixed": 0.5, "fixed()": 0.5}, "pricing = 'fixed': must be named once"),
    ([["subscription(term=3)", 0.5], [Subscription(3), 0.5]], "'subscription(term=3)'"),
]


@pytest.mark.parametrize(("specification", "message"), WRONG, ids=lambda value: repr(value)[:40])
def test_what_is_wrong_is_one_line_that_names_it(specification, message):
    with pytest.raises(ParameterError) as caught:
        PRICING_MODELS.mix(specification)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_parameter_is_named():
    with pytest.raises(ParameterError, match=r"strategy = 'shaded': .*shaded\(alpha=...\)"):
        STRATEGIES.resolve("shaded")


def test_what_a_constructor_cannot_take_is_no_traceback():
    class Odd(Truthful):
        def __init__(self, size=1):
            self.half = size / 2

    with pytest.raises(ParameterError, match=r"must be what .*Odd takes"):
        STRATEGIES.resolve({"kind": Odd, "size": "much"})


def test_defaults_go_to_those_who_take_them_and_say_nothing_themselves():
    assert TRUST_MODELS.resolve("beta", prior=(1, 3)).prior == (1, 3)
    assert TRUST_MODELS.resolve("beta(prior=(2, 2))", prior=(1, 3)).prior == (2, 2)
    TRUST_MODELS.resolve("exponential", prior=(1, 3))


def test_parameters_that_bases_take_are_known():
    assert list(ATTACKS.parameters(ATTACKS["oscillation"]))[-2:] == ["milk_above", "build_below"]
    assert "identity_cost" in ATTACKS.parameters(ATTACKS["oscillation"])
    assert ATTACKS.spell(ATTACKS.resolve("oscillation(sellers=3)")) == "oscillation(sellers=3)"


def test_parameters_of_dataclasses_are_spelled_by_their_fields():
    splits = Registry("split", Split, {"split": Split})
    assert splits.spell(Split(0.25)) == splits.spell("split(share=0.25)") == "split(share=0.25)"


def test_a_class_is_registered_for_a_session(monkeypatch):
    monkeypatch.setattr(TRUST_MODELS, "_registered", {})
    for _ in range(2):  # as a cell of a notebook that runs again
        assert TRUST_MODELS.register(Stoic) is Stoic
    assert TRUST_MODELS.spell("stoic") == "stoic"
    assert "stoic" in list(TRUST_MODELS)
    assert len(TRUST_MODELS) == len(list(TRUST_MODELS))
    with pytest.raises(ParameterError, match="trust name = ''"):
        TRUST_MODELS.register(TrustModel)
    with pytest.raises(ParameterError, match="not taken"):
        TRUST_MODELS.register(TRUST_MODELS["beta"])


@pytest.mark.parametrize(
    "text", ["os:path", "fixed:0.5,this:that:0.5", "this:that(x=1)", "nope", "subscription(term=0)"]
)
def test_what_strangers_write_imports_nothing(text, monkeypatch):
    monkeypatch.setattr("econsim.registry.core.import_module", None)
    with pytest.raises(ParameterError, match=r"pricing|term"):
        PRICING_MODELS.registered(text)
    for known in ("vickrey", "fixed:0.5, subscription(term=20):0.5"):
        assert PRICING_MODELS.registered(known) == known


def test_a_list_of_words_keeps_parameters_and_mixes_together():
    assert listed("fixed, subscription(term=20, price=5)  vickrey") == [
        "fixed", "subscription(term=20, price=5)", "vickrey",
    ]  # fmt: skip
    assert listed("fixed:0.5, vickrey:0.5") == ["fixed:0.5, vickrey:0.5"]
    assert listed("mymod:Model(text='a, b) c')") == ["mymod:Model(text='a, b) c')"]
    assert listed("") == []


# In the market


def test_strategies_trust_and_pricing_are_given_as_tables():
    model = Marketplace(
        buyers=60, sellers=6, rng=1, pricing={"kind": "subscription", "term": 4},
        strategy=[[{"kind": "shaded", "alpha": 0.8}, 0.5], ["truthful", 0.5]],
        seller_strategy={"kind": "cost-plus", "markup": 0.1},
        trust={"kind": "beta", "forgetting": 0.9},
    )  # fmt: skip
    twin = Marketplace(
        buyers=60, sellers=6, rng=1, pricing=Subscription(4),
        strategy={Shaded(0.8): 0.5, Truthful(): 0.5}, seller_strategy=CostPlus(0.1),
        trust="beta(forgetting=0.9)",
    )  # fmt: skip
    for market in (model, twin):
        market.run_for(4)
    assert model.state_digest() == twin.state_digest()


def test_two_of_a_class_compete_in_one_market_and_are_told_apart():
    mix = "subscription(term=2):0.5,subscription(term=20):0.5"
    model = Marketplace(buyers=60, sellers=6, rng=1, pricing=mix)
    model.run_for(3)
    names = model.rules.mechanisms.names
    assert names == ["subscription(term=2)", "subscription(term=20)"]
    for index, name in enumerate(names):
        assert model.add_sellers(Seller, 1, pricing=name).get("pricing") == [index]
    with pytest.raises(ParameterError, match=r"pricing = 'subscription': .*subscription\(term=2\)"):
        model.add_sellers(Seller, 1, pricing="subscription")


def test_a_trust_model_without_a_constructor_is_named():
    for specification in (Stoic, {"kind": Stoic}, Stoic()):
        market = Marketplace(buyers=20, sellers=5, rng=1, trust=specification)
        market.run_for(2)
        assert market.sellers["trust"].tolist() == [0.5] * 5
    with pytest.raises(ParameterError, match=r"trust parameter of .*Stoic = 'rate'.*takes none"):
        Marketplace(trust={"kind": Stoic, "rate": 1})


def test_parameters_in_a_scenario_file(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text(
        """
[market]
buyers = 60
sellers = 6
pricing = {kind = "subscription", term = 20}
strategy = [["truthful", 0.5], [{kind = "shaded", alpha = 0.8}, 0.5]]
seller_strategy = "cost-plus(markup=0.1)"
trust = {kind = "beta", forgetting = 0.9}
events = [{time = 1, kind = "fee", share = 0.1}]
[attack]
kind = "oscillation"
sellers = 2
"""
    )
    model = Marketplace.from_scenario(path, rng=1)
    model.run_for(3)
    assert model.rules.mechanisms.names == ["subscription"]
    assert model.pricing_models[0].term == 20
    assert [strategy.name for strategy in model.strategy.strategies] == ["truthful", "shaded"]


def test_interventions_and_attacks_take_a_text_or_an_instance():
    for kind, parameters in (
        ("fee", {"share": 0.1}),
        ("fee(share=0.1)", {}),
        ({"kind": "fee", "share": 0.1}, {}),
        (INTERVENTIONS["fee"](0.1), {}),
    ):
        model = Marketplace(buyers=20, sellers=2, rng=1, attack="oscillation(sellers=1)")
        assert repr(model.at(1, kind, **parameters).change) == "fee(share=0.1)"
        assert model.attack.sellers == 1


# In comparisons and commands


def test_compare_takes_every_form_and_labels_each_by_its_spelling(mymod):
    import ownmod

    asked = [
        "fixed", ownmod.Uniform(), {"kind": "subscription", "term": 20}, "ownmod:Uniform(start=7)",
        {"fixed": 0.5, "vickrey": 0.5},
    ]  # fmt: skip
    labels = [
        "fixed", "ownmod:Uniform", "subscription(term=20)", "ownmod:Uniform(start=7)",
        "fixed:0.5,vickrey:0.5",
    ]  # fmt: skip
    assert compare("agents", asked, **SMALL).labels == labels
    assert compare("agents", labels, **SMALL).labels == labels


@pytest.mark.parametrize(
    "twice",
    [
        ["fixed", "fixed"],
        ["fixed", Fixed()],
        ["subscription", {"kind": "subscription", "term": 10}],
    ],
    ids=repr,
)
def test_compare_refuses_what_is_named_twice(twice):
    with pytest.raises(ParameterError, match=r"pricing = '(fixed|subscription)': .*once"):
        compare("agents", twice, **SMALL)


def test_words_that_follow_pricing_are_pricing_models():
    words = [
        "compare",
        "agents",
        "--pricing",
        "fixed",
        "mymod:Uniform",
        "sub(term=2)",
        "--rng",
        "1",
    ]
    assert spread(words) == [
        "compare", "agents", "--pricing", "fixed", "--pricing", "mymod:Uniform",
        "--pricing", "sub(term=2)", "--rng", "1",
    ]  # fmt: skip
    assert spread(["run", "--pricing", "fixed", "agents"])[-1] == "agents"
    assert spread(["run", "--pricing", "fixed", "my.toml"])[-2:] == ["fixed", "my.toml"]


def test_the_command_takes_every_spelling(mymod, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main([
            "compare", "agents", "--pricing", "fixed", "ownmod:Uniform", "subscription(term=20)",
            "fixed:0.5,vickrey:0.5", "--strategy", "ownmod:Half:0.5,truthful:0.5",
            "--seller-strategy", "cost-plus(markup=0.1)", "--trust", "beta(forgetting=0.9)",
            "--replications", "2", "--rounds", "2", "--buyers", "60", "--out", "here",
        ])  # fmt: skip
    assert ended.value.code == 0, capsys.readouterr().err
    runs = (tmp_path / "here" / "runs.csv").read_text()
    for label in ("\nownmod:Uniform,", "\nsubscription(term=20),", '\n"fixed:0.5,vickrey:0.5",'):
        assert label in runs


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--pricing", "fixed", "vickery"], "pricing = 'vickery': must be one of"),
        (["--pricing", "fixed", "fixed"], "pricing = 'fixed': must be named once"),
        (["--pricing", "subscription(term=0)"], "term = 0: must be an integer from 1"),
        (["--strategy", "shaded"], "strategy = 'shaded': must be given with alpha"),
        (["--trust", "beta(rate=1)"], "trust parameter of beta = 'rate': must be one of prior"),
        (["--seller-strategy", "haggle"], "seller_strategy = 'haggle'"),
    ],
)
def test_the_command_refuses_in_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["compare", "agents", *words, "--rounds", "2", "--buyers", "50"])
    error = capsys.readouterr().err
    assert ended.value.code == 2
    assert error.count("\n") == 1
    assert message in error


def test_kinds_lists_what_may_be_named(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["kinds"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert (
        "  subscription(term=10, price=None, volume=None, renewal=False, commission=0.0)\n" in out
    )
    for registry in (PRICING_MODELS, STRATEGIES, SELLER_STRATEGIES, TRUST_MODELS):
        assert all(f"  {name}" in out for name in registry)


class Timid(Strategy):
    """Bids a share of the value."""

    name = "timid"

    def __init__(self, share=0.5):
        self.share = share

    def bids(self, bidding):
        return (bidding.value * self.share).astype(np.int64)


def test_a_class_of_ones_own_shows_the_parameters_that_it_was_made_with():
    assert repr(Timid()) == "Timid()"
    assert repr(Timid(0.25)) == "Timid(share=0.25)"
    keywords = {"buyers": 20, "sellers": 2, "pricing": "first-price", "rng": 1}
    one, two = (Marketplace(**keywords, strategy=Timid(share)).state for share in (0.5, 0.25))
    assert not one.equals(two)
