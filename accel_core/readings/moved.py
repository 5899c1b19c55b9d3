"""The bytes that a rung moves by its own count, and where it then stands on a roofline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.errors import BadInput
from accel_core.model import ITEM_BYTES, Kernel, Measurement, Operator, Shape, Workload
from accel_core.readings.rungs import find_kernel, kernel_title
from accel_core.units import format_bytes, format_number


@dataclass(frozen=True, slots=True)
class Moved:
    """What a rung moves at one setting."""

    size_bytes: int
    text: str
    """How it was counted, with the numbers put in."""


Counts = Mapping[str, Moved]
"""Measurement id -> what its rung moves; those that nobody counted are missing."""
NOTHING: Counts = {}
"""Every point stands at the least bytes of its problem."""
AT_LEAST_BYTES = (
    "Each point stands at the least bytes of its problem: every input read once, every result written once. A "
    "program that moves more has a lower arithmetic intensity than is drawn."
)
"""What a picture says whose points stand so, whatever their programs move."""


def declared(workload: Workload, measurements: Sequence[Measurement]) -> Counts:
    """Of the rungs of `workload` that say themselves how many bytes they move (`Kernel.moved_bytes`)."""
    pairs = ((m, find_kernel([workload], m.kernel)) for m in measurements)
    found = {m.id: _declared(kernel, m) for m, kernel in pairs if kernel and kernel.moved_bytes}
    return {key: moved for key, moved in found.items() if moved}


def counted(workloads: Sequence[Workload], measurements: Sequence[Measurement]) -> Counts:
    """Of all rungs whose bytes or passes over whole arrays (`Kernel.operators`) are counted."""
    by_name = {workload.name: workload for workload in workloads}
    found: dict[str, Moved] = {}
    for m in measurements:
        kernel = find_kernel(workloads, m.kernel)
        if kernel and kernel.moved_bytes:
            found |= {m.id: moved} if (moved := _declared(kernel, m)) else {}
        elif kernel and kernel.operators:
            found[m.id] = _by_operators(by_name[kernel.workload], kernel, m)
    return found


def one_array_bytes(workload: Workload, m: Measurement) -> int:
    """Bytes of one whole array of the measured problem."""
    return workload.array_elements(tuple(m.shape)) * ITEM_BYTES[m.dtype]


def operators_text(kernel: Kernel) -> str:
    """Each operator with the arrays that it reads and writes: "x + scaled (2 + 1); ..."."""
    return "; ".join(map(_operator, kernel.operators))


def intensity(m: Measurement, counts: Counts) -> float | None:
    """FLOP/B by the bytes that its rung moves, else by the least bytes; None where nothing is moved."""
    moved = counts.get(m.id)
    return m.flop / moved.size_bytes if moved else m.intensity_flop_per_byte


def moved_text(m: Measurement, moved: Moved) -> str:
    """ "1.2 GB, 64 times the least 18.9 MB"."""
    size, least = format_bytes(moved.size_bytes), format_bytes(m.least_bytes)
    if moved.size_bytes == m.least_bytes:
        return f"{size}, the least bytes of the problem"
    return f"{size}, {format_number(moved.size_bytes / m.least_bytes)} times the least {least}"


def moves_text(measurements: Sequence[Measurement], workloads: Sequence[Workload], counts: Counts) -> str:
    """Which rung of one workload moves the least and which the most, at the shape with the most rungs.

    Empty where all move as much.
    """
    shapes: dict[tuple[Shape, str], dict[str, Measurement]] = {}
    for m in measurements:
        if m.id in counts:
            shapes.setdefault((tuple(m.shape), m.dtype), {})[m.kernel] = m
    alike = max(shapes.values(), key=len, default={})
    mine = sorted(alike.values(), key=lambda m: counts[m.id].size_bytes)
    if not mine or counts[mine[0].id].size_bytes == counts[mine[-1].id].size_bytes:
        return ""
    said = [
        f"{kernel_title(workloads, m.kernel)} moves {moved_text(m, counts[m.id])}, and stands at "
        f"{format_number(intensity(m, counts) or 0)} FLOP/byte"
        for m in (mine[0], mine[-1])
    ]
    return f"At N={mine[0].size} {'; '.join(said)}."


def _declared(kernel: Kernel, m: Measurement) -> Moved | None:
    """None where an old record has a shape that the rung does not take any more."""
    shape, text = tuple(m.shape), kernel.moved_text
    try:
        size_bytes = kernel.moved_bytes(shape, m.dtype) if kernel.moved_bytes else 0
        return Moved(size_bytes, text(shape, m.dtype) if text else "")
    except BadInput:
        return None


def _by_operators(workload: Workload, kernel: Kernel, m: Measurement) -> Moved:
    one = one_array_bytes(workload, m)
    text = f"{operators_text(kernel)}: {kernel.moved} arrays of {one:,} B read and written"
    return Moved(kernel.moved * one, text)


def _operator(operator: Operator) -> str:
    """ "x + scaled (2 + 1)"."""
    return f"{operator.code} ({operator.reads} + {operator.writes})"
