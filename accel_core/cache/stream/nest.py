"""A traversal as the arrays that the compiled generator of its access stream reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import fields
from accel_core.cache.stream import sweeps
from accel_core.cache.stream.text import text_lines
from accel_core.cache.stream.traversal import AXES, OPERAND_AXES, TILE, Traversal
from accel_core.cache.stream.visits import visit_order

BUFFER_SWEEPS = 128
"""Rows of the buffer between the generator and what consumes the stream: 32 KiB stay in a cache."""


@dataclass(frozen=True)
class Nest:
    """A traversal's stream from its current position on: the arguments of sweeps.fill."""

    nest: NDArray[np.int64]
    visits: NDArray[np.int64]
    cursor: NDArray[np.int64]
    sweeps: NDArray[np.int64]

    @property
    def arguments(self) -> tuple[NDArray[np.int64], ...]:
        """The arrays, in the order in which the compiled functions take them."""
        return self.nest, self.visits, self.cursor, self.sweeps


def open_nest(traversal: Traversal) -> Nest:
    """The stream of `traversal` from its beginning."""
    nest = np.zeros(sweeps.NEST_FIELDS, np.int64)
    nest[sweeps.EXTENT : sweeps.EXTENT + 3] = traversal.extents
    nest[sweeps.ORDER : sweeps.ORDER + 3] = [AXES.index(axis) for axis in traversal.order]
    nest[sweeps.BLOCK : sweeps.BLOCK + 3] = traversal.blocks
    nest[sweeps.TILE] = TILE if traversal.tile else 1
    nest[sweeps.TEXT : sweeps.TEXT + 3] = text_lines(traversal)
    for number, (operand, axes) in enumerate(zip(traversal.operands, OPERAND_AXES, strict=True)):
        nest[sweeps.BASE + number] = operand.base
        for axis, stride in zip(axes, (operand.row_bytes, operand.column_bytes), strict=True):
            nest[sweeps.STRIDES + 3 * number + AXES.index(axis)] = stride
    visits = np.zeros((0, 2), np.int64)
    if traversal.visit is not None:
        nest[sweeps.VISITED] = 1
        i, j = (-(-traversal.extents[axis] // traversal.blocks[axis]) for axis in (0, 1))
        visits = visit_order(traversal.visit, i, j)
    buffer = np.zeros((BUFFER_SWEEPS, fields.SWEEP_FIELDS), np.int64)
    return Nest(nest, visits, np.zeros(3, np.int64), buffer)
