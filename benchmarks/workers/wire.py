"""The line between the bench and a worker: one JSON object a line, arrays in npz files.

Needs numpy and nothing else, for it runs in every peer's environment. A work is a function of
(arrays, options) that returns `run`, which is timed, and `answer`, which turns what `run` returned
into arrays that can be compared.
"""

import gc
import json
import platform
import resource
import sys
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np

Arrays = dict[str, Any]
Work = Callable[[Arrays, dict[str, Any]], tuple[Callable[[], Any], Callable[[Any], Arrays]]]


class Unsupported(Exception):
    """What a peer cannot do, in words."""


def peak_mb() -> float:
    """Return the most memory that this process has had, in MB.

    On Linux from its status: what `getrusage` tells is at least what the parent had at the fork.
    """
    try:
        with open("/proc/self/status") as file:
            line = next(each for each in file if each.startswith("VmHWM"))
        return float(line.split()[1]) / 1024.0
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def timed(calls: dict[str, Callable[[], Any]], times: int = 5) -> Arrays:
    """Return the median of some runs of each call, in ms, under names that are not compared."""
    found = {}
    for name, call in calls.items():
        taken = []
        for _ in range(times):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        found[f"ms {name}"] = np.array(sorted(taken)[times // 2] * 1e3)
    return found


def serve(works: dict[str, Work], packages: tuple[str, ...]) -> None:
    """Answer requests until the input ends."""
    out = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    state: dict[str, Any] = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = _reply(request, works, packages, state)
        except Unsupported as reason:
            reply = {"unsupported": str(reason)}
        except Exception as error:
            traceback.print_exc()
            reply = {"error": f"{type(error).__name__}: {error}"}
        out.write(json.dumps(reply) + "\n")
        out.flush()


def _reply(
    request: dict[str, Any], works: dict[str, Work], packages: tuple[str, ...], state: Arrays
) -> dict[str, Any]:
    what = request["do"]
    if what == "about":
        versions = {name: version(name) for name in packages}
        return {"python": platform.python_version(), "versions": versions}
    if what == "observe":
        return dict(works["observe"](request["case"], request))  # type: ignore[call-overload]
    if what == "prepare":
        if request["work"] not in works:
            raise Unsupported(request["work"])
        with np.load(request["data"]) as file:
            arrays = dict(file)
        before = peak_mb()
        run, answer = works[request["work"]](arrays, request.get("options", {}))
        start = time.perf_counter()
        done = run()
        first = time.perf_counter() - start
        np.savez(request["answer"], **answer(done))
        del done
        state.update(run=run, before=before)
        return {"first": first, "peak": peak_mb(), "before": before}
    start = time.perf_counter()
    done = state["run"]()
    seconds = time.perf_counter() - start
    del done
    if seconds > 0.1:
        gc.collect()
    return {"seconds": seconds, "peak": peak_mb()}
