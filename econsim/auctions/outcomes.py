"""What the outcomes of all mechanisms have in common."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


class PaymentOutcome:
    """An outcome whose ``payments[i]`` is what participant i pays in total.

    Participants are bidders; in a two-sided mechanism buyers come first and then sellers, whose
    receipts are negative payments.
    """

    payments: NDArray[Any]

    @property
    def revenue(self) -> Any:
        """Sum of all payments, in their units and exact for integers; negative is a deficit."""
        return np.sum(self.payments).item()
