"""One account, several currencies, worked by hand."""

import numpy as np
import pytest
from markets import cash, equity, flat_bars, near, orders

import barledger as bl

EURO = bl.Contract(currency="EUR")
ES = bl.Contract(kind="future", multiplier=10, initial=1000, currency="EUR")


def bought(prices=(10.0, 10, 11), rates=((0, 1.10), (2, 1.20)), contract=EURO, **options):
    """100 of E bought on bar 1."""
    options = {"initial_cash": 10_000, "account": bl.Cash()} | options
    bars = flat_bars(list(prices), assets=["E"], contracts=contract)
    return bl.Portfolio.from_orders(
        bars, orders((0, "E", 100)), events=bl.Events(fx={"EUR": list(rates)}), **options
    )


def test_price_and_rate_earn_apart():
    # C28: 1100 paid; 100 · 11 · 1.20 = 1320: 110 by the price at 1.10, 110 by the rate on 11.
    result = bought()
    assert (cash(result), equity(result)) == (
        near(10_000, 8900, 8900),
        near(10_000, 10_000, 10_220),
    )
    gains = result.currency_gains.row(-1, named=True)
    assert (gains["price_pnl"], gains["fx_pnl"]) == (pytest.approx(110), pytest.approx(110))
    causes = dict(result.attribution.select("cause", "amount").rows())
    assert (causes["prices"], causes["exchange rates"]) == (pytest.approx(110), pytest.approx(110))
    assert result.positions["value"].to_list() == near(1100, 1320)
    assert result.trades["pnl"].to_list() == near(220)


def test_a_balance_is_kept_in_each_currency():
    # 1000 euros are owed from bar 1: 100 dearer at 1.20. Equity moves by the price alone.
    result = bought(account=bl.Cash(auto_convert=False))
    assert result.ledger["category"].to_list() == ["trade", "fx"]
    assert cash(result) == near(10_000, 8900, 8800)
    assert result.balances["EUR"].to_list() == near(0, -1000, -1000)
    assert result.balances["USD"].to_list() == near(10_000, 10_000, 10_000)
    assert equity(result)[-1] == pytest.approx(10_120)


def nights(account, **options):
    """A night from Thursday to Friday, on which 100 of E are bought, and a weekend."""
    days = np.array(["2026-11-19", "2026-11-20", "2026-11-23"], "datetime64[D]")
    bars = flat_bars([10.0, 10, 10], assets=["E"], contracts=EURO, time=days)
    fx = bl.Events(fx={"EUR": [(days[0], 1.10), (days[2], 1.20)]}, **options)
    wish = orders((0, "E", 100))
    return bl.Portfolio.from_orders(bars, wish, account=account, events=fx, initial_cash=10_000)


def test_each_balance_has_its_own_rate_of_interest():
    # dollars: 10,000 · 1.8 % / 360 = 0.50, then 10,000.50 · 1.8 % · 3 / 360 = 1.500075;
    # euros: 1000 owed · 3.6 % · 3 / 360 = 0.30, which is 0.36 dollars at 1.20.
    rates = {"credit": {"USD": 0.018, "EUR": 0.01}, "debit": {"USD": 0.07, "EUR": 0.036}}
    result = nights(bl.Cash(auto_convert=False, **rates))
    rows = result.ledger.filter(category="interest").select("currency", "amount", "quantity")
    assert rows["currency"].to_list() == ["USD", "USD", "EUR"]
    assert rows["amount"].to_list() == near(0.50, 1.500075, -0.36)
    assert rows["quantity"].to_list() == near(10_000, 10_000.50, -1000)
    assert result.balances["EUR"].to_list() == near(0, -1000, -1000.30)
    assert result.balances["USD"].to_list() == near(10_000, 10_000.50, 10_002.000075)
    assert equity(result)[-1] == pytest.approx(10_002.000075 - 0.30 * 1.20)


def test_one_rate_is_for_the_money_of_all_balances_together():
    # 10,000 · 1.8 % / 360, then 10,000.50 less 1100 euros' worth for three days.
    result = nights(bl.Cash(auto_convert=False, credit=0.018))
    rows = result.ledger.filter(category="interest")
    assert rows["amount"].to_list() == near(0.50, (10_000.50 - 1100) * 0.018 * 3 / 360)
    assert rows["currency"].to_list() == ["USD", "USD"]


PERP = bl.Contract(
    kind="perpetual",
    initial=0.2,
    currency="EUR",
    brackets=bl.Brackets([(0, 1000, 10, 0.05), (1000, 10_000, 5, 0.10)]),
)


def perpetual(account, close, **options):
    """10 at 100 bought on bar 1, 4 sold on bar 4; a euro is 1.10, from bar 3 on 1.20."""
    days = np.arange("2026-01-01", "2026-01-06", dtype="datetime64[D]")
    bars = flat_bars(close, assets=["P"], contracts=PERP, time=days)
    fx = {"EUR": [(day, rate) for day, rate in zip(days[[0, 3]], (1.1, 1.2), strict=True)]}
    events = bl.Events(fx=fx, funding=[(days[2], "P", 0.001)])
    wish = orders((0, "P", 10), (3, "P", -4))
    return bl.Portfolio.from_orders(bars, wish, account=account, events=events, **options)


