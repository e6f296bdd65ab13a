"""Manifests are read, checked, cut into years and written back as they were."""

from datetime import date

import pytest

from barledger import cli
from barledger.data.manifest import File, Manifest, Request, shipped, verify

FIFTEEN = [
    "ES",
    "NQ",
    "RTY",
    "YM",
    "MES",
    "MNQ",
    "CL",
    "NG",
    "GC",
    "SI",
    "ZB",
    "ZN",
    "ZF",
    "6E",
    "6J",
]
TEXT = """
name = "one"
dataset = "GLBX.MDP3"
first = 2023-06-01
last = 2024-06-30
[[requests]]
schema = "ohlcv-1m"
stype_in = "continuous"
symbols = ["ES.v.0"]
"""


def written(tmp_path, text):
    path = tmp_path / "m.toml"
    path.write_text(text)
    return path


def test_the_shipped_manifest_asks_for_fifteen_futures_in_three_timeframes():
    made = Manifest.load("futures_15")
    assert (made.first, made.last) == (date(2015, 1, 1), date(2024, 12, 6))
    assert [request.schema for request in made.requests] == ["ohlcv-1m", "ohlcv-1h", "ohlcv-1d"]
    for request in made.requests:
        leads = [symbol.partition(".")[0] for symbol in request.symbols if symbol.endswith("v.0")]
        assert leads == FIFTEEN
    assert len(made.batches()) == 30
    assert "sample_daily" in shipped()


def test_batches_are_years_and_end_after_their_last_day(tmp_path):
    batches = Manifest.load(written(tmp_path, TEXT)).batches()
    assert [(str(each.first), str(each.last), str(each.end)) for each in batches] == [
        ("2023-06-01", "2023-12-31", "2024-01-01"),
        ("2024-01-01", "2024-06-30", "2024-07-01"),
    ]
    assert batches[0].path == "ohlcv-1m/2023.dbn.zst"


def test_what_is_saved_is_read_again(tmp_path):
    made = Manifest.load(written(tmp_path, TEXT)).with_file(FILE)
    made.save(tmp_path / "folder" / "manifest.toml")
    assert Manifest.load(tmp_path / "folder") == made
    assert made.cost == 1.5


FILE = File(
    path="ohlcv-1m/2023.dbn.zst",
    schema="ohlcv-1m",
    first=date(2023, 6, 1),
    last=date(2023, 12, 31),
    rows=3,
    bytes=5,
    sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",  # of "hello"
    cost=1.5,
    modified=date(2024, 1, 2),
)


def test_verify_tells_what_is_missing_and_what_is_changed(tmp_path, capsys):
    Manifest.load(written(tmp_path, TEXT)).with_file(FILE).save(tmp_path / "f" / "manifest.toml")
    assert verify(tmp_path / "f")["state"].to_list() == ["missing"]
    file = tmp_path / "f" / FILE.path
    file.parent.mkdir()
    file.write_bytes(b"hello")
    assert verify(tmp_path / "f")["state"].to_list() == ["ok"]
    assert cli.main(["data", "verify", str(tmp_path / "f")]) == 0
    assert "1 files, 3 records: all as fetched" in capsys.readouterr().out
    file.write_bytes(b"other")
    assert verify(tmp_path / "f")["state"].to_list() == ["changed"]
    assert cli.main(["data", "verify", str(tmp_path / "f")]) == 2
    assert "1 of 1 files are not what was fetched" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("symbol", "stype_in", "match"),
    [
        ("ES", "continuous", r"no continuous symbol: write 'ES.v.0' \(the lead by volume\)"),
        ("ES.v0", "continuous", "'ES.v.0'"),
        ("ES", "parent", "write 'ES.FUT'"),
        ("ES", "raw_symbol", "a root, not a contract: write 'ES.v.0' with stype_in='continuous'"),
        ("ESH4", "isin", "stype_in must be one of raw_symbol, continuous"),
    ],
)
def test_wrong_symbols_show_the_right_form(symbol, stype_in, match):
    with pytest.raises(ValueError, match=match):
        Request(schema="ohlcv-1m", symbols=(symbol,), stype_in=stype_in)


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("name =", "called =", "unknown key 'called'"),
        ("2024-06-30", "2022-06-30", "last must be at or after first"),
        ('["ES.v.0"]', "[]", "at least one symbol"),
        ("[[requests]]", "[[asks]]", r"no \[\[requests\]\]"),
        ('schema = "ohlcv-1m"', "", "schema"),
        ("first = 2023-06-01", "", "first"),
        ("name =", "name", "is no TOML"),
    ],
)
def test_wrong_files_say_what_is_wrong(tmp_path, old, new, match):
    with pytest.raises(ValueError, match=match):
        Manifest.load(written(tmp_path, TEXT.replace(old, new)))


def test_one_schema_is_one_request(tmp_path):
    twice = TEXT + TEXT[TEXT.index("[[requests]]") :]
    with pytest.raises(ValueError, match="two requests of ohlcv-1m"):
        Manifest.load(written(tmp_path, twice))
    with pytest.raises(FileNotFoundError, match="no manifest 'nothing'; shipped are futures_15"):
        Manifest.load("nothing")


def test_the_command_line_plans_and_lists_without_a_key(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DATABENTO_API_KEY", raising=False)
    assert cli.main(["data", "list"]) == 0
    assert "futures_15" in capsys.readouterr().out
    assert cli.main(["data", "plan", str(written(tmp_path, TEXT))]) == 0
    assert "cost: not asked; set DATABENTO_API_KEY" in capsys.readouterr().out
    Manifest.load(written(tmp_path, TEXT)).with_file(FILE).save(tmp_path / "f" / "manifest.toml")
    assert cli.main(["data", "list", str(tmp_path)]) == 0
    assert "ohlcv-1m/2023.dbn.zst" in capsys.readouterr().out


def test_the_command_line_refuses_in_one_line(tmp_path, monkeypatch, capsys):
    pytest.importorskip("databento")
    monkeypatch.delenv("DATABENTO_API_KEY", raising=False)
    assert cli.main(["data", "fetch", str(written(tmp_path, TEXT)), "--to", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("barledger: no key: set the environment variable")
