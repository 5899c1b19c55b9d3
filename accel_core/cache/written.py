"""How caches are written: `32768:8:64,...`, and the two that have names, `classroom` and `cpu`."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.cache.geometry import CLASSROOM, CacheGeometry, checked
from accel_core.cache.own import cpu_caches, cpu_notes
from accel_core.errors import BadInput, quoted
from accel_core.model import Machine


def parse_caches(
    text: str,
    machine: Machine | None = None,
    *,
    policy: str = "lru",
    write: str = "back",
    inclusive: bool = False,
) -> tuple[CacheGeometry, ...]:
    """`size:ways:line,...` in bytes, nearest to the core first; ways may be `full`. Or `classroom`, or `cpu`.

    `policy`, `write` and `inclusive` hold for every level (the nearest is inclusive of nothing).
    """
    if text == "classroom":
        found: tuple[CacheGeometry, ...] = CLASSROOM
    elif text == "cpu":
        found = cpu_caches(machine)
    else:
        found = tuple(_parse_level(part) for part in text.split(","))
    plain = ((c.size_bytes, c.ways, c.line_bytes) for c in found)
    return checked(
        [CacheGeometry(*sizes, policy, write, inclusive and level > 0) for level, sizes in enumerate(plain)]
    )


def cache_label(text: str, notes: Sequence[str] = ()) -> str:
    """What `text`, as `parse_caches` takes it, has to be called wherever its numbers are shown.

    `notes` say where the CPU's own caches are not simulated as detected.
    """
    own = "as detected" if not notes else "as detected, but for what the notes say"
    named = {"classroom": "classroom (tiny, to see)", "cpu": f"this CPU ({own})"}
    return named.get(text, f"as given ({text})")


def cache_notes(text: str, machine: Machine) -> tuple[str, ...]:
    """What is assumed or moved where `text` means the caches of `machine`; nothing where it means others."""
    return cpu_notes(machine) if text == "cpu" else ()


def _parse_level(text: str) -> CacheGeometry:
    parts = text.strip().split(":")
    if len(parts) == 3 and parts[1] == "full" and parts[0].isdecimal() and parts[2].isdecimal():
        parts[1] = str(int(parts[0]) // max(1, int(parts[2])))
    if len(parts) != 3 or not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in parts):
        raise BadInput(
            f"{quoted(text)} is no cache: write size:ways:line in bytes, such as 32768:8:64 or 32768:full:64, "
            f"one for each level, or the name classroom or cpu."
        )
    size_bytes, ways, line_bytes = (int(part) for part in parts)
    return CacheGeometry(size_bytes, ways, line_bytes)
