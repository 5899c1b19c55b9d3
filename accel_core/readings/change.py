"""Two records of one machine, before and after a change: the same cases, with the ratio of their speeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.errors import AccelError
from accel_core.model import Estimate, Measurement, Workload
from accel_core.readings.estimates import ends_text
from accel_core.readings.members import Member, case_key, newest_cases
from accel_core.readings.ratios import EVEN, is_even
from accel_core.readings.rungs import kernel_title, settings
from accel_core.stats import quotient_interval
from accel_core.units import format_count, format_number, format_rate, format_ratio


@dataclass(frozen=True)
class Change:
    """A case in both records; `ratio` is speed after / speed before, from the samples of both."""

    before: Measurement
    after: Measurement
    ratio: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the ratio leaves 1 out, and its median what a machine does by itself."""
        low, high = self.ratio.low, self.ratio.high
        known = low is not None and high is not None and not low <= 1 <= high
        return known and not is_even(self.ratio.median)

    @property
    def is_loss(self) -> bool:
        """Whether it surely became slower."""
        return self.is_clear and self.ratio.median < 1


def compared(before: Member, after: Member) -> list[Change]:
    """The cases that both records hold, the newest of each, the largest gain first."""
    was = {case_key(m): m for m in newest_cases(before.measurements)}
    found = []
    for m in newest_cases(after.measurements):
        old = was.get(case_key(m))
        if old is not None and old.id != m.id and (ratio := _ratio(old, m)) is not None:
            found.append(Change(old, m, ratio))
    return sorted(found, key=lambda change: -change.ratio.median)


def _ratio(before: Measurement, after: Measurement) -> Estimate | None:
    """From the samples of both; None where a record holds none that make a ratio."""
    try:
        return quotient_interval(before.samples_s, after.samples_s)
    except AccelError:
        return None


def change_text(change: Change) -> str:
    """ "1.8 times faster (1.7 to 1.9)", the ratio with its interval, or that it shows no clear change."""
    low, high = change.ratio.low, change.ratio.high
    if change.is_loss and low and high:  # said the way round in which the ratio is
        low, high = 1 / high, 1 / low
    ends = ends_text(low, high, format_number)
    interval = f" ({ends})" if ends else " (too few samples for an interval)"
    if ends and not change.is_clear:
        return f"no clear change{interval}"
    return f"{format_ratio(change.ratio.median)}{interval}"


def change_alt(changes: Sequence[Change], workloads: Sequence[Workload]) -> str:
    """How many cases both records hold, and the largest gain and loss."""
    if not changes:
        return "No case that both records hold."
    best, worst = changes[0], changes[-1]
    return (
        f"{format_count(len(changes), 'case')} before and after: most {_named(best, workloads)}, "
        f"{change_text(best)}; least {_named(worst, workloads)}, {change_text(worst)}."
    )


def change_reading(changes: Sequence[Change], workloads: Sequence[Workload]) -> list[str]:
    """How many cases became faster and slower for sure, and which changed most."""
    if not changes:
        return []
    faster = [c for c in changes if c.is_clear and not c.is_loss]
    slower = [c for c in changes if c.is_loss]
    said = [
        f"Of {format_count(len(changes), 'case')} in both records {len(faster)} became faster and "
        f"{len(slower)} slower, by more than {EVEN:.0%} and with 1 outside the 95 % interval of the ratio. "
        f"{len(changes) - len(faster) - len(slower)} show no clear change."
    ]
    if faster:
        said.append(f"Most was gained by {_named(faster[0], workloads)}: {change_text(faster[0])}.")
    if slower:
        said.append(f"Most was lost by {_named(slower[-1], workloads)}: {change_text(slower[-1])}.")
    return said


def _named(change: Change, workloads: Sequence[Workload]) -> str:
    return f"“{kernel_title(workloads, change.after.kernel)}” ({settings(change.after)})"


def change_rows(changes: Sequence[Change], workloads: Sequence[Workload]) -> list[dict[str, object]]:
    """One line a case."""
    return [
        {
            "Kernel": kernel_title(workloads, change.after.kernel),
            "Settings": settings(change.after),
            "Before": format_rate(change.before.flop_per_s, "FLOP/s"),
            "After": format_rate(change.after.flop_per_s, "FLOP/s"),
            "Speed after / before": float(format_number(change.ratio.median)),
            "Low": change.ratio.low and float(format_number(change.ratio.low)),
            "High": change.ratio.high and float(format_number(change.ratio.high)),
            "Disturbed": ", ".join(
                when for when, m in (("before", change.before), ("after", change.after)) if m.disturbed
            )
            or "no",
        }
        for change in changes
    ]
