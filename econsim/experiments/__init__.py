"""Experiments on markets: bid histories, replay, calibration."""