@pytest.mark.parametrize("converts", [True, False])
def test_a_perpetual_in_another_currency(converts):
    # Funding 10 · 110 · 0.1 % = 1.10 euros at 1.10. 4 are sold at 120: 80 euros at 1.20, kept or 96.
    # Equity: 10 · 10 · 1.10 on bar 2, 10 · 5 · 1.20 on bar 3, 80 · 1.20 and 6 · 20 · 1.20 on bar 4.
    account = bl.PerpIsolated(leverage=5, auto_convert=converts)
    result = perpetual(account, [100.0, 100, 110, 105, 120], initial_cash=1000)
    paid = 1.21 if converts else 1.32  # owed in euros it grows with them
    assert equity(result) == near(1000, 1000, 1108.79, 1060 - paid, 1240 - paid)
    # A fifth of the entry value, at the rate of the day; 5 % of 1000 euros and 10 % of 100 more.
    assert result.margin["initial"].to_list() == near(0, 220, 220, 240, 144)
    assert result.margin["maintenance"].to_list() == near(0, 55, 66, 66, 43.2)
    assert result.trades["pnl"].to_list() == near(96 + 144)
    if not converts:
        assert result.balances["EUR"].to_list() == near(0, 0, -1.1, -1.1, 78.9)


def test_brackets_cap_a_foreign_perpetual_in_its_own_currency():
    # Five times: up to 10,000 euros, 100 at 100.
    days = np.arange("2026-01-01", "2026-01-04", dtype="datetime64[D]")
    bars = flat_bars([100.0] * 3, assets=["P"], contracts=PERP, time=days)
    fx = bl.Events(fx={"EUR": 2.0})
    result = bl.Portfolio.from_orders(
        bars, [150, 0, 0], account=bl.PerpCross(leverage=5), events=fx, initial_cash=100_000
    )
    assert result.fills["quantity"].to_list() == near(100)
    assert result.orders["reason"].to_list() == ["bracket_cap"]


def test_a_foreign_wallet_that_is_taken_leaves_nothing_in_any_currency():
    # 200 euros' worth of dollars behind 1000 euros: gone at 84; the fund has what is left.
    account = bl.PerpCross(leverage=5, auto_convert=False)
    result = perpetual(account, [100.0, 100, 84, 84, 84], initial_cash=220)
    assert equity(result) == near(220, 220, 0, 0, 0)
    assert result.balances.select("USD", "EUR").rows()[2:] == [(0, 0)] * 3


def test_an_inverse_perpetual_is_in_the_coin_of_its_account():
    coin = bl.Contract(
        kind="perpetual", inverse=True, initial=0.1, maintenance=0.05, currency="BTC"
    )
    bars = flat_bars([100.0] * 3, assets=["P"], contracts=coin)
    with pytest.raises(ValueError, match="an inverse perpetual must be in the account's currency"):
        bl.Portfolio.from_orders(
            bars, [1, 0, 0], account=bl.PerpCross(currency="USD"), events=bl.Events(fx={"BTC": 9.0})
        )


def test_what_is_written_off_leaves_nothing_in_any_currency():
    # 100 at 10 are paid with 1000 borrowed euros and fall to 1: 400 + (100 - 1000) · 1.10 is -590.
    account = bl.PortfolioMargin(max_leverage=10, auto_convert=False, bankruptcy="floor_at_zero")
    result = bought([10.0, 10, 1, 1, 1], [(0, 1.10), (3, 1.30)], account=account, initial_cash=400)
    assert equity(result) == near(400, 400, 0, 0, 0)
    assert result.ledger["category"].to_list() == ["trade", "trade", "write_off"]
    assert result.balances["EUR"].to_list() == near(0, -1000, 0, 0, 0)
    assert result.balances["USD"].to_list() == near(400, 400, 0, 0, 0)


def test_rates_by_currency_need_every_currency_and_balances():
    with pytest.raises(ValueError, match="give auto_convert=False too"):
        bl.Cash(debit={"USD": 0.07, "EUR": 0.036})
    with pytest.raises(ValueError, match="debit has no rate for EUR, has USD: give one, or 0"):
        nights(bl.Cash(auto_convert=False, debit={"USD": 0.07}))
    with pytest.raises(ValueError, match="debit in EUR must be"):
        bl.Cash(auto_convert=False, debit={"USD": 0.07, "EUR": 3.6})
    with pytest.raises(ValueError, match="debit by currency must name one"):
        bl.Cash(auto_convert=False, debit={})
    both = {"USD": 0.01, "EUR": 0.01}
    with pytest.raises(ValueError, match="is the benchmark of one currency"):
        nights(bl.Cash(auto_convert=False, debit=both), rates=0.02)


