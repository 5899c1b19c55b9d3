"""What the rungs of a chain say on this machine: which cost each change removed, and the alt text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from accel_core.model import Ceiling, Measurement, Workload
from accel_core.readings.fusion_steps import (
    ARITHMETIC,
    ARRAYS,
    PASSES,
    SAME_ARRAYS,
    Step,
    arrays_text,
    bandwidth,
    bandwidth_text,
    fusion_steps,
    step_text,
)
from accel_core.readings.ladder import as_clause
from accel_core.readings.ratios import EVEN, ratio_text, share_text
from accel_core.readings.roofs import roof_rate
from accel_core.units import format_bytes, format_count, format_number, format_time


def fusion_reading(
    workload: Workload,
    measurements: Sequence[Measurement],
    *,
    roof: Ceiling | None = None,
    elsewhere: Sequence[Measurement] = (),
) -> list[str]:
    """Which cost each change removed, in sentences of the measured numbers alone; `roof` is a copy's."""
    steps = fusion_steps(workload, measurements, elsewhere)
    if not steps:
        return ["Nothing is timed at these settings yet: time the rungs to see which cost each change removes."]
    said = [text for step in steps if (text := _change(step, steps))]
    if far := _far(steps, roof):
        said.append(far)
    disturbed = sum(step.measured.disturbed for step in steps)
    if disturbed and said:
        said.append(
            f"{disturbed} of {len(steps)} timings were disturbed: measure again before you trust a ratio."
        )
    return said or ["Time all rungs to see which cost each change removes."]


def _change(step: Step, steps: Sequence[Step]) -> str:
    """What the change brought; empty where another sentence or the picture says it."""
    if step.before is None or step.gain is None or _undoes(step):
        return ""
    if step.takes == PASSES:
        undoing = next((later for later in steps if later.before is step and _undoes(later)), None)
        return _passes(step, step.before, step.gain, undoing)
    say: dict[str, Callable[[Step, Step, float], str]] = {ARITHMETIC: _arithmetic, ARRAYS: _allocation}
    if step.takes in say:
        return say[step.takes](step, step.before, step.gain)
    return "" if step.takes or step.kernel.operators else f"{_label(step)} {_ratio(step.gain)}."


def _undoes(step: Step) -> bool:
    """Whether the change takes away again what the one before it brought."""
    return step.takes == ARITHMETIC and step.before is not None and bool(step.before.kernel.brings)


def _arithmetic(step: Step, before: Step, gain: float) -> str:
    start = f"{_label(step)} {_ratio(gain)}"
    if gain < 1 - EVEN:
        return f"{start}: that arithmetic was not the cost here."
    if gain <= 1 + EVEN:
        return f"{start}: that arithmetic costs nothing here."
    if step.arrays is None or before.arrays is None:
        return f"{start}: the arithmetic was the cost."
    if abs(step.arrays - before.arrays) < SAME_ARRAYS:
        many = f"with as many arrays ({step.arrays:.3g})"
        return f"{start} {many}: the arithmetic was the cost, not the memory."
    return f"{start}, with {arrays_text(step)} instead of {arrays_text(before)}."


def _allocation(step: Step, before: Step, gain: float) -> str:
    """Of a change after which no array is made any more; that fewer are made is a claim's matter."""
    if step.kernel.arrays:
        return ""
    part = f"{_label(step)} {_part(1 / gain)} of the time of {_title(before)}"
    if step.arrays is not None and before.arrays is not None:
        part += f", with {arrays_text(step)} instead of {arrays_text(before)}"
    if gain < 1 - EVEN:
        return f"{part}: writing in place does not pay at this size."
    if gain <= 1 + EVEN:
        return f"{part}: new memory costs nothing at this size."
    fewer = len(before.kernel.operators) - len(step.kernel.operators)
    more = f" and of {fewer} more pass{'' if fewer == 1 else 'es'}" if fewer > 0 else ""
    return f"{part}: the rest was the price of new memory{more}."


