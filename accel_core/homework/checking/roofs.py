"""Times under the roof of their own machine."""

from __future__ import annotations

import math

from accel_core.homework.checking.findings import IMPOSSIBLE, LOOK, Says, Subject
from accel_core.homework.checking.samples import named, named_block
from accel_core.roofline.audit import judge
from accel_core.units import format_number

ABOVE, FAR_ABOVE = 1.25, 4.0
"""Shares of the roof. A laptop on its battery measures roofs two or three times too low."""


def under_the_roof(subject: Subject) -> Says:
    """No measurement is faster than the roofs allow, unless something explains it (`roofline.audit`)."""
    peaks, machine = subject.pack.peaks, subject.pack.machine
    if peaks is None:
        return
    for m in subject.measurements:
        if m.time_s.median <= 0 or m.flop <= 0:
            continue
        verdict = judge(m, peaks.ceilings, machine)
        if verdict is None or not verdict.above or not verdict.doubtful or verdict.share <= ABOVE:
            continue
        grade = IMPOSSIBLE if verdict.bound_by == "compute" and verdict.share > FAR_ABOVE else LOOK
        times = format_number(verdict.share, 2)
        yield grade, f"{named(m)}: it is {times} times as fast as the roof {verdict.limiting.name} allows."


def sound_roofs(subject: Subject) -> Says:
    """Roofs are positive numbers inside their intervals, of this machine."""
    peaks = subject.pack.peaks
    if peaks is None:
        return
    if peaks.fingerprint != subject.pack.machine.fingerprint:
        yield IMPOSSIBLE, "The roofs are of another machine."
    for c in peaks.ceilings:
        ends = [end for end in (c.low, c.high) if end is not None]
        if not 0 < c.value < math.inf or (len(ends) == 2 and not ends[0] <= c.value <= ends[1]):
            yield IMPOSSIBLE, f"The roof {c.name} lies outside its own interval."


def one_machine(subject: Subject) -> Says:
    """All was measured on the machine that the pack names."""
    here = subject.pack.machine
    if here.pretended is not None:
        yield IMPOSSIBLE, "The machine is a recorded one."
    others = [named(m) for m in subject.measurements if m.fingerprint != here.fingerprint]
    others += [named_block(run) for run in subject.blocks if run.fingerprint != here.fingerprint]
    if others:
        yield LOOK, f"{others[0]} and {len(others) - 1} more were measured on another machine."
