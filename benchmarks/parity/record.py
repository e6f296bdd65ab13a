"""Writes what Backtrader did with drawn strategies, for tests that run without it.

`PYTHONPATH=benchmarks/parity:benchmarks/workers python benchmarks/parity/record.py FILE`
in an environment with backtrader and pandas.
"""

import gzip
import json
import sys
from typing import Any

import backtrader
import drawn
import with_backtrader

COUNT = 240


def main() -> None:
    """Observe every strategy and write one compressed file."""
    strategies = [_rounded(with_backtrader.observe(drawn.of_broker(k))) for k in range(COUNT)]
    wide = {}
    for cash in drawn.WIDE_CASH:
        seen = with_backtrader.observe(drawn.wide(cash))
        final = [round(seen[name][-1], 2) for name in ("cash", "value")]
        wide[str(int(cash))] = [len(seen["fills"]), drawn.digest(seen["fills"]), *final]
    about = {"backtrader": backtrader.__version__, "strategies": strategies, "wide": wide}
    text = json.dumps(about, separators=(",", ":")).encode()
    with open(sys.argv[1], "wb") as file:
        file.write(gzip.compress(text, mtime=0))
    print(sum(len(each["fills"]) for each in strategies), "fills;", wide)


def _rounded(seen: dict[str, Any]) -> dict[str, Any]:
    fills = [[bar, asset, q, round(p, 9), round(fee, 6)] for bar, asset, q, p, fee in seen["fills"]]
    cash, value = ([round(x, 4) for x in seen[name]] for name in ("cash", "value"))
    changes = [cash[k] if k == 0 or cash[k] != cash[k - 1] else 0 for k in range(len(cash))]
    return {"fills": fills, "cash": changes, "value": value[-1]}


if __name__ == "__main__":
    main()
