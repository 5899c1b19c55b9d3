"""BlockedBackend: NumPy's own calls, over pieces small enough that what one call wrote is cached for the
next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row
from accel_core.backends.library import NumpyBackend
from accel_core.kernels.matmul_library import matmul_numpy_tiled

PIECE_BYTES = 1 << 16
"""Of one array at a time: a piece and the two or three temporaries beside it fit in 256 KiB, the smallest L2
cache among the hosts in tests/machines."""


class BlockedBackend(CheckedBackend):
    """Tiles of 64 x 64 for the product, pieces of 64 KiB for the others; the arithmetic is NumPy's."""

    def __init__(self) -> None:
        self._inner = NumpyBackend()

    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(all="ignore"):
            return matmul_numpy_tiled(a, b)

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        flat = x.reshape(-1)
        y = np.empty_like(flat)
        for piece in _pieces(flat.size, x.itemsize):
            y[piece] = self._inner.plain_gelu(flat[piece])
        return y.reshape(x.shape)

    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        left, right = x.reshape(-1), y.reshape(-1)
        z = np.empty_like(left)
        for piece in _pieces(left.size, x.itemsize):
            z[piece] = self._inner.plain_add(left[piece], right[piece])
        return z.reshape(x.shape)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        y = np.empty(x.shape, x.dtype)
        for rows in _pieces(x.shape[0], x.shape[1] * x.itemsize):
            y[rows] = self._inner.plain_softmax(x[rows])
        return y

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        y = np.empty(x.shape, x.dtype)
        for rows in _pieces(x.shape[0], x.shape[1] * x.itemsize):
            y[rows] = self._inner.plain_layer_norm(x[rows], gamma, beta, eps)
        return y


def _pieces(count: int, each_bytes: int) -> Iterator[slice]:
    """Slices of `count` things of `each_bytes` that take PIECE_BYTES together, at least one thing each."""
    step = max(1, PIECE_BYTES // each_bytes)
    return (slice(start, start + step) for start in range(0, count, step))
