"""The exception tree, and the checks that raise it.

::

    EconsimError
    ├── ParameterError (ValueError)    a parameter outside its permitted range
    │   ├── BidError                   bids or values that a mechanism cannot take
    │   ├── DecisionError              what a scripted agent returned
    │   └── ScenarioError              an entry of a scenario file
    ├── ConvergenceError (ArithmeticError)  an iteration that did not arrive
    ├── DataError (ValueError)         a line and column of a data file
    ├── MechanismError (RuntimeError)  a pricing model broke the rules of the market
    ├── AgentError (RuntimeError)      what a scripted agent's method raised
    └── ModelFailed (RuntimeError)     a model that an earlier exception has stopped

Every message names the field, the value and the permitted range, on one line.
"""

import math
import operator
from typing import Any


class EconsimError(Exception):
    """Root of everything that econsim raises on purpose."""


class ParameterError(EconsimError, ValueError):
    """A parameter outside its permitted range.

    Parameters
    ----------
    field : str
        Name of the parameter as the caller wrote it.
    value : object
        What was given.
    permitted : str
        The permitted range, in words.
    """

    def __init__(self, field: str, value: Any, permitted: str):
        super().__init__(field, value, permitted)
        self.field, self.value, self.permitted = field, value, permitted

    def __str__(self) -> str:
        shown = " ".join(repr(self.value).split())
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return f"{self.field} = {shown}: must be {self.permitted}"


class BidError(ParameterError):
    """Bids or values that a mechanism cannot take; ``field`` names argument and index."""


class DecisionError(ParameterError):
    """A scripted agent returned the wrong type or range; ``field`` names agent and method."""


class ScenarioError(ParameterError):
    """An entry of a scenario file; ``field`` names the file and the entry."""


class ConvergenceError(EconsimError, ArithmeticError):
    """An iteration that did not arrive within its limit."""


class MechanismError(EconsimError, RuntimeError):
    """A pricing model charged above a limit, sold beyond capacity or filled an order twice."""


class AgentError(EconsimError, RuntimeError):
    """A scripted agent's method raised; ``__cause__`` is what it raised.

    Parameters
    ----------
    place : str
        Class and id of the agent, and the method: ``Sniper 12.bid``.
    cause : Exception
    """

    def __init__(self, place: str, cause: Exception):
        super().__init__(place, cause)
        self.place, self.cause = place, cause

    def __str__(self) -> str:
        return f"{self.place}: {type(self.cause).__name__}: {self.cause}"


ASKED = "in agent "  # how the note begins that an interrupt in an agent's method carries


class ModelFailed(EconsimError, RuntimeError):  # noqa: N818 (the name that the API promises)
    """A model in which an exception interrupted a round or an event, and which goes on no more.

    Parameters
    ----------
    round : int
        Rounds that had been played when it happened.
    cause : BaseException
        What was raised; of an agent, it names agent and method.
    """

    def __init__(self, round: int, cause: BaseException):
        super().__init__(round, cause)
        self.round, self.cause = round, cause

    @property
    def agent(self) -> str | None:
        """Class, id and method of the agent that was asked, if one was."""
        if isinstance(self.cause, DecisionError):
            return self.cause.field
        if isinstance(self.cause, AgentError):
            return self.cause.place
        places = (note.removeprefix(ASKED) for note in self._notes if note.startswith(ASKED))
        return next(places, None)

    @property
    def _notes(self) -> list[str]:
        return getattr(self.cause, "__notes__", [])

    def __str__(self) -> str:
        kind, text = type(self.cause).__name__, " ".join(str(self.cause).split())
        notes = "".join(f" ({note})" for note in self._notes)
        return f"round {self.round + 1} failed and the model has stopped; {kind}: {text}{notes}"


class DataError(EconsimError, ValueError):
    """A data file that cannot be read; names file, line (from 1, header included) and column."""

    def __init__(self, path: Any, problem: str, line: int | None = None, column: str | None = None):
        super().__init__(path, problem, line, column)
        self.path, self.problem, self.line, self.column = path, problem, line, column

    def __str__(self) -> str:
        where = [str(self.path)]
        where += [f"line {self.line}"] if self.line is not None else []
        where += [f"column {self.column}"] if self.column is not None else []
        return f"{', '.join(where)}: {self.problem}"


def integer(field: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as a Python int in ``[low, high]``, or raise `ParameterError`."""
    permitted = f"an integer >= {low}" if high is None else f"an integer from {low} to {high}"
    try:
        number = operator.index(value)
    except TypeError:
        raise ParameterError(field, value, permitted) from None
    if isinstance(value, bool) or number < low or (high is not None and number > high):
        raise ParameterError(field, value, permitted)
    return number


def real(field: str, value: Any, low: float, high: float = math.inf) -> float:
    """Return `value` as a finite Python float in ``[low, high]``, or raise `ParameterError`."""
    permitted = f"a number >= {low:g}" if high == math.inf else f"a number in [{low:g}, {high:g}]"
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ParameterError(field, value, permitted) from None
    if isinstance(value, bool | str) or not math.isfinite(number) or not low <= number <= high:
        raise ParameterError(field, value, permitted)
    return number


def unmasked(field: str, values: Any, error: type[ParameterError] = ParameterError) -> Any:
    """Return `values`, or raise `error` if a NumPy mask hides some of them.

    NumPy drops the mask of a masked array silently where it becomes a plain array, and what was
    hidden would count. Sequences of masked arrays are refused, too.
    """
    from numpy.ma import MaskedArray  # whoever has an array has NumPy: the front door need not

    parts = values if isinstance(values, list | tuple) else ()
    if any(isinstance(part, MaskedArray) for part in (values, *parts)):
        raise error(field, values, "an array without a mask: fill or drop what is masked")
    return values


def boolean(field: str, value: Any) -> bool:
    """Return `value` if it is True or False, or raise `ParameterError`."""
    if not isinstance(value, bool):
        raise ParameterError(field, value, "true or false")
    return value


def one_of(field: str, value: Any, choices: Any) -> Any:
    """Return `value` if it is among `choices`, or raise `ParameterError` that lists them."""
    names = sorted(choices)
    if not isinstance(value, str) or value not in names:
        raise ParameterError(field, value, "one of " + ", ".join(names))
    return value
