"""The texts that specifications may be: parameters, shares, lists."""

import ast
import re
from contextlib import suppress
from typing import Any

TEXT = re.compile(r"\s*([^()\s]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def called(text: str) -> tuple[str, dict[str, Any]]:
    """The name, and the parameters, of ``name(parameter=literal, ...)``.

    Raises
    ------
    ValueError
        If it is nothing of the kind.
    """
    match = TEXT.fullmatch(text)
    if match is None:
        raise ValueError(text)
    try:
        call = ast.parse(f"_({match[2] or ''}\n)", mode="eval").body
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args:
            parameters = {k.arg or "**": ast.literal_eval(k.value) for k in call.keywords}
            if len(parameters) == len(call.keywords):
                return match[1], parameters
    except (SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    raise ValueError(text)


def shares(text: str) -> list[tuple[str, float | None]]:
    """Parts of ``name:share,name:share``, each with its share, or None where none is written."""
    return [_share(part) for part in _split(text, ",")]


def listed(text: str) -> list[str]:
    """Specifications of a list that has commas or blanks between them; a mix is one of them."""
    if any(share is not None for _, share in shares(text)):
        return [text]
    return [part for part in _split(text, ", ") if part]


def _split(text: str, separators: str) -> list[str]:
    """Parts between separators that are outside brackets and quotes."""
    bare = QUOTED.sub(lambda match: "_" * len(match[0]), text)
    depth, ends = 0, [-1]
    for place, letter in enumerate(bare):
        depth += (letter in "([{") - (letter in ")]}")
        ends += [place] if letter in separators and not depth else []
    return [text[a + 1 : b].strip() for a, b in zip(ends, [*ends[1:], len(text)], strict=True)]


def _share(part: str) -> tuple[str, float | None]:
    """A specification and the share behind its last colon, or itself and None."""
    specification, _, share = part.rpartition(":")
    with suppress(ValueError):
        return specification.strip(), float(share)
    return part, None
