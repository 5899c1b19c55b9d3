"""A block from its shape to its BlockRun: built, checked, timed."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial

import numpy as np

from accel_core.bench.block.arrays import Array, Given, given
from accel_core.bench.block.attention import groups
from accel_core.bench.block.flow import block
from accel_core.bench.block.reference import reference, tolerance
from accel_core.bench.block.room import Room
from accel_core.bench.block.rounds import each_call_s, take_rounds
from accel_core.bench.block.steps import Desk, Step
from accel_core.bench.causes import told
from accel_core.bench.clocks import Clocks
from accel_core.bench.events import Emit, ignore, result_event, step_event
from accel_core.bench.sampling import time_calls
from accel_core.bench.threads import limit, require_processors
from accel_core.bench.verify import format_small
from accel_core.errors import WrongResult
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import environment, refuse_to_measure
from accel_core.model import BlockRun, Machine, OperationTime, require_dtype
from accel_core.model.blocks import SQUARE_SIDE
from accel_core.transformer import LARGE_FLOP, BlockShape, State, operations, state

STEPS = ("A block's weights and input", "The block against float64", "The block, in rounds")


def measure_block(
    shape: BlockShape,
    state_name: str,
    machine: Machine,
    *,
    threads: int = 1,
    budget_s: float = 5.0,
    emit: Emit = ignore,
    clocks: Clocks | None = None,
) -> BlockRun:
    """The BlockRun of one block of `shape`, its numbers drawn anew.

    Raises BadInput for a dtype that is not measured or a state that is none, WrongResult where the block is
    farther from its float64 reference than `reference.tolerance`: it is then not timed.
    """
    refuse_to_measure(machine)
    require_dtype(shape.dtype)
    chosen = state(state_name)
    traffic = sum(operation.counted.bytes for operation in operations(shape))
    clocks = clocks or Clocks.of(machine, threads, f"transformer/{chosen.name}", traffic)
    versions = environment()
    with limit(threads):
        require_processors(threads)
        emit(step_event(STEPS[0], 0, len(STEPS), None))
        start = given(shape, secrets.randbits(31))
        emit(step_event(STEPS[1], 1, len(STEPS), None))
        steps, error = checked(shape, start, chosen, threads)
        calls = [step.call for step in steps]
        pass_s, _ = time_calls(lambda: [call() for call in calls], 1, clocks)
        emit(step_event(STEPS[2], 2, len(STEPS), max(budget_s, 2 * pass_s)))
        empty = [step.call for step in _on_rows_of_four(shape, chosen, threads)]
        empty_s = each_call_s(calls, empty, pass_s, clocks)
        square = _square(shape) if _has_large_products(shape) else None
        rounds = take_rounds(calls, pass_s, budget_s, clocks, threads, square)
    counted = rounds.span.causes(threads)
    reason = told([*counted, *clocks.lookout.causes()])
    if not counted:
        clocks.lookout.remember()
    made = BlockRun(
        shape=asdict(shape),
        state=chosen.name,
        threads=threads,
        operations=tuple(
            OperationTime(step.name, step.how, timed.time_s, timed.series, call_s)
            for step, timed, call_s in zip(steps, rounds.operations, empty_s, strict=True)
        ),
        whole_s=rounds.whole.time_s,
        whole=rounds.whole.series,
        max_relative_error=error,
        disturbed=bool(reason),
        disturbed_reason=reason,
        fingerprint=machine.fingerprint,
        environment=versions,
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        id=uuid.uuid4().hex,
        library_flop_per_s=2 * SQUARE_SIDE**3 / rounds.beside_s if rounds.beside_s else None,
    )
    emit(result_event(made))
    return made


def least_block(shape: BlockShape) -> BlockShape:
    """The smallest block whose norms divide by no 0 and whose attention takes as many calls as that of
    `shape`."""
    tokens = len(groups(shape))  # of each group one
    return replace(shape, width=4, heads=1, feed_forward=4, sequence=tokens, batch=1)


def _on_rows_of_four(shape: BlockShape, chosen: State, threads: int) -> tuple[Step, ...]:
    """The same operations on the least block, called once; it shares no loop out over threads."""
    least = least_block(shape)
    steps = block(Desk(least, given(least, 0), chosen, threads))
    for step in steps:
        step.call()
    return steps


def _has_large_products(shape: BlockShape) -> bool:
    return any(one.product and one.counted.flop >= LARGE_FLOP for one in operations(shape))


def _square(shape: BlockShape) -> Callable[[], Array]:
    """The library's product of SQUARE_SIDE x SQUARE_SIDE, called once."""
    random, room = np.random.default_rng(), Room(shape.dtype)
    a, b, out = (room.array(SQUARE_SIDE, SQUARE_SIDE) for _ in range(3))
    for operand in (a, b):
        operand[...] = random.random((SQUARE_SIDE, SQUARE_SIDE))
    call = partial(np.matmul, a, b, out=out)
    call()
    return call


def checked(shape: BlockShape, start: Given, chosen: State, threads: int) -> tuple[tuple[Step, ...], float]:
    """The block's operations, run once, and how far their output was from float64; WrongResult if too far."""
    expected = reference(shape, start)
    desk = Desk(shape, start, chosen, threads)
    steps = block(desk)
    for step in steps:
        step.call()
    return steps, check(desk.arrays[steps[-1].name], expected, shape, chosen)


def check(output: Array, expected: Array, shape: BlockShape, chosen: State) -> float:
    """The relative error of a block's output; WrongResult above `tolerance`."""
    error, most = max_relative_error(output, expected), tolerance(shape)
    if not error <= most:
        raise WrongResult(
            f"The transformer block in the state {chosen.name} gives a wrong result in {shape.dtype}: its "
            f"relative error {format_small(error)} is above the tolerance {format_small(most)}, so it is not "
            "timed."
        )
    return error
