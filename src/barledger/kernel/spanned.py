"""SPAN inside the loop, for accounts of futures: one requirement of all that is held.

A future's sixteen gains are shares of its scan range, so its scan is |Σ quantity · range|, times what
counts of an extreme move where that is more than one range.
"""

from barledger._jit import compiled
from barledger.kernel.span import CREDIT, DELIVERY, INTRA, charge_spreads, credit_spreads
from barledger.kernel.wings import wing
from barledger.kernel.world import (
    World,
    held_of,
    positions_of,
    span_delivery_of,
    span_legs_of,
    span_lines_of,
    span_months_of,
    span_offsets_of,
    span_products_of,
    span_scratch_of,
    span_spreads_of,
)

PARTS = 8  # columns that charges are written to
EXTREME, MOST = 0, 1  # of `span_products`: worst gain in ranges, the largest range of its months


@compiled
def line_of(world: World, asset: int) -> tuple[int, float]:
    """Month and scan range of an asset."""
    lines = span_lines_of(world)
    return int(lines[2 * asset]), lines[2 * asset + 1]


@wing
def span_need(world: World, asset: int, change: float) -> float:
    """Maintenance margin of everything held, once `change` more of an asset (-1: none) is."""
    product_of = span_months_of(world)
    products = span_products_of(world).reshape((-1, 2))
    scratch = span_scratch_of(world)
    n_products = products.shape[0]
    n_months = product_of.size
    scratch[:] = 0.0
    out = scratch[: PARTS * n_products].reshape((n_products, PARTS))
    place = PARTS * n_products
    risk = scratch[place : place + n_products]
    net = scratch[place + n_products : place + 2 * n_products]
    scan = scratch[place + 2 * n_products : place + 3 * n_products]
    place += 3 * n_products
    deltas = scratch[place : place + n_months]
    used = scratch[place + n_months : place + 2 * n_months]
    held = held_of(world)
    for k in range(world.account.n_held):
        month, size = line_of(world, held[k])
        quantity = positions_of(world)[held[k]].quantity
        deltas[month] += quantity
        scan[product_of[month]] += quantity * size
    if asset >= 0:
        month, size = line_of(world, asset)
        deltas[month] += change
        scan[product_of[month]] += change * size
    spreads = span_spreads_of(world).reshape((-1, 5))
    charge_spreads(spreads, span_delivery_of(world).reshape((-1, 3)), product_of, deltas, used, out)
    for month in range(n_months):
        net[product_of[month]] += deltas[month]
    for product in range(n_products):
        scan[product] = abs(scan[product]) * max(products[product, EXTREME], 1.0)
        if net[product] != 0.0:
            risk[product] = min(scan[product] / abs(net[product]), products[product, MOST])
    offsets = span_offsets_of(world).reshape((-1, 3))
    credit_spreads(offsets, span_legs_of(world).reshape((-1, 3)), net, risk, out)
    need = 0.0
    for product in range(n_products):
        row = out[product]
        need += max(scan[product] + row[INTRA] + row[DELIVERY] - row[CREDIT], 0.0)
    return need
