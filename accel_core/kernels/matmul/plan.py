"""How the packed product goes about its matrices here: by a measurement of this machine, else by its caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from accel_core.errors import is_whole
from accel_core.kernels.matmul.blocking import L2, TYPICAL_BYTES, Blocking, blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.kernels.tuned import find
from accel_core.machine import detect, environment
from accel_core.model import Machine
from accel_core.model.tuning import Tuning

UNPACKED = 3 / 8
"""Of L2: what b may fill at most to stay unpacked where nothing was measured."""
PAGE_BYTES = 4096
UNPACKED_BYTES = 48 * PAGE_BYTES
"""And what b may fill anyway: most of the pages that a core finds without looking further; the others are for a
and c. The first TLB for data has 64 entries on Zen 2 to Zen 4 and on Intel's Skylake to Rocket Lake, and 96 on
Golden Cove, say their makers' manuals on optimization."""
FEW_ROWS = 12
"""Of a: so few do not pay for packing b, whatever its size; they are two register tiles."""
MOST_BYTES = 1 << 26
"""64 MiB, which is 32768 rows of 512 float32."""
MOST = 1 << 20
"""Elements of any length: a file may say anything."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The blocks for one dtype, and from which sizes on what is packed."""

    blocks: Blocking
    unpacked_bytes: int
    """Of b up to which nothing is packed."""
    unpacked_a_bytes: int
    """Of a up to which only b is packed, and a is read as it lies."""
    measured: str = ""
    """When it was measured here (ISO 8601); empty where it follows from the caches."""

    def packs(self, m: int, k: int, n: int, itemsize: int, row_bytes: int) -> str:
        """What is packed of a (m, k) and b (k, n), whose rows are `row_bytes` apart: "nothing", "b" or "both".

        b counts with all of the pages that it touches: a slice of some columns has a row on each.
        """
        touched = k * max(n * itemsize, min(row_bytes, PAGE_BYTES))
        if m <= FEW_ROWS or touched <= self.unpacked_bytes:
            return "nothing"
        return "b" if m * k * itemsize <= self.unpacked_a_bytes else "both"

    def among(self, threads: int, itemsize: int) -> Plan:
        """That of each of several threads at once, for elements of `itemsize` bytes.

        Half of what one alone takes of L2, since two hardware threads of a core share it, and a virtual machine
        does not say whether its processors are such; where each has a core to itself, narrower blocks cost
        next to nothing. And so many rows of packed a that all threads together have at most MOST_BYTES of it.
        Where b is packed, a is too.
        """
        rows = max(MOST_BYTES // (threads * self.blocks.kc * itemsize), 1)
        blocks = self.blocks.given(mc=min(self.blocks.mc, rows), nc=self.blocks.nc // 2)
        return Plan(blocks, self.unpacked_bytes // 2, 0, measured=self.measured)


def from_caches(dtype: str, cache_bytes: Mapping[str, int]) -> Plan:
    """The plan that follows from the caches, those that a core has for itself alone.

    Nothing is packed while b fills at most three eighths of L2, where it then stays for all rows of a, nor more
    than UNPACKED_BYTES. Where b is packed, a is too, which is soon done. What a program gets of an L3 that it
    shares with strangers, no system tells.
    """
    l2_bytes = cache_bytes.get(L2, TYPICAL_BYTES[L2])
    return Plan(blocking(dtype, cache_bytes), min(int(l2_bytes * UNPACKED), UNPACKED_BYTES), 0)


@cache
def plan_here(dtype: str) -> Plan:
    """The plan for this process's machine: what had been measured when it was first asked for, or what
    follows from the caches."""
    machine = detect()
    tuning = find(dtype, machine, environment())
    return (tuning and of_tuning(tuning)) or from_caches(dtype, detected_bytes(machine))


def blocking_here(dtype: str, tile: int = 0, mc: int = 0, kc: int = 0, nc: int = 0) -> Blocking:
    """The block sizes from the caches of this process's machine; what is not 0 stands in place of theirs."""
    return _blocks_here(dtype, tile or ROWS).given(mc, kc, nc)


@cache
def _blocks_here(dtype: str, tile: int) -> Blocking:
    return blocking(dtype, detected_bytes(detect()), tile)


def detected_bytes(machine: Machine) -> dict[str, int]:
    """Each cache and the size that the system reports."""
    return {level.level: level.size_bytes for level in machine.caches}


def of_tuning(tuning: Tuning) -> Plan | None:
    """The plan that was measured; None where that from the caches was as fast, or the entries are none."""
    lengths = (tuning.mc, tuning.kc, tuning.nc)
    thresholds = (tuning.unpacked_bytes, tuning.unpacked_a_bytes)
    sound = is_whole(tuning.tile) and tuning.tile in TILES and all(is_whole(n, 1, MOST) for n in lengths)
    sound = sound and tuning.kc * max(tuning.nc, tuning.mc) <= MOST_BYTES
    if not (tuning.gains and sound and all(is_whole(n, 0, MOST**2) for n in thresholds)):
        return None
    blocks = blocking(tuning.dtype, {}, tuning.tile).given(*lengths)
    return Plan(blocks, *thresholds, measured=tuning.created)
