"""Continuous futures: chains of contracts, rules that roll them, and one series made of them."""

from barledger.data.continuous.chain import Chain
from barledger.data.continuous.rules import ByExpiry, ByOpenInterest, ByVolume, OnDates
from barledger.data.continuous.stitched import Continuous, roll_events, stitch

__all__ = [
    "ByExpiry",
    "ByOpenInterest",
    "ByVolume",
    "Chain",
    "Continuous",
    "OnDates",
    "roll_events",
    "stitch",
]
