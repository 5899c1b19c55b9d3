"""An event: a problem, its sizes, a division and a curve, as data. A file in TOML makes a new one."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model import Shape

SPEED, MISSES = KINDS = ("speed", "misses")
ONE_THREAD, ALL_THREADS, OPEN = DIVISIONS = ("one", "all", "open")
"""No library on one thread; no library on all threads; anything that is installed."""
MOST_CODE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Band(PlainData):
    """Where a drawn size lies: each length of `shape`, up to `spread` of it more or less."""

    shape: Shape
    spread: float = 0.05


@dataclass(frozen=True, slots=True)
class CurvePoint(PlainData):
    """Where the instructor's curve bends: a score, or that of a baseline in the same job, and its points."""

    points: float
    score: float | None = None
    kernel: str = ""


@dataclass(frozen=True, slots=True)
class PrintedCache(PlainData):
    """The cache of a misses event."""

    size_bytes: int
    ways: int
    line_bytes: int


@dataclass(frozen=True, slots=True)
class Event(PlainData):
    """What stands in an event file, checked."""

    name: str
    title: str
    kind: str
    """One of KINDS."""
    workload: str
    dtype: str
    division: str
    """One of DIVISIONS; a misses event has "one"."""
    shapes: tuple[Shape, ...]
    """The printed sizes: seven or more, odd ones and such that are not square among them."""
    drawn: tuple[Band, ...] = ()
    """The sizes that each judging draws anew by a seed that its verdict reveals."""
    baselines: tuple[str, ...] = ()
    """Ids of the rungs that run in turns with every submission."""
    curve: tuple[CurvePoint, ...] = ()
    deadline: str = ""
    """ISO 8601, UTC; empty where it stays open."""
    floor: float = 1e-4
    """The least that the score of one size counts, so that no size drives the mean to nothing."""
    tries_per_hour: int = 30
    cache: PrintedCache | None = None
    text: str = ""
    """What the statement says beside what follows from the workload."""
