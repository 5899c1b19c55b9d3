"""Workload conv2d: the convolution of images with square filters, and its ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Kernel, Shape, Workload
from accel_core.model.words import sum_tolerance

if TYPE_CHECKING:
    from accel_core.kernels.conv2d import compiled, interpreted
else:
    compiled, interpreted = late("conv2d.compiled", "conv2d.interpreted")

FILTER, CHANNELS = 3, 64
"""Those of the first stage of ResNet-18 and of VGG-16."""


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray]:
    """x (batch, C_in, H, W) and weights (C_out, C_in, K, K), uniform in [-1, 1): with random signs no constant,
    swapped index or flipped filter passes."""
    k, c_in, c_out, height, width, batch = shape
    random = np.random.default_rng(seed)
    x = random.uniform(-1.0, 1.0, (batch, c_in, height, width)).astype(dtype)
    return x, random.uniform(-1.0, 1.0, (c_out, c_in, k, k)).astype(dtype)


def _reference(x: NDArray, weights: NDArray) -> NDArray:
    """(batch, C_out, H, W) float64: shifted images, each times an entry of the filters. The tests hold it
    against exact sums (`math.fsum`)."""
    batch, c_in, height, width = x.shape
    c_out, _, k, _ = weights.shape
    before = max(k - 1, 0) // 2
    padded = np.zeros((batch, c_in, height + k, width + k))
    padded[:, :, before : before + height, before : before + width] = x
    y = np.zeros((batch, c_out, height, width))
    for u, v in np.ndindex(k, k):
        part = padded[:, :, u : u + height, v : v + width].reshape(batch, c_in, height * width)
        y += (weights[:, :, u, v].astype(np.float64) @ part).reshape(y.shape)
    return y


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of C_in K² products, relative to the largest entry of y; see `matmul`."""
    k, c_in, *_ = shape
    return sum_tolerance(c_in * k * k, dtype)


_KERNELS = (
    Kernel(
        name="python_loops",
        title="Python loops over pixels and filters",
        function=interpreted.conv2d_python_loops,
        core=interpreted.python_loops,
        family="interpreted",
        idea="The definition, written as seven loops.",
        explanation=(
            "Image, channel out, row, column; then channel in, row and column of the filter. The filter is cut "
            "off at the edges of the image, where the definition has zeros. The interpreter makes an object of "
            "every number that it reads."
        ),
        typical_flop_per_s=6e6,
    ),
    Kernel(
        name="shifts",
        title="NumPy, one entry of the filter at a time",
        function=interpreted.conv2d_shifts,
        core=interpreted.shifts,
        family="library",
        idea="For each of the K·K entries of a filter, all channels and pixels are one product of the library.",
        explanation=(
            "An entry meets the image shifted by its row and column, so channels out times channels in is a "
            "matrix and the shifted image the other. Each product is only as deep as there are channels in; "
            "its result is a new array, which is added to y in a pass of its own, K·K times."
        ),
        typical_flop_per_s=2e9,
        threaded=True,
    ),
    Kernel(
        name="im2col",
        title="NumPy, im2col and one product",
        function=interpreted.conv2d_im2col,
        core=interpreted.im2col,
        family="library",
        idea="The K·K shifted images are laid out as one matrix, and one product adds all of them up.",
        explanation=(
            "The product is K·K times as deep, and the library keeps its sums in registers meanwhile. The "
            "price is memory: the matrix is K·K images, nine for a filter of 3 x 3, which are written and read "
            "once more (K. Chellapilla et al., High Performance Convolutional Neural Networks for Document "
            "Processing, 2006). It is made for one image at a time."
        ),
        typical_flop_per_s=3e9,
        threaded=True,
    ),
    Kernel(
        name="compiled",
        title="Compiled loops, direct",
        function=compiled.conv2d_compiled,
        core=compiled.seven_loops.py_func,
        family="compiled",
        idea="The same seven loops are compiled to machine code by Numba.",
        explanation=(
            "Nothing is copied, and the interpreter is gone. Each sum is one chain of additions in the written "
            "order, which the compiler may not split over vector lanes; and the innermost loop is as short as "
            "a row of the filter."
        ),
        typical_flop_per_s=4e8,
        changed_from="python_loops",
    ),
    Kernel(
        name="compiled_rows",
        title="Compiled loops, the width innermost",
        function=compiled.conv2d_compiled_rows,
        core=compiled.width_innermost.py_func,
        family="compiled",
        idea="The loop over the columns of the image becomes the innermost one.",
        explanation=(
            "Neighbouring pixels are independent sums, so the compiler computes a vector of them at once. A "
            "row of the result is now read and written again for every entry of a filter, in the nearest "
            "cache: two reads and a write for one multiply-add. Narrow images leave most of a vector empty."
        ),
        typical_flop_per_s=1e9,
    ),
    Kernel(
        name="tiled",
        title="Register tile, direct",
        function=compiled.conv2d_tiled,
        core=compiled.tiled.py_func,
        family="packed",
        idea="Six channels of some vectors of pixels stay in registers until their sums are complete.",
        explanation=(
            "It is the register tile of the matrix product, which im2col feeds too; but a row of the second "
            "matrix is read where it lies, in the image, from a table of C_in·K·K places. A number of the "
            "image that was read serves six channels, one of a filter some vectors of pixels. For this the "
            "filters are packed, and one image is copied with zeros around it; that room is kept from call to "
            "call."
        ),
        typical_flop_per_s=5e9,
        needs=("fma",),
    ),
    Kernel(
        name="tiled_threads",
        title="Register tile, direct, threads",
        function=compiled.conv2d_tiled_threads,
        core=compiled.tiled_parts.py_func,
        family="packed",
        idea="Each thread computes a part of the tiles of an image.",
        explanation=(
            "Packing and copying are shared out too, and the threads wait for one another between the copy of "
            "an image and its tiles."
        ),
        typical_flop_per_s=5e9,
        threaded=True,
        needs=("fma",),
    ),
)

CONV2D = Workload(
    name="conv2d",
    title="Convolution",
    size_means=f"side of an image of {CHANNELS} channels, to as many by filters of {FILTER} x {FILTER}",
    axes=("K", "C_in", "C_out", "H", "W", "batch"),
    shape=lambda size: (FILTER, CHANNELS, CHANNELS, size, size, 1),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("conv2d"),
    least_bytes=least_bytes_of("conv2d"),
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=(7, 14, 28, 56, 112, 224),
    default_size=14,
    largest_size=4096,
    question="is it worth copying every pixel nine times to make one product of it?",
    array_elements=lambda shape: shape[1] * shape[3] * shape[4] * shape[5],
)
