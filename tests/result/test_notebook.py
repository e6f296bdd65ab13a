"""What a notebook shows: small tables without colours of their own, everything escaped."""

import re

import numpy as np
import pytest

import barledger as bl

TWO = bl.Bars.from_arrays(np.array([[10.0, 20.0], [11.0, 21.0], [12.0, 22.0]]), assets=["A&B", "C"])
SWEEP = bl.sweep(bl.rules.sma_cross, bl.Bars.sample()["IBM"], fast=[5, 10], slow=[20, 40])
OPTIONS = [
    bl.Cash(), bl.RegT(initial=0.6), bl.PortfolioMargin(), bl.FuturesMargin(), bl.Unlimited(),
    bl.PercentFee(0.0005), bl.PerUnitFee(0.005), bl.TieredFee([(0, 0.001)]), bl.Slippage(0.001),
    bl.Shares(10), bl.PercentOfEquity(np.ones(2)), bl.VolatilityTarget(0.15),
    bl.Stops(loss=0.05), bl.Rules(repeat="add"), bl.RiskLimits(max_positions=5),
    bl.Market(), bl.Limit(9.5, tif="day"), bl.StopLimit(9.0, 9.5),
    bl.Contract(kind="future", multiplier=50, initial=12_000), bl.State(cash=5.0),
    bl.Events(splits=[("2024-01-02", "A", 2.0)]), TWO, SWEEP,
]  # fmt: skip


@pytest.mark.parametrize("shown", OPTIONS, ids=lambda each: type(each).__name__)
def test_options_bars_and_sweeps_are_small_tables(shown):
    html = shown._repr_html_()
    assert html.count("<tr") == html.count("</tr>") <= 20
    assert "color" not in html
    assert "&amp;B" in html if shown is TWO else type(shown).__name__ in html


def test_what_was_given_stands_out_from_the_defaults():
    html = bl.RegT(initial=0.6)._repr_html_()
    given = re.search(r'<tr style="([^"]*)"><td[^>]*>initial</td><td[^>]*>0.6</td>', html)
    default = re.search(r'<tr style="([^"]*)"><td[^>]*>maintenance</td><td[^>]*>0.25</td>', html)
    assert (given[1], default[1]) == ("", "opacity:.65")


def test_arrays_are_shown_by_their_shape():
    assert "array(2,)" in bl.PercentOfEquity(np.ones(2))._repr_html_()


def test_runs_of_sweeps_show_their_best():
    run = SWEEP.run()
    html = run._repr_html_()
    assert "the best 4 of 4 variants by Sharpe" in html
    assert f">{run.best('sharpe', 1)['sharpe'][0]:.2f}<" in html
    assert "deflated sharpe" in run.overfitting(4)._repr_html_()


def test_walks_show_their_windows():
    html = bl.walk_forward(SWEEP, train=1_000, test=200)._repr_html_()
    assert "11 windows by sharpe" in html
    assert "and 3 more windows" in html


def test_parts_show_their_trades():
    buy = np.zeros((3, 2), bool)
    buy[0, 0] = True
    result = bl.Portfolio.from_signals(TWO, buy)
    assert "Part A&amp;B: 1 fills" in result["A&B"]._repr_html_()
    assert "A&amp;B" in result.state._repr_html_()
