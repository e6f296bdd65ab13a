"""Figures show what the records say, for every kind of run, or say what they need."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from markets import flat_bars, orders

import barledger as bl
from barledger import demo
from barledger.kernel.codes import Category
from barledger.plots.view import view_of

pytest.importorskip("plotly")

FIGURES = ("plot", "plot_trades", "plot_returns", "plot_ledger", "plot_positions")
NEEDS_FULL = ("plot_trades", "plot_ledger", "plot_positions")
MONTHS = np.arange("2020-01", "2020-06", dtype="datetime64[M]").astype("datetime64[ns]")


@pytest.fixture(scope="module")
def run() -> bl.Result:
    """The demonstration: long and short on margin, with orders that did not fit."""
    bars = bl.Bars.sample()
    return demo.simulate(bars, demo.signals_of(bars, 20, 100), 100_000.0)


@pytest.fixture(scope="module")
def small() -> bl.Result:
    """Buy 10 A at 10, sell them at 12; 5 a fill in fees."""
    bars = flat_bars([10.0, 10.0, 11.0, 12.0, 12.0], time=MONTHS)
    given = orders((0, "A", 10.0), (2, "A", -10.0))
    return bl.Portfolio.from_orders(
        bars, given, fees=bl.PerUnitFee(0.5), slippage=0.0, initial_cash=1_000.0
    )


def record(level: str) -> bl.Result:
    bars = bl.Bars.sample()
    up, down = demo.signals_of(bars, 20, 100)
    return bl.Portfolio.from_signals(bars, up, down, record=level)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_draws_in_both_themes(run, name, theme):
    figure = getattr(run, name)(theme=theme)
    assert len(figure.data) > 0
    assert figure.to_json()


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_a_metrics_run_say_what_to_record(name):
    with pytest.raises(LookupError, match="record='full'"):
        getattr(record("metrics"), name)()


def test_an_equity_run_shows_equity_and_drawdown_alone():
    run = record("equity")
    assert [each.name for each in run.plot().data] == ["buy and hold", "equity", "below the peak"]
    assert run.plot_returns().data
    for name in NEEDS_FULL:
        with pytest.raises(LookupError, match="orders and fills"):
            getattr(run, name)()


def test_equity_drawn_is_the_equity_of_the_result(small):
    drawn = {each.name: each for each in small.plot(benchmark=False).data}
    assert list(drawn["equity"].y) == small.equity["equity"].to_list()
    assert list(drawn["below the peak"].y) == pytest.approx(small.equity["drawdown"].to_list())


def test_marks_stand_at_the_fills(small):
    # fees: 10 * 0.5 = 5 a fill
    drawn = {each.name: each for each in small.plot().data}
    assert drawn["long entry"].y.tolist() == [10.0]
    assert drawn["exit"].y.tolist() == [12.0]
    assert drawn["exit"].text[0] == "exit -10 at 12"


def test_orders_that_did_not_fill_are_hollow_and_name_the_reason():
    bars = flat_bars([10.0, 10.0, 10.0], time=MONTHS[:3])
    run = bl.Portfolio.from_orders(bars, orders((0, "A", 500.0)), initial_cash=1_000.0)
    marks = {each.name: each for each in run.plot().data}["not filled"]
    assert list(marks.marker.symbol) == ["triangle-up-open"]
    assert marks.text[0] == "partly filled: insufficient cash, wanted +500"


def test_waterfall_adds_up_by_hand(small):
    # 10 shares from 10 to 12: +20; two fees of 5
    found = dict(small.attribution.select("cause", "amount").iter_rows())
    assert found["prices"] == pytest.approx(20.0)
    assert found["fees"] == pytest.approx(-10.0)
    assert found["final equity"] == pytest.approx(1_010.0)
    bars = small.plot_ledger().data[0]
    assert list(bars.x) == ["initial equity", "prices", "slippage", "fees", "final equity"]
    assert list(bars.base) == pytest.approx([0.0, 1_000.0, 1_020.0, 1_020.0, 0.0])


def test_financing_and_income_have_a_step_each(small):
    """The ledger's categories by name, whatever wrote them."""
    paid = {Category.BORROW: -3.0, Category.INTEREST: -2.0, Category.FUNDING: -1.0,
            Category.DIVIDEND: 4.0}  # fmt: skip
    book = small.books[0]
    entries = np.zeros(len(paid), book.entries.dtype)
    entries["category"], entries["amount"] = list(paid), list(paid.values())
    lent = bl.Result([replace(book, entries=entries)], small.all_times, small.assets, small.source)
    bars = lent.plot_ledger().data[0]
    steps = dict(zip(bars.x, bars.customdata, strict=True))
    assert list(steps)[4:8] == ["borrow", "interest", "funding", "dividend"]
    assert [steps[name] for name in list(steps)[4:8]] == pytest.approx([-3.0, -2.0, -1.0, 4.0])
    # equity is what it was: prices make up for the 2 that were paid in all
    assert steps["prices"] == pytest.approx(22.0)
    table = bl.compare({"free": small, "lent": lent}).attribution
    assert table.filter(cause="financing")["lent"].to_list() == pytest.approx([-2.0])


