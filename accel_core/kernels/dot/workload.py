"""Workload dot: the sum of x[i] y[i] over vectors of n elements, and its ladder of kernels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.kernels.streaming.workload import DEFAULT_SIZE, LARGEST_SIZE, SIZES
from accel_core.model import Kernel, Shape, Workload
from accel_core.model.words import sum_tolerance

if TYPE_CHECKING:
    from accel_core.kernels.dot import compiled, interpreted
else:
    compiled, interpreted = late("dot.compiled", "dot.interpreted")


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray]:
    """x (n,), uniform in [-1, 1), and y (n,), uniform in [-1, 1) plus 6 / √n with the sign of x.

    So the sum is near 3 √n, nine standard deviations of its random part from 0: it does not cancel by chance,
    and its terms have both signs.
    """
    random = np.random.default_rng(seed)
    x = random.uniform(-1.0, 1.0, shape)
    y = random.uniform(-1.0, 1.0, shape) + 6 / math.sqrt(max(shape[0], 1)) * np.sign(x)
    return x.astype(dtype), y.astype(dtype)


def _reference(x: NDArray, y: NDArray) -> NDArray:
    """x (n,), y (n,) -> scalar, float64: the sum of the products by NumPy's pairwise summation."""
    return np.asarray((x.astype(np.float64) * y.astype(np.float64)).sum())


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of n products, relative to the sum: the running sums are only of the order of √n here."""
    return sum_tolerance(shape[0], dtype)


_KERNELS = (
    Kernel(
        name="python_loop",
        title="Python loop",
        function=interpreted.dot_python_loop,
        core=interpreted.python_loop,
        family="interpreted",
        idea="One product after the other is added to a sum, in plain Python.",
        explanation=(
            "Each turn makes Python objects for single numbers and looks up what * and + mean for them."
        ),
        typical_flop_per_s=8e6,
    ),
    Kernel(
        name="compiled",
        title="Compiled loop, one sum",
        function=compiled.dot_compiled,
        core=compiled.compiled.py_func,
        family="compiled",
        idea="The same loop is compiled.",
        explanation=(
            "Each addition waits for the one before, and floating-point rules forbid to change their order: a "
            "few cycles for each element, however fast the memory is. Vector registers stay unused; on arm64 "
            "they hold products, which are added one at a time all the same."
        ),
        typical_flop_per_s=1e9,
    ),
    Kernel(
        name="numpy_product",
        title="NumPy, product and sum",
        function=interpreted.dot_numpy_product,
        family="numpy",
        idea="NumPy makes an array of all products and then sums it.",
        explanation=(
            "Both steps are vector instructions, but the products go to memory and come back: one array more "
            "is written and read than the problem needs."
        ),
        typical_flop_per_s=3e8,
        changed_from="python_loop",
    ),
    Kernel(
        name="numpy",
        title="NumPy (BLAS)",
        function=interpreted.dot_numpy,
        family="library",
        idea="One call of the library multiplies and adds in one pass.",
        explanation=(
            "Nothing is written: the sums live in vector registers, several of them side by side so that "
            "none waits for another."
        ),
        typical_flop_per_s=1e9,
        threaded=True,
    ),
    Kernel(
        name="compiled_lanes",
        title="Compiled loop, many sums",
        function=compiled.dot_compiled_lanes,
        core=compiled.compiled_lanes.py_func,
        family="compiled",
        idea="The compiler may change the order of the additions.",
        explanation=(
            "The source is the same, word for word; the permission stands in its decorator. The compiler keeps "
            "one sum in each lane of several vector registers and adds them up at the end. The result differs "
            "in its last digits from the ordered one, and is often nearer to the truth."
        ),
        typical_flop_per_s=1e9,
        changed_from="compiled",
    ),
    Kernel(
        name="compiled_threads",
        title="Compiled loop, many sums, threads",
        function=compiled.dot_compiled_threads,
        core=compiled.forked_lanes.py_func,
        family="compiled",
        idea="Each thread sums a part of the vectors.",
        explanation="Several cores keep more loads under way than one, up to the memory's bandwidth.",
        typical_flop_per_s=1e9,
        threaded=True,
    ),
)

DOT = Workload(
    name="dot",
    title="Dot product",
    size_means="number of elements of each vector",
    axes=("n",),
    shape=lambda size: (size,),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("dot"),
    least_bytes=least_bytes_of("dot"),
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=SIZES,
    default_size=DEFAULT_SIZE,
    question="is a compiled loop as fast as the library?",
    largest_size=LARGEST_SIZE,
)
