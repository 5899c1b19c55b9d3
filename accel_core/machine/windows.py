"""Windows: GetLogicalProcessorInformationEx, IsProcessorFeaturePresent and the registry.

The buffer is taken apart from its bytes, by the documented layout of SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX
on 64-bit Windows (learn.microsoft.com/windows/win32/api/winnt/), so that this runs on any system.
"""

from __future__ import annotations

import re
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from accel_core.machine import emulation
from accel_core.machine import partial as names
from accel_core.machine.caches import cache_facts
from accel_core.machine.partial import Partial, Value, format_cores, format_cpu_list
from accel_core.machine.places import ranked
from accel_core.machine.simd import known_features, width_bits
from accel_core.model import CacheGroup

RELATION_CORE, RELATION_CACHE, RELATION_ALL = 0, 2, 0xFFFF
_CACHE_INSTRUCTION = 1
_FULLY_ASSOCIATIVE = 0xFF
PROCESSOR_FEATURES = {10: "sse2", 39: "avx", 40: "avx2", 41: "avx512f", 19: "neon", 46: "sve"}
"""PF_XMMI64_, PF_AVX_, PF_AVX2_, PF_AVX512F_, PF_ARM_NEON_ and PF_ARM_SVE_INSTRUCTIONS_AVAILABLE; Windows
answers whether processor and system both allow it. It has no number for FMA."""
_IDENTIFIER = re.compile(r"(?:AMD64|Intel64|x86) Family (\d+) Model (\d+) Stepping (\d+)")
"""CPUID's numbers in decimal; on ARM the value ends in "Revision" and holds other numbers."""
_MACHINES = {0x014C: "x86", 0x8664: "x86_64", 0xAA64: "arm64"}
"""IMAGE_FILE_MACHINE_I386, _AMD64 and _ARM64."""
_KEY = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"


@dataclass(frozen=True, slots=True)
class Core:
    """One PROCESSOR_RELATIONSHIP of a core; `efficiency` is higher for a faster core."""

    efficiency: int
    cpus: tuple[int, ...]


def _masks(entry: bytes, count_at: int, masks_at: int) -> tuple[int, ...]:
    """Processors of the GROUP_AFFINITY array (8-byte mask, 2-byte group, 6 reserved): 64 a group."""
    (count,) = struct.unpack_from("<H", entry, count_at)
    cpus = []
    for i in range(max(count, 1)):  # before Windows 10 20H2 a cache's count is reserved and 0, with one mask
        mask, group = struct.unpack_from("<QH", entry, masks_at + 16 * i)
        cpus += [64 * group + bit for bit in range(64) if mask >> bit & 1]
    return tuple(cpus)


def parse_entries(buffer: bytes) -> Iterator[Core | CacheGroup]:
    """Cores and data caches of the buffer; other entries, and one that is cut off, are passed over."""
    at = 0
    while at + 8 <= len(buffer):
        relation, size = struct.unpack_from("<II", buffer, at)
        entry = buffer[at : at + size]
        if size < 8 or len(entry) < size:
            return
        if relation == RELATION_CORE:
            yield Core(entry[9], _masks(entry, 30, 32))
        elif relation == RELATION_CACHE:
            level, ways, line, cache_size, kind = struct.unpack_from("<BBHII", entry, 8)
            if kind != _CACHE_INSTRUCTION and cache_size:
                known = ways if ways not in (0, _FULLY_ASSOCIATIVE) else None
                yield CacheGroup(level, cache_size, known, line or None, _masks(entry, 38, 40))
        at += size


def topology(buffer: bytes, allowed: Sequence[int] = ()) -> Partial:
    """Cores and caches as the processor sees them on which one thread is measured."""
    entries = list(parse_entries(buffer))
    cores = [e for e in entries if isinstance(e, Core)]
    caches = [e for e in entries if isinstance(e, CacheGroup)]
    if not cores:
        return Partial("GetLogicalProcessorInformationEx")
    best = max(core.efficiency for core in cores)
    fast = sorted(cpu for core in cores if core.efficiency == best for cpu in core.cpus)
    facts: dict[str, Value] = {
        names.PHYSICAL: len(cores),
        names.LOGICAL: sum(len(core.cpus) for core in cores),
        names.CORE_LIST: format_cores(core.cpus for core in cores),
    }
    slow = sum(1 for core in cores if core.efficiency < best)
    if slow:
        facts |= {
            names.FAST_CORES: len(cores) - slow,
            names.SLOW_CORES: slow,
            names.FAST_LIST: format_cpu_list(fast),
        }
    everybody = [cpu for core in cores for cpu in core.cpus]
    cpu = ranked(allowed or everybody, [core.cpus for core in cores], fast)[0]
    return Partial(
        "GetLogicalProcessorInformationEx", {**facts, **cache_facts(caches, cpu)}, caches=tuple(caches)
    )


