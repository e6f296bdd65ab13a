"""Run as a program: the first of some worlds on which kernel and oracle disagree.

`python -m oracle.compare any 3 17 0-200` prints its seed and the difference; nothing where all agree.
It is for processes of their own: with other environment variables, or another kernel.
"""

import os
import subprocess
import sys
from pathlib import Path

from .drawn_days import day_case
from .drawn_perpetuals import perpetual_case
from .drawn_targets import target_case
from .drawn_written import written_case
from .kernel import differences, kernel_run
from .test_cuts import reads_an_earlier_row, unlike_when_resumed
from .worlds import Case, random_case

MAKERS = {
    "any": random_case,
    "perpetual": perpetual_case,
    "written": written_case,
    "days": day_case,
    "targets": target_case,
    "resumed": random_case,
}


def seeds_of(words: list[str]) -> list[int]:
    """Seeds given one by one or as ranges, each once."""
    ranges = [[int(part) for part in word.split("-")] for word in words]
    return list(dict.fromkeys(seed for row in ranges for seed in range(row[0], row[-1] + 1)))


def difference(seed: int, worlds: str = "any") -> str:
    """What differs in one world; a kernel that breaks down differs too."""
    case = MAKERS[worlds](seed)
    if case is None:
        return ""
    try:
        found = resumed(case, seed) if worlds == "resumed" else unlike(case)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return found[0] if found else ""


def unlike(case: Case) -> list[str]:
    """What differs from the oracle."""
    return differences(case, case.run(), kernel_run(case))


def resumed(case: Case, seed: int) -> list[str]:
    """What differs where the world is cut in two, the second going on from the first."""
    bar = 1 + seed % (case.market.n_bars - 1)
    return [] if reads_an_earlier_row(case) else unlike_when_resumed(case, bar)


def disagreement(package: Path, *seeds: str, worlds: str = "any", **environment: str) -> str:
    """What a process of its own finds with the package in a folder; empty where all agree."""
    paths = os.pathsep.join((str(package), str(Path(__file__).parents[1])))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "oracle.compare", worlds, *seeds],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def main(words: list[str]) -> None:
    worlds, *seeds = words
    for seed in seeds_of(seeds):
        found = difference(seed, worlds)
        if found:
            print(seed, found)
            return


if __name__ == "__main__":
    main(sys.argv[1:])
