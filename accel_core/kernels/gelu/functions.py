# ruff: noqa: E402
"""GELU under its public names, for any array-like; `operands` says which data types they take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.kernels.chunks import THREADED_FROM
from accel_core.kernels.gelu import compiled, interpreted
from accel_core.kernels.operands import result_array, same_type


def unfused_gelu(x: ArrayLike) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU in eight named steps, each an array of its own.

    Raises BadInput (a ValueError) for data types it cannot take.
    """
    (array,) = same_type(x=x)
    return np.asarray(interpreted.gelu_named_steps(array))


def fused_gelu(x: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU in one pass over memory, without a temporary array.

    The result is written to `out` where it is given, which may be x itself. Raises BadInput (a ValueError) for
    data types it cannot take and for an `out` that is read-only or of another shape or data type.
    """
    (array,) = same_type(x=x)
    y = np.empty_like(array) if out is None else result_array(out, array.shape, array.dtype)
    best = compiled.gelu_fused_threads if array.size >= THREADED_FROM else compiled.gelu_fused
    return best(array, y)
