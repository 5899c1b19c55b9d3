"""A matrix product of operands on a disk: the best block for a memory, its bytes, and the time it takes.

A block of c, of b x b elements, stays in memory until it is finished; the slabs of a and b that it needs come
by once, tile after tile. Each of the ceil(n / b) rows of blocks reads all of b, each column of blocks all of a:

    read = 2 n² ceil(n / b) itemsize        written = n² itemsize        intensity ≈ b / itemsize FLOP/B

Memory holds the block, the slabs that are multiplied, those that are read meanwhile, and a tile for each thread
for products before they are added: (b/t)² + 4 b/t + 4 tiles of side t with up to four threads, the square of
b/t + 2. So b = √S - 2t for a memory of S elements, and with small tiles the intensity comes to √S / itemsize,
beyond which no order of the loops gets (`law.best_intensity`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from accel_core.roofline.law import best_intensity

TILES = (1024, 512, 256, 128, 64)
"""Sides of a tile, each of whole pages in both dtypes: a large one is read and multiplied faster."""
BESIDE = 2
"""Tiles by which the side of the block is shorter than that of the square that fills the memory."""
ENOUGH = 6
"""Tiles along the side of a block, from which on what stands beside it costs a quarter of the side at most."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A square product cut into tiles on the disk and blocks in memory; lengths are in tiles but for `tile`."""

    tile: int
    """Side of a tile, in elements."""
    length: int
    """Side of the matrices."""
    side: int
    """Side of a block of c."""
    itemsize: int
    threads: int = 1

    @property
    def size(self) -> int:
        """Side of the matrices, in elements."""
        return self.tile * self.length

    @property
    def block(self) -> int:
        """Side of a block of c, in elements."""
        return self.tile * self.side

    @property
    def tile_bytes(self) -> int:
        """Bytes of a tile, in memory and on the disk."""
        return self.tile**2 * self.itemsize

    @property
    def matrix_bytes(self) -> int:
        """Bytes of one matrix."""
        return self.length**2 * self.tile_bytes

    @property
    def blocks(self) -> int:
        """Blocks along one side of c."""
        return -(-self.length // self.side)

    @property
    def memory_bytes(self) -> int:
        """What all that is in memory at once takes."""
        return (self.side**2 + 4 * self.side + max(self.threads, BESIDE**2)) * self.tile_bytes

    @property
    def flop(self) -> int:
        """Of the product."""
        return 2 * self.size**3

    @property
    def read_bytes(self) -> int:
        """What is read of a and b."""
        return 2 * self.blocks * self.matrix_bytes

    @property
    def requests(self) -> int:
        """How many reads that is: a slab of a and one of b for each block and each tile along the sum."""
        return 2 * self.blocks**2 * self.length

    @property
    def write_bytes(self) -> int:
        """What is written of c."""
        return self.matrix_bytes

    @property
    def intensity(self) -> float:
        """FLOP per byte that is read or written."""
        return self.flop / (self.read_bytes + self.write_bytes)

    def with_block(self, block: int) -> Plan:
        """The same product with a block of at most so many elements a side, one tile at the least."""
        return replace(self, side=min(max(block // self.tile, 1), self.length))

    def evened(self) -> Plan:
        """The same number of blocks, as even as they can be: less memory for the same bytes."""
        return replace(self, side=-(-self.length // self.blocks))


def best_plan(size: int, memory_bytes: int, itemsize: int, threads: int = 1) -> Plan:
    """The plan with the largest block that `memory_bytes` holds; `size` is rounded up to whole tiles.

    Its side is 0 where not even a block of one tile fits.
    """
    sides = {tile: _side(memory_bytes // (tile**2 * itemsize), threads) for tile in TILES}
    tile = next((tile for tile, side in sides.items() if side >= ENOUGH), TILES[-1])
    length = -(-size // tile)
    plan = Plan(tile, length, min(sides[tile], length), itemsize, threads)
    return plan.evened() if plan.side else plan


def _side(tiles: int, threads: int) -> int:
    """Side of the largest block that stands in so many tiles with what is beside it, in tiles."""
    square = tiles - max(threads - BESIDE**2, 0)
    return max(math.isqrt(max(square, 0)) - BESIDE, 0)


def least_size(memory_bytes: int, itemsize: int, times: float) -> int:
    """The side at which three matrices take `times` the memory, rounded up."""
    return math.ceil(math.sqrt(times * memory_bytes / (3 * itemsize)))


def share_of_bound(plan: Plan, memory_bytes: int) -> float:
    """The plan's FLOP per byte read, as a share of the most that any order of the loops gets of this memory."""
    most = best_intensity(memory_bytes / plan.itemsize, plan.itemsize)
    return plan.flop / plan.read_bytes / most


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Seconds of a product that reads ahead: whichever takes longer of the two, and then what is written."""

    multiply_s: float
    """With what reading takes of it."""
    read_s: float
    write_s: float

    @property
    def total_s(self) -> float:
        """Reading hides behind multiplying, or the other way round; a finished block is written apart."""
        return max(self.multiply_s, self.read_s) + self.write_s

    @property
    def bound_by(self) -> str:
        """ "compute" or "disk": which of both is longer."""
        return "compute" if self.multiply_s >= self.read_s else "disk"


def foreseen(
    plan: Plan,
    flop_per_s: float,
    read_byte_per_s: float,
    write_byte_per_s: float,
    latency_s: float = 0.0,
    read_cost_s_per_byte: float = 0.0,
) -> Foreseen:
    """What the plan takes with a library of this rate on tiles in memory, and a disk of these bandwidths.

    Each read waits for `latency_s` before its bytes come, which small blocks feel. Each byte that is read makes
    multiplying longer by `read_cost_s_per_byte`, as it takes processor time and memory's bandwidth of it.
    """
    return Foreseen(
        plan.flop / flop_per_s + plan.read_bytes * read_cost_s_per_byte,
        plan.read_bytes / read_byte_per_s + plan.requests * latency_s,
        plan.write_bytes / write_byte_per_s,
    )
