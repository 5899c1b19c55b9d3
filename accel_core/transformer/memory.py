"""What a block holds in memory, by the conventions of its bytes, and the largest sequence that fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from accel_core.errors import BadInput
from accel_core.transformer.block import operations
from accel_core.transformer.shape import BlockShape
from accel_core.units import format_bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of one block, in three parts that do not overlap."""

    weights_bytes: int
    """The matrices of all its products with weights."""
    activations_bytes: int
    """Its input and what each operation writes, all kept, without keys and values."""
    keys_values_bytes: int
    """Keys and values of the whole sequence, of all heads and sequences."""

    @property
    def total_bytes(self) -> int:
        """All three together."""
        return self.weights_bytes + self.activations_bytes + self.keys_values_bytes


def memory_of(shape: BlockShape) -> Memory:
    """The bytes that one block of `shape` holds, from what its operations read and write.

    Every operation counts, the element-wise ones too. Nothing is freed or written in place: a program that does
    so needs less. Keys and values are 2·batch·sequence·width elements, what a cache of them holds (R. Pope et
    al., Efficiently Scaling Transformer Inference, arXiv:2211.05102, 2022).
    """
    listed = operations(shape)
    one = shape.width * shape.item_bytes
    computed = 2 * shape.rows * one  # keys and values that a projection writes
    written = sum(operation.result_bytes for operation in listed)
    return Memory(
        weights_bytes=sum(operation.weight_bytes for operation in listed),
        activations_bytes=shape.rows * one + written - computed,
        keys_values_bytes=2 * shape.batch * shape.sequence * one,
    )


def check_fits(shape: BlockShape, limit_bytes: float) -> None:
    """Raise BadInput where a block of `shape` needs more than `limit_bytes`; it names the largest that fits."""
    needed = memory_of(shape).total_bytes
    if needed <= limit_bytes:
        return
    largest = longest_sequence(shape, lambda shorter: memory_of(shorter).total_bytes <= limit_bytes)
    remedy = (
        f"the largest that fits is {largest}"
        if largest
        else "not even a sequence of one token fits, so choose a smaller batch, width or type"
    )
    what = "context" if shape.decode else "sequence"
    raise BadInput(
        f"A {what} of {shape.sequence} needs {format_bytes(needed)} for one block (weights, activations, keys "
        f"and values), but there are {format_bytes(limit_bytes)}: {remedy}."
    )


def longest_sequence(shape: BlockShape, fits: Callable[[BlockShape], bool]) -> int:
    """The longest sequence below that of `shape` with which it `fits`, by bisection, as what a block takes
    grows with it; 0 where none does."""
    known, too_long = 0, shape.sequence
    while too_long - known > 1:
        middle = (known + too_long) // 2
        if fits(replace(shape, sequence=middle)):
            known = middle
        else:
            too_long = middle
    return known
