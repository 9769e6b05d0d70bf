"""Permalinks: a market's scenario, parameters, seed, round and interventions as a query string.

``?scenario=agents&seed=7&pricing=vickrey&round=12&at=3:fee:share=0.1&at=5:set:search=8`` says:
the scenario with one parameter replaced, seed 7, a fee after round 3, a live change after round 5,
played to round 12. Pricing, strategies and trust are canonical texts of `econsim.registry`, as in
``pricing=subscription(term=20)`` or ``strategy=hedge:0.5,truthful:0.5``. The same link gives the
same numbers, to the last digit. An intervention may be spelled in that way, too:
``at=3:fee(share=0.1)``.

A link comes from anybody: names, types and sizes are checked before a market is made of them, and
only packaged scenarios (and the one named on the command line) and registered names can be asked
for: ``module:Class`` is refused.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from econsim.errors import ParameterError, integer, one_of
from econsim.models.marketplace import INTERVENTIONS, Marketplace
from econsim.scenario import packaged
from econsim.visualization.server.parameters import checked, parameters

CHANGE = "set"
LONGEST, MOST_EVENTS, MOST_ROUNDS = 16_384, 500, 100_000
OWN = ("scenario", "seed", "round", "at")


@dataclass(frozen=True)
class Event:
    """What a visitor did to a market after a round.

    Attributes
    ----------
    round : int
    action : str
        `CHANGE`, or the kind of an intervention.
    parameters : dict
        New values by name, or the intervention's parameters.
    """

    round: int
    action: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """All that a market's numbers follow from.

    Attributes
    ----------
    scenario : str
    seed : int
    parameters : dict
        Entries of the scenario that are replaced.
    round : int
        Rounds to play.
    events : tuple of Event
        In the order in which they happened.
    """

    scenario: str = "agents"
    seed: int = 1
    parameters: dict[str, Any] = field(default_factory=dict)
    round: int = 0
    events: tuple[Event, ...] = ()


def query(setting: Setting) -> str:
    """The query string of a setting, without the question mark."""
    pairs = [("scenario", setting.scenario), ("seed", str(setting.seed))]
    pairs += [(name, _written(value)) for name, value in setting.parameters.items()]
    pairs += [("round", str(setting.round))]
    pairs += [("at", _event_text(event)) for event in setting.events]
    return "&".join(f"{name}={quote(text, safe=':;=,.[]/()')}" for name, text in pairs)


def _event_text(event: Event) -> str:
    written = ";".join(f"{name}={_written(value)}" for name, value in event.parameters.items())
    return f"{event.round}:{event.action}:{written}"


def _written(value: Any) -> str:
    """Text of a value that `_read` reads back; most names need no quotes."""
    plain = isinstance(value, str) and _read(value) == value and ";" not in value
    return value if plain else json.dumps(value, separators=(",", ":")).replace(";", r"\u003b")


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def setting(text: str, *, extra: Iterable[str] = (), default: str = "agents") -> Setting:
    """The setting that a query string describes.

    Parameters
    ----------
    text : str
        With or without the question mark.
    extra : iterable of str
        Scenarios that may be named beside the packaged ones.
    default : str
        The scenario where none is named.

    Raises
    ------
    ParameterError
        If the link is too long, or something in it is unknown or of the wrong type.
    """
    if len(text) > LONGEST:
        raise ParameterError("link", f"{len(text)} characters", f"at most {LONGEST} characters")
    pairs = parse_qsl(text.removeprefix("?"), keep_blank_values=True)
    single = {name: value for name, value in pairs if name != "at"}
    events = [value for name, value in pairs if name == "at"]
    integer("interventions", len(events), 0, MOST_EVENTS)
    for name in single:
        one_of("link entry", name, [*OWN, *parameters()])
    scenarios = [*packaged(), *extra]
    entries = {name: _read(value) for name, value in single.items() if name not in OWN}
    return Setting(
        one_of("scenario", single.get("scenario", default), scenarios),
        integer("seed", _read(single.get("seed", "1")), 0, 2**64 - 1),
        checked(entries),
        integer("round", _read(single.get("round", "0")), 0, MOST_ROUNDS),
        tuple(sorted(map(_event, events), key=lambda event: event.round)),
    )


def _event(text: str) -> Event:
    """An event of a link."""
    parts = text.split(":", 2)
    if "(" in "".join(parts[1:2]):
        return _specified(*text.split(":", 1))
    if len(parts) < 3:
        raise ParameterError("at", text, "of the form ROUND:ACTION:NAME=VALUE;NAME=VALUE")
    action = one_of("action", parts[1], [CHANGE, *INTERVENTIONS])
    known = Marketplace.LIVE if action == CHANGE else INTERVENTIONS[action].parameters
    values = {}
    for entry in filter(None, parts[2].split(";")):
        name, _, value = entry.partition("=")
        values[one_of(f"parameter of {action}", name, known)] = _read(value)
    after = integer("round of an action", _read(parts[0]), 0, MOST_ROUNDS)
    return Event(after, action, checked(values) if action == CHANGE else values)


def _specified(after: str, text: str) -> Event:
    """An intervention as the registry spells it: ``fee(share=0.1)``."""
    changes, _ = INTERVENTIONS.mix(INTERVENTIONS.registered(text))
    if len(changes) > 1:
        raise ParameterError("intervention", text, "one, not a mix")
    values = changes[0].arguments
    return Event(
        integer("round of an action", _read(after), 0, MOST_ROUNDS), changes[0].name, values
    )
