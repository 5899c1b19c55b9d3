"""Softmax and layer norm along the last axis, for any array-like; `operands` says which types they take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.errors import BadInput, shown
from accel_core.kernels import layer_norm_kernels, softmax_kernels
from accel_core.kernels.operands import same_type

THREADED_FROM = 1 << 20
"""Elements from which threads are used: waking them takes tens of microseconds, as long as 2^18 elements."""


def softmax(x: ArrayLike) -> NDArray[Any]:
    """x (..., columns) -> same shape: exp(x - max) / sum of it along the last axis.

    A single number is a row of one. Raises BadInput (a ValueError) for data types it cannot take.
    """
    (array,) = same_type(x=x)
    if array.size >= THREADED_FROM:
        return softmax_kernels.softmax_compiled_threads(array)
    return softmax_kernels.softmax_compiled(array)


def layer_norm(
    x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
) -> NDArray[Any]:
    """x (..., columns) -> same shape: gamma (x - mean) / √(variance + eps) + beta along the last axis.

    gamma and beta have shape (columns,); left out they are 1 and 0. The variance is divided by the number of
    columns. Raises BadInput (a ValueError) for data types it cannot take, for gamma or beta of another shape,
    and for an eps that is not a number from 0 on.
    """
    given: dict[str, Any] = {"x": x, "gamma": gamma, "beta": beta}
    given = {name: value for name, value in given.items() if value is not None or name == "x"}
    found = dict(zip(given, same_type(**given), strict=True))
    array, epsilon = np.atleast_1d(found["x"]), _epsilon(eps)
    columns = array.shape[-1:]
    for name in given.keys() - {"x"}:
        if found[name].shape != columns:
            raise BadInput(
                f"{name} has shape {found[name].shape}; for x of shape {found['x'].shape} it needs {columns}, "
                f"a number for each column."
            )
    scale = found.get("gamma", np.ones(columns, array.dtype))
    shift = found.get("beta", np.zeros(columns, array.dtype))
    best = layer_norm_kernels.layer_norm_compiled
    if array.size >= THREADED_FROM:
        best = layer_norm_kernels.layer_norm_compiled_threads
    return best(array, scale, shift, eps=epsilon).reshape(found["x"].shape)


def _epsilon(eps: object) -> float:
    """`eps` as a float from 0 on; BadInput for anything else."""
    if isinstance(eps, (int, float, np.integer, np.floating)) and not isinstance(eps, bool):
        number = float(eps)
        if math.isfinite(number) and number >= 0:
            return number
    raise BadInput(f"eps is {shown(eps)}; give a number from 0 on, for instance 1e-5.")
