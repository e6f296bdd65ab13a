"""Figures of a result or a sweep, drawn with plotly; arrays and frames in, figures out.

Plotly is an optional package: nothing here imports it before a figure is asked for.
"""

from barledger.plots.distribution import plot_distribution
from barledger.plots.heatmap import plot_heatmap
from barledger.plots.ledger import plot_ledger
from barledger.plots.overview import plot
from barledger.plots.parallel import plot_parallel
from barledger.plots.positions import plot_positions
from barledger.plots.returns import plot_returns
from barledger.plots.trades import plot_trades
from barledger.plots.walk import plot_walk

__all__ = [
    "plot",
    "plot_distribution",
    "plot_heatmap",
    "plot_ledger",
    "plot_parallel",
    "plot_positions",
    "plot_returns",
    "plot_trades",
    "plot_walk",
]
