"""Strategies that decide bar by bar: the same ledger as for orders given beforehand."""

import numpy as np
import polars as pl
import pytest

import barledger as bl
from barledger.lowering.carried import with_terms

DISTANT = ("market_with_protection", "trailing_stop")
KINDS = ("market", "limit", "stop", "stop_limit", "market_if_touched", "market_on_close", *DISTANT)
TIMES = {
    "gtc": bl.trade.GTC, "day": bl.trade.DAY, "next": bl.trade.NEXT, "ioc": bl.trade.IOC,
    "fok": bl.trade.FOK,
}  # fmt: skip


def market(seed: int, n_bars: int = 60, n_assets: int = 3, hole: float = 0.0) -> bl.Bars:
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, (n_bars, n_assets)), axis=0))
    opens = close * np.exp(rng.normal(0.0, 0.01, close.shape))
    high, low = np.maximum(opens, close) * 1.01, np.minimum(opens, close) * 0.99
    empty = rng.random(close.shape) < hole
    for each in (close, opens, high, low):
        each[empty] = np.nan
    time = np.arange("2024-01-01", n_bars, dtype="datetime64[D]")
    return bl.Bars.from_arrays(close, open=opens, high=high, low=low, time=time)


def orders(seed: int, bars: bl.Bars, count: int = 80) -> pl.DataFrame:
    rng = np.random.default_rng(seed + 1)
    n_bars, n_assets = bars.shape
    bar = np.sort(rng.integers(0, n_bars, count))
    asset = rng.integers(0, n_assets, count)
    near = np.nan_to_num(bars.close[bar, asset], nan=50.0)
    frame = pl.DataFrame(
        {
            "bar": bar,
            "asset": [bars.assets[j] for j in asset],
            "quantity": rng.integers(1, 40, count) * rng.choice([-1, 1], count),
            "kind": rng.choice(KINDS, count),
            "price": near * rng.uniform(0.97, 1.03, count),
            "stop": near * rng.uniform(0.97, 1.03, count),
            "tif": rng.choice(list(TIMES), count),
        }
    )
    frame = frame.with_columns(
        price=pl.when(pl.col("kind").is_in(DISTANT)).then(pl.col("price") / 50).otherwise("price")
    )
    is_market = pl.col("kind") == "market"  # what a strategy sends to the market has no end
    return frame.with_columns(tif=pl.when(is_market).then(pl.lit("gtc")).otherwise("tif"))


def as_state(frame: pl.DataFrame, bars: bl.Bars) -> np.ndarray:
    """Orders as numbers, seven each, after the place of the next one."""
    rows = [
        (r["bar"], bars.assets.index(r["asset"]), r["quantity"], KINDS.index(r["kind"]), r["price"],
         r["stop"], TIMES[r["tif"]])
        for r in frame.iter_rows(named=True)
    ]  # fmt: skip
    return np.concatenate([[0.0], np.array(rows, float).ravel()])


def replay(ctx, bar, state):
    """Place the orders written in `state` when their bar has come."""
    place = int(state[0])
    while place * 7 + 1 < state.size and state[place * 7 + 1] <= bar:
        at = place * 7 + 1
        asset, quantity, kind = int(state[at + 1]), state[at + 2], int(state[at + 3])
        price, stop, tif = state[at + 4], state[at + 5], int(state[at + 6])
        if kind == 0:
            bl.trade.market(ctx, asset, quantity, tif)
        elif kind == 1:
            bl.trade.limit(ctx, asset, quantity, price, tif)
        elif kind == 2:
            bl.trade.stop(ctx, asset, quantity, price, tif)
        elif kind == 3:
            bl.trade.stop_limit(ctx, asset, quantity, stop, price, tif)
        elif kind == 4:
            bl.trade.if_touched(ctx, asset, quantity, price, tif)
        elif kind == 5:
            bl.trade.on_close(ctx, asset, quantity, tif)
        elif kind == 6:
            bl.trade.protected(ctx, asset, quantity, price, tif)
        else:
            bl.trade.trail(ctx, asset, quantity, price, tif)
        place += 1
    state[0] = place


class Replay(bl.Strategy):
    def __init__(self, state):
        self.state = state

    def on_bar(self, ctx):
        replay(ctx._context, ctx.bar, self.state)


def told(result: bl.Result) -> str:
    book = result.books[0]
    rows = (with_terms(book.orders), book.fills, book.entries, book.incidents)
    kept = [[row[name].tolist() for name in row.dtype.names] for row in rows]
    kept += [book.waiting[name].tolist() for name in ("asset", "placed", "number", "kind")]
    return repr([*kept, book.equity.tolist(), book.counts.tolist(), book.rejected.tolist()])


ACCOUNTS = (bl.Cash(), bl.RegT(), bl.PortfolioMargin(max_leverage=1.5), bl.Unlimited())


