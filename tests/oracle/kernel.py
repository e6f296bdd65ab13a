"""The compiled engine on the oracle's worlds, and what differs between the two."""

import math
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from barledger.accounts import Cash
from barledger.data.bars import Bars
from barledger.data.events import Events
from barledger.kernel import codes
from barledger.lowering import wishes
from barledger.lowering.drive import Run, run
from barledger.lowering.replays import replay_closes, replay_holdings
from barledger.lowering.request import Request
from barledger.lowering.sizes import as_size
from barledger.lowering.varying import full
from barledger.options import Fee, PercentFee, Rules, Shares
from barledger.risk import RiskLimits
from barledger.slippage import Slippage
from barledger.state import State

from .carry import CarryTerms
from .exchange import FOREIGN
from .levels import StopTerms
from .market import Market, Outcome, Wishes
from .resting import Own, RestingTerms
from .worlds import Case

# Reasons for which the two tell different wanted quantities: what was asked for before the cut to
# lots, a closing that is gone, an opening that was refused before it was sized.
UNLIKE = (
    "size_zero",
    "position_gone",
    "set_unaffordable",
    "exclusive",
    "exclusive_blocked",
    "delisted",
)

HALF_HOUR = np.timedelta64(30, "m")  # into a bar
DEFAULTS: dict[str, Any] = {
    "size": None,
    "fees": 0.0,
    "slippage": 0.0,
    "fill": "next_open",
    "price": None,
    "rules": Rules(),
    "priority": None,
    "exclusive": None,
    "limits": None,
    "splits": (),
    "flows": (),
    "stops": None,
    "liquidity": None,
    "halts": None,
    "impact": None,
    "delay": 0,
    "carry": None,
    "initial_cash": 100_000.0,
}


def times_of(dates: list[date]) -> np.ndarray:
    """Distinct stamps on the given dates: an hour apart within a date."""
    stamps = np.array(dates, "datetime64[s]")
    hour = 0
    for bar in range(1, len(stamps)):
        hour = hour + 1 if dates[bar] == dates[bar - 1] else 0
        stamps[bar] += np.timedelta64(hour * 3600, "s")
    return stamps.astype("datetime64[ns]")


def bars_of(market: Market) -> Bars:
    """The market as Bars."""

    def matrix(rows: Any) -> Any:
        return None if rows is None else np.array(rows, np.float64)

    return Bars.from_arrays(
        matrix(market.close),
        open=matrix(market.open),
        high=matrix(market.high),
        low=matrix(market.low),
        settlement=matrix(market.settlement),
        volume=matrix(market.volume),
        mark=None if market.marks is None else tuple(matrix(rows) for rows in market.marks),
        tradable=None if market.tradable is None else np.array(market.tradable),
        time=times_of(list(market.dates)),
        assets=[f"A{j}" for j in range(market.n_assets)],
        contracts=list(market.contracts),
    )


def wishes_of(bars: Bars, wished: Wishes) -> wishes.Wishes:
    """The oracle's wishes as the kernel's."""
    if wished.signals is not None:
        names = ("entries", "short_entries", "exits", "short_exits")
        long_entry, long_exit, short_entry, short_exit = (
            np.array(matrix, np.bool_) for matrix in wished.signals
        )
        arrays = (long_entry, short_entry, long_exit, short_exit)
        return wishes.from_signals(bars, "long", **dict(zip(names, arrays, strict=True)))
    if wished.targets is not None:
        return wishes.from_targets(bars, np.array(wished.targets, np.float64), wished.unit)
    import polars as pl

    rows = wished.orders or []
    frame = pl.DataFrame(
        {
            "bar": pl.Series([row[0] for row in rows], dtype=pl.Int64),
            "asset": pl.Series([f"A{row[1]}" for row in rows], dtype=pl.String),
            "quantity": pl.Series([row[2] for row in rows], dtype=pl.Float64),
        }
    )
    if any(len(row) > 3 for row in rows):
        frame = frame.with_columns(*columns_of([row[3] for row in rows]))
    return wishes.from_order_frame(bars, frame)


def columns_of(owns: list[Own]) -> list[Any]:
    """What each order says of itself, as columns of a frame."""
    import polars as pl

    named = {
        "kind": pl.String, "price": pl.Float64, "stop": pl.Float64, "tif": pl.String,
        "until": pl.Date, "stop_loss": pl.Float64, "take_profit": pl.Float64,
    }  # fmt: skip
    columns = [
        pl.Series(name, [getattr(own, name) for own in owns], dtype=kind)
        for name, kind in named.items()
    ]
    return [*columns, pl.Series("oco", [own.group for own in owns], dtype=pl.String)]


