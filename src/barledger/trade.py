"""Orders of a strategy that decides bar by bar: what `decide` of `from_callback` may call.

Each takes the context that `decide` was given. An order is placed at the close of the bar and can
fill on the next; it returns a handle, a whole number above 0, with which it can be withdrawn (0:
there was nothing to order). All work in compiled code and in Python.
"""

import numpy as np

from barledger._jit import compiled
from barledger.kernel.callback import Context, call_off, lay, tie

GTC, DAY, NEXT, IOC, FOK = 0, 2, 3, 4, 5  # how long an order waits
_MARKET, _LIMIT, _STOP, _STOP_LIMIT, _IF_TOUCHED = 0, 1, 2, 3, 4
_ON_CLOSE, _PROTECTED, _TRAILING = 6, 7, 8


@compiled(entry=True)
def market(ctx: Context, asset: int, quantity: float, tif: int = GTC) -> int:
    """Buy (or, below zero, sell) at the next fill price."""
    return int(lay(ctx.desk, asset, float(quantity), _MARKET, np.nan, np.nan, tif))


@compiled(entry=True)
def to(ctx: Context, asset: int, quantity: float, tif: int = GTC) -> int:
    """Buy or sell up to a position of `quantity`, at the next fill price."""
    change = float(quantity) - ctx.quantity[asset] if 0 <= asset < ctx.quantity.size else 1.0
    return int(lay(ctx.desk, asset, change, _MARKET, np.nan, np.nan, tif))


@compiled(entry=True)
def limit(ctx: Context, asset: int, quantity: float, price: float, tif: int = GTC) -> int:
    """Buy at `price` or below, sell at `price` or above."""
    return int(lay(ctx.desk, asset, float(quantity), _LIMIT, float(price), np.nan, tif))


@compiled(entry=True)
def stop(ctx: Context, asset: int, quantity: float, price: float, tif: int = GTC) -> int:
    """Buy once the market is at `price` or above, sell once it is there or below."""
    return int(lay(ctx.desk, asset, float(quantity), _STOP, float(price), np.nan, tif))


@compiled(entry=True)
def stop_limit(
    ctx: Context, asset: int, quantity: float, stop: float, price: float, tif: int = GTC
) -> int:
    """Become a limit order at `price` once the market has reached `stop`."""
    return int(lay(ctx.desk, asset, float(quantity), _STOP_LIMIT, float(price), float(stop), tif))


@compiled(entry=True)
def if_touched(ctx: Context, asset: int, quantity: float, price: float, tif: int = GTC) -> int:
    """Buy once the market has fallen to `price`, sell once it has risen there."""
    return int(lay(ctx.desk, asset, float(quantity), _IF_TOUCHED, float(price), np.nan, tif))


@compiled(entry=True)
def on_close(ctx: Context, asset: int, quantity: float, tif: int = NEXT) -> int:
    """Buy or sell at the close of the next bar."""
    return int(lay(ctx.desk, asset, float(quantity), _ON_CLOSE, np.nan, np.nan, tif))


@compiled(entry=True)
def protected(ctx: Context, asset: int, quantity: float, points: float, tif: int = GTC) -> int:
    """Buy at the market, at most `points` above the next open; the rest waits there as a limit."""
    return int(lay(ctx.desk, asset, float(quantity), _PROTECTED, float(points), np.nan, tif))


@compiled(entry=True)
def trail(ctx: Context, asset: int, quantity: float, distance: float, tif: int = GTC) -> int:
    """Buy once the market is `distance` above its lowest price since; sell below its highest."""
    return int(lay(ctx.desk, asset, float(quantity), _TRAILING, float(distance), np.nan, tif))


@compiled(entry=True)
def oco(ctx: Context, one: int, other: int) -> None:
    """Let one of two orders placed on this bar cancel the other once it begins to fill."""
    tie(ctx.desk, one, other)


@compiled(entry=True)
def withdraw(ctx: Context, handle: int) -> None:
    """Withdraw a waiting order; one that has ended stays as it is."""
    call_off(ctx.desk, handle)


@compiled(entry=True)
def withdraw_all(ctx: Context, asset: int) -> None:
    """Withdraw all waiting orders of an asset."""
    call_off(ctx.desk, -1 - asset)
