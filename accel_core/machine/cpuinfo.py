"""The text of /proc/cpuinfo, whichever architecture wrote it.

Blocks of `key : value` lines, one for each logical processor, and lines that hold for all of them before the
first block (LoongArch, MIPS, s390x) or after the last (POWER, 32-bit ARM). Which key holds the name is as in
`lscpu` (util-linux, sys-utils/lscpu-cputype.c).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.machine.arm import arm_processor

Fields = Mapping[str, str]

_NUMBER_KEYS = ("processor", "cpu number")  # s390x has the second
NAME_KEYS = ("model name", "uarch", "cpu model", "cpu", "cpu type", "processor name", "hardware")
_CLOCK_KEYS = ("cpu mhz", "clock", "cpu mhz dynamic", "cpu mhz static")
_MACHINE_TYPE = re.compile(r"machine = (\w+)")  # s390x: "processor 0: version = FF, ..., machine = 2964"
FAMILIES = ("x86", "arm", "riscv", "loongarch", "ppc", "s390", "mips", "sparc")
_OTHER_WORDS = {"x86": "x86", "i386": "x86", "i686": "x86", "amd64": "x86", "aarch64": "arm", "powerpc": "ppc"}


@dataclass(frozen=True, slots=True)
class CpuInfo:
    """What the file says of all processors, and of each one that it reached."""

    common: Fields
    each: Mapping[int, Fields]

    def of(self, cpu: int | None) -> Fields:
        """The lines of processor `cpu`, of the first one where that one's were not read; lower-case keys."""
        own = self.each.get(-1 if cpu is None else cpu) or next(iter(self.each.values()), {})
        return {**self.common, **own}


def parse(text: str | None) -> CpuInfo:
    """Blocks end at a blank line, or where the number of another processor stands (s390x)."""
    common: dict[str, str] = {}
    each: dict[int, dict[str, str]] = {}
    block: dict[str, str] | None = None
    for line in (text or "").splitlines():
        key, colon, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if not line.strip():
            block = None
        elif key in _NUMBER_KEYS and value.isdecimal():
            block = each.setdefault(int(value), {})
        elif key == "processor":  # 32-bit ARM: "Processor : ARMv7 Processor rev 3 (v7l)", before the number
            common.setdefault("processor name", value)
        elif colon and (machine := _MACHINE_TYPE.search(value)):
            common.setdefault("machine", machine[1])
        elif colon and value:
            (common if block is None else block).setdefault(key, value)
    return CpuInfo(common, each)


def identity(fields: Fields) -> tuple[str, ...] | None:
    """What tells one kind of core from another; None where the lines do not say."""
    for keys in (("cpu implementer", "cpu part"), ("mvendorid", "marchid", "uarch"), ("model name",)):
        if found := tuple(fields[key] for key in keys if key in fields):
            return found
    return None


def vendor_and_name(fields: Fields) -> tuple[str | None, str | None]:
    """Named as `lscpu` names it; (None, None) where the file does not say."""
    vendor = fields.get("vendor_id") or fields.get("vendor") or fields.get("mvendorid")
    named = (fields[key] for key in NAME_KEYS if key in fields)
    name = next((name for name in named if name.lower() not in ("unknown", "-")), None)
    if "cpu implementer" in fields:
        return arm_processor(fields["cpu implementer"], fields.get("cpu part", ""), name)
    if vendor == "IBM/S390" and "machine" in fields:
        name = f"{vendor}, machine type {fields['machine']}"
    return vendor, name


def clock_hz(fields: Fields) -> float | None:
    """The clock of the moment; None where it is absent, zero or no number."""
    for key in _CLOCK_KEYS:
        digits = fields.get(key, "").lower().removesuffix("mhz").strip()
        if digits.replace(".", "", 1).isdecimal() and float(digits):
            return float(digits) * 1e6
    return None


def flags(fields: Fields) -> list[str]:
    """Names of instruction sets; "rvv" stands for the V in RISC-V's `isa`."""
    words = (fields.get("flags") or fields.get("features") or "").split()
    if "altivec supported" in fields.get("cpu", ""):
        words.append("altivec")
    letters = fields.get("isa", "").split("_")[0]
    return [*words, "rvv"] if letters.startswith("rv") and "v" in letters[2:] else words


def family(architecture: str) -> str:
    """ "x86" of "x86_64", "arm" of "arm64" and "armv7l", "riscv" of "riscv64": who can write one cpuinfo."""
    word = architecture.lower()
    return _OTHER_WORDS.get(word) or next((name for name in FAMILIES if word.startswith(name)), word)


def written_by(fields: Fields) -> str | None:
    """The family of the processor whose kernel wrote these lines; None where they do not tell."""
    if "cpu implementer" in fields:
        return "arm"
    if "flags" in fields and "model" in fields:
        return "x86"
    if fields.get("isa", "").startswith("rv") or "hart" in fields:
        return "riscv"
    if fields.get("cpu family", "").startswith("Loongson"):
        return "loongarch"
    if "pvr" in fields.get("revision", ""):
        return "ppc"
    return "s390" if fields.get("vendor_id") == "IBM/S390" else None
