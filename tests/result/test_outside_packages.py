"""Returns go as they are into quantstats and empyrical, and mean there what they mean here."""

import pytest

import barledger as bl
from barledger import demo


@pytest.fixture(scope="module")
def run() -> bl.Result:
    bars = bl.Bars.sample()
    return demo.simulate(bars, demo.signals_of(bars, 20, 100), 100_000.0)


@pytest.fixture(scope="module")
def series(run):
    """The returns as a pandas Series by time."""
    return run.returns.to_pandas().set_index("time")["return"]


def expected(run):
    numbers = (run.sharpe, run.sortino, run.max_drawdown, run.volatility, run.total_return)
    return pytest.approx(numbers, rel=1e-9)


def test_empyrical_finds_the_same_numbers(run, series):
    empyrical = pytest.importorskip("empyrical")
    found = (
        empyrical.sharpe_ratio(series), empyrical.sortino_ratio(series),
        empyrical.max_drawdown(series), empyrical.annual_volatility(series),
        empyrical.cum_returns_final(series),
    )  # fmt: skip
    assert found == expected(run)


@pytest.mark.filterwarnings("ignore")
def test_quantstats_finds_the_same_numbers(run, series):
    stats = pytest.importorskip("quantstats").stats
    found = (
        stats.sharpe(series), stats.sortino(series), stats.max_drawdown(series),
        stats.volatility(series), stats.comp(series),
    )  # fmt: skip
    assert found == expected(run)


def test_frames_cross_to_pandas_arrow_and_parquet(run, tmp_path):
    import polars as pl

    assert run.trades.to_pandas().shape == run.trades.shape
    assert run.fills.to_arrow().num_rows == len(run.fills)
    run.ledger.write_parquet(tmp_path / "ledger.parquet")
    assert pl.read_parquet(tmp_path / "ledger.parquet").equals(run.ledger)
