"""Figures of sweeps and walks show the numbers of their tables."""

import copy
import sys

import numpy as np
import polars as pl
import pytest

import barledger as bl
from barledger.plots.variants import Variants

pytest.importorskip("plotly")

FIGURES = ("plot_heatmap", "plot_parallel", "plot_distribution")


@pytest.fixture(scope="module")
def bars() -> bl.Bars:
    """A noisy wave, so that some variants win and some lose."""
    rng = np.random.default_rng(5)
    close = 100.0 + 10.0 * np.sin(np.arange(700) / 15.0) + np.cumsum(rng.normal(0, 0.5, 700))
    days = np.arange("2020-01-01", "2024", dtype="datetime64[D]")[:700]
    return bl.Bars.from_arrays(close, open=close, high=close, low=close, time=days)


@pytest.fixture(scope="module")
def sweep(bars) -> bl.Sweep:
    return bl.sweep(
        bl.rules.sma_cross, bars, fast=[3, 6, 9], slow=[5, 10, 20, 40], where="fast < slow",
        stops=bl.Stops(loss=bl.param("loss")), loss=[0.05, None],
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(sweep) -> bl.SweepRun:
    return sweep.run()


@pytest.fixture(scope="module")
def walk(sweep) -> bl.WalkForward:
    return bl.walk_forward(sweep, train=300, test=100)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_of_a_sweep_draws_in_both_themes(run, name, theme):
    figure = getattr(run, name)(theme=theme)
    assert figure.to_json()
    assert figure.layout.paper_bgcolor == {"light": "#ffffff", "dark": "#14181d"}[theme]


def test_cells_are_those_of_the_table(run):
    figure = run.plot_heatmap("fast", "slow", "sharpe", slider="loss")
    pages = {step.label: number for number, step in enumerate(figure.layout.sliders[0].steps)}
    assert list(pages) == ["0.05", "none"]
    kept = run.table.filter(pl.col("loss").is_null())
    wanted = kept.filter(fast=6, slow=20)["sharpe"][0]
    drawn = figure.data[pages["none"]]
    row, column = list(drawn.y).index("6"), list(drawn.x).index("20")
    assert drawn.z[row][column] == wanted
    assert np.isnan(drawn.z[list(drawn.y).index("9")][list(drawn.x).index("5")])  # 9 < 5 is false


def test_the_best_cell_is_framed_on_its_own_page_alone(run):
    best = run.best("sharpe", 1).row(0, named=True)
    figure = run.plot_heatmap("fast", "slow", slider="loss")
    slider, frame = figure.layout.sliders[0], figure.layout.shapes[0]
    drawn = figure.data[slider.active]
    assert drawn.y[round(frame.y0 + 0.5)] == str(best["fast"])
    assert drawn.x[round(frame.x0 + 0.5)] == str(best["slow"])
    shown = [step.args[1]["shapes[0].visible"] for step in slider.steps]
    assert shown == [number == slider.active for number in range(len(slider.steps))]


def test_parameters_that_have_no_axis_are_averaged_and_named(bars):
    run = bl.sweep(bl.rules.sma_cross, bars, fast=[3, 6], slow=[10, 20], fees=bl.param("fee"),
                   fee=[0.0, 0.01], slippage=bl.param("slip"), slip=[0.0, 0.01]).run()  # fmt: skip
    figure = run.plot_heatmap("fast", "slow", "sharpe", slider="fee")
    assert "mean over slip" in figure.layout.annotations[0].text
    wanted = run.table.filter(fast=3, slow=10, fee=0.0)["sharpe"].mean()
    assert figure.data[0].z[0][0] == pytest.approx(wanted, rel=1e-12)


def test_parallel_lines_are_the_variants_and_the_best_tenth_stands_out(run):
    lines = run.plot_parallel("sharpe", metrics=["max_drawdown"]).data[0]
    assert [axis.label for axis in lines.dimensions] == [
        "fast", "slow", "loss", "max drawdown", "Sharpe",
    ]  # fmt: skip
    ranked = run.best("sharpe", 1_000)["sharpe"].to_list()
    assert list(lines.dimensions[-1]["values"]) == ranked[::-1]
    assert sum(lines.line.color) == int(np.ceil(0.1 * (len(ranked) - 1)))
    assert list(lines.dimensions[2].ticktext) == ["0.05", "none"]


def test_line_of_luck_and_deflated_sharpe_are_those_of_overfitting(run):
    judged, luck = run.overfitting(blocks=4), Variants(run).luck
    assert luck.variant == judged.variant
    assert luck.sharpe == pytest.approx(judged.sharpe, rel=1e-9)
    assert luck.threshold == pytest.approx(judged.luck, rel=1e-9)
    assert luck.deflated == pytest.approx(judged.deflated_sharpe, rel=1e-9)
    figure = run.plot_distribution()
    texts = [each.text for each in figure.layout.annotations]
    assert any(f"luck of {len(run.table)} trials {luck.threshold:.2f}" == text for text in texts)
    assert int(np.sum(figure.data[0].y)) == len(run.table)


def test_other_metrics_have_no_line_of_luck(run):
    texts = [each.text for each in run.plot_distribution("total_return").layout.annotations]
    assert not any("luck" in text for text in texts)


def test_walk_draws_windows_promises_and_choices(walk):
    figure = walk.plot()
    drawn = {each.name: each for each in figure.data}
    assert list(drawn["equity"].y) == walk.equity["equity"].to_list()
    strips = [each for each in drawn["tested"].y if each is not None]
    assert sorted(set(strips)) == list(range(1, len(walk.windows) + 1))
    assert len(drawn["buy and hold"].y) == len(walk.equity)


def test_buy_and_hold_of_a_walk_spans_its_tests(walk, bars):
    close = bars.close[300:700, 0]
    held = walk.benchmark.equity["equity"].to_numpy()
    # bought at the second open of the tests, which is its close here
    assert held[-1] / held[1] == pytest.approx(close[-1] / close[1], rel=1e-3)
    assert walk.benchmark.equity["time"].to_list() == walk.equity["time"].to_list()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": "fast", "b": "fast"}, "two different parameters that vary, had fast, fast"),
        ({"a": "quick"}, "no parameter 'quick'; there are fast, slow, loss"),
        ({"metric": "luck"}, "unknown metric 'luck'"),
        ({"a": "fast", "b": "slow", "slider": "slow"}, "slider must be a third parameter"),
    ],
)
def test_what_a_heat_map_cannot_show_is_said(run, given, message):
    with pytest.raises(ValueError, match=message):
        run.plot_heatmap(**given)


