"""The curve: bandwidth and latency of one thread at each working set, by which the caches show their ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from accel_core.model import DRAM, DTYPES, NEAREST, CurvePoint, Machine, RateSeries
from accel_core.peaks import tasks
from accel_core.peaks.memory import Arena, build_ring, curve_bytes, line_bytes, place
from accel_core.peaks.places import Conveyor, Stretch
from accel_core.peaks.plan import warmer, widths
from accel_core.peaks.task import Task
from accel_core.peaks.team import Team
from accel_core.stats import inverse, median_interval

PASSES = 2
"""Through all working sets, upwards and then downwards: what changes on the machine meets the ends alike."""
SAMPLES = 3
"""Of each point in a pass."""
_TRY_S = 6e-4
_SWEPT_BYTES = 16 << 20
"""Up to here a try is whole passes; of a larger working set it is a piece, and the next try goes on there."""
_WARMED_BYTES = 128 << 20
"""A larger working set is in no cache but the largest, and there as far as the writing of its ring left it."""


@dataclass
class Point:
    """One working set and its samples so far: byte/s, and loads/s of the chase."""

    size_bytes: int
    bandwidth: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    bandwidth_series: list[RateSeries] = field(default_factory=list)
    loads_series: list[RateSeries] = field(default_factory=list)

    def result(self) -> CurvePoint:
        """The median of its samples, each the fastest of a few tries (see `tasks`)."""
        speed = median_interval(self.loads)
        return CurvePoint(
            self.size_bytes,
            median_interval(self.bandwidth),
            inverse(speed),
            tuple(self.bandwidth_series),
            tuple(self.loads_series),
        )


@dataclass(frozen=True)
class _Part:
    address: int
    size_bytes: int


def measure_curve(
    machine: Machine,
    arena: Arena,
    one: Team,
    said: Callable[[int, int], None] = lambda done, size_bytes: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[CurvePoint]:
    """The points by rising working set, up to all of the block.

    `said(number of points measured, working set)` is called before each; after the first pass `stop()` may end
    it.
    """
    points = [Point(size) for size in curve_bytes(arena.size_bytes)]
    for turn in range(PASSES):
        for number, point in enumerate(points if turn % 2 == 0 else reversed(points)):
            if turn and stop():
                return [p.result() for p in points]
            said((turn * len(points) + number) // PASSES, point.size_bytes)
            _add_samples(point, machine, arena, one, seed=turn * len(points) + number)
    return [p.result() for p in points]


def _add_samples(point: Point, machine: Machine, arena: Arena, one: Team, seed: int) -> None:
    width, line = widths(machine)[0], line_bytes(machine, NEAREST)
    ring = build_ring(arena, 0, point.size_bytes, line, seed)
    address = place(arena, 0, point.size_bytes)
    chase = tasks.latency_task(one, DRAM, ring, line)
    loads = _loads(one, width, _Part(address, point.size_bytes))
    if point.size_bytes <= _WARMED_BYTES:
        warmer(one, width, address, point.size_bytes)()
    for task in (loads, chase):
        task.prepare(_TRY_S)
    for _ in range(SAMPLES):
        loads.sample()
        chase.sample()
    point.bandwidth += loads.rates
    point.loads += chase.rates
    point.bandwidth_series += loads.series(range(SAMPLES))
    point.loads_series += chase.series(range(SAMPLES))


def _loads(one: Team, width: int, part: _Part) -> Task:
    if part.size_bytes <= _SWEPT_BYTES:
        stretch = Stretch((part.address,), part.size_bytes)
        return tasks.load_task(one, DRAM, width, DTYPES[0], stretch, "four streams")
    return tasks.far_load_task(one, width, DTYPES[0], Conveyor(part), "four streams")
