"""The command line: `barledger demo`, `report`, `data` and `warmup`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except BrokenPipeError:  # such as `| head`: whoever read has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - closed with the process
        return 1
    except (OSError, ValueError, TypeError, LookupError) as error:
        print(f"barledger: {error}", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("polars", "pyarrow"):
            raise
        named = (getattr(options, name, None) for name in ("result", "bars"))
        source = next((each for each in named if each), "the data")
        print(f"barledger: cannot read {source}: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    from barledger import __version__
    from barledger.data import commands as data_commands

    parser = argparse.ArgumentParser(
        prog="barledger", description="Accounting-first backtesting on arrays."
    )
    parser.add_argument("--version", action="version", version=f"barledger {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    demo = commands.add_parser(
        "demo", help="run a moving-average cross-over on real daily prices, or on your own"
    )
    demo.add_argument(
        "--bars",
        metavar="FILE",
        help="parquet or CSV with the columns time, close and, if there, asset, open, high, low, "
        "volume, split; default: the prices that come with barledger",
    )
    demo.add_argument("--fast", type=int, default=20, metavar="N", help="bars of the fast average")
    demo.add_argument("--slow", type=int, default=100, metavar="N", help="bars of the slow one")
    demo.add_argument("--cash", type=float, default=100_000.0, help="initial cash")
    demo.set_defaults(command=_demo)
    data_commands.add_to(commands)
    warmup = commands.add_parser("warmup", help="compile now what later runs load from disk")
    warmup.set_defaults(command=_warmup)
    _add_report(commands)
    return parser


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="show a result that Result.save has written")
    report.add_argument("result", metavar="FILE", help="what result.save(FILE) has written")
    report.add_argument("--html", metavar="PAGE", help="write the page of result.report here, too")
    report.add_argument("--title", help="heading of the page")
    report.set_defaults(command=_report)


def _demo(options: argparse.Namespace) -> None:
    from barledger import demo

    demo.run(options.bars, options.fast, options.slow, options.cash)


def _report(options: argparse.Namespace) -> None:
    from barledger.digest import sections
    from barledger.result import Result
    from barledger.terminal import Text, show

    if not Path(options.result).is_file():
        raise FileNotFoundError(
            f"no file {options.result!r}: write one with result.save({options.result!r})"
        )
    result = Result.load(options.result)
    show([Text(options.title or options.result, repr(result)), *sections(result)])
    if options.html is not None:
        page = result.report(options.html, title=options.title)
        print(f"\nwrote {page}, {page.stat().st_size / 1e3:,.0f} kB")


def _warmup(_: argparse.Namespace) -> None:
    began = time.perf_counter()
    from barledger import _warm

    _warm.warm()
    print(f"ready in {time.perf_counter() - began:.1f} s; later processes load it from disk")


if __name__ == "__main__":
    sys.exit(main())
