"""Databento: DBN files to frames and bars, and the historical API with the cost asked first."""

from barledger.data.databento.bars import read_frame
from barledger.data.databento.chains import chain, changes
from barledger.data.databento.fetching import Plan, fetch, fill_lake, offline_plan, plan
from barledger.data.databento.files import read_records
from barledger.data.databento.listed import contracts, definitions
from barledger.data.databento.published import finals, known_at, statistics, with_settlement
from barledger.data.databento.reading import read
from barledger.data.databento.retry import Retries, TooExpensive, VendorError

__all__ = [
    "Plan",
    "Retries",
    "TooExpensive",
    "VendorError",
    "chain",
    "changes",
    "contracts",
    "definitions",
    "fetch",
    "fill_lake",
    "finals",
    "known_at",
    "offline_plan",
    "plan",
    "read",
    "read_frame",
    "read_records",
    "statistics",
    "with_settlement",
]
