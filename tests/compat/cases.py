"""VectorBT's observed behaviour, and how a result of ours is laid beside it."""

import gzip
import json
from pathlib import Path

import numpy as np

from barledger.compat import vectorbt

HERE = Path(__file__).parent
FIELDS = {
    "size": "size",
    "entry_idx": "entry_bar",
    "entry_price": "entry_price",
    "entry_fees": "entry_fees",
    "exit_idx": "exit_bar",
    "exit_price": "exit_price",
    "exit_fees": "exit_fees",
    "pnl": "pnl",
    "return": "return",
}
RECORDS = {"exit": "exit_trades", "entry": "entry_trades", "position": "positions"}


def read(name):
    return json.loads(gzip.decompress((HERE / name).read_bytes()))["cases"]


def number(value):
    """Return a number; non-finite ones are written as text."""
    return float("nan") if value == "NaT" else float(value)


def array(value):
    if not isinstance(value, list):
        return number(value) if value in ("inf", "-inf", "nan") else value
    flat = [x for row in value for x in (row if isinstance(row, list) else [row])]
    if all(isinstance(x, bool) for x in flat):
        return np.array(value)
    rows = [[number(x) for x in row] if isinstance(row, list) else number(row) for row in value]
    return np.array(rows)


def run(case, **more):
    given = {**case["kwargs"], **case["inputs"]}
    options = {
        name: value if name in ("group_by", "call_seq") else array(value)
        for name, value in given.items()
    }
    close = options.pop("close")
    return getattr(vectorbt, case["method"])(close, **options, freq="1D", **more)


def is_close(a, b):
    """Whether all agree to 1e-9, relative above 1."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        return False
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= 1e-9 * np.maximum(1.0, np.maximum(np.abs(a), np.abs(b)))
    return bool((near | (a == b) | (np.isnan(a) & np.isnan(b))).all())


def as_rows(table):
    return [dict(zip(table[0], row, strict=True)) for row in table[1:]]


def matrix(value):
    return np.array([[number(x) for x in row] for row in value])


def filled(result):
    """Return filled orders as rows of column, bar, signed size, price, fee."""
    made = {}
    for book in result.books:
        for fill in book.fills:
            column = int(book.columns[fill["asset"]])
            key = (int(fill["bar"]), column)
            row = made.setdefault(key, [column, key[0], 0.0, float(fill["price"]), 0.0])
            row[2] += float(fill["quantity"])
            row[4] += float(fill["fee"])
    return [made[key] for key in sorted(made)]


def expected_orders(expected):
    made = []
    for row in as_rows(expected["orders"]) if expected["orders"] else []:
        size = number(row["size"]) * (1.0 if row["side"] == 0 else -1.0)
        if size != 0.0:
            made.append([row["col"], row["idx"], size, number(row["price"]), number(row["fees"])])
    return sorted(made, key=lambda row: (row[1], row[0]))


def by_group(case, values):
    """Return the sums of groups that do not share cash; of others as they are."""
    groups = case["kwargs"].get("group_by")
    if not groups or case["kwargs"].get("cash_sharing"):
        return values
    labels = sorted(set(groups))
    return values @ np.array([[float(group == label) for label in labels] for group in groups])


def trade_rows(case, result, kind):
    expected = case["expected"][RECORDS[kind]]
    theirs = [
        [r["col"], *(number(r[name]) for name in FIELDS), r["direction"] == 0, r["status"] == 1]
        for r in (as_rows(expected) if expected else [])
        if number(r["size"]) != 0.0
    ]
    columns = {asset: column for column, asset in enumerate(result.assets)}
    ours = [
        [
            columns[r["asset"]],
            *(r[name] for name in FIELDS.values()),
            r["direction"] == "Long",
            r["status"] == "Closed",
        ]
        for r in vectorbt.trades(result, kind).to_dicts()
    ]
    order = [sorted(rows, key=lambda row: (row[0], row[2], row[5])) for rows in (ours, theirs)]
    return order[0], order[1]


def differences(case, result):
    """Return the names of what does not agree."""
    expected, found = case["expected"], []
    if not is_close(filled(result), expected_orders(expected)):
        found.append("orders")
    values = np.column_stack([book.all_equity for book in result.books])
    cash = np.column_stack([book.closes.cash for book in result.books])
    if not is_close(by_group(case, values), matrix(expected["value"])):
        found.append("value")
    if not is_close(by_group(case, cash), matrix(expected["cash"])):
        found.append("cash")
    if "trades_error" not in expected:
        found += [kind for kind in RECORDS if not is_close(*trade_rows(case, result, kind))]
    if "stats" in expected:
        ours = vectorbt.stats(result).row(0, named=True)
        theirs = {name: number(value) for name, value in expected["stats"].items()}
        theirs.pop("Total Records")
        found += [name for name, value in theirs.items() if not is_close(ours[name], value)]
    return found
