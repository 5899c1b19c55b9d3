"""Which cases a page's controls ask for, and which measurements on record answer them.

A page shows the answers to its own settings; where there are none it shows those to other settings, the fullest
of the same number type and threads if it can, and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from accel_core import registry
from accel_core.machine import available_memory_bytes
from accel_core.model import Case, Kernel, Measurement, Refusal, Workload, chosen
from accel_core.model.limits import LIMIT_S
from accel_core.studies.record import Record
from accel_core.units import format_count

OVER = ("block", "size", "threads", "none")
"""What an experiment varies."""
LEAST_POINTS = 3
"""Of a line: two lonely points say nothing of what lies between them."""


@dataclass(frozen=True)
class Setup:
    """The settings of an experiment; `block` None means each kernel's own default."""

    size: int
    dtype: str
    threads: int
    block: int | None = None

    def sentence(self, over: str = "none") -> str:
        """For instance "N=512, float32, 1 thread"; what is varied is left out."""
        parts = [
            f"N={self.size}" if over != "size" else f"N up to {self.size}",
            self.dtype,
            format_count(self.threads, "thread") if over != "threads" else "",
            f"block {self.block}" if self.block is not None and over != "block" else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True)
class Experiment:
    """Some rungs of one workload at one setup, with one setting varied or none."""

    workload: Workload
    kernels: tuple[str, ...]
    over: str
    setup: Setup
    thread_counts: tuple[int, ...] = (1,)

    def cases(self) -> list[Case]:
        """What to measure, in the order in which it should be measured."""
        return [
            case_of(self.workload, self.workload.kernel(name), setup)
            for setup in self._setups()
            for name in self.kernels
            if self.varies(self.workload.kernel(name))
        ]

    def varies(self, kernel: Kernel) -> bool:
        """Whether the varied setting is one that `kernel` has."""
        if self.over == "threads":
            return kernel.threaded
        return self.over != "block" or "block" in kernel.defaults

    def _setups(self) -> Iterator[Setup]:
        if self.over == "size":
            yield from (replace(self.setup, size=n) for n in self.workload.sizes if n <= self.setup.size)
        elif self.over == "block":
            yield from (replace(self.setup, block=b) for b in blocks(self.workload, self.setup.size))
        elif self.over == "threads":
            yield from (replace(self.setup, threads=t) for t in self.thread_counts)
        else:
            yield self.setup


def all_rungs(workload: Workload, setup: Setup) -> Experiment:
    """All rungs at one setup."""
    return Experiment(workload, tuple(k.name for k in workload.kernels), "none", setup)


@dataclass(frozen=True)
class Shown:
    """What a page draws: the answers, what was refused, and whether they belong to other settings."""

    measurements: tuple[Measurement, ...]
    refusals: tuple[Refusal, ...]
    setup: Setup
    stale: bool = False


def blocks(workload: Workload, size: int) -> tuple[int, ...]:
    """The block sizes that a sweep at `size` tries: all offered ones up to the first that is one tile."""
    offered = block_choices(workload)
    larger = [b for b in offered if b >= size]
    return tuple([b for b in offered if b < size] + larger[:1])


def block_choices(workload: Workload) -> list[int]:
    """Every block size that some rung offers, rising."""
    parameters = [p for kernel in workload.kernels for p in kernel.parameters if p.name == "block"]
    return sorted({block for parameter in parameters for block in parameter.choices})


def case_of(workload: Workload, kernel: Kernel, setup: Setup) -> Case:
    """A rung at this setup: threads where it uses them, the block where it has one."""
    parameters = {
        p.name: setup.block if p.name == "block" and setup.block is not None else p.default
        for p in kernel.parameters
        if p.name != "threads"
    }
    threads = setup.threads if kernel.threaded else 1
    return Case(kernel.id, setup.size, setup.dtype, threads, parameters)


def shown(record: Record, experiment: Experiment) -> Shown:
    """The answers to the experiment's own settings, else the best to others, and of equals the newest."""
    known = _newest(record, experiment.workload)
    found = _answers(known, experiment)
    refused = tuple(refusals(record, experiment, found))
    if _is_enough(found, experiment, refused):
        return Shown(tuple(found), refused, experiment.setup)
    others = [replace(experiment, setup=setup) for setup in _other_setups(record, experiment)]
    best = max(others, key=lambda other: _worth(known, other, experiment.setup), default=experiment)
    if _is_enough(earlier := _answers(known, best), best):
        return Shown(tuple(earlier), tuple(refusals(record, best, earlier)), best.setup, stale=True)
    return Shown((), refused, experiment.setup)


