"""Peers beside us, agreement first: `python benchmarks/compare.py`.

Each peer runs in a virtual environment of its own, made under `--envs` where it is missing. A pair
is timed only once its results have been shown to agree; otherwise the difference is printed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import agreement
import numpy as np
import page
import starts
import workloads

HERE = Path(__file__).parent
PACKAGES = {
    "barledger": ("-e", str(HERE.parent)),  # alone, for its starts and its size
    "vectorbt": ("vectorbt",),
    "vectorbt-rust": ("vectorbt[rust]",),
    "backtrader": ("backtrader", "numpy", "pandas"),
    "backtesting": ("backtesting",),
    "bt": ("bt",),
    "raptorbt": ("raptorbt", "numpy"),
}
SCRIPTS = {"vectorbt-rust": "vectorbt"}


class Pair(NamedTuple):
    """One work, one peer, and what it must reach."""

    work: str
    peer: str
    options: dict[str, Any]
    reach: float | None = None
    tries: tuple[dict[str, Any], ...] = ({},)  # the peer's own settings, of which the best counts


class Row(NamedTuple):
    """What came of a pair: times of both, or why there are none."""

    work: str
    peer: str
    ours: list[float]
    theirs: list[float]
    peaks: tuple[float, float]
    note: str
    reach: float | None
    each: tuple[dict[str, float], dict[str, float]] = ({}, {})  # milliseconds of parts


CASH = {"cash": 1_000_000.0}
STOPS = {**CASH, "loss": 0.05, "target": 0.10}
NUMBA, RUST = {"engine": "numba"}, {"engine": "rust"}
CHUNKS = (250, 1_000)
SWEEP, ALONE = {"windows": 142, "threads": "all"}, {"windows": 142}
TURN = 0.3
PAIRS = [
    Pair("W1", "vectorbt", CASH, 7.0, (NUMBA,)),
    Pair("W1", "vectorbt-rust", CASH, 7.0, (RUST,)),
    Pair("W1", "backtrader", CASH, 2000.0),
    Pair("W1 in weights", "bt", CASH),
    Pair("W2", "vectorbt", {}, 10.0, (NUMBA,)),
    Pair("W2", "vectorbt-rust", {}, 10.0, (RUST,)),
    Pair("W2", "raptorbt", {}),
    Pair("W2 short", "backtrader", {}),
    Pair("W2 short", "backtesting", {}),
    Pair("W3", "vectorbt", SWEEP, 90.0, tuple({**NUMBA, "chunk": n} for n in CHUNKS)),
    Pair("W3", "vectorbt-rust", SWEEP, 90.0, tuple({**RUST, "chunk": n} for n in CHUNKS)),
    Pair("W3", "raptorbt", SWEEP, 20.0),
    Pair("W3 one thread", "vectorbt", ALONE, None, tuple({**NUMBA, "chunk": n} for n in CHUNKS)),
    Pair("W3 one thread", "vectorbt-rust", ALONE, None, tuple({**RUST, "chunk": n} for n in CHUNKS)),
    Pair("W4", "vectorbt", STOPS, 7.0, (NUMBA,)),
    Pair("W4", "vectorbt-rust", STOPS, 7.0, (RUST,)),
    Pair("W4 apart", "raptorbt", STOPS, 3.0),
    Pair("W6", "vectorbt", {"windows": 142}, None, (NUMBA,)),
    Pair("W6", "vectorbt-rust", {"windows": 142}, None, (RUST,)),
]  # fmt: skip
UNSUPPORTED = {
    ("W1", "backtesting"): "one asset a run",
    ("W1", "bt"): "weights of the account, no targets in money; see W1 in weights",
    ("W1", "raptorbt"): "no targets; one side an instrument",
    ("W2", "backtrader"): "Python on every bar; see W2 short",
    ("W2", "backtesting"): "Python on every bar; see W2 short",
    ("W2", "bt"): "Python on every bar, daily prices only",
    ("W3", "backtrader"): "one run a variant, in Python",
    ("W3", "backtesting"): "one run a variant, in Python",
    ("W3", "bt"): "one run a variant, in Python",
    ("W3 one thread", "raptorbt"): "see W3",
    ("W3 one thread", "backtrader"): "one run a variant, in Python",
    ("W3 one thread", "backtesting"): "one run a variant, in Python",
    ("W3 one thread", "bt"): "one run a variant, in Python",
    ("W6", "raptorbt"): "no sweep to ask; results of single runs are objects in memory",
    ("W6", "backtrader"): "no sweep",
    ("W6", "backtesting"): "no sweep",
    ("W6", "bt"): "no sweep",
    ("W4", "raptorbt"): "leaves out entries that no exit signal parts, stops or not; see W4 apart",
    ("W4", "backtrader"): "its stops become active on the bar after the fill",
    ("W4", "backtesting"): "one asset a run",
    ("W4", "bt"): "no stops",
}


class Worker:
    """A process of one engine that answers requests."""

    def __init__(self, python: Path, script: str) -> None:
        self.process = subprocess.Popen(
            [str(python), str(HERE / "workers" / f"with_{script}.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its reply."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            return {"error": f"the worker ended with code {self.process.wait()}"}
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def environment(peer: str, folder: Path) -> Path | str:
    """Return the python of a peer's environment, made where it is missing; or why there is none."""
    python = folder / peer / "bin" / "python"
    if python.exists():
        return python
    print(f"making an environment for {peer}", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "venv", str(folder / peer)], check=True)
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", *PACKAGES[peer]], capture_output=True, text=True
    )
    if done.returncode:
        subprocess.run(["rm", "-r", str(folder / peer)], check=False)
        return f"could not be installed: {done.stderr.strip().splitlines()[-1][:200]}"
    return python


