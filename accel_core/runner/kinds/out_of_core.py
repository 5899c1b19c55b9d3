"""Multiply two matrices that lie on a disk in less memory than they take: predicted, run and checked.

| key | meaning |
|---|---|
| `memory_bytes` | of the tiles that are in memory; left out: USUAL_BYTES |
| `size` | side of the matrices, rounded up to whole tiles; left out: the three take four times the memory |
| `folder` | where the matrices lie, on the computer that measures |
| `dtype` | left out: float32 |
| `threads` | left out: one for each processor |
| `blocks` | sides of the blocks of c to run with; left out: the best for the memory, and half of it |
| `budget_s` | for measuring the disk |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.machine import available_memory_bytes
from accel_core.model import ITEM_BYTES, Machine, require_dtype
from accel_core.roofline.streamed import Plan, least_size
from accel_core.runner.kinds.kind import COMPILE_S, Emit, JobData, JobKind, Parts, entries, seconds
from accel_core.units import format_bytes

if TYPE_CHECKING:
    from accel_core.out_of_core.planning import Asked
    from accel_core.runner.known import Known

USUAL_BYTES = 256 << 20
DISK_S = 6.0
MOST_SIZE = 1 << 20
MOST_BLOCKS = 8
FLOP_PER_S, BYTES_PER_S, MADE_PER_S = 5e10, 1e9, 1e8
"""Of one core, of a disk, and numbers that are made and checked: orders of magnitude."""
SLOWEST = 20
"""How many times as long a slow host takes."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    from accel_core.disk.room import check_folder
    from accel_core.out_of_core.planning import TIMES, planned, require_room

    dtype = job.get("dtype", "float32")
    require_dtype(dtype)
    threads, most = job.get("threads", machine.cores.allowed), machine.cores.allowed
    if not is_whole(threads, 1, most):
        raise BadInput(f"{quoted(threads)} threads cannot be measured: use a whole number from 1 to {most}.")
    memory_bytes = _whole(job, "memory_bytes", USUAL_BYTES, 1 << 50)
    free = available_memory_bytes()
    if memory_bytes > free:
        raise BadInput(
            f"A memory of {format_bytes(memory_bytes)} is more than the {format_bytes(free)} that are free: "
            "give less."
        )
    size = _whole(job, "size", least_size(memory_bytes, ITEM_BYTES[dtype], TIMES), MOST_SIZE)
    path = check_folder(job.get("folder"))
    plan = planned(size, memory_bytes, dtype, threads)
    require_room(plan, path)
    budget_s = seconds(job, "budget_s", DISK_S)
    data = {
        "memory_bytes": memory_bytes,
        "size": plan.size,
        "folder": str(path),
        "dtype": dtype,
        "threads": threads,
        "blocks": _blocks(job, plan),
        "budget_s": budget_s,
    }
    return data, COMPILE_S + 5 * budget_s + SLOWEST * sum(_steps_s(data))


def _whole(job: JobData, key: str, default: int, most: int) -> int:
    given = job.get(key)
    if given is None:
        return default
    if not is_whole(given, 1, most):
        raise BadInput(f"{key} is {quoted(given)}: give a whole number from 1 to {most}.")
    return int(given)


def _blocks(job: JobData, plan: Plan) -> list[int]:
    """The sides asked for, each as many whole tiles as fit; else the best one and half of it."""
    asked = entries(job, "blocks", [plan.block, max(plan.block // 2, plan.tile)])
    if len(asked) > MOST_BLOCKS:
        raise BadInput(f"{len(asked)} blocks are too many for one run: give up to {MOST_BLOCKS}.")
    for block in asked:
        if not is_whole(block, plan.tile, plan.block):
            raise BadInput(
                f"The block {quoted(block)} cannot be run: with this memory a whole number from {plan.tile} "
                f"(one tile) to {plan.block} (the best one) is possible."
            )
    return list(dict.fromkeys(plan.with_block(block).evened().block for block in asked))


def _asked(data: JobData) -> Asked:
    from accel_core.out_of_core.planning import Asked, planned

    plan = planned(data["size"], data["memory_bytes"], data["dtype"], data["threads"])
    return Asked(plan, tuple(data["blocks"]), data["memory_bytes"], data["dtype"], Path(data["folder"]))


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.disk.measuring import measure_disk
    from accel_core.out_of_core.running import measure_out_of_core

    total = 2 + len(job["blocks"])

    def in_one_step(event: dict[str, Any]) -> None:
        emit(event | {"done": 0, "total": total} if event["event"] == "step" else event)

    def after_it(event: dict[str, Any]) -> None:
        emit(event | {"done": event["done"] + 1, "total": total} if event["event"] == "step" else event)

    disk = measure_disk(machine, job["folder"], budget_s=job["budget_s"], emit=in_one_step)
    measure_out_of_core(_asked(job), disk, machine, after_it)


def _steps_s(data: JobData) -> list[float]:
    """The disk, the matrices, and each product with its check; as on a core and a disk of the usual pace."""
    plan = _asked(data).plan
    made_s = 2 * plan.size**2 / MADE_PER_S
    matrices_s = made_s + 3 * plan.matrix_bytes / BYTES_PER_S
    return [data["budget_s"], matrices_s, *(_product_s(plan.with_block(one)) for one in data["blocks"])]


def _product_s(plan: Plan) -> float:
    moved_s = (plan.read_bytes + 2 * plan.write_bytes) / BYTES_PER_S
    return max(plan.flop / (FLOP_PER_S * plan.threads), moved_s) + plan.size**2 / MADE_PER_S


def _foresee(data: JobData, known: Known) -> Parts:
    steps_s = _steps_s(data)
    return steps_s, [0.0] * len(steps_s)


KIND = JobKind(
    "out_of_core",
    ("memory_bytes", "size", "folder", "dtype", "threads", "blocks"),
    _check,
    _run,
    _foresee,
    lambda data: int(data["threads"]),
)
