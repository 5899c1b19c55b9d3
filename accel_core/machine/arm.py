"""Names of ARM processors, whose Linux kernel gives numbers only.

Numbers from the MIDR_EL1 register, as listed in the kernel's arch/arm64/include/asm/cputype.h.
"""

from __future__ import annotations

_VENDORS = {
    0x41: "ARM",
    0x42: "Broadcom",
    0x43: "Cavium",
    0x46: "Fujitsu",
    0x48: "HiSilicon",
    0x4E: "NVIDIA",
    0x51: "Qualcomm",
    0x61: "Apple",
    0x6D: "Microsoft",
    0xC0: "Ampere",
}
_PARTS = {
    (0x41, 0xD03): "Cortex-A53",
    (0x41, 0xD04): "Cortex-A35",
    (0x41, 0xD05): "Cortex-A55",
    (0x41, 0xD07): "Cortex-A57",
    (0x41, 0xD08): "Cortex-A72",
    (0x41, 0xD09): "Cortex-A73",
    (0x41, 0xD0A): "Cortex-A75",
    (0x41, 0xD0B): "Cortex-A76",
    (0x41, 0xD0C): "Neoverse-N1",
    (0x41, 0xD0D): "Cortex-A77",
    (0x41, 0xD40): "Neoverse-V1",
    (0x41, 0xD41): "Cortex-A78",
    (0x41, 0xD44): "Cortex-X1",
    (0x41, 0xD49): "Neoverse-N2",
    (0x41, 0xD4F): "Neoverse-V2",
    (0x41, 0xD8E): "Neoverse-N3",
    (0x41, 0xD84): "Neoverse-V3",
    (0x46, 0x001): "A64FX",
    (0xC0, 0xAC3): "Ampere-1",
}


def arm_processor(implementer: str, part: str, name: str | None = None) -> tuple[str | None, str | None]:
    """(vendor, processor) for two numbers of /proc/cpuinfo such as "0x41" and "0xd0c".

    A name that the kernel gives wins; an unknown number is named as a number, not guessed.
    """
    try:
        vendor_number, part_number = int(implementer, 16), int(part, 16)
    except ValueError:
        return None, name
    vendor = _VENDORS.get(vendor_number)
    known = _PARTS.get((vendor_number, part_number))
    return vendor, name or (f"{vendor} {known}" if known else f"{vendor or implementer} part {part}")
