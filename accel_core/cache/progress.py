"""How far a simulation is, told to those who listen; who listens may also end it, by an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.cache.stream.traversal import Traversal

Emit = Callable[[dict[str, Any]], None]
PART = 4_000_000
"""Accesses between two events: about a tenth of a second."""


def ignore(event: dict[str, Any]) -> None:
    """An `emit` for those who do not listen."""


def step_event(traversal: Traversal, done: int, total: int, expected_s: float | None = None) -> dict[str, Any]:
    """The step event of a job, `done` of `total` accesses being simulated; it counts in parts."""
    name = f"simulating {traversal.order}, {done / total:.0%} of {total:,} accesses"
    parts = -(-total // PART)
    return {
        "event": "step",
        "name": name,
        "done": parts if done >= total else done // PART,
        "total": parts,
        "expected_s": expected_s,
    }
