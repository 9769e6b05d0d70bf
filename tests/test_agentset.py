"""`model.agents` honours Mesa's AgentSet contract: the same calls on plain Mesa agents agree."""

import copy
import gc
import pickle
from random import Random

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.agentset import AgentSet, GroupBy
from mesa.datacollection import DataCollector

from econsim.errors import ParameterError
from econsim.models.marketplace import Buyer, Marketplace, Seller
from econsim.population import PopulationModel, RowAgent, RowSet
from econsim.pricing import Subscription

WALLETS = [50, 20, 50, 70, 20, 20, 90, 10]
PRICES = [30, 30, 5]


class Deeds:
    """What agents of both worlds can do."""

    def richer(self, amount=1):
        return self.wallet + amount

    def spend(self, amount, *, tip=0):
        self.wallet -= amount + tip


class Shopper(Deeds, Buyer):
    """A row that decides by default."""


class Shop(Deeds, Seller):
    """A row that decides by default."""


class Haggler(Deeds, Buyer):
    """A scripted buyer: the default bid, in Python."""

    def bid(self, offer):
        return super().bid(offer)


class PlainShopper(Deeds, mesa.Agent):
    """The same agent in plain Mesa."""


class PlainShop(Deeds, mesa.Agent):
    """The same agent in plain Mesa."""


class Rows:
    """A marketplace of eight shoppers and three shops."""

    shopper, shop, base = Shopper, Shop, RowAgent

    def __init__(self):
        self.model = Marketplace(buyers=0, sellers=0, rng=3)
        self.model.add_buyers(Shopper, len(WALLETS), wallet=WALLETS, value=range(8))
        self.model.add_sellers(Shop, len(PRICES), price=PRICES, wallet=[1, 2, 3])
        self.agents = self.model.agents
        self.agents.random = Random(9)


class Plain:
    """Mesa agents that hold the same values under the same ids."""

    shopper, shop, base = PlainShopper, PlainShop, mesa.Agent

    def __init__(self):
        self.model = mesa.Model(rng=3)
        rows = Rows().model
        for cls, table in ((PlainShopper, rows.buyers), (PlainShop, rows.sellers)):
            for unique_id, row in table.to_frame(ticks=True).to_dict("index").items():
                agent = cls(self.model)
                vars(agent).update(row, unique_id=unique_id)
        self.agents = self.model.agents
        self.agents.random = Random(9)


def plain(found, world):
    """What a call gave, in terms that do not depend on the world."""
    if found is world.agents:
        return "the set itself", plain(list(found), world)
    if isinstance(found, GroupBy):
        return {key: plain(group, world) for key, group in found}
    if isinstance(found, dict):
        return {key: plain(value, world) for key, value in found.items()}
    if isinstance(found, mesa.Agent):
        return found.unique_id
    if isinstance(found, np.generic):
        return found.item()
    if isinstance(found, np.ndarray | list | tuple | AgentSet):
        return [plain(each, world) for each in found]
    return found


def same(call):
    """Run one call in both worlds; its outcome or error, and all wallets after it, must agree."""
    outcomes = []
    for world in (Rows(), Plain()):
        try:
            found = plain(call(world.agents, world), world)
        except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
            found = type(error).__name__
        left = {agent.unique_id: agent.wallet for agent in world.model.agents}
        members = [agent.unique_id for agent in world.agents]
        outcomes.append((found, members, left))
    assert outcomes[0] == outcomes[1]
    return outcomes[0][0]


def test_the_two_worlds_start_equal():
    assert same(lambda agents, world: list(agents)) == [*range(8), *range(2**31, 2**31 + 3)]


GET = {
    "a column": lambda a, w: a.get("wallet"),
    "a column of some": lambda a, w: a.get("price"),
    "a column of some, or a default": lambda a, w: a.get("price", "default", -1),
    "no default given": lambda a, w: a.get("price", handle_missing="default"),
    "several columns": lambda a, w: a.get(["wallet", "unique_id"]),
    "several, some missing": lambda a, w: a.get(["wallet", "nose"], "default", 0),
    "a tuple of names": lambda a, w: a.get(("wallet", "category")),
    "no names": lambda a, w: a.get([]),
    "missing": lambda a, w: a.get("nose"),
    "several, missing": lambda a, w: a.get(["wallet", "nose"]),
    "unknown option": lambda a, w: a.get("wallet", handle_missing="perhaps"),
    "the ids": lambda a, w: a.get("unique_id"),
    "of nobody": lambda a, w: a.select(lambda _: False).get("wallet"),
    "several of nobody": lambda a, w: a.select(lambda _: False).get(["wallet", "value"]),
    "one type": lambda a, w: a.select(agent_type=w.shop).get(["price", "cost"]),
    "mixed order": lambda a, w: a.sort("wallet").get(["wallet", "unique_id"]),
    "a property's model": lambda a, w: [m is w.model for m in a.get("model")],
}


