"""econsim: which pricing mechanism should this market use?

Agent-based simulation of markets of autonomous buyers and sellers, on Mesa and at array speed.
Start with `econsim.models.marketplace.Marketplace` or the command ``econsim --help``.
"""

__version__ = "0.1.0"
