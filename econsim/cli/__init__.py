"""The command ``econsim``."""

import sys
from typing import Any

import typer

from econsim.cli import (  # noqa: F401  (add commands)
    attacks,
    dashboards,
    markets,
    records,
    reproductions,
)
from econsim.cli.shell import app
from econsim.errors import EconsimError
from econsim.pricing import REGISTRY

# Newer typer brings its own click, so the root of its usage errors is found, not imported.
_ancestors = typer.BadParameter.__mro__
UsageError: Any = next(cls for cls in _ancestors if cls.__name__ == "ClickException")


def _joined(arguments: list[str]) -> list[str]:
    """``--pricing a b`` as ``--pricing "a b"``: names may follow each other without quotes."""
    joined: list[str] = []
    for word in arguments:
        first = word.split(":")[0].split(",")[0]
        if len(joined) > 1 and joined[-2] == "--pricing" and first in REGISTRY:
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def main(arguments: list[str] | None = None) -> None:
    """Run the command; bad input is one line on standard error and exit code 2."""
    words = _joined(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(words, standalone_mode=False, prog_name="econsim")
    except (EconsimError, UsageError) as error:
        text = str(error) if isinstance(error, EconsimError) else error.format_message()
        typer.echo(f"econsim: {' '.join(text.split())}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("econsim: interrupted", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
