"""DBN files for tests, written with the vendor's own encoder."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip(
    "databento", reason="DBN files need databento: pip install 'barledger[databento]'"
)

import databento_dbn as dbn
import zstandard

UNDEFINED = dbn.UNDEF_PRICE
RTYPES = {"ohlcv-1s": 32, "ohlcv-1m": 33, "ohlcv-1h": 34, "ohlcv-1d": 35}


def ns(stamp: str) -> int:
    return int(np.datetime64(stamp, "ns").astype(np.int64))


def px(price: float | None) -> int:
    return UNDEFINED if price is None else round(price * 1e9)


def bar(stamp: str, prices: Any, volume: int = 1, *, instrument: int = 1, **more: Any) -> Any:
    """A record of one bar; `prices` is (open, high, low, close) or one price for all four."""
    four = prices if isinstance(prices, tuple) else (prices,) * 4
    kind = more.get("schema", "ohlcv-1m")
    names = ("open", "high", "low", "close")
    return dbn.OHLCVMsg(
        rtype=RTYPES[kind],
        publisher_id=more.get("publisher", 1),
        instrument_id=instrument,
        ts_event=ns(stamp),
        volume=volume,
        **{name: px(price) for name, price in zip(names, four, strict=True)},
    )


def trade(stamp: str, price: float, size: int, instrument: int = 1) -> Any:
    return dbn.TradeMsg(
        publisher_id=1,
        instrument_id=instrument,
        ts_event=ns(stamp),
        ts_recv=ns(stamp),
        price=px(price),
        size=size,
        action=dbn.Action.TRADE,
        side=dbn.Side.NONE,
        depth=0,
    )


def bbo(stamp: str, bid: float | None, ask: float | None, instrument: int = 1) -> Any:
    return dbn.BBOMsg(
        rtype=196,
        publisher_id=1,
        instrument_id=instrument,
        ts_event=ns(stamp),
        ts_recv=ns(stamp),
        price=px(None),
        size=0,
        side=dbn.Side.NONE,
        levels=dbn.BidAskPair(bid_px=px(bid), ask_px=px(ask)),
    )


def definition(symbol: str, root: str, *, instrument: int = 1, expiry: str, **more: Any) -> Any:
    tick, tick_value = more.get("tick", 0.25), more.get("tick_value", 12.5)
    return dbn.InstrumentDefMsg(
        publisher_id=1,
        instrument_id=instrument,
        ts_event=ns("2024-01-02"),
        ts_recv=ns("2024-01-02"),
        min_price_increment=px(tick),
        display_factor=px(0.01),
        min_price_increment_amount=px(None if tick_value is None else tick_value * 0.01),
        raw_symbol=symbol,
        asset=root,
        security_type="FUT",
        instrument_class=more.get("kind", dbn.InstrumentClass.FUTURE),
        security_update_action=dbn.SecurityUpdateAction.ADD,
        expiration=ns(expiry),
        currency="USD",
    )


def stat(published: str, day: str, kind: int, value: float, **more: Any) -> Any:
    """A statistic; kind 3 is a settlement (price), 9 open interest (quantity)."""
    is_quantity = kind == 9
    return dbn.StatMsg(
        publisher_id=1,
        instrument_id=more.get("instrument", 1),
        ts_event=ns(published),
        ts_recv=ns(published),
        ts_ref=ns(day),
        price=UNDEFINED if is_quantity else px(value),
        quantity=int(value) if is_quantity else (1 << 63) - 1,
        stat_type=dbn.StatType(kind),
        update_action=more.get("action", dbn.StatUpdateAction.NEW),
        stat_flags=more.get("flags", 3),
    )


def write(path: Path, schema: str, records: list[Any], symbols: Any = None, **more: Any) -> Path:
    """Write a file; `symbols` maps each to (instrument, first day, day after the last) rows."""
    mapped = {"ESH4": [(1, "2024-01-01", "2025-01-01")]} if symbols is None else symbols
    content = encoded(schema, records, mapped, **more)
    if path.name.endswith(".zst"):
        content = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(content)
    return path


def encoded(schema: str, records: list[Any], symbols: Any, **more: Any) -> bytes:
    mappings = [mapping_of(symbol, rows) for symbol, rows in symbols.items()]
    header = dbn.Metadata(
        dataset=more.get("dataset", "GLBX.MDP3"),
        start=ns(more.get("start", "2024-01-01")),
        end=ns(more.get("end", "2025-01-01")),
        stype_in=dbn.SType(more.get("stype_in", "raw_symbol")),
        stype_out=dbn.SType("instrument_id"),
        schema=dbn.Schema(schema),
        symbols=list(symbols),
        partial=list(more.get("partial", [])),
        not_found=list(more.get("not_found", [])),
        mappings=mappings,
        version=more.get("version", 3),
    )
    return bytes(header.encode()) + b"".join(bytes(record) for record in records)


def mapping_of(symbol: str, rows: Any) -> SimpleNamespace:
    intervals = [
        SimpleNamespace(
            start_date=date.fromisoformat(start),
            end_date=date.fromisoformat(stop),
            symbol=str(number),
        )
        for number, start, stop in rows
    ]
    return SimpleNamespace(raw_symbol=symbol, intervals=intervals)
