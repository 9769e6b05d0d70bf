"""A small market, and one that is played as its link says."""

from econsim.visualization.engines.market import MarketWorker
from econsim.visualization.server.permalink import Setting

SMALL = Setting("agents", 3, {"buyers": 200})


def played(setting):
    worker = MarketWorker(setting)
    while worker.ahead():
        worker.step()
    return worker
