"""How fast a core is just now beside what the registry takes for granted: for promises, never a result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple


class Pace(NamedTuple):
    """How many times as long as on the registry's core work takes; 1 each where nobody has looked.

    Two, for a neighbour on the same physical core does not slow both alike. On an Emerald Rapids virtual
    machine an interpreter's loop, which could use every slot, went from 1.1 to 1.9 and back within seconds,
    and a compiled sort that waits for its own branches from 1.0 to 1.2.
    """

    interpreted: float = 1.0
    compiled: float = 1.0

    @property
    def between(self) -> float:
        """Of a compiler and of imports: large code that misses caches and branches, in no tight loop.

        The geometric mean: the same function took 1.4 times as long to compile at (1.9, 1.2).
        """
        return math.sqrt(self.interpreted * self.compiled)

    @classmethod
    def median(cls, seen: Sequence[Pace]) -> Pace:
        """Of each kind the median, to two digits, so that what was foreseen stays so while little changes."""
        if not seen:
            return cls()
        interpreted, compiled = (float(f"{median(values):.2g}") for values in zip(*seen, strict=True))
        return cls(interpreted, compiled)


USUAL = Pace()
"""The registry's core."""
