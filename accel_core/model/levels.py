"""The memory levels: which there are, and what is decided about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Level:
    """A level of caches, and how much of one is used for what."""

    name: str
    roof_share: float
    """What its roof's working set fills: less of L1, which other data need too, and of L3, which other cores
    share, as they do L4."""
    chase_share: float
    """The same for the pointer chase: half of L2, because it also holds the page tables."""
    places: int
    """Places tried for a load roof. A cache is found by physical address, and the pages of a range of virtual
    memory may crowd into few sets of it: the machine's roof is that of a place where they do not."""
    shared: bool = False
    """Whether it is everybody's where nobody says which processors share it; else it is its core's own."""
    block_share: float = 0.0
    """What its block of the packed product fills: of L1 little, because micro-panels of b and the tile of c
    pass through it as well; half of L2, which the next block of b and c pass through; an eighth of L3, which
    other cores share. 0 where no block is cut for it."""
    typical_bytes: int = 0
    """What it is taken to hold for that block where the system does not say."""


_TABLE = (
    Level("L1", 1 / 2, 1 / 2, 2, block_share=1 / 4, typical_bytes=32 << 10),
    Level("L2", 3 / 4, 1 / 2, 12, block_share=1 / 2, typical_bytes=512 << 10),
    Level("L3", 3 / 8, 3 / 8, 4, shared=True, block_share=1 / 8, typical_bytes=8 << 20),
    Level("L4", 3 / 8, 3 / 8, 2, shared=True),
)
CACHE_LEVELS = {level.name: level for level in _TABLE}
DRAM = "DRAM"
LEVELS = (*CACHE_LEVELS, DRAM)
"""Memory levels from near to far; the order is the order of every table and picture."""
NEAREST = LEVELS[0]
