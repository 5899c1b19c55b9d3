"""Asking for memory before it is needed: while a row is written, the next one is on its way.

A kernel that goes over a long row several times reads memory in the first pass and writes it in the last;
between them the memory rests, since a processor looks ahead by hundreds of instructions, not by thousands. So
each row is gone over in pieces, and with each piece the same piece of what comes next is asked for. It comes as
near as L2, since in L1 it would take the place of the row that is worked on.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

from accel_core.kernels.compiled import inlined
from accel_core.kernels.simd import I64, prefetch

PIECE = {types.float32: 256, types.float64: 128}
"""Elements of a row that are asked for at once, sixteen lines: with 4, 8 and 16 of them softmax was alike, with
64 slower (rows of 6000 float32, 2-core Intel virtual machine)."""
LINE_BYTES = 64
SHORTEST_BYTES, LONGEST_BYTES = 1 << 9, 1 << 16
"""Of a row whose successor is asked for."""


def piece_of(row: NDArray) -> int:
    """Elements of a piece of row, in compiled code: a constant for each type, which lets loops be unrolled."""
    raise NotImplementedError("only compiled code calls this")


@overload(piece_of, jit_options={"forceinline": True})
def _compiled_piece_of(row: Any) -> Any:
    piece = PIECE[row.dtype]

    def constant(row: Any) -> Any:
        return piece

    return constant


@intrinsic
def _ask(typingctx: Any, row: Any, at: Any) -> Any:
    """Ask for the cache line of row[at] of a contiguous row, which need not exist."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, args[0])
        offset = builder.mul(args[1], I64(signature.args[0].dtype.bitwidth // 8))
        prefetch(builder, builder.add(builder.ptrtoint(array.data, I64), offset), level=2)
        return context.get_dummy_value()

    return types.void(row, types.int64), codegen


@inlined
def line_of(row: NDArray) -> int:
    """Elements of row in a cache line, if it pays to ask for what comes next; else more than it has.

    A row of a few lines is through before what was asked for is there. Two rows of LONGEST_BYTES and their
    results fill an L2 of 256 KiB.
    """
    size_bytes = row.size * row.itemsize
    if SHORTEST_BYTES <= size_bytes <= LONGEST_BYTES:
        return LINE_BYTES // row.itemsize
    return row.size + 1


@inlined
def ask_for(row: NDArray, start: int, stop: int, line: int) -> None:
    """Ask for the cache lines of row[start:stop], one after another, of `line` elements each (`line_of`)."""
    if line <= row.size:
        for at in range(start, stop, line):
            _ask(row, at)  # type: ignore[call-arg]
