"""Strategies in plain Python, for those who think in `on_bar`: slow, and the same ledger."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from barledger import trade
from barledger.kernel.callback import Context

Floats = npt.NDArray[np.float64]


class Bar:
    """What `Strategy.on_bar` sees at the close of a bar; what it writes here changes nothing.

    Attributes
    ----------
    bar, time, assets
        Number of the bar, its time, and the names of the assets.
    open, high, low, close, volume
        Prices so far (bars, N), ``close[-1]`` the bar's own; empty where the bars have none.
    quantity, average
        Each asset's position and its average price (N,); 0 where flat.
    waiting
        How many orders of each asset wait (N,).
    cash, equity, free
        Of the account; `free` is what openings may use.
    """

    def __init__(self, context: Context, bar: int, time: Any, assets: tuple[str, ...]) -> None:
        self._context = context
        self.bar = bar
        self.time = time
        self.assets = assets
        self.open, self.high, self.low = context.open, context.high, context.low
        self.close, self.volume = context.close, context.volume
        self.quantity, self.average = context.quantity, context.average
        self.waiting = context.waiting
        self.cash, self.equity, self.free = context.cash, context.equity, context.free

    def column(self, asset: str | int) -> int:
        """Return the number of an asset."""
        if not isinstance(asset, str):
            return int(asset)
        if asset not in self.assets:
            raise ValueError(f"the bars have no asset {asset!r}; they have {_some(self.assets)}")
        return self.assets.index(asset)

    def market(self, asset: str | int, quantity: float, tif: int = trade.GTC) -> int:
        """Buy (or, below zero, sell) at the next fill price; returns the order's handle."""
        return trade.market(self._context, self.column(asset), float(quantity), tif)

    def to(self, asset: str | int, quantity: float, tif: int = trade.GTC) -> int:
        """Buy or sell up to a position of `quantity`."""
        return trade.to(self._context, self.column(asset), float(quantity), tif)

    def limit(self, asset: str | int, quantity: float, price: float, tif: int = trade.GTC) -> int:
        """Buy at `price` or below, sell at `price` or above."""
        return trade.limit(self._context, self.column(asset), float(quantity), float(price), tif)

    def stop(self, asset: str | int, quantity: float, price: float, tif: int = trade.GTC) -> int:
        """Buy once the market is at `price` or above, sell once it is there or below."""
        return trade.stop(self._context, self.column(asset), float(quantity), float(price), tif)

    def stop_limit(
        self, asset: str | int, quantity: float, stop: float, price: float, tif: int = trade.GTC
    ) -> int:
        """Become a limit order at `price` once the market has reached `stop`."""
        column = self.column(asset)
        return trade.stop_limit(
            self._context, column, float(quantity), float(stop), float(price), tif
        )

    def if_touched(
        self, asset: str | int, quantity: float, price: float, tif: int = trade.GTC
    ) -> int:
        """Buy once the market has fallen to `price`, sell once it has risen there."""
        column = self.column(asset)
        return trade.if_touched(self._context, column, float(quantity), float(price), tif)

    def on_close(self, asset: str | int, quantity: float, tif: int = trade.NEXT) -> int:
        """Buy or sell at the close of the next bar."""
        return trade.on_close(self._context, self.column(asset), float(quantity), tif)

    def protected(
        self, asset: str | int, quantity: float, points: float, tif: int = trade.GTC
    ) -> int:
        """Buy at the market, at most `points` above the next open; the rest waits as a limit."""
        column = self.column(asset)
        return trade.protected(self._context, column, float(quantity), float(points), tif)

    def trail(
        self, asset: str | int, quantity: float, distance: float, tif: int = trade.GTC
    ) -> int:
        """Buy once the market is `distance` above its lowest price since; sell below its highest."""
        column = self.column(asset)
        return trade.trail(self._context, column, float(quantity), float(distance), tif)

    def oco(self, one: int, other: int) -> None:
        """Let one of two orders placed on this bar cancel the other once it begins to fill."""
        trade.oco(self._context, one, other)

    def withdraw(self, handle: int) -> None:
        """Withdraw a waiting order; one that has ended stays as it is."""
        trade.withdraw(self._context, handle)

    def withdraw_all(self, asset: str | int) -> None:
        """Withdraw all waiting orders of an asset."""
        trade.withdraw_all(self._context, self.column(asset))


class Strategy:
    """A strategy in Python: subclass it, write `on_bar`, give it to `Portfolio.from_callback`.

    Plain Python on every bar costs microseconds where a compiled `decide` costs nanoseconds; orders,
    ledger and records are the same.

    Examples
    --------
    >>> import barledger as bl
    >>> class Dip(bl.Strategy):
    ...     def on_bar(self, ctx):
    ...         if ctx.bar and ctx.close[-1, 0] < ctx.close[-2, 0] and ctx.quantity[0] == 0:
    ...             ctx.market(0, 10)
    >>> bars = bl.Bars.from_arrays([100.0, 101.0, 99.0, 98.0, 102.0])
    >>> bl.Portfolio.from_callback(bars, Dip()).fills.select("quantity", "price").rows()
    [(10.0, 98.0)]
    """

    def start(self, assets: Sequence[str]) -> None:
        """Be told of the assets before the first bar."""

    def on_bar(self, ctx: Bar) -> None:
        """Decide at the close of a bar."""
        raise NotImplementedError(f"{type(self).__name__} needs a method on_bar(self, ctx)")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
