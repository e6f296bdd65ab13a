"""Every table of a result: its columns, and that the tables agree with each other."""

import functools

import numpy as np
import polars as pl
import pytest
from markets import cash, equity, flat_bars, near

import barledger as bl

ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=12_000)
COLUMNS = {
    "fills": "time bar account asset order quantity price fee reason",
    "orders": "time bar account asset order quantity filled price state reason",
    "trades": "account asset direction quantity entry_time entry_price exit_time exit_price fees "
    "pnl return status",
    "ledger": "time bar account asset category amount",
    "rejections": "time bar account asset reason wanted done",
    "positions": "time bar account asset quantity price value",
    "incidents": "time bar account asset kind amount",
    "equity": "time equity",
    "cash": "time cash settled unsettled",
    "margin": "time initial maintenance free buying_power call_amount",
    "exposure": "time gross net long short",
    "returns": "time return",
    "drawdowns": "account peak_time valley_time recovery_time depth bars",
}


@functools.cache
def busy(basis="average"):
    """Three years of random signals on stocks and a future, with splits, flows and costs."""
    draws = np.random.default_rng(21)
    days = np.arange("2020-01-01", "2022-01-01", dtype="datetime64[D]")
    close = 60.0 * np.exp(draws.normal(0, 0.02, (len(days), 4)).cumsum(axis=0))
    close[:, 3] = np.round(close[:, 3] * 4) / 4
    bars = bl.Bars.from_arrays(
        close, open=close * 1.001, time=days, assets=list("ABCD"), contracts={"D": ES}
    )
    events = bl.Events(
        splits=[("2020-06-01", "A", 2.0), ("2021-02-01", "B", 0.3)],
        cash_flows=[("2020-04-01", 20_000.0), ("2021-04-01", -9000.0)],
    )
    signals = draws.random((4, *close.shape)) < 0.06
    return bl.Portfolio.from_signals(
        bars, *signals, size=bl.PercentOfEquity(0.4), account=bl.RegT(), events=events,
        fees=bl.PerUnitFee(0.01, minimum=1.0), slippage=0.0005, rules=bl.Rules(cost_basis=basis),
    )  # fmt: skip


def categories(result):
    return dict(result.ledger.group_by("category").agg(pl.col("amount").sum()).iter_rows())


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_those_of_the_contract(name):
    frame = getattr(busy(), name)
    wanted = COLUMNS[name].split()
    assert [column for column in frame.columns if column in wanted] == wanted
    assert len(frame) > 0 or name == "incidents"


def test_the_ledger_in_its_order_is_the_cash_to_the_bit():
    result = busy()
    money = 100_000.0
    after = {}
    for bar, amount in result.ledger.select("bar", "amount").iter_rows():
        money += amount
        after[bar] = money
    found = cash(result)
    assert all(found[bar] == expected for bar, expected in after.items())
    assert found[-1] == money


def test_the_ledger_by_category_is_what_other_tables_say():
    result = busy()
    sums = categories(result)
    assert -sums["fee"] == pytest.approx(result.fills["fee"].sum())
    assert sums["trade"] == pytest.approx(result.fills["amount"].sum())
    assert (sums["deposit"], sums["withdrawal"]) == (20_000, -9000)
    assert set(sums) <= {"trade", "fee", "variation", "deposit", "withdrawal", "split"}
    assert sum(sums.values()) == pytest.approx(cash(result)[-1] - 100_000)


def test_equity_is_cash_and_what_is_held():
    result = busy()
    held = result.positions.with_columns(
        worth=pl.when(pl.col("asset") == "D").then(0.0).otherwise(pl.col("value"))
    )
    worth = np.zeros(len(result.equity))
    for bar, value in held.group_by("bar").agg(pl.col("worth").sum()).iter_rows():
        worth[bar] = value
    # The future settles at every close: nothing of it is unrealised then.
    assert equity(result) == pytest.approx((result.cash["cash"].to_numpy() + worth).tolist())


@pytest.mark.parametrize("basis", ["average", "fifo"])
def test_pnl_of_all_trades_is_what_equity_has_gained(basis):
    result = busy(basis)
    gained = equity(result)[-1] - 100_000 - 20_000 + 9000
    assert result.trades["pnl"].sum() == pytest.approx(gained)
    assert result.trades["fees"].sum() == pytest.approx(result.fills["fee"].sum())


def test_cost_bases_pair_the_same_fills_otherwise():
    average, fifo = busy("average"), busy("fifo")
    assert average.fills.equals(fifo.fills)
    assert average.stats().equals(fifo.stats(), null_equal=True)


def test_orders_and_their_fills_agree():
    result = busy()
    filled = result.fills.group_by("order").agg(pl.col("quantity").sum(), pl.len())
    joined = result.orders.join(filled, on="order", how="left", suffix="_sum")
    assert joined["filled"].to_list() == pytest.approx(
        joined["quantity_sum"].fill_null(0).to_list()
    )
    assert result.orders["order"].to_list() == list(range(len(result.orders)))
    assert set(result.orders["state"]) <= {"filled", "partly_filled", "rejected", "cancelled", "expired"}  # fmt: skip
    assert (
        result.orders.filter(state="filled")["reason"].null_count()
        == (result.orders["state"] == "filled").sum()
    )
    assert len(result.rejections) == result.stats()["not_filled"][0]


def test_exposure_is_that_of_the_positions():
    result = busy()
    by_bar = result.positions.group_by("bar").agg(
        gross=pl.col("value").abs().sum(), net=pl.col("value").sum()
    )
    bars = by_bar["bar"].to_list()
    assert result.exposure["gross"].gather(bars).to_list() == pytest.approx(by_bar["gross"].to_list())  # fmt: skip
    assert result.exposure["net"].gather(bars).to_list() == pytest.approx(by_bar["net"].to_list())
    assert result.exposure["short"].max() <= 0.0


def test_profits_of_the_assets_add_up_to_equity():
    result = busy()
    profits = sum(result[asset].profit["profit"].to_numpy() for asset in "ABCD")
    flows = np.zeros(len(profits))
    for bar, amount in result.ledger.filter(pl.col("asset").is_null()).select("bar", "amount").iter_rows():  # fmt: skip
        flows[bar:] += amount
    assert (100_000 + profits + flows).tolist() == pytest.approx(equity(result))


def test_profits_of_the_assets_add_up_in_a_slice():
    part = busy()["2020-05":"2020-08"]
    profits = sum(part[asset].profit["profit"][-1] for asset in "ABCD")
    assert part.stats()["initial_equity"][0] + profits == pytest.approx(equity(part)[-1])


def test_drawdowns_tell_of_each_stretch_below_the_peak():
    result = bl.Portfolio.from_orders(
        flat_bars([10, 10, 9, 8, 11, 10]), [100, 0, 0, 0, 0, 0], initial_cash=1000
    )
    frame = result.drawdowns.select("peak_time", "valley_time", "recovery_time", "bars", "status")
    assert frame.rows() == [(1, 3, 4, 2, "recovered"), (4, 5, None, 1, "open")]
    assert result.drawdowns["depth"].to_list() == near(-0.2, -1 / 11)
    assert result.equity["drawdown"].to_list() == near(0, 0, -0.1, -0.2, 0, -1 / 11)
