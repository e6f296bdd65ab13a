"""SPAN in numbers: sixteen scenarios, charges for spreads of months, credits between commodities.

The rule is CME's legacy SPAN; where SPAN 2 holds it is an approximation. Gains are positive.
Deltas are in contracts; `months` are numbered over all products, product by product.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.types import Floats, Ints

SCENARIOS = 16
SCAN, INTRA, DELIVERY, CREDIT, MINIMUM, OPTION_VALUE, SCENARIO, RISK = range(8)  # columns of `out`
FIRST, SECOND, FIRST_RATIO, SECOND_RATIO, CHARGE = range(5)  # columns of `spreads`


@compiled
def charge_spreads(
    spreads: Floats, delivery: Floats, product_of: Ints, deltas: Floats, used: Floats, out: Floats
) -> None:
    """Charge spreads between months in their order, then positions in delivery months.

    `deltas` keeps what no spread has used, `used` what they have.
    """
    for row in range(spreads.shape[0]):
        first = int(spreads[row, FIRST])
        second = int(spreads[row, SECOND])
        if deltas[first] * deltas[second] < 0.0:
            ratio, other = spreads[row, FIRST_RATIO], spreads[row, SECOND_RATIO]
            n = min(abs(deltas[first]) / ratio, abs(deltas[second]) / other)
            take(deltas, used, first, n * ratio)
            take(deltas, used, second, n * other)
            out[product_of[first], INTRA] += n * spreads[row, CHARGE]
    for row in range(delivery.shape[0]):
        month = int(delivery[row, 0])
        charge = used[month] * delivery[row, 1] + abs(deltas[month]) * delivery[row, 2]
        out[product_of[month], DELIVERY] += charge


@compiled
def take(deltas: Floats, used: Floats, place: int, size: float) -> None:
    """Use up some of a delta, whatever its sign."""
    deltas[place] -= size if deltas[place] > 0.0 else -size
    used[place] += size


@compiled
def credit_spreads(
    offsets: Floats, legs: Floats, net: Floats, price_risk: Floats, out: Floats
) -> None:
    """Credit offsets between products in order of priority; `net` keeps what none has used.

    A row of `offsets`: rate, place of its first leg, number of legs; of `legs`: product, ratio
    and side (legs of different side must be held on opposite sides).
    """
    for row in range(offsets.shape[0]):
        first = int(offsets[row, 1])
        stop = first + int(offsets[row, 2])
        n = spreads_of(legs, net, first, stop)
        if n > 0.0:
            for leg in range(first, stop):
                product = int(legs[leg, 0])
                size = n * legs[leg, 1]
                out[product, CREDIT] += offsets[row, 0] * price_risk[product] * size
                net[product] -= size if net[product] > 0.0 else -size


@compiled
def spreads_of(legs: Floats, net: Floats, first: int, stop: int) -> float:
    """How many spreads the legs make, 0 where their sides do not oppose."""
    n = np.inf
    side = 0.0
    for leg in range(first, stop):
        delta = net[int(legs[leg, 0])]
        here = delta * legs[leg, 2]
        if here == 0.0 or here * side < 0.0:
            return 0.0
        side = here
        n = min(n, abs(delta) / legs[leg, 1])
    return n if n < np.inf else 0.0


@compiled
def scan(gains: Floats) -> int:
    """Place of the worst of the scenarios; the lowest where several tie."""
    worst = 0
    for j in range(1, gains.size):
        if gains[j] < gains[worst]:
            worst = j
    return worst


@compiled
def price_risk_of(gains: Floats, worst: int, net: float) -> float:
    """Risk of a delta from price alone: the scan without what time and volatility add to it."""
    if net == 0.0:
        return 0.0
    pair = worst if worst >= SCENARIOS - 2 else worst ^ 1
    risk = -0.5 * (gains[worst] + gains[pair]) + 0.5 * (gains[0] + gains[1])
    share: float = max(risk, 0.0) / abs(net)
    return share


@compiled(entry=True)
def span_margin(
    quantities: Floats,
    arrays: Floats,
    rows: Floats,
    months: Ints,
    product_of: Ints,
    products: Floats,
    spreads: Floats,
    delivery: Floats,
    offsets: Floats,
    legs: Floats,
    scratch: Floats,
    out: Floats,
) -> float:
    """Margin of a portfolio; `out` (products, 8) tells what it is made of.

    `arrays` (n, 16) are gains of one contract, `rows` (n, 3) its delta, its option value (0: a
    future) and its right (1 call, -1 put), `months` its month, `products` (P, 3) the short option
    minimum, whether calls and puts add up, and the most risk of a delta. `scratch` has
    20 P + 2 M numbers of memory.
    """
    n_products = products.shape[0]
    n_months = product_of.size
    gains = scratch[: SCENARIOS * n_products].reshape((n_products, SCENARIOS))
    place = SCENARIOS * n_products
    net = scratch[place : place + n_products]
    calls = scratch[place + n_products : place + 2 * n_products]
    puts = scratch[place + 2 * n_products : place + 3 * n_products]
    price_risk = scratch[place + 3 * n_products : place + 4 * n_products]
    place += 4 * n_products
    deltas = scratch[place : place + n_months]
    used = scratch[place + n_months : place + 2 * n_months]
    scratch[:] = 0.0
    out[:, :] = 0.0
    for i in range(quantities.size):
        quantity = quantities[i]
        product = product_of[months[i]]
        for j in range(SCENARIOS):
            gains[product, j] += quantity * arrays[i, j]
        deltas[months[i]] += quantity * rows[i, 0]
        out[product, OPTION_VALUE] += quantity * rows[i, 1]
        if quantity < 0.0 and rows[i, 2] != 0.0:
            if rows[i, 2] > 0.0:
                calls[product] -= quantity
            else:
                puts[product] -= quantity
    charge_spreads(spreads, delivery, product_of, deltas, used, out)
    for month in range(n_months):
        net[product_of[month]] += deltas[month]
    for product in range(n_products):
        worst = scan(gains[product])
        out[product, SCENARIO] = worst + 1
        out[product, SCAN] = max(-gains[product, worst], 0.0)
        risk = price_risk_of(gains[product], worst, net[product])
        price_risk[product] = min(risk, products[product, 2])
        short = max(calls[product], puts[product])
        if products[product, 1] != 0.0:
            short = calls[product] + puts[product]
        out[product, MINIMUM] = products[product, 0] * short
    credit_spreads(offsets, legs, net, price_risk, out)
    total = 0.0
    for product in range(n_products):
        row = out[product]
        row[RISK] = max(row[SCAN] + row[INTRA] + row[DELIVERY] - row[CREDIT], row[MINIMUM])
        total += row[RISK] - row[OPTION_VALUE]
    return max(total, 0.0)
