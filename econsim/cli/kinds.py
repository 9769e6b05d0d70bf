"""``econsim kinds``."""

from econsim.cli.shell import app, console
from econsim.pricing import PRICING_MODELS
from econsim.registry import Registry
from econsim.strategies import SELLER_STRATEGIES, STRATEGIES
from econsim.trust import TRUST_MODELS


@app.command()
def kinds() -> None:
    """List what --pricing, --strategy, --seller-strategy and --trust may be, with parameters.

    What installed packages bring is among it.
    """
    for registry in (PRICING_MODELS, STRATEGIES, SELLER_STRATEGIES, TRUST_MODELS):
        _show(registry)


def _show(registry: Registry) -> None:
    console.print(f"--{registry.field.replace('_', '-')}", style="bold", highlight=False)
    for name, meaning in registry.describe().items():
        known = registry.parameters(registry[name]).values()
        takes = ", ".join(
            p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in known
        )
        console.print(f"  {name}({takes})" if takes else f"  {name}", highlight=False)
        console.print(f"      {meaning}", highlight=False, style="dim")
