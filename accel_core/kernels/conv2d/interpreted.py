"""Convolution in plain Python and by the library's product.

The contract of every rung: `conv2d_<how>(x, weights)` takes x (batch, C_in, H, W) and weights (C_out, C_in, K,
K), both float32 or both float64, any strides, and returns a new array y (batch, C_out, H, W) of that dtype:

    y[b, o, i, j] = sum over c, u, v of x[b, c, i + u - before, j + v - before] weights[o, c, u, v]

where what lies outside of x is zero and before = (K - 1) // 2. So an even K reaches one step farther down and
to the right, as padding "same" does in PyTorch and TensorFlow. K may be larger than the image, and any axis
empty. The inputs are never written.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def python_loops(x: NDArray, weights: NDArray, y: NDArray) -> None:
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


def shifts(x: NDArray, weights: NDArray, y: NDArray) -> None:
    """Add the convolution of x (batch, C_in, H, W) and weights (C_out, C_in, K, K) to y (batch, C_out, H,
    W)."""
    batch, _, height, width = x.shape
    k = weights.shape[2]
    before = (k - 1) // 2
    for b in range(batch):
        for u in range(k):
            to_rows, from_rows = overlap(height, u - before)
            for v in range(k):
                to_columns, from_columns = overlap(width, v - before)
                part = x[b, :, from_rows, from_columns]
                y[b, :, to_rows, to_columns] += np.tensordot(weights[:, :, u, v], part, 1)


def overlap(length: int, shift: int) -> tuple[slice, slice]:
    """Where i and i + shift both lie in 0 ... length - 1, i as a slice and i + shift as a slice."""
    start, stop = max(0, -shift), max(0, length - max(0, shift))
    return slice(start, max(start, stop)), slice(start + shift, max(start, stop) + shift)


def im2col(x: NDArray, weights: NDArray, y: NDArray) -> None:
    """Write the convolution of x (batch, C_in, H, W) and weights (C_out, C_in, K, K) to y (batch, C_out, H,
    W)."""
    batch, c_in, height, width = x.shape
    c_out, k = weights.shape[0], weights.shape[2]
    before, after = (k - 1) // 2, k // 2
    padded = np.pad(x, ((0, 0), (0, 0), (before, after), (before, after)))
    windows = sliding_window_view(padded, (k, k), axis=(2, 3))
    filters = weights.reshape(c_out, c_in * k * k)
    for b in range(batch):
        columns = windows[b].transpose(0, 3, 4, 1, 2).reshape(c_in * k * k, height * width)
        np.matmul(filters, columns, out=y[b].reshape(c_out, height * width))


def result_of(x: NDArray, weights: NDArray) -> NDArray:
    """Zeros (batch, C_out, H, W): the convolution where nothing is to be added."""
    return np.zeros((x.shape[0], weights.shape[0], *x.shape[2:]), x.dtype)


def conv2d_python_loops(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): seven Python loops."""
    y = result_of(x, weights)
    python_loops(x, weights, y)
    return y


def conv2d_shifts(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): a product of matrices for
    each entry of the filter."""
    y = result_of(x, weights)
    shifts(x, weights, y)
    return y


def conv2d_im2col(x: NDArray, weights: NDArray) -> NDArray:
    """x (batch, C_in, H, W), weights (C_out, C_in, K, K) -> (batch, C_out, H, W): one product of matrices for
    each image, K·K copies of which are laid out as one."""
    y = result_of(x, weights)
    if y.size and weights.size:
        im2col(x, weights, y)
    return y
