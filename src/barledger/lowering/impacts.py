"""Impact as the kernel knows it: one curved and two straight terms for each bar and asset."""

from typing import Any

import numpy as np

from barledger.impact import numbers_of
from barledger.kernel.codes import Setting
from barledger.lowering.memory import Memory
from barledger.lowering.request import Request
from barledger.lowering.varying import Varying, shaped
from barledger.lowering.volumes import check_single


def add_impact(varying: Varying, request: Request) -> dict[str, Any]:
    """Add the terms of the law; returns the fields of the rules that they set."""
    impact: Any = request.impact
    if impact is None:
        return {}
    name = type(impact).__name__
    check_single(request, name)
    volatility, volume = (_known(request, what) for what in ("volatility", "volume"))
    law = impact.law(volatility, volume)
    curved, straight = (
        shaped(f"{name} {which}", getattr(law, which), *request.bars.shape)
        for which in ("curved", "straight")
    )
    flat = np.zeros((1, 1))
    lacks = ~np.isfinite(curved) | ~np.isfinite(straight)
    if lacks.any():
        flat = np.where(lacks, _missing(impact, lacks, request), 0.0)
        curved, straight = np.where(lacks, 0.0, curved), np.where(lacks, 0.0, straight)
    if impact.permanent is not None:
        lasting = shaped(f"{name} permanent", law.lasting, *request.bars.shape)
        lasting = np.where(np.isfinite(lasting), lasting, 0.0)
        varying.add(Setting.LASTING, f"{name} permanent", lasting)
        varying.add(Setting.LASTING_MONEY, f"{name} permanent", law.lasting_money)
    varying.add(Setting.IMPACT_CURVED, f"{name} curved", curved)
    varying.add(Setting.IMPACT_STRAIGHT, f"{name} straight", straight)
    varying.add(Setting.IMPACT_MONEY, f"{name} slope", law.money)
    varying.add(Setting.IMPACT_FLAT, f"{name} missing", flat)
    return {"has_impact": 1, "has_slippage": 1, "impact_power": law.power}


def put_moved(memory: Memory, request: Request) -> None:
    """Write how far the run's own trades have moved the prices, and which others move with them."""
    impact = request.impact
    if impact is None or impact.permanent is None:
        return
    n_assets = request.bars.shape[1]
    memory.make("moved", n_assets)["bar"] = -1
    if impact.across is not None:
        across = np.ascontiguousarray(impact.across, np.float64)
        if len(across) != n_assets:
            raise ValueError(
                f"{type(impact).__name__} across must be ({n_assets}, {n_assets}), one row and "
                f"column for each asset, had shape {across.shape}"
            )
        memory.put("across", across)


def _known(request: Request, what: str) -> Any:
    """Return one number that a law asks for, 1 where it does not."""
    impact: Any = request.impact
    bars = request.bars
    if "own_volume" in impact.needs and what == "volume":
        if len(bars._volume) == 0:
            raise ValueError(f"{type(impact).__name__} needs bars with volume")
        return np.where(bars._volume > 0.0, bars._volume, np.nan)
    if what not in impact.needs:
        return 1.0
    is_resumed = request.start is not None and request.start.continuation is not None
    if is_resumed and getattr(impact, what) is None:
        raise ValueError(
            f"{type(impact).__name__} cannot go on from a State: its estimates need the bars "
            f"before. Give {what}= known before each bar"
        )
    return numbers_of(impact, bars, what)


def _missing(impact: Any, lacks: Any, request: Request) -> float:
    if impact.missing is not None:
        return float(impact.missing)
    bars = request.bars
    counts = np.broadcast_to(lacks, bars.shape).sum(axis=0)
    asset = int(np.argmax(counts))
    raise ValueError(
        f"{type(impact).__name__}: no estimate is known on {counts[asset]} of {len(bars)} bars of "
        f"{bars.assets[asset]}; give the fraction to pay there, such as missing=0.001"
    )
