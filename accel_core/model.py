"""The words of the project: frozen dataclasses that every other module speaks in.

Standard library only. Quantities are in base units and end in their unit (`time_s`, `size_bytes`). Records turn
into plain JSON data with `to_dict` and come back with `from_dict`; an unknown value is None, never a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from accel_core.errors import BadInput

Shape = tuple[int, ...]
DTYPES = ("float32", "float64")
LEVELS = ("L1", "L2", "L3", "DRAM")
"""Memory levels from near to far; the order is the order of every table and picture."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median of `n` samples with a confidence interval; `low` and `high` are None under six samples."""

    median: float
    low: float | None
    high: float | None
    n: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Estimate:
        return cls(float(data["median"]), data.get("low"), data.get("high"), int(data["n"]))


# -- the machine ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about the machine: its value, who said so, what the others said and why this one was chosen."""

    name: str
    value: int | float | str | None
    source: str
    unit: str = ""
    others: tuple[tuple[str, int | float | str | None], ...] = ()
    """(source, value) of every source that disagrees with the chosen one."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CacheLevel:
    """A data (or unified) cache as one core sees it."""

    level: str
    """"L1", "L2" or "L3"."""
    size_bytes: int
    ways: int | None = None
    line_bytes: int | None = None
    shared_cpus: tuple[int, ...] = ()
    """Logical processors that share the instance which the first allowed processor uses."""
    instances: int | None = None
    source: str = ""


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
    """Of: sse2, avx, avx2, fma, avx512f, avx512vl, neon, sve."""
    width_bits: int
    """Widest vector in use: 128, 256 or 512."""


@dataclass(frozen=True, slots=True)
class Machine:
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

    def cache(self, level: str) -> CacheLevel | None:
        """The cache called `level`, None where it is unknown."""
        return next((c for c in self.caches if c.level == level), None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Machine:
        plain = dict(data)
        plain["cores"] = Cores(
            **{**data["cores"], "cpus_allowed": tuple(data["cores"].get("cpus_allowed", ()))}
        )
        plain["caches"] = tuple(
            CacheLevel(**{**c, "shared_cpus": tuple(c.get("shared_cpus", ()))}) for c in data["caches"]
        )
        plain["simd"] = Simd(tuple(data["simd"]["features"]), int(data["simd"]["width_bits"]))
        plain["facts"] = tuple(
            Fact(**{**f, "others": tuple((s, v) for s, v in f.get("others", ()))}) for f in data["facts"]
        )
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Blas:
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
        return cls(**{**data, "source": f"{old[1]})", "architecture": old[2]} if old else data)


@dataclass(frozen=True, slots=True)
class Environment:
    """Versions that can change a measurement while the hardware stays the same."""

    accel: str
    python: str
    numpy: str
    numba: str
    llvm: str | None
    system: str
    """Name and release of the operating system's kernel, without the host's name."""
    blas: Blas | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Environment:
        blas = data.get("blas")
        return cls(**{**data, "blas": Blas.from_dict(blas) if blas else None})


# -- roofs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ceiling:
    """A roof: the most FLOP/s or byte/s that this machine was seen (or is computed) to reach in one way."""

    kind: str
    """"compute" (unit FLOP/s, level None) or "memory" (unit byte/s, level one of LEVELS)."""
    name: str
    """Unique among the ceilings of one machine, for instance "fma_float32_512_1t" or "load_L2_1t"."""
    level: str | None
    width_bits: int | None
    """Vector width of the instructions; a scalar's is its own (32 or 64)."""
    dtype: str
    threads: int
    operation: str
    """"fma", "add", "load", "copy", "triad"."""
    byte_convention: str | None
    """"least", "stream" or "write_allocate" for memory roofs, None for compute."""
    working_set_bytes: int | None
    value: float
    low: float | None
    high: float | None
    n: int
    unit: str
    source: str
    """"measured", "theory", "cited" or "typed in"."""
    definition: str
    """One sentence: what was run, or the formula."""
    stores: str | None = None
    """"regular" or "non_temporal" where the operation stores."""
    disturbed_reason: str = ""
    """What was wrong with the timing, in one sentence; empty where nothing was seen."""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Ceiling:
        return cls(**data)


