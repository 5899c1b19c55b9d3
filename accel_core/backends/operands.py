"""Fresh operands of a given operation, lengths, dtype and layout, and how wrong a result of them may be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.model import Shape

Operands = tuple[NDArray[Any], ...]
_WRONG = {"float32": 4e-6, "float64": 4e-12}
"""Largest error of an element of gelu, add, softmax or layer_norm relative to the largest element: some tens of
roundings in float32; in float64 what a compiled exp or tanh may be off by (1e-12 of it) four times over."""


def make_operands(operation: str, lengths: Shape, dtype: str, layout: str, seed: int) -> Operands:
    """Random operands that `contest.LENGTHS` and LAYOUTS describe, another set for each seed.

    Positive, so that a result of one entry does not cancel to almost nothing.
    """
    random = np.random.default_rng(seed)

    def array(*shape: int) -> NDArray[Any]:
        gaps = 2 if layout == "strided" else 1
        return random.uniform(0.5, 3.0, (*shape[:-1], gaps * shape[-1])).astype(dtype)[..., ::gaps]

    if operation == "matmul":
        batch, m, k, n = lengths
        lead = (batch,) if batch > 1 else ()
        if layout == "transposed":
            return array(*lead, m, k), array(*lead, n, k).swapaxes(-1, -2)
        return array(*lead, m, k), array(*lead, k, n)
    return (array(*lengths), array(*lengths)) if operation == "add" else (array(*lengths),)


def tolerance(operation: str, lengths: Shape, dtype: str) -> float:
    """Largest error allowed, relative to the largest element of the result.

    For a product as the workload matmul has it: 16 u sqrt(k), u the unit roundoff. In a layer norm of few
    columns the entries may all but cancel, which magnifies their roundings by up to 1 / sqrt(eps), 316 times.
    """
    if operation == "matmul":
        return 16 * float(np.finfo(dtype).eps) / 2 * math.sqrt(lengths[2])
    return 316 * _WRONG[dtype] if operation == "layer_norm" else _WRONG[dtype]
