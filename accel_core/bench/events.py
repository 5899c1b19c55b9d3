"""What a long job says while it runs: plain dicts, one JSON line each where they cross a process border."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.cache.results import Simulation
from accel_core.codec import kinds
from accel_core.model import (
    BlockRun,
    Case,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Disk,
    Latency,
    Measurement,
    OutOfCoreRun,
    Refusal,
    Trial,
    Verdict,
    chosen,
)
from accel_core.model.tuning import Tuning
from accel_core.race import Calibration
from accel_core.units import format_count

Event = dict[str, Any]
Emit = Callable[[Event], None]
Result = (
    Measurement
    | Refusal
    | Comparison
    | Ceiling
    | Latency
    | CurvePoint
    | Clock
    | Simulation
    | Calibration
    | Tuning
    | Trial
    | BlockRun
    | Verdict
    | Disk
    | OutOfCoreRun
)
RESULT_TYPES: dict[str, type[Result]] = kinds(Result)
"""The `type` of a result event and the class that reads its `data`."""


def ignore(event: Event) -> None:
    """An `emit` for those who do not listen."""


def step_event(name: str, done: int, total: int, expected_s: float | None) -> Event:
    """A step begins; `expected_s` is what is still expected for the whole job, None where unknown."""
    return {"event": "step", "name": name, "done": done, "total": total, "expected_s": expected_s}


def result_event(result: Result) -> Event:
    """The event that tells `result`."""
    return {"event": "result", "type": result.called(), "data": result.to_dict()}


def warning_event(message: str) -> Event:
    """The event that tells a warning's sentence."""
    return {"event": "warning", "message": message}


def label(case: Case) -> str:
    """A case in a line of progress: `matmul/numpy_tiled N=512 block=64`; 0 means derived."""
    words = [case.kernel, f"N={case.size}"]
    if case.shape:
        words[1] = "x".join(map(str, case.shape))
    words += [f"{name}={value}" for name, value in sorted(chosen(case.parameters).items())]
    if case.threads > 1:
        words.append(format_count(case.threads, "thread"))
    return " ".join(words)
