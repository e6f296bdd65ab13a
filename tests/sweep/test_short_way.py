"""The short way through a variant gives the bits of the long one, to every account and statistic."""

import numpy as np
import pytest

import barledger as bl
from barledger._jit import compiled
from barledger.kernel import express
from barledger.kernel.world import as_rows
from barledger.sweeps.job import _silent
from sweep.market import walk


def kept(bars, signals, **options):
    """Run variants; returns the rows of account and statistics, and orders not filled."""
    job = bl.sweep(signals, bars, **options).job
    job.ready()
    choices = np.arange(signals.count, dtype=np.int32).reshape(1, -1)
    own = job.desk(choices[:, 0])
    found, _ = own.run(job.source(own, choices), _silent(), None, signals.count)
    return own, found


@compiled(entry=True)
def plain_of(worlds):
    """Ask the kernel whether a world takes the short way."""
    return express.is_plain(worlds[0])


@compiled(entry=True)
def wish_of(words, cell):
    """Ask the kernel for the next flagged cell."""
    return express.next_wish(words, cell)


def takes_the_short_way(found):
    """Whether a desk's variants do."""
    return bool(plain_of(as_rows(found.kept)))


def random_signals(n_bars, rate, seed, count=12):
    """Signals of all densities; some bars have both."""
    rng = np.random.default_rng(seed)
    rates = rate * np.linspace(0.2, 2.0, count)
    return bl.Signals(*(rng.random((2, n_bars, count)) < rates))


LEAST = {"contract": bl.Contract(kind="coin", lot=0.001, min_notional=9_000.0)}
LOT = {"contract": bl.Contract(kind="coin", lot=1.0)}
PERPETUAL = bl.Contract(kind="perpetual", maintenance=0.005)
NO_TRADES = ("refused", "not in a cash account")
CASES = {
    "plain": {},
    "all cash": {"size": "all_cash", "fees": 0.001},
    "fixed size": {"size": 700, "fees": bl.PerUnitFee(0.005, minimum=1.0)},
    "more than there is": {"size": bl.Value(150_000.0), "fees": 0.002},
    "refused": {"size": bl.Value(150_000.0), "rules": bl.Rules(insufficient="reject")},
    "lots of ten": {"size": bl.PercentOfCash(0.7), "slippage": 0.001},
    "target": {"size": bl.TargetPercent(0.8)},
    "next close": {"fill": "next_close", "fees": 0.0005},
    "ruinous fee": {"size": 900, "fees": bl.PercentFee(0.02, fixed=900.0)},
    "very ruinous fee": {"size": 2, "fees": bl.PercentFee(0.0, fixed=30_000.0)},
    "by size of the bar": {"size": bl.Shares(np.linspace(1, 800, 900))},
    "no size": {"size": bl.Shares(np.where(np.arange(900) % 7, 300.0, np.nan))},
    "proceeds next bar": {"rules": bl.Rules(proceeds="next_bar", conflict="entry")},
    "below the least notional": {"size": bl.Shares(np.linspace(1, 200, 900)), **LEAST},
    "cut below the least notional": {"size": bl.PercentOfCash(0.3), "fees": 0.05, **LEAST},
    "less than a lot": {"size": bl.Shares(np.linspace(0.1, 3.0, 900)), **LOT},
    "not in a cash account": {"size": 3, "contract": PERPETUAL},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("has_open", [True, False])
def test_the_short_way_has_the_bits_of_the_long_one(case, has_open):
    bars = walk(900)
    options = dict(CASES[case])
    bars = bl.Bars.from_arrays(
        bars.close,
        open=bars.open if has_open else None,
        assets="A",
        contracts=options.pop("contract", None),
    )
    for rate, seed in ((0.02, 1), (0.3, 2)):
        signals = random_signals(900, rate, seed)
        short_desk, short = kept(bars, signals, **options)
        # an exclusive group of one asset forbids nothing, and takes the long way
        long_desk, long = kept(bars, signals, exclusive=[["A"]], **options)
        assert takes_the_short_way(short_desk)
        assert not takes_the_short_way(long_desk)
        assert short.account.tobytes() == long.account.tobytes()
        assert short.sums.tobytes() == long.sums.tobytes()
        assert np.array_equal(short.not_filled, long.not_filled)
        assert np.array_equal(short.rejected, long.rejected)
        assert short.account["trades"].sum() > 0 or case in NO_TRADES


@pytest.mark.parametrize(
    "options",
    [
        {"stops": bl.Stops(loss=0.05)},
        {"account": bl.RegT()},
        {"account": bl.Cash(settlement_days=2)},
        {"limits": bl.RiskLimits(max_drawdown=0.1)},
        {"limits": bl.RiskLimits(max_leverage=0.5)},
        {"orders": bl.Limit(bl.param("x")), "x": [99.0]},
        {"rules": bl.Rules(repeat="add")},
        {"rules": bl.Rules(size_at="decision")},
        {"fill": "close"},
        {"size": bl.Risk(0.01, 2.0)},
        {"fees": bl.TieredFee([(0, 0.001)], by="month")},
    ],
)
def test_whatever_else_is_asked_for_takes_the_long_way(options):
    signals = random_signals(60, 0.1, 1)
    time = np.datetime64("2020-01-01", "ns") + np.arange(60) * np.timedelta64(1, "D")
    bars = walk(60)
    bars = bl.Bars.from_arrays(
        bars.close, open=bars.open, high=bars.high, low=bars.low, time=time, assets="A"
    )
    wanted = bl.sweep(signals, bars, **options)
    found = wanted.job.desk(wanted.grid.choices[:, 0])
    assert not takes_the_short_way(found)


def test_a_missing_price_takes_the_long_way():
    close = walk(60).close.copy()
    close[30] = np.nan
    found, _ = kept(bl.Bars.from_arrays(close), random_signals(60, 0.1, 1))
    assert not takes_the_short_way(found)


def test_the_next_wish_is_found_wherever_it_lies():
    flags = np.zeros(64, np.int8)
    for place in (0, 1, 6, 7, 8, 31, 32, 55):
        flags[:] = 0
        flags[place] = 8 if place % 2 else 1
        flags[60] = 2
        words = flags.view(np.int64)
        for first in range(place + 1):
            assert wish_of(words, first) == place
        assert wish_of(words, place + 1) == 60
        assert wish_of(words, 61) >= 64
