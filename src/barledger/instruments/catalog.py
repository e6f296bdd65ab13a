"""Known futures as data, and the way from a name, a list or a mapping to contracts."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import NamedTuple

from barledger.instruments import expiry
from barledger.instruments.contract import Contract

INITIAL_OVER_MAINTENANCE = 1.1  # CME's ratio for retail accounts

Terms = Contract | str | None
PLAIN = Contract()


class Listing(NamedTuple):
    """One row of the catalogue: what an exchange lists, and its maintenance margin of 2022-01.

    `settles` is "cash" or "physical"; `months` are the codes of the months that trade actively;
    `last_trade` names a rule of `expiry.RULES`; physical ones with `has_notice` must be left before
    the last business day of the month before.
    """

    root: str
    name: str
    exchange: str
    multiplier: float  # money a point
    tick: float
    tick_value: float  # money a tick
    currency: str
    maintenance: float  # money a contract
    settles: str = "cash"
    months: str = "HMUZ"
    last_trade: str = "third_friday"
    has_notice: bool = False


EVERY = expiry.CODES
LISTINGS = (
    Listing("ES", "E-mini S&P 500", "CME", 50, 0.25, 12.5, "USD", 10_800),
    Listing("NQ", "E-mini Nasdaq-100", "CME", 20, 0.25, 5.0, "USD", 15_000),
    Listing("RTY", "E-mini Russell 2000", "CME", 50, 0.1, 5.0, "USD", 5_500),
    Listing("YM", "E-mini Dow ($5)", "CBOT", 5, 1.0, 5.0, "USD", 8_000),
    Listing("MES", "Micro E-mini S&P 500", "CME", 5, 0.25, 1.25, "USD", 1_080),
    Listing("MNQ", "Micro E-mini Nasdaq-100", "CME", 2, 0.25, 0.5, "USD", 1_500),
    Listing("M2K", "Micro E-mini Russell 2000", "CME", 5, 0.1, 0.5, "USD", 550),
    Listing("MYM", "Micro E-mini Dow", "CBOT", 0.5, 1.0, 0.5, "USD", 800),
    Listing(
        "CL",
        "WTI crude oil",
        "NYMEX",
        1_000,
        0.01,
        10.0,
        "USD",
        6_800,
        "physical",
        EVERY,
        "before_the_25th",
    ),
    Listing(
        "MCL",
        "Micro WTI crude oil",
        "NYMEX",
        100,
        0.01,
        1.0,
        "USD",
        680,
        "cash",
        EVERY,
        "micro_before_the_25th",
    ),
    Listing(
        "NG",
        "Henry Hub natural gas",
        "NYMEX",
        10_000,
        0.001,
        10.0,
        "USD",
        7_500,
        "physical",
        EVERY,
        "third_last_of_month_before",
    ),
    Listing(
        "GC", "Gold", "COMEX", 100, 0.1, 10.0, "USD", 6_000, "physical", "GJMQZ", "third_last", True
    ),
    Listing(
        "MGC",
        "Micro gold",
        "COMEX",
        10,
        0.1,
        1.0,
        "USD",
        600,
        "physical",
        "GJMQZ",
        "third_last",
        True,
    ),
    Listing(
        "SI",
        "Silver",
        "COMEX",
        5_000,
        0.005,
        25.0,
        "USD",
        9_500,
        "physical",
        "HKNUZ",
        "third_last",
        True,
    ),
    Listing(
        "ZT",
        "2-Year T-Note",
        "CBOT",
        2_000,
        0.00390625,
        7.8125,
        "USD",
        790,
        "physical",
        "HMUZ",
        "last_business_day",
        True,
    ),
    Listing(
        "ZF",
        "5-Year T-Note",
        "CBOT",
        1_000,
        0.0078125,
        7.8125,
        "USD",
        925,
        "physical",
        "HMUZ",
        "last_business_day",
        True,
    ),
    Listing(
        "ZN",
        "10-Year T-Note",
        "CBOT",
        1_000,
        0.015625,
        15.625,
        "USD",
        1_500,
        "physical",
        "HMUZ",
        "seven_before_last",
        True,
    ),
    Listing(
        "ZB",
        "30-Year T-Bond",
        "CBOT",
        1_000,
        0.03125,
        31.25,
        "USD",
        3_500,
        "physical",
        "HMUZ",
        "seven_before_last",
        True,
    ),
    Listing(
        "6E",
        "Euro FX",
        "CME",
        125_000,
        0.00005,
        6.25,
        "USD",
        2_200,
        "physical",
        "HMUZ",
        "before_third_wednesday",
    ),
    Listing(
        "6J",
        "Japanese yen",
        "CME",
        12_500_000,
        0.0000005,
        6.25,
        "USD",
        2_500,
        "physical",
        "HMUZ",
        "before_third_wednesday",
    ),
    Listing(
        "6B",
        "British pound",
        "CME",
        62_500,
        0.0001,
        6.25,
        "USD",
        2_150,
        "physical",
        "HMUZ",
        "before_third_wednesday",
    ),
)
_BY_ROOT = {listing.root: listing for listing in LISTINGS}


def contract(name: str) -> Contract:
    """Terms of a known future.

    Multipliers and ticks are the exchanges'. **Margins are of January 2022**: maintenance as then
    asked, initial 1.1 times that. Exchanges change margins many times a year; for a study of
    another time give your own, dated ones: ``Contract(kind="future", initial=..., ...)``.

    Parameters
    ----------
    name
        Root symbol, such as ``"ES"``; `known` lists them. With a month and a year of two or four
        digits, such as ``"ESZ26"``, the contract knows its expiry.

    Examples
    --------
    >>> contract("ES").multiplier, contract("ES").initial
    (50, 11880.0)
    >>> contract("ESZ26").expiry
    datetime.date(2026, 12, 18)
    """
    root, month = _month_of(name)
    row = listing(root)
    return Contract(
        kind="future",
        multiplier=row.multiplier,
        tick=row.tick,
        initial=round(row.maintenance * INITIAL_OVER_MAINTENANCE, 2),
        maintenance=row.maintenance,
        currency=row.currency,
        expiry=None if month is None else last_trade(root, *month),
    )


def last_trade(root: str, year: int, month: int) -> date:
    """Return the last trading day of a known future's month, by the exchange's rule.

    Holidays are those that follow a rule (`instruments.holidays`); a day on which an exchange was
    closed once is not known.

    Examples
    --------
    >>> last_trade("CL", 2027, 1)
    datetime.date(2026, 12, 21)
    """
    return expiry.RULES[listing(root).last_trade](year, month)


def first_notice(root: str, year: int, month: int) -> date | None:
    """Return the first day of notice of delivery; None: none that a holder need mind.

    Examples
    --------
    >>> first_notice("ZN", 2026, 12)
    datetime.date(2026, 11, 30)
    """
    return expiry.notice_month_before(year, month) if listing(root).has_notice else None


def listing(root: str) -> Listing:
    """Return the catalogue's row of a known future: its name, exchange, tick value and the rest."""
    if root not in _BY_ROOT:
        raise ValueError(
            f"no contract {root!r} in the catalogue{_suggestion(root)}; known: {', '.join(known())}"
        )
    return _BY_ROOT[root]


