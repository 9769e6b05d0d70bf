"""`Registry`: classes of one kind by name, and what makes instances of them."""

import functools
import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim.errors import EconsimError, ParameterError, real
from econsim.registry import grammar
from econsim.registry.plugins import installed
from econsim.registry.specified import parameters, spelled

type Specification[T] = str | Mapping[str, object] | type[T] | T
# Mapping is invariant in its keys, so any: {"hedge": 0.5, Truthful(): 0.5} has keys of two types.
type Mix[T] = Specification[T] | Mapping[Any, float] | Sequence[Sequence[Any]]

LITERALS = "a name, or a name with parameters that are Python literals: subscription(term=20)"


class Registry[T](Mapping[str, type[T]]):
    """Classes of one kind by name, and what makes instances of them from specifications.

    As a mapping it holds the built-in classes, those of installed packages (entry points of
    `group`, looked for when first needed), and those of `register`.

    Parameters
    ----------
    field : str
        What errors call the thing: the parameter that takes it.
    base : type
        What every class derives from.
    members : mapping of str to type
        The built-in classes by name.
    group : str, optional
        Group of entry points, each named as its class is.
    others : tuple of type
        Further bases of classes in the group, which belong to other registries.

    Attributes
    ----------
    builtin : dict of str to type
        Without those that packages or this session added.
    """

    def __init__(
        self,
        field: str,
        base: type[T],
        members: Mapping[str, type[T]],
        group: str | None = None,
        others: tuple[type, ...] = (),
    ):
        self.field, self.base, self.group, self._others = field, base, group, others
        self.builtin, self._registered = dict(members), dict[str, type[T]]()

    @functools.cached_property
    def _installed(self) -> dict[str, type[T]]:
        return installed(self.group, self.builtin, self._load) if self.group else {}

    def __getitem__(self, name: str) -> type[T]:
        if name in self.builtin:
            return self.builtin[name]
        return self._registered[name] if name in self._registered else self._installed[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.builtin
        yield from {**self._installed, **self._registered}

    def __len__(self) -> int:
        return len(self.builtin) + len({**self._installed, **self._registered})

    def __repr__(self) -> str:
        return f"<Registry of {self.field}: {', '.join(self)}>"

    def register[C: type](self, cls: C) -> C:
        """Add a class by its ``name`` for this session; also as a decorator.

        Raises
        ------
        ParameterError
            If it is of the wrong kind, or its name is taken by another than an earlier version.
        """
        name = getattr(cls, "name", "")
        if not name or name in self.builtin or name in self._installed:
            raise ParameterError(f"{self.field} name", name, "one that is not taken yet")
        self._registered[name] = self._checked(cls, cls)
        return cls

    def resolve(self, specification: Specification[T], **defaults: Any) -> T:
        """The instance that a specification says.

        Parameters
        ----------
        specification : str, mapping, type or instance
            See `econsim.registry`.
        **defaults
            Parameters passed to a class that takes them, where the specification does not.

        Raises
        ------
        ParameterError
            Unless it is a specification of a class of this kind, with parameters that it takes.
        """
        if isinstance(specification, self.base):
            return specification
        cls, entries = self._read(specification)
        keywords = self._keywords(cls, entries, defaults, specification)
        try:
            return cls(**keywords)
        except EconsimError:
            raise
        except (TypeError, ValueError) as error:
            permitted = f"what {self._name(cls)} takes ({_line(error)})"
            raise ParameterError(self.field, specification, permitted) from None

    def mix(self, specification: Mix[T]) -> tuple[list[T], NDArray[np.float64]]:
        """What a mix consists of: instances, and the share of each.

        Returns
        -------
        instances : list, s of them, no two of the same spelling
        shares : float64 (s,), sums to 1

        Raises
        ------
        ParameterError
        """
        pairs = self._pairs(specification)
        members = [self.resolve(part) for part, _ in pairs]
        shares = [real(f"{self.field}[{_line(repr(part))}]", share, 0, 1) for part, share in pairs]
        if not 1 <= len(members) <= 255 or abs(sum(shares) - 1) > 1e-9:
            raise ParameterError(self.field, specification, "shares that sum to 1")
        self.distinct([(type(member), self._spelled(member)) for member in members])
        return members, np.array(shares)

    def distinct(self, spellings: Sequence[Any]) -> None:
        """Refuse what is named twice, spellings or pairs that end in one.

        Raises
        ------
        ParameterError
        """
        twice = [name for name, count in Counter(spellings).items() if count > 1]
        if twice:
            name = twice[0] if isinstance(twice[0], str) else twice[0][-1]
            raise ParameterError(self.field, name, "named once")

    def spell(self, specification: Mix[T]) -> str:
        """The canonical text of a mix: `resolve`, or `mix`, makes the same of it.

        Parameters with their default are left out. What is no Python literal is shown by its
        ``repr``, which cannot be read back.
        """
        if isinstance(specification, self.base):
            return self._spelled(specification)
        members, shares = self.mix(specification)
        parts = [self._spelled(member) for member in members]
        mixed = zip(parts, shares.tolist(), strict=True)
        return parts[0] if len(parts) == 1 else ",".join(f"{a}:{share!r}" for a, share in mixed)

    def registered(self, text: str) -> str:
        """`text` itself, where it names registered classes only: for what strangers may write.

        Raises
        ------
        ParameterError
            If it would import a module of its choice, or cannot be resolved.
        """
        for part, _ in self._shares(text):
            if part.partition("(")[0].strip() not in self:
                raise ParameterError(self.field, text, "one of " + ", ".join(sorted(self)))
        self.mix(text)
        return text

    @staticmethod
    def parameters(cls: type) -> dict[str, inspect.Parameter]:
        """Parameters that a class takes by name, for errors, pickers and pages."""
        return parameters(cls)

    def describe(self) -> dict[str, str]:
        """What each class is, by name: the first line of its docstring."""
        return {name: (inspect.getdoc(cls) or "").partition("\n")[0] for name, cls in self.items()}

    def _load(self, entry: EntryPoint) -> type[T] | None:
        """The class of an entry point; None if it belongs to another registry."""
        cls = entry.load()
        if isinstance(cls, type) and issubclass(cls, self._others):
            return None
        if not (isinstance(cls, type) and issubclass(cls, self.base)):
            raise TypeError(f"{entry.value} is no {self.base.__name__}")
        if getattr(cls, "name", entry.name) != entry.name:
            raise ValueError(f"the name of {entry.value} is {cls.name!r}")  # type: ignore[attr-defined]
        return cls

    def _read(self, specification: Any) -> tuple[type[T], dict[str, Any]]:
        """Class and parameters of what is no instance."""
        name, entries = specification, {}
        if isinstance(specification, Mapping) and "kind" in specification:
            entries = dict(specification)
            name = entries.pop("kind")
        elif isinstance(specification, str) and specification not in self:
            try:
                name, entries = grammar.called(specification)
            except ValueError:
                raise ParameterError(self.field, specification, LITERALS) from None
        return self._class(name, specification), entries

    def _class(self, name: Any, specification: Any) -> type[T]:
        if isinstance(name, str) and ":" in name:
            return self._checked(self._imported(name, specification), specification)
        if isinstance(name, str) and name in self:
            return self[name]
        return self._checked(name, specification)

    def _checked(self, cls: Any, specification: Any) -> type[T]:
        if isinstance(cls, type) and issubclass(cls, self.base):
            return cls
        names = ", ".join(sorted(self))
        permitted = f"one of {names}, or module:Class, derived from {self.base.__name__}"
        raise ParameterError(self.field, specification, permitted)

    def _keywords(
        self, cls: type[T], entries: Mapping[str, Any], defaults: Mapping[str, Any], said: Any
    ) -> dict[str, Any]:
        """What the constructor is called with; refuses what it does not take, or lacks."""
        known, name = parameters(cls), self._name(cls)
        for entry in entries:
            if entry not in known:
                permitted = "one of " + ", ".join(known) if known else "left out: it takes none"
                raise ParameterError(f"{self.field} parameter of {name}", entry, permitted)
        keywords = {**{k: value for k, value in defaults.items() if k in known}, **entries}
        for entry, parameter in known.items():
            if parameter.default is parameter.empty and entry not in keywords:
                permitted = f"given with {entry}, such as {name}({entry}=...)"
                raise ParameterError(self.field, said, permitted)
        return keywords

    def _imported(self, name: str, specification: Any) -> Any:
        module, _, path = name.partition(":")
        try:
            return functools.reduce(getattr, path.split("."), import_module(module))
        except Exception as error:  # whatever the module raises while it is imported
            reason = f"{type(error).__name__}: {_line(error)}"
            permitted = f"module:Class that can be imported ({reason})"
            raise ParameterError(self.field, specification, permitted) from None

    def _pairs(self, specification: Any) -> list[tuple[Any, Any]]:
        """Specifications and shares of a mix."""
        if isinstance(specification, str):
            return self._shares(specification)
        if isinstance(specification, Mapping) and "kind" not in specification:
            return list(specification.items())
        if not isinstance(specification, list | tuple):
            return [(specification, 1.0)]
        if any(not isinstance(pair, list | tuple) or len(pair) != 2 for pair in specification):
            raise ParameterError(self.field, specification, "pairs of a specification and a share")
        return [(each, share) for each, share in specification]

    def _shares(self, text: str) -> list[tuple[str, float | None]]:
        pairs = grammar.shares(text)
        written = [share is not None for _, share in pairs]
        if any(written) and not all(written):
            raise ParameterError(self.field, text, "name:share,name:share")
        return pairs if all(written) else [(text, 1.0)]

    def _name(self, cls: type) -> str:
        named = (name for name in self if self[name] is cls)
        return next(named, f"{cls.__module__}:{cls.__qualname__}")

    def _spelled(self, instance: T) -> str:
        inside = spelled(instance)
        return self._name(type(instance)) + (f"({inside})" if inside else "")


def _line(text: object) -> str:
    """On one line."""
    return " ".join(str(text).split())
