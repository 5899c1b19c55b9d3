"""The matrix products under the names that older teaching material uses; they take any array-like.

Data types: float32 where both inputs are float32; float64 where either is float64, an integer or a boolean
(integers beyond 2^53 are rounded by that). float16, long double, complex numbers, text and objects are
refused, because a silent change of precision would make a timing mean something else.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.errors import BadInput
from accel_core.kernels import matmul_interpreted, matmul_library


def matmul_naive(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): three Python loops, the definition word for word.

    Raises BadInput (a ValueError) for shapes that do not match and for data types it cannot take.
    """
    return matmul_interpreted.matmul_python_loops(*_operands(a, b))


def matmul_blocked(a: ArrayLike, b: ArrayLike, block_size: int = 64) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): tiles of `block_size`, each multiplied by NumPy's `@`.

    A block larger than the size means one tile. Raises BadInput (a ValueError) for shapes that do not match,
    data types it cannot take, and a block that is not a whole number from 1 up.
    """
    return matmul_library.matmul_numpy_tiled(*_operands(a, b), block=_whole_block(block_size))


def matmul_numpy(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): one call of the library behind NumPy.

    Raises BadInput (a ValueError) for shapes that do not match and for data types it cannot take.
    """
    return matmul_library.matmul_numpy(*_operands(a, b))


def _operands(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both inputs as arrays (m, k) and (k, n) of one dtype, float32 or float64, in native byte order."""
    left, right = _array("a", a), _array("b", b)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise BadInput(
            f"a has shape {left.shape} and b has shape {right.shape}; a product needs (m, k) and (k, n) "
            f"with the same k."
        )
    both_single = left.dtype == right.dtype == np.float32
    dtype = np.dtype(np.float32 if both_single else np.float64)
    return left.astype(dtype, copy=False), right.astype(dtype, copy=False)


def _array(name: str, value: ArrayLike) -> NDArray[Any]:
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{name} is not a matrix: {error}; give rows of equal length.") from error
    native = array.dtype.newbyteorder("=")
    if native.kind in "biu":
        return array
    if native not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise BadInput(
            f"{name} has data type {array.dtype}; float32, float64, integers and booleans are allowed: "
            f"convert it first, for instance with astype('float32')."
        )
    return array.astype(native, copy=False)


def _whole_block(value: object) -> int:
    try:
        block = 0 if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        block = 0
    if block < 1:
        raise BadInput(f"block_size is {value!r}; give a whole number from 1 up, for instance 64.")
    return block
