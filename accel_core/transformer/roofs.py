"""The two roofs that a block is predicted under, of those that a machine was measured to have."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.model import DRAM, DTYPES, Ceiling
from accel_core.roofline import memory_roof, select_roofs
from accel_core.units import format_count


def block_roofs(ceilings: Sequence[Ceiling], dtype: str, threads: int) -> tuple[Ceiling, Ceiling] | None:
    """The highest compute roof (FLOP/s) of `dtype` and the highest of DRAM (byte/s) at `threads` threads.

    None where one of them is missing. A block's weights come from DRAM, as those of the other blocks were used
    since. What one operation writes may still lie in a cache for the next one, which is then faster than this.
    """
    roofs = select_roofs([c for c in ceilings if c.source != "theory"], dtype, threads)
    memory = memory_roof([c for c in roofs.memory if c.level == DRAM], DRAM)
    return (roofs.compute[0], memory) if roofs.compute and memory is not None else None


def what_to_measure(dtype: str, threads: int) -> str:
    """What to do where `block_roofs` finds none."""
    missing = f"No roofs of {dtype} on {format_count(threads, 'thread')} are stored for this machine"
    if dtype in DTYPES:
        return f"{missing}: measure them with `accel peaks`, or type --peak and --bandwidth."
    return f"{missing}, and only {' and '.join(DTYPES)} are measured: type --peak and --bandwidth."