def request_of(case: Case) -> Request:
    """The case as a request, past the facade: the oracle's own forms of input stay possible."""
    market, given = case.market, case.arguments
    bars = bars_of(market)
    names = bars.assets
    events = Events(
        splits=[(bars.time[bar], names[asset], ratio) for bar, asset, ratio in given["splits"]],
        cash_flows=[(bars.time[bar], amount) for bar, amount in given["flows"]],
        funding=[
            (bars.time[bar] + HALF_HOUR * late, names[asset], rate, mark)
            for bar, asset, rate, mark, late in market.fundings
        ],
        **carry_of(given.get("carry"), bars),
    ).fixed(bars.time, names)
    fees, slippage, size = given["fees"], given["slippage"], given["size"]
    price = given["price"]
    if isinstance(size, float | int) and not math.isfinite(size):
        size = Shares(size)
    positions = given.get("positions")
    start = None
    if positions or given.get("unsettled"):
        start = State(
            given["initial_cash"],
            {names[asset]: row for asset, row in (positions or {}).items()},
            tuple(given.get("unsettled", ())),
        )
    fill = given["fill"]
    return Request(
        bars=bars,
        wishes=wishes_of(bars, case.wishes),
        size=as_size(size, bars),
        account=given["account"],
        fees=fees if isinstance(fees, Fee) else PercentFee(fees),
        slippage=slippage if isinstance(slippage, Slippage) else Slippage(slippage),
        fill="next_close" if fill == "next_open" and market.open is None else fill,
        price=None if price is None else full("price", price, *bars.shape),
        rules=given["rules"],
        priority=given["priority"],
        exclusive=tuple(tuple(group) for group in given["exclusive"] or ()),
        limits=given["limits"] or RiskLimits(),
        events=events,
        initial_cash=given["initial_cash"],
        start=start,
        record="full",
        liquidity=given.get("liquidity"),
        halts=given.get("halts"),
        impact=given.get("impact"),
        delay=given.get("delay", 0),
        **stops_of(given.get("stops")),
        **resting_of(given.get("resting")),
    )


def carry_of(drawn: CarryTerms | None, bars: Bars) -> dict[str, Any]:
    """What time does, as events; none leaves them out."""
    if drawn is None:
        return {}
    times, names = bars.time, bars.assets
    given: dict[str, Any] = {
        kind: [(times[bar], names[asset], value) for bar, asset, value in getattr(drawn, kind)]
        for kind in ("dividends", "delistings", "expiries")
    }
    given["rolls"] = [(times[bar], names[a], names[b], *both) for bar, a, b, *both in drawn.rolls]
    for kind in ("borrow", "borrowable"):
        given[kind] = getattr(drawn, kind)
    if drawn.fx is not None:
        given["fx"] = {FOREIGN: np.array(drawn.fx)}
    if drawn.benchmark is not None:
        given["rates"] = np.array(drawn.benchmark)
    return given


def stops_of(drawn: StopTerms | None) -> dict[str, Any]:
    """The stops as a field of the request; none leaves the field alone."""
    if drawn is None:
        return {}
    from barledger.stops import Stops

    return {"stops": Stops(**vars(drawn))}


def resting_of(drawn: RestingTerms | None) -> dict[str, Any]:
    """The kind of orders as a field of the request; at the market leaves the field alone."""
    if drawn is None:
        return {}
    from barledger import orders

    life = {"tif": drawn.tif, "until": drawn.until}
    if drawn.kind == "stop_limit":
        return {"orders": orders.StopLimit(drawn.stop, drawn.price, **life)}
    kind = getattr(orders, "".join(word.title() for word in drawn.kind.split("_")))
    if drawn.kind in ("market_on_open", "market_on_close"):
        return {"orders": kind(**life)}
    return {"orders": kind(drawn.price, **life)}


def kernel_run(case: Case, **how: Any) -> Run:
    """Run a case through the kernel."""
    return run(request_of(case), **how)


def word(enum: Any, code: int) -> str:
    """Name of a code in lower case."""
    return str(enum(int(code)).name.lower())


def orders_of(ran: Run) -> list[tuple[Any, ...]]:
    """Orders as (placed, bar, asset, state, reason, cause), the still waiting ones as expired."""
    rows = [
        (
            int(row["placed"]),
            int(row["bar"]),
            int(row["asset"]),
            word(codes.State, row["state"]),
            word(codes.Reason, row["reason"]),
            word(codes.Cause, row["cause"]),
        )
        for row in ran.orders
    ]
    last = len(ran.request.bars) - 1
    untold = [row for row in ran.waiting if row["order"] < 0]
    for row in sorted(untold, key=lambda row: (row["placed"], row["asset"])):
        cause = word(codes.Cause, row["cause"])
        rows.append((int(row["placed"]), last, int(row["asset"]), "expired", "end_of_data", cause))
    return rows


