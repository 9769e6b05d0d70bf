"""What a visitor may set of a marketplace, read from its signature and the registries.

A parameter or a registered name that is added elsewhere shows up here by itself.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from econsim.errors import EconsimError, ParameterError, integer, one_of, real
from econsim.models.marketplace import Marketplace
from econsim.models.marketplace.interventions import Intervention
from econsim.money import to_credits, to_ticks
from econsim.pricing import PRICING_MODELS
from econsim.registry import Registry
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES
from econsim.trust import TRUST_MODELS
from econsim.visualization.numbers.clearing import FIRST_SELLER

MOST_BUYERS = 2_000_000
MOST_TEXT = 2_000
REGISTRIES: dict[str, Registry[Any]] = {
    "pricing": PRICING_MODELS,
    "strategy": STRATEGIES,
    "seller_strategy": SELLER_STRATEGIES,
    "trust": TRUST_MODELS,
}
ALONE = ("trust",)
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
WHOLE, REAL, CHOICE, NAMED = "whole", "real", "choice", "named"
AS_GIVEN = "as in the scenario"


@dataclass(frozen=True)
class Parameter:
    """One parameter of the marketplace.

    Attributes
    ----------
    name, label : str
    kind : str
        ``WHOLE``, ``REAL``, ``CHOICE`` (of a few texts) or ``NAMED`` (a specification, see
        `econsim.registry`).
    live : bool
        Whether it may change while the market runs; others take effect on reset.
    default : object
    """

    name: str
    label: str
    kind: str
    live: bool
    default: Any

    @property
    def choices(self) -> tuple[str, ...]:
        """Texts that say all: the few there are, or names in the registry."""
        return choices(self.name) if self.kind == NAMED else CHOICES.get(self.name, ())

    def checked(self, value: Any) -> Any:
        """`value`, if it is of the kind, in its canonical text; the market checks its range.

        Raises
        ------
        ParameterError
        """
        if self.kind == NAMED:
            return canonical(self.name, value)
        if self.kind == CHOICE:
            return one_of(self.name, value, self.choices)
        if self.kind == REAL:
            return real(self.name, value, -1e12, 1e12)
        return integer(self.name, value, 0, MOST_BUYERS)


def choices(name: str) -> tuple[str, ...]:
    """Names in a parameter's registry that need no parameters of their own."""
    lacking = templates(name)
    return tuple(known for known in REGISTRIES[name] if known not in lacking)


def templates(name: str) -> dict[str, str]:
    """What to fill in of those that need more than their name: ``shaded(alpha=)``, by name."""
    registry = REGISTRIES[name]
    lacking = {
        known: [f"{p.name}=" for p in registry.parameters(cls).values() if p.default is p.empty]
        for known, cls in registry.items()
    }
    return {known: f"{known}({', '.join(needed)})" for known, needed in lacking.items() if needed}


def canonical(name: str, text: Any) -> str:
    """The canonical text of a specification that a stranger wrote: nothing is imported for it.

    Parameters
    ----------
    name : str
        In `REGISTRIES`.
    text : object
        Whatever a link held.

    Raises
    ------
    ParameterError
        Unless it is a text of registered names, with parameters that can be written again.
    """
    registry = REGISTRIES[name]
    if not isinstance(text, str):
        raise ParameterError(name, text, "a text, such as " + next(iter(registry)))
    integer(f"characters of {name}", len(text), 1, MOST_TEXT)
    try:
        if name in ALONE and len(registry.mix(registry.registered(text))[0]) > 1:
            raise ParameterError(name, text, "one, not a mix")
        return registry.registered(registry.spell(registry.registered(text)))
    except EconsimError:
        raise
    except Exception as error:  # whatever the constructor of somebody's package raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ParameterError(name, text, f"what can be made ({reason})") from None


@cache
def parameters() -> dict[str, Parameter]:
    """The parameters by name, those that matter most first."""
    taken = inspect.signature(Marketplace).parameters
    names = [*FIRST, *(name for name in taken if name not in FIRST)]
    fields = (_parameter(name, taken[name].default) for name in names)
    return {field.name: field for field in fields if field is not None}


def _parameter(name: str, default: Any) -> Parameter | None:
    """A parameter that one field can hold; others are left to scenario files."""
    label, live = LABELS.get(name, name.replace("_", " ")), name in Marketplace.LIVE
    if name in REGISTRIES or name in CHOICES:
        return Parameter(name, label, NAMED if name in REGISTRIES else CHOICE, live, default)
    if isinstance(default, bool) or not isinstance(default, int | float):
        return None
    kind = WHOLE if isinstance(default, int) else REAL
    return Parameter(name, label, kind, live, default)


def checked(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by name, each of its kind.

    Raises
    ------
    ParameterError
        If a name is unknown, or a value is of another kind.
    """
    known = parameters()
    return {
        name: known[one_of("parameter", name, known)].checked(value)
        for name, value in entries.items()
    }


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
    values = change.arguments
    if "price" in values:
        values["price"] = f"{to_credits(values['price']):g} credits"
    if values.get("sellers"):
        values["sellers"] = " ".join(str(seller - FIRST_SELLER) for seller in values["sellers"])
    kept = [f"{name} {value}" for name, value in values.items() if value not in (None, (), [])]
    return f"{change.name}: {', '.join(kept)}"


def in_force(model: Marketplace, entries: Mapping[str, Any]) -> dict[str, Any]:
    """What each parameter of a market is now, as one field can show it.

    Parameters
    ----------
    model : Marketplace
    entries : mapping
        What it was made of; specifications show as their canonical text, another table or list
        as "as in the scenario".
    """
    return {
        name: _in_force(model, name, entries.get(name, known.default))
        for name, known in parameters().items()
    }


def _in_force(model: Marketplace, name: str, entry: Any) -> Any:
    """The market's own value where it may have changed or been worked out since."""
    if name in ("buyers", "sellers"):
        return len(getattr(model, name))
    if name == "strategy":
        bidders = model.state.policy.bidders
        entry = list(zip(bidders.strategies, bidders.shares.tolist(), strict=True))
    elif name in Marketplace.LIVE:
        entry = getattr(model, name)
    if name in REGISTRIES:
        return REGISTRIES[name].spell(entry)
    return entry if isinstance(entry, int | float | str | None) else AS_GIVEN
