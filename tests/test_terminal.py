"""The command line shows results, says what is wrong, and looks the same wherever it is piped."""

import io
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import barledger as bl
from barledger import demo, digest, terminal
from barledger.cli import main


class Screen(io.StringIO):
    """A terminal that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> str:
    bars = bl.Bars.sample()
    path = tmp_path_factory.mktemp("saved") / "run.parquet"
    demo.simulate(bars, demo.signals_of(bars, 20, 100), 100_000.0).save(path)
    return str(path)


def test_report_shows_a_saved_result(saved, capsys):
    assert main(["report", saved]) == 0
    text = capsys.readouterr().out
    for line in (
        "Result of 3270 bars x 5 assets, 2000-03-01 to 2013-03-01, RegT account",
        "max drawdown           -78.33%",
        "2000-09-01  2004-01-13   2007-10-31     -78.33%  1,798  recovered",
        "cash at the end            73,461.45",
    ):
        assert line in text
    assert "null" not in text
    assert " nan" not in text


def test_report_writes_the_page_too(saved, capsys, tmp_path):
    assert main(["report", saved, "--html", str(tmp_path / "out.html"), "--title", "Mine"]) == 0
    assert "<h1>Mine</h1>" in (tmp_path / "out.html").read_text(encoding="utf-8")
    assert "wrote " in capsys.readouterr().out


def test_report_of_what_is_no_result_says_so(capsys, tmp_path):
    pl.DataFrame({"time": [1]}).write_parquet(tmp_path / "bars.parquet")
    assert main(["report", str(tmp_path / "bars.parquet")]) == 2
    assert "is no result of barledger" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "none.parquet")]) == 2
    assert "write one with result.save" in capsys.readouterr().err
    (tmp_path / "text.parquet").write_text("hello")
    assert main(["report", str(tmp_path / "text.parquet")]) == 2
    assert capsys.readouterr().err.startswith("barledger: ")


@pytest.mark.parametrize(("record", "titles"), [
    ("metrics", ["Statistics", "Trades, refusals and the ledger", "Assumptions"]),
    ("equity", ["Statistics", "Deepest drawdowns", "Trades, refusals and the ledger", "Assumptions"]),
])  # fmt: skip
def test_runs_that_recorded_less_show_less(record, titles):
    bars = bl.Bars.sample()
    run = bl.Portfolio.from_signals(bars, *demo.signals_of(bars, 20, 100), record=record)
    assert [part.title for part in digest.sections(run)] == titles


def test_several_accounts_have_a_column_each():
    bars = bl.Bars.sample()
    run = bl.Portfolio.from_signals(bars, *demo.signals_of(bars, 20, 100), groups="each")
    table = digest.statistics(run)
    assert table.head == ("statistic", "AAPL", "FB", "GOOG", "IBM")
    assert table.note == "and 1 more accounts"


def test_ledger_of_the_digest_adds_up(saved):
    run = bl.Result.load(saved)
    rows = digest.by_category(run).rows
    amounts = [float(row[2].replace(",", "")) for row in rows]
    assert sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.05)
    assert rows[0][1] == ""


def test_demo_on_few_bars_says_why_nothing_trades(capsys, tmp_path):
    days = np.arange("2020-01-01", "2020-02-01", dtype="datetime64[D]")
    pl.DataFrame({"time": days, "close": np.linspace(9.0, 11.0, 31)}).write_parquet(
        tmp_path / "short.parquet"
    )
    assert main(["demo", "--bars", str(tmp_path / "short.parquet")]) == 0
    text = capsys.readouterr().out
    assert "note: no asset has more than 31 bars: an average of 100 needs more" in text
    assert "31 bars x 1 asset," in text
    assert "Orders not filled in full, by reason\nnone" in text


def test_demo_with_averages_the_wrong_way_round_says_so(capsys):
    assert main(["demo", "--fast", "50", "--slow", "20"]) == 0
    assert "note: --fast 50 should be less than --slow 20" in capsys.readouterr().out


def test_rich_draws_what_somebody_looks_at(saved, monkeypatch):
    pytest.importorskip("rich")
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal.show([digest.by_category(bl.Result.load(saved)), terminal.Text("End", "of it")])
    text = screen.getvalue()
    assert "73,461.45" in text
    assert "───" in text
    assert "\x1b[1mEnd\x1b[0m" in text


def test_without_rich_the_same_numbers_are_plain(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.console", None)
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    terminal.show([digest.by_category(bl.Result.load(saved))])
    assert "cash at the end            73,461.45" in screen.getvalue()
    assert "\x1b" not in screen.getvalue()


def test_a_reader_who_leaves_early_sees_no_error(saved):
    command = f"{sys.executable} -m barledger.cli report {saved} | head -2"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""