def prepared(
    python: Path, script: str, work: str, data: Path, options: dict[str, Any], answer: Path
) -> tuple[Worker, dict[str, Any]]:
    """Start a worker and let it run once; its answer lies in a file."""
    worker = Worker(python, script)
    reply = worker.ask(do="prepare", work=work, data=str(data), options=options, answer=str(answer))
    return worker, reply


def compare(pair: Pair, python: Path, data: Path, folder: Path, seconds: float) -> Row:
    """Run both sides of a pair until their results agree, then take turns."""
    script = SCRIPTS.get(pair.peer, pair.peer)
    files = folder / "ours.npz", folder / "theirs.npz"
    name = f"{pair.work}:{script}"
    ours, reply = prepared(Path(sys.executable), "barledger", name, data, pair.options, files[0])
    best: Worker | None = None
    quickest, chosen, problem = np.inf, {}, _problem("barledger", reply)
    for settings in () if problem else pair.tries:
        theirs, reply = prepared(
            python, script, pair.work, data, {**pair.options, **settings}, files[1]
        )
        problem = _problem(pair.peer, reply) or agreement.difference(*map(_loaded, files))
        first = np.inf if problem else reply["first"]
        if first < seconds:  # what compiled did so in the first run
            first = theirs.ask(do="run")["seconds"]
        if first < quickest:
            if best is not None:
                best.close()
            best, quickest, chosen = theirs, first, settings
        else:
            theirs.close()
    if best is None:
        ours.close()
        return Row(pair.work, pair.peer, [], [], (0.0, 0.0), problem or "", pair.reach)
    each = [
        {name[3:]: float(value) for name, value in _loaded(path).items() if name[:3] == "ms "}
        for path in files
    ]
    times, peaks = turns(ours, best, quickest, seconds)
    ours.close()
    best.close()
    note = ", ".join(f"{key} {value}" for key, value in chosen.items() if key != "engine")
    return Row(pair.work, pair.peer, *times, peaks, note, pair.reach, (each[0], each[1]))


def turns(
    ours: Worker, theirs: Worker, quickest: float, seconds: float
) -> tuple[tuple[list[float], list[float]], tuple[float, float]]:
    """Return the seconds of runs taken in turns, and the most memory of each side.

    A turn lasts at least `TURN` seconds: what is quick runs more often in it, as warm as what is slow.
    """
    found: tuple[list[float], list[float]] = ([], [])
    peaks = [0.0, 0.0]
    began = time.perf_counter()
    for turn in range(1, 26):
        for side, worker in enumerate((ours, theirs)):
            until = time.perf_counter() + TURN
            while not found[side] or time.perf_counter() < until:
                reply = worker.ask(do="run")
                found[side].append(reply["seconds"])
                peaks[side] = reply["peak"]
                if reply["seconds"] > TURN:
                    break
        took = time.perf_counter() - began
        if quickest > seconds or (turn >= 3 and took + took / turn > seconds):
            break
    return found, (peaks[0], peaks[1])


def _problem(who: str, reply: dict[str, Any]) -> str | None:
    if "unsupported" in reply:
        return f"unsupported: {reply['unsupported']}"
    return f"{who} failed: {reply['error']}" if "error" in reply else None


def _loaded(path: Path) -> dict[str, Any]:
    with np.load(path) as file:
        return dict(file)


def versions(pythons: dict[str, Path]) -> dict[str, Any]:
    """Return what each environment holds, ours first."""
    found = {}
    for peer, python in {"barledger": Path(sys.executable), **pythons}.items():
        worker = Worker(python, SCRIPTS.get(peer, peer))
        found[peer] = worker.ask(do="about")
        worker.close()
    return found


def main() -> None:
    """Compare every pair, print rows as they come, write the page and its chart."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envs", type=Path, default=HERE / ".envs", help="peers' environments")
    parser.add_argument("--only", default="", help="works or peers, separated by commas")
    parser.add_argument("--seconds", type=float, default=20.0, help="of turns for each pair")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md and its chart")
    options = parser.parse_args()
    wanted = [word for word in options.only.split(",") if word]
    pairs = [p for p in PAIRS if not wanted or p.work in wanted or p.peer in wanted]
    made = {peer: environment(peer, options.envs) for peer in dict.fromkeys(p.peer for p in pairs)}
    pythons = {peer: path for peer, path in made.items() if isinstance(path, Path)}
    rows = []
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for pair in pairs:
            path = made[pair.peer]
            if isinstance(path, str):
                rows.append(Row(pair.work, pair.peer, [], [], (0.0, 0.0), path, pair.reach))
                continue
            data = folder / f"{workloads.DATA[pair.work].__name__}.npz"
            if not data.exists():
                np.savez(data, **workloads.DATA[pair.work]())
            rows.append(compare(pair, path, data, folder, options.seconds))
            print(page.line(rows[-1]), flush=True)
        more = []
        if not wanted or "W5" in wanted:
            pythons |= {
                p: e for p in PACKAGES if isinstance(e := environment(p, options.envs), Path)
            }
            pythons.setdefault("barledger", Path(sys.executable))
            np.savez(folder / "w5.npz", **workloads.w5())
            more.append(starts.table(starts.measure(pythons, folder / "w5.npz"), page.NAMES))
            print(more[-1])
        if options.write:
            about = versions(pythons)
            more.append(page.busy(before, os.getloadavg()[0]))
            page.write(rows, UNSUPPORTED, about, starts.sizes(pythons), HERE, "\n".join(more))


if __name__ == "__main__":
    main()
