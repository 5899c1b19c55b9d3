"""What fusion removes, rung by rung: the cost that each change takes away, and whether it paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import Kernel, Measurement, Workload
from accel_core.readings.ladder import Rung, as_clause, change_text, rungs
from accel_core.readings.moved import Moved, counted
from accel_core.units import format_arrays, format_number, format_rate

SAME_ARRAYS = 0.25
"""Memory that differs by less, in arrays, is called as much: a small array's overhead is not an array."""

ARRAYS, PASSES, CORE, ARITHMETIC = "arrays", "passes", "core", "arithmetic"
"""What a change takes away, by the counts that the rungs declare."""


@dataclass(frozen=True)
class Step:
    """A measured rung beside the one that it changes: None where that is not measured or there is none."""

    row: Rung
    measured: Measurement
    before: Step | None
    arrays: float | None
    """Extra memory of one call in arrays of the input's size, as measured; None where it was not."""
    arrays_size: int | None = None
    """The size at which that was measured, where it is another one: long calls are not traced."""
    moved: Moved | None = None
    """What it moves by count; None where nobody counted."""

    @property
    def kernel(self) -> Kernel:
        """The rung."""
        return self.row.kernel

    @property
    def name(self) -> str:
        """The rung's name."""
        return self.kernel.name

    @property
    def takes(self) -> str:
        """What its change takes away; empty where there is none before it, or nobody counted."""
        if self.before is None or self.before.moved is None or self.moved is None:
            return ""
        old, new = self.before.kernel, self.kernel
        if new.threaded and not old.threaded:
            return CORE
        if 2 * self.moved.size_bytes <= self.before.moved.size_bytes:
            return PASSES
        if new.arrays < old.arrays:
            return ARRAYS
        return ARITHMETIC if new.operators else ""

    @property
    def gain(self) -> float | None:
        """How many times the speed of the rung before, by the medians."""
        if self.before is None:
            return None
        return self.before.measured.time_s.median / self.measured.time_s.median


def fusion_steps(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> tuple[Step, ...]:
    """The measured rungs of `workload` in the order of the ladder, each beside the one that it changes.

    `elsewhere` are measurements at other sizes: from them comes the memory of a call too long to be traced.
    """
    steps: dict[str, Step] = {}
    counts = counted([workload], measurements)
    for row in rungs(workload, measurements, ()):
        if row.measured is None:
            continue
        named = workload.before(row.kernel)
        before = steps.get(named.name) if named else None
        moved = counts.get(row.measured.id)
        steps[row.kernel.name] = Step(row, row.measured, before, *_memory(row.measured, elsewhere), moved)
    return tuple(steps.values())


def _memory(m: Measurement, elsewhere: Sequence[Measurement]) -> tuple[float | None, int | None]:
    """The arrays of a call, and the size where they were seen if that is another: the largest on record."""
    if (own := arrays_of(m)) is not None:
        return own, None
    alike = [
        other
        for other in elsewhere
        if (other.kernel, other.dtype) == (m.kernel, m.dtype) and other.peak_alloc_bytes is not None
    ]
    seen = max(alike, key=lambda other: other.size, default=None)
    if seen is None:
        return None, None
    return arrays_of(seen), seen.size if seen.size != m.size else None


def arrays_of(m: Measurement) -> float | None:
    """Extra memory of one call in arrays of the input's size, as measured; None where it was not."""
    from accel_core.registry import extra_arrays  # not needed by the first page, which waits for nothing

    return extra_arrays(m)


def arrays_text(step: Step) -> str:
    """ "3 arrays", "no array", "8 arrays at N=512"; what nobody measured says so."""
    if step.arrays is None:
        return "not measured"
    text = "no array" if step.arrays < SAME_ARRAYS else format_arrays(step.arrays)
    return text if step.arrays_size is None else f"{text} at N={step.arrays_size}"


def bandwidth(m: Measurement) -> float:
    """Effective byte/s: the least bytes (inputs read once, result written once) over the median time."""
    return m.least_bytes / m.time_s.median


def bandwidth_text(m: Measurement) -> str:
    """Rates under 1 GB/s stay in GB/s, so that rungs compare at a glance."""
    rate = bandwidth(m)
    return format_rate(rate, "B/s") if rate >= 1e9 else f"{format_number(rate / 1e9, 2)} GB/s"


def step_text(step: Step) -> str:
    """What a change gained and what it removed; without the rung before it, what it is."""
    if step.before is None or step.gain is None:
        return as_clause(step.kernel.idea)
    number = step.before.row.number
    return change_text(step.kernel, step.gain, "" if number == step.row.number - 1 else f"rung {number}")
