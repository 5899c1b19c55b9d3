"""The width of the vectors in a streaming loop: which there are to choose from, and which the program takes.

LLVM's vectoriser reads its width from an attribute of the function, `prefer-vector-width` (its X86 target), and
leaves a function alone that may use floating-point registers only where its source does, `noimplicitfloat`
(LLVM Language Reference, function attributes).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
from llvmlite.binding import get_host_cpu_features, get_host_cpu_name
from llvmlite.binding.targets import FeatureMap
from numba.core import codegen

from accel_core.errors import BadInput, quoted
from accel_core.kernels.tuned import any_kept, find
from accel_core.machine import detect, environment
from accel_core.machine.libraries import architecture
from accel_core.machine.simd import baseline, known_features, vector_widths, width_bits
from accel_core.model import Simd
from accel_core.model.words import SCALAR_BITS, widths_text

SLOWED_BY_512 = ("skylake-avx512", "cascadelake", "cooperlake", "cannonlake")
"""Processors, as LLVM names them, that lower their clock while they multiply 512 bits at once (Intel's
Optimization Reference Manual, on Skylake Server: license levels of its power management)."""
_config: Any = numba.config
TOLD = not (_config.CPU_NAME is None and _config.CPU_FEATURES is None and _config.ENABLE_AVX)
"""Whether Numba's settings say what to compile for."""


def whole_vectors(name: str, features: Mapping[str, bool]) -> dict[str, bool] | None:
    """The `features` with which LLVM takes vectors of all 512 bits; None where it is left as it is.

    LLVM prefers half of them on every server processor of Intel's, also on those whose clock does not mind. On
    an Emerald Rapids virtual machine the fused GELU reached 0.88 and 0.90 of a copy's speed with whole ones and
    0.84 and 0.85 with halves (`python tests/benchmarks/gelu_speed.py`, one thread, twice in turns).
    """
    if not features.get("avx512f") or name in SLOWED_BY_512:
        return None
    return {**features, "prefer-256-bit": False}


def _use_whole_vectors() -> None:
    """For all that Numba compiles from now on in this process, unless its settings say what to compile for."""
    if not TOLD:
        wide = whole_vectors(get_host_cpu_name(), get_host_cpu_features())
        if wide is not None:
            _config.CPU_FEATURES = FeatureMap(wide).flatten()


_use_whole_vectors()


@cache
def offered() -> tuple[int, ...]:
    """Bits of the vectors that a loop can be compiled for here, rising; none where LLVM takes no width."""
    told = codegen.get_host_cpu_features() if _config.CPU_FEATURES is None else _config.CPU_FEATURES
    flags = [word[1:] for word in told.split(",") if word.startswith("+")]
    features = known_features([*baseline(architecture()), *flags], architecture())
    return vector_widths(Simd(features, width_bits(features) or 0), architecture())


def by_rule(widths: tuple[int, ...], name: str) -> int:
    """The widest of `widths` that does not slow the clock of the processor `name`; 0, LLVM's own choice,
    where there are none."""
    return max((bits for bits in widths if bits < 512 or name not in SLOWED_BY_512), default=0)


def usual() -> int:
    """What the rule takes here; 0, LLVM's own choice, where Numba's settings say what to compile for."""
    return 0 if TOLD else by_rule(offered(), get_host_cpu_name())


@dataclass(frozen=True, slots=True)
class Width:
    """The vectors of streaming loops over one dtype."""

    bits: int
    """0 where LLVM chooses them."""
    measured: str = ""
    """When it was measured here (ISO 8601); empty where it was derived."""

    @property
    def why(self) -> str:
        """ "by measurement here"."""
        if self.measured:
            return "by measurement here"
        return "by rule, the widest that does not slow the clock" if self.bits else "as LLVM chooses"

    def __str__(self) -> str:
        return f"{self.bits} bits, {self.why}" if self.bits else f"{self.why}"


@cache
def chosen(dtype: str) -> Width:
    """That of this process: what had been measured when it was first asked for, else by rule."""
    tuning = find(dtype, detect(), environment()) if usual() and any_kept() else None
    if tuning is not None and tuning.vector_bits in offered():
        return Width(tuning.vector_bits, tuning.created)
    return Width(usual())


def width_here(dtype: str) -> int:
    """Bits of the vectors that streaming loops over `dtype` have in this process; 0 where LLVM chooses them."""
    return chosen(dtype).bits


def require_width(bits: int) -> None:
    """BadInput unless a loop can be compiled for such vectors here."""
    if bits != SCALAR_BITS and bits not in offered():
        raise BadInput(f"width is {quoted(bits)}; here {widths_text(offered())} is allowed.")


def attributes(bits: int) -> tuple[str, ...]:
    """Those of a function of which LLVM is to make vectors of `bits`, as LLVM writes them."""
    if bits == SCALAR_BITS:
        return ("noimplicitfloat",)
    return (f'"prefer-vector-width"="{bits}"',) if bits else ()
