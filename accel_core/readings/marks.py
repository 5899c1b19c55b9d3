"""Where on a swept axis the caches should bite: sizes at which three tiles or matrices fill one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from accel_core.errors import BadInput, shown
from accel_core.model import DTYPES, ITEM_BYTES, Machine


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on a swept axis; `level` is the memory level it belongs to, "" for none."""

    value: float
    label: str
    level: str = ""


def cache_marks(machine: Machine, dtype: str, over: str, limit: float | None = None) -> tuple[Mark, ...]:
    """Marks for a sweep of a matrix product `over` "size", "block" or "threads", up to `limit`.

    Three square matrices (or tiles) of side s are resident at once, so a cache of S bytes is full at
    s = sqrt(S / (3 * itemsize)). Over threads the marks are the cores that this process may use, over bytes the
    sizes of the caches themselves.
    """
    if over == "threads":
        cores = machine.cores
        found = [Mark(cores.allowed, f"{cores.allowed} cores allowed here")]
        if cores.physical and cores.physical < cores.allowed:
            found.insert(0, Mark(cores.physical, f"{cores.physical} physical cores"))
    elif over == "bytes":
        caches = sorted(machine.caches, key=lambda c: c.level)
        found = [Mark(c.size_bytes, f"{c.level} is full", c.level) for c in caches]
    elif over in ("size", "block"):
        if dtype not in DTYPES:
            raise BadInput(f"dtype {shown(dtype)} is not measured here; use one of: {', '.join(DTYPES)}.")
        things = "blocks" if over == "block" else "matrices"
        found = [
            Mark(math.sqrt(c.size_bytes / (3 * ITEM_BYTES[dtype])), f"three {things} fill {c.level}", c.level)
            for c in sorted(machine.caches, key=lambda c: c.level)
        ]
    else:
        raise BadInput(
            f"A sweep goes over size, block, threads or bytes, not over {shown(over)}; choose one of these."
        )
    return tuple(m for m in found if limit is None or m.value <= limit)
