"""What the rungs of GELU say on this machine: the takeaway, folklore against measurement, the alt text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import Ceiling, Measurement, Workload
from accel_core.readings.fusion_steps import (
    SAME_ARRAYS,
    Step,
    arrays_text,
    bandwidth,
    bandwidth_text,
    fusion_steps,
    step_text,
)
from accel_core.readings.ratios import EVEN, ratio_text, share_text
from accel_core.readings.roofs import roof_rate
from accel_core.units import format_count, format_number, format_time


@dataclass(frozen=True, slots=True)
class Claim:
    """What is often said, and what was measured about it here."""

    said: str
    measured: str
    holds: bool


def fusion_reading(
    workload: Workload,
    measurements: Sequence[Measurement],
    *,
    roof: Ceiling | None = None,
    elsewhere: Sequence[Measurement] = (),
) -> list[str]:
    """Which cost each change removed, in sentences of the measured numbers alone; `roof` is a copy's."""
    steps = {step.name: step for step in fusion_steps(workload, measurements, elsewhere)}
    if not steps:
        return ["Nothing is timed at these settings yet: time the rungs to see which cost each change removes."]
    found = (_power(steps), _allocation(steps), _passes(steps), _far(steps, roof))
    said = [text for text in found if text]
    disturbed = sum(step.measured.disturbed for step in steps.values())
    if disturbed and said:
        said.append(
            f"{disturbed} of {len(steps)} timings were disturbed: measure again before you trust a ratio."
        )
    return said or ["Time all rungs to see which cost each change removes."]


def _power(steps: Mapping[str, Step]) -> str:
    step = steps.get("expression")
    if step is None or step.gain is None or step.before is None:
        return ""
    before = steps["power_expression"]
    start = f"**x\\*x\\*x instead of x\\*\\*3:** {_ratio(step.gain)}"
    if step.gain < 1 - EVEN:
        return f"{start}: the power was not the cost here."
    if step.gain <= 1 + EVEN:
        return f"{start}: the power costs nothing here."
    if step.arrays is None or before.arrays is None:
        return f"{start}: the power was the cost."
    if abs(step.arrays - before.arrays) < SAME_ARRAYS:
        many = f"with as many arrays ({step.arrays:.3g})"
        return f"{start} {many}: the power was the cost, not the memory."
    return f"{start}, with {arrays_text(step)} instead of {arrays_text(before)}."


def _allocation(steps: Mapping[str, Step]) -> str:
    step = steps.get("in_place")
    if step is None or step.gain is None:
        return ""
    before = steps["expression"]
    part = f"**In place:** {_part(1 / step.gain)} of the time of the expression"
    if step.arrays is not None and before.arrays is not None:
        part += f", with {arrays_text(step)} instead of {arrays_text(before)}"
    if step.gain < 1 - EVEN:
        return f"{part}: writing in place does not pay at this size."
    if step.gain <= 1 + EVEN:
        return f"{part}: new memory costs nothing at this size."
    return f"{part}: the rest was the price of new memory."


def _passes(steps: Mapping[str, Step]) -> str:
    one_pass, fused = steps.get("compiled_tanh"), steps.get("fused")
    if one_pass is None or one_pass.gain is None:
        return ""
    said, _, than = ratio_text(one_pass.gain).rpartition(" ")
    text = f"**One pass alone** is **{said}** {than} NumPy in place"
    if fused is None or fused.gain is None:
        return f"{text}."
    same = fused.gain <= 1 + EVEN
    return f"{text}; with a tanh that works on vectors it is {_ratio(fused.gain)}" + (
        ": the tanh is not the cost here."
        if same
        else ": the tanh was the cost, not the passes."
        if one_pass.gain < 1 - EVEN
        else "."
    )