def known() -> tuple[str, ...]:
    """Root symbols of the catalogue.

    Examples
    --------
    >>> known()[:4]
    ('ES', 'NQ', 'RTY', 'YM')
    """
    return tuple(_BY_ROOT)


def contracts_of(
    assets: Sequence[str], contracts: Terms | Sequence[Terms] | Mapping[str, Terms] = None
) -> tuple[Contract, ...]:
    """Return the contract of every asset, in column order.

    Parameters
    ----------
    assets
        Names of the N assets.
    contracts
        None: plain stocks. One `Contract` or catalogue name for all, a list with one for each, or
        a mapping from asset; None in a list, and assets left out of a mapping, are stocks.

    Examples
    --------
    >>> [c.multiplier for c in contracts_of(["ES", "SPY"], {"ES": "ES"})]
    [50, 1.0]
    """
    if contracts is None or isinstance(contracts, Contract | str):
        return (_terms(contracts),) * len(assets)
    if isinstance(contracts, Mapping):
        return _from_mapping(assets, contracts)
    if len(contracts) != len(assets):
        raise ValueError(
            f"contracts must be one for each of the {len(assets)} assets, were {len(contracts)}"
        )
    return tuple(_terms(each) for each in contracts)


def _from_mapping(assets: Sequence[str], contracts: Mapping[str, Terms]) -> tuple[Contract, ...]:
    unknown = [asset for asset in contracts if asset not in assets]
    if unknown:
        raise ValueError(f"contracts name {unknown[0]!r}, but the assets are {', '.join(assets)}")
    return tuple(_terms(contracts.get(asset)) for asset in assets)


def _terms(given: Terms) -> Contract:
    if given is None:
        return PLAIN
    if isinstance(given, str):
        return contract(given)
    if not isinstance(given, Contract):
        raise TypeError(f"a contract must be a Contract or a catalogue name, was {given!r}")
    return given


def _month_of(name: str) -> tuple[str, tuple[int, int] | None]:
    """Return root, and year and month where a name ends with them."""
    found = re.fullmatch(r"(\w+?)([FGHJKMNQUVXZ])(\d{2}|\d{4})", name)
    if found is None or name in _BY_ROOT:
        return name, None
    year = int(found[3])
    year += 2000 if len(found[3]) == 2 else 0
    return found[1], (year, expiry.CODES.index(found[2]) + 1)


def _suggestion(root: str) -> str:
    """Return roots that look like the word, or whose name holds it."""
    word = root.lower()
    named = [row.root for row in LISTINGS if len(word) > 2 and word in row.name.lower()]
    near = get_close_matches(root.upper(), known(), n=3, cutoff=0.5)
    guesses = list(dict.fromkeys(named + near))
    return f" (did you mean {' or '.join(guesses)}?)" if guesses else ""
