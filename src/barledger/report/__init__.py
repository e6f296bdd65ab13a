"""One HTML page of a result, a sweep or a walk forward: numbers, figures and tables in one file that needs no network.

Figures are drawn as SVG by this room itself, so that a page is small and needs no other package.
"""

from barledger.report.page import write
from barledger.report.sweep import write as write_sweep
from barledger.report.walk import write as write_walk

__all__ = ["write", "write_sweep", "write_walk"]
