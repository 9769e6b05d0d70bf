"""Reputation, EigenTrust and the best path of trust."""

from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from econsim.errors import ConvergenceError, ParameterError
from econsim.trust import (
    BetaReputation,
    ExponentialTrust,
    Outcome,
    eigentrust,
    transitive_trust,
)

COUNTS = st.floats(0, 1e6)


def test_the_expectation_is_that_of_the_posterior():
    assert BetaReputation().expectation(0, 0) == 0.5
    assert BetaReputation((2, 6)).expectation(0, 0) == 0.25
    assert BetaReputation().expectation([8, 0], [2, 3]).tolist() == [9 / 12, 1 / 5]


@given(COUNTS, COUNTS, st.floats(0.5, 0.999))
def test_the_lower_bound_is_exceeded_with_the_probability_asked_for(good, bad, confidence):
    found = BetaReputation().lower_bound(good, bad, confidence=confidence)
    assert stats.beta(good + 1, bad + 1).sf(found) == pytest.approx(confidence, abs=1e-6)
    assert 0 <= found <= 1


def test_more_evidence_of_the_same_rate_raises_the_lower_bound():
    bounds = BetaReputation().lower_bound([8, 80, 800], [2, 20, 200])
    assert (np.diff(bounds) > 0).all()
    assert bounds[-1] < 0.8


def test_forgetting_weighs_old_evidence_down_to_a_limit():
    model = BetaReputation(forgetting=0.9)
    good = bad = 0.0
    for _ in range(500):
        good, bad = model.update(good, bad, 1, 0)
    assert good == pytest.approx(10)
    assert bad == 0
    assert BetaReputation(forgetting=0).update(7, 7, 1, 2) == (1, 2)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_discounted_witness_says_less_and_the_same_mixture(trust, doubt, good, bad):
    found = BetaReputation().discount(trust, doubt, good, bad)
    assert 0 <= found[0] <= good * (1 + 1e-12)
    assert 0 <= found[1] <= bad * (1 + 1e-12)
    assert found[0] * bad == pytest.approx(found[1] * good, rel=1e-9, abs=1e-9)


def test_discounting_is_that_of_subjective_logic():
    """Belief r / (r + s + 2) of the witness times belief in it: b' = b_w b, u' = the rest."""
    trust, doubt, good, bad = 6.0, 2.0, 5.0, 1.0
    in_witness, belief, disbelief = trust / (trust + doubt + 2), good / 8, bad / 8
    b, d = in_witness * belief, in_witness * disbelief
    u = 1 - b - d
    assert BetaReputation().discount(trust, doubt, good, bad) == pytest.approx(
        (2 * b / u, 2 * d / u)
    )


def test_a_stranger_s_word_counts_for_nothing():
    assert BetaReputation().discount(0, 0, 50, 3) == (0, 0)


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("prior", lambda: BetaReputation("ab")),
        ("prior[0]", lambda: BetaReputation((0, 1))),
        ("forgetting", lambda: BetaReputation(forgetting=1.1)),
        ("positive", lambda: BetaReputation().expectation(-1, 0)),
        ("negative", lambda: BetaReputation().expectation(0, [np.nan])),
        ("confidence", lambda: BetaReputation().lower_bound(1, 1, confidence=1)),
        ("rate", lambda: ExponentialTrust(2)),
        ("score", lambda: ExponentialTrust().update(1.5, Outcome.SUCCESS)),
        ("outcome", lambda: ExponentialTrust().delta(4)),
        ("outcome", lambda: ExponentialTrust().delta(0.5)),
        ("error_rate", lambda: ExponentialTrust().delta(Outcome.PARTIAL, 2)),
        ("n", lambda: ExponentialTrust().confidence(-1)),
        ("rounds", lambda: ExponentialTrust().decay(0.3, -1)),
        ("local_trust", lambda: eigentrust(np.ones((2, 3)), [1, 1])),
        ("local_trust", lambda: eigentrust([[np.nan]], [1])),
        ("pretrust", lambda: eigentrust(np.eye(3), [0.0, 0, 0])),
        ("pretrust", lambda: eigentrust(np.eye(3), [3, 4])),
        ("weight", lambda: eigentrust(np.eye(3), [0], weight=-0.1)),
        ("graph", lambda: transitive_trust([[0, 1.5], [0, 0]], 0)),
        ("source", lambda: transitive_trust(np.eye(2), 2)),
        ("cutoff", lambda: transitive_trust(np.eye(2), 0, cutoff=2)),
    ],
)
def test_bad_input_is_named(field, call):
    with pytest.raises(ParameterError) as refused:
        call()
    assert refused.value.field == field


