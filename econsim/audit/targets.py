"""Who is audited: how a target that a user names becomes a `Subject`."""

import importlib
from dataclasses import fields
from typing import Any

from econsim.audit.markets import priced_market
from econsim.audit.subjects import SUBJECTS, Subject
from econsim.errors import ParameterError
from econsim.pricing import PRICING_MODELS, PricingModel


def target_names() -> list[str]:
    """The names that an audit takes: registered pricing models, then mechanisms on arrays."""
    return [*PRICING_MODELS, *SUBJECTS]


def subject_of(target: object) -> Subject:
    """A `Subject` from a name, ``module:Class``, a class or an instance: see `audit`.

    Raises
    ------
    ParameterError
        If there is no such target, or it claims what an audit cannot judge.
    """
    if isinstance(target, str) and target in SUBJECTS:
        return SUBJECTS[target]
    if isinstance(target, str) and ":" in target:
        target = _imported(target)
    if isinstance(target, type):
        target = _made(target)
    if isinstance(target, str | dict):
        target = _pricing(target)
    if isinstance(target, PricingModel):
        return _judged(priced_market(target))
    return _judged(target if isinstance(target, Subject) else _with_fields_of_one(target))


def _pricing(target: Any) -> PricingModel:
    try:
        return PRICING_MODELS.resolve(target)
    except ParameterError as problem:
        if not problem.field.startswith("pricing"):  # a parameter of the model, which says more
            raise
        raise ParameterError("target", target, _permitted()) from None


def _made(cls: type) -> Any:
    try:
        return cls()
    except TypeError as problem:
        raise ParameterError("target", cls, f"a class made without arguments ({problem})") from None


def _permitted() -> str:
    return "one of " + ", ".join(target_names()) + ", or module:Class"


def _imported(target: str) -> Any:
    module, _, name = target.partition(":")
    if not (module and name):
        raise ParameterError("target", target, _permitted())
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, TypeError) as problem:
        raise ParameterError("target", target, f"{_permitted()} ({problem})") from None


def _with_fields_of_one(target: Any) -> Subject:
    names = [field.name for field in fields(Subject)]
    missing = [name for name in names if not hasattr(target, name)]
    if missing:
        raise ParameterError("target", target, "a Subject; missing: " + ", ".join(missing))
    return Subject(**{name: getattr(target, name) for name in names})


def _judged(subject: Subject) -> Subject:
    """Refuse claims on which there could be no verdict."""
    judged = subject.judged()
    for claim in subject.claims:
        if claim not in judged:
            permitted = "of " + ", ".join(judged)
            raise ParameterError(f"claims of {subject.name}", claim, permitted)
    return subject
