"""What a ladder says: its rows, of rungs that were measured or refused, and which change gained most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import Ceiling, Kernel, Measurement, Refusal, Workload
from accel_core.readings.ratios import EVEN, FLAT, is_even, ratio_text, share_text, times
from accel_core.readings.rungs import newest, steps
from accel_core.units import format_rate, format_ratio


@dataclass(frozen=True)
class Rung:
    """One row: what was measured or refused, and what it changed. Rates in FLOP/s; None where unknown."""

    number: int
    kernel: Kernel
    measured: Measurement | None
    refused: Refusal | None
    rate: float | None

    @property
    def extrapolated(self) -> bool:
        """Whether its rate was worked out from another size."""
        return self.measured is None and self.rate is not None

    @property
    def disturbed(self) -> bool:
        """Whether something else ran while it was measured."""
        return self.measured is not None and self.measured.disturbed


def rungs(
    workload: Workload, measurements: Sequence[Measurement], refusals: Sequence[Refusal]
) -> tuple[Rung, ...]:
    """The rungs of `workload` that were measured or refused, in the order of the ladder."""
    measured = newest(measurements)
    refused = {r.case.kernel: r for r in refusals}
    found = []
    for number, kernel in enumerate(workload.kernels, 1):
        m, r = measured.get(kernel.id), refused.get(kernel.id)
        if m is not None:
            found.append(Rung(number, kernel, m, None, m.flop_per_s))
        elif r is not None:
            shape = r.case.shape or workload.shape(r.case.size)
            rate = workload.flop(shape) / r.extrapolated_s if r.extrapolated_s else None
            found.append(Rung(number, kernel, None, r, rate))
    return tuple(found)


def ladder_alt(
    workload: Workload, measurements: Sequence[Measurement], refusals: Sequence[Refusal] = ()
) -> str:
    """Every rung with its speed."""
    rows = rungs(workload, measurements, refusals)
    if not rows:
        return f"Ladder of {workload.title}: nothing timed yet."
    parts = [
        f"{row.kernel.title} {format_rate(row.rate, 'FLOP/s') if row.measured and row.rate else 'not run'}"
        for row in rows
    ]
    return f"Speed of each rung of {workload.title}, in order: {'; '.join(parts)}."


def ladder_reading(
    workload: Workload,
    measurements: Sequence[Measurement],
    refusals: Sequence[Refusal] = (),
    *,
    ceiling: Ceiling | None = None,
) -> str:
    """From the slowest to the fastest measured rung, the largest single step, and what is left to the roof."""
    rows = [row for row in rungs(workload, measurements, refusals) if row.measured]
    if not rows:
        return "No rung is timed at these settings yet: time the ladder to see where the time goes."
    slow, fast = min(rows, key=_rate), max(reversed(rows), key=_rate)
    if fast is slow:
        text = (
            f"{fast.kernel.title} runs at {format_rate(_rate(fast), 'FLOP/s')}; time another rung to compare."
        )
        sentences = [text]
    else:
        ratio = ratio_text(_rate(fast) / _rate(slow))
        sentences = [f"{fast.kernel.title} is {ratio} {slow.kernel.title}.", _largest_step(workload, rows)]
    if ceiling is not None and ceiling.value > 0:
        share, roof = _rate(fast) / ceiling.value, f"the measured {ceiling.operation.upper()} roof"
        sentences.append(f"The fastest rung reaches {share_text(share)} of {roof}.")
        if share > 1 + EVEN:
            sentences.append("Nothing passes a roof: measure this machine again.")
    return " ".join(s for s in sentences if s)


def change_text(kernel: Kernel, gain: float, other: str = "") -> str:
    """ "32.3 times faster than rung 2: the power is gone"; a change that gained nothing says so.

    `gain` is against the rung that the kernel changes, which is named if it is an `other` than the one before.
    What a change brought along is named where it cost time.
    """
    gone, than = kernel.removes or as_clause(kernel.idea), f" than {other}" if other else ""
    if is_even(gain):
        return f"As fast{than.replace('than', 'as')}: {gone}, and that gains nothing here"
    said = f"{format_ratio(gain)}{than}"
    if gain > 1:
        return f"{said}: {gone}"
    return f"{said}: {gone}, but {kernel.brings}" if kernel.brings else f"{said}, though {gone}"


def as_clause(idea: str) -> str:
    """A sentence as a part of another."""
    return f"{idea[:1].lower()}{idea[1:]}".rstrip(".")


def _rate(row: Rung) -> float:
    return row.rate or 0.0


def _largest_step(workload: Workload, rows: Sequence[Rung]) -> str:
    """The one change that gained most, and how many changes lost."""
    pairs = steps([workload], {row.kernel.id: row for row in rows})
    if not pairs:
        return ""
    gains = [(_rate(row) / _rate(before), row) for before, row in pairs]
    ratio, row = max(gains, key=lambda gain: gain[0])
    if ratio <= 1 + EVEN:
        return "None of the measured changes made it faster."
    title, idea = row.kernel.title, as_clause(row.kernel.idea)
    text = f"The largest single step, {times(ratio)}, came with {title}: {idea}."
    slower = [row.kernel.title for gain, row in gains if gain < 1 / FLAT]
    return text + (f" Slower than what it changes: {', '.join(slower)}." if slower else "")
