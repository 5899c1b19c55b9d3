"""Workloads add, scale and triad: one pass over vectors of n elements, and their ladders of kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.kernels.streaming.interpreted import SCALAR
from accel_core.model import Kernel, Shape, Workload
from accel_core.model.words import UNIT_ROUNDOFF

if TYPE_CHECKING:
    from accel_core.kernels.streaming import compiled, interpreted
else:
    compiled, interpreted = late("streaming.compiled", "streaming.interpreted")

SIZES = (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24, 1 << 26)
"""From vectors that stay in the nearest cache to vectors that no cache holds."""
DEFAULT_SIZE, LARGEST_SIZE = 1 << 24, 1 << 30
"""The default is past every cache, and past what an allocator keeps back for the next call."""


@dataclass(frozen=True)
class _Words:
    """What the rungs of one operation do, in words that its four sentences need."""

    numpy_idea: str
    numpy_why: str
    in_place_why: str
    compiled_why: str


def make_vectors(shape: Shape, dtype: str, seed: int, count: int) -> tuple[NDArray, ...]:
    """`count` vectors (n,), uniform in [1, 2): sums do not cancel, and no two elements are alike."""
    random = np.random.default_rng(seed)
    return tuple(random.uniform(1.0, 2.0, shape).astype(dtype) for _ in range(count))


def _tolerance(shape: Shape, dtype: str) -> float:
    """4 u, with u the unit roundoff of `dtype`: two roundings of positive numbers move a sum by 2 u of
    itself."""
    return 4 * UNIT_ROUNDOFF[dtype]


def _add_reference(x: NDArray, y: NDArray) -> NDArray:
    return x.astype(np.float64) + y.astype(np.float64)


def _scale_reference(x: NDArray) -> NDArray:
    return SCALAR * x.astype(np.float64)


def _triad_reference(x: NDArray, y: NDArray) -> NDArray:
    return x.astype(np.float64) + SCALAR * y.astype(np.float64)


def _kernels(name: str, words: _Words, loop_flop_per_s: float) -> tuple[Kernel, ...]:
    def named(module: ModuleType, how: str) -> Callable[..., NDArray]:
        return getattr(module, f"{name}_{how}")

    return (
        Kernel(
            name="python_loop",
            title="Python loop",
            function=named(interpreted, "python_loop"),
            core=named(interpreted, "loop"),
            family="interpreted",
            idea="One element after the other, in plain Python.",
            explanation=(
                "Each turn makes Python objects for single numbers and looks up what + means for them. The "
                "memory could deliver hundreds of elements meanwhile."
            ),
            typical_flop_per_s=loop_flop_per_s,
        ),
        Kernel(
            name="numpy",
            title="NumPy, allocating",
            function=named(interpreted, "numpy"),
            family="numpy",
            idea=words.numpy_idea,
            explanation=words.numpy_why,
            typical_flop_per_s=1e8,
        ),
        Kernel(
            name="in_place",
            title="NumPy, in place (out=)",
            function=named(interpreted, "in_place"),
            family="numpy",
            idea="The result goes into an array that is there.",
            explanation=words.in_place_why,
            typical_flop_per_s=3e8,
            writes_out=True,
        ),
        Kernel(
            name="compiled",
            title="Compiled loop",
            function=named(compiled, "compiled"),
            core=getattr(compiled, f"compiled_{name}").py_func,
            family="compiled",
            idea="The loop of the first rung is compiled, and writes into an array that is there.",
            explanation=words.compiled_why,
            typical_flop_per_s=3e8,
            writes_out=True,
        ),
        Kernel(
            name="compiled_threads",
            title="Compiled loop, threads",
            function=named(compiled, "compiled_threads"),
            core=getattr(compiled, f"forked_{name}").py_func,
            family="compiled",
            idea="Each thread runs the same loop over a part of the vectors.",
            explanation=(
                "One core cannot keep enough loads under way to fill the memory's bandwidth; several can. Each "
                "has a nearest cache of its own, too. Handing the parts over takes microseconds, and more "
                "where the threads have gone to sleep, which a short vector does not earn back."
            ),
            typical_flop_per_s=3e8,
            threaded=True,
            writes_out=True,
        ),
    )


_ALLOCATES = (
    "The additions are vector instructions. A large result lies in memory that is new in each call: the system "
    "hands out pages and clears them, which can take longer than the work. Smaller ones come from memory that "
    "was used before, and cost next to nothing; with glibc the border is at most 32 MiB (mallopt(3), "
    "M_MMAP_THRESHOLD)."
)
_SAME_BYTES = (
    "The same bytes are read and written as by the rung before; what is gone is the system's work for new "
    "memory. On small arrays the two are alike."
)
_ONE_OPERATOR = (
    "With a single operator there is nothing to fuse: NumPy's own loop is compiled too, and the memory "
    "decides. That the two rungs tie is the result."
)


def _workload(
    name: str,
    title: str,
    vectors: int,
    reference: Callable[..., NDArray],
    words: _Words,
    loop_flop_per_s: float = 5e6,
) -> Workload:
    return Workload(
        name=name,
        title=title,
        size_means="number of elements of each vector",
        axes=("n",),
        shape=lambda size: (size,),
        make_inputs=lambda shape, dtype, seed: make_vectors(shape, dtype, seed, vectors),
        reference=reference,
        flop=flop_of(name),
        least_bytes=least_bytes_of(name),
        tolerance=_tolerance,
        kernels=_kernels(name, words, loop_flop_per_s),
        sizes=SIZES,
        default_size=DEFAULT_SIZE,
        largest_size=LARGEST_SIZE,
    )


ADD = _workload(
    "add",
    "Vector sum",
    2,
    _add_reference,
    _Words("One NumPy expression adds all elements.", _ALLOCATES, _SAME_BYTES, _ONE_OPERATOR),
)
SCALE = _workload(
    "scale",
    "Scaled vector",
    1,
    _scale_reference,
    _Words("One NumPy expression multiplies all elements.", _ALLOCATES, _SAME_BYTES, _ONE_OPERATOR),
)
TRIAD = _workload(
    "triad",
    "STREAM triad",
    2,
    _triad_reference,
    _Words(
        "One NumPy expression of two operators does all elements.",
        "NumPy computes an operator at a time: the product is an array before the sum begins. Nobody needs "
        "that array again, so NumPy writes the sum over it; it is new memory all the same, in each call.",
        "Two passes remain: the product is written, then read, added to and written again.",
        "One pass does both operators: the product stays in a register. That is fusion at its smallest.",
    ),
    7.5e6,
)
