"""Eight cells of one cache set at a time, in LLVM vectors: find a line, and push one in at the front.

A set is kept in order, the newest line first; its cells are padded with EMPTY to whole groups of eight lanes.
Comparing eight cells and moving them by one place are a few instructions each whatever the place, where a loop
over the cells would mispredict its end. LLVM cuts the vectors to what the processor has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_item_pointer
from numba.extending import intrinsic

from accel_core.kernels.simd import splat, store

LANES = 8
EMPTY = -1
"""A cell without a line; lines are numbered from 0."""

_I32, _I64 = ir.IntType(32), ir.IntType(64)
_VECTOR = ir.VectorType(_I32, LANES)


def _group(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
    """Pointer to the eight cells from `at`, from the first two arguments (cells, at)."""
    kind = signature.args[0]
    cells = context.make_array(kind)(context, builder, arguments[0])
    first = get_item_pointer(context, builder, kind, cells, [arguments[1]], wraparound=False)
    return builder.bitcast(first, ir.PointerType(_VECTOR))


def _load(builder: ir.IRBuilder, pointer: ir.Value) -> ir.Value:
    loaded = builder.load(pointer, typ=_VECTOR)
    loaded.align = 4
    return loaded


def _numbers() -> ir.Constant:
    return ir.Constant(_VECTOR, list(range(LANES)))


@intrinsic
def find8(typing_context: Any, cells: Any, at: Any, line: Any) -> Any:
    """The lane (0 to 7) of cells[at : at + 8] that holds `line`, LANES where none does."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        held = _load(builder, _group(context, builder, signature, arguments))
        wanted = splat(builder, builder.trunc(arguments[2], _I32), _VECTOR)
        equal = builder.bitcast(builder.icmp_signed("==", held, wanted), ir.IntType(LANES))
        found = builder.or_(builder.zext(equal, _I64), _I64(1 << LANES))  # a lane that is always there
        return builder.cttz(found, ir.IntType(1)(1))

    return types.int64(cells, types.int64, types.int64), generate


@intrinsic
def push8(typing_context: Any, cells: Any, at: Any, count: Any, line: Any) -> Any:
    """Put `line` in front of cells[at : at + 8]: the first `count` move by one place, the last is lost."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> ir.Value:
        pointer = _group(context, builder, signature, arguments)
        held = _load(builder, pointer)
        count, line = (builder.trunc(argument, _I32) for argument in arguments[2:])
        front = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), line, _I32(0))
        places = ir.Constant(_VECTOR, [LANES, *range(LANES - 1)])
        moved = builder.shuffle_vector(held, front, places)
        moving = builder.icmp_signed("<", _numbers(), splat(builder, count, _VECTOR))
        # volatile, or LLVM makes a masked store of it, which the next load of the set would have to wait for
        store(builder, builder.select(moving, moved, held), pointer, 4, 0)
        return context.get_dummy_value()

    return types.void(cells, types.int64, types.int64, types.int64), generate
