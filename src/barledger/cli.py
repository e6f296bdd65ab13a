"""The command line: `barledger demo`, `barledger data` and `barledger warmup`."""

import argparse
import sys
import time
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except (OSError, ValueError, TypeError, LookupError) as error:
        print(f"barledger: {error}", file=sys.stderr)
        return 2
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("polars", "pyarrow"):
            raise
        name = getattr(options, "bars", None) or "the data"
        print(f"barledger: cannot read {name}: {error}", file=sys.stderr)
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
    return parser


def _demo(options: argparse.Namespace) -> None:
    from barledger import demo

    demo.run(options.bars, options.fast, options.slow, options.cash)


def _warmup(_: argparse.Namespace) -> None:
    began = time.perf_counter()
    from barledger import _warm

    _warm.warm()
    print(f"ready in {time.perf_counter() - began:.1f} s; later processes load it from disk")


if __name__ == "__main__":
    sys.exit(main())
