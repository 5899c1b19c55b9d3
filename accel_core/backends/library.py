"""NumpyBackend and BlockedBackend: the calls a NumPy programmer would write, whole and in pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row, scale_and_shift
from accel_core.kernels.gelu.interpreted import gelu_in_place
from accel_core.kernels.layer_norm.interpreted import in_place, layer_norm_in_place
from accel_core.kernels.layer_norm.scaled import redo_strange_rows
from accel_core.kernels.matmul.interpreted import matmul_numpy_tiled
from accel_core.kernels.softmax.interpreted import softmax_in_place

PIECE_BYTES = 1 << 16
"""Of one array at a time: a piece, its result and a temporary fit in 256 KiB, the smallest L2 cache among the
hosts in tests/machines."""


class NumpyBackend(CheckedBackend):
    """NumPy, on as many threads as its library uses for a product, and on one for all else."""

    plain_matmul: Callable[..., Any] = staticmethod(np.matmul)
    plain_matmuls: Callable[..., Any] = staticmethod(np.matmul)
    plain_add: Callable[..., Any] = staticmethod(np.add)
    """NumPy's own functions, so that a call through AutoBackend costs no second Python call."""

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (any shape) -> same shape: one array for all steps."""
        return gelu_in_place(x)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (rows, columns) -> same shape: one array for all steps."""
        return softmax_in_place(x)

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        """x (rows, columns), gamma, beta (columns,) or None -> like x: step by step."""
        return layer_norm_in_place(x, *scale_and_shift(x, gamma, beta), eps=eps)


class BlockedBackend(CheckedBackend):
    """NumPy over pieces so small that what one call wrote is cached for the next: tiles of 64 x 64 for the
    product, pieces of 64 KiB for the others; the arithmetic is NumPy's."""

    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (m, k), b (k, n) -> (m, n): tile by tile."""
        with np.errstate(all="ignore"):
            return matmul_numpy_tiled(a, b)

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (any shape) -> same shape: all steps of a piece, then the next piece."""
        flat = x.reshape(-1)
        y = np.empty(flat.shape, x.dtype)
        for piece in _pieces(flat.size, x.itemsize):
            gelu_in_place(flat[piece], out=y[piece])
        return y.reshape(x.shape)

    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """x, y (same shape) -> same shape: piece by piece."""
        left, right = x.reshape(-1), y.reshape(-1)
        z = np.empty(left.shape, x.dtype)
        for piece in _pieces(left.size, x.itemsize):
            np.add(left[piece], right[piece], out=z[piece])
        return z.reshape(x.shape)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (rows, columns) -> same shape: some rows at a time."""
        y = np.empty(x.shape, x.dtype)
        for rows in _pieces(x.shape[0], x.shape[1] * x.itemsize):
            softmax_in_place(x[rows], out=y[rows])
        return y

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        """x (rows, columns), gamma, beta (columns,) or None -> like x: some rows at a time."""
        y = np.empty(x.shape, x.dtype)
        scale, shift = scale_and_shift(x, gamma, beta)
        mean, variance = np.empty((2, x.shape[0], 1), x.dtype)
        with np.errstate(all="ignore"):
            for rows in _pieces(x.shape[0], x.shape[1] * x.itemsize):
                mean[rows], variance[rows] = in_place(x[rows], scale, shift, y[rows], eps)
            redo_strange_rows(x, scale, shift, eps, (mean, variance), y)
        return y


def _pieces(count: int, each_bytes: int) -> Iterator[slice]:
    """Slices of `count` things of `each_bytes` that take PIECE_BYTES together, at least one thing each."""
    step = max(1, PIECE_BYTES // each_bytes)
    return (slice(start, start + step) for start in range(0, count, step))
