"""Laws of the ledger broken on purpose: each break must be noticed."""
