"""Whether an opening is allowed, and how much of it fits. Writes only a set's plan."""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.codes import (
    AccountKind,
    Allocation,
    FeeForm,
    InstrumentKind,
    Insufficient,
    OrderKind,
    Reason,
    Reversal,
    Setting,
    SizeKind,
)
from barledger.kernel.costs import (
    fee_fixed,
    fee_of,
    fee_slope,
    fill_price,
    setting,
)
from barledger.kernel.day_trading import is_security, room_for_day
from barledger.kernel.fills import free_money
from barledger.kernel.ledger import money_zero
from barledger.kernel.limits import NET, cap_ratio, cap_used
from barledger.kernel.liquidity import part_now, part_of_order
from barledger.kernel.margin import initial_of
from barledger.kernel.resting import be_maker
from barledger.kernel.sizing import cut
from barledger.kernel.spanned import span_need
from barledger.kernel.types import RELATIVE, ContractRow, LiveRow, RulesRow
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    contracts_of,
    held_of,
    live_of,
    losers_of,
    positions_of,
    queue_of,
)
from barledger.kernel.worth import notional_of, points, unit_value


@compiled
def refusal(world: World, asset: int, side: int) -> int:
    """Why nothing at all may be opened, whatever the size; NONE when it may."""
    kind = world.rules.account
    contract = contracts_of(world)[asset]
    if world.account.is_bankrupt != 0:
        return Reason.BANKRUPT.value
    if world.account.halt != 0:
        return Reason.HALTED.value
    if kind == AccountKind.CASH and (side < 0 or contract.is_paid == 0):
        return Reason.NOT_IN_CASH_ACCOUNT.value
    if kind == AccountKind.FUTURES_MARGIN and contract.kind != InstrumentKind.FUTURE:
        return Reason.NOT_IN_FUTURES_ACCOUNT.value
    if kind >= AccountKind.PERP_ISOLATED and contract.kind != InstrumentKind.PERPETUAL:
        return Reason.NOT_IN_PERPETUAL_ACCOUNT.value
    if world.rules.has_day_rule != 0 and world.account.is_restricted != 0:
        return Reason.PATTERN_DAY_TRADER.value if is_security(contract) else Reason.NONE.value
    return Reason.NONE.value


@compiled
def is_too_small(contract: ContractRow, quantity: float, price: float) -> bool:
    """Whether an opening is below the least notional, or is of nothing's worth and fully paid."""
    notional = notional_of(contract, quantity, price)
    return notional < contract.min_notional or (notional == 0.0 and contract.is_paid != 0)


@compiled
def early_refusal(
    world: World, order: LiveRow, quantity: float, price: float, n_others: int
) -> int:
    """Every refusal that comes before the money; `quantity` is cut to the lot already.

    `n_others` counts the assets held when this one is not; below 0: it is.
    """
    contract = contracts_of(world)[order.asset]
    reason = refusal(world, order.asset, order.side)
    if reason == Reason.NONE:
        reason += order.reason
    if reason != Reason.NONE:
        return reason
    if n_others >= world.rules.max_positions:
        return Reason.MAX_POSITIONS.value
    if quantity == 0.0:
        return Reason.SIZE_ZERO.value
    if world.leg.has_begun == 0 and is_too_small(contract, quantity, price):
        return Reason.MIN_NOTIONAL.value
    return Reason.NONE.value


@compiled
def money_unit(world: World, bar: int, order: LiveRow, price: float) -> float:
    """Money that one unit opened at `price` takes from what is free, without its fee."""
    contract = contracts_of(world)[order.asset]
    if world.rules.tests_margin != 0:
        return initial_of(world, bar, order.asset, float(order.side), points(contract, price))
    unit = unit_value(contract, price)
    if world.rules.asks_cash != 0 and order.side < 0 and abs(order.open) < np.inf:
        return -unit  # what is sold short is paid at once
    return unit


