"""Workload linear: the layer that multiplies each token by a weight and adds a bias, and its ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Kernel, Shape, Workload
from accel_core.model.words import sum_tolerance

if TYPE_CHECKING:
    from accel_core.kernels.linear import compiled, interpreted
else:
    compiled, interpreted = late("linear.compiled", "linear.interpreted")

SEQUENCES = 4
WIDTH = 768
"""That of GPT-2 small; the weight is that of its output projection."""


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,), uniform in [-1, 1): with random
    signs no constant or swapped index passes."""
    batch, sequence, inward, outward = shape
    random = np.random.default_rng(seed)
    shapes: tuple[Shape, ...] = ((batch, sequence, inward), (inward, outward), (outward,))
    x, weight, bias = (random.uniform(-1.0, 1.0, one).astype(dtype) for one in shapes)
    return x, weight, bias


def _reference(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """(batch, sequence, outward) float64. The tests hold it against exact sums (`math.fsum`)."""
    return x.astype(np.float64) @ weight.astype(np.float64) + bias.astype(np.float64)


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of inward products and a bias, relative to the largest entry of y; see `matmul`."""
    return sum_tolerance(shape[2] + 1, dtype)


_KERNELS = (
    Kernel(
        name="python_loops",
        title="Python loops over tokens",
        function=interpreted.linear_python_loops,
        core=interpreted.python_loops,
        family="interpreted",
        idea="The definition, written as four loops.",
        explanation=(
            "For each number of the result the interpreter goes down a column of the weight, and every number "
            "that it reads becomes a Python object."
        ),
        typical_flop_per_s=7e6,
    ),
    Kernel(
        name="numpy_tokens",
        title="NumPy, one token at a time",
        function=interpreted.linear_numpy_tokens,
        core=interpreted.numpy_tokens,
        family="numpy",
        idea="The two inner loops become one product of a vector and the weight.",
        explanation=(
            "Each token reads the whole weight and uses each of its numbers once: 2 FLOP for 4 bytes in "
            "float32. So the memory that holds the weight sets the pace, as when a model writes one token "
            "after another; more tokens at a time do not make it faster."
        ),
        typical_flop_per_s=2e9,
    ),
    Kernel(
        name="numpy_sequences",
        title="NumPy, one sequence at a time",
        function=interpreted.linear_numpy_sequences,
        core=interpreted.numpy_sequences,
        family="library",
        idea="All tokens of a sequence are one product of two matrices.",
        explanation=(
            "A number of the weight that has been read serves all tokens of the sequence, so the FLOP for each "
            "byte grow with its length. With one token it is the rung before."
        ),
        typical_flop_per_s=2e9,
        threaded=True,
    ),
    Kernel(
        name="numpy",
        title="NumPy, all tokens at once",
        function=interpreted.linear_numpy,
        core=interpreted.one_product,
        family="library",
        idea="The sequences are laid end to end, and all their tokens are one product.",
        explanation=(
            "A token does not care which sequence it is from, and the array lies in memory as if there were "
            "one: nothing is copied. The weight is read once for all sequences, which pays where they are "
            "short. That is why a server answers several users in one batch."
        ),
        typical_flop_per_s=5e9,
        threaded=True,
    ),
    Kernel(
        name="in_place",
        title="NumPy, all tokens, in place (out=)",
        function=interpreted.linear_in_place,
        core=interpreted.in_place,
        family="library",
        idea="The product goes into the array of the result, which is given, and the bias is added there.",
        explanation=(
            "The rung before makes two arrays: the product, and its sum with the bias. Here there is no new "
            "memory; the result is still written, read, and written again."
        ),
        typical_flop_per_s=5e9,
        threaded=True,
        writes_out=True,
    ),
    Kernel(
        name="packed",
        title="Packed panels, then the bias",
        function=compiled.linear_packed,
        core=compiled.packed.py_func,
        family="packed",
        idea="The library's product becomes that of the ladder matmul, packed panels around a register tile.",
        explanation=(
            "Nothing else changes: the result is written by the product, then the bias is added in a pass of "
            "its own. So the two rungs, on one thread, compare the library with this project on this shape. "
            "With up to twelve tokens nothing is packed: copying the weight would cost more than the product."
        ),
        typical_flop_per_s=2e9,
        needs=("fma",),
        writes_out=True,
    ),
    Kernel(
        name="packed_bias",
        title="Packed panels, the bias among them",
        function=compiled.linear_packed_bias,
        core=compiled.packed_bias.py_func,
        family="packed",
        idea="The bias is one more row of the packed weight, which meets a one behind each token.",
        explanation=(
            "x weight + bias = [x 1] [weight; bias]: the bias costs one step more in the sum of each number, "
            "and the pass over the result is gone. How much that is depends on the shape: a number of the "
            "result costs two FLOP for each number inward, and the pass eight bytes."
        ),
        typical_flop_per_s=2e9,
        needs=("fma",),
        writes_out=True,
    ),
    Kernel(
        name="packed_bias_threads",
        title="Packed panels with the bias, threads",
        function=compiled.linear_packed_bias_threads,
        core=compiled.packed_bias_cells.py_func,
        family="packed",
        idea="Each thread has a cell of the result, and packs what it needs by itself.",
        explanation=(
            "The cells are nearly square where there are tokens enough; with few tokens each thread takes some "
            "columns of the weight, and they share the reading of it."
        ),
        typical_flop_per_s=2e9,
        threaded=True,
        needs=("fma",),
        writes_out=True,
    ),
)

LINEAR = Workload(
    name="linear",
    title="Linear layer",
    size_means=f"tokens of each of {SEQUENCES} sequences; a token is {WIDTH} numbers, before and after",
    axes=("batch", "sequence", "inward", "outward"),
    shape=lambda size: (SEQUENCES, size, WIDTH, WIDTH),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("linear"),
    least_bytes=least_bytes_of("linear"),
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    default_size=8,
    question="how many tokens does it take until reading the weight no longer sets the pace?",
    array_elements=lambda shape: shape[0] * shape[1] * shape[3],
)
