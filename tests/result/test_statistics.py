"""Statistics of a result, worked by hand."""

from math import isnan, sqrt

import numpy as np
import pytest
from markets import equity, flat_bars, near

import barledger as bl

NAN = np.nan


def holding(*prices, **options):
    """One share held from the first bar on, bought before it at `start`."""
    first = options.pop("start", prices[0])
    state = bl.State(cash=0.0, positions={"A": (1, float(first))})
    return bl.Portfolio.from_orders(flat_bars(prices), [NAN] * len(prices), start=state, **options)


def test_four_bars_by_hand():
    # Returns 0.1, -0.1, 0.2, -0.05 from 100: mean 0.0375, squares 0.0625, losses 0.0125.
    result = holding(110, 99, 118.8, 112.86, start=100)
    deviation = sqrt((0.0625 - 4 * 0.0375**2) / 3)
    row = result.stats(periods_per_year=4).row(0, named=True)
    assert result.returns["return"].to_list() == near(0.1, -0.1, 0.2, -0.05)
    assert [row["total_return"], row["cagr"]] == near(0.1286, 0.1286)
    assert row["volatility"] == pytest.approx(deviation * 2)
    assert row["sharpe"] == pytest.approx(0.0375 / deviation * 2)
    assert row["sortino"] == pytest.approx(0.0375 / sqrt(0.0125 / 4) * 2)
    assert row["max_drawdown"] == pytest.approx(-0.1)
    assert row["calmar"] == pytest.approx(1.286)
    assert row["max_drawdown_bars"] == 1


def test_a_risk_free_rate_comes_off_every_return():
    # 4 % a year of 4 periods is 0.01 a period: excess 0.09, -0.11, 0.19, -0.06.
    result = holding(110, 99, 118.8, 112.86, start=100)
    row = result.stats(risk_free=0.04, periods_per_year=4).row(0, named=True)
    deviation = sqrt((0.0625 - 4 * 0.0375**2) / 3)
    assert row["sharpe"] == pytest.approx(0.0275 / deviation * 2)
    assert row["sortino"] == pytest.approx(0.0275 / sqrt((0.11**2 + 0.06**2) / 4) * 2)


def test_the_initial_equity_is_a_peak():
    result = holding(90, 95, 99, start=100)
    assert result.max_drawdown == pytest.approx(-0.1)
    assert result.drawdowns["peak_time"].to_list() == [None]


@pytest.mark.parametrize(
    ("returns", "per_year", "name", "expected"),
    [
        ([0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], 252, "sharpe", 1.723861396171),  # P6-01
        ([0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], 252, "sortino", 2.605531251674),  # P6-02
        (
            [0, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1],
            12,
            "sortino",
            0.536056267419,
        ),  # P6-03
        ([0.1, -0.1, 0.1], 252, "max_drawdown", -0.1),  # P6-04
        ([0, 0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1], 52, "calmar", 2.4690830514),  # P6-05
    ],
)
def test_published_statistics(returns, per_year, name, expected):
    prices = 100.0 * np.cumprod(1.0 + np.array(returns))
    row = holding(*prices, start=100).stats(periods_per_year=per_year).row(0, named=True)
    assert row[name] == pytest.approx(expected, rel=1e-9)


def test_what_is_not_defined_is_nan():
    flat = bl.Portfolio.from_orders(flat_bars([10] * 3), [NAN] * 3)
    undefined = ("sharpe", "sortino", "calmar", "win_rate", "profit_factor", "expectancy")
    assert all(isnan(getattr(flat, name)) for name in undefined)
    assert (flat.total_return, flat.volatility, flat.max_drawdown, flat.n_trades) == (0, 0, 0, 0)
    rising = holding(110, 121, 150, start=100)
    assert isnan(rising.sortino)
    assert isnan(rising.calmar)
    assert isnan(holding(110, start=100).volatility)


def test_growth_of_a_ruined_account_is_nan():
    short = bl.State(cash=200.0, positions={"A": (-1, 100.0)})
    result = bl.Portfolio.from_orders(
        flat_bars([100, 300, 100, 50]), [NAN] * 4, start=short, account=bl.RegT()
    )
    assert equity(result) == [100, -100, -100, -100]
    assert result.returns["return"].to_list() == near(0, -2, 0, 0)
    assert isnan(result.cagr)
    assert result.total_return == pytest.approx(-2)
    assert result.max_drawdown == pytest.approx(-2)


def test_flows_are_not_gains():
    # 100 to 110, + 90 to 200, to 220; - 120 to 100, to 90: 1.1 · 1.1 · 0.9.
    events = bl.Events(cash_flows=[(1, 90.0), (2, -120.0)])
    bars = flat_bars([11, 12.1, 11], [1.0] * 3)
    start = bl.State(cash=0.0, positions={"A": (10, 10.0)})
    wanted = [[NAN, NAN], [NAN, NAN], [NAN, NAN]]
    result = bl.Portfolio.from_orders(
        bars, wanted, start=start, events=events, account=bl.Unlimited()
    )
    # 110; 110 + 90 + 11 = 211; 211 - 120 - 11 = 80.
    assert equity(result) == near(110, 211, 80)
    assert result.returns["return"].to_list() == near(0.1, 211 / 200 - 1, 80 / 91 - 1)
    assert result.total_return == pytest.approx(1.1 * 211 / 200 * 80 / 91 - 1)
    assert result.max_drawdown == pytest.approx(80 / 91 - 1)


