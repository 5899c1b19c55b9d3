"""What is often said of fusion, beside what the rungs of a chain measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import Measurement, Workload
from accel_core.readings.fusion_steps import (
    ARRAYS,
    CORE,
    PASSES,
    SAME_ARRAYS,
    Step,
    arrays_text,
    fusion_steps,
)
from accel_core.readings.ladder import as_clause
from accel_core.readings.ratios import EVEN, ratio_text
from accel_core.units import format_number, format_time


@dataclass(frozen=True, slots=True)
class Claim:
    """What is often said, and what was measured about it here."""

    said: str
    measured: str
    holds: bool


def fusion_claims(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> list[Claim]:
    """Folklore about fusion beside what these measurements say; a claim without its measurement is left out."""
    steps = fusion_steps(workload, measurements, elsewhere)
    found = (_fused_expression(steps), _memory_decides(steps), _one_pass_wins(steps), _so_many_times(steps))
    return [claim for claim in found if claim is not None]


def _fused_expression(steps: Sequence[Step]) -> Claim | None:
    """Of the last rung whose result NumPy allocates."""
    written = [step for step in steps if step.kernel.family == "numpy" and not step.kernel.writes_out]
    if not written or (step := written[-1]).arrays is None:
        return None
    return Claim(
        "A NumPy expression is fused and allocates nothing.",
        f"One call allocates {arrays_text(step)} at its peak ({step.kernel.title}).",
        step.arrays < SAME_ARRAYS,
    )


def _memory_decides(steps: Sequence[Step]) -> Claim | None:
    """The change after which no array is made, against the best of the others that no thread brought.

    What only takes away again what the change before it brought is none of them.
    """
    changes = [(step.gain, step) for step in steps if step.gain is not None and step.takes not in ("", CORE)]
    place = next((pair for pair in changes if pair[1].takes == ARRAYS and not pair[1].kernel.arrays), None)
    others = [(gain, step) for gain, step in changes if not (step.before and step.before.kernel.brings)]
    other = max((pair for pair in others if pair != place), key=lambda pair: pair[0], default=None)
    if place is None or other is None:
        return None
    return Claim(
        "NumPy code is slow because of its temporary arrays.",
        f"Without new arrays: {_plain(place[0])}. The best other change: {_plain(other[0])} "
        f"({other[1].kernel.removes or as_clause(other[1].kernel.idea)}).",
        place[0] > max(other[0], 1 + EVEN),
    )


def _one_pass_wins(steps: Sequence[Step]) -> Claim | None:
    step = next((step for step in steps if step.takes == PASSES), None)
    if step is None or step.before is None or step.gain is None:
        return None
    times = f"{format_time(step.before.measured.time_s.median)} to {format_time(step.measured.time_s.median)}"
    return Claim(
        "A fused loop, compiled, beats NumPy's many passes.",
        f"{step.kernel.title}: {ratio_text(step.gain)} {step.before.kernel.title} ({times}).",
        step.gain > 1 + EVEN,
    )


def _so_many_times(steps: Sequence[Step]) -> Claim | None:
    """Of the first change that makes fewer arrays, and still some."""
    step = next((step for step in steps if step.takes == ARRAYS and step.kernel.arrays), None)
    if step is None or step.gain is None or step.before is None or not step.arrays or not step.before.arrays:
        return None
    fewer = step.before.arrays / step.arrays
    if fewer <= 1 + EVEN:
        return None
    return Claim(
        "So many times fewer arrays make it so many times faster.",
        f"{format_number(fewer, 2)} times fewer ({arrays_text(step.before)} to {arrays_text(step)}): "
        f"{_plain(step.gain)}.",
        step.gain > fewer * 0.8,
    )


def _plain(gain: float) -> str:
    return ratio_text(gain).rpartition(" ")[0]
