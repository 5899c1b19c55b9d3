"""What came out: measurements, refusals, comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from accel_core.codec import PlainData, made
from accel_core.model.kernels import Case
from accel_core.model.machine import Environment
from accel_core.model.sentinel import Sentinel
from accel_core.model.series import Series
from accel_core.model.words import Estimate, Shape


@dataclass(frozen=True, slots=True)
class Measurement(PlainData):
    """One kernel at one setting, verified and timed, with every sample."""

    derived: ClassVar = ("flop_per_s", "intensity_flop_per_byte")

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
    """What ended it: "interval" (narrow enough), "budget" (time was up), "turns" (that of all cases was)."""
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
    waited_fraction: float | None = None
    """Share in which a measuring thread was ready to run and had no processor; None where nobody counts."""
    throttled_s: float | None = None
    """Seconds, summed over processors, for which a quota stopped it; None where nobody counts."""
    sentinel: Sentinel | None = None
    """What a probe saw between the samples; None where it did not run."""
    waiting: str = ""
    """What threads did that neither worked nor were disturbed, in a sentence; empty where they worked."""
    took_s: float | None = None
    """Wall seconds of all of it, from making the inputs to looking at the memory, compiling included; None in
    records from before it was kept."""
    start_ns: int | None = None
    """When the first sample began, by the monotonic clock of its boot; None in older records."""
    gaps: str = ""
    """Nanoseconds from the end of each sample to the start of the next, as `packed.packed` writes them."""
    output_digest: str = ""
    """Of the result that was checked: its inputs are drawn anew for every measurement."""

    @property
    def rung(self) -> str:
        """The kernel's name without its workload's."""
        return self.kernel.partition("/")[2]

    @property
    def flop_per_s(self) -> float:
        """The rate at the median time."""
        return self.flop / self.time_s.median

    @property
    def intensity_flop_per_byte(self) -> float | None:
        """FLOP/B of the least traffic; None where nothing is moved."""
        return self.flop / self.least_bytes if self.least_bytes else None


@dataclass(frozen=True, slots=True)
class Refusal(PlainData):
    """A case that was not timed: why, and what it would take, extrapolated from a smaller size that was run."""

    case: Case
    reason: str
    extrapolated_s: float | None = None
    extrapolated_from: int | None = None
    """The size whose measured time was scaled by the ratio of the FLOP counts."""
    fault: bool = False
    """Whether it was begun and failed (a wrong result, no memory); False where it was never begun."""

    def to_dict(self) -> dict[str, Any]:
        """The fields and the kernel's id as plain data."""
        return {**asdict(self), "kernel": self.case.kernel}


@dataclass(frozen=True, slots=True)
class Comparison(PlainData):
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
    disturbed_reason: str = ""
    left_out: int = 0
    """Pairs of samples that do not count, because something shared the core meanwhile."""
    series: tuple[Series, ...] = ()
    """The samples that count, those of a and those of b; none in records from before they were kept."""

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain data; the ratio is its median, with its interval and n beside it."""
        ratio = asdict(self.ratio)
        return {**asdict(self), "ratio": ratio.pop("median"), **ratio}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Comparison:
        """The comparison in `data`, as `to_dict` has it."""
        ratio = {**data, "median": data["ratio"]}
        return made(cls, {**data, "ratio": ratio, "disturbed": data["disturbed"]})  # no silence is a quiet host


@dataclass(frozen=True, slots=True)
class Trial(PlainData):
    """One thing timed rightly, and with a mistake that was made on purpose."""

    name: str
    right: str
    """What was timed, in a few words."""
    wrong: str
    """The same of what was timed by mistake."""
    right_s: tuple[float, ...]
    """Seconds per call, one a sample."""
    wrong_s: tuple[float, ...]
    disturbed_reason: str = ""
    series: tuple[Series, ...] = ()
    """The same samples as the clock gave them, of the right way and of the mistake; none in records from before
    they were kept."""
