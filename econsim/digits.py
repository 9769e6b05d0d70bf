"""Numbers for people: as many digits as matter, and no exponents where they can be helped.

Every figure that a person reads, in a terminal, a picture or a browser, is written here.
"""

import math

NOTHING = "–"


def number(value: float | None, digits: int = 4) -> str:
    """`value` to so many significant digits, commas between thousands; – if there is none.

    Zeros stay at the end, so that the numbers of a column end alike.

    Examples
    --------
    >>> number(16983.2), number(0.0123456), number(5.0), number(0.0)
    ('16,983', '0.01235', '5.000', '0')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if value and not 1e-4 <= abs(value) < 1e12:
        return f"{value:.{digits}g}"
    return f"{value:,.{_decimals(value, digits)}f}"


def rounded(value: float | None, digits: int = 4) -> str:
    """As `number`, for a sentence: without zeros at the end.

    Examples
    --------
    >>> rounded(16983.2), rounded(0.0123456), rounded(5.0)
    ('16,983', '0.01235', '5')
    """
    return _short(number(value, digits))


def exact(value: float) -> str:
    """All six decimals of a sum of ticks, so that equal sums show as equal; – if not finite.

    Examples
    --------
    >>> exact(16983.2), exact(0.0000014), exact(5.0)
    ('16,983.2', '0.000001', '5')
    """
    return _short(f"{value:,.6f}") if math.isfinite(value) else NOTHING


def measured(mean: float, half: float) -> str:
    """A mean and half of its interval, to two digits of that; the mean alone if it has none.

    Examples
    --------
    >>> measured(352.214, 113.8), measured(0.51234, 0.0123), measured(3.0, float("nan"))
    ('352 ± 114', '0.512 ± 0.012', '3')
    """
    if not (math.isfinite(mean) and math.isfinite(half) and half):
        return rounded(mean)
    decimals = min(_decimals(half, 2), 12)
    return f"{mean:,.{decimals}f} ± {half:,.{decimals}f}"


def _short(text: str) -> str:
    """A decimal without zeros at its end; exponents stay."""
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def _decimals(value: float, digits: int) -> int:
    """Decimals that show so many significant digits."""
    return max(digits - 1 - math.floor(math.log10(abs(value))), 0) if value else 0
