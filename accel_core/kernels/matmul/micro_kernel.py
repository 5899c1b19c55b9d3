"""The micro-kernel of the matrix product: a tile of c stays in vector registers while k runs.

Each step of k reads one vector row of b and one column of a, element by element into all lanes, and makes a
fused multiply-add for each vector of the tile (an outer product). A tile of r rows and v vectors so reads r + v
times for r v multiply-adds, and it has to be large for a second reason too: a multiply-add takes about four
cycles and two can start in each, so that at least eight must be under way.

`panel_product` runs on packed panels (`panels`), `tile_product` on a and b as they lie in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from accel_core.kernels.compiled import inlined
from accel_core.kernels.matmul import TILE_ROWS
from accel_core.kernels.simd import (
    ARM,
    I64,
    Loop,
    first_lanes,
    fused_multiply_add,
    prefetch,
    read,
    read_lanes,
    scalar_type,
    splat,
    vector_type,
    write,
    write_lanes,
)


@dataclass(frozen=True, slots=True)
class Registers:
    """The vector registers that a micro-kernel has."""

    width_bits: int
    count: int

    @property
    def tiles(self) -> dict[int, int]:
        """Rows of a register tile -> its vectors: 24 of 32 registers, or 12 of 16, leave room for b and an
        element of a."""
        return {rows: self.count * 3 // 4 // rows for rows in TILE_ROWS}


def registers(features: Collection[str], arm: bool) -> Registers:
    """Those of a processor with these `features`: the widest that it has (NEON and SSE: 128 bit)."""
    width_bits = 512 if "avx512f" in features else 256 if "avx2" in features else 128
    return Registers(width_bits, 32 if arm or width_bits == 512 else 16)


_HERE = registers({name for name, has in llvmlite.binding.get_host_cpu_features().items() if has}, ARM)
"""For which the micro-kernel is compiled in this process."""
WIDTH_BITS, TILES = _HERE.width_bits, _HERE.tiles
ROWS = 6
"""Rows of the tile where nothing else is asked for: with it, reads are fewest (r + v is least) for r v = 24."""
_VECTORS = TILES[ROWS]
MASKS_ARE_FREE = WIDTH_BITS == 512
"""AVX-512 leaves lanes out at no cost. Elsewhere a masked vector is taken apart, so whole ones have a loop of
their own."""
ROWS_AHEAD = 8
"""Rows of b that are asked for before they are read: a new row starts on another page, which no prefetcher
follows by itself."""
PARTIAL = 8
"""Added to the vectors of a tile whose last vector is not whole; more than the vectors of any tile."""


@inlined
def lanes_of(array: NDArray) -> int:
    """Elements of `array` in a vector."""
    return WIDTH_BITS // 8 // array.itemsize


@inlined
def columns_of(array: NDArray) -> int:
    """Columns of the register tile of ROWS rows."""
    return _VECTORS * WIDTH_BITS // 8 // array.itemsize


@intrinsic
def panel_product(
    typingctx: Any, a: Any, at_a: Any, b: Any, at_b: Any, c: Any, i: Any, j: Any, depth: Any, rows: Any,
    vectors: Any, accumulate: Any,
) -> Any:  # fmt: skip
    """c[i : i + rows, j : j + vectors * lanes] = (c of there if `accumulate`) + panel of a @ panel of b.

    `a` and `b` are packed: from element `at_a`, `depth` columns of `rows` elements; from `at_b`, a multiple of
    the vector length, `depth` rows of TILES[rows] vectors, of which the first `vectors` are read. depth >= 1;
    `rows` is one of TILES and `vectors` at most its value, else nothing is done.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(c, builder)
        start_a = lengths.element(context, signature, args, 0, args[1])
        start_b = lengths.element(context, signature, args, 2, args[3])
        start_c, row_bytes = lengths.tile_of(context, signature, args, 4, args[5], args[6])
        depth, accumulate = args[7], builder.icmp_signed("!=", args[10], I64(0))

        def body(rows: int, vectors: int) -> None:
            def element(at: ir.Value, row: int) -> ir.Value:
                return lengths.every_lane(at, row * lengths.size)

            def row(at: ir.Value) -> list[ir.Value]:
                return [lengths.vector_at(at, v * lengths.bytes, lengths.bytes) for v in range(vectors)]

            places = lengths.places(start_c, row_bytes, rows, vectors)
            for place in places:  # c is in L3 or further, and what is asked for now is here when k is through
                prefetch(builder, place)
            steps = I64(rows * lengths.size), I64(TILES[rows] * lengths.bytes)
            starts = start_a, start_b
            sums = outer_products(builder, lengths, depth, (rows, vectors), starts, steps, element, row)
            lengths.put(sums, places, [None] * len(sums), accumulate)

        cases = [(r, v) for r, most in TILES.items() for v in range(1, most + 1)]
        for_each_case(builder, args[8], args[9], cases, body)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(a, whole, b, whole, c, whole, whole, whole, whole, whole, whole), codegen


