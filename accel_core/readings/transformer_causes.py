"""What an operation of a block is expected to take once more is known than two roofs.

Each cause is measured or counted: how fast the library is in a large product, how many times NumPy's steps move
an array, on how many threads a step runs, what its call takes with nothing to compute, which cache holds the
arrays. They are put together as the roofline puts FLOP and bytes together, and one that leads farther from what
was measured is left out: work and waiting overlap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from accel_core import registry
from accel_core.model import BlockRun, Ceiling, Machine, OperationTime, Operator
from accel_core.model.blocks import SQUARE_SIDE
from accel_core.roofline import limiting_memory_level, memory_roof, select_roofs
from accel_core.transformer import BlockShape, Operation, Prediction, block_roofs, memory_of
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_time

LEAST_SHARE = 0.1
"""A cause is named from this share of the measured time on."""
_LADDERS = {"softmax": "softmax", "norm": "layer_norm", "GELU": "gelu", "residual": "add"}
_NAMES = {("gelu", "numpy"): "expression"}
_GATED = {
    "norm": (
        Operator("x * x"),
        Operator("mean of each row", writes=0),
        Operator("x / root"),
        Operator("gamma * ..."),
    ),
    "SwiGLU": (
        Operator("-gate"),
        Operator("exp(...)"),
        Operator("1 + ..."),
        Operator("gate / ...", reads=2),
        Operator("... * up", reads=2),
    ),
}
"""NumPy's steps in a gated block, which are those of `rms_norm_numpy` and `swiglu_numpy` (`kernels.gated`)."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A time, and the sentences that say why it is not the predicted one."""

    time_s: float
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A run, and what is known of its machine."""

    run: BlockRun
    machine: Machine
    ceilings: Sequence[Ceiling]
    peak_flop_per_s: float
    bandwidth_byte_per_s: float

    @property
    def shape(self) -> BlockShape:
        """Of the block."""
        return BlockShape(**self.run.shape)


def expected(under: Prediction, timed: OperationTime, setting: Setting) -> Expected:
    """What the operation is expected to take with all that is known of it."""
    if timed.time_s.median < under.predicted_s:
        return _in_a_cache(under, setting)
    if timed.how == "python_loops":
        elements = under.operation.result_bytes // setting.shape.item_bytes
        each = format_time(timed.time_s.median / elements)
        return Expected(
            timed.time_s.median, (f"Loops in Python took {each} for each of {elements:,} numbers.",)
        )
    peak, bandwidth, causes = _rates(under, timed, setting)
    flop_s, least_s = under.operation.counted.flop / peak, under.operation.counted.bytes / bandwidth
    measured_s, time_s = timed.time_s.median, max(flop_s, least_s)
    moved, told = _moved(under.operation, timed.how, setting.shape.gated)
    moved_s = moved / bandwidth
    if moved_s - least_s >= LEAST_SHARE * measured_s and is_nearer(max(flop_s, moved_s), time_s, measured_s):
        time_s = max(flop_s, moved_s)
        causes.append(told)
    both_s = flop_s + moved_s
    apart = under.operation.product and min(flop_s, moved_s) >= LEAST_SHARE * both_s
    if apart and is_nearer(both_s, time_s, measured_s):
        time_s = both_s
        causes.append(
            f"Its bytes, with each line read before it is written, take {format_time(moved_s)} where they are "
            "moved before or after the arithmetic, not meanwhile."
        )
    call_s = timed.call_s or 0.0
    if call_s >= LEAST_SHARE * measured_s and is_nearer(time_s + call_s, time_s, measured_s):
        time_s += call_s
        causes.append(f"Its call takes {format_time(call_s)} there even on rows of four numbers.")
    return Expected(time_s, tuple(causes))


def is_nearer(to: float, than: float, measured_s: float) -> bool:
    """Whether `to` is nearer to what was measured, by the ratio."""
    return abs(math.log(to / measured_s)) < abs(math.log(than / measured_s))


def _in_a_cache(under: Prediction, setting: Setting) -> Expected:
    """Its arrays did not come from memory, where a cache holds all arrays of the block or its own."""
    shape, own_bytes = setting.shape, under.operation.counted.bytes
    every = bool(under.operation.weight_bytes) or shape.decode  # what is there from the pass before
    held_bytes = memory_of(shape).total_bytes if every else own_bytes
    level = limiting_memory_level(setting.machine, held_bytes)
    cache = setting.machine.cache(level)
    if cache is None or under.bound_by != "memory":
        return Expected(under.predicted_s, ())
    whose = "All arrays of the block" if every else "Its arrays"
    fits = f"{whose}, {format_bytes(held_bytes)}, fit the {level} of {format_bytes(cache.size_bytes)}"
    measured = [c for c in setting.ceilings if c.source != "theory" and c.level == level]
    roof = memory_roof(select_roofs(measured, shape.dtype, setting.run.threads).memory, level)
    if roof is None:
        return Expected(under.predicted_s, (f"{fits}, whose roof is not known.",))
    time_s = max(under.operation.counted.flop / setting.peak_flop_per_s, own_bytes / roof.value)
    return Expected(time_s, (f"{fits}, whose roof is {format_rate(roof.value, 'B/s')}.",))


def _rates(under: Prediction, timed: OperationTime, setting: Setting) -> tuple[float, float, list[str]]:
    """FLOP/s and byte/s that this operation could reach, and why they are not the roofs."""
    peak, bandwidth, run = setting.peak_flop_per_s, setting.bandwidth_byte_per_s, setting.run
    if under.operation.product:
        reached = run.library_flop_per_s
        if reached is None or reached >= peak:
            return peak, bandwidth, []
        share = format_number(100 * reached / peak, 2)
        told = (
            f"The library reached {format_rate(reached, 'FLOP/s')} in a square product of {SQUARE_SIDE} "
            f"meanwhile, {share} % of the roof."
        )
        counts = under.operation.counted.flop / reached >= LEAST_SHARE * timed.time_s.median
        return reached, bandwidth, [told] if counts else []
    alone = block_roofs(setting.ceilings, setting.shape.dtype, 1)
    if run.threads == 1 or timed.how.endswith("_threads") or alone is None:
        return peak, bandwidth, []
    told = f"It runs on one thread, and the roofs are of {format_count(run.threads, 'thread')}."
    return min(peak, alone[0].value), min(bandwidth, alone[1].value), [told]


def _moved(operation: Operation, how: str, gated: bool) -> tuple[float, str]:
    """Bytes that what computed it moves, and why they are not the least."""
    least = operation.counted.bytes
    passes = _passes(operation.kind, how, gated)
    if passes is not None:
        steps, arrays = passes
        factor = max(arrays * operation.result_bytes / least, 1.0)
        return factor * least, f"NumPy's {steps} steps move {format_number(factor)} times the least bytes."
    return least + operation.result_bytes, "Regular stores read each line before they write it."


def _passes(kind: str, how: str, gated: bool) -> tuple[int, int] | None:
    """How many steps a rung of NumPy's takes, and how many arrays they read and write; None for another."""
    operators: Sequence[Operator] = ()
    if gated and kind in _GATED:
        operators = _GATED[kind] if how == "numpy" else ()
    elif kind in _LADDERS and how in ("numpy", "in_place"):
        ladder = _LADDERS[kind]
        operators = registry.kernel(f"{ladder}/{_NAMES.get((ladder, how), how)}")[1].operators
    if len(operators) < 2:
        return None
    return len(operators), sum(one.reads + one.writes for one in operators)
