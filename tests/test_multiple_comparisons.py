"""Best of several models, marks of a family of differences: worked cases, laws and error rates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from econsim.errors import ParameterError
from econsim.stats import best, differences, holm, interval, p_value, paired_difference
from econsim.stats.multiple import _compare

# Extra hours of sleep of ten patients under two drugs (Cushny & Peebles 1905; Student, Biometrika
# 6, 1908, section IX; `sleep` in R, whose paired t is -4.0621 on 9 degrees, p = 0.002833).
DEXTRO = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
LAEVO = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

TRIALS = 2000
SIZES = [(models, replications) for models in (5, 7) for replications in (5, 10)]
DESIGNS = ("independent", "common", "spread", "random", "one wild", "one sharp")
ERROR = 0.05 + 3 * np.sqrt(0.05 * 0.95 / TRIALS)


def replications_of(design, models, replications, means=0.0):
    """Normal replications (TRIALS, replications, models) with the covariance of the design."""
    rng = np.random.default_rng([DESIGNS.index(design), models, replications])
    scale = {
        "spread": np.geomspace(1, 10, models),
        "random": np.geomspace(1, 10, models),
        "one wild": np.r_[10, np.ones(models - 1)],
        "one sharp": np.r_[0.01, np.ones(models - 1)],
    }.get(design, np.ones(models))
    mixing = rng.normal(size=(models, models)) if design == "random" else np.eye(models)
    draws = rng.normal(size=(TRIALS, replications, models)) @ mixing * scale
    if design == "common":
        draws += 3 * rng.normal(size=(TRIALS, replications, 1))
    return draws + means


# -- worked cases -------------------------------------------------------------------------------


def test_the_p_value_of_students_sleep_data():
    paired = np.subtract(DEXTRO, LAEVO)
    assert p_value(paired) == pytest.approx(0.002833, abs=5e-7)
    assert p_value(paired) == pytest.approx(scipy_stats.ttest_1samp(paired, 0).pvalue)


def test_holm_by_hand():
    """0.005 x 4, 0.01 x 3, 0.03 x 2, and 0.04 x 1, which may not be below the one before it."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == pytest.approx([1, 1])


def test_two_models_are_the_paired_t_test():
    """Hsu's limits are one-sided at 95 %, the set is Student's two-sided test."""
    paired = np.subtract(LAEVO, DEXTRO)
    sleep = best(np.c_[DEXTRO, LAEVO], ["dextro", "laevo"])
    one_sided = interval(paired, confidence=0.9)
    assert sleep.frame.loc["laevo", ["difference", "low", "high"]].tolist() == pytest.approx(
        [1.58, 0, one_sided.high]
    )
    assert sleep.frame.loc["dextro", ["low", "high"]].tolist() == pytest.approx(
        [-one_sided.high, 0]
    )
    assert sleep.winner == "laevo"
    for confidence in (0.997, 0.998):  # p = 0.0028
        excludes = interval(paired, confidence=confidence).excludes_zero
        both = best(np.c_[DEXTRO, LAEVO], ["dextro", "laevo"], confidence=confidence)
        assert (both.winner is not None) == excludes


