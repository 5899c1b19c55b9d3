"""Whether an emulator stands between this process and the processor: what is measured is then the emulator."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accel_core.machine.cpuinfo import FAMILIES, NAME_KEYS, Fields, family, vendor_and_name, written_by
from accel_core.machine.partial import Read

_FOREIGN_NAME = re.compile(
    r"Box(64|86)\b|\bFEX\b|VirtualApple|QEMU TCG|Cortex-|Neoverse|Oryon|Snapdragon|^Apple |^ARM\b",
    re.IGNORECASE,
)
"""Names that an x86 process is told by Box64, FEX, Rosetta and QEMU, which translate its instructions."""
ROSETTA = "This x86_64 Python is emulated: Rosetta translates it to arm64; a native Python measures the machine"
_SOFTWARE = ("0x0", "0x00")
"""The implementer number that ARM leaves to software: QEMU's `max` processor has it."""
_ITS_NAME = re.compile(r"\bqemu|\bTCG\b", re.IGNORECASE)
"""In the name of a processor. Not on x86, where a guest of KVM has a "QEMU Virtual CPU" too."""
_NAMED = [key for key in NAME_KEYS if key != "hardware"] + ["system type"]
"""Where that name stands: "uarch : qemu" on RISC-V, "Model Name : QEMU_user-v..." on LoongArch (QEMU,
linux-user/*/target_proc.h). Not the board, which guests of KVM have from QEMU too."""
_MADE_UP_SPEED = "13370.00"
"""BogoMIPS of s390x under QEMU, whose capability is a constant (QEMU, target/s390x/tcg, 0x443afc29)."""
_TREE = "/proc/device-tree"


def from_linux(read: Read, fields: Fields, architecture: str) -> str | None:
    """One sentence where Linux gives an emulator away to a process of `architecture`; else None."""
    told = from_cpuinfo(fields, architecture)
    if told:
        return told
    own, kernel = family(architecture), _text(read, "/proc/sys/kernel/arch")
    if {own, family(kernel)} <= set(FAMILIES) and own != family(kernel):
        return (
            f"This {architecture} process is emulated: the kernel is one for {kernel}, so an emulator such as "
            "QEMU translates, and what is measured is the emulator"
        )
    return _processor_is_emulated(fields, architecture) if _on_emulated_board(read, fields, own) else None


def _on_emulated_board(read: Read, fields: Fields, own: str) -> bool:
    """Whether the board is one of QEMU's on which no KVM runs the processor.

    QEMU names its boards of RISC-V and LoongArch "KVM Virtual Machine" where KVM runs them (hw/riscv/virt.c,
    hw/loongarch/virt.c), and tells guests of KVM so in the device tree of POWER (hw/ppc/spapr.c); its PowerNV
    takes no KVM (hw/ppc/pnv.c), and s390x and m68k have none that says QEMU (target/s390x/tcg/misc_helper.c,
    arch/m68k/virt/config.c of Linux). The names on ARM boards do not tell macOS' hypervisor from none.
    """
    product = _text(read, "/sys/class/dmi/id/product_name")
    if own in ("riscv", "loongarch") and product:
        return product == "QEMU Virtual Machine"
    if own == "riscv":  # of a guest of KVM the number is its host's
        return "qemu" in _text(read, f"{_TREE}/model") and fields.get("mvendorid", "0x0") == "0x0"
    if own == "ppc" and "emulated by qemu" in (board := fields.get("machine", "")):
        free = _text(read, f"{_TREE}/model") and not _text(read, f"{_TREE}/hypervisor/compatible")
        return "PowerNV" in board or bool(free)
    if own == "s390":
        return bool(re.search(r"^Manufacturer: +QEMU", _text(read, "/proc/sysinfo"), re.MULTILINE))
    return own == "m68k" and "qemu" in _text(read, "/proc/hardware").lower()


def _text(read: Read, path: str) -> str:
    """Device trees end their texts with a zero."""
    return (read(path) or "").strip("\0 \n")


def from_cpuinfo(fields: Fields, architecture: str) -> str | None:
    """One sentence where /proc/cpuinfo gives an emulator away to a process of `architecture`; else None."""
    own, written = family(architecture), written_by(fields)
    if written and own != written and own != "unknown":
        return (
            f"This {architecture} process is emulated: /proc/cpuinfo describes a processor of another "
            f"architecture{_shown(fields)}, so an emulator such as QEMU translates, and what is measured is "
            "the emulator"
        )
    return _processor_is_emulated(fields, architecture) if _told_by_itself(fields, own) else None


def _told_by_itself(fields: Fields, own: str) -> bool:
    """Whether the processor's own lines are an emulator's."""
    if own == "x86":
        return bool(_FOREIGN_NAME.search(vendor_and_name(fields)[1] or ""))
    if own == "sparc" and "type" in fields and "cpu" not in fields:  # Linux begins with the name
        return True
    software = fields.get("cpu implementer") in _SOFTWARE or fields.get("bogomips per cpu") == _MADE_UP_SPEED
    return software or any(_ITS_NAME.search(fields.get(key, "")) for key in _NAMED)


def _processor_is_emulated(fields: Fields, architecture: str) -> str:
    return (
        f"This {architecture} processor is emulated{_shown(fields)}: what is measured is the emulator that "
        f"translates its instructions"
    )


def _shown(fields: Fields) -> str:
    _, name = vendor_and_name(fields)
    return f" ({name})" if name else ""


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
