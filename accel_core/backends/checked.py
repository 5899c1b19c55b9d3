"""A backend that checks: its subclasses only see arrays that are what they should be."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.backends.interface import ComputeBackend
from accel_core.errors import BadInput, quoted
from accel_core.kernels.operands import same_type
from accel_core.kernels.streaming.functions import terms
from accel_core.model import Shape

Row = NDArray[Any] | None
Product = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]
"""a (m, k), b (k, n) -> (m, n), both of one floating dtype."""


class CheckedBackend(ComputeBackend):
    """Turns what is given into arrays of one dtype (float32 or float64) and shapes that go together.

    A subclass writes the `plain_` methods. They get arrays of any strides, possibly empty and possibly
    read-only, must not write them, and return new ones.
    """

    def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
        """a (..., m, k), b (..., k, n) -> (..., m, n): checked, then `plain_matmuls`."""
        left, right = same_type(a=a, b=b)
        product_shape(left.shape, right.shape)
        return self.plain_matmuls(left, right)

    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        """x (any shape) -> same shape: checked, then `plain_gelu`."""
        return self.plain_gelu(*same_type(x=x))

    def add(self, x: ArrayLike, y: ArrayLike) -> NDArray[Any]:
        """x and y (shapes that broadcast) -> their common shape: checked, then `plain_add`."""
        return self.plain_add(*terms(x, y))

    def softmax(self, x: ArrayLike) -> NDArray[Any]:
        """x (..., columns) -> same shape: checked, then `plain_softmax`."""
        (array,) = same_type(x=x)
        rows = _rows(array)
        return self.plain_softmax(rows).reshape(array.shape) if rows.size else np.empty_like(array)

    def layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
    ) -> NDArray[Any]:
        """x (..., columns) -> same shape: checked, then `plain_layer_norm`."""
        array, scale, shift, epsilon = layer_norm_operands(x, gamma, beta, eps)
        rows = _rows(array)
        if not rows.size:
            return np.empty_like(array)
        return self.plain_layer_norm(rows, scale, shift, epsilon).reshape(array.shape)

    def plain_matmuls(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (..., m, k), b (..., k, n) -> (..., m, n): shapes that go together, vectors too."""
        return each_product(self.plain_matmul, a, b)

    @abstractmethod
    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        """a (m, k), b (k, n) -> (m, n)."""

    @abstractmethod
    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (any shape) -> same shape."""

    @abstractmethod
    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """x, y (same shape) -> same shape."""

    @abstractmethod
    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        """x (rows, columns) -> same shape, each row by itself; not empty."""

    @abstractmethod
    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        """x (rows, columns), gamma and beta (columns,) or None for 1 and 0 -> (rows, columns); not empty."""


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


def layer_norm_operands(
    x: ArrayLike, gamma: ArrayLike | None, beta: ArrayLike | None, eps: object
) -> tuple[NDArray[Any], Row, Row, float]:
    """(x, gamma, beta, eps) as arrays of one dtype whose shapes go together; BadInput where that cannot be."""
    given = {"x": x, "gamma": gamma, "beta": beta}
    named = {name: value for name, value in given.items() if value is not None}
    if x is None:
        raise BadInput("x is None; give an array.")
    arrays = dict(zip(named, same_type(**named), strict=True))
    array = arrays["x"]
    columns = array.shape[-1:] or (1,)
    for name in ("gamma", "beta"):
        if name in arrays and arrays[name].shape != columns:
            raise BadInput(
                f"{name} has shape {arrays[name].shape}; for x of shape {array.shape} it needs {columns}, a "
                f"number for each column."
            )
    return array, arrays.get("gamma"), arrays.get("beta"), _epsilon(eps)


def scale_and_shift(x: NDArray[Any], gamma: Row, beta: Row) -> tuple[NDArray[Any], NDArray[Any]]:
    """gamma and beta (columns,) for rows like those of x: 1 and 0 where they are None."""
    columns = x.shape[-1:]
    scale = np.ones(columns, x.dtype) if gamma is None else gamma
    return scale, np.zeros(columns, x.dtype) if beta is None else beta


def _epsilon(eps: object) -> float:
    """`eps` as a float from 0 on; BadInput for anything else."""
    if isinstance(eps, (int, float, np.integer, np.floating)) and not isinstance(eps, bool):
        number = float(eps)
        if math.isfinite(number) and number >= 0:
            return number
    raise BadInput(f"eps is {quoted(eps)}; give a number from 0 on, for instance 1e-5.")


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """`array` (..., columns) as (rows, columns); a single number is a row of one."""
    columns = array.shape[-1] if array.ndim else 1
    return array.reshape(array.size // columns if columns else 0, columns)
