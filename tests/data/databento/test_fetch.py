"""Fetching: cost first, a cap, faults that pass, resuming, and a key that nobody sees."""

import importlib.util
from datetime import date
from pathlib import Path

import pytest
from dbn_files import bar, encoded, zstandard

from barledger.data import databento
from barledger.data.lake import Lake
from barledger.data.manifest import Manifest, Request, verify

SPEC = importlib.util.spec_from_file_location(
    "vendor_server", Path(__file__).with_name("vendor_server.py")
)
vendor_server = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(vendor_server)

KEY = "db-0123456789abcdefghijklmnopqrs"
SYMBOLS = {"ES.v.0": [(1, "2020-01-01", "2025-01-01")]}
WANTED = Manifest(
    name="two_years",
    dataset="GLBX.MDP3",
    first=date(2023, 6, 1),
    last=date(2024, 6, 30),
    requests=(Request(schema="ohlcv-1d", symbols=("ES.v.0",), stype_in="continuous"),),
)
QUICK = databento.Retries(tries=3, wait=0.001)
DAYS = [
    {"date": "2023-06-01", "condition": "available", "last_modified_date": "2024-07-01"},
    {"date": "2024-03-05", "condition": "degraded", "last_modified_date": "2024-07-01"},
    {"date": "2024-03-06", "condition": "missing", "last_modified_date": None},
]


def content(asked):
    """A year of two bars, with the year in the prices."""
    year = int(asked["start"][:4])
    records = [
        bar(f"{year}-0{month}-05", float(year + month), schema="ohlcv-1d") for month in (3, 6)
    ]
    return zstandard.ZstdCompressor().compress(encoded("ohlcv-1d", records, SYMBOLS))


@pytest.fixture
def vendor(monkeypatch):
    """The server; the client is told to leave its http address alone (it would make it https)."""
    server = vendor_server.VendorServer(content, DAYS)
    monkeypatch.setattr("databento.historical.client.validate_gateway", lambda url: url)
    monkeypatch.setenv("DATABENTO_API_KEY", KEY)
    monkeypatch.delenv("BARLEDGER_MAX_COST", raising=False)
    yield server
    server.close()


def fetch(vendor, folder, **options):
    options.setdefault("max_cost", 10.0)
    return databento.fetch(WANTED, folder, gateway=vendor.address, retries=QUICK, **options)


def test_a_plan_asks_for_cost_and_size_and_buys_nothing(vendor):
    made = databento.plan(WANTED, gateway=vendor.address, retries=QUICK)
    assert made.table.select("path", "cost", "bytes", "records", "state").rows() == [
        ("ohlcv-1d/2023.dbn.zst", 1.25, 112, 2, "to fetch"),
        ("ohlcv-1d/2024.dbn.zst", 1.25, 112, 2, "to fetch"),
    ]
    assert made.cost == 2.5
    assert vendor.count("timeseries.get_range") == 0
    asked = next(options for name, options in vendor.calls if name == "metadata.get_cost")
    assert (asked["start"], asked["end"]) == ("2023-06-01", "2024-01-01")
    assert (asked["symbols"], asked["stype_in"]) == ("ES.v.0", "continuous")


def test_fetches_a_year_at_a_time_and_records_what_it_got(vendor, tmp_path):
    made = fetch(vendor, tmp_path)
    assert [file.path for file in made.files] == ["ohlcv-1d/2023.dbn.zst", "ohlcv-1d/2024.dbn.zst"]
    assert [(file.rows, file.cost) for file in made.files] == [(2, 1.25), (2, 1.25)]
    assert (made.degraded, made.missing) == ((date(2024, 3, 5),), (date(2024, 3, 6),))
    assert Manifest.load(tmp_path) == made
    assert verify(tmp_path)["state"].to_list() == ["ok", "ok"]
    bars = databento.read([tmp_path / file.path for file in made.files])
    assert bars.close[:, 0].tolist() == [2026.0, 2029.0, 2027.0, 2030.0]


def test_the_cap_refuses_and_is_zero_until_set(vendor, tmp_path, monkeypatch):
    for options in ({"max_cost": None}, {"max_cost": 2.0}):
        with pytest.raises(databento.TooExpensive, match=r"costs \$2.50, the cap is \$[02]"):
            fetch(vendor, tmp_path, **options)
    assert vendor.count("timeseries.get_range") == 0
    monkeypatch.setenv("BARLEDGER_MAX_COST", "3")
    assert len(fetch(vendor, tmp_path, max_cost=None).files) == 2


def test_a_fetch_goes_on_where_it_stopped(vendor, tmp_path):
    vendor.faults["timeseries.get_range"] = [None, 500, 500, 500]
    with pytest.raises(databento.VendorError, match=r"2024.dbn.zst: failed 3 times, last: .*500"):
        fetch(vendor, tmp_path)
    assert [file.path for file in Manifest.load(tmp_path).files] == ["ohlcv-1d/2023.dbn.zst"]
    assert databento.plan(WANTED, tmp_path, gateway=vendor.address, retries=QUICK).cost == 1.25
    before = vendor.count("timeseries.get_range")
    assert len(fetch(vendor, tmp_path, max_cost=1.25).files) == 2
    assert vendor.count("timeseries.get_range") == before + 1
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("faults", [[429], [500, 503], ["cut"]])
def test_faults_that_pass_are_tried_again(vendor, tmp_path, faults):
    vendor.faults["timeseries.get_range"] = list(faults)
    assert len(fetch(vendor, tmp_path).files) == 2
    assert vendor.count("timeseries.get_range") == 2 + len(faults)
    assert verify(tmp_path)["state"].to_list() == ["ok", "ok"]


