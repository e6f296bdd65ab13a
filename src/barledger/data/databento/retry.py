"""Calls to the vendor: tried again when that can help, and never telling the key."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

Found = TypeVar("Found")
TRANSIENT = (408, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT = 120.0


class Retries(NamedTuple):
    """How often a call is tried, and how long is waited: `wait`, twice that, four times that …."""

    tries: int = 5
    wait: float = 1.0


USUAL = Retries()


class VendorError(RuntimeError):
    """The vendor refused a request, or did not answer it after all tries."""


class TooExpensive(ValueError):
    """What is asked for costs more than the spending cap."""


class Cut(Exception):
    """A download that ended too early."""


def call(what: str, request: Callable[[], Found], secret: str, retries: Retries = USUAL) -> Found:
    """Return what a request returns; try again after faults that pass.

    Parameters
    ----------
    what
        The request in words, for errors.
    request
        The call.
    secret
        The key, which is struck out of every message.
    retries
        How often, and how long is waited between. A time that the vendor asks for is kept.

    Raises
    ------
    VendorError
        Refused, or still failing on the last try. The vendor's own error is not chained: it holds
        the request.
    """
    for attempt in range(1, retries.tries + 1):
        try:
            return request()
        except TooExpensive:
            raise
        except Exception as error:
            told = _told(error, secret)
            if not _may_pass(error):
                raise VendorError(f"{what}: {_advice(error)}{told}") from None
            if attempt == retries.tries:
                raise VendorError(f"{what}: failed {attempt} times, last: {told}") from None
            pause = _pause(error, retries.wait * 2.0 ** (attempt - 1))
        time.sleep(pause)
    raise VendorError(f"{what}: was not tried (tries={retries.tries})")


def _told(error: Exception, secret: str) -> str:
    text = f"{type(error).__name__}: {error}"
    return text.replace(secret, "(key)") if secret else text


def _may_pass(error: Exception) -> bool:
    status = getattr(error, "http_status", None)
    if status is not None:
        return status in TRANSIENT
    if "No space left" in str(error):
        return False
    room = type(error).__module__.partition(".")[0]
    return isinstance(error, Cut | ConnectionError | TimeoutError) or (
        room in ("requests", "urllib3") or "Error streaming response" in str(error)
    )


def _advice(error: Exception) -> str:
    status = getattr(error, "http_status", None)
    if status in (401, 403):
        return "the key was refused; check DATABENTO_API_KEY and what it may read. "
    if status == 402:
        return "the account cannot pay for it. "
    if status == 422:
        return "the vendor cannot make sense of the request (dataset, schema, symbols or days). "
    return ""


def _pause(error: Exception, usual: float) -> float:
    headers: Any = getattr(error, "headers", None) or {}
    try:
        asked = float(headers.get("Retry-After", 0.0))
    except ValueError:
        asked = 0.0
    return min(max(asked, usual), LONGEST_WAIT)