@pytest.mark.parametrize("call", GET.values(), ids=GET)
def test_get_gives_what_mesa_gives(call):
    same(call)


SELECT = {
    "nothing asked": lambda a, w: a.select(),
    "a function": lambda a, w: a.select(lambda agent: agent.wallet > 20),
    "at most three": lambda a, w: a.select(at_most=3),
    "at most nobody": lambda a, w: a.select(at_most=0),
    "at most a negative number": lambda a, w: a.select(at_most=-1),
    "more than there are": lambda a, w: a.select(at_most=99),
    "a third": lambda a, w: a.select(at_most=1 / 3),
    "all, as a share": lambda a, w: a.select(at_most=1.0),
    "one, as an integer": lambda a, w: a.select(at_most=1),
    "none, as a share": lambda a, w: a.select(at_most=0.0),
    "a number of agents as a float": lambda a, w: a.select(at_most=2.0),
    "infinitely many": lambda a, w: a.select(lambda x: x.wallet < 60, at_most=float("inf")),
    "a type": lambda a, w: a.select(agent_type=w.shop),
    "a base type": lambda a, w: a.select(agent_type=w.base),
    "several types": lambda a, w: a.select(agent_type=(w.shop, w.shopper)),
    "all at once": lambda a, w: a.select(
        lambda agent: agent.wallet > 15, at_most=2, agent_type=w.shopper
    ),
    "a share of all after a filter": lambda a, w: a.select(
        lambda agent: agent.wallet < 60, at_most=0.5, agent_type=w.shopper
    ),
    "in place": lambda a, w: _changed(
        a, lambda s, x: s.select(lambda agent: agent.wallet > 20, inplace=True) is s
    ),
    "in place, nothing asked": lambda a, w: a.select(inplace=True),
    "a missing attribute": lambda a, w: a.select(lambda agent: agent.nose),
    "of a selection": lambda a, w: a.select(agent_type=w.shop).select(lambda s: s.price > 5),
    "of an order": lambda a, w: a.sort("wallet").select(at_most=4),
}


@pytest.mark.parametrize("call", SELECT.values(), ids=SELECT)
def test_select_gives_what_mesa_gives(call):
    same(call)


def test_select_stops_calling_once_it_has_enough():
    def calls(agents, world):
        asked = []
        agents.select(lambda agent: asked.append(agent.unique_id) or True, at_most=2)
        return asked

    same(calls)


def test_select_takes_a_mask_over_the_set():
    world = Rows()
    rich = world.agents.get("wallet") > 40
    assert world.agents.select(rich).ids.tolist() == [0, 2, 3, 6]
    assert world.agents.select(rich, at_most=2, agent_type=Buyer).ids.tolist() == [0, 2]
    with pytest.raises(ParameterError, match="mask"):
        world.agents.select(rich[:-1])
    with pytest.raises(ParameterError, match="mask"):
        world.agents.select(rich.astype(int))


