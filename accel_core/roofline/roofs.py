"""Which roofs belong in one picture, which level a working set lies in, and how large the picture is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accel_core.errors import BadInput, is_whole, quoted
from accel_core.model import DRAM, ITEM_BYTES, LEVELS, Ceiling, Machine
from accel_core.roofline.law import ridge_point

_LEFT_OF_RIDGE, _RIGHT_OF_RIDGE, _BELOW_LANE = 30.0, 100.0, 3000.0
"""How far the frame reaches: past y += x on the left (1/24 FLOP/B), past a product of thousand-row matrices on
the right, and down to an interpreter, which needs some two thousand times as long as one lane of a vector."""


@dataclass(frozen=True, slots=True)
class Roofs:
    """The roofs of one picture: flat ones (FLOP/s) from high to low, sloping ones (byte/s) from near to far."""

    compute: tuple[Ceiling, ...]
    memory: tuple[Ceiling, ...]


def select_roofs(ceilings: Sequence[Ceiling], dtype: str, threads: int) -> Roofs:
    """The roofs for `dtype` at exactly `threads` threads, of every source.

    A byte is a byte: a memory roof measured with another dtype counts where there is none of this dtype that
    was measured in the same way.
    """
    here = [c for c in ceilings if c.threads == threads]
    compute = [c for c in here if c.kind == "compute" and c.dtype == dtype]
    memory: dict[tuple[object, ...], Ceiling] = {}
    for roof in sorted((c for c in here if c.kind == "memory"), key=lambda c: c.dtype == dtype):
        way = (roof.level, roof.operation, roof.stores, roof.byte_convention, roof.width_bits, roof.source)
        memory[way] = roof
    return Roofs(
        tuple(sorted(compute, key=lambda c: -c.value)),
        tuple(sorted(memory.values(), key=lambda c: (_distance(c.level), -c.value))),
    )


def limiting_memory_level(machine: Machine, working_set_bytes: float) -> str:
    """The smallest level that holds the working set: a known cache of the machine, else "DRAM"."""
    if not working_set_bytes >= 0:
        raise BadInput(
            f"A working set of {working_set_bytes} bytes is not possible: give a number from 0 upwards."
        )
    for level in LEVELS:
        cache = machine.cache(level)
        if cache is not None and working_set_bytes <= cache.size_bytes:
            return level
    return DRAM


def typed_machine(
    peak_flop_per_s: float, bandwidth_byte_per_s: Mapping[str, float], dtype: str = "float64", threads: int = 1
) -> tuple[Ceiling, ...]:
    """Roofs that a reader typed in: one flat one and one for each level of `bandwidth_byte_per_s`.

    Raises BadInput for an unknown dtype or level, no level at all, fewer threads than one, or a figure that is
    not a positive finite number.
    """
    if dtype not in ITEM_BYTES:
        *first, last = ITEM_BYTES
        raise BadInput(f"dtype is {quoted(dtype)}; {', '.join(first)} or {last} is allowed.")
    if not is_whole(threads, 1):
        raise BadInput(f"{quoted(threads)} threads are not possible: give a whole number from 1 upwards.")
    strange = [level for level in bandwidth_byte_per_s if level not in LEVELS]
    if strange or not bandwidth_byte_per_s:
        given = f"The level {quoted(strange[0])} is not known" if strange else "There is no bandwidth"
        raise BadInput(f"{given}: give byte/s for at least one of {', '.join(LEVELS)}.")
    for value in bandwidth_byte_per_s.values():
        _check_number(peak_flop_per_s)
        _check_number(value)
        ridge_point(peak_flop_per_s, value)
    peak = _typed("compute", None, dtype, threads, peak_flop_per_s)
    levels = sorted(bandwidth_byte_per_s, key=_distance)
    return (peak, *(_typed("memory", level, dtype, threads, bandwidth_byte_per_s[level]) for level in levels))


def frame(ceilings: Sequence[Ceiling]) -> tuple[float, float, float, float]:
    """(x_low, x_high, y_low, y_high) in FLOP/B and FLOP/s, whole decades, from the roofs alone.

    So a kernel that became faster moves on the picture, and the picture does not move under it. Raises BadInput
    where a flat or a sloping roof is missing.
    """
    peaks = [c.value for c in ceilings if c.kind == "compute"]
    bandwidths = [c.value for c in ceilings if c.kind == "memory"]
    if not peaks or not bandwidths:
        raise BadInput(
            "A roofline needs a compute roof and a memory roof: measure this machine or type both in."
        )
    lane = min(_lane_rate(c) for c in ceilings if c.kind == "compute")
    return (
        _decade(ridge_point(max(peaks), max(bandwidths)) / _LEFT_OF_RIDGE, math.floor),
        _decade(ridge_point(max(peaks), min(bandwidths)) * _RIGHT_OF_RIDGE, math.ceil),
        _decade(lane / _BELOW_LANE, math.floor),
        _decade(max(peaks) * 1.5, math.ceil),
    )


def _lane_rate(ceiling: Ceiling) -> float:
    """FLOP/s of one lane of one thread, so that the frame is the same with all widths measured and with one."""
    lanes = (ceiling.width_bits or 512) / (8 * ITEM_BYTES.get(ceiling.dtype, 4))
    return ceiling.value / ceiling.threads / max(lanes, 1.0)


def _decade(value: float, towards: Callable[[float], int]) -> float:
    return 10.0 ** towards(math.log10(value))


def _distance(level: str | None) -> int:
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


def _check_number(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(
            f"{quoted(value)} is no number: give a positive number of FLOP/s or byte/s, such as 1e11."
        )


def _typed(kind: str, level: str | None, dtype: str, threads: int, value: float) -> Ceiling:
    compute = kind == "compute"
    return Ceiling(
        kind=kind,
        name=f"typed_fma_{dtype}_{threads}t" if compute else f"typed_load_{level}_{threads}t",
        level=level,
        width_bits=None,
        dtype=dtype,
        threads=threads,
        operation="fma" if compute else "load",
        byte_convention=None if compute else "least",
        working_set_bytes=None,
        value=float(value),
        low=None,
        high=None,
        n=0,
        unit="FLOP/s" if compute else "byte/s",
        source="typed in",
        definition="Typed in by the reader.",
    )
