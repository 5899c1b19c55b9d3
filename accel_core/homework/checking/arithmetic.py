"""Schema and arithmetic: what follows from a pack's own samples and from the program, summed up again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from accel_core import registry
from accel_core.errors import BadInput
from accel_core.homework.checking.findings import IMPOSSIBLE, LOOK, Says, Subject
from accel_core.homework.checking.samples import BlockPart, Roof, named, named_block, sides, whole_of
from accel_core.homework.fixed import fixed
from accel_core.homework.pack import SCHEMA, seed_of
from accel_core.homework.shared import NS, nanoseconds
from accel_core.model import BlockRun, Comparison, Estimate, Measurement, Series
from accel_core.stats import median_interval, ratio_interval
from accel_core.transformer import BlockShape, operations, state
from accel_core.units import format_number, format_time

CLOSE = 1e-5
"""Relative difference that rounding to nanoseconds, a millisecond of them at least, may bring."""
CLOCK_S = 2 * NS
"""By so much two looks at a clock of nanoseconds, as fractions of seconds, are off after 100 days: an operation
of a block may take microseconds."""


def schema(subject: Subject) -> Says:
    """A version that this program knows, and the seed that follows from student and assignment."""
    pack = subject.pack
    if pack.schema != SCHEMA:
        yield LOOK, f"The pack has schema {pack.schema}, and this program reads {SCHEMA}."
    if pack.seed != seed_of(pack.student, pack.assignment_hash):
        yield IMPOSSIBLE, "The seed does not follow from the student's id: the id was changed afterwards."
    asked = set(subject.assignment.ids)
    there = [*(one.lesson for one in pack.lessons), *(one.id for one in pack.experiments), *pack.answers]
    for name in there:
        if name not in asked:
            yield LOOK, f"The assignment asks for no {name}."
    if len(set(there)) < len(there):
        yield LOOK, "A lesson or an experiment is there twice."
    first: dict[str, Measurement] = {}
    for m in pack.each_measurement():
        if first.setdefault(m.id, m) != m:
            yield IMPOSSIBLE, f"{named(first[m.id])} and {named(m)} have one id, and are not the same."


def arithmetic(subject: Subject) -> Says:
    """Work, traffic, shape and counts of each measurement, by the program's own sums; a block's operations."""
    for m in subject.measurements:
        yield from ((IMPOSSIBLE, f"{named(m)}: {what}") for what in _wrong(m))
    for run in subject.blocks:
        yield from ((IMPOSSIBLE, f"{named_block(run)}: {what}") for what in _wrong_block(run))


def _wrong_block(run: BlockRun) -> Iterator[str]:
    try:
        state(run.state)
        counted = [one.name for one in operations(BlockShape(**run.shape))]
    except (BadInput, ArithmeticError, TypeError, ValueError):
        yield "this program has no such shape or state."
        return
    if [one.name for one in run.operations] != counted:
        yield "its operations are none of its shape."
    if run.threads < 1 or any(one.repetitions < 1 for one in (run.whole, *_series(run))):
        yield "it has no passes or threads."


def _series(run: BlockRun) -> Iterator[Series]:
    return (one.series for one in run.operations)


def _wrong(m: Measurement) -> Iterator[str]:
    try:
        workload = registry.kernel(m.kernel)[0]
        if not 1 <= m.size <= workload.largest_size or len(m.shape) != len(workload.axes):
            yield "its size or shape is none of this workload."
            return
        flop, least = workload.flop(m.shape), workload.least_bytes(m.shape, m.dtype)
    except (BadInput, ArithmeticError, KeyError, TypeError, ValueError):
        yield "this program has no such kernel, shape or type."
        return
    if (m.flop, m.least_bytes, m.workload) != (flop, least, workload.name):
        yield f"its work is {m.flop} FLOP and {m.least_bytes} bytes, and should be {flop} and {least}."
    if not m.verified:
        yield "its result was not checked."
    if m.repetitions < 1 or m.threads < 1 or not m.samples_s:
        yield "it has no samples, calls or threads."
    elif not math.isclose(m.wall_s, took_s := sum(nanoseconds(m)) * NS, rel_tol=1e-3):
        yield f"its samples took {format_time(took_s)}, and {format_time(m.wall_s)} are claimed."


def claimed(subject: Subject) -> Says:
    """Medians, intervals and ratios, summed up again from the samples."""
    for m in subject.measurements:
        if m.samples_s:
            yield from _same(named(m), m.time_s, median_interval(m.samples_s))
    for c in subject.comparisons:
        yield from _compared(c)
    for part in [*map(whole_of, subject.blocks), *subject.block_operations]:
        yield from _of_block(part)
    yield from _roofs(subject.roofs)


def _of_block(part: BlockPart) -> Says:
    found = part.found()
    if found is None:
        yield LOOK, f"{part.timed.name}: it has no samples."
    else:
        yield from _same(part.timed.name, part.claim, found, CLOCK_S)


def _compared(c: Comparison) -> Says:
    name = f"{c.a} against {c.b} at N={c.size}"
    both = [[took * NS / side.repetitions for took in side.took] for side in sides(c) if side.repetitions > 0]
    if len(both) != 2 or not both[0] or len(both[0]) != len(both[1]):
        yield LOOK, f"{name}: the comparison has no samples."
        return
    if min(map(min, both)) <= 0:
        yield IMPOSSIBLE, f"{name}: a sample took no time."
        return
    yield from _same(name, c.ratio, ratio_interval(list(zip(*both, strict=True))))
    for claim, samples in zip((c.time_s_a, c.time_s_b), both, strict=True):
        found = median_interval(samples).median
        if not math.isclose(claim, found, rel_tol=CLOSE):
            yield (
                IMPOSSIBLE,
                f"{name}: {format_time(claim)} is claimed, and the samples say {format_time(found)}.",
            )


def _roofs(roofs: Sequence[Roof]) -> Says:
    """Roofs against their samples; those without any are told in one sentence."""
    found = [roof.found() for roof in roofs]
    if without := found.count(None):
        yield LOOK, f"{without} of {len(roofs)} roofs have no samples."
    for roof, says in zip(roofs, found, strict=True):
        if says is not None:
            yield from _same(roof.name, roof.claim, says)


def _same(name: str, claim: Estimate, found: Estimate, within: float = 0.0) -> Says:
    if claim.n != found.n:
        yield IMPOSSIBLE, f"{name}: {claim.n} samples are claimed, and {found.n} are there."
    for what in ("median", "low", "high"):
        said, is_so = getattr(claim, what), getattr(found, what)
        near = math.isclose(said or 0.0, is_so or 0.0, rel_tol=CLOSE, abs_tol=within)
        if (said is None) != (is_so is None) or not near:
            a, b = (format_number(x, 6) if x is not None else "nothing" for x in (said, is_so))
            yield IMPOSSIBLE, f"{name}: the {what} is claimed to be {a}, and the samples say {b}."


def deterministic(subject: Subject) -> Says:
    """What is computed from the seed, computed again."""
    pack = subject.pack
    right, told = fixed(pack.seed, subject.assignment), pack.fixed
    if not _alike(right.intensities, told.intensities):
        yield IMPOSSIBLE, "The intensities are not those of the assignment's workloads."
    if (right.traversal, right.misses) != (told.traversal, told.misses):
        yield IMPOSSIBLE, f"The simulated misses are {told.misses}, and should be {right.misses}."
    if right.inputs != told.inputs:
        yield IMPOSSIBLE, "The digest of the inputs is not that of the seed."
    if right.checksum != told.checksum:
        yield IMPOSSIBLE, f"The checksum of the product is {told.checksum}, and should be {right.checksum}."


def _alike(right: object, told: object) -> bool:
    if not isinstance(right, dict) or not isinstance(told, dict) or right.keys() != told.keys():
        return False
    return all(math.isclose(right[name], told[name], rel_tol=1e-9) for name in right)
