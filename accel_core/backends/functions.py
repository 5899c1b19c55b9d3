"""The five operations as plain functions: user code stays as it is, the backend in use does the work."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from accel_core.backends.current import get_backend
from accel_core.kernels.streaming import functions as streaming_functions


def matmul(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (..., m, k), b (..., k, n) -> (..., m, n), as np.matmul has it.

    float32 where both are float32, else float64. Raises BadInput (a ValueError) for shapes that do not match
    and for data types it cannot take.
    """
    return get_backend().matmul(a, b)


def gelu(x: ArrayLike) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU. Raises BadInput for data types it cannot take."""
    return get_backend().gelu(x)


def add(x: ArrayLike, y: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """x and y (shapes that broadcast) -> their common shape: the sum, element by element.

    Backends make new arrays, so with `out` (which may be x or y) the compiled sum is written there whatever the
    backend. Raises BadInput for what it cannot take.
    """
    return get_backend().add(x, y) if out is None else streaming_functions.add(x, y, out)


def softmax(x: ArrayLike) -> NDArray[Any]:
    """x (..., columns) -> same shape: softmax along the last axis. Raises BadInput for what it cannot take."""
    return get_backend().softmax(x)


def layer_norm(
    x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
) -> NDArray[Any]:
    """x (..., columns) -> same shape: gamma (x - mean) / √(variance + eps) + beta along the last axis.

    gamma and beta have shape (columns,), 1 and 0 where left out. Raises BadInput for what it cannot take.
    """
    return get_backend().layer_norm(x, gamma, beta, eps)
