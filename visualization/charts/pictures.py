"""Pictures of matplotlib, as bytes of a PNG."""

from io import BytesIO

from matplotlib.figure import Figure


def png(figure: Figure) -> bytes:
    """A figure as it is downloaded."""
    file = BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