OTHER = {
    "agg with one function": lambda a, w: a.agg("wallet", sum),
    "agg with several": lambda a, w: a.agg("wallet", [min, max, np.mean, len]),
    "agg with a tuple": lambda a, w: a.agg("wallet", (min, max)),
    "agg of nobody": lambda a, w: a.select(at_most=0).agg("wallet", max),
    "agg of a missing name": lambda a, w: a.agg("nose", sum),
    "set": lambda a, w: a.set("wallet", 5),
    "set and read": lambda a, w: a.set("wallet", 5).get("wallet"),
    "set some": lambda a, w: a.select(agent_type=w.shop).set("price", 77).get("price"),
    "do by name": lambda a, w: a.do("spend", 3),
    "do with keywords": lambda a, w: a.do("spend", 3, tip=1).agg("wallet", sum),
    "do by function": lambda a, w: a.do(lambda agent, n: agent.spend(n), 2),
    "do of a missing name": lambda a, w: a.do("fly"),
    "map by name": lambda a, w: a.map("richer", 4),
    "map by function": lambda a, w: a.map(lambda agent: agent.wallet * 2),
    "map with keywords": lambda a, w: a.map("richer", amount=4),
    "map of nobody": lambda a, w: a.select(at_most=0).map("richer"),
    "shuffle": lambda a, w: a.shuffle(),
    "shuffle twice": lambda a, w: [a.shuffle(), a.shuffle()],
    "shuffle in place": lambda a, w: a.copy().shuffle(inplace=True),
    "sort by a column": lambda a, w: a.sort("wallet"),
    "sort ascending": lambda a, w: a.sort("wallet", ascending=True),
    "sort by a function": lambda a, w: a.sort(lambda agent: -agent.wallet),
    "sort by two": lambda a, w: a.sort(lambda agent: (agent.wallet, agent.unique_id)),
    "sort by a missing name": lambda a, w: a.sort("nose"),
    "sort by a dotted name": lambda a, w: a.sort("model.time"),
    "sort in place": lambda a, w: a.copy().sort("wallet", inplace=True),
    "groupby a column": lambda a, w: a.groupby("wallet"),
    "groupby as lists": lambda a, w: a.groupby("wallet", result_type="list"),
    "groupby a function": lambda a, w: a.groupby(lambda agent: agent.wallet > 20),
    "groupby a missing name": lambda a, w: a.groupby("nose"),
    "groupby and count": lambda a, w: a.groupby("wallet").count(),
    "groupby, count lists": lambda a, w: a.groupby("wallet", result_type="list").count(),
    "groupby and agg": lambda a, w: a.groupby("category").agg("wallet", sum),
    "groupby, agg lists": lambda a, w: a.groupby("wallet", "list").agg("unique_id", max),
    "groupby and map": lambda a, w: a.groupby("wallet").map(len),
    "groupby, map by name": lambda a, w: a.groupby("wallet").map("get", "unique_id"),
    "groupby and do": lambda a, w: a.groupby("wallet").do("do", "spend", 1),
    "groupby, keys in order": lambda a, w: list(a.groupby("wallet").groups),
    "groupby, number of groups": lambda a, w: len(a.groupby("wallet")),
    "groupby of nobody": lambda a, w: a.select(at_most=0).groupby("wallet"),
    "to_list": lambda a, w: a.to_list(),
    "len": lambda a, w: len(a.select(lambda agent: agent.wallet == 20)),
    "in": lambda a, w: [agent in a.select(at_most=3) for agent in a],
    "not in": lambda a, w: "nobody" in a,
    "remove": lambda a, w: _changed(a, lambda s, agents: s.remove(agents[2])),
    "remove twice": lambda a, w: _changed(a, lambda s, x: [s.remove(x[2]), s.remove(x[2])]),
    "discard twice": lambda a, w: _changed(a, lambda s, x: [s.discard(x[2]), s.discard(x[2])]),
    "add back": lambda a, w: _changed(a, lambda s, x: [s.discard(x[2]), s.add(x[2])]),
    "add what is there": lambda a, w: _changed(a, lambda s, agents: s.add(agents[2])),
    "and": lambda a, w: a.select(at_most=9) & a.select(agent_type=w.shop).shuffle(),
    "or": lambda a, w: a.select(at_most=5) | a.sort("wallet").select(at_most=5),
    "minus": lambda a, w: a.copy() - a.select(at_most=5),
    "either": lambda a, w: a.select(at_most=5) ^ a.sort("wallet").select(at_most=5),
    "equal": lambda a, w: a.copy() == a.shuffle(),
    "subset": lambda a, w: [a.select(at_most=2) <= a.copy(), a.copy() < a.copy()],
    "disjoint": lambda a, w: a.select(at_most=2).isdisjoint(a.select(agent_type=w.shop)),
    "pop": lambda a, w: _changed(a, lambda s, agents: s.pop()),
    "clear": lambda a, w: _changed(a, lambda s, agents: s.clear()),
    "a removed agent leaves": lambda a, w: [a.to_list()[3].remove(), a.get("wallet")],
    "removing twice": lambda a, w: [a.to_list()[3].remove() for _ in range(2)],
    "remove while iterating": lambda a, w: [x.remove() for x in a.to_list() if x.wallet < 60],
    "remove all": lambda a, w: w.model.remove_all_agents(),
    "types": lambda a, w: [cls.__name__.removeprefix("Plain") for cls in w.model.agent_types],
    "by type": lambda a, w: {
        cls.__name__.removeprefix("Plain"): agents.select()
        for cls, agents in w.model.agents_by_type.items()
    },
}


