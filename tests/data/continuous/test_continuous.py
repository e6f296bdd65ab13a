"""Chains roll where their rule says, are adjusted exactly, and are traded at raw prices."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barledger as bl
from barledger.data.continuous import (
    ByExpiry,
    ByOpenInterest,
    ByVolume,
    Chain,
    OnDates,
    stitch,
)

NAN = np.nan
DAYS = np.arange("2024-03-04", "2024-03-09", dtype="datetime64[D]")  # Monday to Friday
# the old contract H trades up to Thursday, the new one M from Tuesday on, 10 points above it
H = [100.0, 101.0, 102.0, 103.0, NAN]
M = [NAN, 111.0, 112.5, 113.0, 114.0]
EXPIRIES = {"H": "2024-03-11", "M": "2024-06-20"}


def chain(h=H, m=M, volume=None, **options):
    closes = np.array([h, m]).T.copy()
    opens = closes - 0.25
    if volume is not None:
        volume = np.array(volume, np.float64).T
    bars = bl.Bars.from_arrays(
        closes, open=opens, volume=volume, time=DAYS, assets=["H", "M"], contracts=ES
    )
    return Chain(bars, options.pop("expiries", EXPIRIES), name="ES", **options)


ES = bl.Contract(kind="future", multiplier=50, tick=0.25, initial=10_000)


def test_the_gap_is_measured_on_the_last_bar_before_the_roll():
    made = stitch(chain(), OnDates([("2024-03-07", "M")]))
    # Wednesday: H 102, M 112.5, so older prices rise by 10.5
    assert made.adjusted.close[:, 0].tolist() == [110.5, 111.5, 112.5, 113.0, 114.0]
    assert made.adjusted.open[:, 0].tolist() == [110.25, 111.25, 112.25, 112.75, 113.75]
    assert made.raw.close[:, 0].tolist() == [100.0, 101.0, 102.0, 113.0, 114.0]
    assert made.rolls.select("old", "new", "old_price", "new_price", "gap").rows() == [
        ("H", "M", 102.0, 112.5, 10.5)
    ]
    assert made.adjusted.adjustment == "back-adjusted by difference over 1 rolls"
    assert made.raw.adjustment is None


def test_ratio_keeps_returns():
    made = stitch(chain(), OnDates([("2024-03-07", None)]), adjust="ratio")
    assert np.allclose(made.adjusted.close[:3, 0], np.array(H[:3]) * 112.5 / 102.0)
    assert (
        stitch(chain(), OnDates([("2024-03-07", "M")]), adjust="none").adjusted.adjustment is None
    )


def test_rolls_days_before_expiry():
    # H expires on Monday the 11th; three business days before is Wednesday
    lead = stitch(chain(), ByExpiry(days=3), guard_days=0).lead
    assert lead.tolist() == [0, 0, 1, 1, 1]


def test_rolls_on_the_date_after_volume_moved_and_never_back():
    moving = [[10, 5, 9, 1, 0], [1, 6, 2, 8, 9]]  # M trades more on Tuesday, less on Wednesday
    lead = stitch(chain(volume=moving), ByVolume(), guard_days=0).lead
    assert lead.tolist() == [0, 0, 1, 1, 1]
    twice = stitch(chain(volume=moving), ByVolume(days=2), guard_days=0).lead
    assert twice.tolist() == [0, 0, 0, 0, 0]  # never on two dates in a row


def test_volume_of_a_day_does_not_move_the_roll_of_that_day():
    for last in (0, 1_000_000):
        volume = [[10, 10, 10, 10, 0], [1, 1, 1, last, 9]]
        lead = stitch(chain(volume=volume, expiries=None), ByVolume()).lead
        assert lead[:4].tolist() == [0, 0, 0, 0]


def test_rolls_by_open_interest():
    interest = np.array([[10, 9, 8, 7, 6], [1, 9.5, 20, 30, 40]]).T
    lead = stitch(chain(open_interest=interest), ByOpenInterest(), guard_days=0).lead
    assert lead.tolist() == [0, 0, 1, 1, 1]


def test_a_contract_is_left_before_its_first_notice():
    notices = {"H": "2024-03-07"}
    lead = stitch(chain(first_notices=notices), OnDates([("2024-03-08", "M")]), guard_days=1).lead
    assert lead.tolist() == [0, 0, 1, 1, 1]


def test_columns_are_put_in_order_of_expiry():
    bars = bl.Bars.from_arrays(np.array([M, H]).T, time=DAYS, assets=["M", "H"], contracts=ES)
    assert Chain(bars, EXPIRIES).contracts == ("H", "M")


def test_the_account_earns_raw_prices_and_pays_two_fills_a_roll():
    made = stitch(chain(), OnDates([("2024-03-07", "M")]))
    result = bl.Portfolio.from_targets(
        made.contracts,
        made.targets(np.ones(5)),
        unit="shares",
        account=bl.FuturesMargin(),
        fees=bl.PerUnitFee(2.0),
    )
    # in at Tuesday's open of H, out at Thursday's; into M at Thursday's open
    fills = [(str(t)[:10], *rest) for t, *rest in result.fills.select(*FILL).rows()]
    assert fills == [
        ("2024-03-05", "H", 1.0, 100.75),
        ("2024-03-07", "H", -1.0, 102.75),
        ("2024-03-07", "M", 1.0, 112.75),
    ]
    # 2 points of H, then 114 - 112.75 of M, at 50 a point, less 3 fees of 2
    assert result.equity["equity"][-1] == pytest.approx(100_000 + 50 * (2.0 + 1.25) - 6.0)


FILL = ("time", "asset", "quantity", "price")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sets(st.integers(1, 28), max_size=5))
def test_prices_adjusted_by_difference_tell_what_the_account_earned(seed, rolls):
    # every open is the close before, so a roll fills where its gap was measured
    closes = 1_000.0 + np.random.default_rng(seed).normal(0, 5, (30, 6)).cumsum(axis=0)
    opens = np.vstack([closes[:1], closes[:-1]])
    days = np.datetime64("2024-01-01") + np.arange(30)
    free = bl.Contract(kind="future", multiplier=50, initial=1.0)
    bars = bl.Bars.from_arrays(closes, open=opens, time=days, assets=list("FGHJKM"), contracts=free)
    made = stitch(Chain(bars), OnDates([(days[k], None) for k in sorted(rolls)]))
    targets = made.targets(np.ones(30))
    result = bl.Portfolio.from_targets(
        made.contracts, targets, unit="shares", account=bl.Unlimited()
    )
    adjusted = made.adjusted
    earned = 50.0 * (adjusted.close[-1, 0] - adjusted.close[0, 0])
    assert result.equity["equity"][-1] - 100_000.0 == pytest.approx(earned, abs=1e-6)
    assert result.fills.height == 1 + 2 * len(rolls - {1})  # a roll on bar 1 is the way in


def test_targets_are_set_only_where_they_change():
    made = stitch(chain(), OnDates([("2024-03-07", "M")]))
    targets = made.targets([1.0, NAN, NAN, 2.0, 2.0])
    assert np.array_equal(
        targets,
        [[1, NAN], [NAN, NAN], [0, 1], [NAN, 2], [NAN, NAN]],
        equal_nan=True,
    )


def test_adjusted_prices_may_fall_below_zero_and_ratios_may_not():
    deep = chain(h=[1.0, 2.0, 3.0, 4.0, NAN], m=[NAN, -20.0, -19.0, -18.0, -17.0])
    roll = OnDates([("2024-03-07", "M")])
    assert stitch(deep, roll).adjusted.close[0, 0] == -21.0
    with pytest.raises(ValueError, match="no ratio, a price is not above zero"):
        stitch(deep, roll, adjust="ratio")


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: stitch(chain(expiries=None), ByExpiry()), "ByExpiry needs the expiry"),
        (lambda: stitch(chain(), ByVolume()), "ByVolume needs bars with volume"),
        (lambda: stitch(chain(), ByOpenInterest()), "needs the chain's open_interest"),
        (lambda: stitch(chain(), OnDates([("2024-03-05", "Z")])), "rolls name 'Z'"),
        (
            lambda: stitch(chain(), OnDates([("2024-03-05", None), ("2024-03-06", None)])),
            "more than",
        ),
        (lambda: stitch(chain(), OnDates(BACK)), "rolls must go forward: H at"),
        (lambda: stitch(chain(), OnDates([("2024-03-05", "M")])), "on no bar before it have both"),
        (lambda: stitch(chain(), ByExpiry(), adjust="panama"), "adjust"),
        (lambda: chain(expiries={"H": "2024-03-07"}), "'M' is missing"),
        (lambda: chain(first_notices={"Z": "2024-03-07"}), "first_notices name 'Z'"),
        (lambda: chain(open_interest=np.ones(5)), "must have the shape of the bars"),
        (
            lambda: stitch(chain(), OnDates([]), guard_days=0).targets([1.0]),
            "position must have 5 bars",
        ),
        (lambda: ByExpiry(days=-1), "days must be"),
    ],
)
def test_bad_input_is_refused(call, match):
    with pytest.raises(ValueError, match=match):
        call()


BACK = [("2024-03-05", "M"), ("2024-03-06", "H")]


def test_chains_come_from_definitions(tmp_path):
    dbn_files = pytest.importorskip("dbn_files")
    records = [
        dbn_files.definition("ESH4", "ES", expiry="2024-03-15T13:30"),
        dbn_files.definition("ESM4", "ES", instrument=2, expiry="2024-06-21T13:30"),
    ]
    path = dbn_files.write(tmp_path / "d.dbn", "definition", records)
    frame = bl.data.databento.definitions(path)
    bars = bl.Bars.from_arrays(np.array([M, H]).T, time=DAYS, assets=["2", "1"], contracts=ES)
    made = Chain.from_definitions(bars, frame, name="ES")
    assert made.contracts == ("1", "2")
    assert made.expiries.astype(str).tolist() == ["2024-03-15", "2024-06-21"]
    with pytest.raises(ValueError, match="tell no expiry of 'ESM4'"):
        Chain.from_definitions(bars_named("ESM4"), frame.filter(symbol="ESH4"))


def bars_named(name):
    return bl.Bars.from_arrays(M, time=DAYS, assets=name, contracts=ES)
