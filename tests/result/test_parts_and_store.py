"""Parts of a result, its benchmark, keeping it in a file, and how it shows itself."""

import numpy as np
import polars as pl
import pytest
from markets import equity, fills, flat_bars, orders

import barledger as bl

FRAMES = (
    "orders", "fills", "trades", "positions", "ledger", "rejections", "incidents", "equity",
    "cash", "margin", "exposure", "returns", "drawdowns",
)  # fmt: skip
DAYS = np.arange("2024-01-01", "2024-03-01", dtype="datetime64[D]")


def run(rows=slice(None), **options):
    draws = np.random.default_rng(2)
    close = 30.0 * np.exp(draws.normal(0, 0.03, (len(DAYS), 3)).cumsum(axis=0))
    signals = draws.random((4, *close.shape)) < 0.2
    bars = bl.Bars.from_arrays(close, open=close, time=DAYS, assets=["A", "B", "C"])[rows]
    given = [signal[rows] for signal in signals]
    options = {"account": bl.RegT(), "fees": 0.001, "initial_cash": 10_000.0, **options}
    return bl.Portfolio.from_signals(bars, *given, **options)


@pytest.mark.parametrize("options", [{}, {"groups": ["x", "y", "x"]}, {"account": bl.Unlimited()}])
def test_a_saved_result_tells_the_same(tmp_path, options):
    result = run(**options)
    result.save(tmp_path / "run.parquet")
    loaded = bl.Result.load(tmp_path / "run.parquet")
    for name in FRAMES:
        assert getattr(loaded, name).equals(getattr(result, name), null_equal=True), name
    assert loaded.stats().equals(result.stats(), null_equal=True)
    assert repr(loaded).splitlines()[1:] == repr(result).splitlines()[1:]
    assert loaded.assumptions == result.assumptions


@pytest.mark.parametrize("record", ["equity", "metrics"])
def test_a_saved_result_that_recorded_less(tmp_path, record):
    result = run(record=record)
    result.save(tmp_path / "run.parquet")
    loaded = bl.Result.load(tmp_path / "run.parquet")
    assert loaded.stats().equals(result.stats(), null_equal=True)
    with pytest.raises(LookupError, match="did not record its orders and fills"):
        loaded.fills  # noqa: B018


@pytest.mark.parametrize("account", [bl.RegT(), bl.Cash(settlement_days=2)])
def test_a_loaded_result_continues_as_the_run_would(tmp_path, account):
    first = run(slice(0, 30), account=account)
    first.save(tmp_path / "run.parquet")
    state = bl.Result.load(tmp_path / "run.parquet").state
    direct = run(slice(30, None), account=account, start=first.state)
    stored = run(slice(30, None), account=account, start=state)
    assert stored.equity.equals(direct.equity)
    assert stored.fills.equals(direct.fills)
    assert equity(first) + equity(direct) == equity(run(account=account))


def test_a_slice_is_saved_with_its_span(tmp_path):
    part = run()["2024-01-10":"2024-02-01"]
    part.save(tmp_path / "part.parquet")
    loaded = bl.Result.load(tmp_path / "part.parquet")
    assert loaded.equity.equals(part.equity)
    assert loaded.stats().equals(part.stats(), null_equal=True)


def test_a_slice_holds_the_records_of_its_bars():
    result = run()
    part = result["2024-01-10":"2024-02-01"]
    inside = pl.col("bar").is_between(9, 31)
    for name in ("orders", "fills", "positions", "ledger", "rejections", "incidents"):
        assert getattr(part, name).equals(getattr(result, name).filter(inside)), name
    assert part.equity["equity"].to_list() == equity(result)[9:32]


def test_an_assets_part_holds_its_records():
    result = run()
    for name in ("orders", "fills", "trades", "positions", "ledger", "rejections"):
        assert getattr(result["B"], name).equals(getattr(result, name).filter(asset="B")), name
    assert "Part B" in repr(result["B"])


def test_the_benchmark_buys_once_and_holds():
    bars = flat_bars([10, 10, 20], [40, 40, 30])
    result = bl.Portfolio.from_signals(bars, [[True, False], [False] * 2, [False] * 2], fees=0.01)
    held = result.benchmark()
    # Half of 100,000 each, clipped for the fee of the second: 101,000 would be needed.
    assert fills(held)[0] == (1, "A", 5000, 10)
    assert fills(held, "asset", "quantity")[1] == ("B", pytest.approx(49_500 / 40.4))
    assert equity(held)[-1] == pytest.approx(5000 * 20 + 49_500 / 40.4 * 30)