@dataclass(frozen=True, slots=True)
class Latency:
    """Load-to-use time of one memory level by pointer chase; `time_s` per load."""

    level: str
    working_set_bytes: int
    time_s: Estimate
    definition: str
    disturbed_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Latency:
        return cls(**{**data, "time_s": Estimate.from_dict(data["time_s"])})


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Read bandwidth and load-to-use latency of one core at one working set."""

    working_set_bytes: int
    bandwidth_byte_per_s: Estimate | None
    latency_s: Estimate | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CurvePoint:
        b, t = data.get("bandwidth_byte_per_s"), data.get("latency_s")
        return cls(
            int(data["working_set_bytes"]),
            Estimate.from_dict(b) if b else None,
            Estimate.from_dict(t) if t else None,
        )


@dataclass(frozen=True, slots=True)
class Clock:
    """The running clock of one core, from a chain of dependent operations."""

    clock_hz: Estimate
    definition: str
    disturbed_reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Clock:
        return cls(**{**data, "clock_hz": Estimate.from_dict(data["clock_hz"])})


@dataclass(frozen=True, slots=True)
class Peaks:
    """All that was measured of one machine's roofs."""

    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC, of the newest part."""
    ceilings: tuple[Ceiling, ...] = ()
    clock: Clock | None = None
    latencies: tuple[Latency, ...] = ()
    curve: tuple[CurvePoint, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Peaks:
        return cls(
            data["fingerprint"],
            Environment.from_dict(data["environment"]),
            data["created"],
            tuple(Ceiling.from_dict(c) for c in data["ceilings"]),
            Clock.from_dict(data["clock"]) if data.get("clock") else None,
            tuple(Latency.from_dict(x) for x in data["latencies"]),
            tuple(CurvePoint.from_dict(x) for x in data["curve"]),
        )


# -- problems and kernels ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole-number knob of a kernel, with the values that a page offers."""

    name: str
    default: int
    low: int
    high: int
    choices: tuple[int, ...] = ()
    idea: str = ""


@dataclass(frozen=True)
class Kernel:
    """One rung of a ladder. All rungs of a workload are called alike: `function(*inputs, **parameters)`.

    `threads` is a parameter of the measurement, not of the function: it is set around the call. A rung that
    `writes_out` is also given `out`, an array for its result that is the same for every call of a measurement.
    """

    name: str
    title: str
    function: Callable[..., Any]
    family: str
    """"interpreted", "numpy", "compiled", "packed" or "library": its colour and marker everywhere."""
    idea: str
    """One sentence: the one change against `changed_from`."""
    explanation: str
    typical_flop_per_s: float
    """Order of magnitude on a slow core, only to refuse before it hangs; never shown as a result."""
    changed_from: str | None = None
    """Name of the rung that this one changes; None stands for the rung before (the first has none)."""
    parameters: tuple[Parameter, ...] = ()
    threaded: bool = False
    needs: tuple[str, ...] = ()
    """Names out of `Simd.features` without which it cannot run."""
    core: Callable[..., Any] | None = None
    """The loop nest itself where `function` only prepares arrays: its source is what a page shows."""
    writes_out: bool = False
    """Whether it takes `out`, writes its result there and returns it, instead of allocating one each time."""
    predict_s: Callable[[Shape, Mapping[str, int]], float] | None = None
    """(shape, parameters) -> seconds of one call on a slow core, where the FLOP alone would mislead."""