def close_to(a: float, b: float, scale: float) -> bool:
    """Whether two numbers agree to 1e-9 of the scale; NaN agrees with NaN."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-9 * max(scale, abs(a), abs(b))


def differences(case: Case, outcome: Outcome, ran: Run) -> list[str]:
    """What differs between the oracle's outcome and the kernel's run, in words."""
    found: list[str] = []
    cash = case.arguments["initial_cash"]
    expected = [
        (o["placed"], o["bar"], o["asset"], o["state"], o["reason"] or "none", o["cause"])
        for o in outcome.orders
    ]
    actual = orders_of(ran)
    for number, (want, got) in enumerate(zip(expected, actual, strict=False)):
        if want != got:
            found.append(f"order {number}: oracle {want}, kernel {got}")
            break
    if len(expected) != len(actual):
        found.append(f"orders: oracle {len(expected)}, kernel {len(actual)}")
    for number, (order, row) in enumerate(zip(outcome.orders, ran.orders, strict=False)):
        want, got = float(order["quantity"]), float(row["quantity"])
        # The kernel tells what was asked before the cut, and of what is gone no quantity at all.
        differs = order["reason"] in UNLIKE
        if not close_to(want, got, 1.0) and not differs:
            found.append(f"order {number} quantity: oracle {want}, kernel {got}")
            break
    names = ("bar", "asset", "order", "quantity", "price", "fee", "amount", "slippage")
    for number, (fill, row) in enumerate(zip(outcome.fills, ran.fills, strict=False)):
        wrong = [
            f"{name} {fill[name]} / {row[name]}"
            for name in names
            if not close_to(float(fill[name]), float(row[name]), 1.0 if name != "amount" else cash)
        ]
        if bool(fill["closes"]) != bool(row["closes"]):
            wrong.append("closes")
        if bool(fill.get("maker")) != bool(row["is_maker"]):
            wrong.append("maker")
        if wrong:
            found.append(f"fill {number} at bar {fill['bar']}: {', '.join(wrong)}")
            break
    if len(outcome.fills) != len(ran.fills):
        found.append(f"fills: oracle {len(outcome.fills)}, kernel {len(ran.fills)}")
    found += _entry_differences(outcome, ran, cash)
    found += _curve_differences(case, outcome, ran, cash)
    return found


def _entry_differences(outcome: Outcome, ran: Run, cash: float) -> list[str]:
    found = []
    entries = [row for row in ran.entries if row["amount"] != 0.0]  # others only help a replay
    want = [(e["bar"], e["asset"], e["category"]) for e in outcome.entries]
    got = [(int(r["bar"]), int(r["asset"]), word(codes.Category, r["category"])) for r in entries]
    if want != got:
        found.append(f"entries: oracle {want}, kernel {got}")
    for entry, row in zip(outcome.entries, entries, strict=False):
        if not close_to(entry["amount"], float(row["amount"]), cash):
            found.append(f"entry {entry}: kernel {row['amount']}")
            break
    wanted = [(i["bar"], i["asset"], i["kind"]) for i in outcome.incidents]
    happened = [
        (int(r["bar"]), int(r["asset"]), word(codes.Incident, r["kind"])) for r in ran.incidents
    ]
    if wanted != happened:
        found.append(f"incidents: oracle {wanted}, kernel {happened}")
    else:
        for incident, row in zip(outcome.incidents, ran.incidents, strict=True):
            for name in ("amount", "level"):
                if not close_to(incident[name], float(row[name]), cash):
                    found.append(f"incident {incident}: kernel {name} {row[name]}")
    counts = {name.name.lower(): int(ran.counts[name]) for name in codes.Count}
    if {k: v for k, v in outcome.counts.items() if v} != {k: v for k, v in counts.items() if v}:
        found.append(f"counts: oracle {outcome.counts}, kernel {counts}")
    return found


def _curve_differences(case: Case, outcome: Outcome, ran: Run, cash: float) -> list[str]:
    found = []
    closes = replay_closes(ran)
    if not np.array_equal(closes.equity, ran.equity, equal_nan=True):
        found.append("equity of the replay differs from that of the run")
    curves = {"equity": ran.equity, "cash": closes.cash, "settled": closes.settled}
    if not isinstance(case.arguments["account"], Cash):
        curves.pop("settled")
    for name in ("initial", "maintenance"):
        curves[name] = getattr(closes, name)
    for name, curve in curves.items():
        for bar, (want, got) in enumerate(zip(getattr(outcome, name), curve, strict=True)):
            if not close_to(float(want), float(got), cash):
                found.append(f"{name} at bar {bar}: oracle {want}, kernel {got}")
                break
    last = replay_holdings(ran)
    last = last[last["bar"] == len(ran.equity) - 1]
    held = {int(row["asset"]): float(row["quantity"]) for row in last}
    wanted = {j: row[0] for j, row in outcome.positions.items()}
    if sorted(held) != sorted(wanted) or any(
        not close_to(wanted[j], held[j], 1.0) for j in held if j in wanted
    ):
        found.append(f"positions: oracle {wanted}, kernel {held}")
    averages = {name: row[1] for name, row in ran.state.positions.items()}
    for asset, (_, average, *_) in outcome.positions.items():
        got = averages.get(f"A{asset}", math.nan)
        if not close_to(average, got, 1.0):
            found.append(f"average of asset {asset}: oracle {average}, kernel {got}")
    return found


def without(case: Case, **changes: Any) -> Case:
    """The case with some arguments replaced."""
    return replace(case, arguments={**case.arguments, **changes})


def simulate_both(market: Market, wishes: Wishes, **arguments: Any) -> Outcome:
    """Run the oracle, and see that the kernel says the same."""
    case = Case(market, wishes, DEFAULTS | arguments)
    outcome = case.run()
    found = differences(case, outcome, kernel_run(case))
    assert not found, "; ".join(found)
    return outcome
