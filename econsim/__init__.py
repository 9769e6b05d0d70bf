"""econsim: which pricing mechanism should this market use?

Agent-based simulation of markets of autonomous buyers and sellers, on Mesa and at array speed::

    import econsim

    market = econsim.Marketplace(buyers=1000, sellers=50, pricing="vickrey", rng=1)
    comparison = econsim.compare("agents", ["fixed", "vickrey"])

Importing it is instant: what a name needs is imported when the name is first asked for. The same
questions on a command line: ``econsim --help``.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.1.0"

_ERRORS = (
    "AgentError", "BidError", "ConvergenceError", "DataError", "DecisionError", "EconsimError",
    "MechanismError", "ModelFailed", "ParameterError", "ScenarioError",
)  # fmt: skip
_HOMES = dict.fromkeys(_ERRORS, "econsim.errors") | {
    "Marketplace": "econsim.models.marketplace",
    "audit": "econsim.audit",
    "calibrate": "econsim.experiments.calibrate",
    "compare": "econsim.experiments.compare",
    "replay": "econsim.experiments.replay",
    "reproduce": "econsim.experiments.reproduce",
}
__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'econsim' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _FrontDoor(ModuleType):
    """The package with ``econsim.audit`` the function, always.

    Importing the subpackage of that name sets the attribute to the module, which only
    ``from econsim.audit import ...`` needs; that does not look here.
    """

    @property
    def audit(self) -> Any:
        return import_module("econsim.audit").audit

    @audit.setter
    def audit(self, module: ModuleType) -> None:
        """Python offers the subpackage here once it has imported it."""


sys.modules[__name__].__class__ = _FrontDoor