def test_a_loaded_result_has_no_bars_for_a_benchmark(tmp_path):
    run().save(tmp_path / "run.parquet")
    with pytest.raises(LookupError, match="a loaded result has no bars"):
        bl.Result.load(tmp_path / "run.parquet").benchmark()


@pytest.mark.parametrize("options", [{}, {"groups": "each"}, {"groups": ["x", "y", "x"]}])
def test_it_shows_itself_on_one_screen(options):
    result = run(**options)
    text, html = repr(result), result._repr_html_()
    assert len(text.splitlines()) <= 20
    assert max(map(len, text.splitlines())) <= 200
    assert "Result of 60 bars x 3 assets, 2024-01-01 to 2024-02-29" in text
    assert html.count("<table>") == 1
    assert html.count("<tr>") == 1 + len(result.books)
    assert "Sharpe" in html


def test_many_accounts_are_cut_to_one_screen():
    bars = flat_bars(*[[10.0, 11.0]] * 8)
    wide = bl.Bars.from_arrays(np.tile(bars.close, 5))
    result = bl.Portfolio.from_holding(wide, groups="each")
    assert len(repr(result).splitlines()) <= 12
    assert "and 32 more accounts" in repr(result)


def test_what_it_rests_on_is_said_in_words():
    says = run(fill="close", rules=bl.Rules(conflict="entry")).assumptions
    assert says["look-ahead"].startswith("possible")
    assert says["rules"] == "conflict='entry'"
    assert says["fees"] == "PercentFee(rate=0.001)"
    assert says["start"] == "10,000.00 in cash"
    assert {"account", "calendar", "year", "data", "versions", "margin"} <= set(says)


# ---- explain ----


def explained(bar, asset="A"):
    """A bought and cut, B refused, then split, sold, and a signal that comes too late."""
    bars = flat_bars(
        [10, 10, 5, 5, 5], [20] * 5, contracts=bl.Contract(lot=1),
        events=bl.Events(splits=[(2, "A", 2.0)]),
    )  # fmt: skip
    wanted = orders((0, "A", 150), (0, "B", 5), (2, "A", -200), (4, "B", 1))
    result = bl.Portfolio.from_orders(bars, wanted, initial_cash=1009, fees=bl.PercentFee(0.0))
    return str(result.explain(asset, bar))


@pytest.mark.parametrize(
    ("bar", "asset", "phrases"),
    [
        (0, "A", ["A on 0 (bar 0)", "orders: +150, for the next bar", "after the close: flat"]),
        (
            1,
            "A",
            [
                "order 0 for +150, given as an order on 0: partly filled (+100 done), "
                "insufficient_cash: the cash that was free did not pay for all of it",
                "opened +100 at 10: cash -1,000.00, fee 0.00",
                "holds +100, opened at 10 on average, marked at 10: +0.00 unrealised",
            ],
        ),
        (1, "B", ["order 1 for +5", "rejected, insufficient_cash", "after the close: flat"]),
        (2, "A", ["split: each share became 2", "orders: -200", "holds +200, opened at 5"]),
        (3, "A", ["order 2 for -200", ": filled", "closed -200 at 5: cash +1,000.00", "flat"]),
        (3, "B", ["no order, no fill, no movement of cash"]),
        (4, "B", ["expired, end_of_data: the bars ended before it could fill"]),
    ],
)
def test_explanations_say_what_happened_and_why(bar, asset, phrases):
    text = explained(bar, asset)
    assert [phrase for phrase in phrases if phrase not in text] == []


def test_an_explanation_finds_the_bar_by_its_date():
    result = run()
    assert str(result.explain("A", "2024-01-10")) == str(result.explain("A", 9))
    assert "A on 2024-01-10 (bar 9)" in result.explain("A", "2024-01-10")


def test_stops_and_limits_of_a_run_do_not_sell_its_benchmark():
    # bought at 10 with all of 1000; down 20 % on bar 2 and up again
    bars = flat_bars([10.0, 10.0, 8.0, 12.0])
    options = {
        "stops": bl.Stops(loss=0.05),
        "orders": bl.Limit(9.0),
        "limits": bl.RiskLimits(max_drawdown=0.1, action="flatten"),
    }
    for name, option in options.items():
        run = bl.Portfolio.from_signals(
            bars, [True, False, False, False], initial_cash=1_000.0, **{name: option}
        )
        assert equity(run.benchmark()) == [1_000.0, 1_000.0, 800.0, 1_200.0], name
