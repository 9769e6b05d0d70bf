"""Columns with Mesa `Agent` views: `Population`, `PopulationModel`, `RowAgent`, `RowSet`."""

from econsim.population.model import PopulationModel, Rng, seed_of
from econsim.population.table import Population
from econsim.population.views import RowAgent, RowSet

__all__ = ["Population", "PopulationModel", "Rng", "RowAgent", "RowSet", "seed_of"]
