"""Kernels compile at their first call, so a deadline for one example would measure the compiler."""

from hypothesis import settings

settings.register_profile("equilibrium", deadline=None, max_examples=40)
settings.load_profile("equilibrium")
