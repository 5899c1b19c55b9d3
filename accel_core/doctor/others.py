"""Who else uses this computer: stolen time, other programs, memory, the turns of all accounts."""

from __future__ import annotations

from pathlib import Path

from accel_core import host_lock
from accel_core.doctor.check import Check, check
from accel_core.model.limits import MOST_STEAL
from accel_core.units import format_bytes

OTHER_LOAD_LIMIT = 0.25
"""Processors that others may keep busy; a browser and a server at rest stay below."""
MEMORY_LIMIT_BYTES = 1024**3


def judge_steal(fraction: float | None) -> Check:
    """`fraction`: stolen share of all processors' time, None where the system does not count it."""
    if fraction is None:
        return Check("steal time", True, "This system does not count stolen time, so it is unknown.")
    return check(
        "steal time",
        fraction <= MOST_STEAL,
        f"The hypervisor gave {_percent(fraction)} of the processors' time to others; "
        f"above {_percent(MOST_STEAL)} a measurement is marked disturbed.",
        "Measure again at another time, or on a machine that is not shared.",
    )


def judge_other_load(busy: float | None, logical: int | None) -> Check:
    """`busy`: processors that other programs used, 0.5 for half of one."""
    if busy is None:
        return Check(
            "other load", True, "The processor times stand still or may not be read, so other load is unknown."
        )
    of = f" of {logical}" if logical else ""
    return check(
        "other load",
        busy <= OTHER_LOAD_LIMIT,
        f"Other programs keep {busy:.2f}{of} processors busy; up to {OTHER_LOAD_LIMIT} is quiet.",
        "Close the programs that compute, or wait until they have finished.",
    )


def judge_memory(available_bytes: int, total_bytes: int | None) -> Check:
    """Memory that can be taken now."""
    of = f" of {format_bytes(total_bytes)}" if total_bytes else ""
    return check(
        "memory",
        available_bytes >= MEMORY_LIMIT_BYTES,
        f"{format_bytes(available_bytes)}{of} are free; measuring needs {format_bytes(MEMORY_LIMIT_BYTES)}.",
        "Close programs that hold much memory, or raise the container's limit.",
    )


def judge_host_lock(folder: Path | None) -> Check:
    """`folder`: where the lock is that all accounts of this host take before they measure."""
    detail = f"All accounts of this computer wait for one another, by a lock in {folder}."
    if folder is None:
        detail = (
            "Other accounts' jobs are not waited for: this computer has no folder for a lock of all accounts."
        )
    remedy = (
        f"Let all who measure here set {host_lock.VARIABLE} to one folder in which all of them may make files, "
        "or measure while nobody else does."
    )
    return check("one turn for all accounts", folder is not None, detail, remedy)


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"