def test_three_models_by_hand():
    """Differences a - b = 20, a - c = 19 and c - b = 1 have the standard errors 1, 1 and 2.

    With r shared and u = (sqrt 3, 0, -sqrt 3), a = r + 20, b = r - u, c = r + u + 1; and
    t(1 - .05/2) on 2 degrees of freedom is 4.3027.
    """
    block, tilt = np.array([5.0, -3.0, 40.0]), np.sqrt(3) * np.array([1, 0, -1])
    values = np.c_[20 + block, block - tilt, 1 + block + tilt]
    t = 4.302652729911275
    compared = best(values, ["a", "b", "c"])
    expected = {"a": (19, 0, 19 + t), "b": (-20, -20 - t, 0), "c": (-19, -19 - t, 0)}
    for label, row in expected.items():
        assert tuple(compared.frame.loc[label, ["difference", "low", "high"]]) == pytest.approx(row)
    # The set: t(1 - .05/6, 2) = 7.65, and both rivals are beyond it.
    assert compared.best == ("a",)
    # With a 15 lower, 5 above b and 4 above c: c may be best (4 < t), b may not (5 > t).
    near = best(values - [15, 0, 0], ["a", "b", "c"]).frame
    assert near.loc["a", ["low", "high"]].tolist() == pytest.approx([4 - t, 4 + t])
    assert near.loc["b", ["low", "high"]].tolist() == pytest.approx([-1 - 2 * t, 0])
    assert near.loc["c", ["low", "high"]].tolist() == pytest.approx([-4 - t, -4 + t])


def test_a_clear_winner_is_found_and_clear_losers_are_marked():
    draws = replications_of("common", 7, 10, np.r_[3.0, np.zeros(6)])[:50]
    labels = list("abcdefg")
    assert np.mean([best(trial, labels).winner == "a" for trial in draws]) > 0.8
    losses = [differences(trial, labels) for trial in draws]
    assert np.mean([table["marked"].mean() for table in losses]) > 0.9
    assert all((table["mean"][table["marked"]] < 0).all() for table in losses)


def test_less_can_be_better():
    draws = replications_of("spread", 5, 10, np.arange(5))[0]
    more, less = best(draws, list("abcde")), best(-draws, list("abcde"), larger=False)
    assert more.best == less.best
    assert (less.frame["low"] == -more.frame["high"]).all()
    assert (less.frame["high"] == -more.frame["low"]).all()
    assert (less.frame["difference"] == -more.frame["difference"]).all()
    assert not np.signbit(less.frame["low"][less.frame["low"] == 0]).any()


def test_differences_are_paired_intervals_with_holms_marks():
    draws = replications_of("random", 5, 10, np.array([0, 0, 3, 30, 0]))[0]
    table = differences(draws, list("abcde"), baseline="c")
    assert table.index.tolist() == list("abde")
    for label, column in zip("abde", (0, 1, 3, 4), strict=True):
        alone = paired_difference(draws[:, 2], draws[:, column])
        assert tuple(table.loc[label, ["mean", "low", "high"]]) == (
            alone.mean,
            alone.low,
            alone.high,
        )
        assert (table.loc[label, "p"] < 0.05) == alone.excludes_zero
    assert table["adjusted"].tolist() == holm(table["p"]).tolist()
    assert table["marked"].tolist() == (table["adjusted"] < 0.05).tolist()


# -- where nothing is known ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        [[1.0, 2.0, 3.0]],
        np.empty((0, 3)),
        np.full((6, 3), np.nan),
        [[1.0, np.nan, np.nan], [2.0, np.nan, 1.0], [3.0, np.nan, np.nan]],
        [[1.0, 2.0, 3.0], [1.0, np.nan, 2.0], [np.nan, 1.0, 2.0]],
    ],
    ids=["one replication", "no replication", "no value", "one model", "one common replication"],
)
def test_without_two_common_replications_nothing_is_known(values):
    compared = best(values, list("abc"))
    assert not compared.known
    assert compared.best == ()
    assert compared.winner is None
    assert compared.frame[["difference", "low", "high"]].isna().all(axis=None)
    assert not compared.frame[["known", "best"]].any(axis=None)


def test_one_replication_has_means_but_no_interval_p_or_mark():
    assert best([[1.0, 2.0]], ["a", "b"]).frame["mean"].tolist() == [1, 2]
    table = differences([[1.0, 2.0]], ["a", "b"])
    assert table.loc["b", "mean"] == 1
    assert table[["low", "high", "p", "adjusted"]].isna().all(axis=None)
    assert not table[["known", "marked"]].any(axis=None)
    assert np.isnan(p_value([3.0]))
    assert np.isnan(p_value([]))


