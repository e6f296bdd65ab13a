"""Random runs through a peer and through us: `python benchmarks/parity/fuzz.py --seconds 60`.

What differs is made as small as it stays different, and printed with the first record that parts
the two. Peers run in the environments that `compare.py` makes.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import compare  # noqa: E402
import drawn  # noqa: E402
import ours  # noqa: E402
from shrink import shrink  # noqa: E402

Case = dict[str, Any]


class Way(NamedTuple):
    """How cases for a peer are drawn, what we do with one, and whether fills keep their order."""

    draw: Callable[[int], Case]
    ours: Callable[[Case], dict[str, Any]]
    is_ordered: bool


WAYS = {
    "backtrader": Way(drawn.of_broker, ours.as_backtrader, True),
    "vectorbt": Way(drawn.of_vectorbt, ours.as_vectorbt, False),
    "vectorbt-rust": Way(drawn.of_vectorbt, ours.as_vectorbt, False),
    "backtesting": Way(drawn.of_one, ours.as_backtesting, False),
    "bt": Way(drawn.of_targets, ours.as_bt, False),
}


def difference(way: Way, worker: compare.Worker, peer: str, case: Case) -> str | None:
    """Return how a case differs, in words; None where it does not."""
    theirs = worker.ask(do="observe", case=case, peer=peer)
    try:
        mine = way.ours(case)
    except ValueError as error:
        if "error" in theirs:
            return None  # both refuse
        return f"we refuse: {error}"
    if "error" in theirs:
        return f"they refuse: {theirs['error']}"
    if not way.is_ordered:
        for each in (mine, theirs):
            each["fills"] = sorted(each["fills"], key=lambda row: row[:2])
    return ours.difference(mine, theirs)


def fuzz(peer: str, python: Path, seconds: float, seed: int) -> tuple[int, int]:
    """Print every case of a peer that differs; returns how many were run, and how many of those."""
    way = WAYS[peer]
    worker = compare.Worker(python, compare.SCRIPTS.get(peer, peer))
    difference(way, worker, peer, way.draw(seed))  # what compiles does so before the clock starts
    until, count, found = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until and found < 3:
        case = way.draw(seed + count)
        count += 1
        words = difference(way, worker, peer, case)
        if words is None:
            continue
        found += 1
        print(f"{peer}, seed {case['seed']}: {words}")
        small = shrink(case, lambda c: difference(way, worker, peer, c) is not None)
        print(f"  smallest: {difference(way, worker, peer, small)}")
        print("  " + json.dumps(small), flush=True)
    worker.close()
    return count, found


def main() -> int:
    """Fuzz every peer for its share of the budget; 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for all peers together")
    parser.add_argument("--seed", type=int, default=1_000_000)
    parser.add_argument("--peers", default=",".join(WAYS), help="separated by commas")
    parser.add_argument("--envs", type=Path, default=HERE.parent / ".envs")
    options = parser.parse_args()
    peers = options.peers.split(",")
    wrong = 0
    for peer in peers:
        python = compare.environment(peer, options.envs)
        if not isinstance(python, Path):
            print(f"{peer}: {python}")
            continue
        count, found = fuzz(peer, python, options.seconds / len(peers), options.seed)
        print(f"{peer}: {count} cases, {found} differ", flush=True)
        wrong += found
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
