"""Models by name, found through the entry points ``econsim.models``."""

from importlib.metadata import entry_points
from typing import Any

from econsim.errors import one_of


def model_class(name: str = "marketplace") -> Any:
    """The Mesa model registered under `name`.

    econsim does not import the models built on it; they announce themselves.

    Raises
    ------
    ParameterError
        If no installed model has this name.
    """
    known = {entry.name: entry for entry in entry_points(group="econsim.models")}
    return known[one_of("model", name, known)].load()
