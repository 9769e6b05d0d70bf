"""How anything named is resolved: pricing models, strategies, trust models, interventions, attacks.

A *specification* is

- a name: ``"vickrey"``;
- a text with parameters by name, Python literals all: ``"subscription(term=20)"``;
- a class of your own by where it is, with parameters or without: ``"mymodule:Uniform"``;
- a mapping whose ``kind`` is one of these: ``{"kind": "subscription", "term": 20}``;
- a class, or an instance.

A *mix* is a specification, or several with shares that sum to 1: a mapping, a list of pairs, or a
text: ``{"fixed": 0.5, "vickrey": 0.5}``, ``[["fixed", 0.5], ["vickrey", 0.5]]``,
``"fixed:0.5,vickrey:0.5"``.

Text and tables come from the person who runs the program: ``module:Class`` imports the module.
"""

from econsim.registry.core import Mix, Registry, Specification
from econsim.registry.grammar import listed
from econsim.registry.plugins import PluginWarning, installed
from econsim.registry.specified import Specified, spelled

__all__ = [
    "Mix", "PluginWarning", "Registry", "Specification", "Specified", "installed", "listed",
    "spelled",
]  # fmt: skip