def test_scores_move_a_share_of_the_way():
    trust = ExponentialTrust(rate=0.15)
    expected = {
        Outcome.SUCCESS: 0.85 * 0.5 + 0.15 * 0.9,
        Outcome.TIMEOUT: 0.85 * 0.5 + 0.15 * 0.35,
        Outcome.PARTIAL: 0.85 * 0.5 + 0.15 * (0.5 - 0.25 * 0.4),
        Outcome.FAILURE: 0.85 * 0.5,
    }
    for outcome, score in expected.items():
        assert trust.update(0.5, outcome, 0.4) == pytest.approx(score)
    many = trust.update(np.full(4, 0.5), list(Outcome), 0.4)
    assert many == pytest.approx(list(expected.values()))


@given(st.floats(0, 1), st.lists(st.sampled_from(list(Outcome)), max_size=30))
def test_scores_stay_scores(score, outcomes):
    trust = ExponentialTrust()
    for outcome in outcomes:
        score = trust.update(score, outcome, 0.5)
        assert 0 <= score <= 1


def test_confidence_conservatism_and_decay():
    trust = ExponentialTrust()
    assert trust.confidence([0, 10, 90]).tolist() == [0, 0.5, 0.9]
    assert trust.conservative(0.8, 10) == pytest.approx(0.4)
    assert trust.decay(0.9, 3, rate=0.1) == pytest.approx(0.5 + 0.4 * 0.9**3)
    assert trust.decay(0.2, 0) == pytest.approx(0.2)
    assert trust.decay([0.0, 1.0], 10_000) == pytest.approx([0.5, 0.5])


@given(st.integers(0, 2**32 - 1), st.integers(2, 12))
def test_eigentrust_is_the_eigenvector_of_the_dense_matrix(seed, n):
    rng = np.random.default_rng(seed)
    local = rng.integers(-2, 6, (n, n)) * (rng.random((n, n)) < 0.5)
    pretrust = rng.random(n) + 0.01
    p = pretrust / pretrust.sum()
    rows = np.maximum(local * (1 - np.eye(n)), 0)
    rows = np.array([row / row.sum() if row.sum() else p for row in rows])
    values, vectors = np.linalg.eig((0.9 * rows + 0.1 * p).T)
    top = np.real(vectors[:, np.argmax(np.real(values))])
    found = eigentrust(sparse.csr_array(local.astype(float)), pretrust, tol=1e-13)
    assert found == pytest.approx(top / top.sum(), abs=1e-10)


def test_colluders_cannot_praise_themselves_into_trust():
    """Kamvar et al. (2003), section 4.6: a clique that only trusts itself gains no way in."""
    local = np.zeros((6, 6))
    local[0, 1] = local[1, 2] = local[2, 0] = 5
    local[3, 4] = local[4, 5] = local[5, 3] = 1000
    found = eigentrust(local, [0])
    assert found[3:] == pytest.approx(0)
    assert eigentrust(local, np.array([1.0, 0, 0, 0, 0, 0])) == pytest.approx(found)


def test_without_pretrust_weight_a_circle_never_settles():
    with pytest.raises(ConvergenceError, match="after 50 steps"):
        eigentrust([[0, 1], [1, 0]], [1.0, 0.0], weight=0, max_iter=50)


def brute(graph, source, target):
    """Best product over all simple paths."""
    n, best = len(graph), float(source == target)
    others = [k for k in range(n) if k not in (source, target)]
    for count in range(len(others) + 1):
        for middle in permutations(others, count):
            path = (source, *middle, target)
            product = 1.0
            for a, b in pairwise(path):
                product *= graph[a, b]
            best = max(best, product)
    return best


@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.sampled_from([0.0, 0.1, 0.5]))
def test_transitive_trust_is_the_best_over_all_paths(seed, n, cutoff):
    rng = np.random.default_rng(seed)
    graph = np.where(rng.random((n, n)) < 0.5, rng.choice([0.2, 0.5, 0.9, 1.0], (n, n)), 0.0)
    found = transitive_trust(graph, 0, cutoff=cutoff)
    for target in range(n):
        best = brute(graph, 0, target)
        if abs(best - cutoff) > 1e-9:
            assert found[target] == pytest.approx(best if best >= cutoff else 0.0, rel=1e-12)


def test_the_best_path_is_not_the_first_one_found():
    graph = np.zeros((4, 4))
    graph[0, 1], graph[1, 3], graph[0, 2], graph[2, 3] = 0.3, 0.9, 0.9, 0.8
    assert transitive_trust(graph, 0).tolist() == [1.0, 0.3, 0.9, 0.9 * 0.8]


def test_a_long_chain_of_full_trust_stays_full():
    n = 3000
    graph = sparse.csr_array((np.ones(n - 1), (np.arange(n - 1), np.arange(1, n))), shape=(n, n))
    assert (transitive_trust(graph, 0) == 1).all()
