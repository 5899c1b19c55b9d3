"""What only shows among all packs: samples that two share, and speeds that are none of their processor's."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from accel_core.codec import PlainData
from accel_core.homework.checking.findings import IMPOSSIBLE, LOOK, Subject
from accel_core.units import format_number

FEWEST_SHARED = 4
"""In a vector that counts as shared: one of one or two may be equal by chance."""
LEAST_PACKS = 5
"""Of a processor, for a median that says what is usual."""
FAR, FAR_ANYWHERE = 4.0, 100.0
"""How many times off the median of the same processor, or of the whole class, is told. A laptop that saves
power is two or three times slower; processors of one class differ by ten or twenty."""


@dataclass(frozen=True)
class Summary(PlainData):
    """What a pack is compared by."""

    student: str
    cpu: str
    vectors: Mapping[str, str] = field(default_factory=dict)
    """Digest of a sample vector, or of a result -> what it is of."""
    speeds: Mapping[str, float] = field(default_factory=dict)
    """Case or roof -> FLOP/s or byte/s."""


def summarise(subject: Subject) -> Summary:
    """The summary of a pack. Samples of roofs are no part of it: on a computer that students share, their packs
    have one machine's roofs, whoever measured them."""
    vectors = {digest(one.took): one.name for one in subject.timed if len(one.took) >= FEWEST_SHARED}
    vectors |= {m.output_digest: m.kernel for m in subject.measurements if m.output_digest}
    for trial in (one for one in subject.trials if not one.series):
        both = (trial.right_s, trial.wrong_s)
        vectors |= {digest(took): trial.name for took in both if len(took) >= FEWEST_SHARED}
    speeds = {}
    for m in subject.measurements:
        parameters = "".join(f" {name}={value}" for name, value in sorted(m.parameters.items()))
        if m.time_s.median > 0 and m.flop > 0 and not m.disturbed:  # else its record says why it is slow
            speeds[f"{m.kernel} N={m.size} {m.dtype} {m.threads}t{parameters}"] = m.flop_per_s
    for c in subject.pack.peaks.ceilings if subject.pack.peaks else ():
        if 0 < c.value < math.inf:
            speeds[f"the roof {c.name}"] = c.value
    return Summary(subject.pack.student, subject.pack.machine.cpu, vectors, speeds)


def digest(took: Sequence[float]) -> str:
    """Of a sample vector."""
    return hashlib.blake2b(repr(tuple(took)).encode(), digest_size=12).hexdigest()


Class = Mapping[str, Summary]
"""File -> summary of its pack."""
Said = Iterator[tuple[str, str, str]]
"""(file, grade, sentence)."""


def shared(packs: Class) -> Said:
    """Sample vectors and results that two packs have in common; inputs are drawn anew for each measurement."""
    holders: dict[str, list[str]] = defaultdict(list)
    for file, pack in packs.items():
        for vector in pack.vectors:
            holders[vector].append(file)
    common: dict[tuple[str, str], list[str]] = defaultdict(list)
    for vector, files in holders.items():
        for file in files if len(files) > 1 else ():
            other = files[0] if file != files[0] else files[1]
            common[file, other].append(packs[file].vectors[vector])
    for (file, other), names in common.items():
        again = packs[file].student == packs[other].student
        what = f"It shares {len(names)} sample vectors or results with {other}, that of {names[0]} among them"
        yield file, LOOK if again else IMPOSSIBLE, f"{what}; the student is the same." if again else f"{what}."


def handed_in_twice(packs: Class) -> Said:
    """Students with more than one pack."""
    files: dict[str, list[str]] = defaultdict(list)
    for file, pack in packs.items():
        files[pack.student].append(file)
    for student, theirs in files.items():
        for file in theirs if len(theirs) > 1 else ():
            others = ", ".join(other for other in theirs if other != file)[:200]
            yield file, LOOK, f"{student} handed in {len(theirs)} packs: {others} too."


def usual_speeds(packs: Class) -> Said:
    """Ladders and roofs that are far from those of the same processor, or from all."""
    by_cpu: dict[str, list[str]] = defaultdict(list)
    for file, pack in packs.items():
        by_cpu[pack.cpu].append(file)
    everybody = usual([pack.speeds for pack in packs.values()])
    for cpu, files in by_cpu.items():
        theirs = usual([packs[file].speeds for file in files])
        for file in files:
            yield from _far(file, packs[file].speeds, theirs, FAR, f"the median of {len(files)} with {cpu}")
            if not theirs:
                yield from _far(file, packs[file].speeds, everybody, FAR_ANYWHERE, "the median of all")


def usual(speeds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each speed that enough packs have."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in speeds:
        for name, speed in one.items():
            found[name].append(speed)
    return {name: median(values) for name, values in found.items() if len(values) >= LEAST_PACKS}


def _far(file: str, speeds: Mapping[str, float], usual: Mapping[str, float], most: float, than: str) -> Said:
    off = {name: speed / usual[name] for name, speed in speeds.items() if name in usual}
    far = {name: ratio for name, ratio in off.items() if not 1 / most <= ratio <= most}
    if far:
        name = max(far, key=lambda one: abs(math.log(far[one])))
        more = f" ({len(far) - 1} more are far off)" if len(far) > 1 else ""
        yield file, LOOK, f"{name}: {format_number(far[name], 2)} times as fast as {than}{more}."


AMONG: tuple[tuple[str, Callable[[Class], Said]], ...] = (
    ("shared samples", shared),
    ("handed in once", handed_in_twice),
    ("speed among the class", usual_speeds),
)
"""Every check of all packs together, by name."""