@compiled
def money_room(world: World) -> float:
    """Money that openings may use now; less than counts as money is none."""
    room = free_money(world) - world.account.withheld
    return room if abs(room) > money_zero(world) else 0.0


@compiled
def fit(
    world: World,
    bar: int,
    asset: int,
    price: float,
    quantity: float,
    unit: float,
    weight: float,
    room: float,
    scale: float,
) -> float:
    """Largest part of `quantity`, in lots, with unit · quantity + weight · fee ≤ room.

    What misses by less than 1e-9 of the numbers involved (`scale` is one of them) fits.
    """
    need = unit * quantity
    scale = max(scale, max(abs(room), need if need < np.inf else 0.0))
    fee = fee_of(world, bar, asset, quantity, price)
    if need + weight * fee <= room + RELATIVE * scale:
        return quantity
    if not room > 0.0:
        return 0.0
    if world.rules.has_fee_line != 0:
        lot = contracts_of(world)[asset].lot
        most = room - weight * fee_fixed(world, bar, asset)
        if lot > 0.0:  # a whole lot may miss by the tolerance of money; a fraction is exact
            most += RELATIVE * room
        most /= unit + weight * fee_slope(world, bar, asset, price)
        return cut(max(min(most, quantity), 0.0), lot)
    return bisect(world, bar, asset, price, quantity, unit, weight, room)


@wing
def bisect(
    world: World,
    bar: int,
    asset: int,
    price: float,
    quantity: float,
    unit: float,
    weight: float,
    room: float,
) -> float:
    """As `fit`, for a fee that is no straight line: on lots, or by 60 halvings."""
    lot = contracts_of(world)[asset].lot
    low = 0.0
    high = min(quantity, room / unit * (1.0 + RELATIVE)) if unit > 0.0 else quantity
    if lot > 0.0:
        high = np.floor(high / lot + 1e-9) + 1.0
    halvings = 0
    while halvings < 60 and high - low > (1.0 if lot > 0.0 else 0.0):
        middle = np.floor(0.5 * (low + high)) if lot > 0.0 else 0.5 * (low + high)
        some = middle * lot if lot > 0.0 else middle
        need = unit * some
        slack = RELATIVE * max(abs(room), need) if lot > 0.0 else 0.0
        if need + weight * fee_of(world, bar, asset, some, price) <= room + slack:
            low = middle
        else:
            high = middle
        halvings += 1
    return low * lot if lot > 0.0 else low


@compiled
def fit_money(
    world: World, bar: int, order: LiveRow, price: float, quantity: float, unit: float, room: float
) -> float:
    """Part of an opening that the account's money allows, the minimum of Reg T included."""
    if world.span_months_n > 0:
        return fit_span(world, bar, order, price, quantity, unit, room)
    quantity = fit(world, bar, order.asset, price, quantity, unit, 1.0, room, 0.0)
    if world.rules.account == AccountKind.REG_T and quantity > 0.0:
        fee = fee_of(world, bar, order.asset, quantity, price)
        is_security = contracts_of(world)[order.asset].is_paid != 0
        if is_security and world.account.equity - fee < world.rules.minimum_equity:
            quantity = fit_floor(world, bar, order, price, quantity)
    return quantity


@wing
def fit_span(
    world: World, bar: int, order: LiveRow, price: float, quantity: float, unit: float, room: float
) -> float:
    """Part of an opening that SPAN of the whole account allows, in lots.

    What is unbounded is bounded by its outright margin.
    """
    lot = contracts_of(world)[order.asset].lot
    if quantity == np.inf:
        quantity = cut(max(room, 0.0) / unit, lot)
    if quantity == 0.0 or spans(world, bar, order, price, quantity, room):
        return quantity
    step = lot if lot > 0.0 else 1e-9 * quantity
    low = 0.0
    high = np.floor(quantity / step + 1e-9)
    if not spans(world, bar, order, price, step, room):
        return 0.0
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        if spans(world, bar, order, price, middle * step, room):
            low = middle
        else:
            high = middle
    return low * step


