"""SPAN in plain Python and fractions, from the rule as published (REFERENCE 2.4): nothing shared.

A line is (product, month, quantity, gains of one contract or None: a future, delta, price, right).
"""

from collections import defaultdict
from fractions import Fraction as F

import numpy as np

import barledger as bl

THIRDS = [F(move, 3) for move in (0, 0, 1, 1, -1, -1, 2, 2, -2, -2, 3, 3, -3, -3)]


def gains_of_future(product, month):
    """Of one contract: fractions of its range, and the covered share of the extreme moves."""
    size = F(product.range_of(month))
    extreme = F(product.extreme_multiple) * F(product.extreme_cover)
    return [move * size for move in (*THIRDS, extreme, -extreme)]


def spread_rows(product, months):
    """(month, month, charge, ratio, ratio): those listed, then any two months that none names."""
    rows = [(a, b, charge, *(ratios or (1, 1))) for a, b, charge, *ratios in product.spreads]
    listed = [{row[0], row[1]} for row in rows]
    if product.month_spread is not None:
        rows += [
            (a, b, product.month_spread, 1, 1)
            for k, a in enumerate(months)
            for b in months[k + 1 :]
            if {a, b} not in listed
        ]
    return rows


class Product:
    """What one combined commodity comes to before credits."""

    def __init__(self, terms, lines):
        self.terms, self.credit = terms, F(0)
        losses, deltas, used = [F(0)] * 16, defaultdict(F), defaultdict(F)
        shorts = {"call": F(0), "put": F(0)}
        self.value = F(0)
        for _, month, quantity, gains, delta, price, right in lines:
            held = F(quantity)
            gains = gains_of_future(terms, month) if gains is None else [F(g) for g in gains]
            losses = [loss - held * gain for loss, gain in zip(losses, gains, strict=True)]
            deltas[month] += held * F(delta)
            self.value += held * F(price) * F(terms.multiplier)
            if right is not None and held < 0:
                shorts[right] -= held
        self.intra = self.spread(deltas, used)
        self.delivery = F(0)
        for month, (within, outright) in terms.delivery.items():
            if month in deltas:
                self.delivery += used[month] * F(within) + abs(deltas[month]) * F(outright)
        self.net = sum(deltas.values(), F(0))
        self.scan = max(max(losses), F(0))
        self.price_risk = self.risk_of_price(losses)
        together = (
            sum(shorts.values()) if terms.short_option_rule == "sum" else max(shorts.values())
        )
        self.minimum = F(terms.short_option_minimum) * together

    def spread(self, deltas, used):
        charged = F(0)
        for a, b, charge, ratio, other in spread_rows(self.terms, sorted(deltas)):
            if deltas.get(a, 0) * deltas.get(b, 0) < 0:
                n = min(abs(deltas[a]) / F(ratio), abs(deltas[b]) / F(other))
                for month, size in ((a, n * F(ratio)), (b, n * F(other))):
                    deltas[month] -= size if deltas[month] > 0 else -size
                    used[month] += size
                charged += n * F(charge)
        return charged

    def risk_of_price(self, losses):
        """Weighted futures price risk: the scan less what time and volatility make of it."""
        if self.net == 0:
            return F(0)
        worst = losses.index(max(losses))
        time = (losses[0] + losses[1]) / 2
        pair = worst if worst >= 14 else worst + (1 if worst % 2 == 0 else -1)
        volatility = (losses[worst] - losses[pair]) / 2
        most = max(map(F, (self.terms.scan_range, *self.terms.months.values())))
        return min(max(losses[worst] - volatility - time, F(0)) / abs(self.net), most)

    @property
    def risk(self):
        return max(self.scan + self.intra + self.delivery - self.credit, self.minimum)


def products_of(parameters, lines):
    """Return each product once offsets have had their turn, in order of priority."""
    found = {
        name: Product(terms, [line for line in lines if line[0] == name])
        for name, terms in parameters.products.items()
    }
    for offset in parameters.offsets:
        sides = {name: found[name].net * (1 if r > 0 else -1) for name, r in offset.legs.items()}
        if not (all(side > 0 for side in sides.values()) or all(s < 0 for s in sides.values())):
            continue
        n = min(abs(found[name].net) / abs(F(r)) for name, r in offset.legs.items())
        for name, ratio in offset.legs.items():
            leg, size = found[name], n * abs(F(ratio))
            leg.credit += F(offset.rate) * leg.price_risk * size
            leg.net -= size if leg.net > 0 else -size
    return found


def total(parameters, lines):
    """Maintenance margin of a portfolio."""
    found = products_of(parameters, lines)
    return max(sum((each.risk - each.value for each in found.values()), F(0)), F(0))


def drawn(seed, has_options=True):
    """Return random parameters and the lines of a random portfolio, numbers in eighths."""
    rng = np.random.default_rng(seed)
    months = ["2603", "2606", "2609"]
    given = {}
    for name in "ABC":
        fields = {
            "scan_range": int(rng.integers(4, 40)) * 100.0,
            "extreme_multiple": float(rng.choice([2.0, 3.0])),
            "extreme_cover": float(rng.choice([0.25, 0.375, 0.5])),
            "multiplier": float(rng.choice([1.0, 50.0])),
        }
        if rng.random() < 0.5:
            fields["months"] = {"2606": int(rng.integers(4, 40)) * 100.0}
        if rng.random() < 0.6:
            fields["month_spread"] = float(rng.integers(0, 200))
        if rng.random() < 0.5:
            fields["spreads"] = [("2603", "2609", float(rng.integers(0, 200)), 2.0, 1.0)]
        if rng.random() < 0.5:
            fields["delivery"] = {"2603": (float(rng.integers(50)), float(rng.integers(90)))}
        if has_options:
            fields["short_option_minimum"] = float(rng.choice([0.0, 2_000.0, 8_000.0]))
            fields["short_option_rule"] = str(rng.choice(["sum", "max"]))
        given[name] = fields
    offsets = [
        {"legs": {"A": 1.0, "B": -2.0}, "rate": 0.5},
        {"legs": {"A": 1.0, "B": 1.0, "C": -1.0}, "rate": 0.25},
        {"legs": {"B": 1.0, "C": 3.0}, "rate": 0.75},
    ]
    rules = {
        "products": given,
        "offsets": [o for o in offsets if rng.random() < 0.7],
        "initial": 1.0,
    }
    lines = []
    for name in "ABC":
        for month in months:
            if rng.random() < 0.6:
                lines.append((name, month, float(rng.integers(-6, 7)), None, 1.0, 0.0, None))
            if has_options and rng.random() < 0.3:
                gains = [float(g) for g in rng.integers(-2_000, 2_000, 16)]
                right, delta = str(rng.choice(["call", "put"])), float(rng.integers(-8, 9)) / 8
                price = float(rng.integers(0, 4_000)) / 8
                lines.append((name, month, float(rng.integers(-4, 5)), gains, delta, price, right))
    return bl.SpanParameters.from_mapping(rules), lines
