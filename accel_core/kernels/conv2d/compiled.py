"""Convolution in loops that Numba compiles: the seven loops, with the width innermost, and over register tiles.

The contract is that of `interpreted`. Inputs that are not C-contiguous are copied once.

The register tile takes pixels as they lie in memory, across the ends of rows: an image is copied with its zeros
around it, and what is computed at the width of the zeros is dropped. With one of W + K - 1 columns that is the
share of the work that a small image loses; a tile along rows would lose what a row lacks to whole vectors.
"""

from __future__ import annotations

from functools import lru_cache, partial

import numba
import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.compiled import compiled, forked, inlined, outlined, streamed
from accel_core.kernels.conv2d.interpreted import result_of
from accel_core.kernels.conv2d.tile import shifted_product
from accel_core.kernels.fork_join import can_fork, even_share, fork
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES, WIDTH_BITS, lanes_of
from accel_core.kernels.matmul.panels import SLACK, pack_a, room
from accel_core.kernels.rows import locked


@compiled
def seven_loops(x: NDArray, weights: NDArray, y: NDArray) -> None:
    """Write the convolution of x (batch, C_in, H, W) and weights (C_out, C_in, K, K) to y (batch, C_out, H,
    W)."""
    batch, c_in, height, width = x.shape
    c_out, k = weights.shape[0], weights.shape[2]
    before = (k - 1) // 2
    for b in range(batch):
        for o in range(c_out):
            for i in range(height):
                for j in range(width):
                    total = x.dtype.type(0)
                    for c in range(c_in):
                        for u in range(max(0, before - i), min(k, height + before - i)):
                            for v in range(max(0, before - j), min(k, width + before - j)):
                                total += x[b, c, i + u - before, j + v - before] * weights[o, c, u, v]
                    y[b, o, i, j] = total


@streamed
def width_innermost(x: NDArray, weights: NDArray, y: NDArray) -> None:
    """Add the convolution of x (batch, C_in, H, W) and weights (C_out, C_in, K, K) to y (batch, C_out, H,
    W)."""
    batch, c_in, height, width = x.shape
    c_out, k = weights.shape[0], weights.shape[2]
    before = (k - 1) // 2
    for b in range(batch):
        for o in range(c_out):
            for i in range(height):
                for c in range(c_in):
                    for u in range(max(0, before - i), min(k, height + before - i)):
                        for v in range(k):
                            start = max(0, before - v)
                            stop = max(start, width - max(0, v - before))
                            row = x[b, c, i + u - before][start + v - before : stop + v - before]
                            weight, result = weights[o, c, u, v], y[b, o, i][start:stop]
                            for j in range(result.size):
                                result[j] += weight * row[j]


@compiled
def tiled(
    x: NDArray, filters: NDArray, y: NDArray, image: NDArray, panels: NDArray, shifts: NDArray, tiles: NDArray,
    before: int, across: int,
) -> None:  # fmt: skip
    """Write the convolution of x (batch, C_in, H, W) and filters (C_out, C_in K K) to y (batch, C_out, H, W).

    The image that is worked on is copied to `image`, `across` numbers a row, with its zeros; panels and tiles
    (threads, ROWS, pixels of a tile) are room too.
    """
    pack(filters, panels, 0, 1)
    for b in range(x.shape[0]):
        pad(x[b], image, before, across, 0, 1)
        tile_by_tile(image, panels, shifts, y[b], tiles[0], across, 0, 1)


@forked
def tiled_parts(
    x: NDArray, filters: NDArray, y: NDArray, image: NDArray, panels: NDArray, shifts: NDArray, tiles: NDArray,
    before: int, across: int, threads: int,
) -> None:  # fmt: skip
    """The same; each thread has a part of the packing, of the copying and of the tiles of each image."""
    for b in range(x.shape[0]):
        for thread in numba.prange(threads):
            pad(x[b], image, before, across, thread, threads)
            if b == 0:
                pack(filters, panels, thread, threads)
        for thread in numba.prange(threads):
            tile_by_tile(image, panels, shifts, y[b], tiles[thread], across, thread, threads)


@outlined
def pack(filters: NDArray, panels: NDArray, part: int, parts: int) -> None:
    """Micro-panels of ROWS filters (C_out, depth) each, from row to row of panels (C_out / ROWS, ROWS depth +
    SLACK)."""
    share = even_share(panels.shape[0], parts, part, 1)
    for n in range(share.start, share.stop):
        pack_a(filters[n * ROWS : (n + 1) * ROWS], panels[n], ROWS, panels.shape[1])


