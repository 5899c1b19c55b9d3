"""Packs of students who worked as they should, made without measuring."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise

import recorded_hosts

from accel_core import registry
from accel_core.doctor import Check
from accel_core.homework.assignment import Assignment, Ladder, Question, Roofline, Sweep
from accel_core.homework.fixed import fixed
from accel_core.homework.pack import SCHEMA, ExperimentDone, Fixed, LessonDone, Pack, seed_of
from accel_core.lessons import Run, lesson
from accel_core.model import (
    Blas,
    BlockRun,
    Case,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Environment,
    Latency,
    Machine,
    Measurement,
    OperationTime,
    Peaks,
    RateSeries,
    Series,
    Trial,
)
from accel_core.model.answers import Guess
from accel_core.model.packed import packed
from accel_core.stats import inverse, median_interval, ratio_interval
from accel_core.transformer import BlockShape, operations

ASSIGNMENT = Assignment(
    "The matrix product",
    lessons=("library", "power-of-two"),
    experiments=(
        Ladder("ladder", "matmul", size=256),
        Sweep("blocks", ("matmul/numpy_tiled",), "block", (16, 32, 64), size=256),
        Roofline("roofs", threads=(1,)),
    ),
    questions=(Question("why", "Why is the library so fast?"),),
)
LIBRARIES = Environment(
    "0.1", "3.11.9", "2.4.6", "0.68.1", "20.1", "Linux 6.8", Blas("openblas", "0.3.31", 2, "test")
)
BEGUN = datetime(2026, 11, 2, 9, tzinfo=UTC)
RATES = {"library": 60e9, "packed": 30e9, "compiled": 3e9, "numpy": 20e9, "interpreted": 10e6}
"""FLOP/s by the family of a kernel."""
ROOF = 100e9


@dataclass
class Student:
    """One who works, and whose clock goes on with everything that is done."""

    name: str
    machine: Machine
    assignment: Assignment = ASSIGNMENT
    speed: float = 1.0
    """Of the machine, beside RATES."""
    samples: int = 40
    chance: random.Random = field(init=False)
    now_s: float = 0.0
    """Since the assignment was begun."""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.name)
        self.booted_ns = self.chance.randrange(10**12, 10**15)

    def at(self) -> str:
        """The time of day."""
        return (BEGUN + timedelta(seconds=self.now_s)).isoformat(timespec="microseconds")

    def ident(self) -> str:
        return f"{self.chance.getrandbits(128):032x}"

    def times_ns(self, sample_s: float, count: int) -> list[int]:
        """Lengths of samples, which scatter by 1 %."""
        return [round(sample_s * 1e9 * self.chance.lognormvariate(0, 0.01)) for _ in range(count)]

    def seconds(self, case: Case) -> float:
        """What a call of a case takes."""
        workload, kernel = registry.kernel(case.kernel)
        rate = RATES.get(kernel.family, 1e9) * self.speed * self.chance.lognormvariate(0, 0.05)
        return workload.flop(workload.shape(case.size)) / rate

    def measure(self, case: Case) -> Measurement:
        workload = registry.kernel(case.kernel)[0]
        shape = workload.shape(case.size)
        time_s = self.seconds(case)
        calls = max(1, round(1e-3 / time_s))
        took = self.times_ns(time_s * calls, self.samples if time_s < 0.5 else 3)
        gaps = [round(self.chance.uniform(400, 900)) for _ in took[1:]]
        start_ns = self.booted_ns + round(self.now_s * 1e9) + 10**6
        samples_s = tuple(ns * 1e-9 / calls for ns in took)
        span_s = (sum(took) + sum(gaps)) * 1e-9
        self.now_s += span_s + 0.2
        return Measurement(
            workload=workload.name,
            kernel=case.kernel,
            size=case.size,
            shape=shape,
            dtype=case.dtype,
            threads=case.threads,
            parameters=dict(case.parameters),
            time_s=median_interval(samples_s),
            samples_s=samples_s,
            repetitions=calls,
            stopped="budget",
            flop=workload.flop(shape),
            least_bytes=workload.least_bytes(shape, case.dtype),
            peak_alloc_bytes=0,
            compile_s=0.0,
            verified=True,
            max_relative_error=1e-6,
            cpu_s=sum(took) * 1e-9,
            wall_s=sum(took) * 1e-9,
            steal_fraction=0.0,
            disturbed=False,
            disturbed_reason="",
            fingerprint=self.machine.fingerprint,
            environment=LIBRARIES,
            created=self.at(),
            id=self.ident(),
            took_s=span_s + 0.2,
            start_ns=start_ns,
            gaps=packed(gaps),
            output_digest=f"{self.chance.getrandbits(64):016x}",
        )

    def compare(self, a: Case, b: Case) -> Comparison:
        times = [self.times_ns(self.seconds(case), self.samples) for case in (a, b)]
        pairs = [(x * 1e-9, y * 1e-9) for x, y in zip(*times, strict=True)]
        turn_ns = max(times[0]) + max(times[1]) + 5000
        start_ns = self.booted_ns + round(self.now_s * 1e9)
        first = (start_ns, start_ns + max(times[0]) + 2000)
        series = tuple(
            Series(1, packed(took), packed([began, *[turn_ns] * (len(took) - 1)]))
            for took, began in zip(times, first, strict=True)
        )
        self.now_s += turn_ns * len(pairs) * 1e-9 + 0.2
        medians = (median_interval([pair[side] for pair in pairs]).median for side in (0, 1))
        return Comparison(
            a.kernel, b.kernel, a.size, a.dtype, a.threads, *medians, ratio_interval(pairs), series=series
        )

    def lesson(self, name: str) -> LessonDone:
        """Guessed, then run."""
        self.now_s += 60
        guess = Guess(self.ident(), name, "10", self.at())
        self.now_s += 5
        job = lesson(name).job(self.machine) or {}
        found = [self.measure(case_of(one)) for one in job.get("cases", ())]
        compared = [self.compare(case_of(a), case_of(b)) for a, b in job.get("pairs", ())]
        tried = [self.trial(one) for one in job.get("names", ())]
        blocks = [self.block(BlockShape(**job["shape"]), job["state"])] if "shape" in job else []
        return LessonDone(name, guess, self.at(), Run(self.machine, [*found, *compared, *tried, *blocks]))

    def peaks(self) -> Peaks:
        self.now_s += 20
        roofs = [("compute", ROOF, None, "FLOP/s", "fma"), ("memory", 20e9, "DRAM", "byte/s", "load")]
        ceilings = []
        for kind, value, level, unit, operation in roofs:
            for dtype in ("float32", "float64"):
                series = self.rated(value * self.speed * self.chance.lognormvariate(0, 0.02), 4096.0)
                found = median_interval(series.rates())
                ceilings.append(
                    Ceiling(
                        kind=kind,
                        name=f"{operation}_{dtype}_1t",
                        level=level,
                        width_bits=self.machine.simd.width_bits,
                        dtype=dtype,
                        threads=1,
                        operation=operation,
                        byte_convention=None if level is None else "least",
                        working_set_bytes=None,
                        value=found.median,
                        low=found.low,
                        high=found.high,
                        n=found.n,
                        unit=unit,
                        source="measured",
                        definition="",
                        series=(series,),
                    )
                )
        clock, chase, twice, near = (self.rated(hz * self.speed, 8.0) for hz in (3e9, 1e9, 1e10, 9e8))
        return Peaks(
            self.machine.fingerprint,
            LIBRARIES,
            self.at(),
            tuple(ceilings),
            Clock(median_interval(clock.rates()), "", series=(clock,)),
            (Latency("L1", 4096, inverse(median_interval(chase.rates())), "", series=(chase,)),),
            (
                CurvePoint(
                    4096,
                    median_interval(twice.rates()),
                    inverse(median_interval(near.rates())),
                    (twice,),
                    (near,),
                ),
            ),
        )

    def rated(self, per_s: float, amount: float) -> RateSeries:
        """Samples of a loop of so many units a second."""
        turns = round(4e-3 * per_s / amount)
        took = self.times_ns(amount * turns / per_s, 16)
        start_ns = self.booted_ns + round(self.now_s * 1e9)
        since = [start_ns, *(ns + 10**7 for ns in took[:-1])]
        self.now_s += 1
        return RateSeries(turns, packed(took), packed(since), amount)

    def trial(self, name: str) -> Trial:
        """A thing that its mistake makes nine times as long."""
        both = []
        for sample_s in (2e-3, 18e-3):
            took = self.times_ns(sample_s, self.samples)
            start_ns = self.booted_ns + round(self.now_s * 1e9)
            both.append(Series(4, packed(took), packed([start_ns, *(ns + 500 for ns in took[:-1])])))
            self.now_s += sum(took) * 1e-9 + 0.2
        right, wrong = both
        return Trial(name, "rightly", "wrongly", right.call_s(), wrong.call_s(), series=(right, wrong))

    def block(self, shape: BlockShape, state: str) -> BlockRun:
        """Rounds of two passes: each operation takes 50 us or what its work does, the whole as long as all."""
        names = [one.name for one in operations(shape)]
        usual_s = [5e-5 + one.counted.flop / RATES["library"] for one in operations(shape)]
        took = [self.times_ns(2 * one, self.samples) for one in usual_s]
        whole = self.times_ns(2 * sum(usual_s), self.samples)
        starts: list[list[int]] = [[] for _ in names]
        whole_starts: list[int] = []
        begun = self.booted_ns + round(self.now_s * 1e9)
        for at in range(self.samples):
            for one, mine in zip(took, starts, strict=True):
                mine.append(begun)
                begun += one[at] // 2
            begun += sum(one[at] for one in took) // 2 + 900
            whole_starts.append(begun)
            begun += whole[at] + 900
        self.now_s = (begun - self.booted_ns) * 1e-9 + 0.2

        def series(ns: list[int], at: list[int]) -> Series:
            return Series(2, packed(ns), packed([at[0], *(b - a for a, b in pairwise(at))]))

        parts = [series(ns, at) for ns, at in zip(took, starts, strict=True)]
        one = series(whole, whole_starts)
        return BlockRun(
            shape=asdict(shape),
            state=state,
            threads=1,
            operations=tuple(
                OperationTime(name, "numpy", median_interval(part.call_s()), part)
                for name, part in zip(names, parts, strict=True)
            ),
            whole_s=median_interval(one.call_s()),
            whole=one,
            max_relative_error=1e-7,
            disturbed=False,
            disturbed_reason="",
            fingerprint=self.machine.fingerprint,
            environment=LIBRARIES,
            created=self.at(),
            id=self.ident(),
        )

    def pack(self) -> Pack:
        """All that the assignment asks for."""
        peaks = self.peaks()
        lessons = tuple(self.lesson(name) for name in self.assignment.lessons)
        experiments = tuple(
            ExperimentDone(one.id, tuple(self.measure(case) for case in one.cases(self.machine)))
            for one in self.assignment.experiments
        )
        self.now_s += 600
        seed = seed_of(self.name, self.assignment.hash)
        return Pack(
            schema=SCHEMA,
            student=self.name,
            title=self.assignment.title,
            assignment_hash=self.assignment.hash,
            program="0.1",
            seed=seed,
            begun=BEGUN.isoformat(timespec="microseconds"),
            created=self.at(),
            machine=self.machine,
            environment=LIBRARIES,
            fixed=computed(seed, self.assignment.hash),
            checks=(Check("load", True, "Nothing else runs."),),
            peaks=peaks,
            lessons=lessons,
            experiments=experiments,
            answers={one.id: "It uses vectors." for one in self.assignment.questions},
        )


def case_of(data: Mapping[str, object]) -> Case:
    """The case of a lesson's job, its kernel's usual parameters where it gives none."""
    return Case.from_dict({**data, "parameters": data["parameters"] or registry.usual(str(data["kernel"]))})


@cache
def computed(seed: int, assignment_hash: str) -> Fixed:
    return fixed(seed, ASSIGNMENT)


@cache
def sound_pack(name: str = "s1234567", host: str = recorded_hosts.USUAL, speed: float = 1.0) -> Pack:
    """What a student hands in who did all that ASSIGNMENT asks."""
    return Student(name, recorded_hosts.machine(host), speed=speed).pack()