@dataclass(frozen=True)
class Workload:
    """A problem: its inputs, float64 reference, work and least traffic, and its ladder of kernels."""

    name: str
    title: str
    size_means: str
    """What the one number `size` is: "side of three square matrices"."""
    axes: tuple[str, ...]
    """Names of the entries of `shape`, for instance ("m", "k", "n")."""
    shape: Callable[[int], Shape]
    """size -> shape."""
    make_inputs: Callable[[Shape, str, int], tuple[Any, ...]]
    """(shape, dtype, seed) -> fresh random inputs."""
    reference: Callable[..., Any]
    """(*inputs) -> float64 result by a different and trusted way."""
    flop: Callable[[Shape], int]
    least_bytes: Callable[[Shape, str], int]
    """(shape, dtype) -> compulsory traffic: every input read once, every output written once."""
    tolerance: Callable[[Shape, str], float]
    """(shape, dtype) -> largest allowed error relative to the scale of the result."""
    kernels: tuple[Kernel, ...]
    sizes: tuple[int, ...] = ()
    """Sizes that pages offer, rising."""
    default_size: int = 256
    largest_size: int = 32768
    """Largest size, and length of an axis, that may be asked for: three float64 matrices of it take 24 GiB."""
    array_elements: Callable[[Shape], int] = math.prod
    """shape -> elements of one array, the unit in which the extra memory of a rung is told."""

    def kernel(self, name: str) -> Kernel:
        for kernel in self.kernels:
            if kernel.name == name:
                return kernel
        raise KeyError(name)

    def before(self, kernel: Kernel) -> Kernel | None:
        """The rung that `kernel` changes; None for the first."""
        if kernel.changed_from is not None:
            return self.kernel(kernel.changed_from)
        at = self.kernels.index(kernel)
        return self.kernels[at - 1] if at else None


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure, as plain data that crosses a process border."""

    kernel: str
    """"workload/kernel"."""
    size: int
    dtype: str = "float32"
    threads: int = 1
    parameters: Mapping[str, int] = field(default_factory=dict)
    shape: Shape | None = None
    """Overrides the workload's shape(size)."""

    def to_dict(self) -> dict[str, Any]:
        return {
            "kernel": self.kernel,
            "size": self.size,
            "dtype": self.dtype,
            "threads": self.threads,
            "parameters": dict(self.parameters),
            "shape": list(self.shape) if self.shape else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Case:
        unknown = set(data) - set(cls.__slots__)
        if unknown or "kernel" not in data or "size" not in data:
            raise BadInput(
                f"A case needs kernel and size and may have dtype, threads, parameters and shape; "
                f"given: {', '.join(sorted(map(str, data))) or 'nothing'}."
            )
        shape = data.get("shape")
        return cls(
            data["kernel"],
            data["size"],
            data.get("dtype", "float32"),
            data.get("threads", 1),
            dict(data.get("parameters") or {}),
            tuple(shape) if shape else None,
        )


# -- results -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measurement:
    """One kernel at one setting, verified and timed, with every sample."""

    workload: str
    kernel: str
    """"matmul/numpy"."""
    size: int
    shape: Shape
    dtype: str
    threads: int
    parameters: Mapping[str, int]
    time_s: Estimate
    samples_s: tuple[float, ...]
    """Seconds per call, one a sample."""
    repetitions: int
    """Calls in a sample."""
    stopped: str
    """"interval" (narrow enough), "budget" (time was up)."""
    flop: int
    least_bytes: int
    peak_alloc_bytes: int | None
    """Greatest extra memory of one call, from a separate untimed pass; None where it was not measured."""
    compile_s: float
    verified: bool
    max_relative_error: float
    cpu_s: float
    """CPU time of all threads of the worker during the samples."""
    wall_s: float
    steal_fraction: float | None
    disturbed: bool
    disturbed_reason: str
    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC."""
    id: str
    """Random, made when measured."""

    @property
    def flop_per_s(self) -> float:
        return self.flop / self.time_s.median

    @property
    def intensity_flop_per_byte(self) -> float | None:
        return self.flop / self.least_bytes if self.least_bytes else None

    def to_dict(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "flop_per_s": self.flop_per_s,
            "intensity_flop_per_byte": self.intensity_flop_per_byte,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Measurement:
        plain = {name: data[name] for name in cls.__slots__}
        plain["shape"] = tuple(data["shape"])
        plain["parameters"] = dict(data["parameters"])
        plain["samples_s"] = tuple(data["samples_s"])
        plain["time_s"] = Estimate.from_dict(data["time_s"])
        plain["environment"] = Environment.from_dict(data["environment"])
        return cls(**plain)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A case that was not timed: why, and what it would take, extrapolated from a smaller size that was run."""

    case: Case
    reason: str
    extrapolated_s: float | None = None
    extrapolated_from: int | None = None
    """The size whose measured time was scaled by the ratio of the FLOP counts."""
    fault: bool = False
    """Whether it was begun and failed (a wrong result, no memory); False where it was never begun."""

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "case": self.case.to_dict(), "kernel": self.case.kernel}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Refusal:
        return cls(
            Case.from_dict(data["case"]),
            data["reason"],
            data.get("extrapolated_s"),
            data.get("extrapolated_from"),
            bool(data.get("fault", False)),
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cases timed in turns in one job; `ratio` is speed of a / speed of b with its interval."""

    a: str
    b: str
    size: int
    dtype: str
    threads: int
    time_s_a: float
    time_s_b: float
    ratio: Estimate
    disturbed: bool = False
    shape: Shape | None = None
    """What was compared where that is not the workload's shape(size)."""

    def to_dict(self) -> dict[str, Any]:
        flat = {**asdict(self), "ratio": self.ratio.median, "shape": list(self.shape) if self.shape else None}
        return {**flat, "low": self.ratio.low, "high": self.ratio.high, "n": self.ratio.n}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparison:
        plain = {name: data[name] for name in cls.__slots__ if name not in ("ratio", "shape")}
        shape = tuple(data["shape"]) if data.get("shape") else None
        return cls(ratio=Estimate(data["ratio"], data["low"], data["high"], data["n"]), shape=shape, **plain)