def _worth(known: Mapping[tuple, Measurement], other: Experiment, setup: Setup) -> tuple[bool, int]:
    """How well another setup stands in: with the same type and threads and half complete, then how full."""
    found, asked = len(_answers(known, other)), len(other.cases())
    alike = (other.setup.dtype, other.setup.threads) == (setup.dtype, setup.threads)
    return alike and 2 * found >= asked, found


def _is_enough(found: Sequence[Measurement], experiment: Experiment, refused: Sequence[Refusal] = ()) -> bool:
    """Whether these answers make a picture: of a sweep LEAST_POINTS of a kernel, or all where it has fewer."""
    if experiment.over == "none":
        return bool(found)
    can = Counter(case.kernel for case in experiment.cases()) - Counter(r.case.kernel for r in refused)
    return any(n >= min(LEAST_POINTS, can[kernel]) for kernel, n in Counter(m.kernel for m in found).items())


def _newest(record: Record, workload: Workload) -> dict[tuple, Measurement]:
    """The newest measurement at each setting, of the workload's own shapes."""
    newest: dict[tuple, Measurement] = {}
    for measurement in record.measurements:
        if tuple(measurement.shape) == tuple(workload.shape(measurement.size)):
            newest.setdefault(_key(measurement), measurement)
    return newest


def _answers(known: Mapping[tuple, Measurement], experiment: Experiment) -> list[Measurement]:
    """The measurements of the experiment's cases, for those that have one."""
    return [known[key] for key in map(_key, experiment.cases()) if key in known]


def _key(thing: Case | Measurement) -> tuple:
    return thing.kernel, thing.size, thing.dtype, thing.threads, _plain(thing.parameters)


def _plain(parameters: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Those that somebody chose, so that a record of before a rung had one is that of its default."""
    return tuple(sorted((k, v) for k, v in chosen(parameters).items() if k != "threads"))


def _other_setups(record: Record, experiment: Experiment, limit: int = 40) -> Iterable[Setup]:
    """Setups of measurements on record, newest first; a size sweep keeps its own upper end."""
    wanted = {f"{experiment.workload.name}/{name}" for name in experiment.kernels}
    keep_block = experiment.setup.block is None
    setups = dict.fromkeys(
        Setup(
            experiment.setup.size if experiment.over == "size" else m.size,
            m.dtype,
            m.threads,
            None if keep_block else m.parameters.get("block", experiment.setup.block),
        )
        for m in record.measurements
        if m.kernel in wanted
    )
    return list(setups)[:limit]


def refusals(record: Record, experiment: Experiment, found: Sequence[Measurement]) -> list[Refusal]:
    """Why the cases without an answer cannot be run: as the runner said, else as the registry says."""
    answered, free_bytes = set(map(_key, found)), available_memory_bytes()
    said = {_key(refusal.case): refusal for refusal in record.refusals}
    refused = []
    for case in experiment.cases():
        if _key(case) in answered:
            continue
        if _key(case) in said:
            refused.append(_with_time(said[_key(case)], record, experiment.workload))
        elif reason := registry.why_not(case, record.machine, LIMIT_S, available_bytes=free_bytes):
            refused.append(_with_time(Refusal(case, reason), record, experiment.workload))
    return refused


def rest(shown: Shown, experiment: Experiment) -> list[Case]:
    """The cases that are still to be measured where only some of the experiment's own are on record."""
    if shown.stale or not shown.measurements:
        return []
    settled = {*map(_key, shown.measurements), *(_key(refusal.case) for refusal in shown.refusals)}
    return [case for case in experiment.cases() if _key(case) not in settled]


def _with_time(refusal: Refusal, record: Record, workload: Workload) -> Refusal:
    """`refusal` with what the case would take, where a smaller size is on record and nobody has said so yet."""
    if refusal.extrapolated_s is not None:
        return refusal
    time_s, size = _extrapolated(refusal.case, record, workload)
    return replace(refusal, extrapolated_s=time_s, extrapolated_from=size)


def _extrapolated(case: Case, record: Record, workload: Workload) -> tuple[float | None, int | None]:
    """Time and size: the largest smaller size on record, scaled by the ratio of the FLOP counts."""
    smaller = [
        m
        for m in record.measurements
        if (m.kernel, m.dtype, m.threads) == (case.kernel, case.dtype, case.threads)
        and m.size < case.size
        and _plain(m.parameters) == _plain(case.parameters)
    ]
    if not smaller:
        return None, None
    largest = max(smaller, key=lambda m: m.size)
    return largest.time_s.median * workload.flop(workload.shape(case.size)) / largest.flop, largest.size


def bench_job(cases: Sequence[Case], budget_s: float, **more: bool) -> dict:
    """The job that measures `cases`, as the runner takes it; `in_turns` where several are of one problem."""
    return {
        "kind": "bench",
        "cases": [case.to_dict() for case in cases],
        "budget_s": budget_s,
        "limit_s": LIMIT_S,
        **more,
    }