def _changed(agents, change):
    """A copy of a set after a change, and what the change gave."""
    held = agents.to_list()
    other = agents.copy()
    found = change(other, held)
    return found, other


@pytest.mark.parametrize("call", OTHER.values(), ids=OTHER)
def test_every_other_verb_does_what_mesa_does(call):
    same(call)


def test_shuffle_do_goes_in_the_order_of_the_same_random():
    def order(agents, world):
        visited = []
        found = agents.shuffle_do(lambda agent, n: visited.append(agent.unique_id + n), 0)
        return visited, found is agents

    visited, chained = same(order)
    assert visited != sorted(visited)
    assert chained


@pytest.mark.parametrize("verb", ["do", "shuffle_do", "map"])
def test_an_agent_removed_before_its_turn_has_no_turn(verb):
    def visited(agents, world):
        held, seen = {agent.unique_id: agent for agent in agents}, []

        def eat(agent):
            seen.append(agent.unique_id)
            if agent.unique_id + 1 in held:
                held[agent.unique_id + 1].remove()

        getattr(agents, verb)(eat)
        return seen

    assert len(same(visited)) < 11


def test_an_agent_born_during_do_has_no_turn_yet():
    def visited(agents, world):
        seen = []
        agents.do(lambda agent: (seen.append(agent.unique_id), world.shopper(world.model)))
        return len(seen), len(world.model.agents)

    found = [visited(world.agents, world) for world in (Rows(), Plain())]
    assert found == [(11, 22), (11, 22)]


def test_values_of_many_types_come_back_as_they_are():
    """As Mesa's `get` of several names does; NumPy alone would make '1' of 1 here."""
    model = Marketplace(buyers=2, sellers=0, rng=1)
    made = model.add_buyers(Haggler, 3)
    for agent, nick in zip(made, ["Ann", 7, "Bo"], strict=True):
        agent.nick = nick
    assert made.get("nick") == ["Ann", 7, "Bo"]
    assert [nick for nick, _ in made.get(["nick", "wallet"])] == ["Ann", 7, "Bo"]
    nicks = model.agents.get(["nick", "unique_id"], "default", 0)
    assert nicks == [[0, 0], [0, 1], ["Ann", 2], [7, 3], ["Bo", 4]]


def test_lists_of_different_lengths_come_back_as_they_are():
    model = Marketplace(buyers=0, sellers=0, rng=1)
    made = model.add_buyers(Haggler, 2)
    for count, agent in enumerate(made):
        agent.friends = list(range(count))
    assert made.get(["friends", "unique_id"]) == [[[], 0], [[0], 1]]


def test_a_column_is_got_as_an_array_and_set_from_one():
    world = Rows()
    wallets = world.agents.get("wallet")
    assert isinstance(wallets, np.ndarray)
    assert wallets.dtype == np.int64
    world.agents.set("wallet", wallets * 2)
    assert world.model.buyers["wallet"].tolist() == [2 * wallet for wallet in WALLETS]
    order = world.agents.sort("wallet")
    order.set("wallet", np.arange(11))
    assert order.get("wallet").tolist() == list(range(11))


@pytest.mark.parametrize(
    ("name", "value"),
    [("wallet", 0.5), ("wallet", "rich"), ("wallet", [1, 2]), ("category", 10**6), ("id", 3),
     ("unique_id", 3), ("remove", 3), ("role", 1)],
)  # fmt: skip
def test_setting_what_does_not_fit_is_refused_by_name(name, value):
    with pytest.raises(ParameterError, match=name) as caught:
        Rows().agents.set(name, value)
    assert "\n" not in str(caught.value)


def test_a_small_unsigned_column_takes_plain_integers():
    model = Marketplace(buyers=5, sellers=4, pricing={"fixed": 0.5, "vickrey": 0.5}, rng=1)
    model.agents_by_type[Seller].set("pricing", 1)
    assert model.sellers["pricing"].tolist() == [1] * 4
    model.agents_by_type[Seller].to_list()[2].pricing = 0
    assert model.sellers["pricing"].tolist() == [1, 1, 0, 1]