@intrinsic
def packing_product(
    typingctx: Any, a: Any, at_a: Any, b: Any, at_b: Any, packed: Any, at: Any, c: Any, i: Any, j: Any,
    rows: Any, accumulate: Any,
) -> Any:  # fmt: skip
    """The same for a panel of b that is not packed yet, and which is packed meanwhile.

    b (depth, n) lies with rows of unit stride; its columns from `at_b` on, TILES[rows] whole vectors, are
    multiplied, and written to `packed` from element `at` on, a multiple of the vector length.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(c, builder)
        start_a = lengths.element(context, signature, args, 0, args[1])
        start_b, row_bytes_b = lengths.tile_of(context, signature, args, 2, I64(0), args[3])
        start_packed = lengths.element(context, signature, args, 4, args[5])
        start_c, row_bytes = lengths.tile_of(context, signature, args, 6, args[7], args[8])
        depth = builder.extract_value(context.make_array(signature.args[2])(context, builder, args[2]).shape, 0)
        ahead, accumulate = (
            builder.mul(row_bytes_b, I64(ROWS_AHEAD)),
            builder.icmp_signed("!=", args[10], I64(0)),
        )

        def body(rows: int, vectors: int) -> None:
            def element(at: ir.Value, row: int) -> ir.Value:
                return lengths.every_lane(at, row * lengths.size)

            def row(at: ir.Value, to: ir.Value) -> list[ir.Value]:
                across = [lengths.vector_at(at, v * lengths.bytes, lengths.size) for v in range(vectors)]
                for v, vector in enumerate(across):
                    prefetch(builder, builder.add(builder.add(at, ahead), I64(v * lengths.bytes)))
                    write(builder, vector, builder.add(to, I64(v * lengths.bytes)), lengths.bytes)
                return across

            places = lengths.places(start_c, row_bytes, rows, vectors)
            for place in places:
                prefetch(builder, place)
            steps = I64(rows * lengths.size), row_bytes_b, I64(vectors * lengths.bytes)
            starts = start_a, start_b, start_packed
            sums = outer_products(builder, lengths, depth, (rows, vectors), starts, steps, element, row)
            lengths.put(sums, places, [None] * len(sums), accumulate)

        for_each_case(builder, args[9], I64(0), [(r, 0) for r in TILES], lambda r, _: body(r, TILES[r]))
        return context.get_dummy_value()

    whole = types.int64
    return types.void(a, whole, b, whole, packed, whole, c, whole, whole, whole, whole), codegen


@intrinsic
def tile_product(
    typingctx: Any, a: Any, b: Any, at_b: Any, c: Any, i: Any, j: Any, depth: Any, rows: Any, columns: Any,
    accumulate: Any,
) -> Any:  # fmt: skip
    """c[i:, j:] = (c of there if `accumulate`) + a[i:, :depth] @ b[:depth, at_b:], for `rows` and `columns`.

    Rows of all three have unit stride. 1 <= rows <= ROWS, 1 <= columns <= TILES[ROWS] vectors and depth >= 1,
    else nothing is done. No byte outside of these ranges is read or written.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(c, builder)
        start_a, row_bytes_a = lengths.tile_of(context, signature, args, 0, args[4], I64(0))
        start_b, row_bytes_b = lengths.tile_of(context, signature, args, 1, I64(0), args[2])
        start_c, row_bytes_c = lengths.tile_of(context, signature, args, 3, args[4], args[5])
        lanes, one = I64(lengths.lanes), I64(1)
        vectors = builder.sdiv(builder.add(args[8], builder.sub(lanes, one)), lanes)
        rest = builder.sub(args[8], builder.mul(builder.sub(vectors, one), lanes))
        mask = first_lanes(builder, rest, lengths.vector)
        onto = builder.icmp_signed("!=", args[9], I64(0))

        def body(rows: int, vectors: int) -> None:
            vectors, partial = vectors % PARTIAL, vectors > PARTIAL
            masks = [mask if partial and v == vectors - 1 else None for v in range(vectors)]
            starts = lengths.places(I64(0), row_bytes_a, rows, 1)

            def element(at: ir.Value, row: int) -> ir.Value:
                return lengths.every_lane(builder.add(at, starts[row]), 0)

            def row(at: ir.Value) -> list[ir.Value]:
                places = [builder.add(at, I64(v * lengths.bytes)) for v in range(vectors)]
                return [lengths.get(*vector) for vector in zip(places, masks, strict=True)]

            places = lengths.places(start_c, row_bytes_c, rows, vectors)
            for place in places:
                prefetch(builder, place)
            steps = I64(lengths.size), row_bytes_b
            tile, matrices = (rows, vectors), (start_a, start_b)
            sums = outer_products(builder, lengths, args[6], tile, matrices, steps, element, row)
            lengths.put(sums, places, masks * rows, onto)

        kinds = (PARTIAL,) if MASKS_ARE_FREE else (0, PARTIAL)
        sizes = [(r, v) for r in range(1, ROWS + 1) for v in range(1, TILES[ROWS] + 1)]
        cases = [(r, v + kind) for r, v in sizes for kind in kinds]
        is_whole = builder.icmp_signed("==", rest, lanes)
        kind = I64(PARTIAL) if MASKS_ARE_FREE else builder.select(is_whole, I64(0), I64(PARTIAL))
        for_each_case(builder, args[7], builder.add(vectors, kind), cases, body)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(a, b, whole, c, whole, whole, whole, whole, whole, whole), codegen