@pytest.mark.parametrize("seed", range(24))
def test_orders_decided_bar_by_bar_are_those_given_beforehand(seed):
    bars = market(seed, hole=0.05 * (seed % 3))
    frame = orders(seed, bars)
    options = {"account": ACCOUNTS[seed % 4], "initial_cash": 8_000.0, "fees": 0.001}
    if seed % 2:
        options["stops"] = bl.Stops(loss=0.03, target=0.05)
    given = bl.Portfolio.from_orders(bars, frame, **options)
    decided = bl.Portfolio.from_callback(bars, replay, as_state(frame, bars), **options)
    assert told(decided) == told(given)
    if seed < 4:
        plain = bl.Portfolio.from_callback(bars, Replay(as_state(frame, bars)), **options)
        assert told(plain) == told(given)


def test_the_logs_grow_when_there_are_many_orders():
    bars = market(5, n_bars=1500, n_assets=1)

    def flips(ctx, bar, state):
        bl.trade.to(ctx, 0, 10.0 if bar % 2 == 0 else -10.0)

    result = bl.Portfolio.from_callback(bars, flips, account=bl.RegT(), initial_cash=1e6)
    assert len(result.orders) == 1500
    assert len(result.fills) == 2 * 1499 - 1


def test_a_strategy_sees_the_account_and_nothing_after_the_bar():
    bars = bl.Bars.from_arrays([10.0, 11.0, 12.0, 13.0], volume=[5.0, 6.0, 7.0, 8.0])
    seen = []

    class Look(bl.Strategy):
        def start(self, assets):
            seen.append(tuple(assets))

        def on_bar(self, ctx):
            seen.append(
                (ctx.bar, len(ctx.close), ctx.close[-1, 0], len(ctx.open), ctx.volume[-1, 0],
                 ctx.quantity[0], ctx.average[0], ctx.waiting[0], ctx.cash, ctx.equity, ctx.free)
            )  # fmt: skip
            ctx.quantity[0] = ctx.cash = 1e9  # changes nothing
            if ctx.bar == 0:
                ctx.market("asset", 2)

    result = bl.Portfolio.from_callback(bars, Look(), initial_cash=100.0)
    assert seen == [
        ("asset",),
        (0, 1, 10.0, 0, 5.0, 0.0, 0.0, 0, 100.0, 100.0, 100.0),
        (1, 2, 11.0, 0, 6.0, 2.0, 11.0, 0, 78.0, 100.0, 78.0),
        (2, 3, 12.0, 0, 7.0, 2.0, 11.0, 0, 78.0, 102.0, 78.0),
        (3, 4, 13.0, 0, 8.0, 2.0, 11.0, 0, 78.0, 104.0, 78.0),
    ]
    assert result.equity["equity"].to_list() == [100.0, 100.0, 102.0, 104.0]


def test_compiled_code_sees_nothing_after_the_bar_either():
    bars = market(2, n_bars=20, n_assets=2)

    def measure(ctx, bar, state):
        for prices in (ctx.open, ctx.high, ctx.low, ctx.close):
            state[bar] += prices.shape[0]
        state[20 + bar] = ctx.close[-1, 1]

    state = np.zeros(40)
    bl.Portfolio.from_callback(bars, measure, state)
    assert state[:20].tolist() == [4.0 * (bar + 1) for bar in range(20)]
    assert state[20:].tolist() == bars.close[:, 1].tolist()


@pytest.mark.parametrize("wrong", ["ctx.close[-2, 0]", "ctx.quantity[3]", "state[2]"])
def test_an_index_beyond_the_arrays_is_told_not_read(wrong):
    made = {}
    exec(f"def reads(ctx, bar, state):\n    state[0] = {wrong}", made)
    with pytest.raises(bl.DecisionError, match=r"reads failed on bar 0 .*IndexError"):
        bl.Portfolio.from_callback(market(1), made["reads"], np.zeros(2))


def test_orders_can_be_withdrawn_and_replaced():
    # The limit at 90 is never reached before it is withdrawn; the one at 99 fills at its price.
    close = np.array([100.0, 100.0, 100.0, 98.0, 80.0])
    bars = bl.Bars.from_arrays(close, open=close + 1.0, high=close + 2.0, low=close - 1.0)

    def decide(ctx, bar, state):
        if bar == 0:
            state[0] = bl.trade.limit(ctx, 0, 1.0, 90.0)
        if bar == 1:
            state[1] = ctx.waiting[0]
            bl.trade.withdraw(ctx, int(state[0]))
            bl.trade.limit(ctx, 0, 2.0, 99.0)
        if bar == 3:
            bl.trade.limit(ctx, 0, 5.0, 70.0)
            bl.trade.withdraw_all(ctx, 0)
            bl.trade.market(ctx, 0, -2.0)

    state = np.zeros(2)
    result = bl.Portfolio.from_callback(bars, decide, state)
    assert state[1] == 1.0
    assert result.fills.select("bar", "quantity", "price").rows() == [
        (2, 2.0, 99.0),
        (4, -2.0, 81.0),
    ]
    told = result.orders.select("quantity", "state", "reason").rows()
    assert (1.0, "cancelled", "withdrawn") in told
    assert len(told) == 3