def test_one_parameter_makes_no_heat_map(bars):
    run = bl.sweep(bl.rules.sma_cross, bars, fast=[3, 6], slow=[10]).run()
    with pytest.raises(ValueError, match="two different parameters that vary, had fast"):
        run.plot_heatmap()


def test_a_sweep_without_a_single_trade_still_draws(bars):
    run = bl.sweep(bl.rules.sma_cross, bars, fast=[800, 900], slow=[1000, 1100]).run()
    assert run.table["trades"].sum() == 0
    assert np.isnan(run.metric("sharpe")).all()
    for name in FIGURES:
        assert getattr(run, name)().to_json()
    assert Variants(run).luck is None


@pytest.mark.parametrize("name", FIGURES)
def test_without_plotly_sweeps_name_the_install_command(run, name, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(ImportError, match=r"pip install 'barledger\[plot\]'"):
        getattr(run, name)()


def test_where_only_the_best_are_left_their_spread_says_nothing_of_luck(run):
    part = bl.SweepRun(run.job, run.grid, copy.deepcopy(run._sheet), is_complete=True)
    part._sheet.is_known[::2] = False
    assert Variants(part).luck is None
    stopped = bl.SweepRun(run.job, run.grid, part._sheet, is_complete=False)
    assert Variants(stopped).trials == len(stopped.table) < len(run.table)
    assert Variants(stopped).luck is not None
