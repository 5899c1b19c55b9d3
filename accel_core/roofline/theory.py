"""What the hardware could reach at its measured clock: only for cores whose pipes are documented.

A small table on purpose. A processor that is not in it gets no theoretical roof, and no guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.errors import BadInput
from accel_core.model import Ceiling, Machine
from accel_core.units import format_rate

_TWO = {128: 2, 256: 2}
_AMD = "AMD, Software Optimization Guide for the {} Microarchitecture (publication {})"
_INTEL = "Intel 64 and IA-32 Architectures Optimization Reference Manual (248966)"
_ITEM_BITS = {"float32": 32, "float64": 64}


@dataclass(frozen=True, slots=True)
class Core:
    """Instructions that one core can start in a cycle, by vector width in bits."""

    name: str
    fma: Mapping[int, int]
    loads: Mapping[int, int]
    """From the L1 data cache."""
    source: str


ZEN2 = Core("Zen 2", _TWO, _TWO, _AMD.format("AMD Family 17h Models 30h and Greater", 56305))
ZEN3 = Core("Zen 3", _TWO, _TWO, _AMD.format("AMD Family 19h", 56665))
ZEN4 = Core("Zen 4", _TWO | {512: 1}, _TWO | {512: 1}, _AMD.format("AMD Zen4", 57647))
ZEN5 = Core("Zen 5", _TWO | {512: 2}, _TWO | {512: 2}, _AMD.format("AMD Zen5", 58455))
HASWELL = Core("Haswell to Skylake client", _TWO, _TWO, _INTEL)
SKYLAKE_SP_ONE = Core("Skylake-SP", _TWO, _TWO | {512: 2}, _INTEL)
SKYLAKE_SP_TWO = Core("Skylake-SP with two 512-bit FMA units", _TWO | {512: 2}, _TWO | {512: 2}, _INTEL)
ICE_LAKE_SP = Core("Ice Lake-SP and Sapphire Rapids", _TWO | {512: 2}, _TWO | {512: 2}, _INTEL)
FIRESTORM = Core(
    "Apple M1, performance core", {128: 4}, {128: 3}, "D. Johnson, Firestorm, dougallj.github.io/applecpu"
)

_AMD_MODELS = (
    # (family, first model, last model, core). Zen 5 of laptops has narrower pipes and is left out.
    (0x17, 0x30, 0xAF, ZEN2),
    (0x19, 0x00, 0x0F, ZEN3),
    (0x19, 0x10, 0x1F, ZEN4),
    (0x19, 0x20, 0x5F, ZEN3),
    (0x19, 0x60, 0x7F, ZEN4),
    (0x19, 0xA0, 0xAF, ZEN4),
    (0x1A, 0x00, 0x1F, ZEN5),
    (0x1A, 0x40, 0x4F, ZEN5),
)
_INTEL_MODELS = (
    (HASWELL, (0x3C, 0x3F, 0x45, 0x46, 0x3D, 0x47, 0x4F, 0x56, 0x4E, 0x5E, 0x8E, 0x9E, 0xA5, 0xA6)),
    (ICE_LAKE_SP, (0x6A, 0x6C, 0x8F, 0xCF)),
)
_TARGETS = {
    # The compiler's name for the core. Apple's is left out: LLVM calls a core that it does not know apple-m1.
    "znver2": ZEN2,
    "znver3": ZEN3,
    "znver4": ZEN4,
    "haswell": HASWELL,
    "broadwell": HASWELL,
    "skylake": HASWELL,
    "icelake-server": ICE_LAKE_SP,
    "sapphirerapids": ICE_LAKE_SP,
    "emeraldrapids": ICE_LAKE_SP,
}
_EPYC = {"2": ZEN2, "3": ZEN3, "4": ZEN4, "5": ZEN5}


def core_of(machine: Machine) -> Core | None:
    """The documented core of this machine, or None.

    By the facts "cpu_family" and "cpu_model" (CPUID's numbers), else by the fact "compiler target" (LLVM's name
    for the core), else by the brand.
    """
    facts = {fact.name: fact.value for fact in machine.facts}
    family, number = _whole(facts.get("cpu_family")), _whole(facts.get("cpu_model"))
    if family is not None and number is not None:
        return _by_number(machine, family, number)
    target = facts.get("compiler target")
    if target in ("skylake-avx512", "cascadelake"):
        return _skylake_sp(machine.cpu)
    if target == "znver5":  # the name of all Zen 5; those of laptops have narrower pipes
        return ZEN5 if re.search(r"EPYC|Ryzen \d 9\d{3}(X|\b)", machine.cpu) else None
    return _TARGETS.get(str(target)) or _by_brand(machine.cpu)


def _by_number(machine: Machine, family: int, number: int) -> Core | None:
    maker = f"{machine.vendor or ''} {machine.cpu}".lower()
    if "amd" in maker:
        return next((core for f, low, high, core in _AMD_MODELS if f == family and low <= number <= high), None)
    if "intel" not in maker or family != 6:
        return None
    if number == 0x55:
        return _skylake_sp(machine.cpu)
    return next((core for core, models in _INTEL_MODELS if number in models), None)


def _by_brand(brand: str) -> Core | None:
    epyc = re.search(r"EPYC [789][0-9A-Z]{2}([2-5])", brand)  # 7742, 7R13, 9B14, 9575F
    if epyc:
        return _EPYC[epyc.group(1)]
    return FIRESTORM if re.match(r"Apple M1\b", brand) else None


def _skylake_sp(brand: str) -> Core:
    """Some models of Skylake-SP and its successors have one 512-bit FMA unit (ark.intel.com)."""
    return SKYLAKE_SP_TWO if re.search(r"Platinum|Gold 6\d{3}", brand) else SKYLAKE_SP_ONE


def theoretical_ceilings(machine: Machine, clock_hz: float, measured: Sequence[Ceiling]) -> tuple[Ceiling, ...]:
    """Beside each measured FMA roof and L1 load roof its limit: clock × instructions a cycle × width.

    Empty where the core is unknown, and nothing beside a roof of a width whose pipes are unknown. Raises
    BadInput for a clock that is not a positive number of Hz.
    """
    if not 0 < clock_hz < float("inf"):
        raise BadInput(f"A clock of {clock_hz} Hz is not possible: give the measured clock, such as 3.6e9.")
    core = core_of(machine)
    if core is None:
        return ()
    roofs = (_beside(machine, core, clock_hz, c) for c in measured if c.source == "measured")
    return tuple(roof for roof in roofs if roof is not None)


def _beside(machine: Machine, core: Core, clock_hz: float, measured: Ceiling) -> Ceiling | None:
    """The theoretical twin of one measured roof, or None."""
    fma = measured.kind == "compute" and measured.operation == "fma"
    load = measured.kind == "memory" and measured.operation == "load" and measured.level == "L1"
    item_bits = _ITEM_BITS.get(measured.dtype)
    if not (fma or load) or measured.width_bits is None or item_bits is None:
        return None
    pipes = (core.fma if fma else core.loads).get(max(measured.width_bits, 128))  # scalars too
    if pipes is None:
        return None
    cores = min(measured.threads, machine.cores.physical or measured.threads)
    width = measured.width_bits
    per_instruction = 2 * width // item_bits if fma else width // 8
    unit = "FLOP" if fma else "B"
    started = f"{pipes} {measured.operation} a cycle × {per_instruction} {unit} ({width} bit)"
    plural = "s" if cores > 1 else ""
    return Ceiling(
        kind=measured.kind,
        name=f"theory_{measured.name}",
        level=measured.level,
        width_bits=width,
        dtype=measured.dtype,
        threads=measured.threads,
        operation=measured.operation,
        byte_convention=measured.byte_convention,
        working_set_bytes=None,
        value=clock_hz * pipes * per_instruction * cores,
        low=None,
        high=None,
        n=0,
        unit=measured.unit,
        source="theory",
        definition=(
            f"{core.name}: {format_rate(clock_hz, 'Hz')} × {started} × {cores} core{plural} at that clock. "
            f"Pipes: {core.source}."
        ),
    )


def _whole(value: int | float | str | None) -> int | None:
    """A fact as a whole number; None where it is missing or is no number."""
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None