def test_the_last_bar_is_decided_too_and_its_orders_wait():
    bars = market(3, n_bars=10)

    def last(ctx, bar, state):
        if bar == 9:
            bl.trade.market(ctx, 1, 5.0)

    first = bl.Portfolio.from_callback(bars, last)
    assert len(first.books[0].waiting) == 1
    assert first.rejections["reason"].to_list() == ["end_of_data"]


def nothing(ctx, bar, state):
    pass


def test_a_strategy_that_does_nothing_changes_no_bit():
    bars = market(1)
    flat = bl.Portfolio.from_orders(bars, np.zeros(bars.shape))
    assert told(bl.Portfolio.from_callback(bars, nothing)) == told(flat)


def test_what_compiled_code_raises_is_told_with_its_bar():
    def fails(ctx, bar, state):
        if bar == 3:
            raise ValueError("no more of this")

    with pytest.raises(
        bl.DecisionError, match=r"fails failed on bar 3 \(2024-01-04.*no more of this"
    ):
        bl.Portfolio.from_callback(market(1), fails)


@pytest.mark.parametrize(
    ("asset", "quantity", "price", "message"),
    [
        (3, 1.0, 1.0, "an asset that the bars do not have"),
        (-1, 1.0, 1.0, "an asset that the bars do not have"),
        (0, np.nan, 1.0, "quantity was NaN or infinite"),
        (0, np.inf, 1.0, "quantity was NaN or infinite"),
        (0, 1.0, np.nan, "was given none, or an infinite one"),
    ],
)
def test_wrong_orders_are_told_with_their_bar(asset, quantity, price, message):
    def wrong(ctx, bar, state):
        if bar == 2:
            bl.trade.limit(ctx, int(state[0]), state[1], state[2])

    with pytest.raises(bl.DecisionError, match=rf"wrong failed on bar 2 .*{message}"):
        bl.Portfolio.from_callback(market(1), wrong, np.array([asset, quantity, price]))


def test_an_unknown_time_in_force_is_told():
    class Odd(bl.Strategy):
        def on_bar(self, ctx):
            ctx.market(0, 1, tif=1)

    with pytest.raises(
        bl.DecisionError, match=r"tif must be bl\.trade\.GTC, DAY, NEXT, IOC or FOK"
    ):
        bl.Portfolio.from_callback(market(1), Odd())


def test_orders_that_wait_need_bars_with_a_range():
    class Waits(bl.Strategy):
        def on_bar(self, ctx):
            ctx.limit(0, 1, 9.0)

    with pytest.raises(bl.DecisionError, match=r"Waits failed on bar 0 .*open, high and low"):
        bl.Portfolio.from_callback(bl.Bars.from_arrays([10.0, 11.0]), Waits())


def test_a_bar_has_room_for_so_many_orders():
    def many(ctx, bar, state):
        for _ in range(100):
            bl.trade.market(ctx, 0, 1.0)

    with pytest.raises(bl.DecisionError, match="than there is room for"):
        bl.Portfolio.from_callback(market(1), many)


def test_bad_input_is_named():
    bars = market(1)
    with pytest.raises(TypeError, match="decide must be a function or a Strategy"):
        bl.Portfolio.from_callback(bars, bl.Strategy)
    with pytest.raises(TypeError, match="decide must be a function or a Strategy"):
        bl.Portfolio.from_callback(bars, 3)
    with pytest.raises(TypeError, match="state must be a 1-d float64 array"):
        bl.Portfolio.from_callback(bars, nothing, [1.0])
    with pytest.raises(ValueError, match="fill must be 'next_open' or 'next_close'"):
        bl.Portfolio.from_callback(bars, nothing, fill="close")
    with pytest.raises(ValueError, match="takes no groups"):
        bl.Portfolio.from_callback(bars, nothing, groups="each")
    with pytest.raises(NotImplementedError, match="Strategy needs a method on_bar"):
        bl.Portfolio.from_callback(bars, bl.Strategy())


def test_an_asset_that_is_not_there_is_named():
    class Strange(bl.Strategy):
        def on_bar(self, ctx):
            ctx.market("X", 1)

    with pytest.raises(ValueError, match="no asset 'X'; they have A0, A1, A2"):
        bl.Portfolio.from_callback(market(1), Strange())
