"""Several accounts, starting from a state, events, and runs that record less."""

import numpy as np
import pytest
from markets import cash, equity, fills, flat_bars, held, incidents, near, reasons

import barledger as bl

NAN = np.nan
DAYS = np.arange("2024-01-01", "2024-02-10", dtype="datetime64[D]")
ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=12_000)


def random_bars(n_assets=4, contracts=None):
    draws = np.random.default_rng(11)
    steps = draws.normal(0.0, 0.03, (len(DAYS), n_assets))
    close = 50.0 * np.exp(steps.cumsum(axis=0))
    open_ = close * np.exp(draws.normal(0.0, 0.01, close.shape))
    return bl.Bars.from_arrays(
        close, open=open_, time=DAYS, assets=list("ABCD"[:n_assets]), contracts=contracts
    )


def random_run(bars, **options):
    draws = np.random.default_rng(5)
    entries, exits, shorts, covers = draws.random((4, len(DAYS), 4)) < 0.15
    rows = slice(len(DAYS) - len(bars), None) if options.pop("late", False) else slice(len(bars))
    given = [signal[rows, : bars.shape[1]] for signal in (entries, exits, shorts, covers)]
    options = {"account": bl.RegT(), "fees": 0.001, "slippage": 0.001, **options}
    return bl.Portfolio.from_signals(bars, *given, **options)


# ---- groups ----


def alone(bars, asset, **options):
    """The run of one column by itself."""
    column = bars.assets.index(asset)
    draws = np.random.default_rng(5)
    given = [(s < 0.15)[:, column] for s in draws.random((4, len(DAYS), 4))]
    options = {"account": bl.RegT(), "fees": 0.001, "slippage": 0.001, **options}
    return bl.Portfolio.from_signals(bars[asset], *given, **options)


def test_each_asset_an_account_is_each_asset_alone():
    bars = random_bars()
    result = random_run(bars, groups="each", size=bl.PercentOfEquity(0.9))
    for asset in bars.assets:
        own = alone(bars, asset, size=bl.PercentOfEquity(0.9))
        part = result.equity.filter(account=asset)["equity"]
        assert part.to_list() == equity(own)


@pytest.mark.parametrize("groups", [["x", "y", "x", "y"], dict(zip("ABCD", "xyxy", strict=True))])
def test_accounts_by_label_have_their_own_money(groups):
    result = random_run(random_bars(), groups=groups, initial_cash=[1000.0, 2000.0])
    assert result.stats()["account"].to_list() == ["x", "y"]
    assert result.stats()["initial_equity"].to_list() == [1000, 2000]
    assert set(result.fills.filter(account="x")["asset"]) == {"A", "C"}
    assert result.total_return.columns == ["account", "total_return"]
    assert len(result.equity) == 2 * len(DAYS)


def test_one_account_of_several_is_a_result_of_its_own():
    result = random_run(random_bars(), groups=["x", "y", "x", "y"])
    own = result["x"]
    assert own.equity["equity"].to_list() == result.equity.filter(account="x")["equity"].to_list()
    assert own.total_return == result.total_return.filter(account="x")["total_return"][0]


def test_options_by_asset_go_to_the_account_of_the_asset():
    fees, size = np.array([0.0, 0.01, 0.02, 0.03]), np.array([1.0, 2.0, 3.0, 4.0])
    options = {"fees": fees, "size": bl.Shares(size), "priority": np.arange(4.0)}
    result = random_run(random_bars(), groups="each", **options)
    rate = result.fills["fee"] / (result.fills["quantity"] * result.fills["price"]).abs()
    found = {row for row in zip(result.fills["asset"], rate.round(9), strict=True)}
    assert found == {("A", 0.0), ("B", 0.01), ("C", 0.02), ("D", 0.03)}


def test_rules_and_limits_by_asset_go_to_the_account_of_the_asset():
    wanted = [[10.0, 10.0, 10.0], [NAN] * 3]
    bars = flat_bars([10.0] * 2, [10.0] * 2, [10.0] * 2)
    options = {
        "rules": bl.Rules(sequence=np.array([[2, 1, 0], [2, 1, 0]])),
        "limits": bl.RiskLimits(max_per_group=0.5, groups=["g", "g", "g"]),
    }
    result = bl.Portfolio.from_orders(
        bars, wanted, groups=["x", "y", "x"], initial_cash=200, **options
    )
    # Account x: C first, 100 of 200; A finds its group full.
    assert fills(result, "account", "asset", "quantity") == [("x", "C", 10), ("y", "B", 10)]
    assert reasons(result) == ["group_cap"]


def test_exclusive_groups_hold_within_each_account():
    wanted = [[1.0, 1.0, 1.0], [NAN] * 3]
    bars = flat_bars([10.0] * 2, [10.0] * 2, [10.0] * 2)
    result = bl.Portfolio.from_orders(
        bars, wanted, groups=["x", "x", "y"], exclusive=[["A", "B", "C"]]
    )
    assert fills(result, "account", "asset") == [("x", "A"), ("y", "C")]
    assert reasons(result) == ["exclusive"]