def test_a_trade_earns_in_the_account_s_money():
    # 1000 at 1.10 become 1200 at 1.20 less nothing: 1440 - 1100 = 340.
    bars = flat_bars([10, 10, 12], contracts=EURO, assets=["E"])
    fx = bl.Events(fx={"EUR": np.array([1.10, 1.10, 1.20])})
    result = bl.Portfolio.from_orders(bars, [100, -100, 0], events=fx)
    assert result.trades["pnl"].to_list() == near(340)
    assert result.trades["exit_price"].to_list() == [12]
    assert equity(result)[-1] == pytest.approx(100_340)
    gains = result.currency_gains.row(-1, named=True)
    assert (gains["price_pnl"], gains["fx_pnl"]) == (pytest.approx(220), pytest.approx(120))


@pytest.mark.parametrize("held", [0, 1])
def test_a_trade_in_a_future_earned_what_was_paid_for_it(held):
    # 3 at 100: +5 at 1.10 (3 · 10 · 5 · 1.10 = 165), 2 sold at 103 and 1 marked: -2 at 1.30 (-78),
    # then +7 at 1.50 of the one left (105).
    bars = flat_bars([100, 100, 105, 103, 110], contracts=ES, assets=["F"])
    fx = bl.Events(fx={"EUR": np.array([1.0, 1.0, 1.1, 1.3, 1.5])})
    wanted = np.array([3.0, np.nan, -2.0, -1.0 if not held else np.nan, np.nan])
    account = bl.FuturesMargin(currency="USD")
    result = bl.Portfolio.from_orders(bars, wanted, events=fx, account=account, fees=0.001)
    fees = -result.ledger.filter(category="fee")["amount"].sum()
    assert equity(result)[-1] == pytest.approx(100_192 - fees)
    assert result.trades["pnl"].to_list() == near(192 - fees)
    assert result.trades["status"].to_list() == ["open" if held else "closed"]
    assert result[3:].trades["pnl"].to_list() == near(192 - fees)


def test_sizes_and_money_are_of_the_account():
    # Half of 10,000 dollars buys 10,000 / 2 / (10 · 1.25) = 400 shares.
    bars = flat_bars([10, 10], contracts=EURO, assets=["E"])
    result = bl.Portfolio.from_targets(
        bars, [0.5, np.nan], events=bl.Events(fx={"EUR": 1.25}), initial_cash=10_000
    )
    assert result.fills["quantity"].to_list() == near(400)


def test_margin_and_variation_of_a_foreign_future():
    # Margin 1000 · 1.10; settled day by day: 10 · 1 · 1.10, then 10 · 2 · 1.20.
    bars = flat_bars([100, 100, 101, 103], contracts=ES, assets=["F"])
    fx = bl.Events(fx={"EUR": [(0, 1.10), (3, 1.20)]})
    result = bl.Portfolio.from_orders(
        bars, orders((0, "F", 1)), account=bl.FuturesMargin(), events=fx, initial_cash=5000
    )
    assert result.margin["initial"].to_list() == near(0, 1100, 1100, 1200)
    assert cash(result) == near(5000, 5000, 5011, 5035)


def test_reg_t_asks_half_of_the_value_in_the_account_s_money():
    result = bought(account=bl.RegT(), initial_cash=50_000)
    assert result.margin["initial"].to_list() == near(0, 550, 660)


def test_an_account_in_the_contracts_own_currency_needs_no_rate():
    bars = flat_bars([10, 10], contracts=EURO)
    plain = bl.Portfolio.from_orders(bars, [100, 0])
    named = bl.Portfolio.from_orders(bars, [100, 0], account=bl.Cash(currency="EUR"))
    assert cash(plain) == cash(named) == [100_000, 99_000]


def test_results_with_currencies_are_saved(tmp_path):
    result = bought()
    result.save(tmp_path / "kept.parquet")
    again = bl.Result.load(tmp_path / "kept.parquet")
    assert again.currency_gains.equals(result.currency_gains)
    assert again.trades.equals(result.trades)


@pytest.mark.parametrize(
    ("account", "fx", "message"),
    [
        (bl.Cash(currency="USD"), None, "no rate of exchange for EUR: E is in EUR, the account in"),
        (
            bl.Cash(),
            {"GBP": 1.3, "EUR": [(1, 1.1)]},
            "no rate of exchange for EUR on the first bar",
        ),
    ],
)
def test_a_currency_without_a_rate_is_refused(account, fx, message):
    bars = flat_bars([10, 10], [10, 10], contracts=[EURO, None], assets=["E", "S"])
    events = None if fx is None else bl.Events(fx=fx)
    with pytest.raises(ValueError, match=message):
        bl.Portfolio.from_orders(bars, np.zeros((2, 2)), account=account, events=events)


def test_a_rate_is_above_zero():
    with pytest.raises(ValueError, match=r"fx must be > 0 .account money a unit., was 0.0 for EUR"):
        bl.Events(fx={"EUR": 0.0})
