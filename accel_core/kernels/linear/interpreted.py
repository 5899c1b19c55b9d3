"""A linear layer in plain Python and by the library's product.

The contract of every rung: `linear_<how>(x, weight, bias)` takes x (batch, sequence, inward), weight (inward,
outward) and bias (outward,), all float32 or all float64, any strides, and returns x weight + bias of each
token in that dtype, in a new array or in `out` where the rung takes one: C-contiguous and no part of the
inputs. These are never written. Any axis may be empty (inward 0 gives the bias).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def python_loops(x: NDArray, weight: NDArray, bias: NDArray, y: NDArray) -> None:
    """Write x (batch, sequence, inward) @ weight (inward, outward) + bias to y (batch, sequence, outward)."""
    batch, sequence, inward = x.shape
    for b in range(batch):
        for s in range(sequence):
            for o in range(bias.size):
                total = bias[o]
                for i in range(inward):
                    total += x[b, s, i] * weight[i, o]
                y[b, s, o] = total


def numpy_tokens(x: NDArray, weight: NDArray, bias: NDArray, y: NDArray) -> None:
    """Write x (batch, sequence, inward) @ weight (inward, outward) + bias to y (batch, sequence, outward)."""
    batch, sequence, _ = x.shape
    for b in range(batch):
        for s in range(sequence):
            y[b, s] = x[b, s] @ weight + bias


def numpy_sequences(x: NDArray, weight: NDArray, bias: NDArray, y: NDArray) -> None:
    """Write x (batch, sequence, inward) @ weight (inward, outward) + bias to y (batch, sequence, outward)."""
    for b in range(x.shape[0]):
        y[b] = x[b] @ weight + bias


def one_product(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """x (batch, sequence, inward) @ weight (inward, outward) + bias -> (batch, sequence, outward)."""
    tokens = x.reshape(x.shape[0] * x.shape[1], x.shape[2])
    y = tokens @ weight + bias
    return y.reshape(*x.shape[:2], bias.size)


def in_place(x: NDArray, weight: NDArray, bias: NDArray, y: NDArray) -> None:
    """Write x (batch, sequence, inward) @ weight (inward, outward) + bias to y (batch, sequence, outward)."""
    tokens = x.reshape(x.shape[0] * x.shape[1], x.shape[2])
    np.matmul(tokens, weight, out=y.reshape(len(tokens), bias.size))
    y += bias


def _empty(x: NDArray, bias: NDArray) -> NDArray:
    return np.empty((*x.shape[:2], bias.size), x.dtype)


def linear_python_loops(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward):
    four Python loops."""
    y = _empty(x, bias)
    python_loops(x, weight, bias, y)
    return y


def linear_numpy_tokens(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward): a
    vector times a matrix for each token."""
    y = _empty(x, bias)
    numpy_tokens(x, weight, bias, y)
    return y


def linear_numpy_sequences(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward): a
    product of matrices for each sequence."""
    y = _empty(x, bias)
    numpy_sequences(x, weight, bias, y)
    return y


def linear_numpy(x: NDArray, weight: NDArray, bias: NDArray) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward): one
    product for all tokens."""
    return one_product(x, weight, bias)


def linear_in_place(x: NDArray, weight: NDArray, bias: NDArray, out: NDArray | None = None) -> NDArray:
    """x (batch, sequence, inward), weight (inward, outward), bias (outward,) -> (batch, sequence, outward): the
    same product in the memory of the result, the bias added there."""
    y = _empty(x, bias) if out is None else out
    in_place(x, weight, bias, y)
    return y