class Lengths:
    """Lengths of one element type, and the addresses that they lead to."""

    def __init__(self, array: Any, builder: ir.IRBuilder) -> None:
        self.builder = builder
        self.scalar = scalar_type(array.dtype)
        self.vector = vector_type(array.dtype, WIDTH_BITS)
        self.size, self.bytes = array.dtype.bitwidth // 8, WIDTH_BITS // 8
        self.lanes = self.bytes // self.size

    def element(self, context: Any, signature: Any, args: Any, which: int, at: ir.Value) -> ir.Value:
        """Address of element `at` of a one-dimensional argument."""
        array = context.make_array(signature.args[which])(context, self.builder, args[which])
        start = self.builder.ptrtoint(array.data, I64)
        return self.builder.add(start, self.builder.mul(at, I64(self.size)))

    def tile_of(
        self, context: Any, signature: Any, args: Any, which: int, i: ir.Value, j: ir.Value
    ) -> tuple[ir.Value, ir.Value]:
        """Address of element (i, j) of a two-dimensional argument with rows of unit stride, and bytes of a
        row."""
        builder = self.builder
        array = context.make_array(signature.args[which])(context, builder, args[which])
        row_bytes = builder.extract_value(array.strides, 0)
        start = builder.add(builder.ptrtoint(array.data, I64), builder.mul(i, row_bytes))
        return builder.add(start, builder.mul(j, I64(self.size))), row_bytes

    def every_lane(self, at: ir.Value, more: int) -> ir.Value:
        """A vector with the element at `at` + `more` bytes in each lane."""
        address = self.builder.add(at, I64(more))
        return splat(self.builder, read(self.builder, address, self.scalar, self.size), self.vector)

    def vector_at(self, at: ir.Value, more: int, align: int) -> ir.Value:
        """The vector at `at` + `more` bytes, an address that `align` divides."""
        return read(self.builder, self.builder.add(at, I64(more)), self.vector, align)

    def places(self, start: ir.Value, row_bytes: ir.Value, rows: int, vectors: int) -> list[ir.Value]:
        """Addresses of the vectors of a tile, row by row."""
        found = []
        for _ in range(rows):
            found += [self.builder.add(start, I64(v * self.bytes)) for v in range(vectors)]
            start = self.builder.add(start, row_bytes)
        return found

    def get(self, place: ir.Value, mask: ir.Value | None) -> ir.Value:
        """The vector at `place`, whole or in the lanes of `mask`."""
        if mask is None:
            return read(self.builder, place, self.vector, self.size)
        return read_lanes(self.builder, place, mask, self.vector)

    def put(
        self, values: list[ir.Value], places: list[ir.Value], masks: list[ir.Value | None], onto: ir.Value
    ) -> None:
        """Store vectors, each in the lanes of its mask; where `onto` holds, added to what is there."""
        builder = self.builder

        def store(value: ir.Value, place: ir.Value, mask: ir.Value | None) -> None:
            if mask is None:
                write(builder, value, place, self.size)
            else:
                write_lanes(builder, value, place, mask)

        with builder.if_else(onto) as (add, replace):
            with add:
                for value, place, mask in zip(values, places, masks, strict=True):
                    store(builder.fadd(self.get(place, mask), value), place, mask)
            with replace:
                for value, place, mask in zip(values, places, masks, strict=True):
                    store(value, place, mask)


