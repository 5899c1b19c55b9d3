"""Run a transformer block on real arrays, operation by operation and as one.

| key | meaning |
|---|---|
| `shape` | the fields of `transformer.BlockShape` |
| `state` | what computes each operation (`transformer.STATES`); left out: "numpy" |
| `threads` | left out: one |
| `budget_s` | measuring time of all rounds |
| `limit_s` | a block that is predicted to take longer is refused |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from accel_core import registry
from accel_core.errors import BadInput, is_whole, quoted
from accel_core.machine import available_memory_bytes
from accel_core.model import Machine, require_dtype
from accel_core.model.limits import LIMIT_S
from accel_core.runner.kinds.kind import COMPILE_S, MAX_BUDGET_S, Emit, JobData, JobKind, Parts, seconds
from accel_core.transformer import (
    BlockShape,
    Operation,
    State,
    check_fits,
    longest_sequence,
    memory_of,
    operations,
    state,
)
from accel_core.units import format_time

if TYPE_CHECKING:
    from accel_core.runner.known import Known

BUDGET_S = 5.0
MEMORY_SHARE = 0.5
"""Of what is free, for the block by its conventions: the rest is for NumPy's temporaries, for the block in
float64 that it is checked against, and for the others."""
BYTES_PER_S = 5e9
"""Of a core that reads weights for one token, in the order of magnitude."""
CHECKED = 5.0
"""Passes beyond the rounds: one that is checked, one before them, and the block in float64."""
DRAWN_BYTES_PER_S = 4e8
"""Random numbers, and their conversion to float64."""
_RUNGS: Mapping[str, Mapping[str, str]] = {
    "norm": {"numpy": "layer_norm/numpy", "compiled": "layer_norm/compiled"},
    "GELU": {"numpy": "gelu/expression", "compiled": "gelu/fused"},
    "SwiGLU": {"numpy": "gelu/expression", "compiled": "gelu/fused"},
    "residual": {"numpy": "add/in_place", "compiled": "add/compiled"},
}
"""The rungs whose speed says how long the operations of each kind take."""


def block_s(shape: BlockShape, chosen: State) -> float:
    """Seconds of one pass over a block, by the registry's orders of magnitude."""
    return sum(_operation_s(one, chosen) for one in operations(shape))


def _operation_s(one: Operation, chosen: State) -> float:
    if one.product:
        rate = registry.kernel("matmul/numpy")[1].typical_flop_per_s
        return max(one.counted.flop / rate, one.counted.bytes / BYTES_PER_S)
    rung = f"softmax/{chosen.softmax}" if one.kind == "softmax" else _RUNGS[one.kind][chosen.elementwise]
    return one.counted.flop / registry.kernel(rung)[1].typical_flop_per_s


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    shape, chosen = _shape(job.get("shape")), state(job.get("state", "numpy"))
    require_dtype(shape.dtype)
    threads, most = job.get("threads", 1), machine.cores.allowed
    if not is_whole(threads, 1, most):
        raise BadInput(f"{quoted(threads)} threads cannot be measured: use a whole number from 1 to {most}.")
    budget_s = seconds(job, "budget_s", BUDGET_S)
    limit_s = seconds(job, "limit_s", LIMIT_S, MAX_BUDGET_S)
    check_fits(shape, MEMORY_SHARE * available_memory_bytes())
    _check_time(shape, chosen, limit_s)
    data = {
        "shape": asdict(shape),
        "state": chosen.name,
        "threads": threads,
        "budget_s": budget_s,
        "limit_s": limit_s,
    }
    return data, COMPILE_S + 5 * (budget_s + CHECKED * limit_s)


def _shape(given: Any) -> BlockShape:
    """The shape in a mapping of its fields; BadInput where it is none."""
    if not isinstance(given, Mapping):
        raise BadInput(f"shape is {quoted(given)}: give a mapping with the lengths of a block.")
    names = [one.name for one in fields(BlockShape)]
    if other := [name for name in given if name not in names]:
        raise BadInput(f"A block's shape has no {quoted(other[0])}: use {', '.join(names)}.")
    for name in ("decode", "causal", "joined", "gated"):
        if not isinstance(given.get(name, False), bool):
            raise BadInput(f"{name} is {quoted(given[name])}: give true or false.")
    try:
        return BlockShape(**given)
    except TypeError:
        raise BadInput(
            "A block's shape lacks a length: give width, heads, feed_forward, sequence, vocabulary and layers."
        ) from None


def _check_time(shape: BlockShape, chosen: State, limit_s: float) -> None:
    """BadInput for a block that takes too long; it names the longest sequence that does not."""
    predicted_s = block_s(shape, chosen)
    if predicted_s <= limit_s:
        return
    longest = longest_sequence(shape, lambda shorter: block_s(shorter, chosen) <= limit_s)
    what = "context" if shape.decode else "sequence"
    remedy = f"the longest that fits is {longest}" if longest else "choose a smaller width or batch"
    raise BadInput(
        f"A block with a {what} of {shape.sequence} would take about {format_time(predicted_s)} in the state "
        f"{chosen.name}, longer than the limit of {format_time(limit_s)}: {remedy}."
    )


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.bench.block import measure_block

    measure_block(
        BlockShape(**job["shape"]),
        job["state"],
        machine,
        threads=job["threads"],
        budget_s=job["budget_s"],
        emit=emit,
    )


def _foresee(data: JobData, known: Known) -> Parts:
    """Its three steps: arrays, the check, the rounds."""
    from accel_core.bench.block.rungs import compiled_functions
    from accel_core.runner.compiling import compiling_s

    shape, chosen = BlockShape(**data["shape"]), state(data["state"])
    pass_s = block_s(shape, chosen) * known.core_pace.compiled
    drawn_s = memory_of(shape).total_bytes / DRAWN_BYTES_PER_S * known.core_pace.compiled
    steps_s = [drawn_s, drawn_s + (CHECKED - 1) * pass_s, max(data["budget_s"], 2 * pass_s) + pass_s]
    roots = compiled_functions(shape, chosen, data["threads"])
    return steps_s, [0.0, sum(compiling_s(roots, [shape.dtype])), 0.0]


KIND = JobKind(
    "transformer",
    ("shape", "state", "threads", "limit_s"),
    _check,
    _run,
    _foresee,
    lambda data: int(data["threads"]),
)
