"""The one way in which a position changes: a fill, closing or opening, and what it flags."""

from datetime import date

from barledger.accounts import Cash, Unlimited
from barledger.instruments.contract import Contract

from . import accounts, costs, day_trading, exchange, levels, liquidity
from .book import Order, Position, World, value_of
from .market import TOLERANCE, business_days_after, dust, moves_no_cash


def close_part(
    world: World,
    order: Order,
    quantity: float,
    raw: float,
    *,
    slips: bool = True,
    is_free: bool = False,
) -> None:
    """Apply the closing of `quantity` (unsigned) of what is held; `is_free`: outside the market."""
    position = world.positions[order.asset]
    direction, contract = -position.side, position.contract
    held = abs(position.quantity)
    quantity = held if quantity > held - dust(contract.lot) else quantity
    price_of = costs.slipped_price if slips else costs.unslipped_price
    price = raw if is_free else price_of(world, order.asset, raw, direction, quantity)
    price = costs.within_limit(order, price, direction)
    fee = 0.0 if is_free else costs.fee_of_order(world, order, price, "closing")(quantity)
    costs.remember(world, order, "closing", (quantity, price), fee)
    amount = -value_of(contract, direction * quantity, price)
    if moves_no_cash(contract):
        amount += value_of(contract, direction * quantity, position.base)
    if contract.inverse:
        amount = -amount

    free_before, cash_before = accounts.free_money(world), world.cash
    prices = (raw, price)
    record_fill(
        world, order, direction * quantity, prices, (amount, fee), closes=True, is_free=is_free
    )
    if quantity == held:
        del world.positions[order.asset]
        world.rolling.pop(order.asset, None)
    else:
        position.scale(position.quantity + direction * quantity)
    world.cash += amount
    world.cash -= fee
    exchange.note(world, order.asset, amount - fee)
    let_proceeds_settle_later(world, amount - fee)

    world.withheld += max(0.0, accounts.free_money(world) - free_before)
    flag_debt(world, cash_before, amount, fee)
    flag_exit_fee(world, order.asset, amount, fee)
    flag_violation(world, position, quantity)


def open_part(
    world: World, order: Order, quantity: float, raw: float, *, is_free: bool = False
) -> None:
    """Apply the opening of `quantity` (unsigned); `is_free`: outside the market."""
    asset, direction = order.asset, order.direction
    contract = world.market.contracts[asset]
    is_future = moves_no_cash(contract)
    price = raw if is_free else costs.slipped_price(world, asset, raw, direction, quantity)
    price = costs.within_limit(order, price, direction)
    fee = 0.0 if is_free else costs.fee_of_order(world, order, price, "opening")(quantity)
    costs.remember(world, order, "opening", (quantity, price), fee)
    amount = 0.0 if is_future else -direction * quantity * contract.multiplier * price

    cash_before = world.cash
    record_fill(
        world,
        order,
        direction * quantity,
        (raw, price),
        (amount, fee),
        closes=False,
        is_free=is_free,
    )
    tie = date_of_tie(world, fee - amount)
    was_flat = asset not in world.positions
    if not was_flat:
        world.positions[asset].add(direction * quantity, price)
    else:
        signed, base = direction * quantity, price if is_future else 0.0
        world.positions[asset] = Position(asset, contract, signed, price, base, [(signed, price)])
    position = world.positions[asset]
    if not is_free:
        position.levels = levels.after_opening(
            world, order, price, position.levels, was_flat=was_flat
        )
    if was_flat and world.withheld_before is not None:
        world.opened_in_range[asset] = order.approach
    if tie is not None:
        position.tied_until = max(tie, position.tied_until or tie)
    world.cash += amount
    world.cash -= fee
    exchange.note(world, order.asset, amount - fee)
    flag_debt(world, cash_before, amount, fee)


def record_fill(
    world: World,
    order: Order,
    quantity: float,
    prices: tuple[float, float],
    money: tuple[float, float],
    *,
    closes: bool,
    is_free: bool = False,
) -> None:
    """Record a fill; `prices` are without and with slippage, `money` the amount and the fee."""
    contract = world.market.contracts[order.asset]
    (raw, price), (amount, fee) = prices, money
    order.filled += quantity
    if not is_free:
        liquidity.take_up(world, order.asset, quantity, raw)
        costs.move_prices(world, order.asset, quantity, raw)
        day_trading.count(world, order.asset, closes=closes)
        month = (world.date.year, world.date.month)
        notional = abs(value_of(contract, quantity, price))
        world.traded[month] = world.traded.get(month, 0.0) + notional
    world.outcome.fills.append(
        {
            "bar": world.bar,
            "asset": order.asset,
            "quantity": quantity,
            "price": price,
            "fee": fee,
            "amount": amount,
            "slippage": lost(world, contract, quantity, raw, price),
            "order": world.number(order),
            "closes": closes,
            "maker": order.is_maker and getattr(world.terms.fees, "maker", None) is not None,
        }
    )


def lost(world: World, contract: Contract, quantity: float, raw: float, price: float) -> float:
    """Money lost to slippage; below zero only where earlier fills have moved the price our way."""
    difference = value_of(contract, quantity, price) - value_of(contract, quantity, raw)
    law = world.terms.impact
    return difference if law is not None and law.permanent is not None else abs(difference)


def let_proceeds_settle_later(world: World, proceeds: float) -> None:
    account = world.terms.account
    if not isinstance(account, Cash) or proceeds <= 0:
        return
    days = settlement_days(account, world.date)
    if days > 0:
        world.outstanding.append((business_days_after(world.date, days), proceeds))


def settlement_days(account: Cash, trade_date: date) -> int:
    if account.settlement_days != "by_date":
        return account.settlement_days
    if trade_date < date(2017, 9, 5):
        return 3
    return 2 if trade_date < date(2024, 5, 28) else 1


def date_of_tie(world: World, cost: float) -> date | None:
    """Date until which a purchase is tied because it takes more than settled cash."""
    account = world.terms.account
    if not isinstance(account, Cash) or account.unsettled != "spend" or not world.outstanding:
        return None
    settled = max(world.settled, 0.0)
    if cost <= settled + TOLERANCE * max(cost, settled):
        return None
    return max(day for day, _ in world.outstanding)


def flag_violation(world: World, position: Position, quantity: float) -> None:
    if position.tied_until is not None and world.date < position.tied_until:
        world.record_incident("good_faith_violation", position.asset, quantity, 0.0)


def flag_debt(world: World, cash_before: float, amount: float, fee: float) -> None:
    if not isinstance(world.terms.account, Unlimited):
        return
    least = -TOLERANCE * max(abs(world.initial_equity), abs(world.cash), world.gross)
    if world.cash < least <= cash_before:
        world.record_incident("debt", -1, world.cash, 0.0)


def flag_exit_fee(world: World, asset: int, amount: float, fee: float) -> None:
    if not world.terms.is_cash_account or fee <= amount:
        return
    if world.cash < -TOLERANCE * max(abs(amount), fee, abs(world.initial_equity)):
        world.record_incident("exit_fee", asset, world.cash, 0.0)