def _far(steps: Mapping[str, Step], roof: Ceiling | None) -> str:
    """What the fastest rung reaches of a copy, and from where it came."""
    listed = list(steps.values())
    fast = min(reversed(listed), key=lambda s: s.measured.time_s.median)
    slow = max(listed, key=lambda s: s.measured.time_s.median)
    if fast is slow:
        return ""
    gain = slow.measured.time_s.median / fast.measured.time_s.median
    ends = "All changes together" if (slow, fast) == (listed[0], listed[-1]) else "Slowest to fastest rung"
    text = f"**{ends}:** {_ratio(gain)}, to {bandwidth_text(fast.measured)}"
    if roof is None:
        return f"{text}."
    share = bandwidth(fast.measured) / roof.value
    where = (
        f"the {roof.level} {roof.operation} roof ({roof_rate(roof)}, {format_count(roof.threads, 'thread')})"
    )
    if share > 1 + EVEN:
        return f"{text}, above {where}: a cache may hold part of the arrays, or the roof is from a busier time."
    return f"{text}, {share_text(share)} of {where}."


def _ratio(gain: float) -> str:
    return f"**{_plain(gain)}**"


def _plain(gain: float) -> str:
    return ratio_text(gain).rpartition(" ")[0]


def _part(share: float) -> str:
    """ "a third", "a half", else two digits."""
    plain = {"half": 1 / 2, "a third": 1 / 3, "a quarter": 1 / 4, "two thirds": 2 / 3, "a fifth": 1 / 5}
    name = min(plain, key=lambda n: abs(plain[n] - share))
    return f"**{name}**" if abs(plain[name] / share - 1) < 0.06 else f"**{format_number(share, 2)}**"


def fusion_claims(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> list[Claim]:
    """Folklore about fusion beside what these measurements say; a claim without its measurement is left out."""
    steps = {step.name: step for step in fusion_steps(workload, measurements, elsewhere)}
    found = (_fused_expression(steps), _memory_decides(steps), _one_pass_wins(steps), _eightfold(steps))
    return [claim for claim in found if claim is not None]


def _fused_expression(steps: Mapping[str, Step]) -> Claim | None:
    step = steps.get("expression") or steps.get("power_expression")
    if step is None or step.arrays is None:
        return None
    return Claim(
        "A single NumPy expression is fused and allocates nothing.",
        f"One call allocates {arrays_text(step)} at its peak ({step.row.kernel.title}).",
        step.arrays < SAME_ARRAYS,
    )


def _eightfold(steps: Mapping[str, Step]) -> Claim | None:
    one, named = steps.get("power_expression"), steps.get("named_steps")
    if one is None or one.gain is None or named is None or not one.arrays or not named.arrays:
        return None
    fewer = named.arrays / one.arrays
    if fewer <= 1 + EVEN:
        return None
    return Claim(
        "So many times fewer arrays make it so many times faster.",
        f"{format_number(fewer, 2)} times fewer ({arrays_text(named)} to {arrays_text(one)}): "
        f"{_plain(one.gain)}.",
        one.gain > fewer * 0.8,
    )


def _memory_decides(steps: Mapping[str, Step]) -> Claim | None:
    power, place = steps.get("expression"), steps.get("in_place")
    if power is None or place is None or power.gain is None or place.gain is None:
        return None
    return Claim(
        "An elementwise formula is slow because of its temporary arrays.",
        f"Without the power: {_plain(power.gain)}. Without new arrays: {_plain(place.gain)}.",
        place.gain > max(power.gain, 1 + EVEN),
    )


def _one_pass_wins(steps: Mapping[str, Step]) -> Claim | None:
    step = steps.get("compiled_tanh")
    if step is None or step.gain is None:
        return None
    times = f"{format_time(step.before.time_s.median)} to {format_time(step.measured.time_s.median)}"  # type: ignore[union-attr]
    return Claim(
        "A fused loop, compiled, beats NumPy's many passes.",
        f"With the C library's tanh it is {ratio_text(step.gain)} NumPy in place ({times}).",
        step.gain > 1 + EVEN,
    )


def fusion_alt(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> str:
    """Each rung with its time, bandwidth, arrays and change."""
    steps = fusion_steps(workload, measurements, elsewhere)
    if not steps:
        return f"Rungs of {workload.title} with time, bandwidth and arrays: nothing timed yet."
    parts = [
        f"{step.row.number} {step.row.kernel.title}: {format_time(step.measured.time_s.median)}, "
        f"{bandwidth_text(step.measured)}, {arrays_text(step)}"
        + (f" ({step_text(step)})" if step.before is not None else "")
        for step in steps
    ]
    return (
        f"Time, effective bandwidth and arrays allocated of each rung of {workload.title}: {'; '.join(parts)}."
    )