def test_setting_a_new_name_makes_it_a_column_of_that_population():
    world = Rows()
    world.agents.select(agent_type=Buyer).set("patience", 0.5)
    assert world.model.buyers["patience"].tolist() == [0.5] * 8
    assert world.agents.to_list()[2].patience == 0.5
    assert "patience" not in world.model.sellers


def test_text_set_again_is_not_cut_to_the_first_length():
    agents = Rows().agents
    agents.set("mood", "ok")
    assert set(agents.set("mood", "marvellous").get("mood")) == {"marvellous"}


VALUES = {"none": None, "dict": {"a": 1}, "text": "long text", "float": 0.5, "int": 3}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_new_name_takes_any_value_as_on_plain_mesa_agents(value):
    """And keeps it through a copy, whose digest is the same: no addresses of objects in it."""
    model = Rows().model
    model.agents.set("note", value)
    assert model.agent(3).note == value
    assert _plain_list(model.agents.get("note")) == [value] * 11
    other = pickle.loads(pickle.dumps(model))
    assert other.agent(3).note == value
    assert other.state_digest() == model.state_digest()


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("before", [1, 2.5, True, "x"])
def test_a_name_set_again_to_another_type_changes_or_is_refused(before, value):
    agents = Rows().agents.set("note", before)
    try:
        agents.set("note", value)
        expected = value
    except ParameterError:
        expected = before
    assert _plain_list(agents.get("note")) == [expected] * 11


def _plain_list(values):
    return values.tolist() if isinstance(values, np.ndarray) else values


def test_setting_an_attribute_that_agents_hold_themselves_changes_what_they_read():
    agents = Marketplace(buyers=2, sellers=0, rng=1).add_buyers(Haggler, 3)
    for agent in agents:
        agent.patience = 1
    agents.set("patience", 9)
    assert [agent.patience for agent in agents] == [9] * 3
    assert list(agents.get("patience")) == [9] * 3


class Moody(Haggler):
    """Has a default on the class, as Mesa users write it."""

    mood = "calm"


def test_setting_an_attribute_of_the_class_changes_what_agents_read():
    agents = Marketplace(buyers=2, sellers=0, rng=1).add_buyers(Moody, 3)
    agents.set("mood", "wild")
    assert [agent.mood for agent in agents] == ["wild"] * 3


def test_an_agent_is_the_same_object_as_long_as_somebody_holds_it():
    model = Rows().model
    first = model.agents.to_list()[0]
    assert model.agent(0) is first
    assert next(iter(model.agents)) is first
    assert model.agents.select(lambda agent: agent.wallet == 50).to_list()[0] is first
    assert model.agents_by_type[Shopper].to_list()[0] is first
    assert first in model.agents
    model.run_for(2)
    model.add_buyers(Buyer, 5000)
    assert model.agent(0) is first
    assert len({model.agent(0), first}) == 1


def test_reading_and_writing_an_attribute_reads_and_writes_the_column():
    model = Rows().model
    agent = model.agent(3)
    model.buyers["wallet"][3] = 123
    assert agent.wallet == 123
    assert type(agent.wallet) is int
    agent.wallet += 1
    assert model.buyers["wallet"][3] == 124
    model.agent(0).remove()
    agent.wallet = 9
    assert model.buyers["wallet"].tolist() == [20, 50, 9, 20, 20, 90, 10]


def test_an_attribute_that_does_not_fit_its_column_is_refused_by_name():
    agent = Rows().model.agent(1)
    for value in (0.5, "rich", None, 2**63, [1, 2]):
        with pytest.raises(ParameterError, match="wallet"):
            agent.wallet = value
    assert agent.wallet == 20
    with pytest.raises(AttributeError, match="nose"):
        _ = agent.nose


def test_attributes_of_a_scripted_agent_stay_though_nobody_holds_it():
    model = Marketplace(buyers=3, sellers=2, rng=1)
    model.add_buyers(Haggler, 2)
    for agent in model.agents_by_type[Haggler]:
        agent.seen = [agent.unique_id]
    gc.collect()
    model.run_for(2)
    assert model.agents_by_type[Haggler].get("seen") == [[3], [4]]


