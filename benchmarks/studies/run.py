"""Run the studies over the folder of real data and print what they found.

``python benchmarks/studies/run.py [name ...]``; without names, all of them.
"""

import sys
import time
from importlib import import_module

from common import DATA, MISSING

NAMES = ("rolls", "minutes", "perpetuals", "margins", "panel", "shares", "funds", "currencies")


def main(names: list[str]) -> int:
    if not DATA.is_dir():
        print(MISSING)
        return 0
    bad = 0
    for name in names or list(NAMES):
        began = time.perf_counter()
        found = import_module(name).study()
        print("\n".join(found.lines()))
        print(f"- {time.perf_counter() - began:.1f} s")
        bad += len(found.bad())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
