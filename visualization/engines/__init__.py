"""Engines: processes that own a market, a comparison or a job, and a session's side of them."""
