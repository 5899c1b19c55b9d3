"""How large the blocks of the packed matrix product are: what follows from the caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from accel_core.errors import BadInput, quoted
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES, WIDTH_BITS, Registers
from accel_core.model import CACHE_LEVELS

SHARES = {name: level.block_share for name, level in CACHE_LEVELS.items() if level.block_share}
TYPICAL_BYTES = {name: CACHE_LEVELS[name].typical_bytes for name in SHARES}
L1, L2, L3 = SHARES


@dataclass(frozen=True, slots=True)
class Blocking:
    """Block lengths of the five loops, in elements, under the names that the literature gives them."""

    mr: int
    """Rows of the register tile."""
    nr: int
    """Columns of the register tile: some vectors."""
    mc: int
    """Rows of the packed block of a: mc x kc elements, in L3."""
    kc: int
    """Depth of a packed block: a micro-panel of a, mr x kc elements, in L1."""
    nc: int
    """Columns of the packed block of b: kc x nc elements, in L2."""

    def bytes_in(self, level: str, itemsize: int) -> int:
        """Bytes of the block that is to stay in `level`."""
        elements = {L1: self.mr * self.kc, L2: self.kc * self.nc, L3: self.mc * self.kc}
        return elements[level] * itemsize

    def given(self, mc: int = 0, kc: int = 0, nc: int = 0) -> Blocking:
        """With these lengths where they are not 0; mc and nc are rounded up to whole register tiles."""
        lengths = {"mc": -(-mc // self.mr) * self.mr, "kc": kc, "nc": -(-nc // self.nr) * self.nr}
        return replace(self, **{name: length for name, length in lengths.items() if length})

    def for_tile(self, rows: int, itemsize: int) -> Blocking:
        """The same depth and about the same heights and widths for the register tile of `rows` rows here."""
        nr = TILES[rows] * WIDTH_BITS // 8 // itemsize
        return replace(self, mr=rows, nr=nr).given(mc=self.mc, nc=self.nc)

    def cut(self, m: int, k: int, n: int) -> Blocking:
        """What runs on a (m, k) and b (k, n): as few blocks as these lengths allow, as even as they can be."""
        mc, kc, nc = evenly(m, self.mc, self.mr), evenly(k, self.kc, 1), evenly(n, self.nc, self.nr)
        return replace(self, mc=mc, kc=kc, nc=nc)


def blocking(
    dtype: str, cache_bytes: Mapping[str, int], rows: int = ROWS, registers: Registers | None = None
) -> Blocking:
    """The block lengths for caches of so many bytes: each block fills its share (SHARES) of its cache.

    kc = share of L1 / (mr itemsize), nc = share of L2 / (kc itemsize) and mc = share of L3 / (kc itemsize),
    each rounded down to whole tiles, but never below one. After Goto and van de Geijn, "Anatomy of
    High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, with the roles of a and b exchanged: rows of
    c, not its columns, are contiguous here, so the vectors run along b, and it is the narrow micro-panel of a
    that stays in L1. `registers` are those of another processor than this one.
    """
    tiles, width_bits = (registers.tiles, registers.width_bits) if registers else (TILES, WIDTH_BITS)
    if rows not in tiles:
        raise BadInput(f"tile is {quoted(rows)}; the register tiles have {', '.join(map(str, tiles))} rows.")
    itemsize = np.dtype(dtype).itemsize
    nr = tiles[rows] * width_bits // 8 // itemsize
    room = {
        level: int(cache_bytes.get(level, TYPICAL_BYTES[level]) * SHARES[level]) // itemsize for level in SHARES
    }
    kc = _whole(room[L1] // rows, 8)
    return Blocking(rows, nr, _whole(room[L3] // kc + rows - 1, rows), kc, _whole(room[L2] // kc, nr))


def evenly(length: int, longest: int, step: int) -> int:
    """The least block, a multiple of `step`, that cuts `length` into as few blocks as `longest` does."""
    blocks = max(1, -(-length // longest))
    return _whole(-(-length // blocks) + step - 1, step)


def _whole(length: int, step: int) -> int:
    return max(length // step, 1) * step
