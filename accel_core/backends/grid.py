"""The shapes at which backends are held against each other, and which grid a shape belongs to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from accel_core.model import Shape

Axes = tuple[tuple[int, ...], ...]

_SIDES = (1, 2, 8, 32, 128, 512, 2048)
_ROWS = (1, 2, 8, 32, 128, 512, 2048)
_ELEMENTS = tuple(2**power for power in range(25))
_GRIDS: Mapping[str, Axes] = {
    "matmul": ((1,), _SIDES, _SIDES, _SIDES),
    "matmul in batches": ((2, 16, 128, 1024), *((2, 16, 128, 512),) * 3),
    "gelu": (_ELEMENTS,),
    "add": (_ELEMENTS,),
    "softmax": (_ROWS, _ROWS),
    "layer_norm": (_ROWS, _ROWS),
}
MOST_FLOP = 2 * 2048**3
"""Of a contest: the largest product of the grid."""
MOST_BATCH_BYTES = 1 << 28
"""Of the three arrays of a batch in float64."""


def axes(operation: str, lengths: Sequence[float]) -> Axes:
    """The grid that `lengths` belong to: for each of them the lengths that are measured, rising."""
    return _GRIDS[_grid_name(operation, lengths)]


def points(operation: str) -> Iterator[Shape]:
    """All lengths at which `operation` is measured."""
    for name, grid in _GRIDS.items():
        if name.partition(" ")[0] == operation:
            yield from (lengths for lengths in itertools.product(*grid) if _is_affordable(operation, lengths))


def _grid_name(operation: str, lengths: Sequence[float]) -> str:
    return "matmul in batches" if operation == "matmul" and lengths[0] > 1 else operation


def _is_affordable(operation: str, lengths: Shape) -> bool:
    if operation != "matmul":
        return True
    batch, m, k, n = lengths
    small = 8 * batch * (m * k + k * n + m * n) <= MOST_BATCH_BYTES
    return 2 * math.prod(lengths) <= MOST_FLOP and (batch == 1 or small)
