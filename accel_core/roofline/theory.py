"""What the hardware could reach at its measured clock: only for cores whose pipes are on record.

A small table on purpose. A processor that is not in it gets no theoretical roof, and no guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from accel_core.errors import BadInput
from accel_core.model import ITEM_BYTES, NEAREST, Ceiling, Clock, Machine
from accel_core.units import format_count, format_rate

_TWO = {128: 2, 256: 2}


@dataclass(frozen=True, slots=True)
class Core:
    """Instructions that one core can start in a cycle, by vector width in bits."""

    name: str
    fma: Mapping[int, int]
    loads: Mapping[int, int]
    """Of floating-point or vector registers, from the L1 data cache."""
    source: str


# LLVM's scheduling models lie in llvm/lib/Target/X86. Those of AMD follow the optimisation guides by section.
_LOADS = "Stack Overflow, Load/stores per cycle for recent CPU architecture generations"
ZEN2 = Core(
    "Zen 2",
    _TWO,
    _TWO,
    f"LLVM, X86ScheduleZnver2.td (FMA of 128 and 256 bit on pipes 0 and 1, two loads a cycle); {_LOADS}",
)
ZEN3 = Core(
    "Zen 3",
    _TWO,
    _TWO,
    "LLVM, X86ScheduleZnver3.td, after AMD's guide 56665, sections 2.11 and 2.12 (FMA on pipes 0 and 1; two of "
    f"three loads can fill vector registers); {_LOADS}",
)
ZEN4 = Core(
    "Zen 4",
    _TWO | {512: 1},
    _TWO | {512: 1},
    "LLVM, X86ScheduleZnver4.td, after AMD's guide 57647, sections 2.11 and 2.12 (FMA on pipes 0 and 1, each "
    "held for two cycles by 512 bit; two vector loads); 512-bit loads by measurement: likwid-bench 5.2.2 "
    "reaches 58 B a cycle",
)
ZEN5 = Core(
    "Zen 5 of servers and desktops",
    _TWO | {512: 2},
    _TWO | {512: 2},
    "GCC, config/i386/zn4zn5.md (znver5_sse_muladd: one cycle of pipe 0 or 1); LLVM, X86ScheduleZnver5.td, "
    "after AMD's guide 58455 (two vector loads); 512 bit as measured by this program on family 26, model 2: 64 "
    "FLOP and 128 B a cycle",
)
HASWELL = Core(
    "Haswell, Broadwell or Skylake client",
    _TWO,
    _TWO,
    "LLVM, X86SchedHaswell.td, X86SchedBroadwell.td and X86SchedSkylakeClient.td (FMA on ports 0 and 1, loads "
    "on ports 2 and 3)",
)
_SKYLAKE_SP = (
    "LLVM, X86SchedSkylakeServer.td (FMA on ports 0 and 1, of 512 bit on 0 and 5; loads on 2 and 3); Tom's "
    "Hardware, Intel Xeon Platinum 8176 Scalable Processor Review (two loads of 64 B a cycle)"
)
SKYLAKE_SP = Core("Skylake-SP", _TWO, _TWO | {512: 2}, _SKYLAKE_SP)
"""Without a figure for 512-bit FMA, as the brand does not say whether port 5 has its unit."""
SKYLAKE_SP_TWO = Core("Skylake-SP with two 512-bit FMA units", _TWO | {512: 2}, _TWO | {512: 2}, _SKYLAKE_SP)
ICE_LAKE_SP = Core(
    "Ice Lake-SP",
    _TWO | {512: 2},
    _TWO | {512: 2},
    "LLVM, X86SchedIceLake.td (FMA on ports 0 and 1, of 512 bit on 0 and 5; loads on 2 and 3); Chips and "
    "Cheese, Popping the Hood on Golden Cove, 2021, tests a Xeon 8370C too",
)
SAPPHIRE_RAPIDS = Core(
    "Sapphire Rapids",
    _TWO | {512: 2},
    {128: 3, 256: 3, 512: 2},
    "LLVM, X86SchedSapphireRapids.td (FMA on ports 0 and 1, loads on 2, 3 and 11); Chips and Cheese, Popping "
    "the Hood on Golden Cove, 2021 (two 512-bit loads), and on a Xeon Platinum 8480 (two 512-bit FMA)",
)
FIRESTORM = Core(
    "Apple M1, performance core",
    {128: 4},
    {128: 3},
    "D. Johnson, dougallj.github.io/applecpu, Firestorm: FMLA of 4 float32 in 0.25 cycles on units 11 to 14, "
    "loads of up to 128 bit on units 8 to 10",
)

_AMD_MODELS = (
    # (family, first model, last model, core), as bsp_init_amd in Linux' arch/x86/kernel/cpu/amd.c tells the
    # generations apart. Of Zen 5, only those that LLVM's TargetParser/Host.cpp names Breithorn (EPYC 9005) and
    # Granite Ridge: the pipes of laptops are narrower (D. Huang's tests of a Ryzen AI 9 365, 2024).
    (0x17, 0x30, 0x4F, ZEN2),
    (0x17, 0x60, 0x7F, ZEN2),
    (0x17, 0x90, 0x91, ZEN2),
    (0x17, 0xA0, 0xAF, ZEN2),
    (0x19, 0x00, 0x0F, ZEN3),
    (0x19, 0x10, 0x1F, ZEN4),
    (0x19, 0x20, 0x5F, ZEN3),
    (0x19, 0x60, 0xAF, ZEN4),
    (0x1A, 0x00, 0x1F, ZEN5),
    (0x1A, 0x40, 0x4F, ZEN5),
)
_INTEL_MODELS = (
    # Of family 6, as LLVM's TargetParser/Host.cpp names them.
    (HASWELL, (0x3C, 0x3F, 0x45, 0x46, 0x3D, 0x47, 0x4F, 0x56, 0x4E, 0x5E, 0x8E, 0x9E, 0xA5, 0xA6)),
    (ICE_LAKE_SP, (0x6A,)),
    (SAPPHIRE_RAPIDS, (0x8F,)),
)


def core_of(machine: Machine) -> Core | None:
    """The core of this machine, or None where it is not in the table.

    By CPUID's numbers, which are the facts "processor family" and "processor model". Only Apple's processors,
    which have no such numbers, are known by their brand. The compiler's name for the core is not asked: LLVM
    takes a processor that it does not know for one that it does.
    """
    facts = {fact.name: fact.value for fact in machine.facts}
    family, number = _whole(facts.get("processor family")), _whole(facts.get("processor model"))
    if family is None or number is None:
        return FIRESTORM if re.match(r"Apple M1\b", machine.cpu) else None
    maker = f"{machine.vendor or ''} {machine.cpu}".lower()
    if "amd" in maker:
        return next((core for f, low, high, core in _AMD_MODELS if f == family and low <= number <= high), None)
    if "intel" not in maker or family != 6:
        return None
    if number == 0x55:
        return _skylake_sp(machine.cpu)
    return next((core for core, models in _INTEL_MODELS if number in models), None)


def _skylake_sp(brand: str) -> Core:
    """Skylake-SP and its successors on the same die: all Platinum and Gold 6000 have a second 512-bit FMA unit.

    Of Gold 5000 only the 5122 has it: community.intel.com, "Calculate the Max Flops on Skylake".
    """
    return SKYLAKE_SP_TWO if re.search(r"Platinum|Gold 6\d{3}", brand) else SKYLAKE_SP


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


def with_theory(machine: Machine, measured: tuple[Ceiling, ...], clock: Clock | None) -> tuple[Ceiling, ...]:
    """Measured roofs and what theory allows at the measured clock; the roofs alone where that is unknown."""
    if clock is None:
        return measured
    return (*measured, *theoretical_ceilings(machine, clock.clock_hz.median, measured))


def _beside(machine: Machine, core: Core, clock_hz: float, measured: Ceiling) -> Ceiling | None:
    """The theoretical counterpart of one measured roof, or None."""
    fma = measured.kind == "compute" and measured.operation == "fma"
    load = measured.kind == "memory" and measured.operation == "load" and measured.level == NEAREST
    item_bytes = ITEM_BYTES.get(measured.dtype)
    if not (fma or load) or measured.width_bits is None or item_bytes is None:
        return None
    pipes = (core.fma if fma else core.loads).get(max(measured.width_bits, 128))  # scalars too
    if pipes is None:
        return None
    cores = min(measured.threads, machine.cores.physical or measured.threads)
    width = measured.width_bits
    per_instruction = width // (4 * item_bytes) if fma else width // 8
    unit = "FLOP" if fma else "B"
    started = f"{pipes} {measured.operation} a cycle × {per_instruction} {unit} ({width} bit)"
    return replace(
        measured,
        name=f"theory_{measured.name}",
        working_set_bytes=None,
        value=clock_hz * pipes * per_instruction * cores,
        low=None,
        high=None,
        n=0,
        source="theory",
        disturbed_reason="",
        tries=1,
        definition=(
            f"{core.name}: {format_rate(clock_hz, 'Hz')} × {started} × {format_count(cores, 'core')} at that "
            f"clock. Pipes: {core.source}."
        ),
    )


def _whole(value: int | float | str | None) -> int | None:
    """A fact as a whole number; None where it is missing or is no number."""
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None