def features(present: Iterable[int], architecture: str) -> Partial:
    """Vector width out of the numbers that IsProcessorFeaturePresent affirms; an old Windows affirms fewer."""
    known = known_features((PROCESSOR_FEATURES[n] for n in present if n in PROCESSOR_FEATURES), architecture)
    return Partial("IsProcessorFeaturePresent", {names.WIDTH: width_bits(known)})


def registry(values: Mapping[str, str | int]) -> Partial:
    """Name, vendor, CPUID's numbers and clock (the time-stamp counter's, in MHz) as the registry holds them."""
    mhz = values.get("~MHz")
    facts: dict[str, Value] = {names.CLOCK: float(mhz) * 1e6 if mhz else None}
    for fact, name in ((names.PROCESSOR, "ProcessorNameString"), (names.VENDOR, "VendorIdentifier")):
        facts[fact] = str(values[name]).strip() if name in values else None
    identity = _IDENTIFIER.match(str(values.get("Identifier", "")))
    if identity:
        facts |= zip((names.FAMILY, names.MODEL, names.STEPPING), map(int, identity.groups()), strict=True)
    return Partial(rf"registry, HKLM\{_KEY}", facts)


def translation(values: Mapping[str, str | int], architecture: str, native: str | None) -> Partial:
    """Whether Windows on ARM translates this process, by what runs natively or by the registry's identifier."""
    told = emulation.from_windows(architecture, native, str(values.get("Identifier", "")))
    return Partial("IsWow64Process2" if native else rf"registry, HKLM\{_KEY}", {names.EMULATION: told})


# -- acts: only on Windows -----------------------------------------------------------------------------------


def read_topology() -> bytes:
    """The buffer of GetLogicalProcessorInformationEx; empty on another system or on failure."""
    if sys.platform != "win32":
        return b""
    import ctypes

    call = ctypes.windll.kernel32.GetLogicalProcessorInformationEx
    size = ctypes.c_ulong(0)
    call(RELATION_ALL, None, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    return buffer.raw[: size.value] if call(RELATION_ALL, buffer, ctypes.byref(size)) else b""


def read_features() -> tuple[int, ...]:
    """Numbers of PROCESSOR_FEATURES that are present; none on another system."""
    if sys.platform != "win32":
        return ()
    import ctypes

    return tuple(n for n in PROCESSOR_FEATURES if ctypes.windll.kernel32.IsProcessorFeaturePresent(n))


def read_native_architecture() -> str | None:
    """What Windows itself runs on, whatever it translates for this process; None where it does not say.

    An x64 process on ARM is no WOW64 process, but its native machine is ARM64 all the same
    (learn.microsoft.com/windows/win32/api/wow64apiset/nf-wow64apiset-iswow64process2).
    """
    if sys.platform != "win32":
        return None
    import ctypes

    kernel = ctypes.windll.kernel32
    ask = getattr(kernel, "IsWow64Process2", None)  # since Windows 10, version 1511
    if ask is None:
        return None
    process, native = ctypes.c_ushort(0), ctypes.c_ushort(0)
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(kernel.GetCurrentProcess())
    return _MACHINES.get(native.value) if ask(handle, ctypes.byref(process), ctypes.byref(native)) else None


def read_registry() -> dict[str, str | int]:
    """The four values of the first processor's key; none on another system."""
    if sys.platform != "win32":
        return {}
    import winreg

    values: dict[str, str | int] = {}
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _KEY) as key:
        for name in ("ProcessorNameString", "VendorIdentifier", "Identifier", "~MHz"):
            values[name] = winreg.QueryValueEx(key, name)[0]
    return values
