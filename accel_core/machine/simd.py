"""Vector instruction sets: the few names that this project uses, and the widths that they allow."""

from __future__ import annotations

from collections.abc import Iterable

from accel_core.machine.cpuinfo import family
from accel_core.machine.partial import FEATURES, WIDTH, Value
from accel_core.model import Simd

_OF_FAMILY = {
    "x86": ("sse2", "avx", "avx2", "fma", "avx512f", "avx512vl"),
    "arm": ("neon", "sve"),
    "loongarch": ("lsx", "lasx"),
    "ppc": ("altivec",),
    "s390": ("vx",),
    "riscv": ("rvv",),
}
NAMES = tuple(name for names in _OF_FAMILY.values() for name in names)
"""In this order everywhere: `Simd.features`."""

_WIDTHS = {"x86_64": (128, 256, 512), "arm64": (128,)}
_ALIASES = {"asimd": "neon", "advsimd": "neon"}
_IMPLIED = {"arm64": ("fma",), "ppc64le": ("fma",)}
"""What every processor of an architecture does and none lists as a feature: these multiply and add at once."""
_BASELINE = {"x86_64": ("sse2",), "arm64": ("neon",), "ppc64le": ("altivec",)}


def known_features(flags: Iterable[str], architecture: str | None = None) -> tuple[str, ...]:
    """Those of `flags` that have a name here, in the order of NAMES; an emulator's foreign ones left out."""
    given = {_ALIASES.get(flag.lower(), flag.lower()) for flag in flags}
    wanted = _OF_FAMILY.get(family(architecture or ""), NAMES)
    return tuple(name for name in NAMES if name in given and name in wanted)


def width_bits(features: Iterable[str]) -> int | None:
    """Widest vector of these sets in bits; None where there is none.

    `avx` alone has 256-bit floating point. The length of an SVE register is not read, so SVE counts as the
    NEON that every such processor has, and RISC-V's V as the 128 bits that it has at least.
    """
    have = set(features)
    if "avx512f" in have:
        return 512
    if have & {"avx", "avx2", "lasx"}:
        return 256
    if have:
        return 128
    return None


def vector_widths(simd: Simd, architecture: str) -> tuple[int, ...]:
    """Bits of the vectors that LLVM can be asked for on such a processor, rising.

    None where LLVM takes no width: with SVE, whose registers are as long as the processor has them, and on
    architectures whose target has no word for it.
    """
    widths = () if "sve" in simd.features else _WIDTHS.get(architecture, ())
    return tuple(bits for bits in widths if bits <= (simd.width_bits or 0))


def lacking(needed: Iterable[str], simd: Simd, architecture: str) -> list[str]:
    """Those of the `needed` features that a processor does not have."""
    have = {*simd.features, *_IMPLIED.get(architecture, ())}
    return [feature for feature in needed if feature not in have]


def simd_facts(flags: Iterable[str], architecture: str | None = None) -> dict[str, Value]:
    """The two facts that a list of feature flags gives; no facts where no flag is known here."""
    features = known_features(flags, architecture)
    return {FEATURES: " ".join(features), WIDTH: width_bits(features)} if features else {}


def baseline_facts(architecture: str) -> dict[str, Value]:
    """What every processor of this architecture has by definition.

    x86-64: SSE2; AArch64: Advanced SIMD; little-endian 64-bit POWER: AltiVec, by its second ABI.
    """
    return simd_facts(baseline(architecture), architecture)


def baseline(architecture: str) -> tuple[str, ...]:
    """The names of those."""
    return _BASELINE.get(architecture, ())