def test_an_attribute_set_on_any_agent_is_still_there_later():
    """As on any Mesa agent; to forget it in silence would be the worst of the possible answers."""
    world = Rows()
    world.agents.do(lambda agent: setattr(agent, "visits", agent.unique_id))
    gc.collect()
    assert world.agents.get("visits") == [agent.unique_id for agent in world.agents]


class Named(Buyer):
    """Decides by default, but has an ``__init__`` and an attribute of its own."""

    def __init__(self, model, nick="nobody", **columns):
        super().__init__(model, **columns)
        self.nick = nick


def test_a_class_with_its_own_init_keeps_what_that_sets():
    model = Marketplace(buyers=3, sellers=2, rng=1)
    made = model.add_buyers(Named, 3, nick=["a", "b", "c"], wallet=5)
    gc.collect()
    assert made.get("nick") == ["a", "b", "c"]
    assert made.get("wallet").tolist() == [5] * 3


def test_a_class_with_its_own_init_is_spread_over_categories_as_any_other():
    model = Marketplace(buyers=0, sellers=0, categories=3, rng=1)
    made = model.add_buyers(Named, 30)
    assert np.bincount(made.get("category"), minlength=3).tolist() == [10, 10, 10]


def test_sellers_added_one_by_one_share_the_pricing_models():
    model = Marketplace(buyers=0, sellers=0, pricing={"fixed": 0.5, "vickrey": 0.5}, rng=1)
    for _ in range(40):
        Seller(model)
    counts = np.bincount(model.sellers["pricing"], minlength=2)
    assert counts.min() >= 10


def test_an_agent_is_made_as_mesa_makes_one():
    model = Marketplace(buyers=3, sellers=2, rng=1)
    buyer = Buyer(model, value=7, wallet=11)
    seller = Seller(model, cost=3, price=9)
    assert (buyer.value, buyer.wallet, buyer.model, buyer.unique_id) == (7, 11, model, 3)
    assert (seller.cost, seller.price) == (3, 9)
    assert len(model.agents) == 7
    assert buyer in model.agents
    assert buyer.pos is None
    assert buyer.random is model.random
    with pytest.raises(ParameterError, match="walet"):
        Buyer(model, walet=3)


def test_create_agents_gives_a_set_of_all_that_it_made():
    model = Marketplace(buyers=3, sellers=2, rng=1)
    made = Buyer.create_agents(model, 4, wallet=[1, 2, 3, 4], value=9)
    assert len(made) == 4
    assert list(made.get("wallet")) == [1, 2, 3, 4]
    assert len(model.buyers) == 7


NICKS = {
    "list": ["a", "b", "c"],
    "tuple": ("a", "b", "c"),
    "array": np.array([1, 2, 3]),
    "series": pd.Series(["a", "b", "c"]),
    "text": "abc",
    "bytes": b"abc",
    "dict": {"a": 1, "b": 2, "c": 3},
    "set": {"a"},
    "another length": (1, 2),
    "none": None,
    "int": 7,
}


@pytest.mark.parametrize("nick", NICKS.values(), ids=NICKS)
def test_an_argument_of_create_agents_is_spread_where_mesa_spreads_it(nick):
    """Mesa: a list, tuple, array or series of n is one for each; anything else is for all."""

    class PlainNamed(mesa.Agent):
        def __init__(self, model, nick="nobody"):
            super().__init__(model)
            self.nick = nick

    plain_model, model = mesa.Model(rng=1), Marketplace(buyers=2, sellers=1, rng=1)
    for arguments, keywords in (((nick,), {}), ((), {"nick": nick})):
        expected = PlainNamed.create_agents(plain_model, 3, *arguments, **keywords)
        wanted = [agent.nick for agent in expected]
        made = Named.create_agents(model, 3, *arguments, **keywords)
        assert [agent.nick for agent in made] == wanted


def test_from_dataframe_gives_a_set_of_all_that_it_made():
    model = Marketplace(buyers=3, sellers=2, rng=1)
    made = Buyer.from_dataframe(model, pd.DataFrame({"wallet": [1, 2, 3]}), value=9)
    assert list(made.get("wallet")) == [1, 2, 3]
    assert list(made.get("value")) == [9, 9, 9]


def test_an_agent_removed_twice_is_gone_once():
    model = Rows().model
    agent, other = model.agent(2), model.agent(3)
    agent.remove()
    agent.remove()
    assert len(model.agents) == 10
    assert agent not in model.agents
    assert other.wallet == 70
    assert [member.unique_id for member in model.agents][:3] == [0, 1, 3]
    with pytest.raises(ParameterError, match="2"):
        model.agent(2)


