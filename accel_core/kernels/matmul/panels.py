"""Packed panels: a block of a and a block of b, copied into the order in which the micro-kernel reads them.

A block of a becomes micro-panels of `rows` rows, each column by column; a block of b becomes micro-panels of
some vectors width, each row by row. Then every read of the micro-kernel is the next one in memory: no stride,
few pages, whole cache lines. What a block lacks to whole micro-panels is filled with zeros.
"""

from __future__ import annotations

import math
import mmap
import threading
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from accel_core.kernels.compiled import outlined
from accel_core.kernels.matmul.micro_kernel import ROWS_AHEAD, TILES, Lengths, lanes_of
from accel_core.kernels.pages import fresh
from accel_core.kernels.simd import I64, Loop, interleaved, prefetch, read, shuffled, write

SLACK = 64
"""Elements past a packed block of a: the transposition writes whole vectors, and the last ones hang over."""


@intrinsic
def _pack_columns(typingctx: Any, a: Any, i: Any, p: Any, packed: Any, at: Any, rows: Any) -> Any:
    """packed[at:] = a[i : i + rows, p : p + lanes], column by column; `rows` one of TILES, else nothing is
    done.

    The next power of two of rows, the missing ones zero, is transposed by interleaving the first half of the
    vectors with the second, as often as that power; each column is then stored whole, and what hangs over is
    overwritten by the next one.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(a, builder)
        start, row_bytes = lengths.tile_of(context, signature, args, 0, args[1], args[2])
        target = lengths.element(context, signature, args, 3, args[4])
        done = builder.append_basic_block("done")
        choice = builder.switch(args[5], done)
        for rows in TILES:
            block = builder.append_basic_block(f"rows_{rows}")
            choice.add_case(I64(rows), block)
            builder.position_at_end(block)
            places = lengths.places(start, row_bytes, rows, 1)
            ahead = builder.mul(row_bytes, I64(rows))
            for place in places:  # the rows of the next micro-panel
                prefetch(builder, builder.add(place, ahead))
            vectors = [read(builder, place, lengths.vector, lengths.size) for place in places]
            for n, column in enumerate(_columns(builder, vectors)):
                offset = n // -(-rows // column.type.count) * rows * lengths.size
                part = n % -(-rows // column.type.count) * column.type.count * lengths.size
                write(builder, column, builder.add(target, I64(offset + part)), lengths.size)
            builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(a, whole, whole, packed, whole, whole), codegen


def _columns(builder: ir.IRBuilder, rows: list[ir.Value]) -> list[ir.Value]:
    """The columns of a matrix of `rows`, one after another; a column longer than a vector is several
    vectors."""
    vector, lanes = rows[0].type, rows[0].type.count
    tall = 1 << (len(rows) - 1).bit_length()
    flow = [*rows, *[ir.Constant(vector, None)] * (tall - len(rows))]
    for _ in range(tall.bit_length() - 1):
        pairs = zip(flow[: tall // 2], flow[tall // 2 :], strict=True)
        flow = [half for first, second in pairs for half in interleaved(builder, first, second)]
    if tall >= lanes:
        needed = -(-len(rows) // lanes)
        return [flow[column * (tall // lanes) + part] for column in range(lanes) for part in range(needed)]
    cuts = range(0, lanes, tall)
    return [shuffled(builder, v, v, list(range(cut, cut + tall))) for v in flow for cut in cuts]


@intrinsic
def _copy_vectors(typingctx: Any, b: Any, p: Any, j: Any, packed: Any, at: Any, vectors: Any) -> Any:
    """packed[at:] = b[p, j : j + vectors * lanes], with vectors >= 1."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(b, builder)
        start, row_bytes = lengths.tile_of(context, signature, args, 0, args[1], args[2])
        ahead = builder.mul(row_bytes, I64(ROWS_AHEAD))
        target = lengths.element(context, signature, args, 3, args[4])
        loop = Loop(builder, builder.mul(args[5], I64(lengths.bytes)), lengths.bytes, [])
        prefetch(builder, builder.add(builder.add(start, ahead), loop.index))
        value = read(builder, builder.add(start, loop.index), lengths.vector, lengths.size)
        write(builder, value, builder.add(target, loop.index), lengths.bytes)
        loop.close([])
        return context.get_dummy_value()

    whole = types.int64
    return types.void(b, whole, whole, packed, whole, whole), codegen


@outlined
def pack_a(a: NDArray, packed: NDArray, rows: int, apart: int) -> None:
    """Block a (m, k) into micro-panels of `rows` rows, which begin `apart` elements from each other, at least
    rows k: element (i, p) goes to (i // rows) apart + p rows + i % rows."""
    m, k = a.shape
    lanes = lanes_of(a)
    for i in range(0, m, rows):
        at = i // rows * apart
        vectorised = k // lanes * lanes if i + rows <= m else 0
        for p in range(0, vectorised, lanes):
            _pack_columns(a, i, p, packed, at + p * rows, rows)
        for p in range(vectorised, k):
            for r in range(rows):
                packed[at + p * rows + r] = a[i + r, p] if i + r < m else 0


@outlined
def pack_b(b: NDArray, packed: NDArray) -> None:
    """Block b (k, n) into micro-panels, as wide as the last axis: (p, j) goes to [j // width, p, j % width].

    The last micro-panel is filled up to whole vectors; what lies behind is not written.
    """
    k, n = b.shape
    width = packed.shape[2]
    lanes = lanes_of(b)
    for p in range(k):
        for j in range(0, n, width):
            here = min(width, n - j)
            if here >= lanes:
                at = (j // width * packed.shape[1] + p) * width
                _copy_vectors(b, p, j, packed, at, here // lanes)
            for q in range(here // lanes * lanes, (here + lanes - 1) // lanes * lanes):
                packed[j // width, p, q] = b[p, j + q] if q < here else 0


Shapes = tuple[tuple[int, ...], ...]


class _Kept(threading.local):
    block: NDArray[np.uint8] = np.empty(0, np.uint8)
    wanted: tuple[str, Shapes] | None = None
    arrays: list[NDArray[Any]]


_kept = _Kept()


def room(dtype: str, shapes: Shapes) -> list[NDArray[Any]]:
    """Uninitialised arrays of these shapes, for the calling thread until its next call of this function.

    They are kept between calls, because touching fresh memory costs as much as packing into it, and lie on huge
    pages where the system gives them. Each begins on a page.
    """
    if _kept.wanted != (dtype, shapes):
        lengths = [math.prod(shape) * np.dtype(dtype).itemsize for shape in shapes]
        starts = np.cumsum([0, *(-(-length // mmap.PAGESIZE) * mmap.PAGESIZE for length in lengths)])
        if _kept.block.nbytes < starts[-1]:
            _kept.block = fresh(int(starts[-1]))
        pieces = zip(starts[:-1], lengths, shapes, strict=True)
        _kept.arrays = [_kept.block[at : at + n].view(dtype).reshape(shape) for at, n, shape in pieces]
        _kept.wanted = dtype, shapes
    return _kept.arrays
