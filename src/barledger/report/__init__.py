"""One HTML page of a result: numbers, figures and tables in one file that needs no network.

Figures are drawn as SVG by this room itself, so that a page is small and needs no other package.
"""

from barledger.report.page import write

__all__ = ["write"]