@outlined
def pad(x: NDArray, image: NDArray, before: int, across: int, part: int, parts: int) -> None:
    """Copy x (C_in, H, W) to image, a row of which has `across` numbers, with zeros around each channel."""
    c_in, height, width = x.shape
    plane = (height + across - width) * across
    nothing = image.dtype.type(0)
    share = even_share(c_in, parts, part, 1)
    for c in range(share.start, share.stop):
        channel = image[c * plane : (c + 1) * plane]
        for at in range(plane):
            channel[at] = nothing
        for i in range(height):
            start = (i + before) * across + before
            row, source = channel[start : start + width], x[c, i]
            for j in range(width):
                row[j] = source[j]


@outlined
def tile_by_tile(
    image: NDArray, panels: NDArray, shifts: NDArray, y: NDArray, tile: NDArray, across: int, part: int,
    parts: int,
) -> None:  # fmt: skip
    """Write one image's convolution to y (C_out, H, W): some pixels after others, and for each all channels."""
    _, height, width = y.shape
    count, apart = panels.shape
    pixels, wide, lanes = (height - 1) * across + width, tile.shape[1], lanes_of(tile)
    flat = panels.reshape(-1)
    share = even_share((pixels + wide - 1) // wide * count, parts, part, 1)
    for n in range(share.start, share.stop):
        first, panel = n // count * wide, n % count
        last = min(first + wide, pixels)
        shifted_product(flat, panel * apart, image, first, shifts, tile, (last - first + lanes - 1) // lanes)
        put(tile, y[panel * ROWS : (panel + 1) * ROWS], across, first, last)


@inlined
def put(tile: NDArray, y: NDArray, across: int, first: int, last: int) -> None:
    """Copy the pixels `first` up to `last` of the padded rows to y (channels, H, W), without those outside."""
    width = y.shape[2]
    at = first
    while at < last:
        i = at // across
        j = at - i * across
        here = min(across - j, last - at)
        for r in range(y.shape[0]):
            row, source = y[r, i], tile[r]
            for q in range(min(width - j, here)):
                row[j + q] = source[at - first + q]
        at += here


def conv2d_compiled(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): the seven loops, compiled."""
    y = result_of(x, weights)
    seven_loops(locked(x), locked(weights), y)
    return y


def conv2d_compiled_rows(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): the innermost loop along rows
    of x and y."""
    y = result_of(x, weights)
    width_innermost(locked(x), locked(weights), y)
    return y


def conv2d_tiled(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): some channels of some pixels
    in registers."""
    return _by_tiles(x, weights, 1)


def conv2d_tiled_threads(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): the same, tiles for each
    thread."""
    return _by_tiles(x, weights, pool.thread_count())


def _by_tiles(x: NDArray, weights: NDArray, threads: int) -> NDArray:
    y = result_of(x, weights)
    if not (y.size and weights.size):
        return y
    _, c_in, height, width = x.shape
    c_out, _, k, _ = weights.shape
    before, across, down, depth = (k - 1) // 2, width + k - 1, height + k - 1, c_in * k * k
    wide = TILES[ROWS] * WIDTH_BITS // 8 // y.itemsize
    apart = ROWS * depth + SLACK
    shapes = (c_in * down * across + wide,), (-(-c_out // ROWS), apart), (threads, ROWS, wide)
    image, panels, tiles = room(y.dtype.name, shapes)
    shifts = _shifts(c_in, k, down, across)
    source, filters = locked(x), locked(weights).reshape(c_out, depth)
    arrays = source, filters, y, image, panels, shifts, tiles, before, across
    if can_fork(threads):
        fork(tiled_parts, threads, *arrays)
    elif threads == 1:
        tiled(*arrays)
    else:
        pack(filters, panels, 0, 1)
        for b in range(len(source)):
            pad(source[b], image, before, across, 0, 1)
            pool.run(
                [
                    partial(tile_by_tile, image, panels, shifts, y[b], tile, across, part, threads)
                    for part, tile in enumerate(tiles)
                ]
            )
    return y


@lru_cache(maxsize=256)
def _shifts(c_in: int, k: int, down: int, across: int) -> NDArray:
    """(C_in K K,): how far behind a pixel of a padded image the number lies that an entry of a filter meets."""
    c, u, v = np.ogrid[:c_in, :k, :k]
    return np.ascontiguousarray(((c * down + u) * across + v).reshape(-1), np.int64)
