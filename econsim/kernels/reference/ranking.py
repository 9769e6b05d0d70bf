"""The best orders of every listing."""

import numpy as np

from econsim.arrays import Ints
from econsim.kernels.inputs import Entries
from econsim.streams import Purpose, Streams


def rank(seed: int, round: int, entries: Entries, keep: Ints) -> tuple[Ints, Ints]:
    """Best orders of each listing: largest key, then largest lottery draw, then lowest buyer id.

    Parameters
    ----------
    seed, round : int
    entries : Entries
    keep : int64 array (m,)
        How many to rank at most.

    Returns
    -------
    offsets : int64 array (m + 1,)
    ranked : int64 array (offsets[-1],)
        ``ranked[offsets[j]:offsets[j + 1]]`` are indices of orders, best first.
    """
    listing = entries.listing
    lot = Streams(seed).uniform(Purpose.LOTTERY, round, entries.ids)
    order = np.lexsort((entries.ids, -lot, -entries.key, listing))
    counts = np.bincount(listing, minlength=len(keep))
    begins = np.cumsum(counts) - counts
    place = np.arange(len(order)) - begins[listing[order]]
    offsets = np.concatenate(([0], np.cumsum(np.minimum(counts, keep))))
    return offsets, order[place < keep[listing[order]]]
