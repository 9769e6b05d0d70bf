"""Trust models by name."""

from econsim.registry import Registry
from econsim.trust.models import Beta, EigenTrust, Exponential, TrustModel

TRUST_MODELS = Registry(
    "trust",
    TrustModel,
    {model.name: model for model in (Beta, Exponential, EigenTrust)},
    group="econsim.trust",
)
