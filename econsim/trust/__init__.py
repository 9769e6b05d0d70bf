"""Trust in a seller, from what it delivered."""

from econsim.trust.reputation import beta_mean

__all__ = ["beta_mean"]
