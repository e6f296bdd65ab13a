"""Rows as they came: a frame of any library with known names, order and duplicates untouched."""

from typing import TYPE_CHECKING

import numpy as np

from barledger.data.bars import Bars
from barledger.data.frames import long_rows

if TYPE_CHECKING:
    import polars as pl

PRICES = ("open", "high", "low", "close")


def rows_of(data: object) -> "pl.DataFrame":
    """Return the columns row, time, asset, and those of open, high, low, close, volume there are.

    `row` is the place in the frame that was given. Nulls become NaN.
    """
    import polars as pl

    if isinstance(data, Bars):
        if data.time.dtype.kind != "M":
            raise TypeError("quality is told of bars with times, these are only numbered")
        frame = data.to_frame().filter(pl.col("close").is_not_nan())
    else:
        frame = long_rows(data)
    floats = [name for name in (*PRICES, "volume") if name in frame.columns]
    missing = np.isnat(frame["time"].to_numpy())
    if missing.any():
        raise ValueError(f"time must not be empty: row {int(np.argmax(missing))} has none")
    return frame.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64),
        pl.col(floats).cast(pl.Float64).fill_null(float("nan")),
    )
