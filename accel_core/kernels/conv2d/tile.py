"""The micro-kernel of a convolution: a tile of ROWS output channels and some vectors of pixels in registers.

It is that of a matrix product whose second factor is never laid out: a row of it is the image shifted by a
channel, a row and a column, so only where the row begins is looked up.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from accel_core.kernels.matmul.micro_kernel import ROWS, TILES, Lengths, for_each_case, outer_products
from accel_core.kernels.simd import I64, read, write


@intrinsic
def shifted_product(
    typingctx: Any, panel: Any, at: Any, image: Any, start: Any, shifts: Any, tile: Any, vectors: Any
) -> Any:
    """tile[:, : vectors * lanes] = a micro-panel of filters @ the rows of the image that begin at its element
    `start` + each of `shifts`.

    The panel is packed from element `at` of `panel` on, a column of ROWS entries for each shift; there is at
    least one. tile is (ROWS, TILES[ROWS] vectors); `vectors` from 1 to TILES[ROWS], else nothing is done.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lengths = Lengths(signature.args[5], builder)
        start_panel = lengths.element(context, signature, args, 0, args[1])
        start_image = lengths.element(context, signature, args, 2, args[3])
        table = context.make_array(signature.args[4])(context, builder, args[4])
        start_tile, row_bytes = lengths.tile_of(context, signature, args, 5, I64(0), I64(0))

        def body(_: int, vectors: int) -> None:
            def element(at: ir.Value, row: int) -> ir.Value:
                return lengths.every_lane(at, row * lengths.size)

            def row(at: ir.Value) -> list[ir.Value]:
                shift = builder.mul(read(builder, at, I64, 8), I64(lengths.size))
                here = builder.add(start_image, shift)
                return [lengths.vector_at(here, v * lengths.bytes, lengths.size) for v in range(vectors)]

            depth = builder.extract_value(table.shape, 0)
            starts = start_panel, builder.ptrtoint(table.data, I64)
            steps = I64(ROWS * lengths.size), I64(8)
            sums = outer_products(builder, lengths, depth, (ROWS, vectors), starts, steps, element, row)
            places = lengths.places(start_tile, row_bytes, ROWS, vectors)
            for value, place in zip(sums, places, strict=True):
                write(builder, value, place, lengths.size)

        for_each_case(builder, I64(0), args[6], [(0, v) for v in range(1, TILES[ROWS] + 1)], body)
        return context.get_dummy_value()

    whole = types.int64
    return types.void(panel, whole, image, whole, shifts, tile, whole), codegen
