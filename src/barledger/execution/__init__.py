"""The ledger beside a broker: recorded fills in, the account's books out. It knows no broker."""

from barledger.execution.statement import Statement, statement

__all__ = ["Statement", "statement"]
