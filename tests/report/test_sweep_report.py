"""Pages of sweeps and walks stand alone, tell the numbers of their tables, and open."""

import re
from pathlib import Path

import numpy as np
import pytest
from report_browser import opened

import barledger as bl

SECTIONS = [
    "What the parameters did", "The best by Sharpe",
    "The best of them, on the bars that it was chosen on", "Walk forward", "What it rests on",
]  # fmt: skip


@pytest.fixture(scope="module")
def sweep() -> bl.Sweep:
    bars = bl.Bars.sample()["MSFT"]
    return bl.sweep(
        bl.rules.sma_cross, bars, fast=range(5, 30, 5), slow=range(20, 120, 20),
        where="fast < slow", fees=bl.param("fee"), fee=[0.0, 0.001],
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(sweep) -> bl.SweepRun:
    return sweep.run()


@pytest.fixture(scope="module")
def walk(sweep) -> bl.WalkForward:
    return bl.walk_forward(sweep, train=1_000, test=500)


@pytest.fixture(scope="module")
def page(run, walk, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "sweep.html"
    return run.report(path, title="<Crossings>", judgement=run.overfitting(4), walk=walk)


def headings(path: Path) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", path.read_text(encoding="utf-8"))


def test_page_has_every_section_in_order(page):
    assert headings(page) == SECTIONS
    assert "<h1>&lt;Crossings&gt;</h1>" in page.read_text(encoding="utf-8")


def test_page_asks_nothing_of_the_network(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"https?://|//cdn|@import|url\((?!data:)", text)
    assert re.findall(r'(?:src|href)="([^"]*)"', text) == ["data:,"]


def test_page_tells_the_best_and_how_much_of_it_is_luck(run, page):
    text, judged = page.read_text(encoding="utf-8"), run.overfitting(4)
    best = run.best("sharpe", 1).row(0, named=True)
    assert f"<b>{best['sharpe']:.2f}</b>" in text
    assert f"fast {best['fast']}, slow {best['slow']}, fee {best['fee']:g}" in text
    assert f"<b>{judged.luck:.2f}</b>" in text
    assert f"<b>{judged.deflated_sharpe:.1%}</b>" in text
    assert f"<b>{judged.overfitting:.1%}</b>" in text


def test_page_says_what_it_rests_on(page):
    text = page.read_text(encoding="utf-8")
    assert "<dt>grid: fee</dt><dd>0, 0.001</dd>" in text
    assert "<dt>trials</dt>" in text
    assert "settlement_days=0" in text


def test_pages_without_walk_or_judgement_are_shorter(run, tmp_path):
    path = run.report(tmp_path / "out.html", metric="total_return")
    assert headings(path) == [each.replace("Sharpe", "total return") for each in SECTIONS
                              if each != "Walk forward"]  # fmt: skip
    assert "is said by overfitting()" in path.read_text(encoding="utf-8")


def test_page_of_a_sweep_without_trades_says_so(tmp_path):
    bars = bl.Bars.from_arrays(np.full(50, 10.0))
    run = bl.sweep(bl.rules.sma_cross, bars, fast=[60, 70], slow=[80, 90]).run()
    text = run.report(tmp_path / "out.html").read_text(encoding="utf-8")
    assert "Sharpe is not defined for any variant." in text


def test_page_of_one_parameter_has_no_heat_map(tmp_path):
    bars = bl.Bars.sample()["IBM"]
    run = bl.sweep(bl.rules.sma_cross, bars, fast=[5, 10, 20], slow=[50]).run()
    text = run.report(tmp_path / "out.html").read_text(encoding="utf-8")
    assert 'class="heat"' not in text
    assert "Sharpe by fast" in text


def test_heat_map_of_too_many_cells_is_left_to_the_figure(run, monkeypatch, tmp_path):
    monkeypatch.setattr("barledger.report.heat.MOST", 10)
    text = run.report(tmp_path / "out.html").read_text(encoding="utf-8")
    assert "are too many for a page: plot_heatmap draws them" in text


def test_page_of_a_walk_lists_its_windows(walk, tmp_path):
    path = walk.report(tmp_path / "walk.html")
    text = path.read_text(encoding="utf-8")
    assert headings(path) == ["What it rests on"]
    assert f"{len(walk.windows)} windows" in text
    assert f"<b>{walk.curve.sharpe():.2f}</b>" in text
    assert str(walk.table["test_start"][0])[:10] in text


@pytest.mark.parametrize("width", [400, 1600])
def test_page_opens_in_a_browser_without_errors_and_fits(page, run, width):
    seen = opened(page, width)
    assert seen.console == []
    assert seen.width <= width
    assert seen.heat["slider"] == "0.001"
    assert seen.heat["sheets"] == [False, True]
    # the corner: the largest slow in the last column, the largest fast in the top row
    number = run.table.filter(fast=25, slow=100, fee=0.001)["sharpe"][0]
    assert seen.heat["cell"] == f"fast 25, slow 100Sharpe {number:.2f}"
