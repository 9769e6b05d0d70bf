"""One palette: its contrasts, and that no colour is spelled anywhere else."""

import re
from pathlib import Path

import pytest

from econsim.palette import DARK, LIGHT, theme

ROOT = Path(__file__).parents[1]
SPELLED = re.compile(r"""#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}(?=["';])""")
PAINTED = ("econsim/**/*.py", "models/**/*.py", "visualization/**/*.py",
           "visualization/**/*.css", "visualization/**/*.vue")  # fmt: skip


def luminance(color):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_series_stand_out(colors):
    for ground in (colors.page, colors.surface):
        assert min(contrast(word, ground) for word in (colors.text, colors.muted)) >= 4.5
    assert contrast(colors.error, colors.error_ground) >= 4.5
    assert contrast(colors.text, colors.badge) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert min(contrast(color, colors.surface) for color in colors.series) >= 3


def test_contrast_is_that_of_the_standard():
    """Black on white has 21, and #767676 is the lightest grey on white with 4.5."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") >= 4.5 > contrast("#777777", "#ffffff")


def test_no_colour_is_spelled_elsewhere():
    files = {path for pattern in PAINTED for path in ROOT.glob(pattern)}
    files -= {ROOT / "econsim" / "palette.py"}
    assert len(files) > 100
    assert [path for path in files if SPELLED.search(path.read_text(encoding="utf-8"))] == []


def test_a_theme_is_written_as_variables():
    assert theme(dark=False) is LIGHT
    assert theme(dark=True).css().startswith("--econ-page: #12161c; --econ-surface: #1b212a;")
    assert "--econ-on-accent: #0b1522;" in DARK.css()
