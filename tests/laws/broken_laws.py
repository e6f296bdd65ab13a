"""Laws broken one by one: which line of the kernel to change, and into what."""

from typing import NamedTuple


class Broken(NamedTuple):
    """One law, and a change of one place in one kernel file that breaks it."""

    law: str
    file: str
    old: str
    new: str
    worlds: str = "any"  # a name of `oracle.compare.MAKERS`


BROKEN = (
    # Clock and order of things
    Broken(
        "reducing parts come before openings",
        "instant.py",
        "turn(world, bar, order, True, is_whole)",
        "turn(world, bar, order, True, True)",
    ),
    Broken(
        "a signal trades on the next bar, not on its own",
        "simulate.py",
        "cell < (bar + 1 - rules.lag) * world.n_assets:\n        cell = wish(world, bar, cell, skips)",
        "cell < (bar + 2 - rules.lag) * world.n_assets:\n        cell = wish(world, bar + 1, cell, skips)",
    ),
    Broken(
        "higher priority comes first",
        "allocation.py",
        "-order.rank if order.rank == order.rank",
        "order.rank if order.rank == order.rank",
    ),
    Broken(
        "an entry never replaces a waiting exit",
        "intents.py",
        "if old.asset == asset and old.closes != 0 and old.stage != Stage.ENDED and closes == 0:",
        "if False:",
    ),
    # Money
    Broken(
        "an opening needs the money for it",
        "openings.py",
        "elif is_all or needs_money(world.rules, order.side):",
        "elif is_all:",
    ),
    Broken(
        "the fee is part of every test of money",
        "openings.py",
        "quantity = fit(world, bar, order.asset, price, quantity, unit, 1.0, room, 0.0)\n    if",
        "quantity = fit(world, bar, order.asset, price, quantity, unit, 0.0, room, 0.0)\n    if",
    ),
    Broken(
        "an exit pays its fee once",
        "fills.py",
        "pay(account, position, amount, fee)\n    if world.rules.account",
        "pay(account, position, amount, 2.0 * fee)\n    if world.rules.account",
    ),
    Broken(
        "sales settle after the account's days",
        "ledger.py",
        "if proceeds > 0.0 and due_bar > bar:",
        "if False:",
    ),
    Broken(
        "proceeds of this bar wait for the next",
        "fills.py",
        "world.rules.proceeds == Proceeds.NEXT_BAR or",
        "False or",
    ),
    Broken(
        "a withdrawal is cut to what is free",
        "carry.py",
        "return max(account.equity - account.initial, 0.0)",
        "return np.inf",
    ),
    Broken(
        "a proportional set shares what is free",
        "openings.py",
        "order.most *= max(room, 0.0) / total",
        "order.most *= 1.0",
    ),
    Broken(
        "an unaffordable set is refused whole",
        "openings.py",
        "order.reason = Reason.SET_UNAFFORDABLE",
        "order.reason = Reason.NONE",
    ),
    # Margin
    Broken(
        "margin is no part of equity",
        "ledger.py",
        "world.account.equity = equity\n",
        "world.account.equity = equity + world.account.initial\n",
    ),
    Broken(
        "a future moves no cash when it is opened",
        "ledger.py",
        "return -value if contract.is_paid != 0 else 0.0",
        "return -value",
    ),
    Broken(
        "the margin test counts what is already held",
        "margin.py",
        "world.account.initial = initial",
        "world.account.initial = 0.0",
    ),
    Broken(
        "a settlement pays the change since the last one only",
        "ledger.py",
        "position.base = price\n    position.mark = price\n    return amount",
        "position.mark = price\n    return amount",
    ),
    Broken(
        "a short share keeps at least five dollars",
        "margin.py",
        "return max(rate * price, rules.short_minimum)",
        "return rate * price",
    ),
    Broken(
        "a cheap short keeps all of its value",
        "margin.py",
        "return max(price, rules.short_low_minimum)",
        "return rules.short_low_minimum",
    ),
    Broken(
        "a margin account needs its minimum equity",
        "openings.py",
        "if is_security and world.account.equity - fee < world.rules.minimum_equity:",
        "if False:",
    ),
    Broken(
        "a call on a future restores initial margin",
        "margin.py",
        "return initial_of(world, bar, asset, side, price)\n    return maintenance_of",
        "return maintenance_of(world, bar, asset, side, price)\n    return maintenance_of",
    ),
    Broken(
        "the largest loss is liquidated first",
        "forced.py",
        "= position.exposure * (position.mark - position.average)",
        "= -position.exposure * (position.mark - position.average)",
    ),
    Broken(
        "a margin call closes the fewest lots",
        "forced.py",
        "return min(high * lot, held) if lot > 0.0 else high",
        "return held",
    ),
    Broken(
        "nobody trades on below zero",
        "margin.py",
        "return equity < -zero or (equity <= zero and world.account.n_held > 0)",
        "return False",
    ),
    Broken(
        "debt is written off where the policy says so",
        "forced.py",
        "if is_floored and account.n_held == 0 and account.cash < 0.0:",
        "if False:",
    ),
    # Limits and groups
    Broken(
        "loss limits see unrealised losses",
        "limits.py",
        "not is_below(rules, account.equity, floor_of(rules, account, kind))",
        "not is_below(rules, account.cash, floor_of(rules, account, kind))",
    ),
    Broken(
        "no entries while halted",
        "openings.py",
        "if world.account.halt != 0:",
        "if False:",
    ),
    Broken(
        "no more positions than allowed",
        "openings.py",
        "if n_others >= world.rules.max_positions:",
        "if n_others > world.rules.max_positions:",
    ),
    Broken(
        "a cap counts the exposure that is there",
        "openings.py",
        "room = ratio * world.account.equity - used",
        "room = ratio * world.account.equity",
    ),
    Broken(
        "one member of an exclusive group is held",
        "exclusive.py",
        "order.reason = Reason.EXCLUSIVE\n",
        "order.reason = Reason.NONE\n",
    ),
    # Signals and orders
    Broken(
        "hold and switch decide between entry and exit",
        "intents.py",
        "keeps_entry = (policy == Conflict.HOLD) == (side > 0.0)",
        "keeps_entry = (policy == Conflict.HOLD) != (side > 0.0)",
    ),
    Broken(
        "keep and flip decide between long and short",
        "intents.py",
        "keeps_long = (policy == DirectionConflict.KEEP) == (side > 0.0)",
        "keeps_long = (policy == DirectionConflict.KEEP) != (side > 0.0)",
    ),
    Broken(
        "an atomic reversal stands or falls whole",
        "openings.py",
        "return rules.reversal == Reversal.ATOMIC and order.close != 0.0 and order.side != 0",
        "return False",
    ),
    Broken(
        "a reduction closes at most its size",
        "plans.py",
        "part = min(size, abs(quantity))",
        "part = abs(quantity)",
    ),
    Broken(
        "quantities are cut down to lots",
        "sizing.py",
        "np.floor(quantity / lot + 1e-9)",
        "np.ceil(quantity / lot - 1e-9)",
    ),
    # Prices, fees, splits
    Broken(
        "slippage is against us",
        "costs.py",
        "price = market + cost if side > 0.0 else market - cost",
        "price = market - cost if side > 0.0 else market + cost",
    ),
    Broken(
        "ticks round against us",
        "costs.py",
        "np.ceil(price / tick - 1e-9) if side > 0.0 else",
        "np.floor(price / tick + 1e-9) if side > 0.0 else",
    ),
    Broken(
        "a fee is at least its minimum",
        "costs.py",
        "fee = max(fee, setting(world, Setting.FEE_MINIMUM.value, bar, asset))",
        "fee = max(fee, 0.0)",
    ),
    Broken(
        "each slice of an order pays its own tier",
        "costs.py",
        "fee += (min(notional, end) - values[place]) * values[place + 1]",
        "fee = notional * values[place + 1]",
    ),
    Broken(
        "monthly tiers start again each month",
        "carry.py",
        "account.month_traded = 0.0",
        "account.month_traded += 0.0",
    ),
    Broken(
        "a split divides the average price",
        "ledger.py",
        "position.average /= ratio",
        "position.average /= 1.0",
    ),
    Broken(
        "a split multiplies what waits",
        "carry.py",
        "order.number *= ratio",
        "order.number *= 1.0",
    ),
    # Stops and orders that rest
    Broken(
        "a stop that the open has passed fills at the open",
        "stops.py",
        "close_stopped(world, bar, asset, price, stop_cause(row, level))",
        "close_stopped(world, bar, asset, side * level, stop_cause(row, level))",
    ),
    Broken(
        "a target does not slip",
        "stops.py",
        "if cause != Cause.TARGET_HIT:\n        order.price = fill_price(",
        "if cause >= 0:\n        order.price = fill_price(",
    ),
    Broken(
        "the adverse extreme comes first where nothing else is said",
        "stops.py",
        "return path == Path.BEST",
        "return path <= Path.BEST",
    ),
    Broken(
        "a trailing stop does not know the high before the low",
        "stops.py",
        "level = stop_level(row, row.peak)\n    rises_first",
        "level = stop_level(row, max(row.peak, best))\n    rises_first",
    ),
    Broken(
        "a split divides the levels of stops",
        "levels.py",
        "row.loss /= ratio\n    row.target /= ratio\n    row.trail /= ratio\n",
        "pass\n",
    ),
    Broken(
        "slippage never passes a limit",
        "resting.py",
        "price = min(price, order.level) if side > 0.0 else max(price, order.level)",
        "price = price + 0.0",
    ),
    Broken(
        "a limit that the open betters fills at the open",
        "resting.py",
        "return price if signed <= level else np.nan",
        "return order.level if signed <= level else np.nan",
    ),
    Broken(
        "an order for the next bar ends with it",
        "resting.py",
        "return order.tries != 0",
        "return order.tries > 1",
    ),
    # Liquidity
    Broken(
        "all orders of an asset share what a bar takes",
        "liquidity.py",
        "allowed = share * volume_of(world)[bar, asset] - used.units",
        "allowed = share * volume_of(world)[bar, asset]",
    ),
    Broken(
        "a cap in money is a cap",
        "liquidity.py",
        "if unit > 0.0 and money < left * unit:",
        "if False:",
    ),
    Broken(
        "nothing fills where nobody trades",
        "fills.py",
        "return code == Tradable.YES or code > Tradable.MISSED",
        "return code != Tradable.NO",
    ),
    Broken(
        "a minimum fee is charged once over the pieces of an order",
        "costs.py",
        "return max(fee - leg.paid, 0.0) if leg.has_begun != 0 else fee",
        "return fee",
    ),
    Broken(
        "what is to be dropped does not wait",
        "liquidity.py",
        "if world.rules.carries == 0:",
        "if False:",
    ),
    Broken(
        "an exit lives until it is filled",
        "liquidity.py",
        "if is_brief and not is_exit:",
        "if is_brief:",
    ),
    Broken(
        "a stop that has acted goes on as an exit",
        "stops.py",
        "            clear_levels(row)",
        "            pass",
    ),
    Broken(
        "nobody buys at a locked upper limit",
        "liquidity.py",
        "lock = Tradable.LOCKED_UP if quantity > 0.0 else Tradable.LOCKED_DOWN",
        "lock = Tradable.LOCKED_DOWN if quantity > 0.0 else Tradable.LOCKED_UP",
    ),
    Broken(
        "an order that waits through a halt keeps its one bar",
        "fills.py",
        "tradable_of(world)[bar, asset] != Tradable.NO",
        "True",
    ),
    # Impact
    Broken(
        "an order pays for the impact of its own quantity",
        "costs.py",
        "fraction += curved * quantity**world.rules.impact_power",
        "fraction += curved * 1.0",
    ),
    Broken(
        "impact is in the test of money",
        "orders.py",
        "most = most_to_open(world, bar, order)",
        "most = 0.0",
    ),
    # Holding, rolls and ends
    Broken(
        "who is short pays the dividend",
        "accrual.py",
        "amount = position.exposure * dividend",
        "amount = abs(position.exposure) * dividend",
    ),
    Broken(
        "a weekend is three days of interest",
        "accrual.py",
        "years = days / world.rules.day_count",
        "years = 1.0 / world.rules.day_count",
    ),
    Broken(
        "what is sold short earns no interest as cash",
        "accrual.py",
        "balance = cash - short",
        "balance = cash",
    ),
    Broken(
        "what is short has been borrowed already",
        "openings.py",
        "short = min(positions_of(world)[order.asset].quantity, 0.0)",
        "short = 0.0",
    ),
    Broken(
        "each leg of a roll pays slippage",
        "rolls.py",
        "order.price = fill_price(world, bar, asset, quantity, abs(quantity), market)",
        "order.price = market",
    ),
    Broken(
        "a rung of a ladder closes its share only",
        "ladder.py",
        "return part if part < held - contract.dust else held",
        "return held",
    ),
    Broken(
        "a limit that the open has passed takes",
        "resting.py",
        "is_passed = side * open_of(world)[bar, order.asset] <= side * order.level",
        "is_passed = False",
    ),
    Broken(
        "makers pay their own fee",
        "costs.py",
        "Setting.MAKER_RATE.value if world.leg.is_maker != 0 else Setting.FEE_RATE.value",
        "Setting.FEE_RATE.value",
    ),
    # Perpetuals and options
    Broken(
        "longs pay a funding rate above zero",
        "perpetual.py",
        "amount = -position.exposure * abs(",
        "amount = position.exposure * abs(",
        "perpetual",
    ),
    Broken(
        "an isolated position is taken over at its bankruptcy price",
        "perpetual.py",
        "bankrupt = position.base - own_margin(contract, position) / position.exposure",
        "bankrupt = position.mark",
        "perpetual",
    ),
    Broken(
        "a liquidation fee is no more than what is left of the margin",
        "perpetual.py",
        "fee = min(liquidation_fee(contract, position), balance)",
        "fee = liquidation_fee(contract, position)",
        "perpetual",
    ),
    Broken(
        "brackets change at their date",
        "happenings.py",
        "set_brackets(world, event)",
        "pass",
        "perpetual",
    ),
    Broken(
        "a day trade closes what was opened on the same day",
        "day_trading.py",
        "elif position.day_opened == account.session:",
        "else:",
        "days",
    ),
    Broken(
        "makers pay the tiers of makers",
        "costs.py",
        "tiers.offset + 2 * tiers.row_step * world.leg.is_maker",
        "tiers.offset",
    ),
    Broken(
        "brackets are in the currency of their contract",
        "perpetual.py",
        "notional = size * contract.unit * abs(mark)",
        "notional = size * contract.multiplier * abs(mark)",
        "perpetual",
    ),
    Broken(
        "the bracket of a leverage caps in the currency of its contract",
        "openings.py",
        "contract.most_notional * contract.rate",
        "contract.most_notional",
        "perpetual",
    ),
    Broken(
        "what is short in a currency is taken off its own balance",
        "accrual.py",
        "contract.is_borrowed != 0 and contract.currency == currency",
        "contract.is_borrowed != 0",
    ),
    Broken(
        "interest by currency is at the rates of that currency",
        "accrual.py",
        "tiers.offset + 2 * currency * tiers.row_step",
        "tiers.offset",
    ),
    Broken(
        "day-trading buying power is four times the excess",
        "day_trading.py",
        "POWER * (account.equity - account.maintenance)",
        "(account.equity - account.maintenance)",
        "days",
    ),
    Broken(
        "a day trader's relief ends with the last bar of a day",
        "day_trading.py",
        "    account.day_relief = 0.0\n",
        "    account.day_relief *= 1.0\n",
        "days",
    ),
    Broken(
        "a day trader who had relief is called when short overnight",
        "day_trading.py",
        "if had_relief and lacks:",
        "if lacks:",
        "days",
    ),
    Broken(
        "an option is exercised only in the money",
        "options.py",
        "is_in = inner >= LEAST",
        "is_in = inner == inner",
        "written",
    ),
    # The short way of targets
    Broken(
        "an opening on the short way needs the money for it",
        "targets.py",
        "if not need + fee <= room",
        "if not need - fee <= 2.0 * room",
        "targets",
    ),
    Broken(
        "an order on the short way closes before it opens",
        "targets.py",
        "if order.close != 0.0:",
        "if order.close != 0.0 and order.side == 0:",
        "targets",
    ),
    Broken(
        "an opening on the short way knows the account's other refusals",
        "targets.py",
        "if early_refusal(world, order, quantity, price, n_others) != Reason.NONE:",
        "if quantity == 0.0:",
        "targets",
    ),
    Broken(
        "what happens on a bar comes before its targets",
        "targets.py",
        "events_of(world)[place].bar == bar:",
        "events_of(world)[place].bar == bar - 1000:",
        "targets",
    ),
)
