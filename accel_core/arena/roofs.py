"""The roofs that entries are held against: what they allow a size, and whether they can be believed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from accel_core.model import LEVELS, Ceiling, SizeResult
from accel_core.model.limits import MOST_DRIFT
from accel_core.roofline import memory_roof, select_roofs
from accel_core.roofline.limit import Limit
from accel_core.units import format_number


@dataclass(frozen=True)
class HeldAgainst:
    """The measured roofs of one machine, one type and one number of threads."""

    ceilings: tuple[Ceiling, ...]
    dtype: str
    threads: int

    @classmethod
    def of(cls, ceilings: Iterable[Ceiling], dtype: str, threads: int) -> HeldAgainst:
        """Those of `ceilings` that were measured with this type and number of threads."""
        roofs = select_roofs([one for one in ceilings if one.source != "theory"], dtype, threads)
        return cls((*roofs.compute, *roofs.memory), dtype, threads)

    @cached_property
    def compute(self) -> Ceiling | None:
        """The highest flat roof."""
        return max((one for one in self.ceilings if one.kind == "compute"), key=_value, default=None)

    @cached_property
    def memory(self) -> Mapping[str, Ceiling]:
        """By level of the working set, the sloping roof that counts."""
        roofs = [one for one in self.ceilings if one.kind == "memory"]
        found = ((level, memory_roof(roofs, level)) for level in LEVELS)
        return {level: roof for level, roof in found if roof is not None}

    def limit(self, flop: int, least_bytes: int, level: str) -> Limit | None:
        """What they allow a problem whose working set lies in `level`; None where a roof is missing."""
        memory = self.memory.get(level)
        if self.compute is None or memory is None or not flop or not least_bytes:
            return None
        return Limit(self.threads, flop / least_bytes, level, self.compute, memory)

    def doubt_of(self, sizes: Iterable[SizeResult]) -> str:
        """Why a roof that counts for one of these sizes may be too low, in a sentence."""
        limits = (self.limit(size.flop, size.least_bytes, size.level) for size in sizes)
        return self.doubt(limit for limit in limits if limit is not None)

    def doubt(self, limits: Iterable[Limit]) -> str:
        """Why the roof that counts in one of `limits` may be too low, in a sentence; empty where it may not.

        A roof is in doubt where it, or one that might be higher than it, was disturbed, and where its interval
        reaches farther below it than a machine may drift.
        """
        for roof in dict.fromkeys(limit.limiting for limit in limits):
            for rival in self._rivals(roof):
                if rival.disturbed_reason:
                    return f"{rival.name} was disturbed when it was measured."
            if roof.low is None:
                return f"{roof.name} has no interval: it was measured {roof.n} times only."
            if (width := 1 - roof.low / roof.value) > MOST_DRIFT:
                return f"the interval of {roof.name} reaches {format_number(100 * width, 2)} % below it."
        return ""

    def _rivals(self, roof: Ceiling) -> Sequence[Ceiling]:
        """Roofs of the same kind and level that might be the highest: vectors no narrower than that one's."""
        width = roof.width_bits or 0
        return [
            one
            for one in self.ceilings
            if (one.kind, one.level) == (roof.kind, roof.level) and (one.width_bits or width) >= width
        ]


def _value(roof: Ceiling) -> float:
    return roof.value
