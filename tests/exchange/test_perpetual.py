"""Perpetuals as functions: numbers worked by exchanges, then what must hold of any."""

import json

import numpy as np
import pytest
from shared_data import DATA, needs_shared

import barledger as bl
from barledger.kernel.brackets import funding_history

perpetual = bl.perpetual

# Binance BTCUSDT, October 2024: floor, cap, most leverage, maintenance rate.
BTC = bl.Brackets(
    [
        (0, 50_000, 125, 0.004),
        (50_000, 600_000, 100, 0.005),
        (600_000, 3_000_000, 75, 0.0065),
        (3_000_000, 12_000_000, 50, 0.01),
        (12_000_000, 70_000_000, 25, 0.02),
        (70_000_000, 100_000_000, 20, 0.025),
        (100_000_000, 230_000_000, 10, 0.05),
        (230_000_000, 480_000_000, 5, 0.10),
        (480_000_000, 600_000_000, 4, 0.125),
        (600_000_000, 800_000_000, 3, 0.15),
        (800_000_000, 1_200_000_000, 2, 0.25),
        (1_200_000_000, 1_800_000_000, 1, 0.5),
    ]
)
ETH = bl.Brackets([(0, 1_353_650, 100, 1e-9), (1_353_650, 1e9, 10, 0.1)])  # amount 135,365


def test_deductions_of_a_published_table_come_from_its_floors_and_rates():
    published = [0, 50, 950, 11_450, 131_450, 481_450, 2_981_450, 14_481_450, 26_481_450]
    published += [41_481_450, 121_481_450, 421_481_450]
    assert BTC.amounts == pytest.approx(published)


@pytest.mark.parametrize(
    ("notional", "margin"), [(40_000, 160.0), (500_000, 2450.0), (5_000_000, 38_550.0)]
)
def test_maintenance_is_that_of_the_bracket(notional, margin):
    assert perpetual.maintenance_margin(notional, BTC) == pytest.approx(margin)
    assert perpetual.maintenance_margin([-notional], BTC)[0] == BTC.maintenance(notional)


def test_deductions_recur():
    rows = [(0, 50_000, 125, 0.004), (50_000, 250_000, 100, 0.005), (250_000, 1e6, 50, 0.01)]
    assert bl.Brackets(rows).amounts == pytest.approx([0, 50, 1300])


def test_liquidation_of_an_isolated_long():
    price = perpetual.liquidation_price(3683.979, 1456.84, 1_535_443.01, ETH)
    assert price == pytest.approx(1114.7849637459, abs=1e-6)


def test_liquidation_in_a_cross_wallet_counts_the_other_positions():
    price = perpetual.liquidation_price(
        3683.979,
        1456.84,
        1_535_443.01,
        ETH,
        other_maintenance=71_200.811444,
        other_profit=-56_354.56847999991,
    )
    assert price == pytest.approx(1153.2564642391, abs=1e-6)


def test_liquidation_of_a_short_mirrors():
    brackets = bl.Brackets([(0, 1, 100, 1e-12), (1, 1e9, 50, 0.01)])  # amount 0.01
    price = perpetual.liquidation_price(-1.0, 10.0, 2.0, brackets)
    assert price == pytest.approx(11.8910891089, abs=1e-6)


def test_the_bracket_is_that_at_the_liquidation_price():
    price = perpetual.liquidation_price(10.0, 61_000.0, 63_000.0, BTC)
    assert price == pytest.approx(54_969.8492462312, abs=1e-6)
    assert price != pytest.approx(54_962.2546552592)  # that of the bracket at entry


