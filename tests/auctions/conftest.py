"""Kernels compile at their first call, so a deadline for one example would measure the compiler."""

from hypothesis import settings

settings.register_profile("auctions", deadline=None)
settings.load_profile("auctions")