def test_a_set_that_was_held_forgets_agents_that_leave_the_model():
    model = Rows().model
    held = model.agents.select(agent_type=Buyer)
    model.agent(1).remove()
    assert len(held) == 7
    assert held.get("wallet").tolist() == [50, 50, 70, 20, 20, 90, 10]
    assert held.select(np.ones(7, dtype=bool)).ids.tolist() == [0, 2, 3, 4, 5, 6, 7]


def test_agents_of_another_model_are_never_taken_for_ones_own():
    model, other = Rows().model, Rows().model
    agents = model.agents
    assert other.agent(0) not in agents
    agents.discard(other.agent(0))
    assert len(agents) == 11
    with pytest.raises(KeyError):
        agents.remove(other.agent(0))
    with pytest.raises(ParameterError):
        model.remove_agents(other.agents)
    assert len(model.agents) == 11
    with pytest.raises(ParameterError):
        agents.add(other.agent(0))


def test_an_empty_set_can_be_asked_everything():
    nobody = RowSet([])
    assert len(nobody) == 0
    assert len(nobody.select(agent_type=Buyer)) == 0
    assert len(nobody.select(lambda agent: True)) == 0
    assert nobody.map("remove") == []


def test_a_plain_mesa_agent_is_a_member_or_is_refused():
    """Registered but missing from `model.agents` it would silently never act."""
    model = Marketplace(buyers=3, sellers=2, rng=1)
    try:
        agent = PlainShopper(model)
    except ParameterError:
        return
    assert agent in model.agents


def test_agents_by_type_are_of_exactly_their_class():
    model = Marketplace(buyers=2, sellers=1, rng=1)
    model.add_buyers(Haggler, 3)
    sets = model.agents_by_type
    assert {cls: len(agents) for cls, agents in sets.items()} == {Buyer: 2, Haggler: 3, Seller: 1}
    assert sorted(cls.__name__ for cls in model.agent_types) == ["Buyer", "Haggler", "Seller"]
    assert len(model.agents.select(agent_type=Buyer)) == 5


def test_a_model_without_agents_still_plays():
    model = Rows().model
    model.remove_all_agents()
    model.run_for(2)
    assert len(model.agents) == 0
    assert model.agent_types == []
    assert model.initial_money == model.injected_money == 0
    model.add_buyers(Buyer, 3)
    model.run_for(1)
    assert len(model.agents) == 3


class Counted(Buyer):
    """Counts the views that are made of its rows."""

    made = 0

    @classmethod
    def view(cls, model, unique_id):
        Counted.made += 1
        return super().view(model, unique_id)


def test_vectorised_verbs_make_no_views():
    model = Marketplace(buyers=0, sellers=3, rng=1)
    Counted.made = 0
    model.add_buyers(Counted, 500)
    agents = model.agents
    agents.set("wallet", agents.get("wallet") + 1)
    agents.get(["wallet", "unique_id"])
    agents.agg("wallet", [min, max, sum])
    rich = agents.select(agents.get("wallet") > 0, agent_type=Buyer, at_most=0.9)
    rich.set("mood", 3)
    rich.groupby("mood").count()
    rich.sort("wallet").shuffle().copy()
    assert len(rich) == len(model.agents_by_type[Counted].select(at_most=len(rich)))
    model.run_for(2)
    left = len(model.agents) - len(rich)
    model.remove_agents(rich)
    assert Counted.made == 0
    assert len(model.agents.to_list()) == left
    assert Counted.made == left - 3


class Watched(Marketplace):
    """A user's own collector on top of the marketplace."""

    def __init__(self, **market):
        super().__init__(**market)
        self.datacollector = DataCollector(
            model_reporters={"money": lambda model: model.injected_money, "round": "round"},
            agent_reporters={"wallet": "wallet", "twice": lambda agent: 2 * agent.wallet},
            agenttype_reporters={Seller: {"price": "price"}, Haggler: {"value": "value"}},
        )