def test_liquidation_price_of_a_case_by_hand():
    flat = bl.Brackets.flat(0.004)
    assert perpetual.liquidation_price(0.1, 50_000, 500, flat) == pytest.approx(45_180.72289)
    assert perpetual.liquidation_price(-0.1, 50_000, 500, flat) == pytest.approx(54_780.87649)
    assert perpetual.bankruptcy_price(0.1, 50_000, 500) == pytest.approx(45_000)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_at_its_liquidation_price_a_balance_is_its_maintenance(side, inverse):
    rng = np.random.default_rng(7)
    entry = rng.uniform(50, 150, 200)
    scale = entry if inverse else 1 / entry
    notional = 10 ** rng.uniform(3, 8.5, 200)
    quantity = side * notional * scale
    balance = notional * rng.uniform(0.02, 0.8, 200)
    price = perpetual.liquidation_price(quantity, entry, balance, BTC, inverse=inverse)
    found = np.isfinite(price)
    value = np.abs(quantity / price if inverse else quantity * price)
    gain = quantity * (1 / entry - 1 / price if inverse else price - entry)
    need = perpetual.maintenance_margin(value, BTC)
    assert found.sum() > 150
    np.testing.assert_allclose((balance + gain)[found], need[found], rtol=1e-7, atol=1e-6)
    assert np.all((side * (price - entry))[found] < 0)


def test_a_short_of_an_inverse_contract_that_is_well_covered_is_never_liquidated():
    flat = bl.Brackets.flat(0.01)
    # 100 USD short at 50,000 with its whole value, 0.002 coin, behind it: it cannot lose more.
    price = perpetual.liquidation_price(-1, 50_000, 0.002, flat, multiplier=100, inverse=True)
    assert np.isnan(price)


def test_bankruptcy_price_with_and_without_the_fee():
    assert perpetual.bankruptcy_price(1.0, 100_000.0, 5_000.0) == 95_000.0
    with_fee = perpetual.bankruptcy_price(1.0, 100_000.0, 5_000.0, fee=0.0005)
    assert with_fee == pytest.approx(95_047.5237618809, abs=1e-6)


def test_an_inverse_long_is_bankrupt_where_coin_and_loss_meet():
    # 100 contracts of 100 USD at 50,000 are 0.2 coin; 0.05 coin behind them: 10,000 / 0.25.
    price = perpetual.bankruptcy_price(100, 50_000, 0.05, multiplier=100, inverse=True)
    assert price == pytest.approx(40_000)


def test_funding_is_paid_by_longs_where_the_rate_is_above_zero():
    assert perpetual.funding(0.4, 50_000.0, 0.0001) == pytest.approx(-2.0)
    assert perpetual.funding(-10.0, 2_000.0, -0.00037) == pytest.approx(-7.4)
    paid = perpetual.funding(100, 50_000, 0.0001, multiplier=100, inverse=True)
    assert paid == pytest.approx(-0.2 * 0.0001)


def test_a_change_at_the_stamp_of_a_funding_does_not_pay():
    times, units = np.array([0, 8, 12]), np.array([1.0, 3.0, 0.0])
    stamps, rates = np.array([0, 8, 16]), np.full(3, 0.001)
    marks = np.full(3, 100.0)
    # at 0 nothing was held before, at 8 one unit, at 16 none any more
    paid = funding_history(times, units, stamps, rates, marks, False)
    assert paid == pytest.approx(-0.1)


@pytest.mark.parametrize(
    ("premium", "hours", "rate"), [(0.0002, 8, 0.0001), (0.001, 8, 0.0005), (0.001, 4, 0.00025)]
)
def test_funding_rate_clamps_interest_to_the_premium(premium, hours, rate):
    assert perpetual.funding_rate(premium, 0.0001, hours) == pytest.approx(rate, abs=1e-10)


def test_premium_index_and_its_weighted_mean():
    assert perpetual.premium_index(50_020, 50_030, 50_000) == pytest.approx(0.0004)
    mean = perpetual.weighted_premium([0.0001, 0.0002, -0.0001, 0.0004])
    assert mean == pytest.approx(0.00018, abs=1e-12)


def test_mark_price_is_the_median_of_three():
    found = perpetual.mark_price(60_000, 60_400, 0.0001, 4, 8, 12)
    assert found == pytest.approx(60_012.0)


def test_queue_of_auto_deleveraging():
    assert perpetual.deleverage_score(500, 10_000, 10_500, 1_500) == pytest.approx(0.35)
    assert perpetual.deleverage_score(-500, 10_000, 9_500, 950) == pytest.approx(-0.005)
    assert perpetual.deleverage_rank([0.1, 0.35, -0.2, 0.35]).tolist() == [3, 1, 4, 2]


