"""Numbers as people type them, in a field or a link."""

import math
from typing import Any

from econsim.errors import ParameterError, integer, real

MOST_BIDDERS = 50


def parsed(field: str, text: Any, low: float | None, high: float | None, whole: bool) -> Any:
    """The number that was typed.

    Raises
    ------
    ParameterError
        If it is no number, or outside its range.
    """
    try:
        number = int(text) if whole else float(text)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(field, text, "an integer" if whole else "a number") from None
    least = -math.inf if low is None else low
    if whole:
        return integer(
            field, number, int(max(least, -(2**53))), None if high is None else int(high)
        )
    return real(field, number, least, math.inf if high is None else high)


def amounts(field: str, text: str, most: int = MOST_BIDDERS) -> list[float]:
    """Numbers >= 0 as they are typed: with commas, blanks or lines between them.

    Raises
    ------
    ParameterError
        If one is no number >= 0, or there are more than `most`.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    if len(words) > most:
        raise ParameterError(field, f"{len(words)} numbers", f"at most {most} numbers")
    numbers = []
    for word in words:
        try:
            number = float(word)
        except ValueError:
            raise ParameterError(field, word, "a number >= 0") from None
        numbers.append(real(field, number, 0, 1e12))
    return numbers
