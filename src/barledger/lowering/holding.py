"""Buy and hold in place of what a request wishes: its benchmark."""

from dataclasses import replace

from barledger.lowering import wishes
from barledger.lowering.drive import Run, run
from barledger.lowering.request import Request
from barledger.lowering.sizes import as_size


def held_instead(request: Request) -> Run:
    """Run buy and hold, 1/N of equity each, with the request's account, money and costs."""
    bars = request.bars
    return run(
        replace(
            request,
            wishes=wishes.from_holding(bars),
            size=as_size(None, bars),
            rules=request.rules.map_words(allocation="in_order", sequence="exits_first"),
            priority=None,
            record="full",
        )
    )
