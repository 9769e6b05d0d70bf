"""Trust in a seller, from what it delivered and from what others say."""

from econsim.trust.graph import eigentrust, transitive_trust
from econsim.trust.models import Beta, EigenTrust, Evidence, Exponential, TrustModel
from econsim.trust.outcomes import Outcome
from econsim.trust.ratings import Pairs, Ratings
from econsim.trust.registry import TRUST_MODELS
from econsim.trust.reputation import BetaReputation, ExponentialTrust, beta_mean

__all__ = [
    "TRUST_MODELS",
    "Beta",
    "BetaReputation",
    "EigenTrust",
    "Evidence",
    "Exponential",
    "ExponentialTrust",
    "Outcome",
    "Pairs",
    "Ratings",
    "TrustModel",
    "beta_mean",
    "eigentrust",
    "transitive_trust",
]
