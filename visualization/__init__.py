"""The market, live, in a browser: a Solara dashboard of marketplaces, auctions and equilibria.

`econsim dashboard` starts it; ``solara run econsim.visualization.dashboard`` does, too. It needs
the extra ``econsim[viz]``.
"""
