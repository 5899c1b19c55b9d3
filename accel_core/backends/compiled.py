"""CompiledBackend: this project's own machine code, made by Numba, on one thread or on all."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row, each_product, product_shape, scale_and_shift
from accel_core.errors import BadInput, quoted
from accel_core.kernels import pool
from accel_core.kernels.gelu.compiled import gelu_fused, gelu_fused_threads
from accel_core.kernels.layer_norm.compiled import layer_norm_compiled, layer_norm_compiled_threads
from accel_core.kernels.matmul.packed import matmul_packed, product
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.matmul.threads import matmul_packed_threads
from accel_core.kernels.softmax.compiled import softmax_compiled, softmax_compiled_threads
from accel_core.kernels.streaming.compiled import add_compiled, add_compiled_threads


class CompiledBackend(CheckedBackend):
    """The best compiled rung of each ladder.

    `threads=False` keeps to the calling thread (the backend "compiled"), `threads=True` uses as many as Numba
    may use ("compiled_threads") in those operations that have such a rung. Each function is compiled at its
    first call, and kept on disk.
    """

    def __init__(self, threads: bool = False) -> None:
        if not isinstance(threads, bool):
            raise BadInput(f"threads is {quoted(threads)}; give True for all threads or False for one.")
        self.threads = threads
        self.name = "compiled_threads" if threads else "compiled"

    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (m, k), b (k, n) -> (m, n): packed panels and a tile of registers."""
        return (matmul_packed_threads if self.threads else matmul_packed)(_aligned(a), _aligned(b))

    def plain_matmuls(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (..., m, k), b (..., k, n) -> (..., m, n): a batch against a batch is shared out by products."""
        if a.ndim < 2 or b.ndim < 3:
            return each_product(self.plain_matmul, a, b)
        *batch, m, n = product_shape(a.shape, b.shape)
        lefts = np.broadcast_to(a, (*batch, m, a.shape[-1]))
        rights = np.broadcast_to(b, (*batch, a.shape[-1], n))
        c = np.empty((*batch, m, n), a.dtype)
        places = list(np.ndindex(*batch))
        shares = pool.shares(len(places), pool.thread_count() if self.threads else 1)
        if shares:
            pool.run([partial(_products, lefts, rights, c, places[share]) for share in shares])
        return c

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (any shape) -> same shape: one pass."""
        return gelu_fused_threads(x) if self.threads else gelu_fused(x)

    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """x, y (same shape) -> same shape: one pass."""
        return (add_compiled_threads if self.threads else add_compiled)(x, y)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (rows, columns) -> same shape: one row after the other."""
        return (softmax_compiled_threads if self.threads else softmax_compiled)(x)

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        """x (rows, columns), gamma, beta (columns,) or None -> like x: one row after the other."""
        norm = layer_norm_compiled_threads if self.threads else layer_norm_compiled
        return norm(x, *scale_and_shift(x, gamma, beta), eps=eps)


def _products(a: NDArray[Any], b: NDArray[Any], c: NDArray[Any], places: list[tuple[int, ...]]) -> None:
    """a (..., m, k), b (..., k, n), into c (..., m, n), at some `places` of the batch."""
    plan = plan_here(a.dtype.name)
    for at in places:
        left, right = (np.ascontiguousarray(_aligned(array[at])) for array in (a, b))
        product(left, right, c[at], plan)


def _aligned(array: NDArray[Any]) -> NDArray[Any]:
    """`array`, copied where its numbers lie across their natural addresses, which vector loads do not
    expect."""
    return array if array.flags.aligned else array.copy()