def test_trades_counted_from_flat_to_flat():
    # +100, -50, +20 and one still open.
    bars = flat_bars([10, 10, 20, 20, 15, 15, 17, 17, 17])
    wanted = [10, -10, 10, -10, 10, -10, 5, 0, 0]
    result = bl.Portfolio.from_orders(bars, wanted)
    assert (result.n_trades, result.win_rate) == (3, pytest.approx(2 / 3))
    assert result.profit_factor == pytest.approx(120 / 50)
    assert result.expectancy == pytest.approx(70 / 3)
    assert result.trades["status"].to_list() == ["closed"] * 3 + ["open"]


def test_how_returns_are_spread():
    # Returns 0.1, -0.1, 0.2, -0.05; falls 0, 0.1, 0, 0.05. 5 % of 3 steps: 0.15 from -0.1 to -0.05.
    row = holding(110, 99, 118.8, 112.86, start=100).stats().row(0, named=True)
    assert row["ulcer"] == pytest.approx(sqrt((0.01 + 0.0025) / 4))
    assert row["omega"] == pytest.approx(0.3 / 0.15)
    assert row["value_at_risk"] == pytest.approx(-0.1 + 0.15 * 0.05)
    assert row["conditional_value_at_risk"] == pytest.approx(-0.1)
    assert row["tail_ratio"] == pytest.approx((0.2 - 0.15 * 0.1) / 0.0925)
    away = np.array([0.1, -0.1, 0.2, -0.05]) - 0.0375
    assert row["skew"] == pytest.approx((away**3).mean() / (away**2).mean() ** 1.5)
    assert row["kurtosis"] == pytest.approx((away**4).mean() / (away**2).mean() ** 2)
    assert (row["margin_calls"], row["rejected"]) == (0, 0)


def test_what_a_run_without_records_knows():
    row = holding(110, 99, start=100, record="metrics").stats().row(0, named=True)
    assert (row["ulcer"], row["margin_calls"]) == (None, None)
    assert (row["exposure"], row["rejected"]) == (1.0, 0)
    assert holding(110, 99, start=100, record="equity").stats()["ulcer"][0] > 0.0


def test_two_flows_before_one_bar_move_the_peak_together():
    # 100 + 100 + 200 before bar 1: 400 is no fall, and 360 is one of a tenth.
    events = bl.Events(cash_flows=[(1, 100.0), (1, 200.0)])
    bars = flat_bars([10, 10, 9], [1.0] * 3)
    start = bl.State(cash=0.0, positions={"A": (10, 10.0)})
    wanted = [[NAN, NAN], [30.0, NAN], [NAN, NAN]]
    result = bl.Portfolio.from_orders(bars, wanted, start=start, events=events, fill="close")
    assert equity(result) == near(100, 400, 360)
    assert result.equity["drawdown"].to_list() == near(0.0, 0.0, -0.1)


def test_share_of_time_and_money_at_work():
    # Held on 2 of 4 bars; 500 of 1000 of equity; 1000 traded in 4 bars of 4 a year.
    result = bl.Portfolio.from_orders(flat_bars([10] * 4), [50, 0, -50, 0], initial_cash=1000)
    row = result.stats(periods_per_year=4).row(0, named=True)
    assert [row["exposure"], row["gross_leverage"], row["max_gross_leverage"]] == [0.5, 0.25, 0.5]
    assert (row["turnover"], row["net_leverage"]) == (1.0, 0.25)


def test_a_slice_has_statistics_of_its_own():
    # Bars 2 and 3 of 100, 110, 99, 118.8, 112.86: from 110 by -0.1 and 0.2.
    part = holding(100, 110, 99, 118.8, 112.86)[2:4]
    assert part.stats()["initial_equity"][0] == 110
    assert part.total_return == pytest.approx(0.9 * 1.2 - 1)
    assert part.max_drawdown == pytest.approx(-0.1)
    assert part.returns["return"].to_list() == near(-0.1, 0.2)
    mean, squares = 0.05, 0.01 + 0.04
    row = part.stats(periods_per_year=4).row(0, named=True)
    assert row["sharpe"] == pytest.approx(mean / sqrt((squares - 2 * mean**2) / 1) * 2)


def test_a_slice_counts_its_own_trades_and_fees():
    wanted = [10, -10, 10, -10, 0, 0]
    result = bl.Portfolio.from_orders(flat_bars([10, 10, 12, 12, 9, 9]), wanted, fees=0.01)
    first, second = result[:3], result[3:]
    assert (first.n_trades, second.n_trades, result.n_trades) == (1, 1, 2)
    assert first.stats()["fees"][0] + second.stats()["fees"][0] == pytest.approx(
        result.stats()["fees"][0]
    )
    assert (
        first.trades["pnl"].to_list() + second.trades["pnl"].to_list()
        == result.trades["pnl"].to_list()
    )
    assert (1 + first.total_return) * (1 + second.total_return) == pytest.approx(
        1 + result.total_return
    )


def test_a_slice_of_a_run_that_recorded_equity_only():
    result = holding(110, 99, 118.8, 112.86, start=100, record="equity")
    assert result[1:].max_drawdown == pytest.approx(-0.1)
    assert result[1:].total_return == pytest.approx(112.86 / 110 - 1)
    assert isnan(result[1:].n_trades)
    assert result[1:].stats().select("fees", "orders", "not_filled").row(0) == (None,) * 3
    assert "orders: not recorded" in repr(result[1:])
