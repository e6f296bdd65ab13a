"""What broke in systems like this: things counted twice, or never."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, orders, reasons

import barledger as bl
from barledger.kernel.codes import Count

ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=12_000, maintenance=10_800)


def records(result):
    """Rows and bytes of everything that was recorded."""
    (book,) = result.books
    kept = (book.orders, book.fills, book.entries, book.incidents, book.waiting)
    return [len(rows) for rows in kept], sum(rows.nbytes for rows in kept)


def test_exits_of_what_was_never_bought_leave_nothing_behind():
    # 400 bars x 50 assets x 2 exits; those of the last bar are read too.
    bars = bl.Bars.from_arrays(np.full((400, 50), 10.0))
    exits = np.ones(bars.shape, bool)
    result = bl.Portfolio.from_signals(bars, exits=exits, short_exits=exits, account=bl.RegT())
    assert records(result) == ([0] * 5, 0)
    assert [len(frame) for frame in (result.orders, result.trades, result.ledger)] == [0] * 3
    assert result.books[0].counts[Count.NO_POSITION] == 40_000
    assert equity(result) == [100_000.0] * 400


def test_exits_of_what_was_never_bought_do_not_hide_the_rest():
    bars = flat_bars([10.0] * 50, [10.0] * 50)
    exits = np.ones(bars.shape, bool)
    entries = np.zeros(bars.shape, bool)
    entries[10, 0], exits[10, 0] = True, False
    result = bl.Portfolio.from_signals(bars, entries, exits, size=5)
    assert fills(result) == [(11, "A", 5, 10), (12, "A", -5, 10)]
    assert len(result.orders) == 2
    assert result.books[0].counts[Count.NO_POSITION] == 100 - 2


def test_entry_and_exit_each_pay_their_commission_once():
    # Buy 100 at 20 and sell at 30: 1 + 0.1 % of 2000 = 3, and 1 + 0.1 % of 3000 = 4.
    result = bl.Portfolio.from_orders(
        flat_bars([20, 20, 30]), [100, -100, 0], fees=bl.PercentFee(0.001, fixed=1.0),
        initial_cash=10_000,
    )  # fmt: skip
    assert result.fills["fee"].to_list() == near(3, 4)
    assert result.ledger.filter(category="fee")["amount"].to_list() == near(-3, -4)
    assert result.trades.select("fees", "pnl").row(0) == near(7, 993)
    assert cash(result) == near(10_000, 7997, 10_993)
    assert result.stats()["fees"][0] == pytest.approx(7)


def test_both_legs_of_a_reversal_pay_and_each_trade_carries_its_own():
    # Long 100 at 20 (2), sold at 30 (3), short 100 at 30 (3), bought at 25 (2.5).
    result = bl.Portfolio.from_orders(
        flat_bars([20, 20, 30, 25]), [100, -200, 100, 0], fees=0.001, account=bl.RegT(),
        initial_cash=10_000,
    )  # fmt: skip
    assert result.trades["fees"].to_list() == near(5, 5.5)
    assert result.trades["pnl"].to_list() == near(995, 494.5)
    assert cash(result)[-1] == pytest.approx(10_000 + 995 + 494.5)


@pytest.mark.parametrize("basis", ["average", "fifo"])
def test_a_fee_is_shared_by_the_parts_of_a_trade(basis):
    # 100 bought for 4, sold in halves for 2 each: 8 of fees, whatever the pairing.
    result = bl.Portfolio.from_orders(
        flat_bars([40, 40, 40, 40]), [100, -50, -50, 0], fees=0.001,
        rules=bl.Rules(cost_basis=basis),
    )  # fmt: skip
    assert result.trades["fees"].sum() == pytest.approx(8)
    assert result.trades["pnl"].sum() == pytest.approx(-8)
    assert cash(result)[-1] == pytest.approx(99_992)


@pytest.mark.parametrize(
    ("account", "fits"),
    [(bl.RegT(), 100.0), (bl.PortfolioMargin(max_leverage=2.0), 100.0), (bl.Cash(), 0.0)],
)
def test_the_margin_test_counts_what_is_held_already(account, fits):
    # 10,000 of equity; 100 A at 100 take 5000 of margin (10,000 of cash); B may have the rest.
    wanted = orders((0, "A", 100), (1, "B", 150))
    result = bl.Portfolio.from_orders(
        flat_bars([100] * 3, [100] * 3), wanted, account=account, initial_cash=10_000
    )
    assert held(result).get("B", 0.0) == pytest.approx(fits)
    assert len(reasons(result)) == 1


def test_the_margin_test_counts_contracts_held_already():
    # 30,000: two ES take 24,000; a third does not fit.
    result = bl.Portfolio.from_orders(
        flat_bars([5000] * 3, [5000] * 3, contracts=ES), orders((0, "A", 2), (1, "B", 1)),
        account=bl.FuturesMargin(), initial_cash=30_000,
    )  # fmt: skip
    assert (held(result), reasons(result)) == ({"A": 2}, ["insufficient_margin"])


def test_unrealised_losses_count_in_the_margin_test():
    # 100 A at 100 fall to 60: equity 6000, margin 3000; 3000 left buys 60 B at 100.
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100, 60, 60], [100] * 4), orders((0, "A", 100), (2, "B", 100)),
        account=bl.RegT(), initial_cash=10_000,
    )  # fmt: skip
    assert held(result) == {"A": 100, "B": pytest.approx(60)}


def future_run(sign):
    prices = np.array([5000, 5000, 5030, 4970, 5010, 5060, 5020], float)
    mirrored = prices if sign > 0 else 10_000 - prices
    wanted = sign * np.array([2.0, 0, 1, -2, -2, 1, 0])
    return bl.Portfolio.from_orders(
        flat_bars(mirrored, contracts=ES), wanted, account=bl.FuturesMargin(),
        fees=bl.PerUnitFee(2.25), slippage=bl.Slippage(ticks=1), initial_cash=60_000,
    )  # fmt: skip


def test_a_futures_short_is_the_exact_mirror_of_the_long():
    long, short = future_run(1), future_run(-1)
    assert equity(long) == equity(short)
    assert cash(long) == cash(short)
    assert long.margin.equals(short.margin)
    assert long.trades["pnl"].to_list() == short.trades["pnl"].to_list()
    assert [-q for q in long.fills["quantity"]] == short.fills["quantity"].to_list()


def intraday(initial):
    """Hourly bars of one date: the future settles on the last of them only."""
    contract = bl.Contract(kind="future", multiplier=50, initial=initial, maintenance=1.0)
    hours = np.datetime64("2024-03-05T14") + np.arange(4) * np.timedelta64(1, "h")
    bars = flat_bars([5000, 5000, 5010, 5020], time=hours, contracts=contract)
    return bl.Portfolio.from_orders(
        bars, [2, 0, 0, 0], account=bl.FuturesMargin(), initial_cash=30_000
    )


def test_equity_of_a_future_is_cash_and_what_came_since_settlement():
    # 100 dollars a point: +1000 stands as unrealised, then 2000 are settled into cash.
    result = intraday(12_000.0)
    assert cash(result) == [30_000, 30_000, 30_000, 32_000]
    assert equity(result) == [30_000, 30_000, 31_000, 32_000]
    assert result.margin["initial"].to_list() == [0, 24_000, 24_000, 24_000]


def test_initial_margin_changes_nothing_in_equity_or_cash():
    low, high = intraday(1.0), intraday(15_000.0)
    assert equity(low) == equity(high)
    assert cash(low) == cash(high)
    assert low.ledger.equals(high.ledger)


def falling(**limits):
    """A is held and falls without any fill; ten B are wanted on each bar. No limit: all bought."""
    times = ["2024-03-04T10", "2024-03-04T15", "2024-03-05T10", "2024-03-05T15", "2024-03-06T10"]
    bars = flat_bars([97, 97, 96, 93, 93, 93], [1.0] * 6, time=[*times, "2024-03-11T10"])
    start = bl.State(cash=1000.0, positions={"A": (90, 100.0)})
    wanted = [[np.nan, 10.0]] * 6
    return bl.Portfolio.from_orders(bars, wanted, start=start, limits=bl.RiskLimits(**limits))


@pytest.mark.parametrize(
    ("limits", "breaches", "halted"),
    [
        ({"max_daily_loss": 0.02}, [0, 3], [1]),  # below 9800 on Monday, 9535.40 late on Tuesday
        ({"max_weekly_loss": 0.05}, [3], [4]),  # below 9500 until the next Monday
        ({"max_drawdown": 0.05}, [3], [4, 5]),  # for good
    ],
)
def test_unrealised_losses_count_in_every_loss_limit(limits, breaches, halted):
    # Equity 1000 + 90 A: 9730, 9730, 9640, 9370, 9370, 9370 of 10,000 at first.
    result = falling(**limits)
    assert equity(result) == near(9730, 9730, 9640, 9370, 9370, 9370)
    assert result.incidents.select("bar", "kind").rows() == [(bar, "halt") for bar in breaches]
    assert result.rejections.filter(reason="halted")["bar"].to_list() == halted
    assert set(result.fills["asset"]) == {"B"}


def test_a_daily_loss_without_fills_flattens_at_the_next_open():
    # 9730 < 9800 at the first close; A is sold at the next open, B refused.
    result = falling(max_daily_loss=0.02, action="flatten")
    assert fills(result)[0] == (1, "A", -90, 97)
    assert incidents(result)[0] == "flatten"
    assert result.rejections.filter(reason="halted")["bar"][0] == 1
