"""How long a newcomer waits, and how much memory is taken: `python benchmarks/cold.py`.

Each figure is that of a new process, from its start to the line after the last of its code; what
python then does to end is not waited for. Compiled code goes to a temporary folder.
"""

import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from starts import as_installed, size, write_bytecode

FIRST = """
import numpy as np, barledger as bl
bars = bl.Bars.sample()
entries = np.zeros(bars.shape, bool); entries[::50] = True
bl.Portfolio.from_signals(bars, entries, np.roll(entries, 25, 0)).stats()
"""
PEAK = """
import resource, numpy as np, barledger as bl
rng = np.random.default_rng(1)
close = 100 * np.exp(np.cumsum(rng.normal(0, .01, (2520, 500)), 0))
bars = bl.Bars.from_arrays(close)
entries, exits = rng.random((2, 2520, 500)) < .01
result = bl.Portfolio.from_signals(bars, entries, exits, size=bl.PercentOfEquity(.01))
print(len(result.fills), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
TRADES = """
import numpy as np, barledger as bl
bars = bl.Bars.from_arrays(np.full(20_001, 10.0))
entries = np.zeros(20_001, bool); entries[0::2] = True
book = bl.Portfolio.from_signals(bars, entries, ~entries, size=10).books[0]
rows = (book.orders, book.fills, book.entries, book.incidents)
print(book.account["trades"][0], sum(each.nbytes for each in rows) / 1e6)
"""


SITE = Path(sysconfig.get_path("purelib"))
TOOLS = [path for name in ("pip", "setuptools", "pkg_resources") for path in SITE.glob(f"{name}*")]
STAMP = "\nimport time; print(time.time())"


def seconds(code: str, environment: dict[str, str], times: int = 1) -> tuple[float, str]:
    """Return the quickest time of a new python that runs some code, and what it printed."""
    found = []
    for _ in range(times):
        start = time.time()
        done = subprocess.run(
            [sys.executable, "-c", code + STAMP],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        *printed, end = done.stdout.strip().splitlines()
        found.append(float(end) - start)
    return min(found), "\n".join(printed)


def main() -> None:
    """Print the figures as a table."""
    with tempfile.TemporaryDirectory() as folder:
        write_bytecode()
        environment = as_installed(Path(folder))
        bare = seconds("pass", environment, 5)[0]
        print("| figure | measured | must reach |\n|---|---|---|")
        imported = seconds("import barledger", environment, 5)[0] - bare
        print(f"| import barledger | {imported:.2f} s | 0.4 s |")
        print(
            f"| first result ever, compilation included | {seconds(FIRST, environment)[0]:.1f} s | 10 s |"
        )
        cached = seconds(FIRST, environment, 5)[0]
        print(
            f"| first result of a new process, start of python included | {cached:.2f} s | 0.9 s |"
        )
        fills, peak = seconds(PEAK, environment)[1].split()
        print(f"| peak memory of 500 x 2,520 ({fills} fills) | {float(peak):.0f} MB | 300 MB |")
        trades, logs = seconds(TRADES, environment)[1].split()
        print(f"| records of {trades} trades | {float(logs):.2f} MB | 2 MB |")
    everything, tools = size(Path(sys.prefix)), sum(size(path) for path in TOOLS)
    print(f"| this environment (core alone) | {everything:.0f} MB | 650 MB |")
    print(f"| the same without pip and setuptools | {everything - tools:.0f} MB | |")


if __name__ == "__main__":
    main()
