"""What a bar's volume allows: caps as the kernel knows them, and bars without volume."""

from typing import Any

import numpy as np
import numpy.typing as npt

from barledger.data.bars import Bars
from barledger.kernel.codes import Setting, Tradable
from barledger.liquidity import Liquidity
from barledger.lowering.halted import halt
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request
from barledger.lowering.varying import Varying, full, shaped
from barledger.slippage import Slippage

Floats = npt.NDArray[np.float64]
NONE_GIVEN = Liquidity()


def add_caps(varying: Varying, request: Request) -> dict[str, Any]:
    """Add the caps of a bar; returns the fields of the rules that they set."""
    if not splits_orders(request):
        return {}
    liquidity = request.liquidity or NONE_GIVEN
    check_single(request, "Liquidity with a cap, or limit_lock='against',")
    for which, name in (
        (Setting.CAP_SHARE, "share"),
        (Setting.CAP_UNITS, "units"),
        (Setting.CAP_MONEY, "money"),
    ):
        varying.add(which, f"Liquidity {name}", getattr(liquidity, name), missing=np.inf)
    return {"carries": liquidity.remainder == "carry", "has_resting": 1}


def splits_orders(request: Request) -> bool:
    """Whether a bar may take a part of an order only."""
    is_capped = request.liquidity is not None and request.liquidity.is_capped
    return is_capped or (request.halts is not None and request.halts.limit_lock == "against")


def check_single(request: Request, what: str) -> None:
    """Raise where orders are not each handled at their own turn."""
    rules = request.rules
    wrong = None
    if rules.allocation not in ("in_order", "priority"):
        wrong = f"allocation='in_order' or 'priority', was {rules.allocation!r}"
    elif rules.reversal != "split":
        wrong = f"reversal='split', was {rules.reversal!r}"
    elif request.exclusive:
        wrong = "no exclusive groups"
    if wrong:
        raise ValueError(f"{what} needs {wrong}")


def put_volume(memory: Memory, request: Request) -> None:
    """Write what the caps of a bar read."""
    liquidity, bars = request.liquidity, request.bars
    if not splits_orders(request):
        return
    memory.make("taken_up", bars.shape[1])["bar"] = -1
    if liquidity is None or liquidity.share is None:
        return
    volume = bars._volume
    if liquidity.zero_volume == "synthetic":
        floor = shaped("Liquidity floor", liquidity.floor, *bars.shape)
        volume = np.fmax(volume, floor)
    elif liquidity.zero_volume != "no_fill":
        volume = np.where(volume == 0.0, np.inf, volume)
    memory.put("volume", np.ascontiguousarray(volume))


def check_volume(liquidity: Liquidity | None, bars: Bars) -> None:
    """Raise where a policy needs volume and the bars have none."""
    if liquidity is None or len(bars._volume):
        return
    if liquidity.share is not None:
        raise ValueError("Liquidity share needs bars with volume; these have none")
    if liquidity.zero_volume != "no_fill":
        raise ValueError(
            f"Liquidity zero_volume={liquidity.zero_volume!r} needs bars with volume; these have "
            "none"
        )


def silent(request: Request) -> npt.NDArray[np.bool_] | None:
    """Where nobody traded and nothing is to be filled; None: nowhere."""
    liquidity = request.liquidity or NONE_GIVEN
    if len(request.bars._volume) == 0 or liquidity.zero_volume != "no_fill":
        return None
    is_zero = request.bars._volume == 0.0
    return is_zero if is_zero.any() else None


def tradable_codes(request: Request) -> npt.NDArray[np.int8]:
    """Codes of `Tradable`, (T, N); no rows: everything trades wherever there is a price."""
    given, zero = request.bars._tradable, silent(request)
    if zero is None and request.halts is None:
        return given
    codes = given.copy() if len(given) else np.ones(request.bars.shape, np.int8)
    if request.halts is not None:
        halt(codes, request.halts, request.bars)
    if zero is not None:
        codes[zero & (codes != Tradable.NO)] = Tradable.MISSED
    return codes


def fill_prices(request: Request) -> Floats:
    """Prices at which orders at the market fill, (T, N)."""
    bars, liquidity = request.bars, request.liquidity
    if request.price is not None:
        return request.price
    own = bars._open if request.fill == "next_open" else bars._close
    if liquidity is None or liquidity.zero_volume not in ("last_price", "spread"):
        return own
    return np.where(bars._volume == 0.0, _last_closes(request), own)


def _last_closes(request: Request) -> Floats:
    """Return the last close before each bar, NaN where there is none; splits are followed."""
    bars, events = request.bars, request.events
    last = np.full(bars.shape, np.nan)
    current = np.full(bars.shape[1], np.nan)
    splits: dict[int, list[tuple[int, float]]] = {}
    for bar, asset, ratio in [] if events is None else events.split_rows(bars):
        splits.setdefault(bar, []).append((asset, ratio))
    for bar, closes in enumerate(bars._close):
        for asset, ratio in splits.get(bar, ()):
            current[asset] /= ratio
        last[bar] = current
        current = np.where(np.isnan(closes), current, closes)
    return last


def with_spread(slippage: Slippage, request: Request) -> Slippage:
    """Return slippage with half the spread on top where nobody traded."""
    liquidity, bars = request.liquidity, request.bars
    if liquidity is None or liquidity.zero_volume != "spread":
        return slippage
    half = full("Liquidity spread", liquidity.spread, *bars.shape) / 2
    usual = full("slippage", slippage.fraction, *bars.shape)
    fraction = np.where(bars._volume == 0.0, usual + half, usual)
    return Slippage(fraction, slippage.amount, slippage.ticks, slippage.cap_to_range)