@pytest.mark.parametrize("backend", ["columns", "objects"])
def test_a_data_collector_reports_agents_and_types(backend):
    model = Watched(buyers=6, sellers=2, rng=1, backend=backend)
    model.add_buyers(Haggler, 2)
    expected = []
    for _ in range(3):
        model.step()
        expected += [*model.buyers["wallet"].tolist(), *model.sellers["wallet"].tolist()]
    agents = model.datacollector.get_agent_vars_dataframe()
    assert agents["wallet"].tolist() == expected
    assert agents["twice"].tolist() == [2 * wallet for wallet in expected]
    assert agents.index.get_level_values("AgentID").tolist()[:10] == model.agents.ids.tolist()
    prices = model.datacollector.get_agenttype_vars_dataframe(Seller)
    assert prices["price"].tolist()[-2:] == model.sellers["price"].tolist()
    values = model.datacollector.get_agenttype_vars_dataframe(Haggler)
    assert len(values) == 6
    frame = model.datacollector.get_model_vars_dataframe()
    assert frame["round"].tolist() == [1, 2, 3]
    assert frame["money"].tolist() == [model.injected_money * k // 3 for k in (1, 2, 3)]


MIX = {Subscription(term=5, price=2_000_000): 0.5, "fixed": 0.25, "vickrey": 0.25}


class Learner(Buyer):
    """A scripted buyer whose decisions depend on what it remembers."""

    def __init__(self, model, **columns):
        super().__init__(model, **columns)
        self.bids = []

    def bid(self, offer):
        self.bids.append(offer.seller)
        return offer.expected_value * len(self.bids) // (len(self.bids) + 1)


def busy(backend="columns"):
    """A model in mid-run, with live subscriptions and scripted agents."""
    model = Marketplace(
        buyers=120, sellers=12, pricing=MIX, rng=6, backend=backend, endowment=10**9
    )
    model.add_buyers(Learner, 8)
    model.run_for(4)
    assert len(model.contracts) > 5
    assert sum(len(agent.bids) for agent in model.agents_by_type[Learner]) > 3
    return model


@pytest.mark.parametrize("backend", ["columns", "objects"])
@pytest.mark.parametrize(
    "clone",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deepcopy", "pickle"],
)
def test_a_copy_made_in_mid_run_goes_on_as_the_original(backend, clone):
    model = busy(backend)
    other = clone(model)
    assert other.state_digest() == model.state_digest()
    for _ in range(8):
        model.run_for(1)
        other.run_for(1)
        assert other.state_digest() == model.state_digest()
    assert other.time == model.time == other.round == 12
    assert other.frame().equals(model.frame())
    mine, theirs = (sorted(m.agents_by_type[Learner], key=id_of) for m in (model, other))
    assert [agent.bids for agent in mine] == [agent.bids for agent in theirs]
    assert all(agent.model is other for agent in theirs)
    assert not set(mine) & set(theirs)


def id_of(agent):
    return agent.unique_id


def test_a_copy_shares_nothing_with_the_original():
    model = busy()
    before = model.state_digest()
    other = copy.deepcopy(model)
    other.agents.set("wallet", 0)
    other.run_for(3)
    assert model.state_digest() == before


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_an_agent_that_a_model_holds_is_still_its_agent_in_a_copy(clone):
    model = Marketplace(buyers=5, sellers=2, rng=1)
    model.favourite = model.agent(3)
    other = clone(model)
    assert other.favourite.model is other
    assert other.favourite is other.agent(3)


def test_a_set_is_pickled_with_its_order_and_model():
    agents = Rows().agents.sort("wallet")
    other = pickle.loads(pickle.dumps(agents))
    assert other.ids.tolist() == agents.ids.tolist()
    assert other.get("wallet").tolist() == agents.get("wallet").tolist()


def test_a_model_of_ones_own_can_be_made_of_rows():
    """Boltzmann wealth in rows: what a Mesa user writes without the marketplace."""

    class Person(RowAgent):
        kind = "people"

    class Wealth(PopulationModel):
        def __init__(self, n, rng=None):
            super().__init__(rng=rng)
            self.people = self.add_population(Person, {"wealth": np.int64}, 1)
            self.add_agents(Person, n, wealth=1)

        def step(self):
            for giver in self.agents.select(lambda agent: agent.wealth > 0):
                giver.wealth -= 1
                self.agent(1 + self.random.randrange(len(self.people))).wealth += 1

    model = Wealth(20, rng=1)
    model.run_for(5)
    assert model.agents.agg("wealth", sum) == 20
    assert model.agents.agg("wealth", max) > 1
