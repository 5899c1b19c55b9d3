# ruff: noqa: E402
"""Sums of arrays under their public names, for any array-like; `operands` says which data types they take."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.errors import BadInput
from accel_core.kernels.chunks import THREADED_FROM, each_chunk, each_chunk_threaded
from accel_core.kernels.operands import result_array, same_type
from accel_core.kernels.streaming.compiled import compiled_add, forked_add


def add(x: ArrayLike, y: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """x and y (shapes that broadcast) -> their common shape: the sum of the two, element by element.

    The result is written to `out` where it is given, which may be x or y itself. Raises BadInput (a ValueError)
    for data types it cannot take, for shapes that do not go together, and for an `out` that is read-only or of
    another shape or data type.
    """
    left, right = terms(x, y)
    z = result_array(out, left.shape, left.dtype)
    if z.size >= THREADED_FROM:
        return each_chunk_threaded(compiled_add, forked_add, (left, right), z)
    return each_chunk(compiled_add, (left, right), z)


def terms(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """x and y as arrays of one dtype and their common shape; BadInput where that cannot be."""
    left, right = same_type(x=x, y=y)
    try:
        left, right = np.broadcast_arrays(left, right)
    except ValueError:
        raise BadInput(
            f"x has shape {left.shape} and y has shape {right.shape}; give shapes that broadcast: "
            f"equal lengths, or 1."
        ) from None
    return left, right
