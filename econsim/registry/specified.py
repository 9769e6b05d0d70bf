"""The parameters that a class takes, and those that an instance was made with."""

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np


class Specified:
    """Remembers the parameters that an instance was made with, so that it can be spelled."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "__init__" in vars(cls):
            cls.__init__ = _remembering(cls.__init__)  # type: ignore[method-assign]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({spelled(self)})"


def parameters(cls: type) -> dict[str, inspect.Parameter]:
    """Parameters that a class takes by name, those that ``**others`` hands to its bases too."""
    known: dict[str, inspect.Parameter] = {}
    for base in cls.__mro__[:-1]:
        if "__init__" in vars(base):
            own = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
            named = {p.name: p for p in own if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
            known = {**named, **known}
            if all(p.kind is not p.VAR_KEYWORD for p in own):
                break
    return known


def spelled(instance: Any) -> str:
    """Parameters of an instance that differ from their defaults, as a text; empty without."""
    taken = parameters(type(instance))
    arguments = getattr(instance, "_specified", None)
    if arguments is None:  # a dataclass, or one that is no `Specified`
        arguments = {name: getattr(instance, name) for name in taken if hasattr(instance, name)}
    said = {name: repr(_plain(arguments[name])) for name in taken if name in arguments}
    return ", ".join(f"{k}={v}" for k, v in said.items() if v != repr(_plain(taken[k].default)))


def _plain(value: Any) -> Any:
    """Arrays and their entries as Python's own."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _remembering(init: Callable[..., None]) -> Callable[..., None]:
    """A constructor that writes its arguments down, where no subclass did."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def remembering(self: Any, *arguments: Any, **keywords: Any) -> None:
        if not hasattr(self, "_specified"):
            with suppress(TypeError):  # the constructor says better what is wrong
                bound = signature.bind(self, *arguments, **keywords)
                object.__setattr__(self, "_specified", _named(bound))
        init(self, *arguments, **keywords)

    return remembering


def _named(bound: inspect.BoundArguments) -> dict[str, Any]:
    """Arguments by name, those of ``**others`` among them, without ``self``."""
    own = dict(list(bound.arguments.items())[1:])
    for parameter in bound.signature.parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            rest = own.pop(parameter.name, {})
            own |= rest if parameter.kind is parameter.VAR_KEYWORD else {}
    return own
