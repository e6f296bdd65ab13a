"""Where the policies that agree with other engines have a meaning."""

from barledger.accounts import CashBalance
from barledger.lowering.request import Request
from barledger.options import PercentOfCash


def check_agreed(request: Request) -> None:
    """Raise where a policy for parity is asked for with something that it knows nothing of."""
    if isinstance(request.account, CashBalance):
        _check_balance(request)
    if request.rules.submission == "checked":
        _check_submission(request)
    if isinstance(request.rules.sequence, str) and request.rules.sequence == "as_placed":
        _check_queue(request)


def _check_queue(request: Request) -> None:
    if request.rules.allocation != "in_order":
        raise ValueError(
            "sequence='as_placed' needs allocation='in_order', was "
            f"{request.rules.allocation!r}: openings are not kept back for a turn of their own"
        )
    given = request.wishes.orders
    rests = request.orders is not None and request.orders.kind != "market"
    if request.stops is not None and (rests or (given is not None and (given["kind"] > 0).any())):
        raise ValueError(
            "sequence='as_placed' has one queue for the open and the range of a bar: orders that "
            "wait cannot be combined with stops=; give the stops as orders too"
        )


def _check_balance(request: Request) -> None:
    futures = [c.kind for c in request.bars.kinds if c.kind == "future"]
    if futures:
        raise ValueError(
            "CashBalance holds what is paid in full; the bars have futures: use FuturesMargin()"
        )
    if request.rules.allocation not in ("in_order", "priority"):
        raise ValueError(
            "CashBalance needs allocation='in_order' or 'priority', was "
            f"{request.rules.allocation!r}: a short sale brings money, it has no share of it"
        )


def _check_submission(request: Request) -> None:
    if request.wishes.kind != "orders" and request.rules.size_at != "decision":
        raise ValueError(
            "submission='checked' needs size_at='decision': what is checked when an order is "
            "placed must be known then"
        )
    if request.wishes.kind == "signals" and isinstance(request.size, PercentOfCash):
        raise ValueError(
            "submission='checked' needs a size that is known when an order is placed; "
            f"{request.size!r} is known at its fill"
        )
