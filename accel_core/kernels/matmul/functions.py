# ruff: noqa: E402
"""The matrix products under the names that older teaching material uses, for any array-like.

`operands` says which data types they take.
"""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike, NDArray

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.errors import BadInput, quoted, whole
from accel_core.kernels.matmul import interpreted, packed, threads
from accel_core.kernels.operands import same_type


def matmul_naive(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): three Python loops, the definition word for word.

    Raises BadInput (a ValueError) for shapes that do not match and for data types it cannot take.
    """
    return interpreted.matmul_python_loops(*_operands(a, b))


def matmul_blocked(a: ArrayLike, b: ArrayLike, block_size: int = 64) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): tiles of `block_size`, each multiplied by NumPy's `@`.

    A block larger than the size means one tile. Raises BadInput (a ValueError) for shapes that do not match,
    data types it cannot take, and a block that is not a whole number from 1 up.
    """
    return interpreted.matmul_numpy_tiled(*_operands(a, b), block=_whole("block_size", block_size, "64"))


def matmul_numpy(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): one call of the library behind NumPy.

    Raises BadInput (a ValueError) for shapes that do not match and for data types it cannot take.
    """
    return interpreted.matmul_numpy(*_operands(a, b))


def matmul_packed(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): packed panels around a micro-kernel of vectors, on one thread.

    Raises BadInput (a ValueError) for shapes that do not match and for data types it cannot take.
    """
    return packed.matmul_packed(*_operands(a, b))


def matmul_parallel(a: ArrayLike, b: ArrayLike, workers: int | None = None) -> NDArray[Any]:
    """a (m, k), b (k, n) -> (m, n): rows split over `workers`, who call single-threaded BLAS at the same time.

    None means as many workers as threads are allowed (`numba.set_num_threads`); more workers than rows or
    threads is no mistake, the pieces are then fewer or wait for one another. Raises BadInput (a ValueError) for
    shapes that do not match, data types it cannot take, and workers that are no whole number from 1 up.
    """
    number = None if workers is None else _whole("workers", workers, "4")
    return threads.matmul_row_threads(*_operands(a, b), workers=number)


def _operands(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both inputs as arrays (m, k) and (k, n) of one dtype, float32 or float64, in native byte order."""
    left, right = same_type(a=a, b=b)
    if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
        raise BadInput(
            f"a has shape {left.shape} and b has shape {right.shape}; a product needs (m, k) and (k, n) "
            f"with the same k."
        )
    return left, right


def _whole(name: str, value: object, example: str) -> int:
    number = whole(value, 1)
    if number is None:
        raise BadInput(f"{name} is {quoted(value)}; give a whole number from 1 up, for instance {example}.")
    return number