# ---- start ----


def test_a_start_is_valued_at_its_average_price_before_the_first_bar():
    start = bl.State(cash=500.0, positions={"A": (10, 50.0), "B": (-4, 25.0)})
    bars = flat_bars([60, 60], [20, 20])
    result = bl.Portfolio.from_orders(
        bars, [[-10.0, 4.0], [NAN] * 2], account=bl.RegT(), start=start
    )
    # 500 + 500 - 100 = 900; then 500 + 600 - 80; A sold for 600, B bought for 80.
    assert result.stats()["initial_equity"][0] == 900
    assert equity(result) == [1020, 1020]
    assert cash(result) == [500, 1020]
    assert result.trades.select("quantity", "pnl", "entry_time").rows() == [(10, 100, None), (-4, 20, None)]  # fmt: skip


def test_unsettled_money_of_a_start_settles_on_its_date():
    start = bl.State(cash=100.0, unsettled=[("2024-01-03", 80.0)])
    bars = flat_bars([10.0] * 4, time=["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"])
    result = bl.Portfolio.from_orders(
        bars, [5.0] * 4, account=bl.Cash(settlement_days=1), start=start
    )
    assert result.fills.select("bar", "quantity").rows() == [(1, 2), (2, 5), (3, 3)]
    assert result.cash["settled"].to_list() == [20, 0, 30, 0]


@pytest.mark.parametrize("cut", [1, 7, 20, 39])
@pytest.mark.parametrize(
    ("account", "contracts"),
    [
        (bl.RegT(), None),
        (bl.Cash(settlement_days=2), None),
        (bl.PortfolioMargin(max_leverage=3.0), {"A": ES, "C": ES}),
    ],
)
def test_a_run_continued_from_its_state_is_the_whole_run(cut, account, contracts):
    bars = random_bars(contracts=contracts)
    limits = bl.RiskLimits(max_weekly_loss=0.1)
    options = {"account": account, "initial_cash": 50_000.0, "limits": limits}
    whole = random_run(bars, **options)
    first = random_run(bars[:cut], **options)
    then = random_run(bars[cut:], late=True, **{**options, "start": first.state})
    assert equity(first) + equity(then) == equity(whole)
    assert cash(first) + cash(then) == cash(whole)
    assert fills(first, "asset", "quantity", "price", "fee") + fills(
        then, "asset", "quantity", "price", "fee"
    ) == fills(whole, "asset", "quantity", "price", "fee")
    assert then.state.positions == whole.state.positions


# ---- events ----


def test_a_split_multiplies_the_shares_and_nothing_else():
    events = bl.Events(splits=[(2, "A", 4.0)])
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100, 25, 25]), [10, NAN, -40, NAN], events=events, initial_cash=1000
    )
    assert result.positions["quantity"].to_list() == [10, 40]
    assert result.positions["average"].to_list() == [100, 25]
    assert equity(result) == [1000] * 4
    assert result.trades["pnl"].to_list() == [0]
    assert result.ledger["category"].to_list() == ["trade", "split", "trade"]


def test_a_split_of_a_short_and_of_a_waiting_order():
    events = bl.Events(splits=[(2, "A", 2.0)])
    price = np.array([NAN, 100, NAN, 50])
    result = bl.Portfolio.from_orders(
        flat_bars([100, 100, 50, 50]), [-10, 4, NAN, NAN], events=events, price=price,
        account=bl.RegT(), initial_cash=5000,
    )  # fmt: skip
    # Short 10 at 100 are 20 at 50; the order for 4 waits over the split and buys 8.
    assert fills(result) == [(1, "A", -10, 100), (3, "A", 8, 50)]
    assert (held(result), equity(result)) == ({"A": -12}, [5000] * 4)


def test_a_fraction_of_a_share_is_paid_out_where_the_lot_is_one():
    # 15 shares 1:10 are 1.5: one is kept, half a share is paid at 100 / 0.1.
    events = bl.Events(splits=[(2, "A", 0.1)])
    bars = flat_bars([100, 100, 1000], contracts=bl.Contract(lot=1))
    result = bl.Portfolio.from_orders(bars, [15, NAN, NAN], events=events, initial_cash=1500)
    assert (held(result), cash(result)[-1]) == ({"A": 1}, 500)
    assert result.ledger["category"].to_list() == ["trade", "split", "cash_in_lieu"]
    assert equity(result) == [1500] * 3


def test_flows_are_money_and_no_gains():
    events = bl.Events(cash_flows=[(1, 1000.0), (2, -500.0)])
    result = bl.Portfolio.from_orders(
        flat_bars([10] * 4), [0.0] * 4, events=events, initial_cash=1000
    )
    assert equity(result) == [1000, 2000, 1500, 1500]
    assert result.returns["return"].to_list() == [0, 0, 0, 0]
    assert (result.total_return, result.max_drawdown) == (0, 0)
    assert result.ledger.select("category", "amount").rows() == [("deposit", 1000), ("withdrawal", -500)]  # fmt: skip


