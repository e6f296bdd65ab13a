"""The quality of rows as they came: a report, and policies that raise, drop or repair."""

from barledger.data.quality.cleaned import Cleaned, Faulty, clean
from barledger.data.quality.reported import Report, report

__all__ = ["Cleaned", "Faulty", "Report", "clean", "report"]
