"""What a run leaves behind: records, and everything derived from them on demand."""

from barledger.result.part import Part
from barledger.result.result import Result

__all__ = ["Part", "Result"]
