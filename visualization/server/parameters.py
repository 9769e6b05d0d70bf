"""What a visitor may set of a marketplace, read from its signature and the registries.

A parameter or a registered name that is added elsewhere shows up here by itself.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from econsim.errors import ParameterError, integer, one_of, real
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.interventions import Intervention
from econsim.money import to_credits, to_ticks
from econsim.pricing import PRICING_MODELS
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES
from econsim.trust import TRUST_MODELS
from econsim.visualization.numbers.clearing import FIRST_SELLER

MOST_BUYERS = 2_000_000
REGISTRIES: dict[str, Mapping[str, Callable[[], Any]]] = {
    "pricing": PRICING_MODELS,
    "strategy": STRATEGIES,
    "seller_strategy": SELLER_STRATEGIES,
    "trust": TRUST_MODELS,
}
CHOICES: dict[str, tuple[str, ...]] = {"ratings": ("equal", "volume")}
LABELS = {
    "strategy": "buyers' strategy",
    "seller_strategy": "sellers' strategy",
    "demand_rate": "chance of a task",
    "search": "listings searched",
    "capacity": "units a seller",
    "max_size": "largest task",
    "trust": "trust model",
    "eligibility": "least trust to sell",
}
FIRST = ("buyers", "sellers", "demand_rate", "search", "value_spread", "eligibility", "strategy")
WHOLE, REAL, CHOICE = "whole", "real", "choice"
AS_GIVEN = "as in the scenario"


@dataclass(frozen=True)
class Parameter:
    """One parameter of the marketplace.

    Attributes
    ----------
    name, label : str
    kind : str
        ``WHOLE``, ``REAL`` or ``CHOICE``.
    choices : tuple of str
    live : bool
        Whether it may change while the market runs; others take effect on reset.
    default : object
    """

    name: str
    label: str
    kind: str
    choices: tuple[str, ...]
    live: bool
    default: Any

    def checked(self, value: Any) -> Any:
        """`value`, if it is of the kind; the market checks its range.

        Raises
        ------
        ParameterError
        """
        if self.kind == CHOICE:
            return one_of(self.name, value, self.choices)
        if self.kind == REAL:
            return real(self.name, value, -1e12, 1e12)
        return integer(self.name, value, 0, MOST_BUYERS)


@cache
def choices(name: str) -> tuple[str, ...]:
    """Names that a parameter may be given: of its registry, those that need no more than a name."""
    return CHOICES.get(name) or tuple(filter(partial(_bare, name), REGISTRIES.get(name, ())))


def _bare(parameter: str, name: str) -> bool:
    try:
        REGISTRIES[parameter][name]()
    except TypeError:
        return False
    return True


@cache
def parameters() -> dict[str, Parameter]:
    """The parameters by name, those that matter most first."""
    given = inspect.signature(Marketplace).parameters
    names = [*FIRST, *(name for name in given if name not in FIRST)]
    found = (_parameter(name, given[name].default) for name in names)
    return {each.name: each for each in found if each is not None}


def _parameter(name: str, default: Any) -> Parameter | None:
    """A parameter that one field can hold; others are left to scenario files."""
    label, live = LABELS.get(name, name.replace("_", " ")), name in Marketplace.LIVE
    if choices(name):
        return Parameter(name, label, CHOICE, choices(name), live, default)
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    kind = WHOLE if isinstance(default, int) else REAL
    return Parameter(name, label, kind, (), live, default)


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name, each of its kind.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is of another kind.
    """
    known = parameters()
    return {name: known[one_of("parameter", name, known)].checked(given[name]) for name in given}


def intervention_value(field: str, text: Any, default: Any) -> Any:
    """What was typed for an intervention's parameter; empty is an optional one's default.

    Prices are in credits, as everywhere on the page, and sellers have the numbers that it shows;
    lists have commas; text that is no number stays text.

    Raises
    ------
    ParameterError
    """
    written = str(text).strip()
    if not written and default in (None, ()):
        return default
    try:
        if isinstance(default, tuple | list):
            numbers = [int(part) for part in written.split(",")]
            return [FIRST_SELLER + integer(field, each, 0, FIRST_SELLER - 1) for each in numbers]
        if field == "price":
            return to_ticks(real(field, float(written), 0, 1e12))
        return float(written) if "." in written or "e" in written else int(written)
    except ParameterError:
        raise
    except ValueError:
        if default is None:
            return written
        raise ParameterError(field, written, "a number, or numbers with commas") from None


def said(change: Intervention) -> str:
    """An intervention in the words and units of the page."""
    given = change.arguments
    if "price" in given:
        given["price"] = f"{to_credits(given['price']):g} credits"
    if given.get("sellers"):
        given["sellers"] = " ".join(str(each - FIRST_SELLER) for each in given["sellers"])
    kept = [f"{name} {value}" for name, value in given.items() if value not in (None, (), [])]
    return f"{change.name}: {', '.join(kept)}"


def in_force(model: Marketplace, entries: Mapping[str, Any]) -> dict[str, Any]:
    """What each parameter of a market is now, as one field can show it.

    Parameters
    ----------
    model : Marketplace
    entries : mapping
        What it was made of; a table or list among them shows as "as in the scenario".
    """
    return {
        name: _in_force(model, name, entries.get(name, known.default))
        for name, known in parameters().items()
    }


def _in_force(model: Marketplace, name: str, given: Any) -> Any:
    """The market's own value where it may have changed or been worked out since."""
    if name in ("buyers", "sellers"):
        return len(getattr(model, name))
    if name == "pricing":
        models = model.pricing_models
        given = models[0].name if len(models) == 1 else "mixed"
    elif name in Marketplace.LIVE:
        given = getattr(model, name)
    shown = getattr(given, "name", given)
    return shown if isinstance(shown, int | float | str | None) else AS_GIVEN
