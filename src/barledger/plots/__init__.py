"""Figures of a result, drawn with plotly; arrays and frames in, figures out.

Plotly is an optional package: nothing here imports it before a figure is asked for.
"""

from barledger.plots.ledger import plot_ledger
from barledger.plots.overview import plot
from barledger.plots.positions import plot_positions
from barledger.plots.returns import plot_returns
from barledger.plots.trades import plot_trades

__all__ = ["plot", "plot_ledger", "plot_positions", "plot_returns", "plot_trades"]
