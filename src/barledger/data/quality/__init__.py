"""The quality of rows as they came: a report, and policies that raise, drop or repair."""

from barledger.data.quality.clean import Cleaned, Faulty, clean
from barledger.data.quality.report import Report, report

__all__ = ["Cleaned", "Faulty", "Report", "clean", "report"]
