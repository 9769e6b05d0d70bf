"""The market, live, in a browser: a Solara dashboard of marketplaces, auctions and equilibria.

`econsim dashboard` starts it; ``solara run econsim.visualization.dashboard`` does, too. It needs
the extra ``econsim[viz]``. Its rooms, from the top: `dashboard`, `pages`, `widgets`, `engines`,
`charts` and `server`, `numbers`; an import between two of them only points down.
"""
