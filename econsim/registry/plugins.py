"""What installed packages add, by entry point."""

import warnings
from collections import Counter
from collections.abc import Callable, Collection
from importlib.metadata import EntryPoint, entry_points


class PluginWarning(UserWarning):
    """A third-party package announces something that cannot be used; names the package."""


def installed[V](
    group: str, taken: Collection[str], load: Callable[[EntryPoint], V | None]
) -> dict[str, V]:
    """What installed packages announce in a group of entry points, by name.

    What fails to load, or takes a name that is `taken` or that two packages give, is left out with
    a `PluginWarning`; what loads as None silently.
    """
    entries = entry_points(group=group)
    count = Counter(entry.name for entry in entries)
    usable: dict[str, V] = {}
    for entry in entries:
        try:
            value = load(entry)
            if value is not None and (entry.name in taken or count[entry.name] > 1):
                raise ValueError("the name is taken")
        except Exception as error:  # whatever a package raises while it is imported
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            source = entry.dist.name if entry.dist else "an unknown package"
            text = f"{source} announces {entry.name!r} in {group}, which is left out ({reason})"
            warnings.warn(text, PluginWarning, stacklevel=2)
        else:
            if value is not None:
                usable[entry.name] = value
    return usable
