"""The page stands alone, holds every section, and opens without a complaint."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from markets import flat_bars, orders
from report_browser import opened

import barledger as bl
from barledger import demo

SECTIONS = [
    "What it rests on", "Returns", "Drawdowns", "Where the money came from",
    "Orders not filled in full", "Prices, entries and exits", "Trades",
]  # fmt: skip
MONTHS = np.arange("2020-01", "2020-09", dtype="datetime64[M]").astype("datetime64[ns]")


@pytest.fixture(scope="module")
def run() -> bl.Result:
    """The demonstration: long and short on margin, with orders that did not fit."""
    bars = bl.Bars.sample()
    return demo.simulate(bars, demo.signals_of(bars, 20, 100), 100_000.0)


@pytest.fixture(scope="module")
def page(run, tmp_path_factory) -> Path:
    return run.report(tmp_path_factory.mktemp("report") / "out.html", title="Crossings & <more>")


def headings(path: Path) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", path.read_text(encoding="utf-8"))


def test_page_has_every_section_in_order(page):
    assert headings(page) == SECTIONS


def test_page_asks_nothing_of_the_network(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?://|//cdn|@import|url\((?!data:)", text)
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]


def test_page_tells_the_numbers_of_the_result(run, page):
    text = page.read_text(encoding="utf-8")
    for number in ("102,743.23", "2.74%", "-78.33%", "147", "31.3%"):
        assert f"<b>{number}</b>" in text
    assert "the cash that was free" not in text
    assert "equity beyond the initial margin of what was held did not cover it" in text


def test_titles_and_labels_are_escaped(page):
    assert "<h1>Crossings &amp; &lt;more&gt;</h1>" in page.read_text(encoding="utf-8")


def test_ledger_of_the_page_ends_at_the_cash_of_the_result(run, page):
    cash = f"{run.cash['cash'][-1]:,.2f}"
    assert f'<td class="text">cash at the end</td><td class="">-</td><td class="">{cash}</td>' in (
        page.read_text(encoding="utf-8")
    )


def test_equity_runs_have_the_sections_that_equity_makes(tmp_path):
    bars = bl.Bars.sample()
    up, down = demo.signals_of(bars, 20, 100)
    run = bl.Portfolio.from_signals(bars, up, down, record="equity")
    path = run.report(tmp_path / "out.html")
    assert headings(path) == SECTIONS[:3]
    assert 'record="full"' in path.read_text(encoding="utf-8")


def test_metrics_runs_say_what_to_record(tmp_path):
    run = bl.Portfolio.from_signals(flat_bars([1.0, 2.0]), np.zeros(2, bool), record="metrics")
    with pytest.raises(LookupError, match="record='full'"):
        run.report(tmp_path / "out.html")
    assert not (tmp_path / "out.html").exists()


def test_page_of_a_run_without_dates_or_trades(tmp_path):
    run = bl.Portfolio.from_signals(flat_bars([1.0, 2.0, 3.0]), np.zeros(3, bool))
    text = run.report(tmp_path / "out.html").read_text(encoding="utf-8")
    assert "Every order filled in full." in text
    assert "nan" not in text.lower().replace("financing", "")


def test_page_of_several_accounts_lists_each(tmp_path):
    bars = flat_bars([10.0] * 8, [20.0] * 8, time=MONTHS)
    run = bl.Portfolio.from_orders(bars, orders((0, "A", 5.0), (1, "B", 3.0)), groups="each")
    path = run.report(tmp_path / "out.html")
    assert headings(path)[0] == "Accounts"


def test_page_of_a_loaded_result_and_of_a_slice(run, tmp_path):
    run.save(tmp_path / "run.parquet")
    loaded = bl.Result.load(tmp_path / "run.parquet").report(tmp_path / "loaded.html")
    assert headings(loaded) == [each for each in SECTIONS if not each.startswith("Prices")]
    assert headings(run["2005":"2006"].report(tmp_path / "slice.html")) == SECTIONS


def test_page_of_50_assets_over_ten_years_is_small(tmp_path):
    rng = np.random.default_rng(2)
    shape = (2_520, 50)
    closes = 50.0 * np.exp(np.cumsum(rng.normal(3e-4, 0.015, shape), axis=0))
    days = np.arange("2014-01-01", "2030", dtype="datetime64[D]")
    time_of = days[np.is_busday(days)][: shape[0]].astype("datetime64[ns]")
    bars = bl.Bars.from_arrays(closes, open=closes, high=closes, low=closes, time=time_of)
    up, down = (rng.random(shape) < 0.03 for _ in range(2))
    run = bl.Portfolio.from_signals(bars, up, down, down, up, size=bl.PercentOfEquity(0.04),
                                    account=bl.RegT(), fees=0.0005)  # fmt: skip
    assert run.report(tmp_path / "out.html").stat().st_size < 4e6


@pytest.mark.parametrize("width", [400, 1600])
def test_page_opens_in_a_browser_without_errors_and_fits(page, width):
    seen = opened(page, width)
    assert seen.console == []
    assert seen.width <= width  # nothing scrolls sideways but tables in their own frames
    assert seen.curves > 10
    assert seen.read.startswith("2006-")  # what the hair line says half-way


def test_reasons_of_the_page_are_those_of_the_records(run, page):
    found = run.rejections.group_by("reason").agg(pl.len())
    for reason in found["reason"]:
        assert reason.replace("_", " ") in page.read_text(encoding="utf-8")


def test_runs_shorter_than_the_window_have_no_rolling_figure(tmp_path):
    bars = flat_bars([10.0, 11.0, 12.0], time=MONTHS[:3])
    path = bl.Portfolio.from_orders(bars, orders((0, "A", 5.0))).report(tmp_path / "out.html")
    assert "Rolling Sharpe" not in path.read_text(encoding="utf-8")
    assert "Return by year" in path.read_text(encoding="utf-8")
