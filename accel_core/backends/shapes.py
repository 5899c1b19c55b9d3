"""Shapes of a matrix product as np.matmul has them, and how a product of two matrices serves them all."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.errors import BadInput
from accel_core.model import Shape

Product = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
"""a (m, k), b (k, n) -> (m, n), both of one floating dtype."""


def product_shape(a: Shape, b: Shape) -> Shape:
    """Shape of the product of arrays of shapes `a` and `b`, as np.matmul has it; BadInput where there is
    none."""
    if not a or not b:
        raise BadInput(
            f"a has shape {a} and b has shape {b}; a matrix product needs at least one axis of each: "
            f"multiply by a number with *."
        )
    rows, columns = a[-2:-1], b[-1:] if len(b) > 1 else ()
    if a[-1] != b[-2 if len(b) > 1 else -1]:
        raise BadInput(
            f"a has shape {a} and b has shape {b}; a product needs (..., m, k) and (..., k, n) with the same k."
        )
    try:
        return (*np.broadcast_shapes(a[:-2], b[:-2]), *rows, *columns)
    except ValueError:
        raise BadInput(
            f"a has shape {a} and b has shape {b}; the axes before the last two must be equal, or 1."
        ) from None


def each_product(product: Product, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """a (..., m, k), b (..., k, n) -> (..., m, n): `product` for each pair of matrices, as np.matmul pairs
    them.

    A batch against one matrix is one product: its rows below each other, which leaves more work for each call.
    """
    shape = product_shape(a.shape, b.shape)
    left = a[np.newaxis] if a.ndim == 1 else a
    right = b[:, np.newaxis] if b.ndim == 1 else b
    m, k, n = left.shape[-2], left.shape[-1], right.shape[-1]
    if right.ndim == 2:
        flat = left if left.ndim == 2 else left.reshape(math.prod(left.shape[:-1]), k)
        result = product(flat, right)
    else:
        batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
        lefts = np.broadcast_to(left, (*batch, m, k))
        rights = np.broadcast_to(right, (*batch, k, n))
        result = np.empty((*batch, m, n), a.dtype)
        for index in np.ndindex(batch):
            result[index] = product(lefts[index], rights[index])
    return result.reshape(shape)[()]  # two vectors make a number, as np.matmul has it