def outer_products(
    builder: ir.IRBuilder,
    lengths: Lengths,
    depth: ir.Value,
    tile: tuple[int, int],
    starts: tuple[ir.Value, ...],
    steps: tuple[ir.Value, ...],
    element: Callable[[ir.Value, int], ir.Value],
    row: Callable[..., list[ir.Value]],
) -> list[ir.Value]:
    """The sum of `depth` outer products of `element`s and a `row`: vectors of a tile, which phi nodes carry
    round the loop. The first of `starts` is where elements are, the others are what `row` takes; each goes on
    by its step.

    Each element is read just before it is used: with all of them first, LLVM's order of instructions for
    Skylake and Ice Lake wanted more registers than there are, and a sum went to memory and back in each step.
    """
    rows, vectors = tile
    zeros = [ir.Constant(lengths.vector, None)] * (rows * vectors)
    loop = Loop(builder, depth, 1, [*zeros, *starts])
    sums, (at_a, *others) = loop.values[: len(zeros)], loop.values[len(zeros) :]
    across = row(*others)
    for r in range(rows):
        every = element(at_a, r)
        for n, vector in enumerate(across, r * vectors):
            sums[n] = fused_multiply_add(builder, every, vector, sums[n])
    places = [builder.add(at, step) for at, step in zip((at_a, *others), steps, strict=True)]
    loop.close([*sums, *places])
    return sums


def for_each_case(
    builder: ir.IRBuilder,
    rows: ir.Value,
    vectors: ir.Value,
    cases: list[tuple[int, int]],
    body: Callable[[int, int], None],
) -> None:
    """A branch for each (rows, vectors) in `cases`, which runs the body made for it."""
    done = builder.append_basic_block("done")
    key = builder.add(builder.mul(rows, I64(16)), vectors)
    choice = builder.switch(key, done)
    for r, v in cases:
        block = builder.append_basic_block(f"tile_{r}x{v}")
        choice.add_case(I64(16 * r + v), block)
        builder.position_at_end(block)
        body(r, v)
        builder.branch(done)
    builder.position_at_end(done)