@pytest.mark.parametrize(
    ("account", "taken"),
    [(bl.Cash(), 200), (bl.RegT(), 600), (bl.Unlimited(), 5000)],
)
def test_a_withdrawal_is_cut_to_what_is_free(account, taken):
    # 80 A at 10 of 1000: 200 of cash, or equity less 50 % of 800.
    events = bl.Events(cash_flows=[(2, -5000.0)])
    result = bl.Portfolio.from_orders(
        flat_bars([10] * 3), [80, NAN, NAN], events=events, account=account, initial_cash=1000
    )
    assert result.ledger.filter(category="withdrawal")["amount"].to_list() == [-taken]
    assert ("withdrawal_cut" in incidents(result)) == (taken < 5000)
    assert equity(result)[-1] == 1000 - taken


def test_events_of_the_bars_apply_unless_others_are_given():
    bars = flat_bars([100, 100, 50], events=bl.Events(splits=[(2, "A", 2.0)]))
    own = bl.Portfolio.from_orders(bars, [1, NAN, NAN])
    other = bl.Portfolio.from_orders(bars, [1, NAN, NAN], events=bl.Events())
    assert (held(own), held(other)) == ({"A": 2}, {"A": 1})


# ---- record ----

SCALARS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown",
    "n_trades", "win_rate", "profit_factor", "expectancy",
)  # fmt: skip


@pytest.mark.parametrize("record", ["equity", "metrics"])
@pytest.mark.parametrize("account", [bl.RegT(), bl.Cash(settlement_days=1)])
def test_recording_less_changes_no_number(record, account):
    bars = random_bars()
    full, less = (random_run(bars, account=account, record=r) for r in ("full", record))
    assert [getattr(full, name) for name in SCALARS] == [getattr(less, name) for name in SCALARS]
    assert less.state.cash == full.state.cash
    assert less.stats()["not_filled"].to_list() == full.stats()["not_filled"].to_list()


@pytest.mark.parametrize("record", ["equity", "metrics"])
def test_recording_less_changes_no_number_with_flows(record):
    events = bl.Events(cash_flows=[("2024-01-10", 5000.0), ("2024-01-20", -3000.0)])
    full, less = (random_run(random_bars(), events=events, record=r) for r in ("full", record))
    assert near(*[getattr(full, n) for n in SCALARS]) == [getattr(less, n) for n in SCALARS]


def test_curves_are_there_with_record_equity_and_gone_with_metrics():
    bars = random_bars()
    full, curve, numbers = (random_run(bars, record=r) for r in ("full", "equity", "metrics"))
    assert curve.equity.equals(full.equity)
    with pytest.raises(LookupError, match=r"did not record its orders and fills.*record='full'"):
        curve.fills  # noqa: B018
    with pytest.raises(LookupError, match="did not record its equity at each bar"):
        numbers.equity  # noqa: B018


def test_a_continued_run_counts_its_own_trades_and_fees():
    # Three round trips of 97, 95 and 93; the first ends before the cut.
    bars = flat_bars([10, 10, 20, 20, 30, 30, 40])
    wanted = np.array([10, -10, 10, -10, 10, -10, 0.0])
    first = bl.Portfolio.from_orders(bars[:3], wanted[:3], fees=0.01)
    for record in ("full", "equity", "metrics"):
        then = bl.Portfolio.from_orders(
            bars[3:], wanted[3:], fees=0.01, start=first.state, record=record
        )
        assert (first.n_trades, then.n_trades) == (1, 2)
        assert then.expectancy == pytest.approx((95 + 93) / 2)
        assert then.stats()["fees"][0] == pytest.approx(2 + 3 + 3 + 4)


def test_an_event_stamped_inside_a_bar_comes_with_the_next_one():
    # A dividend at 11:30 is of the bar of 12:00, before its fills; at 12:30 there is no bar left.
    hours = np.array(["2024-03-12T10", "2024-03-12T11", "2024-03-12T12"], "datetime64[h]")
    bars = flat_bars([10.0] * 3, time=hours)
    stamps = ("2024-03-12T11:30", "2024-03-12T12:30", "2024-03-12T09:59")
    events = bl.Events(dividends=[(stamp, "A", 1.0) for stamp in stamps])
    result = bl.Portfolio.from_orders(bars, [10, -10, 0], events=events, initial_cash=1000)
    paid = result.ledger.filter(category="dividend").select("bar", "amount").rows()
    assert paid == [(2, 10.0)]
    assert result.equity["equity"].to_list() == [1000, 1000, 1010]
    assert (
        "2 before the first bar or after the last one opens, left out"
        in (result.assumptions["events"])
    )
