"""GELU under its public names, for any array-like; `operands` says which data types they take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.kernels import gelu_numpy
from accel_core.kernels.operands import apart, result_array, same_type


def unfused_gelu(x: ArrayLike) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU in eight named steps, each an array of its own.

    Raises BadInput (a ValueError) for data types it cannot take.
    """
    (array,) = same_type(x=x)
    return np.asarray(gelu_numpy.gelu_named_steps(array))


def fused_gelu(x: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU in one pass over memory, without a temporary array.

    The result is written to `out` where it is given, which may be x itself. Raises BadInput (a ValueError) for
    data types it cannot take and for an `out` that is read-only or of another shape or data type.
    """
    (array,) = same_type(x=x)
    y = result_array(out, array.shape, array.dtype)
    source = array.copy() if np.may_share_memory(array, y) else apart(array, y)
    return gelu_numpy.gelu_in_place(source, y)
