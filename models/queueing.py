"""A capability served as an M/M/c queue: events in continuous time, checked against Erlang C."""

from collections import deque
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from mesa.time import Schedule

from econsim.errors import ParameterError, integer, real
from econsim.experiments.reproduce import Finding, Progress, Published, Reproduction
from econsim.models.gallery import COLOURS, GRID, GalleryModel, generator
from econsim.stats import Interval, interval

CELLS = ((1, 0.5), (1, 0.8), (2, 0.8), (4, 0.7), (4, 0.9), (8, 0.8))
REPLICATIONS = 20
DRAWS = 1024
# Services in a unit of time, at whose end a step collects: waits are all that is wanted here.
SCALE = 100.0


class Queue(GalleryModel):
    """Tasks arrive at random and wait for one of several servers, first come first served.

    Arrivals are a Poisson process, services exponential: Kendall's M/M/c. Every arrival and every
    end of a service is an event of Mesa's scheduler; `step` is one unit of time, at whose end the
    reporters are collected.

    Parameters
    ----------
    arrival_rate, service_rate : float > 0
        Tasks a unit of time; `service_rate` is that of one server.
    servers : int
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    waits : list of float
        Time that each task waited for its server, in order of the beginning of service.
    waiting : deque of float
        Times of arrival of those who wait.
    busy : int
        Servers at work.
    """

    name = "queueing"
    title = "A capability as a queue: waiting time in M/M/c"
    source = (
        "Erlang (1917), Solution of some problems in the theory of probabilities of significance "
        "in automatic telephone exchanges; as in Gross et al., Fundamentals of Queueing Theory "
        "(2008), section 2.3"
    )
    reporters = ("mean_wait", "queue_length", "utilisation")

    def __init__(
        self,
        *,
        arrival_rate: float = 0.8,
        service_rate: float = 1.0,
        servers: int = 1,
        rng: Any = None,
    ):
        super().__init__(rng=rng)
        self.arrival_rate = real("arrival_rate", arrival_rate, 1e-9, 1e9)
        self.service_rate = real("service_rate", service_rate, 1e-9, 1e9)
        self.servers = integer("servers", servers, 1, 10**6)
        self.waits: list[float] = []
        self.waiting: deque[float] = deque()
        self.busy = self.arrived = self.served = 0
        self._arrivals, self._services = (_Exponentials(self.seed, key) for key in range(2))
        gaps = Schedule(interval=self._gap, start=self._gap(self))
        self.schedule_recurring(self._arrive, gaps)

    def _gap(self, model: Any) -> float:
        """Time to the next arrival."""
        return self._arrivals.next() / self.arrival_rate

    def _arrive(self) -> None:
        self.arrived += 1
        if self.busy < self.servers:
            self.busy += 1
            self._serve(self.time)
        else:
            self.waiting.append(self.time)

    def _serve(self, arrival: float) -> None:
        """Begin to serve who arrived then."""
        self.waits.append(self.time - arrival)
        self.schedule_event(self._finish, after=self._services.next() / self.service_rate)

    def _finish(self) -> None:
        self.served += 1
        if self.waiting:
            self._serve(self.waiting.popleft())
        else:
            self.busy -= 1

    def step(self) -> None:
        """The end of a unit of time: collect."""
        self.datacollector.collect(self)

    @property
    def mean_wait(self) -> float:
        """Mean wait of the tasks whose service began; NaN before the first."""
        return float(np.mean(self.waits)) if self.waits else float("nan")

    @property
    def queue_length(self) -> int:
        """Tasks that wait now."""
        return len(self.waiting)

    @property
    def utilisation(self) -> float:
        """Share of the servers at work now."""
        return self.busy / self.servers

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Mean wait in six queues, 20 replications each, against Erlang C."""
        span, findings = (1000 if quick else 6000), []
        for place, (servers, load) in enumerate(CELLS):
            estimate = _replications(servers, load, span, rng, progress, place)
            exact = Published.theory(erlang_wait(servers * load, 1.0, servers))
            name = f"c = {servers}, load {load:g} a server: mean wait"
            findings.append(Finding(name, estimate, exact))
        return Reproduction(
            cls.name, cls.title, cls.source, tuple(findings), _figure(findings),
            "Mean wait against the load of a server, lines by Erlang C for 1, 2, 4 and 8 servers, "
            "with the simulated means and their intervals on them.",
            _NOTES, {"waits": _curves()},
        )  # fmt: skip


_NOTES = (
    "Waits are in mean services. Each replication drops a warm-up of five relaxation times; a "
    "cut chosen by the waits themselves (MSER-5) biases their mean downwards.",
    "To decide on one per cent takes intervals of less than that: some thirty times as many tasks.",
)


class _Exponentials:
    """Standard exponentials of one kind, drawn in blocks."""

    def __init__(self, seed: int, key: int):
        self._generator, self._held = generator(seed, key), np.empty(0)
        self._next = 0

    def next(self) -> float:
        if self._next == len(self._held):
            self._held, self._next = self._generator.standard_exponential(DRAWS), 0
        self._next += 1
        return float(self._held[self._next - 1])


def erlang_c(servers: int, load: float) -> float:
    """Probability that a task has to wait in a stable M/M/c queue.

    By Erlang's loss formula B(k) = a B(k-1) / (k + a B(k-1)), which is stable for any number of
    servers, and C = c B / (c - a (1 - B)).

    Parameters
    ----------
    servers : int
        c.
    load : float in [0, servers)
        a, arrival rate over the service rate of one server (erlangs).

    Raises
    ------
    ParameterError
        Also if the queue would grow without end.
    """
    count = integer("servers", servers, 1, 10**7)
    offered = real("load", load, 0)
    if offered >= count:
        raise ParameterError("load", load, f"a number below the {count} servers, or it grows")
    blocked = 1.0
    for k in range(1, count + 1):
        blocked = offered * blocked / (k + offered * blocked)
    return count * blocked / (count - offered * (1 - blocked))


def erlang_wait(arrival_rate: float, service_rate: float, servers: int) -> float:
    """Mean wait before service in a stable M/M/c queue, in units of time.

    C(c, a) / (c mu - lambda); parameters as those of `Queue`.
    """
    arrivals = real("arrival_rate", arrival_rate, 0)
    services = real("service_rate", service_rate, 1e-9)
    return erlang_c(servers, arrivals / services) / (servers * services - arrivals)


def warm_up(load: float) -> float:
    """Services after which a queue that starts empty has forgotten it.

    Five relaxation times 1 / (1 - sqrt(load))^2 of the M/M/1 queue (Cohen 1982, The Single Server
    Queue, II.2.1). Fixed before the run: a cut that looks at the waits, as MSER-5, keeps more of
    the runs that begin with short ones, and biases their mean.

    Parameters
    ----------
    load : float in [0, 1), of a server
    """
    return 5 / (1 - np.sqrt(real("load", load, 0, 1 - 1e-9))) ** 2


def _replications(
    servers: int, load: float, span: int, rng: int, progress: Progress, place: int
) -> Interval:
    """Mean waits after the warm-up of 20 independent runs."""
    means = []
    for session in range(REPLICATIONS):
        seed = generator(rng, place, session)
        model = Queue(arrival_rate=SCALE * servers * load, service_rate=SCALE, servers=servers,
                      rng=seed)  # fmt: skip
        model.run_until(warm_up(load) / servers / SCALE)
        begun = len(model.waits)
        # Equally many tasks whatever the number of servers, more where the queue forgets slowly.
        model.run_for(span / servers / (1 - load) / SCALE)
        means.append(SCALE * float(np.mean(model.waits[begun:])))
        done = (place + (session + 1) / REPLICATIONS) / len(CELLS)
        progress(done, f"{servers} servers, load {load:g}")
    return interval(means)


def _curves() -> pd.DataFrame:
    """Mean wait by Erlang C: servers, load, wait."""
    rows = [
        (servers, load, erlang_wait(servers * load, 1.0, servers))
        for servers in sorted({servers for servers, _ in CELLS})
        for load in np.linspace(0.02, 0.95, 94).round(2).tolist()
    ]
    return pd.DataFrame(rows, columns=["servers", "load", "wait"])


def _figure(findings: list[Finding]) -> Figure:
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axis = figure.subplots()
    colours, curves = dict(zip((1, 2, 4, 8), COLOURS, strict=False)), _curves()
    for servers, colour in colours.items():
        curve = curves[curves["servers"] == servers]
        label = f"{servers} server{'s' if servers > 1 else ''}: Erlang C"
        axis.semilogy(curve["load"], curve["wait"], color=colour, lw=1, label=label)
    for (servers, load), finding in zip(CELLS, findings, strict=True):
        ours = finding.ours
        axis.errorbar(load, ours.mean, ours.half_width, fmt="o", ms=4, capsize=3,
                      color=colours[servers])  # fmt: skip
    axis.set(xlabel="load of a server", ylabel="mean wait, mean services", xlim=(0, 1))
    axis.set_ylim(1e-3, 30)
    axis.grid(color=GRID, lw=0.7)
    axis.legend(frameon=False, fontsize=8)
    return figure
