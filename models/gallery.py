"""What the models of the gallery share: each is a Mesa model that reproduces a published result."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ClassVar

import numba
import numpy as np
import pandas as pd
from mesa import Model
from mesa.datacollection import DataCollector

from econsim.experiments.reproduce import Progress, Reproduction
from econsim.palette import LIGHT
from econsim.population import seed_of

COLOURS, REFERENCE, GRID = LIGHT.series, LIGHT.muted, LIGHT.line


class GalleryModel(Model):
    """A Mesa model that reproduces a published result.

    A subclass names itself, takes keyword parameters and `rng`, collects `reporters` after each
    `step`, sets ``running = False`` when it is done, and implements `reproduce`. It is registered
    by an entry point of the group ``econsim.gallery``.

    Parameters
    ----------
    rng : int, None, numpy Generator, BitGenerator or SeedSequence

    Attributes
    ----------
    name, title, source : str
        As in `econsim.experiments.reproduce.Reproduction`.
    reporters : tuple of str
        Attributes or properties of the model that `datacollector` records.
    seed : int
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    reporters: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *, rng: Any = None):
        self.seed = seed_of(rng)
        super().__init__(rng=self.seed)
        reporters = {name: partial(_reported, name) for name in self.reporters}
        self.datacollector = DataCollector(model_reporters=reporters)

    def frame(self) -> pd.DataFrame:
        """What was collected, one row a step, indexed from 1."""
        frame = self.datacollector.get_model_vars_dataframe()
        frame.index = pd.RangeIndex(1, len(frame) + 1, name="step")
        return frame

    @classmethod
    def reproduce(cls, *, quick: bool, rng: int, progress: Progress) -> Reproduction:
        """Compare with what was published; `quick` replicates less.

        Parameters
        ----------
        quick : bool
        rng : int
        progress : callable
            To be called with the share done in [0, 1] and a few words, at least every second.
        """
        raise NotImplementedError(f"{cls.__name__} does not override reproduce")


def _reported(name: str, model: GalleryModel) -> Any:
    """A reporter that can be pickled."""
    return getattr(model, name)


def generator(seed: int, *key: int) -> np.random.Generator:
    """A generator of its own for each key, whatever the order and the threads."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def sessions(
    run: Callable[[int], Any], count: int, progress: Progress, text: str, span: Any = (0.0, 1.0)
) -> list[Any]:
    """``[run(0), ..., run(count - 1)]`` on all threads, with progress from span[0] to span[1].

    `run` should spend its time in a kernel that releases Python's lock, and draw from
    `generator(seed, session)` only.
    """
    results = []
    threads: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    with ThreadPoolExecutor(threads) as pool:
        try:
            for result in pool.map(run, range(count)):
                results.append(result)
                progress(span[0] + (span[1] - span[0]) * len(results) / count, text)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
