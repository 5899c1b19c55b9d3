"""What a product on a disk says: a row for each block, what held each back, and what a wrong block costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from accel_core.model import ITEM_BYTES, OutOfCoreRun
from accel_core.model.disk import WAYS
from accel_core.model.out_of_core import COMPUTE
from accel_core.roofline.streamed import Plan, foreseen
from accel_core.units import format_bytes, format_number, format_rate, format_time

AGREES = 0.25
"""A prediction that is no farther off holds."""
WAITED = 0.1
"""From this share of the time on, waiting for the disk is what held the product back."""


@dataclass(frozen=True, slots=True)
class Row:
    """One block, in words."""

    block: str
    intensity: str
    predicted: str
    measured: str
    ratio: str
    read: str
    waited: str


def rows(runs: Sequence[OutOfCoreRun]) -> list[Row]:
    """A row for each run, in their order."""
    return [
        Row(
            block=str(run.block),
            intensity=f"{format_number(run.intensity_flop_per_byte)} FLOP/B",
            predicted=format_rate(run.predicted_flop_per_s, "FLOP/s"),
            measured=format_rate(run.flop_per_s, "FLOP/s"),
            ratio=f"{run.ratio:.2f}",
            read=format_bytes(run.read_bytes),
            waited=f"{100 * run.waited_s / run.time_s:.0f} %",
        )
        for run in runs
    ]


def table_rows(runs: Sequence[OutOfCoreRun]) -> list[dict[str, str]]:
    """The same for a table with its heads."""
    heads = ("Block of c", "Intensity", "Predicted", "Measured", "Measured / predicted", "Read", "Waited")
    return [dict(zip(heads, astuple(row), strict=True)) for row in rows(runs)]


def agrees(run: OutOfCoreRun) -> bool:
    """Whether the predicted rate is within AGREES of the measured one."""
    return abs(run.ratio - 1) <= AGREES


def together(runs: Sequence[OutOfCoreRun]) -> list[OutOfCoreRun]:
    """The newest run and those of the same job, by rising block: one product, one disk as measured once."""
    newest = max(runs, key=lambda run: run.created, default=None)
    return sorted((run for run in runs if newest and run.disk_id == newest.disk_id), key=lambda run: run.block)


def roof_under(run: OutOfCoreRun) -> list[tuple[int, float]]:
    """(block, FLOP/s that reading alone allows) for blocks from one tile to the best."""
    best = Plan(run.tile, run.size // run.tile, run.best_block // run.tile, ITEM_BYTES[run.dtype])
    plans = [best.with_block(run.tile * side) for side in range(1, best.side + 1)]
    disk = (run.disk_read_byte_per_s, run.disk_write_byte_per_s, run.disk_latency_s)
    return [(plan.block, plan.flop / foreseen(plan, run.library_flop_per_s, *disk).read_s) for plan in plans]


def reading(runs: Sequence[OutOfCoreRun]) -> str:
    """One sentence on the runs of one job: what a wrong block costs, or what held the only one back."""
    return cost_of_a_wrong_block(runs) or "".join(held_back(run) for run in runs[:1])


def alt(runs: Sequence[OutOfCoreRun]) -> str:
    """The picture for the ear."""
    each = "; ".join(
        f"block {row.block}: predicted {row.predicted}, measured {row.measured}" for row in rows(runs)
    )
    return f"Rate of a product on the disk against its block. {each}."


def held_back(run: OutOfCoreRun) -> str:
    """One sentence: what the time of one run went to."""
    waited, total = run.waited_s / run.time_s, format_time(run.time_s)
    if waited >= WAITED:
        return (
            f"With a block of {run.block} the product took {total}, and for {100 * waited:.0f} % of it nothing "
            f"was multiplied, as the next tiles had not come from the disk: {format_bytes(run.read_bytes)} "
            f"were read at {format_rate(run.read_bytes / max(run.read_s, 1e-9), 'B/s')}."
        )
    if run.write_s / run.time_s >= WAITED:
        return (
            f"With a block of {run.block} the product took {total}, {format_time(run.write_s)} of it for "
            "writing finished blocks, while nothing was multiplied."
        )
    return (
        f"With a block of {run.block} the product took {total} and waited for the disk for "
        f"{100 * waited:.0f} % of it: reading {format_bytes(run.read_bytes)} hid behind the multiplications."
    )


def disturbed(runs: Sequence[OutOfCoreRun]) -> str:
    """One sentence where others had processors that a run wanted: its time then says less; empty for none."""
    held = [run for run in runs if run.disturbed_reason]
    if not held:
        return ""
    worst = max(held, key=lambda run: run.kept_off or 0.0)
    return (
        f"DISTURBED: with a block of {worst.block} threads wanted a processor that others had for "
        f"{100 * (worst.kept_off or 0):.0f} % of the time, so what was predicted without them does not hold."
    )


def cost_of_a_wrong_block(runs: Sequence[OutOfCoreRun]) -> str:
    """One sentence on the smallest block beside the best; empty for one block, or where others disturbed."""
    best = max(runs, key=lambda run: run.block, default=None)
    worst = min(runs, key=lambda run: run.block, default=None)
    if best is None or worst is None or best.block == worst.block:
        return ""
    if best.disturbed_reason or worst.disturbed_reason:
        return ""
    read, took = worst.read_bytes / best.read_bytes, worst.time_s / best.time_s
    return (
        f"A block of {worst.block} in place of {best.block} reads {format_number(read)} times as much and "
        f"takes {format_number(took)} times as long."
    )


def prediction(run: OutOfCoreRun) -> str:
    """One sentence: what was predicted before the run, and from what."""
    slower = "the multiplications" if run.bound_by == COMPUTE else "the disk"
    longer_s = run.read_bytes * run.read_cost_s_per_byte
    longer = f", and {format_time(longer_s)} longer for reading meanwhile" if longer_s else ""
    return (
        f"Predicted {format_time(run.predicted_s)}: {format_time(run.predicted_multiply_s)} of multiplications "
        f"(at {format_rate(run.library_flop_per_s, 'FLOP/s')} on tiles in memory{longer}), beside "
        f"{format_time(run.predicted_read_s)} of reading at {format_rate(run.disk_read_byte_per_s, 'B/s')}, "
        f"so {slower} would decide, and then {format_time(run.predicted_write_s)} of writing; measured "
        f"{format_time(run.time_s)}."
    )


def memory_said(run: OutOfCoreRun) -> str:
    """What was in memory, what held the process to it, and what the page cache served."""
    grown = "" if run.grown_bytes is None else f", and the process grew by {format_bytes(run.grown_bytes)}"
    by = "the system held it to that" if run.limited else "only its own tiles were counted"
    return (
        f"Three matrices of {format_bytes(run.matrix_bytes)} each, {format_bytes(run.memory_bytes)} of memory: "
        f"tiles took {format_bytes(run.room_bytes)}{grown}; {by}."
    )


def disk_said(run: OutOfCoreRun) -> str:
    """How the page cache was kept out, and what Linux counted from the device."""
    said = f"The files were read {WAYS.get(run.way, run.way)}"
    if run.device_read_bytes is None or not run.read_bytes:
        return f"{said}."
    share = 100 * run.device_read_bytes / run.read_bytes
    return f"{said}: {share:.0f} % of {format_bytes(run.read_bytes)} came from the device."
