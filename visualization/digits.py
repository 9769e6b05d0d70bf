"""Numbers for people: as many digits as matter, and no exponents where they can be helped."""

import math


def rounded(value: float | None, digits: int = 4) -> str:
    """`value` to so many significant digits, with commas; – for None or what is not finite.

    Examples
    --------
    >>> rounded(16983.2), rounded(0.0123456), rounded(5.0)
    ('16,983', '0.01235', '5')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value and not 1e-4 <= abs(value) < 1e12:
        return f"{value:.{digits}g}"
    text = f"{value:,.{_decimals(value, digits)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def measured(mean: float, half: float) -> str:
    """A mean and half of its interval, to two digits of that; the mean alone if it has none.

    Examples
    --------
    >>> measured(352.214, 113.8), measured(0.51234, 0.0123), measured(3.0, float("nan"))
    ('352 ± 114', '0.512 ± 0.012', '3')
    """
    if not math.isfinite(half) or not half:
        return rounded(mean)
    decimals = min(_decimals(half, 2), 12)
    return f"{mean:,.{decimals}f} ± {half:,.{decimals}f}"


def _decimals(value: float, digits: int) -> int:
    """Decimals that show so many significant digits."""
    return max(digits - 1 - math.floor(math.log10(abs(value))), 0) if value else 0
