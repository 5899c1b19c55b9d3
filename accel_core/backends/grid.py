"""The shapes at which backends are held against each other, and which grid a shape belongs to."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

from accel_core.model import Shape

Axes = tuple[tuple[int, ...], ...]

_SIDES = (1, 2, 8, 32, 128, 512, 2048)
_FEW = (8, 32, 128)
_COARSE = (8, 64, 512, 2048)
_ELEMENTS = (*(2**power for power in range(16)), *(2**power for power in range(16, 23, 2)))
_GRIDS: Mapping[tuple[str, str], Axes] = {
    ("matmul", "C"): ((1,), _SIDES, _SIDES[1:], _SIDES),
    ("matmul in batches", "C"): ((4, 64, 1024), _FEW, _FEW, _FEW),
    ("matmul", "transposed"): ((1,), _COARSE, _COARSE, _COARSE),
    ("gelu", "C"): (_ELEMENTS,),
    ("gelu", "strided"): ((16, 256, 4096, 65536, 2**22),),
    ("add", "C"): (_ELEMENTS,),
    ("softmax", "C"): (_SIDES, _SIDES),
    ("softmax", "strided"): (_COARSE, _COARSE),
    ("layer_norm", "C"): (_SIDES, _SIDES),
    ("layer_norm", "strided"): (_COARSE, _COARSE),
}
MOST_BATCH_FLOP = 10**9
MOST_BATCH_BYTES = 1 << 26
"""Of the three arrays of a batch in float64: past either, a batch goes as the largest measured one goes."""


def layouts(operation: str) -> tuple[str, ...]:
    """The layouts in which `operation` is measured; by rule, all others go to NumPy."""
    return tuple(dict.fromkeys(layout for name, layout in _GRIDS if _operation(name) == operation))


def axes(operation: str, layout: str, lengths: Sequence[float]) -> Axes | None:
    """The grid that `lengths` belong to: for each of them the lengths measured, rising; None where none is."""
    batched = operation == "matmul" and lengths[0] > 1
    return _GRIDS.get(("matmul in batches" if batched else operation, layout))


def points(operation: str, layout: str) -> Iterator[Shape]:
    """All lengths at which `operation` is measured in this layout."""
    for (name, known), grid in _GRIDS.items():
        if _operation(name) == operation and known == layout:
            yield from (lengths for lengths in itertools.product(*grid) if _is_affordable(operation, lengths))


def _operation(name: str) -> str:
    return name.partition(" ")[0]


def _is_affordable(operation: str, lengths: Shape) -> bool:
    if operation != "matmul":
        return True
    batch, m, k, n = lengths
    size_bytes = 8 * batch * (m * k + k * n + m * n)
    return batch == 1 or (2 * math.prod(lengths) <= MOST_BATCH_FLOP and size_bytes <= MOST_BATCH_BYTES)
