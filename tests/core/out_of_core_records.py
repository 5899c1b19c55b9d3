"""A product on a disk as it may have been run, for tests of what is made of it."""

from __future__ import annotations

from typing import Any

from figure_records import ENVIRONMENT

from accel_core.model import OutOfCoreRun
from accel_core.roofline.streamed import Plan, foreseen, share_of_bound


def a_run(
    block: int = 1024, *, library: float = 1e11, read: float = 1e9, slower: float = 1.0, **extra: Any
) -> OutOfCoreRun:
    """8192 in float32 with 16 MiB, tiles of 128, and `slower` times the predicted time."""
    plan = Plan(128, 64, block // 128, 4)
    said = foreseen(plan, library, read, read)
    plain = {
        "size": plan.size,
        "dtype": "float32",
        "threads": 2,
        "tile": 128,
        "block": plan.block,
        "best_block": 1024,
        "memory_bytes": 16 << 20,
        "room_bytes": plan.memory_bytes,
        "limited": True,
        "grown_bytes": 12 << 20,
        "matrix_bytes": plan.matrix_bytes,
        "disk_id": "1",
        "folder": "/data",
        "way": "direct",
        "library_flop_per_s": library,
        "disk_read_byte_per_s": read,
        "disk_write_byte_per_s": read,
        "disk_latency_s": 0.0,
        "predicted_multiply_s": said.multiply_s,
        "predicted_read_s": said.read_s,
        "predicted_write_s": said.write_s,
        "predicted_s": said.total_s,
        "bound_by": said.bound_by,
        "share_of_bound": share_of_bound(plan, 16 << 20),
        "time_s": slower * said.total_s,
        "multiply_s": said.multiply_s,
        "waited_s": max(said.read_s - said.multiply_s, 0.0),
        "read_s": said.read_s,
        "write_s": said.write_s,
        "read_bytes": plan.read_bytes,
        "write_bytes": plan.write_bytes,
        "device_read_bytes": plan.read_bytes,
        "share_of_allowed": 0.05,
        "kept_off": 0.01,
        "fingerprint": "f",
        "environment": ENVIRONMENT,
        "created": "2026-11-28T08:00:00+00:00",
        "id": f"run {block}",
    }
    return OutOfCoreRun(**plain | extra)
