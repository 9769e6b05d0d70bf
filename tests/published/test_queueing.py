"""The M/M/c queue against Erlang C, and against the recursion of its waiting times."""

import heapq
import math

import numpy as np
import pytest

from econsim.errors import ParameterError
from econsim.models.gallery import generator
from econsim.models.queueing import Queue, erlang_c, erlang_wait, warm_up
from econsim.stats import interval


def test_erlang_c_of_textbooks():
    # Gross, Shortle, Thompson & Harris (2008), Fundamentals of Queueing Theory, example 2.2:
    # lambda = 6 an hour, mu = 3 an hour, 3 doctors.
    assert erlang_c(3, 2.0) == pytest.approx(4 / 9)
    assert erlang_wait(6.0, 3.0, 3) == pytest.approx(4 / 27)
    for rho in (0.1, 0.5, 0.99):  # M/M/1
        assert erlang_c(1, rho) == pytest.approx(rho)
        assert erlang_wait(rho, 1.0, 1) == pytest.approx(rho / (1 - rho))
    assert erlang_c(5, 0.0) == 0.0
    assert 0 < erlang_c(100_000, 99_900) < 1


@pytest.mark.parametrize("servers", [1, 2, 5, 12])
def test_erlang_c_is_the_ratio_of_sums(servers):
    load = 0.7 * servers
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    assert erlang_c(servers, load) == pytest.approx(last / (sum(terms) + last))


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: erlang_c(2, 2.0), "load"),
        (lambda: erlang_c(0, 0.5), "servers"),
        (lambda: erlang_c(2, -1), "load"),
        (lambda: Queue(servers=0), "servers"),
        (lambda: Queue(arrival_rate=0), "arrival_rate"),
        (lambda: Queue(service_rate=math.nan), "service_rate"),
    ],
)
def test_wrong_queues_are_refused(call, field):
    with pytest.raises(ParameterError, match=field):
        call()


def recursion(model, seed):
    """Waits by the recursion of Kiefer & Wolfowitz: each task takes the server that is free first.

    Draws are those of the model: gaps by the first key, services in the order in which they begin.
    """
    gaps, services = (generator(seed, key).standard_exponential(10**5) for key in range(2))
    free, now, waits = [0.0] * model.servers, 0.0, []
    for gap, service in zip(gaps, services, strict=True):
        now += gap / model.arrival_rate
        begin = max(now, heapq.heappop(free))
        if begin > model.time:
            break
        waits.append(begin - now)
        heapq.heappush(free, begin + service / model.service_rate)
    return waits


@pytest.mark.parametrize("servers", [1, 3])
def test_waits_are_those_of_the_recursion(servers):
    model = Queue(arrival_rate=0.9 * servers, servers=servers, rng=7)
    model.run_until(400.0)
    expected = recursion(model, 7)
    assert len(model.waits) == pytest.approx(len(expected), abs=0)
    assert model.waits == pytest.approx(expected, abs=1e-9)
    assert model.served + model.busy + model.queue_length == model.arrived


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (2, 0.8), (4, 0.8)])
def test_waits_are_within_the_interval_of_20_replications(servers, load):
    means = []
    for session in range(20):
        rate, seed = 100.0, generator(5, session)
        model = Queue(
            arrival_rate=rate * servers * load, service_rate=rate, servers=servers, rng=seed
        )
        model.run_until(warm_up(load) / servers / rate)
        begun = len(model.waits)
        model.run_for(2000 / servers / (1 - load) / rate)
        means.append(np.mean(model.waits[begun:]))
    found = interval(means)
    assert found.low <= erlang_wait(rate * servers * load, rate, servers) <= found.high


def test_steps_collect_and_little_is_right():
    model = Queue(arrival_rate=1.4, servers=2, rng=3)
    model.run_for(4000)
    frame = model.frame()
    assert len(frame) == 4000
    assert frame["mean_wait"].iloc[-1] == model.mean_wait
    length, rate = frame["queue_length"].mean(), model.arrived / model.time
    assert length == pytest.approx(rate * model.mean_wait, rel=0.1)
    assert frame["utilisation"].mean() == pytest.approx(0.7, abs=0.05)