def test_prices_of_the_attribution_are_those_of_the_trades(run):
    found = dict(run.attribution.select("cause", "amount").iter_rows())
    costs = run.fills["slippage"].sum() + run.fills["fee"].sum()
    assert found["prices"] == pytest.approx(run.trades["pnl"].sum() + costs)


def test_deposits_are_a_cause_of_their_own():
    flows = bl.Events(cash_flows=[(MONTHS[1], 100.0)])
    bars = flat_bars([10.0, 10.0, 10.0], time=MONTHS[:3], events=flows)
    run = bl.Portfolio.from_orders(bars, orders((0, "A", 1.0)), initial_cash=1_000.0)
    assert dict(run.attribution.select("cause", "amount").iter_rows())["deposit"] == 100.0


def test_deposits_are_no_gain_of_buy_and_hold():
    flows = bl.Events(cash_flows=[(MONTHS[2], 1_000.0)])
    bars = flat_bars([10.0, 10.0, 10.0, 20.0], time=MONTHS[:4], events=flows)
    run = bl.Portfolio.from_orders(bars, orders((0, "A", 1.0)), initial_cash=1_000.0)
    # all of 1,000 in shares, then 1,000 beside them: 2,000 become 3,000
    assert view_of(run).benchmark.tolist() == [1_000.0, 1_000.0, 2_000.0, 3_000.0]
    assert view_of(run).benchmark_returns.tolist() == [0.0, 0.0, 0.0, 0.5]
    assert view_of(run[2:]).benchmark_returns.tolist() == pytest.approx([0.0, 0.5])


def test_several_accounts_are_added_up():
    bars = flat_bars([10.0, 10.0, 20.0], [10.0, 10.0, 10.0], time=MONTHS[:3])
    run = bl.Portfolio.from_orders(
        bars, orders((0, "A", 50.0)), groups="each", initial_cash=1_000.0
    )
    drawn = {each.name: each for each in run.plot().data}
    assert list(drawn["equity"].y) == [2_000.0, 2_000.0, 2_500.0]
    assert list(drawn["buy and hold"].y) == [2_000.0, 2_000.0, 3_000.0]


def test_bars_without_dates_have_no_calendar_panels():
    run = bl.Portfolio.from_orders(flat_bars([10.0, 10.0, 11.0]), orders((0, "A", 10.0)))
    assert run.plot().data
    assert len(run.plot_returns(window=2).data) == 2  # Sharpe and beta


@pytest.mark.parametrize("name", FIGURES)
def test_a_run_that_never_traded_draws(name):
    bars = flat_bars([10.0, 11.0, 12.0], time=MONTHS[:3])
    assert getattr(bl.Portfolio.from_signals(bars, np.zeros(3, bool)), name)().to_json()


@pytest.mark.parametrize("name", FIGURES)
def test_a_slice_in_time_draws(run, name):
    assert getattr(run["2005":"2006"], name)().to_json()


def test_a_saved_result_draws_without_its_prices(run, tmp_path):
    run.save(tmp_path / "run.parquet")
    drawn = bl.Result.load(tmp_path / "run.parquet").plot()
    assert {each.name for each in drawn.data} >= {"equity", "gross", "maintenance"} - {
        "maintenance"
    }
    assert "MSFT" not in {each.name for each in drawn.data}


def test_unknown_assets_and_themes_are_refused(run):
    with pytest.raises(KeyError, match="no asset 'X'"):
        run.plot(asset="X")
    with pytest.raises(ValueError, match="theme must be 'light' or 'dark'"):
        run.plot(theme="blue")


def test_long_runs_are_thinned_and_say_so():
    prices = 100.0 + np.sin(np.arange(50_000) / 300.0)
    run = bl.Portfolio.from_signals(bl.Bars.from_arrays(prices), np.arange(50_000) % 100 == 0)
    figure = run.plot()
    assert max(len(each.x) for each in figure.data) < 4_000
    assert any("50,000 bars" in note.text for note in figure.layout.annotations)


def test_without_plotly_the_error_names_the_install_command(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(ImportError, match=r"pip install 'barledger\[plot\]'"):
        small.plot()


def test_importing_barledger_and_running_loads_no_plot_package():
    code = (
        "import sys, barledger as bl; bl.Result; bl.Portfolio; "
        "print([m for m in ('plotly', 'matplotlib', 'kaleido', 'barledger.plots', 'pandas') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_benchmark_that_went_far_makes_the_axis_logarithmic():
    bars = flat_bars([10.0, 10.0, 100.0, 1_000.0], time=MONTHS[:4])
    run = bl.Portfolio.from_orders(
        bars, orders((0, "A", 1.0), (1, "A", -1.0)), initial_cash=1_000.0
    )
    figure = run.plot()
    assert figure.layout.yaxis.type == "log"
    assert "logarithmic" in figure.layout.annotations[0].text
    assert run.plot(benchmark=False).layout.yaxis.type != "log"
