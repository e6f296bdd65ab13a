"""What a run refuses: every error says what was wrong, what was found and what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from markets import equity, fills, flat_bars, orders, reasons

import barledger as bl

NAN, INF = np.nan, np.inf
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04"]
ONE = flat_bars([10, 11, 12])
TWO = flat_bars([10, 11, 12], [20, 21, 22], time=DAYS)
ENTRY = np.array([True, False, False])
ENTRIES = np.array([[True, False], [False, True], [False, False]])


def refused(match, *args, error=ValueError, run=bl.Portfolio.from_signals, **options):
    with pytest.raises(error, match=match):
        run(*args, **options)


@pytest.mark.parametrize(
    ("entries", "found"),
    [(ENTRY[:2], r"\(2,\)"), (ENTRIES, r"\(3, 2\)"), ([], r"\(0,\)"), (True, r"\(\)")],
)
def test_signals_of_another_shape(entries, found):
    refused(rf"entries must have the shape of the bars \(3, 1\), was {found}", ONE, entries)


@pytest.mark.parametrize(
    ("exits", "kind"),
    [
        (ENTRY.astype(int), "int64"),
        (ENTRY.astype(float), "float64"),
        (np.array([True, None, False], dtype=object), "object"),
        (pl.Series([True, None, False]), "object"),
        (pd.Series([True, None, False], dtype="boolean"), "object"),
    ],
)
def test_signals_that_are_not_boolean(exits, kind):
    refused(f"exits must be boolean, was {kind} data; compare first", ONE, ENTRY, exits,
            error=TypeError)  # fmt: skip


def test_no_signals_at_all():
    refused("no signals were given: pass entries, exits, short_entries, short_exits", ONE)


def test_frames_of_other_labels_name_what_is_missing_and_what_is_unknown():
    frame = pl.DataFrame({"A": ENTRY, "C": ENTRY})
    refused(r"entries must have a column for each asset.*missing \['B'\], unknown \['C'\]",
            TWO, frame)  # fmt: skip


def test_frames_of_other_times():
    frame = pd.DataFrame(ENTRIES, columns=["A", "B"], index=pd.date_range("2024-02-01", periods=3))
    refused("entries must have the times of the bars.*align the two first", TWO, frame)
    late = pl.DataFrame({"time": [*DAYS[:2], "2024-01-05"], "A": ENTRY, "B": ENTRY})
    refused("entries must have the times of the bars", TWO, late)


@pytest.mark.parametrize(
    ("size", "match", "error"),
    [
        (-1, "Shares size must be >= 0, was -1", ValueError),
        ([1.0, 2.0], r"size has shape \(2,\); give one number, one per asset", ValueError),
        ("lots", "size must be one of all_cash; was 'lots'", ValueError),
        (True, "Shares size must be a number.*was bool data", TypeError),
    ],
)
def test_sizes_that_mean_nothing(size, match, error):
    refused(match, ONE, ENTRY, size=size, error=error)


def test_a_size_of_its_own_kind():
    with pytest.raises(ValueError, match=r"PercentOfCash size must be at most 1, was 1\.5"):
        bl.PercentOfCash(1.5)
    with pytest.raises(ValueError, match="Risk fraction must be >= 0"):
        bl.Risk(-0.1, 1.0)


@pytest.mark.parametrize("value", [NAN, INF])
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (bl.PercentFee, "fees"),
        (bl.PerUnitFee, "fees per_unit"),
        (lambda value: bl.PercentFee([0.1, value]), "fees"),
        (lambda value: bl.PercentFee(0.0, fixed=value), "fees fixed"),
        (lambda value: bl.PerUnitFee(1.0, minimum=value), "fees minimum"),
        (lambda value: bl.TieredFee([(0, value)]), "TieredFee rates"),
        (lambda value: bl.Slippage(value), "slippage"),
        (lambda value: bl.Slippage(ticks=value), "slippage ticks"),
    ],
)
def test_costs_that_are_not_known(make, name, value):
    with pytest.raises(ValueError, match=f"{name} must be finite, was {value:g}"):
        make(value)


@pytest.mark.parametrize(
    ("options", "match", "error"),
    [
        ({"fees": -0.1}, "fees must be >= 0, was -0.1", ValueError),
        ({"fees": "0.1"}, "fees must be a number", TypeError),
        ({"slippage": -0.1}, "slippage must be >= 0, was -0.1", ValueError),
        ({"slippage": 5}, r"slippage is a fraction of the price, below 1.*was 5", ValueError),
        ({"slippage": [0.0, 0.1]}, r"slippage has shape \(2,\)", ValueError),
    ],
)
def test_costs_that_make_no_sense(options, match, error):
    refused(match, ONE, ENTRY, error=error, **options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"account": "RegT"}, r"account must be an account such as Cash\(\), was 'RegT'"),
        ({"account": bl.Cash}, "account must be an account"),
        ({"rules": {"conflict": "exit"}}, "rules must be Rules such as"),
        ({"limits": 5}, "limits must be RiskLimits such as .* was 5"),
        ({"events": [(1, 2.0)]}, r"events must be Events such as .* was \[\(1, 2.0\)\]"),
        ({"start": {"cash": 1}}, r"start must be a State such as result\.state"),
        ({"initial_cash": "100"}, "initial_cash must be a number"),
        ({"fee": 0.1}, "unknown options fee .did you mean fees"),
        ({"exclusive": ["A", "B"]}, "exclusive must be groups of assets such as"),
        ({"exclusive": "AB"}, "exclusive must be groups of assets such as"),
    ],
)
def test_options_of_the_wrong_kind(options, match):
    refused(match, TWO, ENTRIES, error=TypeError, **options)


@pytest.mark.parametrize("bars", [np.ones(3), pl.DataFrame({"A": [1.0, 2.0]})])
@pytest.mark.parametrize("make", ["from_signals", "from_orders", "from_targets"])
def test_bars_of_the_wrong_kind(bars, make):
    run = getattr(bl.Portfolio, make)
    refused("bars must be Bars, was .*Bars.from_arrays", bars, ENTRY, run=run, error=TypeError)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"fill": "open"}, "fill must be one of next_open, next_close, close; was 'open'"),
        ({"record": "all"}, "record must be one of full, equity, metrics; was 'all'"),
        ({"direction": "up"}, "direction must be one of long, short, both; was 'up'"),
        ({"groups": "all"}, "groups must be one of each; was 'all'"),
        ({"direction": "both", "short_entries": ENTRIES}, "direction='both' says what entries"),
        ({"initial_cash": NAN}, "initial_cash must be finite and >= 0, was nan"),
        ({"initial_cash": -1}, "initial_cash must be finite and >= 0, was -1"),
        ({"initial_cash": [1.0, 2.0]}, "several initial_cash .* need groups"),
        ({"initial_cash": [1.0] * 3, "groups": "each"}, "each of the 2 accounts, had 3"),
        ({"groups": ["a"]}, "groups must name an account for each of the 2 assets, had 1"),
        ({"groups": {"A": "a"}}, r"groups must name an account for each asset; missing \['B'\]"),
        ({"exclusive": [["A", "Z"]]}, r"exclusive names unknown assets \['Z'\]"),
        ({"exclusive": [["A", "B"], ["B"]]}, "an asset can be in one exclusive group only"),
        ({"price": [-1.0, 5.0]}, "price must be > 0; only futures"),
        ({"price": [INF, 5.0]}, "price must be finite, or NaN for no fill"),
        ({"priority": [1.0] * 3}, r"priority has shape \(3,\)"),
        ({"start": bl.State(1.0, {"Z": (1, 1.0)})}, "start State holds 'Z', which the bars do not"),
        ({"start": bl.State(1.0, {"A": (-1, 1.0)})}, "a Cash account holds fully paid longs only"),
        ({"account": bl.RegT(margin_check="extremes"), "bars": 0}, "needs bars with high and low"),
        ({"slippage": bl.Slippage(0.1, cap_to_range=True), "bars": 0}, "needs bars with high and"),
        ({"events": bl.Events(splits=[(DAYS[1], "Z", 2.0)])}, "names an unknown asset 'Z'"),
    ],
)
def test_options_that_do_not_fit(options, match):
    bars = bl.Bars.from_arrays(TWO.close, assets=["A", "B"]) if "bars" in options else TWO
    options = {name: value for name, value in options.items() if name != "bars"}
    refused(match, bars, ENTRIES, **options)


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        ({"sequence": np.zeros((2, 2), int)}, r"sequence must be one of .* shape \(3, 2\)"),
        ({"sequence": np.zeros((3, 2))}, "integer array.*was float64"),
        ({"sequence": np.zeros((3, 2), int)}, "each row of sequence must hold every column"),
        ({"allocation": "priority"}, "allocation='priority' needs priority="),
    ],
)
def test_rules_that_do_not_fit(rules, match):
    refused(match, TWO, ENTRIES, rules=bl.Rules(**rules))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("sequence", "exits_first, as_given, reversed, by_value, as_placed"),
        ("allocation", "in_order, priority, proportional, all_or_none"),
        ("conflict", "exit, entry, ignore, hold, switch"),
        ("opposite", "reverse, close, ignore, reduce"),
        ("cost_basis", "average, fifo"),
    ],
)
def test_unknown_words_of_a_policy_list_the_known_ones(name, known):
    with pytest.raises(ValueError, match=f"{name} must be one of {known}; was 'best'"):
        bl.Rules(**{name: "best"})


def test_contracts_of_several_currencies():
    contracts = {"A": bl.Contract(currency="EUR")}
    bars = bl.Bars.from_arrays(np.ones((3, 2)), assets=["A", "B"], contracts=contracts)
    refused("no rate of exchange for EUR: . is in EUR, the account in USD", bars, ENTRIES)


@pytest.mark.parametrize(
    ("quantity", "match", "error"),
    [
        ([INF, 0, 0], "quantity must be finite, or NaN for none", ValueError),
        (["1", "2", "3"], "quantity must be numbers", TypeError),
        ([True, False, True], "quantity must be numbers, was bool data", TypeError),
        ([1.0, 2.0], r"quantity must have the shape of the bars \(3, 1\)", ValueError),
    ],
)
def test_quantities_that_are_no_orders(quantity, match, error):
    refused(match, ONE, quantity, run=bl.Portfolio.from_orders, error=error)


@pytest.mark.parametrize(
    ("columns", "match", "error"),
    [
        ({"asset": None}, "orders need the columns bar .or time., asset and quantity", ValueError),
        ({"asset": ["Z"]}, r"orders name unknown assets \['Z'\]", ValueError),
        ({"bar": [3]}, "orders' bars must lie in 0 … 2", ValueError),
        ({"bar": [-1]}, "orders' bars must lie in 0 … 2", ValueError),
        ({"bar": [0.5]}, "orders' bars must be whole numbers, was Float64 data", TypeError),
        ({"bar": ["x"]}, "orders' bars must be whole numbers, was String data", TypeError),
        ({"bar": pl.Series([None], dtype=pl.Int64)}, "whole numbers; some are null", ValueError),
        ({"bar": None, "time": ["2024-01-06"]}, "there is none at 2024-01-06", ValueError),
        ({"quantity": [INF]}, "orders quantity must be finite", ValueError),
        ({"limit_price": [5.0]}, "stop, tif, until, .*; found also limit_price", ValueError),
    ],
)
def test_frames_that_are_no_orders(columns, match, error):
    given = {"bar": [0], "asset": ["A"], "quantity": [1.0], **columns}
    frame = pl.DataFrame({name: values for name, values in given.items() if values is not None})
    refused(match, TWO, frame, run=bl.Portfolio.from_orders, error=error)


def test_targets_without_meaning():
    run = bl.Portfolio.from_targets
    refused("targets must be finite, or NaN for none", ONE, [INF, 0, 0], run=run)
    refused("unit must be one of percent, value, shares; was 'pct'", ONE, ENTRY, run=run,
            unit="pct")  # fmt: skip
    refused("unknown options size", ONE, [0.1, 0, 0], run=run, size=5, error=TypeError)


@pytest.mark.parametrize(
    ("make", "match", "error"),
    [
        (lambda: bl.RiskLimits(max_positions=0), "max_positions must be >= 1", ValueError),
        (lambda: bl.RiskLimits(max_positions=1.5), "must be a whole number, was 1.5", TypeError),
        (lambda: bl.RiskLimits(max_leverage=NAN), "max_leverage must be finite", ValueError),
        (lambda: bl.RiskLimits(max_net=[1.0, 2.0]), "max_net must be one number", TypeError),
        (lambda: bl.RiskLimits(max_daily_loss=5), "0.05 means 5 %.*was 5", ValueError),
        (lambda: bl.RiskLimits(max_per_group=0.3), "belong together", ValueError),
        (lambda: bl.PortfolioMargin(max_leverage=NAN), "max_leverage must be finite", ValueError),
        (lambda: bl.RegT(minimum_equity=NAN), "minimum_equity must be finite", ValueError),
        (lambda: bl.RegT(initial=50), "initial must be above 0 and at most 1", ValueError),
        (lambda: bl.Cash(settlement_days=5), "settlement_days must be 0, 1, 2, 3 or", ValueError),
        (lambda: bl.FuturesMargin(day_rate=NAN), "day_rate must be finite", ValueError),
        (lambda: bl.Contract(tick=NAN), "tick must be finite, was nan", ValueError),
        (lambda: bl.Contract(lot=[1, 2]), "lot must be one number", TypeError),
        (lambda: bl.State(NAN), "cash of a State must be a finite number", ValueError),
        (lambda: bl.State(1.0, {"A": 5}), "must be .quantity, average price.; A had 5", TypeError),
        (lambda: bl.State(1.0, {"A": (NAN, 1)}), "both finite; A had", ValueError),
        (
            lambda: bl.State(1.0, unsettled=[(DAYS[0], NAN)]),
            "unsettled amounts must be",
            ValueError,
        ),
        (lambda: bl.Events(splits=[(1, "A", NAN)]), "a split's ratio must be > 0", ValueError),
        (lambda: bl.Events(cash_flows=[(1, INF)]), "a cash flow must be a number", ValueError),
    ],
)
def test_terms_that_are_not_numbers_of_their_kind(make, match, error):
    with pytest.raises(error, match=match):
        make()


def test_a_share_bought_for_nothing():
    start = bl.State(cash=1.0, positions={"A": (1, 0.0)})
    refused("average price must be > 0, only a future's", TWO, ENTRIES, start=start)


def test_statistics_of_no_year():
    result = bl.Portfolio.from_signals(ONE, ENTRY)
    refused("periods_per_year must be > 0, was 0", run=result.stats, periods_per_year=0)
    refused("risk_free must be finite, was nan", run=result.stats, risk_free=NAN)


def test_parts_of_a_result_that_are_not_there():
    result = bl.Portfolio.from_signals(TWO, ENTRIES)
    refused("no asset 'Z'; there are A, B", "Z", 0, run=result.explain, error=KeyError)
    refused("no bar at 2024-05-01", "A", "2024-05-01", run=result.explain, error=KeyError)
    refused("no bar 17: there are 3", "A", 17, run=result.explain, error=IndexError)
    refused("no asset or account 'Z'", "Z", run=result.__getitem__, error=KeyError)
    refused("no bars between 2030 and 2031", slice("2030", "2031"), run=result.__getitem__)


@pytest.mark.parametrize(("fill", "left"), [("next_open", ["end_of_data"]), ("close", [])])
def test_one_bar_is_enough(fill, left):
    result = bl.Portfolio.from_signals(flat_bars([10.0]), [True], size=5, fill=fill)
    assert (reasons(result), equity(result)) == (left, [100_000])
    assert np.isnan(result.sharpe)


def test_an_asset_without_any_price_never_trades():
    bars = flat_bars([NAN] * 3, [20, 21, 22])
    result = bl.Portfolio.from_signals(bars, np.ones((3, 2), bool), size=1)
    assert fills(result) == [(1, "B", 1, 21)]
    assert set(reasons(result)) == {"replaced", "end_of_data"}


def test_no_orders_are_no_error():
    empty = orders((0, "A", 1)).clear()
    assert equity(bl.Portfolio.from_orders(TWO, empty)) == [100_000] * 3
    assert equity(bl.Portfolio.from_orders(TWO, np.full((3, 2), NAN))) == [100_000] * 3
    assert fills(bl.Portfolio.from_signals(ONE, ENTRY, size=NAN)) == []
    assert fills(bl.Portfolio.from_signals(ONE, ENTRY, size=INF)) == [(1, "A", 100_000 / 11, 11)]