def _passes(step: Step, before: Step, gain: float, undoing: Step | None) -> str:
    """Of a change to fewer passes, with the one that takes away what it brought along."""
    said, _, than = ratio_text(gain).rpartition(" ")
    moved = f"with {_to_move(step, before)}"
    text = f"{_label(step)} **{said}** {than} {_title(before)}, {moved}"
    slower = gain < 1 - EVEN and bool(step.kernel.brings)
    if slower:
        text += f", but {step.kernel.brings}"
    if undoing is not None and undoing.gain is not None:
        text += f"; {'without that' if slower else undoing.kernel.removes}: {_ratio(undoing.gain)}"
        if undoing.gain <= 1 + EVEN:
            return f"{text}, so that is not the cost here."
        return f"{text}, so that was the cost, not the passes." if gain < 1 - EVEN else f"{text}."
    if gain < 1 - EVEN:
        return f"{text}: the passes were not the cost here."
    if gain <= 1 + EVEN:
        return f"{text}: the passes cost nothing here."
    fewer = before.moved.size_bytes / step.moved.size_bytes if before.moved and step.moved else 1.0
    more = gain > fewer * (1 + EVEN)
    return f"{text}: more than fewer bytes alone explain." if more else f"{text}."


def _to_move(step: Step, before: Step) -> str:
    """ "2 arrays to move instead of 20"; in bytes where those are counted, not whole arrays."""
    if step.kernel.operators or step.moved is None or before.moved is None:
        return f"{step.kernel.moved} arrays to move instead of {before.kernel.moved}"
    less, more = (format_bytes(one.moved.size_bytes) for one in (step, before) if one.moved)
    return f"{less} to move instead of {more}"


def _far(steps: Sequence[Step], roof: Ceiling | None) -> str:
    """What the fastest rung reaches of a copy, and from where it came."""
    fast = min(reversed(steps), key=lambda s: s.measured.time_s.median)
    slow = max(steps, key=lambda s: s.measured.time_s.median)
    if fast is slow:
        return ""
    gain = slow.measured.time_s.median / fast.measured.time_s.median
    ends = "All changes together" if (slow, fast) == (steps[0], steps[-1]) else "Slowest to fastest rung"
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


def _label(step: Step) -> str:
    """ "**The power is gone:**"."""
    clause = step.kernel.removes or as_clause(step.kernel.idea)
    return f"**{clause[:1].upper()}{clause[1:]}:**"


def _title(step: Step) -> str:
    """The rung's title, whose asterisks Markdown leaves alone."""
    return step.kernel.title.replace("*", r"\*")


def _ratio(gain: float) -> str:
    return f"**{ratio_text(gain).rpartition(' ')[0]}**"


def _part(share: float) -> str:
    """ "a third", "a half", else two digits."""
    plain = {"half": 1 / 2, "a third": 1 / 3, "a quarter": 1 / 4, "two thirds": 2 / 3, "a fifth": 1 / 5}
    name = min(plain, key=lambda n: abs(plain[n] - share))
    return f"**{name}**" if abs(plain[name] / share - 1) < 0.06 else f"**{format_number(share, 2)}**"


def fusion_alt(
    workload: Workload, measurements: Sequence[Measurement], elsewhere: Sequence[Measurement] = ()
) -> str:
    """Each rung with its time, bandwidth, arrays and change."""
    steps = fusion_steps(workload, measurements, elsewhere)
    if not steps:
        return f"Rungs of {workload.title} with time, bandwidth and arrays: nothing timed yet."
    parts = [
        f"{step.row.number} {step.kernel.title}: {format_time(step.measured.time_s.median)}, "
        f"{bandwidth_text(step.measured)}, {arrays_text(step)}"
        + (f" ({step_text(step)})" if step.before is not None else "")
        for step in steps
    ]
    return (
        f"Time, effective bandwidth and arrays allocated of each rung of {workload.title}: {'; '.join(parts)}."
    )