def test_one_model_has_nothing_to_be_compared_with():
    alone = best([[1.0], [2.0]], ["a"])
    assert not alone.known
    assert alone.frame.loc["a", "mean"] == 1.5
    assert differences([[1.0], [2.0]], ["a"]).empty


def test_identical_models_stay_together_and_are_not_marked():
    column = np.array([3.0, 7.0, 4.0, 9.0])
    compared = best(np.c_[column, column, column - 5], list("abc"))
    assert compared.best == ("a", "b")
    assert compared.frame.loc[["a", "b"], ["low", "high"]].to_numpy().tolist() == [[0, 0], [0, 0]]
    table = differences(np.c_[column, column, column - 5], list("abc"))
    assert table.loc["b", ["mean", "low", "high", "p"]].tolist() == [0, 0, 0, 1]
    assert table["marked"].tolist() == [False, True]


def test_a_constant_difference_is_certain():
    column = np.array([3.0, 7.0, 4.0])
    compared = best(np.c_[column, column + 0.5], ["a", "b"])
    assert compared.winner == "b"
    assert compared.frame["low"].tolist() == [-0.5, 0]
    assert compared.frame["high"].tolist() == [0, 0.5]
    assert p_value(np.full(3, 0.5)) == 0


def test_a_model_without_values_is_left_out_and_its_rivals_are_compared_without_it():
    draws = replications_of("common", 5, 10, np.arange(5))[0]
    holes = draws.copy()
    holes[:, 4] = np.nan
    holes[3, 0] = np.nan
    compared = best(holes, list("abcde"))
    whole = best(np.delete(draws[:, :4], 3, axis=0), list("abcd"))
    assert compared.best == whole.best
    assert compared.frame.iloc[:4].equals(whole.frame)
    assert not compared.frame.loc["e", "known"]
    assert holm([0.01, np.nan, 0.04])[[0, 2]] == pytest.approx([0.02, 0.04])


@pytest.mark.parametrize(
    ("values", "labels", "field"),
    [
        ([1.0, 2.0], ["a", "b"], "values"),
        ([[1.0, np.inf]], ["a", "b"], "values"),
        ([["x", "y"]], ["a", "b"], "values"),
        (np.ma.array([[1.0, 2.0]], mask=[[False, True]]), ["a", "b"], "values"),
        ([[1.0, 2.0]], ["a"], "labels"),
        ([[1.0, 2.0]], ["a", "a"], "labels"),
        ([[1.0, 2.0]], ["a", 2], "labels"),
    ],
)
def test_bad_tables_are_refused_by_name(values, labels, field):
    for compare in (best, differences):
        with pytest.raises(ParameterError, match=rf"^{field} = "):
            compare(values, labels)


def test_other_bad_arguments_are_refused_by_name():
    with pytest.raises(ParameterError, match=r"^p = "):
        holm([0.1, 1.1])
    with pytest.raises(ParameterError, match=r"^confidence = "):
        best([[1.0, 2.0]], ["a", "b"], confidence=1)
    with pytest.raises(ParameterError, match=r"^baseline = "):
        differences([[1.0, 2.0]], ["a", "b"], baseline="c")


# -- laws ---------------------------------------------------------------------------------------

families = st.lists(st.floats(0, 1), min_size=1, max_size=9)


@given(families)
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p):
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(len(p) * np.array(p), 1)).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


@given(families, st.floats(0.001, 0.2))
def test_holm_rejects_what_the_step_down_test_rejects(p, alpha):
    """Holm's own statement: go up while the r-th smallest of m is below alpha / (m - r + 1)."""
    below = np.sort(p) * (len(p) - np.arange(len(p))) < alpha
    rejected = len(p) if below.all() else int(np.argmin(below))
    assert (holm(p) < alpha).sum() == rejected


