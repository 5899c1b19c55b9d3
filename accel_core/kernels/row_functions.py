"""Softmax and layer norm along the last axis, for any array-like; `operands` says which types they take."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.errors import BadInput
from accel_core.kernels.operands import same_type


def softmax(x: ArrayLike) -> NDArray[Any]:
    """x (..., columns) -> same shape: exp(x - max) / sum of it along the last axis.

    A single number is a row of one. Raises BadInput (a ValueError) for data types it cannot take.
    """
    (array,) = same_type(x=x)
    with np.errstate(all="ignore"):
        powers = np.exp(array - array.max(axis=-1, keepdims=True, initial=-math.inf))
        return np.divide(powers, powers.sum(axis=-1, keepdims=True), out=np.asarray(powers))


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
    if array.size == 0:
        return np.empty(array.shape, array.dtype)
    with np.errstate(all="ignore"):
        centred = array - array.mean(axis=-1, keepdims=True)
        y = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + array.dtype.type(epsilon))
        y = y * found["gamma"] if "gamma" in found else y
        y = y + found["beta"] if "beta" in found else y
    return y.reshape(found["x"].shape)


def _epsilon(eps: object) -> float:
    """`eps` as a float from 0 on; BadInput for anything else."""
    if isinstance(eps, (int, float, np.integer, np.floating)) and not isinstance(eps, bool):
        number = float(eps)
        if math.isfinite(number) and number >= 0:
            return number
    raise BadInput(f"eps is {eps!r}; give a number from 0 on, for instance 1e-5.")
