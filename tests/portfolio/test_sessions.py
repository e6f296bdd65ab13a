"""What goes by the sessions of the bars' calendar, on bars whose UTC dates are others."""

import numpy as np
import pytest
from markets import flat_bars, near, orders

import barledger as bl
from barledger.instruments.calendar import settlement_bars
from barledger.lowering.financing import restricted

pytest.importorskip("exchange_calendars")

# Chicago in summer time: a session ends, and the next begins, at 22:00 UTC.
HOURS = np.array(
    ["2024-03-12T20", "2024-03-12T21", "2024-03-12T22", "2024-03-12T23", "2024-03-13T00"],
    "datetime64[h]",
).astype("datetime64[ns]")
# Sydney opens at 23:00 UTC on the evening before.
SYDNEY = np.array(
    ["2024-03-11T23", "2024-03-12T03", "2024-03-12T23", "2024-03-13T03", "2024-03-13T23"],
    "datetime64[h]",
).astype("datetime64[ns]")


def future(**terms):
    terms = {"multiplier": 50, "initial": 1000, "maintenance": 900} | terms
    return bl.Contract(kind="future", **terms)


def futures_bars(calendar="CMES", **terms):
    return flat_bars([100.0] * 5, time=HOURS, calendar=calendar, contracts=future(**terms))


@pytest.mark.parametrize(("calendar", "bar"), [("CMES", 2), (None, 4)])
def test_a_contract_expires_with_its_session(calendar, bar):
    result = bl.Portfolio.from_orders(
        futures_bars(calendar, expiry="2024-03-12"),
        orders((0, "A", 1)),
        account=bl.FuturesMargin(),
        initial_cash=10_000,
    )
    assert result.fills.select("bar", "reason").rows() == [(1, "order"), (bar, "expiry")]


@pytest.mark.parametrize(("calendar", "kept"), [("CMES", [0, 900, 1800]), (None, [0, 900, 900])])
def test_a_dated_margin_holds_from_its_session_on(calendar, kept):
    margins = [("2024-01-01", 900.0), ("2024-03-13", 1800.0)]
    result = bl.Portfolio.from_orders(
        futures_bars(calendar, maintenance=margins, initial=[(d, 2 * m) for d, m in margins]),
        orders((0, "A", 1)),
        account=bl.FuturesMargin(),
        initial_cash=10_000,
    )
    assert result.margin["maintenance"].to_list() == near(*kept, kept[-1], 1800)


def test_a_margin_with_a_time_of_day_holds_from_that_instant_on():
    margins = [("2024-01-01", 900.0), ("2024-03-12T23:00", 1800.0)]
    result = bl.Portfolio.from_orders(
        futures_bars(maintenance=margins, initial=[(d, 2 * m) for d, m in margins]),
        orders((0, "A", 1)),
        account=bl.FuturesMargin(),
        initial_cash=10_000,
    )
    assert result.margin["maintenance"].to_list() == near(0, 900, 900, 1800, 1800)


def test_a_sale_settles_in_the_session_after_its_own():
    assert settlement_bars(SYDNEY, 1, "XASX").tolist() == [2, 2, 4, 4, 5]
    assert settlement_bars(SYDNEY, 1).tolist() == [1, 3, 3, 5, 5]
    bars = flat_bars([10.0] * 5, time=SYDNEY, calendar="XASX")
    result = bl.Portfolio.from_orders(
        bars, [100, -100, 0, 0, 0], account=bl.Cash(settlement_days=1), initial_cash=1000
    )
    # Bought at 3:00 UTC on the 12th, sold on the 13th's session: settled on the 14th's.
    assert result.cash["settled"].to_list() == near(1000, 0, 0, 0, 1000)


def test_rule_201_goes_from_the_session_s_fall_to_the_end_of_the_next_one():
    # 12 % below the close of the session before on bar 2: the rest of it, bar 3, and the next, bar 4.
    bars = flat_bars([100.0, 100, 88, 100, 100], time=SYDNEY, calendar="XASX")
    assert restricted(bars, at_close=False)[:, 0].tolist() == [0, 0, 1, 1, 1]
    later = flat_bars([100.0, 88, 100, 100, 100], time=SYDNEY, calendar="XASX")
    assert restricted(later, at_close=False)[:, 0].tolist() == [0, 0, 0, 0, 0]