@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(-50, 50), min_size=k, max_size=k), min_size=2, max_size=6
        )
    ),
    st.integers(-1000, 1000),
)
def test_best_knows_only_differences(rows, shift):
    values = np.array(rows, dtype=float)
    labels = [str(column) for column in range(values.shape[1])]
    compared = best(values, labels)
    blocks = best(values + shift * np.arange(len(values))[:, None], labels)
    assert compared.best == blocks.best
    assert compared.frame["low"].to_numpy() == pytest.approx(blocks.frame["low"], abs=1e-6)
    turned = best(values[:, ::-1], labels[::-1])
    assert set(compared.best) == set(turned.best)
    assert labels[int(np.argmax(values.mean(axis=0)))] in compared.best
    assert ((compared.frame["low"] <= 0) & (compared.frame["high"] >= 0)).all()
    assert compared.frame["best"][compared.frame["high"] > 0].all()


# -- error rates, 2000 trials each --------------------------------------------------------------


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("models", "replications"), SIZES)
def test_equal_models_are_marked_or_left_out_in_at_most_5_percent(design, models, replications):
    draws = replications_of(design, models, replications)
    _, _, _, kept = _compare(draws, 0.05)
    assert 1 - kept.all(axis=-1).mean() <= ERROR
    p = scipy_stats.ttest_1samp(draws[..., 1:] - draws[..., :1], 0, axis=1).pvalue
    marked = holm(p) < 0.05
    assert marked.any(axis=-1).mean() <= ERROR
    labels = [str(column) for column in range(models)]
    for trial in range(0, TRIALS, TRIALS // 5):  # the public functions do the same
        assert best(draws[trial], labels).frame["best"].tolist() == kept[trial].tolist()
        assert differences(draws[trial], labels)["marked"].tolist() == marked[trial].tolist()


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize(("models", "replications"), SIZES)
@pytest.mark.parametrize("ties", [1, 2])
def test_intervals_hold_jointly_in_95_percent_when_models_differ(
    design, models, replications, ties
):
    """The last models are best, and the others just where they are hardest to tell apart."""
    means = np.r_[np.linspace(-1, -0.2, models - ties), np.zeros(ties)]
    draws = replications_of(design, models, replications, means)
    _, low, high, kept = _compare(draws, 0.05)
    others = np.where(np.eye(models, dtype=bool), -np.inf, means).max(axis=-1)
    truth = means - others
    assert 1 - ((low <= truth) & (truth <= high)).all(axis=-1).mean() <= ERROR
    assert 1 - kept[:, means == 0].all(axis=-1).mean() <= ERROR


def test_why_the_set_is_wider_than_hsus_limits():
    """A limit of zero says "no better than another", and of equal models it is often true."""
    _, _, high, _ = _compare(replications_of("common", 7, 10), 0.05)
    assert (high == 0).any(axis=-1).mean() > 0.15
    assert (high == 0).mean(axis=0).max() <= ERROR


def test_why_equal_variances_are_not_assumed():
    """One pooled variance (sphericity), even at Bonferroni's quantile, fails where models differ.

    The first model is wild and best; the pooled error is too small for its differences.
    """
    models, replications = 7, 10
    draws = replications_of("one wild", models, replications)
    residuals = draws - draws.mean(axis=1, keepdims=True) - draws.mean(axis=2, keepdims=True)
    residuals += draws.mean(axis=(1, 2), keepdims=True)
    freedom = (models - 1) * (replications - 1)
    pooled = np.sqrt((residuals**2).sum(axis=(1, 2)) / freedom * 2 / replications)
    means = draws.mean(axis=1)
    short = means[:, 1:].max(axis=1) - means[:, 0]
    left_out = short > scipy_stats.t.isf(0.05 / (models - 1), freedom) * pooled
    assert left_out.mean() > 0.1
    assert 1 - _compare(draws, 0.05)[3][:, 0].mean() <= ERROR
