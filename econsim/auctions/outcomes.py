"""What the outcomes of all mechanisms have in common."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


class PaymentOutcome:
    """An outcome whose ``payments[i]`` is what participant i pays in total.

    Participants are bidders; in a two-sided mechanism buyers come first and then sellers, whose
    receipts are negative payments.
    """

    payments: NDArray[Any] | None

    @property
    def revenue(self) -> Any:
        """Sum of all payments, in their units; negative is a deficit, NaN if not known."""
        return math.nan if self.payments is None else np.sum(self.payments).item()
