"""The table of stops worked by hand, through the public API."""

import numpy as np
import pytest

import barledger as bl

from .stop_cases import CASES

# The public door takes whole bars only.
PUBLIC = [case for case in CASES if case.stops.get("time", 1) % 1 == 0]
CAUSES = ("stop_loss", "trailing_stop", "target_hit", "time_stop")


@pytest.mark.parametrize("case", PUBLIC, ids=lambda case: case.name)
def test_public_run_exits_as_worked_by_hand(case):
    start, high, low, close = np.array(case.bars).T
    n_bars = len(case.bars)
    tradable = np.array([bar != case.not_tradable for bar in range(n_bars)])
    splits = [] if case.split is None else [(case.split[0], "asset", case.split[1])]
    bars = bl.Bars.from_arrays(
        close,
        open=start if case.has_opens else None,
        high=high,
        low=low,
        tradable=tradable,
        contracts=bl.Contract(kind="stock", tick=case.tick),
        events=bl.Events(splits=splits),
    )
    quantity = np.full(n_bars, np.nan)
    for bar, wanted in case.orders:
        quantity[bar] = wanted
    result = bl.Portfolio.from_orders(
        bars,
        quantity,
        account=bl.Unlimited(),
        slippage=case.slippage,
        fill=case.fill,
        stops=bl.Stops(**case.stops),
        rules=bl.Rules(split_fraction="keep"),
    )
    exits = [
        row for row in result.fills.select("bar", "price", "reason").rows() if row[2] in CAUSES
    ]
    assert exits == [(bar, pytest.approx(price), cause) for bar, price, cause in case.exits]