@compiled
def spans(
    world: World, bar: int, order: LiveRow, price: float, quantity: float, room: float
) -> bool:
    """Whether an opening of so much adds no more to the account's margin than there is room for."""
    after = span_need(world, order.asset, order.side * quantity) * world.rules.span_initial
    more = after - world.account.initial
    fee = fee_of(world, bar, order.asset, quantity, price)
    return more + fee <= room + RELATIVE * max(abs(room), abs(more))


@wing
def fit_floor(world: World, bar: int, order: LiveRow, price: float, quantity: float) -> float:
    """Part of a Reg T opening that the account's minimum equity allows."""
    equity = world.account.equity
    room = equity - world.rules.minimum_equity
    scale = max(equity, world.rules.minimum_equity)
    above = fit(world, bar, order.asset, price, quantity, 0.0, 1.0, room, scale)
    cost = cost_of_longs(world)
    if above == quantity or order.side < 0 or cost != cost:
        return above
    unit = contracts_of(world)[order.asset].multiplier * price
    room = equity - cost
    return max(above, fit(world, bar, order.asset, price, quantity, unit, 1.0, room, scale))


@compiled
def cost_of_longs(world: World) -> float:
    """What the securities held have cost; NaN when one of them is short."""
    positions = positions_of(world)
    held = held_of(world)
    cost = 0.0
    for k in range(world.account.n_held):
        if contracts_of(world)[held[k]].is_paid != 0:
            position = positions[held[k]]
            cost += position.exposure * position.average if position.quantity > 0.0 else np.nan
    return cost


@wing
def fit_cap(
    world: World, bar: int, order: LiveRow, price: float, quantity: float, cap: int
) -> float:
    """Part of an opening that one cap on exposure allows."""
    ratio = cap_ratio(world, cap, order.asset)
    unit = unit_value(contracts_of(world)[order.asset], price)
    if ratio == np.inf or (cap == NET and unit == 0.0):  # what is worth nothing moves no net
        return quantity
    sign = 1.0 if order.side * price > 0.0 else -1.0
    used = cap_used(world, cap, order.asset, sign)
    free = max(-used, 0.0) / unit if cap == NET else 0.0
    if quantity <= free:
        return quantity
    room = ratio * world.account.equity - used
    most = fit(world, bar, order.asset, price, quantity, unit, ratio, room, 0.0)
    return max(most, min(cut(free, contracts_of(world)[order.asset].lot), quantity))


@compiled
def is_share_of_cash(world: World, order: LiveRow) -> bool:
    """Whether an order's size is a share of what is free at its turn."""
    kind = world.rules.size_kind
    return kind == SizeKind.PERCENT_OF_CASH and abs(order.open) == np.inf


@compiled
def needs_money(rules: RulesRow, side: int) -> bool:
    """Whether an opening of a given size must be paid for: not on paper, nor a free short."""
    if rules.account == AccountKind.FREE_CASH:
        return side > 0 or rules.locks_cash != 0
    return rules.account != AccountKind.UNLIMITED or rules.asks_cash != 0


