"""A measured block beside its prediction: a row an operation, and why it took longer or less where it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core.model import DRAM, BlockRun, Ceiling, Estimate, Machine
from accel_core.readings.transformer_causes import Expected, Setting, expected
from accel_core.roofline import limiting_memory_level
from accel_core.transformer import LARGE_FLOP, WITHIN, BlockShape, Operation, operations, predict
from accel_core.units import format_number, format_time


@dataclass(frozen=True, slots=True)
class Row:
    """One operation: predicted under two roofs, and measured."""

    operation: Operation
    how: str
    """What computed it, see `model.OperationTime`."""
    bound_by: str
    """ "compute" or "memory"."""
    predicted_s: float
    time_s: Estimate
    share: float
    """Of the times of all operations together."""
    ratio: float
    """Measured over predicted."""
    promised: bool
    """Whether it is one of those that the prediction is meant for, see `promised`."""
    agrees: bool
    """Whether the measured time is within 20 % of the predicted one."""
    expected_s: float
    """Predicted once more, with what is known of the reasons."""
    reason: str
    """Why it does not agree, in one sentence or two; empty where it does."""


def rows(
    run: BlockRun,
    machine: Machine,
    ceilings: Sequence[Ceiling],
    peak_flop_per_s: float,
    bandwidth_byte_per_s: float,
) -> tuple[Row, ...]:
    """Every operation of `run` under two roofs. `ceilings` are all of this machine that are known.

    `machine` has its caches as large as they were measured (`roofline.as_measured`), where they were.
    """
    shape = BlockShape(**run.shape)
    setting = Setting(run, machine, ceilings, peak_flop_per_s, bandwidth_byte_per_s)
    total_s = sum(one.time_s.median for one in run.operations)
    predicted = predict(operations(shape), peak_flop_per_s, bandwidth_byte_per_s)
    disturbed = " The run was disturbed." if run.disturbed else ""
    found = []
    for under, timed in zip(predicted, run.operations, strict=True):
        ratio = timed.time_s.median / under.predicted_s
        told = expected(under, timed, setting)
        agrees = is_within(ratio)
        found.append(
            Row(
                operation=under.operation,
                how=timed.how,
                bound_by=under.bound_by,
                predicted_s=under.predicted_s,
                time_s=timed.time_s,
                share=timed.time_s.median / total_s,
                ratio=ratio,
                promised=promised(under.operation, machine),
                agrees=agrees,
                expected_s=told.time_s,
                reason="" if agrees else reason(told, under.predicted_s, timed.time_s.median) + disturbed,
            )
        )
    return tuple(found)


def is_within(ratio: float) -> bool:
    """Whether a time that is `ratio` times another is within 20 % of it."""
    return abs(ratio - 1) <= WITHIN


def promised(operation: Operation, machine: Machine) -> bool:
    """Whether the prediction is meant for it: a product of 50 million FLOP, or what outgrows the last cache."""
    if operation.product:
        return operation.counted.flop >= LARGE_FLOP
    return limiting_memory_level(machine, operation.counted.bytes) == DRAM


def reason(told: Expected, predicted_s: float, measured_s: float) -> str:
    """Why `measured_s` is not `predicted_s`, as far as that is known."""
    times = f"{format_number(measured_s / predicted_s)} times the prediction"
    if not told.causes:
        return f"{times}: shown, not explained, for no known reason applies."
    known = " ".join(told.causes)
    if told.time_s == measured_s:
        return known
    if told.time_s == predicted_s:
        return f"{known} How much that brings is not known."
    if is_within(measured_s / told.time_s):
        return f"{known} With that {format_time(told.time_s)} are expected."
    rest = format_number(measured_s / told.time_s)
    expected_s = format_time(told.time_s)
    return f"{known} With that {expected_s} are expected; measured is {rest} times that: shown, not explained."


def summary(found: Sequence[Row]) -> str:
    """How many of the operations that the prediction is meant for agree with it."""
    meant = [row for row in found if row.promised]
    if not meant:
        return (
            "The prediction is meant for products of 50 million FLOP or more and for what outgrows the last "
            "cache, and this block has neither."
        )
    agree = sum(row.agrees for row in meant)
    known = sum(is_within(row.time_s.median / row.expected_s) for row in meant)
    return (
        f"Of {len(meant)} operations that the prediction is meant for (products of 50 million FLOP or more, "
        f"and what outgrows the last cache) {agree} agree with it within 20 %; "
        f"with the reasons that are known {known} do."
    )
