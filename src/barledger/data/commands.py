"""`barledger data plan | fetch | verify | list`: manifests on the command line."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from barledger.data.databento.fetching import Plan
    from barledger.data.manifest import Manifest

WIDTH = 120


def add_to(commands: Any) -> None:
    """Add the command `data` and its own commands to the parser."""
    data = commands.add_parser("data", help="plan, fetch and verify the data of a manifest")
    own = data.add_subparsers(required=True, metavar="command")
    manifest = "a manifest file, a folder that was fetched, or the name of a shipped manifest"

    plan = own.add_parser("plan", help="say what a manifest asks for and what it costs")
    plan.add_argument("manifest", help=manifest)
    plan.add_argument("--to", metavar="FOLDER", help="where files may be already")
    plan.set_defaults(command=_told(_plan))

    fetch = own.add_parser("fetch", help="fetch what is not there yet, within a spending cap")
    fetch.add_argument("manifest", help=manifest)
    fetch.add_argument("--to", metavar="FOLDER", help="where the files go; default: its name")
    fetch.add_argument(
        "--max-cost",
        type=float,
        metavar="DOLLARS",
        help="the spending cap; default: BARLEDGER_MAX_COST, else 0",
    )
    fetch.add_argument("--lake", metavar="FOLDER", help="add the bars to a parquet lake as well")
    fetch.set_defaults(command=_told(_fetch))

    verify = own.add_parser("verify", help="compare fetched files with their digests")
    verify.add_argument("folder")
    verify.set_defaults(command=_told(_verify))

    listed = own.add_parser("list", help="list shipped manifests, or the files of a folder")
    listed.add_argument("folder", nargs="?")
    listed.set_defaults(command=_told(_list))


def _told(
    command: Callable[[argparse.Namespace], None],
) -> Callable[[argparse.Namespace], None]:
    """Return a command whose refusals are errors of one line."""

    def run(options: argparse.Namespace) -> None:
        from barledger.data.databento.retry import VendorError

        try:
            command(options)
        except (ImportError, VendorError) as error:
            raise ValueError(str(error)) from None

    return run


def _plan(options: argparse.Namespace) -> None:
    from barledger.data.databento import offline_plan, plan
    from barledger.data.databento.fetching import KEY

    is_online = bool(os.environ.get(KEY))
    made = (plan if is_online else offline_plan)(options.manifest, options.to)
    print(_head(made.manifest))
    _print(made.table.drop("modified", *([] if is_online else ["cost", "bytes", "records"])))
    print(_bill(made) if is_online else f"cost: not asked; set {KEY} to ask (asking is free)")
    for name in ("degraded", "missing", "pending"):
        days = [day["date"] for day in made.conditions if day["condition"] == name]
        if days:
            print(f"{name} days: {len(days)}, {days[0]} to {days[-1]}")


def _fetch(options: argparse.Namespace) -> None:
    from barledger.data.databento import fetch, fill_lake
    from barledger.data.lake import Lake

    made = fetch(options.manifest, options.to, max_cost=options.max_cost, told=print)
    folder = options.to or made.name
    print(f"{len(made.files)} files in {folder}, ${made.cost:.2f} in all")
    if options.lake:
        added = fill_lake(folder, Lake(options.lake))["added"].sum()
        print(f"{added:,} bars added to the lake {options.lake}")


def _verify(options: argparse.Namespace) -> None:
    from barledger.data.manifest import verify

    told = verify(options.folder)
    _print(told)
    wrong = told.filter(told["state"] != "ok")
    if len(wrong):
        raise ValueError(f"{len(wrong)} of {len(told)} files are not what was fetched")
    print(f"{len(told)} files, {told['rows'].sum():,} records: all as fetched")


def _list(options: argparse.Namespace) -> None:
    from barledger.data.manifest import NAME, Manifest, shipped

    if options.folder is None:
        for name, path in shipped().items():
            print(f"{name:<16} {_what(path)}")
        return
    found = Path(options.folder)
    for path in [found / NAME] if (found / NAME).is_file() else sorted(found.glob(f"*/{NAME}")):
        made = Manifest.load(path)
        print(_head(made))
        _print(made.table().drop("sha256", "modified", strict=False))


def _head(manifest: "Manifest") -> str:
    parts = [f"{manifest.name}: {manifest.what}" if manifest.what else manifest.name]
    parts.append(f"{manifest.dataset}, {manifest.first} to {manifest.last}")
    return "\n".join(parts)


def _what(path: Path) -> str:
    import tomllib

    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return f"{told.get('what', '')} ({told['first']} to {told['last']})"


def _bill(made: "Plan") -> str:
    left = made.table.filter(made.table["state"] != "here")
    size = float(left["bytes"].sum() or 0)
    return f"to fetch: {len(left)} files, {size / 1e6:,.1f} MB billed, ${made.cost:.2f}"


def _print(frame: "pl.DataFrame") -> None:
    import polars as pl

    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=WIDTH,
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_formatting="ASCII_MARKDOWN",
        thousands_separator=",",
        float_precision=2,
        fmt_str_lengths=60,
    ):
        print(frame)
