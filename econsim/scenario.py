"""Scenarios: validated configuration of a marketplace, from a packaged name or a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from econsim.errors import ParameterError, ScenarioError
from econsim.preferences import Category
from econsim.registry import installed

SECTIONS = {
    "title": str,
    "market": dict,
    "categories": dict,
    "source": dict,
    "service": dict,
    "events": list,
    "attack": dict,
    "defences": dict,
}


@dataclass(frozen=True)
class Scenario:
    """What a scenario file says.

    Attributes
    ----------
    name : str
        Packaged name, or the file's path.
    title : str
        One line.
    market : dict
        Keywords of the model; money in ticks. The sections ``categories``, ``service``, ``events``
        and ``attack`` are among them.
    defences : dict
        Of an attack: other keywords of the model by the name of the defence.
    source : dict
        Where the figures come from.
    """

    name: str
    title: str
    market: dict[str, Any] = field(default_factory=dict)
    source: dict[str, str] = field(default_factory=dict)
    defences: dict[str, dict[str, Any]] = field(default_factory=dict)


def packaged() -> dict[str, Any]:
    """Scenarios by name: our own, the attacks, those that installed packages bring."""
    return {**_own(), **_installed()}


def _own() -> dict[str, Any]:
    return {**_files("scenarios"), **packaged_attacks()}


@cache
def _installed() -> dict[str, Any]:
    """Scenarios of installed packages: an entry point NAME = "package" says where NAME.toml is."""
    return installed("econsim.scenarios", _own(), _resource)


def _resource(entry: EntryPoint) -> Any:
    file = resources.files(entry.value).joinpath(f"{entry.name}.toml")
    if not file.is_file():
        raise FileNotFoundError(f"no {entry.name}.toml in {entry.value}")
    return file


def packaged_attacks() -> dict[str, Any]:
    """Packaged attacks on reputation by name."""
    return _files("scenarios", "attacks")


def _files(*folders: str) -> dict[str, Any]:
    place = resources.files("econsim").joinpath("data", *folders)
    files = sorted(place.iterdir(), key=lambda file: file.name)
    return {f.name.removesuffix(".toml"): f for f in files if f.name.endswith(".toml")}


def load(name: str | Path) -> Scenario:
    """Read a scenario by packaged name or path.

    Raises
    ------
    ScenarioError
        If there is no such scenario, the file is not TOML, or an entry is wrong; names the entry.
    """
    content = _parse(str(name), _read(name))
    for section, kind in SECTIONS.items():
        if not isinstance(content.get(section, kind()), kind):
            raise ScenarioError(f"{name}: {section}", content[section], f"a {kind.__name__}")
    for section in content:
        if section not in SECTIONS:
            raise ScenarioError(f"{name}: entry", section, "one of " + ", ".join(SECTIONS))
    market = dict(content.get("market", {}))
    if "categories" in content:
        market["categories"] = _categories(str(name), content["categories"])
    for section in ("service", "events", "attack"):
        if section in content:
            market[section] = content[section]
    texts = content.get("title", ""), content.get("source", {})
    return Scenario(str(name), texts[0], market, texts[1], _defences(str(name), content))


def _defences(name: str, content: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    defences: dict[str, dict[str, Any]] = content.get("defences", {})
    for defence, changes in defences.items():
        if not isinstance(changes, dict):
            raise ScenarioError(f"{name}: defences.{defence}", changes, "a table")
    return defences


def _read(name: str | Path) -> str:
    if not isinstance(name, str | Path):
        raise ScenarioError("scenario", name, f"a path or one of {', '.join(packaged())}")
    file = _own().get(str(name)) or _installed().get(str(name), Path(name))
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        permitted = f"a TOML file or one of {', '.join(packaged())}"
        raise ScenarioError("scenario", str(name), permitted) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError("scenario", str(name), f"a readable text file ({error})") from None


def _parse(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError("scenario", name, f"valid TOML ({error})") from None


def _categories(name: str, entries: Mapping[str, Any]) -> list[Category]:
    made = []
    for category, fields in entries.items():
        where = f"{name}: categories.{category}"
        if not isinstance(fields, dict):
            raise ScenarioError(where, fields, "a table")
        known = set(Category.__dataclass_fields__) - {"name"}
        for entry in fields:
            if entry not in known:
                raise ScenarioError(f"{where} entry", entry, "one of " + ", ".join(sorted(known)))
        try:
            made.append(Category(category, **fields))
        except ParameterError as error:
            place = f"{name}: categories.{error.field}"
            raise ScenarioError(place, error.value, error.permitted) from None
    return made
