"""The computer: what is known of it, from which source, and what software runs on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accel_core.codec import PlainData, made


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about the machine: its value, who said so, what the others said and why this one is believed."""

    name: str
    value: int | float | str | None
    source: str
    unit: str = ""
    others: tuple[tuple[str, int | float | str | None], ...] = ()
    """(source, value) of every source that disagrees."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CacheGroup:
    """One data or unified cache, or several that are alike where the system does not number them."""

    level: int
    size_bytes: int
    ways: int | None = None
    line_bytes: int | None = None
    cpus: tuple[int, ...] = ()
    """Logical processors that share it; empty where the system does not say."""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class CacheLevel:
    """A data (or unified) cache as the processor sees it on which one thread is measured."""

    level: str
    """"L1" to "L4"."""
    size_bytes: int
    ways: int | None = None
    line_bytes: int | None = None
    shared_cpus: tuple[int, ...] = ()
    """Logical processors that share the instance which that processor uses."""
    instances: int | None = None
    """How many of this size the machine has."""
    source: str = ""
    groups: tuple[CacheGroup, ...] = ()
    """Every cache of this level, those of other sizes too; empty in older records."""
    reported_bytes: int | None = None
    """What the system reports, where `size_bytes` is the smaller size that this process measured."""

    @property
    def system_bytes(self) -> int:
        """The size that the system reports, whatever was measured."""
        return self.reported_bytes or self.size_bytes


@dataclass(frozen=True, slots=True)
class Cores:
    """How many cores there are, and how many of the logical ones this process may use."""

    physical: int | None
    logical: int | None
    allowed: int
    """After affinity and cgroup quota, at least 1."""
    cpus_allowed: tuple[int, ...] = ()
    """Logical processor numbers of the affinity mask; empty where the system has none."""
    quota: float | None = None
    """CPU time per wall time of the cgroup, None where unlimited."""


@dataclass(frozen=True, slots=True)
class Simd:
    """Vector instruction sets that the processor has and the operating system allows."""

    features: tuple[str, ...]
    """Of: sse2, avx, avx2, fma, avx512f, avx512vl; neon, sve; lsx, lasx; altivec; vx; rvv."""
    width_bits: int
    """Widest vector in use: 128, 256 or 512."""


@dataclass(frozen=True, slots=True)
class Machine(PlainData):
    """The hardware. Nothing in it names the host or its user."""

    cpu: str
    vendor: str | None
    architecture: str
    """"x86_64" or "arm64", whatever the system's own word is."""
    system: str
    """"Linux", "Darwin" or "Windows"."""
    cores: Cores
    caches: tuple[CacheLevel, ...]
    simd: Simd
    memory_bytes: int | None
    clock_hz: float | None
    """What the system says; often the time-stamp counter. The measured clock stands among the peaks."""
    facts: tuple[Fact, ...]
    fingerprint: str
    """Hash of the hardware facts alone: equal on reboot, different on another machine."""
    pretended: str | None = None
    """Name of the file that a recorded machine was read from; None for one that was detected."""

    def cache(self, level: str) -> CacheLevel | None:
        """The cache called `level`, None where it is unknown."""
        return next((c for c in self.caches if c.level == level), None)

    def fact(self, name: str) -> int | float | str | None:
        """The value of the fact called `name`, None where it is unknown."""
        return next((fact.value for fact in self.facts if fact.name == name), None)


@dataclass(frozen=True, slots=True)
class Blas(PlainData):
    """The library behind NumPy's matrix product."""

    name: str
    version: str | None
    threads: int | None
    """Threads it uses when nobody limits it."""
    source: str
    architecture: str | None = None
    """Of the kernels that it runs, in its own word: "Haswell", "SkylakeX"; None where unknown."""

    @property
    def title(self) -> str:
        """ "OpenBLAS 0.3.31, its Haswell kernels"; what is unknown is left out."""
        kernels = f", its {self.architecture} kernels" if self.architecture else ""
        return f"{self.name} {self.version or ''}".rstrip() + kernels

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Blas:
        """Older records hold the architecture in their source: "threadpoolctl (pthreads, Haswell kernels)"."""
        old = re.fullmatch(r"(.*), (\w+) kernels\)", data["source"])
        return made(cls, {**data, "source": f"{old[1]})", "architecture": old[2]} if old else data)


@dataclass(frozen=True, slots=True)
class Environment(PlainData):
    """Versions that can change a measurement while the hardware stays the same."""

    accel: str
    python: str
    numpy: str
    numba: str
    llvm: str | None
    system: str
    """Name and release of the operating system's kernel, without the host's name."""
    blas: Blas | None = None
    overrides: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Variables that took from a library the choice of its kernels (NUMBA_CPU_NAME), with their values."""

    @property
    def held_back(self) -> str:
        """ "NUMBA_CPU_NAME=generic was set"; empty where each library chose for itself."""
        said = " and ".join(f"{name}={value}" for name, value in self.overrides.items())
        return f"{said} {'was' if len(self.overrides) == 1 else 'were'} set" if said else ""