@compiled
def admit(
    world: World, bar: int, order: LiveRow, price: float, is_atomic: bool
) -> tuple[float, float, int]:
    """Quantity (unsigned) that may be opened, the quantity wanted, and why they differ."""
    contract = contracts_of(world)[order.asset]
    wanted = cut(abs(order.open), contract.lot)
    is_new = positions_of(world)[order.asset].quantity == 0.0
    n_others = world.account.n_held if is_new else -1
    reason = early_refusal(world, order, wanted, price, n_others)
    if reason != Reason.NONE:
        return 0.0, abs(order.open) if reason == Reason.SIZE_ZERO else wanted, reason
    unit = money_unit(world, bar, order, price)
    room = money_room(world)
    if is_share_of_cash(world, order):
        share = order.number * room
        wanted = fit(world, bar, order.asset, price, wanted, unit, 1.0, share, 0.0)
    is_all = wanted == np.inf
    if wanted == 0.0 or (is_all and unit == 0.0):
        return 0.0, wanted, world.rules.no_money
    stops = (world.rules.insufficient == Insufficient.REJECT or is_atomic) and not is_all
    quantity = wanted
    if order.most < quantity:
        quantity = cut(order.most, contract.lot)
        reason = world.rules.no_money
        if is_atomic and not is_all and quantity < wanted:
            return 0.0, wanted, reason
    is_relieved = world.account.day_relief != 0.0 and is_security(contract)
    if contract.most_notional < np.inf or is_relieved:
        reason_of_cap = Reason.BRACKET_CAP.value
        if is_relieved:
            reason_of_cap = Reason.PATTERN_DAY_TRADER.value
            most = room_for_day(world, order.asset, price)
        else:
            most = room_in_bracket(world, order.asset, price)
        if most < quantity:
            quantity = cut(most, contract.lot)
            reason = reason_of_cap
            if stops or quantity <= contract.dust:
                return 0.0, wanted, reason
    if world.rules.has_short_limits != 0 and order.side < 0 and contract.is_borrowed != 0:
        most = most_to_short(world, bar, order)
        if max(most, 0.0) < quantity:
            quantity = cut(max(most, 0.0), contract.lot)
            reason = Reason.NOT_BORROWABLE.value
            if most < 0.0:
                reason = Reason.SHORT_SALE_RESTRICTED.value
            if stops or quantity <= contract.dust:
                return 0.0, wanted, reason
    for test in range(5):
        most = quantity
        if test > 0:
            if world.rules.has_caps != 0:
                most = fit_cap(world, bar, order, price, quantity, test - 1)
        elif is_all or needs_money(world.rules, order.side):
            most = fit_money(world, bar, order, price, quantity, unit, room)
        if most < quantity:
            quantity = most
            reason = world.rules.no_money
            if test > 0:
                reason = Reason.LEVERAGE_CAP.value + test - 1
            if stops or quantity <= contract.dust:
                return 0.0, wanted, reason
    if is_all and quantity > 0.0:
        wanted = quantity
        reason = Reason.NONE.value
    if quantity > 0.0 and world.leg.has_begun == 0 and is_too_small(contract, quantity, price):
        return 0.0, wanted, Reason.MIN_NOTIONAL.value
    if world.taken_up_n > 0 and quantity > 0.0:
        part = part_of_order(world, bar, order, order.side * quantity, False)
        if part < quantity:
            return part, np.inf if is_all else wanted, Reason.VOLUME_CAP.value
    return quantity, wanted, reason


@compiled
def is_of_money(reason: int) -> bool:
    """Whether an opening was cut by money, by a cap or its brackets, or by what can be lent."""
    is_lent = reason == Reason.NOT_BORROWABLE or reason == Reason.SHORT_SALE_RESTRICTED
    is_lent = is_lent or reason == Reason.PATTERN_DAY_TRADER
    return (
        is_lent
        or reason == Reason.BRACKET_CAP
        or (reason >= Reason.INSUFFICIENT_CASH and reason <= Reason.GROUP_CAP)
    )


@compiled
def most_to_open(world: World, bar: int, order: LiveRow) -> float:
    """Unsigned quantity that an opening cannot exceed: what its impact is reckoned for at first."""
    quantity = cut(abs(order.open), contracts_of(world)[order.asset].lot)
    if quantity == np.inf:
        unit = money_unit(world, bar, order, abs(order.market))
        quantity = max(money_room(world), 0.0) / unit if unit > 0.0 else 0.0
    if world.taken_up_n > 0:
        quantity = part_now(world, bar, order.asset, order.side * quantity, order.market)
    return quantity


