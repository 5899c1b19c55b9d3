"""Whether an emulator stands between this process and the processor: what is measured is then the emulator."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accel_core.machine.cpuinfo import Fields, family, vendor_and_name, written_by

_FOREIGN_NAME = re.compile(
    r"Box(64|86)\b|\bFEX\b|VirtualApple|QEMU TCG|Cortex-|Neoverse|Oryon|Snapdragon|^Apple |^ARM\b",
    re.IGNORECASE,
)
"""Names that an x86 process is told by Box64, FEX, Rosetta and QEMU, which translate its instructions."""
ROSETTA = "This x86_64 Python is emulated: Rosetta translates it to arm64; a native Python measures the machine"
_SOFTWARE = ("0x0", "0x00")
"""The implementer number that ARM leaves to software: QEMU's `max` processor has it."""


def from_cpuinfo(fields: Fields, architecture: str) -> str | None:
    """One sentence where /proc/cpuinfo gives an emulator away to a process of `architecture`; else None."""
    own, written = family(architecture), written_by(fields)
    _, name = vendor_and_name(fields)
    shown = f" ({name})" if name else ""
    if written and own != written and own != "unknown":
        return (
            f"This {architecture} process is emulated: /proc/cpuinfo describes a processor of another "
            f"architecture{shown}, so an emulator such as QEMU translates, and what is measured is the emulator"
        )
    software = fields.get("cpu implementer") in _SOFTWARE
    if software or (own == "x86" and _FOREIGN_NAME.search(name or "")):
        return (
            f"This {architecture} processor is emulated{shown}: what is measured is the emulator that "
            f"translates its instructions"
        )
    return None


def by_rosetta(sysctl: Mapping[str, str], architecture: str) -> bool:
    """Whether macOS translates this process: it says so, or an x86 process is on an Apple processor."""
    on_arm = sysctl.get("hw.optional.arm64") == "1"
    apple = sysctl.get("machdep.cpu.brand_string", "").startswith(("Apple", "VirtualApple"))
    return sysctl.get("sysctl.proc_translated") == "1" or (family(architecture) == "x86" and (on_arm or apple))


def from_windows(architecture: str, native: str | None, identifier: str) -> str | None:
    """`native`: the machine of IsWow64Process2; `identifier`: the registry's, "ARMv8 (64-bit) Family ..."."""
    on_arm = native == "arm64" or (native is None and identifier.upper().startswith("ARM"))
    if on_arm and family(architecture) == "x86":
        return (
            f"This {architecture} Python is emulated: Windows translates it to arm64; a native Python measures "
            f"the machine"
        )
    return None