def test_questions_are_tried_again_too(vendor, tmp_path):
    vendor.faults["metadata.get_cost"] = [429, 500]
    assert len(fetch(vendor, tmp_path).files) == 2


def test_a_cut_download_counts_against_the_cap_again(vendor, tmp_path):
    vendor.faults["timeseries.get_range"] = ["cut"]
    with pytest.raises(
        databento.TooExpensive, match=r"billed again: \$1.25 more would pass the cap"
    ):
        fetch(vendor, tmp_path, max_cost=3.0)  # 1.25 for the cut one, 1.25 again, 1.25 for 2024
    assert [file.cost for file in Manifest.load(tmp_path).files] == [2.5]


def test_a_refused_request_is_not_tried_again(vendor, tmp_path):
    vendor.faults["metadata.get_cost"] = [422]
    with pytest.raises(databento.VendorError, match=r"cannot make sense of the request .*422"):
        fetch(vendor, tmp_path)
    assert vendor.count("metadata.get_cost") == 1
    vendor.faults["metadata.get_dataset_condition"] = [401]
    with pytest.raises(databento.VendorError, match="check DATABENTO_API_KEY"):
        fetch(vendor, tmp_path)


def test_what_the_vendor_changed_is_fetched_again(vendor, tmp_path):
    fetch(vendor, tmp_path)
    vendor.conditions[0] = {**DAYS[0], "last_modified_date": "2025-01-01"}
    made = databento.plan(WANTED, tmp_path, gateway=vendor.address, retries=QUICK)
    assert made.table["state"].to_list() == ["changed", "here"]


def test_the_key_is_sent_but_never_told_or_saved(vendor, tmp_path, capfd, caplog):
    caplog.set_level(0)
    vendor.faults["timeseries.get_range"] = [500, 500, 500]
    with pytest.raises(databento.VendorError) as caught:
        fetch(vendor, tmp_path)
    fetch(vendor, tmp_path)
    assert all(header and header.startswith("Basic ") for header in vendor.headers)
    told = [str(caught.value), repr(caught.value), caplog.text, *capfd.readouterr()]
    told += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY in text for text in told)
    assert caught.value.__cause__ is None


def test_messages_never_hold_the_key():
    from barledger.data.databento.retry import call

    def failing():
        raise RuntimeError(f"bad {KEY}")

    with pytest.raises(databento.VendorError, match=r"asking: RuntimeError: bad \(key\)"):
        call("asking", failing, KEY)


def test_no_key_and_bad_caps_are_refused(vendor, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="max_cost must be >= 0"):
        fetch(vendor, tmp_path, max_cost=-1.0)
    monkeypatch.setenv("BARLEDGER_MAX_COST", "much")
    with pytest.raises(ValueError, match="BARLEDGER_MAX_COST must be a number"):
        fetch(vendor, tmp_path, max_cost=None)
    monkeypatch.delenv("DATABENTO_API_KEY")
    with pytest.raises(ValueError, match="set the environment variable DATABENTO_API_KEY"):
        fetch(vendor, tmp_path)


def test_a_folder_of_another_request_is_refused(vendor, tmp_path):
    fetch(vendor, tmp_path)
    other = Manifest.load("futures_15")
    with pytest.raises(ValueError, match="holds another request"):
        databento.offline_plan(other, tmp_path)


def test_fetched_bars_go_into_a_lake_once(vendor, tmp_path):
    fetch(vendor, tmp_path / "files")
    lake = Lake(tmp_path / "lake")
    assert databento.fill_lake(tmp_path / "files", lake)["added"].sum() == 4
    assert databento.fill_lake(tmp_path / "files", lake)["added"].sum() == 0
    assert lake.bars(contracts="ES").close[:, 0].tolist() == [2026.0, 2029.0, 2027.0, 2030.0]
    (tmp_path / "files/ohlcv-1d/2023.dbn.zst").write_bytes(b"other")
    assert verify(tmp_path / "files")["state"].to_list() == ["changed", "ok"]
    with pytest.raises(ValueError, match="is not what was fetched"):
        databento.fill_lake(tmp_path / "files", lake)


def test_bad_days_can_be_masked(vendor, tmp_path):
    made = fetch(vendor, tmp_path)
    bars = databento.read(tmp_path / "ohlcv-1d/2024.dbn.zst")
    masked = made.mask(bars)
    assert masked.tradable[:, 0].tolist() == [False, True]
    assert masked.notes[-1] == "1 bars of degraded or missing days cannot trade"


def test_the_command_line_fetches_and_fills_a_lake(vendor, tmp_path, monkeypatch, capsys):
    from barledger import cli

    monkeypatch.setattr("databento.historical.client.HistoricalGateway", lambda _: vendor.address)
    WANTED.save(tmp_path / "two.toml")
    to = ["--to", str(tmp_path / "files")]
    assert cli.main(["data", "plan", str(tmp_path / "two.toml"), *to]) == 0
    assert "to fetch: 2 files, 0.0 MB billed, $2.50" in capsys.readouterr().out
    assert cli.main(["data", "fetch", str(tmp_path / "two.toml"), *to]) == 2
    assert "costs $2.50, the cap is $0.00" in capsys.readouterr().err
    paid = [*to, "--max-cost", "3", "--lake", str(tmp_path / "lake")]
    assert cli.main(["data", "fetch", str(tmp_path / "two.toml"), *paid]) == 0
    told = capsys.readouterr().out
    assert "ohlcv-1d/2023.dbn.zst: 2 records" in told
    assert "2 files in" in told
    assert "4 bars added to the lake" in told