def test_the_insurance_fund_gains_from_a_better_price_and_pays_for_a_worse_one():
    assert perpetual.take_over(10.0, 2.0, 50.0, 51.0) == (12.0, 0.0)
    assert perpetual.take_over(10.0, 2.0, 50.0, 40.0) == (0.0, 10.0)
    assert perpetual.take_over(10.0, -2.0, 50.0, 51.0) == (8.0, 0.0)


API = [
    {
        "symbol": "ETHUSDT",
        "brackets": [
            {
                "bracket": 2,
                "initialLeverage": 50,
                "notionalCap": 100000,
                "notionalFloor": 10000,
                "maintMarginRatio": 0.01,
                "cum": 35.0,
            },
            {
                "bracket": 1,
                "initialLeverage": 75,
                "notionalCap": 10000,
                "notionalFloor": 0,
                "maintMarginRatio": 0.0065,
                "cum": 0,
            },
        ],
    }
]


def test_brackets_of_binance_json(tmp_path):
    path = tmp_path / "brackets.json"
    path.write_text(json.dumps(API))
    read = bl.Brackets.from_binance(path, "ETHUSDT")
    assert read == bl.Brackets.from_binance(API) == bl.Brackets.from_binance(API[0])
    assert read.amounts == pytest.approx([0, 35])
    assert read.most_notional(60) == 10_000
    assert read.most_notional(100) == 0


def test_brackets_of_a_coin_margined_contract():
    rows = [
        {"initialLeverage": 100, "qtyCap": 5, "qtyFloor": 0, "maintMarginRatio": 0.005, "cum": 0},
        {"initialLeverage": 50, "qtyCap": 9, "qtyFloor": 5, "maintMarginRatio": 0.01, "cum": 0.025},
    ]
    assert bl.Brackets.from_binance([{"pair": "BTCUSD", "brackets": rows}]).caps == (5.0, 9.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [(0, 10, 50, 0.01), (20, 30, 20, 0.02)],
            r"a gap between 10, where bracket 1 ends, and 20",
        ),
        ([(0, 10, 50, 0.01), (5, 30, 20, 0.02)], "an overlap between 10"),
        ([(5, 10, 50, 0.01)], "must begin at 0, began at 5"),
        ([(0, 10, 50, 0.02), (10, 30, 20, 0.01)], "no lower maintenance rate"),
        ([(0, 10, 20, 0.01), (10, 30, 50, 0.02)], "no higher leverage"),
        ([(0, 10, 50, 1.5)], "between 0 and 1, was 1.5"),
        ([(0, 10, 0.5, 0.1)], "leverage of 1 or more"),
        ([(0, 0, 5, 0.1)], "must end above its floor"),
        ([], "at least one"),
    ],
)
def test_brackets_that_do_not_cover_every_notional_once_are_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        bl.Brackets(rows)


def test_binance_files_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"no brackets of 'ETHUSDC'.*did you mean ETHUSDT"):
        bl.Brackets.from_binance(API, "ETHUSDC")
    broken = json.loads(json.dumps(API))
    broken[0]["brackets"][0]["cum"] = 12
    with pytest.raises(ValueError, match="deducts 12, but its floors and rates make 35"):
        bl.Brackets.from_binance(broken)
    del broken[0]["brackets"][1]["maintMarginRatio"]
    with pytest.raises(ValueError, match="lacks maintMarginRatio or maintenanceMarginRate"):
        bl.Brackets.from_binance(broken)
    with pytest.raises(ValueError, match="brackets of 2 symbols: name one"):
        bl.Brackets.from_binance({"A": [], "B": []})


@needs_shared
def test_every_bracket_table_of_the_real_file_opens():
    path = DATA / "crypto_perps" / "freqtrade" / "binance_leverage_tiers.json.gz"
    if not path.exists():
        pytest.skip(f"no {path.name}")
    assert bl.Brackets.from_binance(path, "BTC/USDT:USDT") == BTC
    import gzip

    every = json.loads(gzip.decompress(path.read_bytes()))
    refused = []
    for symbol in every:
        try:
            bl.Brackets.from_binance(every, symbol)
        except ValueError as error:
            refused.append((symbol, str(error)))
    assert refused == []
