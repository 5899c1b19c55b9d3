"""What may be asked of a product on the disk, and what it is cut into."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import BadInput
from accel_core.model import ITEM_BYTES
from accel_core.roofline.streamed import Plan, best_plan
from accel_core.units import format_bytes

TIMES = 4
"""The three matrices take so many times the memory where no size is asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run."""

    plan: Plan
    """With the best block."""
    blocks: tuple[int, ...]
    """Sides of the blocks to run with, in elements."""
    memory_bytes: int
    dtype: str
    folder: Path


def planned(size: int, memory_bytes: int, dtype: str, threads: int) -> Plan:
    """The plan with the best block; BadInput where the memory holds none, or holds the three matrices."""
    plan = best_plan(size, memory_bytes, ITEM_BYTES[dtype], threads)
    if plan.side < 1:
        raise BadInput(
            f"A memory of {format_bytes(memory_bytes)} does not hold a tile and those that are read meanwhile: "
            f"give {format_bytes(Plan(plan.tile, 1, 1, plan.itemsize, threads).memory_bytes)} or more."
        )
    if 3 * plan.matrix_bytes <= memory_bytes:
        raise BadInput(
            f"Three matrices of {plan.size} fit in {format_bytes(memory_bytes)}, so nothing is out of core: "
            "give a larger size or less memory."
        )
    return plan


def require_room(plan: Plan, folder: Path) -> None:
    """BadInput where the three files do not fit below `folder`."""
    free, needed = shutil.disk_usage(folder).free, 3 * plan.matrix_bytes
    if free < needed:
        raise BadInput(
            f"The three matrices take {format_bytes(needed)}, and {folder} has {format_bytes(free)} free: "
            "choose a smaller size, or another folder with --folder."
        )
