"""Populations: rows in typed columns, against an oracle that keeps a dict for every row."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from econsim.errors import ParameterError
from econsim.population import Population

COLUMNS = {"wallet": np.int64, "trust": np.float64, "kind": np.uint8, "open": np.bool_}


def people(n=6, **values):
    population = Population(COLUMNS)
    population.add(n, **{"wallet": np.arange(n) * 10, **values})
    return population


def test_columns_have_the_types_they_were_given():
    population = people()
    assert population.columns == ("id", *COLUMNS)
    assert {name: population[name].dtype for name in COLUMNS} == {
        name: np.dtype(dtype) for name, dtype in COLUMNS.items()
    }
    assert population["id"].dtype == np.int64


def test_columns_that_nobody_named_start_at_zero():
    population = people(3)
    assert population["trust"].tolist() == [0.0] * 3
    assert population["open"].tolist() == [False] * 3


def test_rows_reused_after_a_removal_start_at_zero_again():
    population = people(4, kind=7)
    population.remove([1, 2])
    population.add(2)
    assert population["kind"].tolist() == [7, 7, 0, 0]


def test_a_column_is_a_view_without_a_copy():
    population = people()
    wallet = population["wallet"]
    wallet += 1
    assert population["wallet"].tolist() == [1, 11, 21, 31, 41, 51]
    assert np.shares_memory(wallet, population["wallet"])
    assert len(wallet) == len(population)


def test_assigning_a_column_writes_the_rows_and_keeps_the_type():
    population = people(3)
    population["wallet"] = [7, 8, 9]
    population["trust"] = 1
    assert population["wallet"].tolist() == [7, 8, 9]
    assert population["trust"].tolist() == [1.0] * 3
    assert population["trust"].dtype == np.float64


def test_ids_start_where_told_and_never_come_back():
    population = Population(COLUMNS, first_id=100)
    assert population.upcoming(3).tolist() == [100, 101, 102]
    assert population.add(3).tolist() == [100, 101, 102]
    population.remove([102])
    assert population.add(2).tolist() == [103, 104]
    assert population["id"].tolist() == [100, 101, 103, 104]


def test_rows_stay_in_the_order_of_their_ids_and_keep_their_values():
    population = people(8)
    assert population.remove([5, 0, 3]) == 3
    assert population["id"].tolist() == [1, 2, 4, 6, 7]
    assert population["wallet"].tolist() == [10, 20, 40, 60, 70]
    assert population.rows([7, 1]).tolist() == [4, 0]


def test_removing_an_id_twice_in_one_call_removes_one_row():
    assert people(3).remove([1, 1]) == 1


def test_removing_nobody_changes_nothing():
    population = people(3)
    assert population.remove([]) == 0
    assert len(population) == 3


def test_a_mask_selects_ids():
    population = people()
    rich = population["wallet"] >= 30
    assert population.where(rich).tolist() == [3, 4, 5]
    assert population.remove(population.where(rich)) == 3
    assert population.where(population["wallet"] >= 30).tolist() == []


def test_rows_can_be_added_one_by_one_in_linear_time():
    population = Population({"wallet": np.int64})
    moves, before = 0, population["id"]
    for k in range(2000):
        population.add(1, wallet=k)
        moves += not np.shares_memory(before, population["id"])
        before = population["id"]
    assert population["wallet"].tolist() == list(range(2000))
    assert moves < 50


def test_nbytes_is_the_storage_with_its_spare_capacity():
    population = people(1000)
    row = sum(population[name].itemsize for name in population)
    assert row == 8 + 8 + 8 + 1 + 1
    assert population.nbytes == 1000 * row
    population.add(1)
    assert 1001 * row <= population.nbytes <= 1501 * row
    population.add_column("mood", np.float32)
    assert population.nbytes % (row + 4) == 0


def test_bulk_rows_are_stored_without_spare():
    assert Population({"wallet": np.int64}).nbytes == 0
    assert people(10).nbytes == 10 * 26


def test_to_frame_is_an_independent_copy_indexed_by_id():
    population = people(4)
    population.remove([1])
    frame = population.to_frame()
    assert frame.index.name == "id"
    assert frame.index.tolist() == [0, 2, 3]
    assert frame.dtypes.to_dict() == {name: np.dtype(dtype) for name, dtype in COLUMNS.items()}
    frame["wallet"] = -1
    population["wallet"] = 5
    assert population["wallet"].tolist() == [5, 5, 5]
    assert frame["wallet"].tolist() == [-1, -1, -1]


def test_an_empty_population_has_an_empty_frame_with_its_columns():
    frame = Population(COLUMNS).to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame) == list(COLUMNS)
    assert len(frame) == 0


def test_a_new_column_holds_its_value_in_every_row_and_zero_in_later_ones():
    population = people(3)
    population.add_column("mood", np.float64, 0.5)
    population.add(1)
    assert population["mood"].tolist() == [0.5, 0.5, 0.5, 0.0]
    assert "mood" in population


def test_a_failed_add_leaves_everything_as_it_was():
    population = people(3)
    with pytest.raises(ParameterError):
        population.add(2, wallet=[1, 2], kind=300)
    assert len(population) == 3
    assert population.add(1).tolist() == [3]


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_a_copy_has_the_same_rows_and_goes_on_with_the_same_ids(clone):
    population = people(3)
    population.remove([2])
    other = clone(population)
    other["wallet"] = 99
    assert population["wallet"].tolist() == [0, 10]
    assert other.add(1).tolist() == population.add(1).tolist() == [3]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda p: p["walet"], "walet"),
        (lambda p: p.add(2, walet=1), "walet"),
        (lambda p: p.add(-1), "n = -1"),
        (lambda p: p.add(2.0), "n = 2.0"),
        (lambda p: p.add(True), "n = True"),
        (lambda p: p.add(2, wallet=[1, 2, 3]), "wallet"),
        (lambda p: p.add(2, wallet=[[1, 2]]), "wallet"),
        (lambda p: p.add(2, wallet=0.5), "wallet = 0.5"),
        (lambda p: p.add(2, wallet="rich"), "wallet = 'rich'"),
        (lambda p: p.add(2, wallet=None), "wallet = None"),
        (lambda p: p.add(2, wallet=2**63), "wallet = 9223372036854775808"),
        (lambda p: p.add(1, kind=-1), "kind = -1"),
        (lambda p: p.add(1, kind=256), "kind = 256"),
        (lambda p: p.add(1, open=2), "open = 2"),
        (lambda p: p.add(1, id=9), "id = 9"),
        (lambda p: p.remove([77]), "77"),
        (lambda p: p.rows([0, -1]), "-1"),
        (lambda p: p.where([True]), "mask"),
        (lambda p: p.where([1, 0, 1, 0, 1, 0]), "mask"),
        (lambda p: p.__setitem__("id", 3), "id = 3"),
        (lambda p: p.__setitem__("walet", 3), "walet"),
        (lambda p: p.add_column("wallet", int), "wallet"),
        (lambda p: p.add_column("not a name", int), "not a name"),
        (lambda p: Population(COLUMNS, first_id=-1), "first_id = -1"),
        (lambda p: Population(COLUMNS, first_id=2**32), "first_id = 4294967296"),
    ],
)
def test_a_wrong_call_is_refused_in_one_line_that_names_what_is_wrong(call, field):
    with pytest.raises(ParameterError) as caught:
        call(people())
    assert field in str(caught.value)
    assert "must be" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("values", [0.5, [1, 2], "rich", [1.5] * 6, None])
def test_an_assignment_that_does_not_fit_is_refused_as_add_refuses_it(values):
    population = people()
    with pytest.raises(ParameterError, match="wallet"):
        population["wallet"] = values
    assert population["wallet"].tolist() == [0, 10, 20, 30, 40, 50]


def test_a_ragged_value_is_refused_by_name():
    with pytest.raises(ParameterError, match="wallet"):
        people().add(2, wallet=[[1], [2, 3]])


def test_a_boolean_mask_is_not_mistaken_for_ids():
    """`remove(mask)` would otherwise remove the rows with ids 0 and 1, whoever was meant."""
    population = people()
    with pytest.raises(ParameterError, match="id"):
        population.remove(population["wallet"] >= 30)
    assert len(population) == 6


@pytest.mark.parametrize("ids", [[1.7], 0.5, ["1"]])
def test_an_id_that_is_no_integer_is_refused(ids):
    with pytest.raises(ParameterError, match="id"):
        people().rows(ids)


def test_the_type_of_the_ids_is_not_for_the_caller_to_change():
    with pytest.raises(ParameterError, match="id"):
        Population({"id": np.int8})


def test_text_that_does_not_fit_its_column_is_refused_not_cut():
    population = Population({"name": "U3"})
    with pytest.raises(ParameterError, match="name"):
        population.add(1, name="Bartholomew")


WALLETS = st.integers(-(2**63), 2**63 - 1)
KINDS = st.integers(0, 255)


class AgainstRows(RuleBasedStateMachine):
    """A population and a dict of rows, told the same things."""

    def __init__(self):
        super().__init__()
        self.population = Population({"wallet": np.int64, "kind": np.uint8}, first_id=5)
        self.rows: dict[int, dict] = {}
        self.next, self.extra = 5, {}

    def add_rows(self, wallets, kinds):
        for wallet, kind in zip(wallets, kinds, strict=True):
            fresh = dict.fromkeys(self.extra, 0)
            self.rows[self.next] = {"wallet": wallet, "kind": kind, **fresh}
            self.next += 1

    @rule(wallets=st.lists(WALLETS, max_size=6), kind=KINDS)
    def add(self, wallets, kind):
        ids = self.population.add(len(wallets), wallet=np.array(wallets, dtype=np.int64), kind=kind)
        assert ids.tolist() == list(range(self.next, self.next + len(wallets)))
        self.add_rows(wallets, [kind] * len(wallets))

    @rule(n=st.integers(0, 40), wallet=WALLETS)
    def add_alike(self, n, wallet):
        self.population.add(n, wallet=wallet)
        self.add_rows([wallet] * n, [0] * n)

    @precondition(lambda self: self.rows)
    @rule(data=st.data())
    def remove(self, data):
        gone = data.draw(st.lists(st.sampled_from(sorted(self.rows)), min_size=1, max_size=20))
        assert self.population.remove(gone) == len(set(gone))
        for unique_id in set(gone):
            del self.rows[unique_id]

    @rule(limit=WALLETS)
    def remove_the_rich(self, limit):
        self.population.remove(self.population.where(self.population["wallet"] > limit))
        self.rows = {i: row for i, row in self.rows.items() if row["wallet"] <= limit}

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), wallet=WALLETS)
    def write_one(self, data, wallet):
        unique_id = data.draw(st.sampled_from(sorted(self.rows)))
        self.population["wallet"][self.population.rows(unique_id)] = wallet
        self.rows[unique_id]["wallet"] = wallet

    @rule(kind=KINDS)
    def write_all(self, kind):
        self.population["kind"] = kind
        for row in self.rows.values():
            row["kind"] = kind

    @precondition(lambda self: len(self.extra) < 3)
    @rule(value=st.integers(-9, 9))
    def add_column(self, value):
        name = f"extra{len(self.extra)}"
        self.population.add_column(name, np.int32, value)
        self.extra[name] = value
        for row in self.rows.values():
            row[name] = value

    @rule()
    def pickle(self):
        self.population = pickle.loads(pickle.dumps(self.population))

    @rule(unique_id=st.integers(0, 80))
    def ask_for_an_id(self, unique_id):
        if unique_id in self.rows:
            row = int(self.population.rows(unique_id))
            assert row == sorted(self.rows).index(unique_id)
        else:
            with pytest.raises(ParameterError, match=str(unique_id)):
                self.population.rows(unique_id)

    @invariant()
    def all_rows_are_equal(self):
        assert len(self.population) == len(self.rows)
        assert self.population["id"].tolist() == sorted(self.rows)
        for name in ("wallet", "kind", *self.extra):
            assert self.population[name].tolist() == [row[name] for row in self.rows.values()]
        assert self.population.to_frame().to_dict("index") == self.rows
        used = sum(self.population[name].nbytes for name in self.population)
        assert self.population.nbytes >= used


AgainstRows.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestAgainstRows = AgainstRows.TestCase
