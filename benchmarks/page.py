"""What a comparison looks like: rows in the terminal, a page, a chart."""

import datetime
import os
import platform
import statistics
from pathlib import Path
from typing import Any

import workloads

NAMES = {
    "vectorbt": "vectorbt (Numba)",
    "vectorbt-rust": "vectorbt (Rust)",
    "backtrader": "Backtrader",
    "backtesting": "backtesting.py",
}
HEAD = (
    "| peer | barledger | peer | ratio (of the quickest) | must reach | peak memory, ours / peer | runs |\n"
    "|---|---|---|---|---|---|---|"
)


def ratio(row: Any) -> float:
    """Return how many times as long the peer takes, median by median."""
    return statistics.median(row.theirs) / statistics.median(row.ours)


def best_ratio(row: Any) -> float:
    """Return how many times as long the peer takes, quickest by quickest."""
    return min(row.theirs) / min(row.ours)


def span(seconds: list[float]) -> str:
    """Return a median and its spread."""
    middle = statistics.median(seconds)
    return f"{_time(middle)} ({_time(min(seconds))} to {_time(max(seconds))})"


def _many(times: float) -> str:
    return f"{times:.3g}x" if times < 1000.0 else f"{times:,.0f}x"


def _time(seconds: float) -> str:
    if seconds < 0.1:
        return f"{seconds * 1e3:.3g} ms"
    return f"{seconds:.3g} s"


def line(row: Any) -> str:
    """Return one row for the terminal."""
    name = f"{row.work} {NAMES.get(row.peer, row.peer)}"
    if not row.ours:
        return f"{name:<32} {row.note}"
    text = f"{name:<32} ours {span(row.ours)}, theirs {span(row.theirs)}: {_many(ratio(row))}"
    return f"{text} {row.note}".rstrip()


def _cells(row: Any) -> str:
    name = NAMES.get(row.peer, row.peer)
    if not row.ours:
        return f"| {name} | {row.note} | | | {_reach(row, False)} | | |"
    memory = f"{row.peaks[0]:.0f} / {row.peaks[1]:.0f} MB"
    note = f" ({row.note})" if row.note else ""
    return (
        f"| {name}{note} | {span(row.ours)} | {span(row.theirs)} | "
        f"{_many(ratio(row))} ({_many(best_ratio(row))}) | "
        f"{_reach(row, True)} | {memory} | {len(row.ours)} / {len(row.theirs)} |"
    )


def _reach(row: Any, is_timed: bool) -> str:
    if row.reach is None:
        return ""
    if not is_timed:
        return f"{row.reach:g}x: not shown"
    return f"{row.reach:g}x: {'reached' if ratio(row) >= row.reach else '**not reached**'}"


def tables(rows: list[Any], unsupported: dict[tuple[str, str], str]) -> str:
    """Return one table a work."""
    parts = []
    for work in dict.fromkeys(row.work for row in rows):
        parts.append(f"\n### {work}: {workloads.WORDS[work]}\n\n{HEAD}")
        parts += [_cells(row) for row in rows if row.work == work]
        for (name, peer), reason in unsupported.items():
            if name == work:
                parts.append(f"| {NAMES.get(peer, peer)} | unsupported: {reason} | | | | | |")
        parts += _parts([row for row in rows if row.work == work and row.each[0]])
    return "\n".join(parts)


def _parts(rows: list[Any]) -> list[str]:
    """Return a table of the milliseconds of each part of a work."""
    if not rows:
        return []
    peers = [NAMES.get(row.peer, row.peer) for row in rows]
    parts = [
        f"\n| milliseconds | barledger | {' | '.join(peers)} |",
        "|---|" + "---|" * (len(rows) + 1),
    ]
    for name, value in rows[0].each[0].items():
        theirs = " | ".join(f"{row.each[1][name]:.2f}" for row in rows)
        parts.append(f"| {name} | {value:.2f} | {theirs} |")
    return parts


def machine() -> str:
    """Return the processor, its cores, the memory and the system."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(x.split(":", 1)[1].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        pass
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {os.cpu_count()} cores, {size:.0f} GiB, {platform.system()}"


def busy(before: float, after: float) -> str:
    """Return a sentence on what else used the machine."""
    cores = os.cpu_count() or 1
    text = (
        f"\nLoad average of the machine before: {before:.1f}, after: {after:.1f}, cores: {cores}."
    )
    if before > 0.5 * cores:
        text += " Other work ran beside the bench: ratios hold better than times, and the quickest"
        text += " of the runs better than their median."
    return text


def write(
    rows: list[Any],
    unsupported: dict[tuple[str, str], str],
    versions: dict[str, Any],
    sizes: dict[str, float],
    folder: Path,
    more: str = "",
) -> None:
    """Write RESULTS.md and results.svg."""
    day = datetime.datetime.now(datetime.UTC).date()
    lines = [
        "# Results",
        f"\nMeasured on {day} by `python benchmarks/compare.py --write`: {machine()}.",
        "\nEach pair was first shown to agree: fills by bar and asset, equity by bar, statistics;",
        "where it does not, the difference stands in place of a time. Times are medians of runs",
        "taken in turns, with the least and the most; memory is the most that the whole process had,",
        "its imports and data included. barledger runs set to agree with the peer of its row.",
        "\n![How many times as long each peer takes](results.svg)",
        tables(rows, unsupported),
        more,
        "\n### Versions\n\n| environment | Python | packages | MB |\n|---|---|---|---|",
    ]
    for peer, about in versions.items():
        packages = ", ".join(f"{name} {v}" for name, v in about.get("versions", {}).items())
        size = f"{sizes[peer]:.0f}" if peer in sizes else ""
        name = NAMES.get(peer, peer)
        lines.append(f"| {name} | {about.get('python', '')} | {packages} | {size} |")
    (folder / "RESULTS.md").write_text("\n".join(lines) + "\n")
    (folder / "results.svg").write_text(chart(rows))


def chart(rows: list[Any]) -> str:
    """Return bars of each ratio, on a scale of powers of ten, as SVG."""
    import math

    timed = [row for row in rows if row.ours]
    width, left, high = 760, 250, 26
    most = max((math.log10(max(ratio(row), 10.0)) for row in timed), default=1.0)
    scale = (width - left - 90) / math.ceil(most)
    height = 60 + high * len(timed)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for power in range(math.ceil(most) + 1):
        x = left + power * scale
        parts.append(f'<path d="M{x:.1f} 34V{height - 14}" stroke="#d9dde2"/>')
        parts.append(
            f'<text x="{x:.1f}" y="26" text-anchor="middle" fill="#555">{10**power:,}x</text>'
        )
    for place, row in enumerate(timed):
        y = 40 + place * high
        length = max(math.log10(ratio(row)), 0.0) * scale
        label = f"{row.work}: {NAMES.get(row.peer, row.peer)}"
        colour = "#2f7fd1" if ratio(row) >= 1.0 else "#c2503e"
        parts.append(f'<text x="{left - 10}" y="{y + 14}" text-anchor="end">{label}</text>')
        parts.append(
            f'<rect x="{left}" y="{y + 2}" width="{max(length, 1.0):.1f}" height="16" rx="2" '
            f'fill="{colour}"/>'
        )
        text = _many(ratio(row))
        parts.append(f'<text x="{left + length + 8:.1f}" y="{y + 14}">{text}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
