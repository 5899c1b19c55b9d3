"""From operands that were checked to the one function that serves all operands of their kind.

A kind is shape, dtype and flags. `kind_of_...` says what a choice depends on (`contest.LENGTHS` and the
layout), and `route_...` gives the function of a backend for operands of that kind, with the reshaping done
around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend
from accel_core.backends.interface import ComputeBackend
from accel_core.backends.shapes import product_shape
from accel_core.model import Shape

Array = NDArray[Any]
Run = Callable[..., Any]
Kind = tuple[Shape, str]
"""(lengths, layout)."""


def kind_of_product(a: Array, b: Array) -> Kind | None:
    """Kind of a (..., m, k) times b (..., k, n); None where there is nothing to choose: a vector, or no
    elements."""
    if a.ndim < 2 or b.ndim < 2 or not a.size or not b.size:
        return None
    k, n = b.shape[-2:]
    layout = "transposed" if "transposed" in (_lies(a), _lies(b)) else "C"
    if b.ndim == 2:
        return (1, a.size // k, k, n), layout
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return (math.prod(batch), a.shape[-2], k, n), layout


def kind_of_elements(*arrays: Array) -> Kind | None:
    """Kind of arrays that are taken element by element; None where shapes differ or there are no elements."""
    if not arrays[0].size or any(array.shape != arrays[0].shape for array in arrays):
        return None
    return (arrays[0].size,), "C" if all(array.flags.c_contiguous for array in arrays) else "strided"


def kind_of_rows(x: Array) -> Kind | None:
    """Kind of an array that is taken row by row; None where it has no elements or no axis."""
    if not x.size or not x.ndim:
        return None
    return (x.size // x.shape[-1], x.shape[-1]), "C" if x.flags.c_contiguous else "strided"


def route_product(backend: ComputeBackend, a: Array, b: Array) -> Run:
    """The product of operands like a and b, a kind that is not None."""
    if not isinstance(backend, CheckedBackend):
        return backend.matmul
    product = backend.plain_matmul
    if "strided" in (_lies(a), _lies(b)):
        product = _forwards(product)
    if a.ndim == b.ndim == 2:
        return product
    if b.ndim > 2:
        return backend.plain_matmuls
    rows, k, shape = a.size // a.shape[-1], a.shape[-1], product_shape(a.shape, b.shape)
    return lambda a, b: product(a.reshape(rows, k), b).reshape(shape)


def route_elements(backend: ComputeBackend, operation: str) -> Run:
    """gelu or add of operands of one shape."""
    name = f"plain_{operation}" if isinstance(backend, CheckedBackend) else operation
    run: Run = getattr(backend, name)
    return run


def route_rows(backend: ComputeBackend, operation: str, x: Array) -> Run:
    """softmax or layer_norm of operands like x, a kind that is not None."""
    if not isinstance(backend, CheckedBackend):
        own: Run = getattr(backend, operation)
        return own
    run: Run = getattr(backend, f"plain_{operation}")
    if x.ndim == 2:
        return run
    shape, rows = x.shape, (x.size // x.shape[-1], x.shape[-1])
    return lambda x, *more: run(x.reshape(rows), *more).reshape(shape)


def _lies(matrix: Array) -> str:
    """How a matrix, or each matrix of a batch, lies: "C", "transposed" or "strided"."""
    if matrix.flags.c_contiguous:
        return "C"
    if matrix.ndim > 1 and matrix.swapaxes(-1, -2).flags.c_contiguous:
        return "transposed"
    return "strided"


def _forwards(product: Run) -> Run:
    """`product` with operands that run backwards copied first: the library behind NumPy cannot take them, and
    NumPy then multiplies by a loop of its own (NumPy 2.4: 3.5 times slower for 512 x 512)."""

    def run(a: Array, b: Array) -> Any:
        return product(_forward(a), _forward(b))

    return run


def _forward(array: Array) -> Array:
    return np.ascontiguousarray(array) if min(array.strides) < 0 else array
