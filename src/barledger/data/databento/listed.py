"""Definition records: what each instrument is, and the contracts made of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from barledger.data.databento.bars import paths_of
from barledger.data.databento.files import read_records
from barledger.instruments import catalog
from barledger.instruments.contract import Contract, Margin

if TYPE_CHECKING:
    import polars as pl

KINDS = {
    "F": "future", "K": "stock", "B": "bond", "C": "call", "P": "put", "S": "future spread",
    "T": "option spread", "M": "mixed spread", "X": "FX spot", "Y": "commodity spot",
}  # fmt: skip


def definitions(path: str | Path | Sequence[str | Path]) -> "pl.DataFrame":
    """Return what definition files say of each instrument, the last record of each.

    Returns
    -------
    polars.DataFrame
        symbol, instrument_id, root, kind, multiplier, tick, tick_value, currency, exchange,
        activation, expiry, strike, underlying, known_from (when the record came), by symbol. Null:
        not defined. A record that deletes the instrument leaves it in, for the days before.

    Notes
    -----
    The vendor gives the money of a tick in units of its display factor, so

        tick_value = min_price_increment_amount / display_factor,  multiplier = tick_value / tick

    and where that is undefined the multiplier is the quantity of a contract (unit_of_measure_qty).
    """
    import polars as pl

    raw = pl.concat([read_records(each, "definition") for each in paths_of(path)])
    last = raw.sort("ts_recv", maintain_order=True).unique(
        ["instrument_id", "raw_symbol"], keep="last"
    )
    defined = last.with_columns(
        pl.col(pl.Float64).fill_nan(None), pl.col(pl.String).replace("", None)
    )
    tick_value = pl.col("min_price_increment_amount") / pl.col("display_factor")
    tick = pl.col("min_price_increment")
    return defined.select(
        pl.col("raw_symbol").alias("symbol"),
        pl.col("instrument_id").cast(pl.Int64),
        pl.col("asset").alias("root"),
        pl.col("instrument_class").replace_strict(KINDS, default="other").alias("kind"),
        pl.coalesce((tick_value / tick).round(9), "unit_of_measure_qty").alias("multiplier"),
        tick.alias("tick"),
        tick_value.round(9).alias("tick_value"),
        "currency",
        "exchange",
        "activation",
        pl.col("expiration").alias("expiry"),
        pl.col("strike_price").alias("strike"),
        "underlying",
        pl.col("ts_recv").alias("known_from"),
    ).sort("symbol")


def contracts(
    path: str | Path | Sequence[str | Path], initial: Margin | Mapping[str, Margin] | None = None
) -> dict[str, Contract]:
    """Return a `Contract` for each future and stock of definition files, by symbol.

    Parameters
    ----------
    path
        Definition files.
    initial
        Initial margin of futures, which definitions do not tell: one for all, or a mapping from
        root or symbol. None: the catalogue's, of January 2022.

    Raises
    ------
    ValueError
        A future has no margin, no multiplier, or another multiplier than the catalogue says.
    """
    found = {}
    for row in definitions(path).iter_rows(named=True):
        if row["kind"] == "stock":
            found[row["symbol"]] = Contract(tick=row["tick"] or 0.0)
        elif row["kind"] == "future":
            margin = _margin(row["symbol"], row["root"], initial)
            found[row["symbol"]] = Contract(
                kind="future",
                multiplier=_multiplier(row["symbol"], row["root"], row["multiplier"]),
                tick=row["tick"] or 0.0,
                initial=margin[0],
                maintenance=margin[1],
                currency=row["currency"] or "USD",
            )
    return found


def _margin(
    symbol: str, root: str, initial: Margin | Mapping[str, Margin] | None
) -> tuple[Margin, Margin | None]:
    """Return initial and maintenance margin; the latter None for the usual ratio."""
    if isinstance(initial, Mapping):
        given = initial.get(symbol, initial.get(root))
        if given is not None:
            return given, None
    elif initial is not None:
        return initial, None
    if root not in catalog.known():
        raise ValueError(
            f"{symbol} needs a margin, which definitions do not tell: give initial="
            f"{{{root!r}: ...}}, in money a contract"
        )
    known = catalog.contract(root)
    assert known.initial is not None
    return known.initial, known.maintenance


def _multiplier(symbol: str, root: str, defined: float | None) -> float:
    known = catalog.listing(root).multiplier if root in catalog.known() else None
    if defined is None:
        if known is None:
            raise ValueError(f"the definition of {symbol} tells no multiplier; make its Contract")
        return known
    if known is not None and abs(defined - known) > 1e-6 * known:
        raise ValueError(
            f"the definition of {symbol} makes a multiplier of {defined:g}, the catalogue has "
            f"{known:g} for {root}: make its Contract by hand"
        )
    return known if known is not None else defined
