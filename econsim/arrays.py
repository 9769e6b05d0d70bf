"""Array types by name: what an array holds, and the dtype that it is held in.

=============  =========  ==============================================================
name           dtype      holds
=============  =========  ==============================================================
`Ints`         int64      ticks, ids, rows, counts
`Floats`       float64    chances, shares, credits, scores
`Bools`        bool       masks
`Rows`         int32      rows of listings as buyers hold them in bulk; -1 for none
`Categories`   int16      category of each agent or listing
`Sizes`        uint8      units of a task; 0 for none
`Codes`        uint8      one of a few kinds: an outcome, a status, a strategy
`Weights`      float32    what learners remember, in half the memory; computed in float64
`Words`        uint32     random words
=============  =========  ==============================================================

Shapes are said where an array is used.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.int32]
Categories = NDArray[np.int16]
Sizes = NDArray[np.uint8]
Codes = NDArray[np.uint8]
Weights = NDArray[np.float32]
Words = NDArray[np.uint32]