@compiled
def room_in_bracket(world: World, asset: int, price: float) -> float:
    """Unsigned quantity that the leverage of a perpetual may still add, by its brackets."""
    contract = contracts_of(world)[asset]
    position = positions_of(world)[asset]
    room = contract.most_notional * contract.rate - abs(position.exposure * position.mark)
    unit = unit_value(contract, price)
    return max(room, 0.0) / unit if unit > 0.0 else np.inf


@wing
def most_to_short(world: World, bar: int, order: LiveRow) -> float:
    """Unsigned quantity that may be sold short; -1 while short sales must wait for a better price.

    What is short already has been borrowed too. Under Rule 201 only limits may sell.
    """
    if setting(world, Setting.NO_SHORTS.value, bar, order.asset) != 0.0:
        if order.kind != OrderKind.LIMIT and order.kind != OrderKind.STOP_LIMIT:
            return -1.0
    short = min(positions_of(world)[order.asset].quantity, 0.0)
    return max(setting(world, Setting.BORROWABLE.value, bar, order.asset) + short, 0.0)


@compiled
def must_be_whole(order: LiveRow, rules: RulesRow) -> bool:
    """Whether the two legs of this order stand or fall together."""
    return rules.reversal == Reversal.ATOMIC and order.close != 0.0 and order.side != 0


@wing
def share_out(world: World, bar: int, n: int) -> None:
    """Bound the openings of queue[:n] by what they can have together.

    `proportional`: each gets the same share of its full size; `all_or_none`: all or nothing.
    """
    live = live_of(world)
    queue = queue_of(world)
    counted = losers_of(world)
    total = 0.0
    n_held = world.account.n_held
    for asset in range(world.n_assets):
        counted[asset] = 0 if positions_of(world)[asset].quantity == 0.0 else 1
    for i in range(n):
        order = live[queue[i]]
        if world.rules.fee_form >= FeeForm.MAKER_TAKER:
            be_maker(world, bar, order)
        need = set_need(world, bar, order, n_held if counted[order.asset] == 0 else -1)
        world.leg.is_maker = 0
        if need >= 0.0:
            total += need
            n_held += 1 - counted[order.asset]
            counted[order.asset] = 1
    room = money_room(world)
    fits = world.rules.account == AccountKind.UNLIMITED or total == 0.0
    fits = fits or total <= room + RELATIVE * max(abs(room), total)
    for i in range(n):
        order = live[queue[i]]
        if order.most >= 0.0 and not fits:
            if world.rules.allocation == Allocation.ALL_OR_NONE:
                order.reason = Reason.SET_UNAFFORDABLE
            order.most *= max(room, 0.0) / total
        elif abs(order.open) < np.inf:
            order.most = np.inf


@compiled
def set_need(world: World, bar: int, order: LiveRow, n_others: int) -> float:
    """Money that an opening needs at full size, written into its plan; -1: refused anyway."""
    price = fill_price(world, bar, order.asset, float(order.side), 0.0, order.market)
    quantity = cut(abs(order.open), contracts_of(world)[order.asset].lot)
    order.most = -1.0
    order.reason = early_refusal(world, order, quantity, price, n_others)
    if order.reason != Reason.NONE:
        return -1.0
    unit = money_unit(world, bar, order, price)
    if quantity == np.inf:
        room = money_room(world)
        if is_share_of_cash(world, order):
            room *= order.number
        quantity = fit(world, bar, order.asset, price, quantity, unit, 1.0, room, 0.0)
        if is_share_of_cash(world, order):
            order.open = order.side * quantity
        if quantity == np.inf:
            quantity = 0.0
        if quantity == 0.0:
            order.reason = world.rules.no_money
    order.most = quantity
    if quantity == 0.0:
        return 0.0
    return unit * quantity + fee_of(world, bar, order.asset, quantity, price)
