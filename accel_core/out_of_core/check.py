"""Whether a product in files is right, by random signs, with no matrix ever in memory.

B x and A (B x) are summed up while b and a are made, so that the check does not rest on what was read; C x is
summed up from the file of c. What may differ, `judge.checking` says.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.judge.checking import VECTORS, random_signs, share_of_rounding
from accel_core.roofline.streamed import Plan

_STRIP = 64
"""Rows of a tile that are turned to float64 at once."""
_COLUMNS = 7
"""Signs, B x, A (B x), C x and their difference twice; the rest is what has one number for each row."""


def check_bytes(size: int) -> int:
    """What the sums of a product of this side take, with what is compared at the end."""
    return _COLUMNS * VECTORS * 8 * size


class SignCheck:
    """The sums of one product; b is to be told before a, whole tiles in any order."""

    def __init__(self, plan: Plan, dtype: str) -> None:
        self._tile, self._dtype, size = plan.tile, dtype, plan.size
        self._signs = random_signs(size)
        self._right = np.zeros((size, VECTORS))
        self._expected = np.zeros((size, VECTORS))
        self._squares, self._scale = np.zeros(size), np.zeros(size)

    def take_b(self, row: int, column: int, tile: NDArray[Any]) -> None:
        """Add a tile of b, by its place among the tiles."""
        signs = self._signs[self._at(column)]
        for rows, strip in self._strips(row, tile):
            self._right[rows] += strip @ signs
            self._squares[rows] += (strip * strip).sum(axis=1)

    def take_a(self, row: int, column: int, tile: NDArray[Any]) -> None:
        """Add a tile of a, once all of b was added."""
        right, squares = self._right[self._at(column)], self._squares[self._at(column)]
        for rows, strip in self._strips(row, tile):
            self._expected[rows] += strip @ right
            self._scale[rows] += (strip * strip) @ squares

    def begin(self) -> None:
        """Another c is going to be told."""
        self._seen = np.zeros_like(self._expected)

    def take_c(self, row: int, column: int, tile: NDArray[Any]) -> None:
        """Add a tile of c."""
        signs = self._signs[self._at(column)]
        for rows, strip in self._strips(row, tile):
            self._seen[rows] += strip @ signs

    def share_of_allowed(self) -> float:
        """The largest difference over what rounding explains: over 1 the product is wrong."""
        difference = np.abs(self._seen - self._expected).max(axis=1)
        size = len(difference)
        return share_of_rounding(difference, np.sqrt(self._scale), size, size, self._dtype)

    def _at(self, place: int) -> slice:
        return slice(place * self._tile, (place + 1) * self._tile)

    def _strips(self, row: int, tile: NDArray[Any]) -> Any:
        start = row * self._tile
        for at in range(0, self._tile, _STRIP):
            yield slice(start + at, start + at + _STRIP), tile[at : at + _STRIP].astype(np.float64)


def made(tile: NDArray[Any], key: int, number: int) -> None:
    """Fill a tile with numbers in [-1, 1) that follow from its matrix's key and its number alone."""
    random = np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, number]))
    random.random(dtype=tile.dtype, out=tile)
    tile *= 2
    tile -= 1


def new_key() -> int:
    """Of a matrix that nobody knows."""
    return secrets.randbits(128)
