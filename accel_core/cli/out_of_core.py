"""The command that multiplies two matrices on a disk."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any

from accel_core.cli.output import Answer, pairs, table
from accel_core.errors import AccelError, BadInput, quoted
from accel_core.model import Disk, OutOfCoreRun
from accel_core.units import format_count, format_number, format_rate, format_time

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def add_out_of_core(
    parser: argparse.ArgumentParser, dtype: Callable[[str], str], whole: Any, many: Any
) -> None:
    """The options of `accel out-of-core`."""
    add = parser.add_argument
    add("--memory", type=memory, help="how much of the matrices may be in memory: 512M (256M)")
    add("--size", type=whole, help="side of the matrices (so large that the three take four times the memory)")
    add("--folder", default=".", help="where the matrices lie while it runs (this folder)")
    add("--block", type=many, help="sides of the block of c: 512,1024 (the best one, and half of it)")
    add("--dtype", type=dtype, default="float32", help="float32 (default) or float64")
    add("--threads", type=whole, help="threads that multiply (one for each processor)")
    add(
        "--pool", action="store_true", help="on the hosts of ACCEL_POOL instead, by dask.array, in their memory"
    )
    add("--tile", type=whole, help="with --pool: side of a tile (1024)")
    add("--budget", type=float, help="seconds for measuring the disk before (6)")


def memory(text: str) -> int:
    """`512M`: bytes, in powers of 1024."""
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    try:
        value = int(float(number) * _UNITS[unit])
    except (ValueError, KeyError, OverflowError):
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no amount of memory such as 512M")
    return value


def out_of_core(options: Namespace) -> Answer:
    """Multiply two matrices that lie on a disk, in a memory that does not hold them."""
    if options.pool:
        return _on_the_pool(options)
    if options.tile is not None:
        raise BadInput("--tile is of a product on the pool: add --pool, or choose blocks with --block.")
    from accel_core.cli.jobs import run_job

    given = {
        "memory_bytes": options.memory,
        "size": options.size,
        "blocks": list(options.block) if options.block else None,
        "threads": options.threads,
        "budget_s": options.budget,
    }
    job: dict[str, Any] = {"kind": "out_of_core", "folder": options.folder, "dtype": options.dtype}
    results = run_job(job | {name: value for name, value in given.items() if value is not None})
    runs = [one for one in results if isinstance(one, OutOfCoreRun)]
    disk = next((one for one in results if isinstance(one, Disk)), None)
    if not runs or disk is None:
        raise AccelError("The product was not run to its end: run it again.")
    data = {"runs": [run.to_dict() for run in runs], "disk": disk.to_dict()}
    return Answer(data, text_of(runs))


def _on_the_pool(options: Namespace) -> Answer:
    """The product of tiles that the hosts make and multiply; nothing of it is measured or stored."""
    for name in ("memory", "block", "threads", "budget"):
        if getattr(options, name) is not None:
            raise BadInput(f"--{name} is of a product on this computer's disk: leave it out with --pool.")
    from accel_core.pool.line import line
    from accel_core.pool.product import SIZE, TILE, pool_product

    size, tile = options.size or SIZE, TILE if options.tile is None else options.tile
    made = pool_product(line(), size, tile, options.dtype)
    hosts = f"{format_count(len(made.hosts), 'host')} ({', '.join(made.hosts)})"
    text = (
        f"{made.size} x {made.size} in {made.dtype}, tiles of {made.tile}, on {hosts}: "
        f"{format_time(made.time_s)} with the making of the matrices and the check, "
        f"{format_rate(made.flop_per_s, 'FLOP/s')}. The result is right: its error is "
        f"{format_number(made.share_of_allowed)} of what rounding explains."
    )
    return Answer({"pool": made.to_dict()}, text)


def text_of(runs: Sequence[OutOfCoreRun]) -> str:
    """A row for each block, and what there is to say of it."""
    from accel_core.readings import out_of_core as said

    first = runs[0]
    head = pairs(
        [
            ("Product", f"{first.size} x {first.size} in {first.dtype}, tiles of {first.tile}"),
            ("Memory", said.memory_said(first)),
            ("Disk", said.disk_said(first)),
        ]
    )
    header = ("block of c", "intensity", "predicted", "measured", "ratio", "read", "waited")
    listed = table(
        header,
        [(r.block, r.intensity, r.predicted, r.measured, r.ratio, r.read, r.waited) for r in said.rows(runs)],
    )
    sentences = [*(f"{said.prediction(run)} {said.held_back(run)}" for run in runs)]
    return "\n\n".join(
        filter(None, (head, listed, said.disturbed(runs), *sentences, said.cost_of_a_wrong_block(runs)))
    )
