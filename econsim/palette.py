"""The colours of every picture and page, by theme: here and nowhere else.

The series of the light theme are those of Okabe and Ito (2008), which people who see no red or no
green can tell apart; their orange and sky blue are darkened, as they vanish on white.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Palette:
    """Colours of a theme, as ``#rrggbb``.

    Attributes
    ----------
    page, surface, badge, error_ground : str
        Grounds.
    text, muted, error : str
        What is written on them, at a contrast of 4.5 or more.
    line : str
        Edges of panels, and grids.
    accent, on_accent : str
        What is chosen, and what is written on it.
    series : tuple of str
        Of lines and bars, at a contrast of 3 or more to the surface.
    """

    page: str
    surface: str
    text: str
    muted: str
    line: str
    accent: str
    on_accent: str
    error: str
    error_ground: str
    badge: str
    series: tuple[str, ...]

    def color(self, place: int) -> str:
        """Colour of a series; they come round again."""
        return self.series[place % len(self.series)]

    def css(self) -> str:
        """Its colours as CSS variables, ``--econ-page`` and so on."""
        names = [field.name for field in fields(self) if field.name != "series"]
        return " ".join(f"--econ-{n.replace('_', '-')}: {getattr(self, n)};" for n in names)


LIGHT = Palette(
    page="#f3f5f8", surface="#ffffff", text="#1b1f24", muted="#505a66", line="#d3d9e0",
    accent="#0b5cad", on_accent="#ffffff", error="#a1151f", error_ground="#fdecec",
    badge="#e7ecf3",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#a87300", "#2f8fc4", "#000000"),
)  # fmt: skip
DARK = Palette(
    page="#12161c", surface="#1b212a", text="#e6e9ee", muted="#b2bbc7", line="#39424e",
    accent="#7ab8ff", on_accent="#0b1522", error="#ffb3b3", error_ground="#3d1a1d",
    badge="#2b3440",
    series=("#7ab8ff", "#ffa06b", "#5fd39a", "#cf9bf5", "#e5c453", "#62d3de", "#ff8fb3"),
)  # fmt: skip


def theme(dark: bool) -> Palette:
    """The dark or the light theme."""
    return DARK if dark else LIGHT
