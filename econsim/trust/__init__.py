"""Trust in a seller, from what it delivered and from what others say."""

from econsim.trust.graph import eigentrust, transitive_trust
from econsim.trust.reputation import BetaReputation, ExponentialTrust, Outcome, beta_mean

__all__ = [
    "BetaReputation",
    "ExponentialTrust",
    "Outcome",
    "beta_mean",
    "eigentrust",
    "transitive_trust",
]
