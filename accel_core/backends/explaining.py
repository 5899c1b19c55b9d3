"""`explain`: what AutoBackend would take for a problem, and why, without doing it."""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Sequence

import numpy as np

from accel_core.backends.auto import AutoBackend
from accel_core.backends.choice import Choice
from accel_core.backends.current import find_backend
from accel_core.backends.interface import operation_arguments
from accel_core.contest import LAYOUTS, LENGTHS
from accel_core.errors import BadInput, shown
from accel_core.model import DTYPES, Shape


def explain(operation: str, shape: Sequence[int], dtype: str = "float32", layout: str = "C") -> Choice:
    """What AutoBackend would take for `operation` at `shape` and why; printed, it is a sentence.

    `shape` is (m, k, n) or (batch, m, k, n) for matmul and the shape of x for all others. Where two layouts are
    one to AutoBackend, the choice names the one that it looks up. Raises BadInput for an operation, shape,
    dtype or layout that there is not.
    """
    operation_arguments(operation)
    name = getattr(np.dtype(dtype), "name", dtype) if isinstance(dtype, type | np.dtype) else dtype
    if name not in DTYPES:
        raise BadInput(f"dtype is {shown(dtype)}; {' or '.join(DTYPES)} is allowed.")
    if layout not in LAYOUTS:
        raise BadInput(f"layout is {shown(layout)}; one of {', '.join(LAYOUTS)} is allowed.")
    backend = find_backend("auto")
    chooser = backend.chooser if isinstance(backend, AutoBackend) else AutoBackend().chooser
    return chooser.choose(operation, lengths_of(operation, shape), name, _looked_up(operation, layout))


def _looked_up(operation: str, layout: str) -> str:
    """The layout as `routes` tells them apart: only a product knows columns, and it knows no gaps."""
    if operation == "matmul":
        return "C" if layout == "strided" else layout
    return "strided" if layout == "transposed" else layout


def lengths_of(operation: str, shape: Sequence[int]) -> Shape:
    """What decides the time (contest.LENGTHS) of `operation` at `shape`; BadInput where the shape does not
    fit."""
    try:
        lengths = tuple(operator.index(length) for length in shape)
    except TypeError:
        raise BadInput(f"shape is {shown(shape)}; give whole numbers, for instance 512,512,512.") from None
    if not lengths or min(lengths) < 1:
        raise BadInput(f"shape is {shown(shape)}; every length must be 1 or more.")
    if max(lengths) > sys.maxsize:
        raise BadInput(
            f"shape has a length of more than {sys.maxsize}; no array is so long: give a shorter one."
        )
    if operation == "matmul":
        if len(lengths) not in (3, 4):
            raise BadInput(f"shape is {shown(shape)}; matmul takes m, k, n or batch, m, k, n.")
        return lengths if len(lengths) == 4 else (1, *lengths)
    if len(LENGTHS[operation]) == 1:
        return (math.prod(lengths),)
    return math.prod(lengths[:-1]), lengths[-1]
