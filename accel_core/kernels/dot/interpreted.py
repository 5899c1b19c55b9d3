"""Dot product of two vectors in plain Python and by NumPy: by one sum, by an array of products, by BLAS.

The contract of every rung: `dot_<how>(x, y)` takes vectors (n,) of one dtype, float32 or float64, any strides,
and returns a scalar of that dtype. No vectors are written. An empty sum is 0.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def python_loop(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: the sum of x[i] y[i]."""
    total = x.dtype.type(0)
    for i in range(x.size):
        total += x[i] * y[i]
    return total


def dot_python_loop(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: one product after the other."""
    return python_loop(x, y)


def dot_numpy_product(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: an array of products, then its sum."""
    return (x * y).sum()


def dot_numpy(x: NDArray, y: NDArray) -> Any:
    """x (n,), y (n,) -> scalar: one call of the library behind NumPy."""
    return x @ y
