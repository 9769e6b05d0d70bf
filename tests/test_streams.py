"""Counter-based streams: known answers, keys, distributions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from econsim import kernels
from econsim.errors import ParameterError
from econsim.streams import Purpose, Streams, normal_quantile, philox4x32

# Random123 1.14.0, tests/kat_vectors, lines "philox4x32 10".
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
KERNELS = ["numpy", "numba"]
IDS = np.arange(200_000)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("counter", "key", "words"), KNOWN_ANSWERS)
def test_philox_gives_the_known_answers_of_random123(name, counter, key, words):
    found = kernels.select(name).philox4x32(counter, key)
    assert tuple(int(word) for word in found) == words
    assert found.dtype == np.uint32


@pytest.mark.parametrize("name", KERNELS)
def test_philox_takes_arrays_of_counters(name):
    counters = np.array([counter for counter, _, _ in KNOWN_ANSWERS], dtype=np.uint32)
    found = kernels.select(name).philox4x32(counters.reshape(3, 1, 4), (0, 0))
    assert found.shape == (3, 1, 4)
    assert tuple(found[0, 0]) == KNOWN_ANSWERS[0][2]
    assert (found == philox4x32(counters, (0, 0)).reshape(3, 1, 4)).all()


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 1000),
)
def test_a_draw_depends_on_its_key_alone(seed, purpose, round, agent, index):
    streams = Streams(seed)
    alone = streams.uniform(purpose, round, agent, index)
    others = np.array([7, agent, 0, agent])
    assert (streams.uniform(purpose, round, others, index)[[1, 3]] == alone).all()
    assert streams.uniform(purpose, round, agent, np.array([index + 1, index]))[1] == alone
    assert 0 <= alone < 1


def test_every_part_of_the_key_changes_the_draw():
    base = Streams(1).uniform(1, 1, 1, 1)
    streams = Streams(1)
    others = [
        Streams(2).uniform(1, 1, 1, 1),
        Streams(1 + 2**32).uniform(1, 1, 1, 1),
        streams.uniform(2, 1, 1, 1),
        streams.uniform(1, 2, 1, 1),
        streams.uniform(1, 1, 2, 1),
        streams.uniform(1, 1, 1, 2),
        streams.uniform(1, 1, 1, 3),
    ]
    assert len({float(base), *map(float, others)}) == 8


@pytest.mark.parametrize("index", [0, 1, 2])
def test_uniforms_are_uniform(index):
    drawn = Streams(5).uniform(Purpose.USER, 3, IDS, index)
    assert stats.kstest(drawn, "uniform").pvalue > 1e-3


def test_neighbours_are_uncorrelated():
    streams = Streams(5)
    across = np.corrcoef(streams.uniform(1, 0, IDS), streams.uniform(1, 0, IDS + 1))[0, 1]
    rounds = np.corrcoef(streams.uniform(1, 0, IDS), streams.uniform(1, 1, IDS))[0, 1]
    assert max(abs(across), abs(rounds)) < 4 / np.sqrt(len(IDS))


@pytest.mark.parametrize("bound", [2, 7, 10, 2**16 + 1])
def test_integers_are_uniform_below_their_bound(bound):
    drawn = Streams(9).integers(Purpose.USER, 0, IDS, 5, bound=bound)
    assert drawn.min() >= 0
    assert drawn.max() < bound
    cells = np.bincount(drawn * min(bound, 100) // bound, minlength=min(bound, 100))
    edges = -(-np.arange(min(bound, 100) + 1) * bound // min(bound, 100))
    expected = len(IDS) * np.diff(edges) / bound
    assert stats.chisquare(cells, expected).pvalue > 1e-3


def test_integers_have_no_modulo_bias():
    """With a bound of 3 x 2**30 a biased method draws the lowest third twice as often."""
    bound = 3 * 2**30
    drawn = Streams(9).integers(Purpose.USER, 0, IDS, 0, bound=bound)
    thirds = np.bincount(drawn // 2**30, minlength=3)
    assert stats.chisquare(thirds).pvalue > 1e-3


def test_bernoulli_has_its_probability_and_its_ends_are_sure():
    streams = Streams(2)
    share = streams.bernoulli(Purpose.USER, 0, IDS, p=0.3).mean()
    assert abs(share - 0.3) < 4 * np.sqrt(0.21 / len(IDS))
    assert not streams.bernoulli(Purpose.USER, 0, IDS, p=0.0).any()
    assert streams.bernoulli(Purpose.USER, 0, IDS, p=1.0).all()


def test_normals_are_normal():
    drawn = Streams(3).normal(Purpose.USER, 0, IDS, mean=2.0, sd=3.0)
    assert stats.kstest((drawn - 2) / 3, "norm").pvalue > 1e-3


@given(st.floats(1e-300, 1, exclude_max=True))
def test_the_normal_quantile_is_that_of_scipy(p):
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=2e-14, abs=2e-15)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.5, "1", None, True])
def test_a_seed_that_is_no_64_bit_integer_is_refused(seed):
    with pytest.raises(ParameterError, match=r"^seed = .*an integer from 0 to"):
        Streams(seed)


def test_zero_is_a_seed_like_any_other():
    assert Streams(0).uniform(1, 0, 0) != Streams(1).uniform(1, 0, 0)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda s: s.uniform(-1, 0, 0), "purpose"),
        (lambda s: s.uniform(2**24, 0, 0), "purpose"),
        (lambda s: s.uniform(1, -1, 0), "round"),
        (lambda s: s.uniform(1, 0, -1), "ids"),
        (lambda s: s.uniform(1, 0, 2**32), "ids"),
        (lambda s: s.uniform(1, 0, 0.5), "ids"),
        (lambda s: s.uniform(1, 0, 0, -1), "index"),
        (lambda s: s.integers(1, 0, 0, bound=0), "bound"),
        (lambda s: s.integers(1, 0, 0, bound=2**32), "bound"),
        (lambda s: s.integers(1, 0, 0, bound=2.5), "bound"),
        (lambda s: s.bernoulli(1, 0, 0, p=1.1), "p"),
        (lambda s: s.bernoulli(1, 0, 0, p=float("nan")), "p"),
        (lambda s: s.normal(1, 0, 0, sd=-1), "sd"),
    ],
)
def test_keys_and_parameters_out_of_range_are_refused_by_name(call, field):
    with pytest.raises(ParameterError, match=f"^{field} = "):
        call(Streams(1))


def test_no_ids_draw_nothing():
    none = np.array([], dtype=np.int64)
    assert Streams(1).uniform(1, 0, none).shape == (0,)
    assert Streams(1).integers(1, 0, none, bound=3).shape == (0,)


def test_a_bound_of_one_leaves_only_zero():
    assert not Streams(1).integers(1, 0, IDS, bound=1).any()
