"""A class of 500 packs, 30 of them damaged or cheating in ten ways, checked by the command for instructors.

    accel homework pack --assignment FILE --student base --out base.json     # a real one, measured here
    python tests/benchmarks/class_of_packs.py --assignment FILE --base base.json

The 470 sound packs are variations of the real one: other samples drawn from its own (with a slow drift and
another speed for each student), other times of day and of the clock, other ids, seeds and digests. What is
printed: how long the command took, and for each way what was found, missed, and found where nothing is.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from accel_core.codec import PlainData
from accel_core.homework.assignment import Assignment
from accel_core.homework.fixed import fixed
from accel_core.homework.moments import moment
from accel_core.homework.pack import ExperimentDone, LessonDone, Pack, pack_text, read_pack, seed_of
from accel_core.homework.reading import open_assignment
from accel_core.homework.shared import nanoseconds
from accel_core.lessons import Run
from accel_core.model import (
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Estimate,
    Latency,
    Measurement,
    Peaks,
    RateSeries,
    Series,
    Trial,
)
from accel_core.model.packed import packed, unpacked
from accel_core.stats import inverse, median_interval, ratio_interval

STUDENTS, EACH_WAY = 500, 3


class Variation:
    """Another student who did the same on a machine of the same kind."""

    def __init__(self, student: str, base: Pack, assignment: Assignment) -> None:
        self.chance = random.Random(student)
        self.student, self.base, self.assignment = student, base, assignment
        self.slower = self.chance.uniform(0.8, 1.6)
        self.later_s = self.chance.uniform(0, 14 * 86_400)
        self.boot_ns = self.chance.randrange(10**12, 10**15)

    def pack(self) -> Pack:
        base, seed = self.base, seed_of(self.student, self.base.assignment_hash)
        return replace(
            base,
            student=self.student,
            seed=seed,
            begun=self.at(base.begun),
            created=self.at(base.created, late_s=3600),  # a slower machine ends later
            fixed=fixed(seed, self.assignment),
            peaks=base.peaks and self.peaks(base.peaks),
            lessons=tuple(self.lesson(done) for done in base.lessons),
            experiments=tuple(
                replace(done, measurements=tuple(self.measurement(m) for m in done.measurements))
                for done in base.experiments
            ),
        )

    def at(self, text: str, late_s: float = 0.0) -> str:
        """The same time of another day; what lies behind the beginning is stretched, as slower work is."""
        begun = moment(self.base.begun)
        since_s = (moment(text) - begun).total_seconds() * 2
        return (begun + timedelta(seconds=self.later_s + since_s + late_s)).isoformat(timespec="microseconds")

    def took(self, samples: tuple[int, ...]) -> list[int]:
        """As many samples, drawn from the same ones, each a little off, on a machine that slowly drifts."""
        drift, count = self.chance.uniform(-0.01, 0.01), len(samples)
        return [
            round(self.chance.choice(samples) * self.slower * self.chance.gauss(1 + drift * at / count, 1e-3))
            for at in range(count)
        ]

    def measurement(self, m: Measurement) -> Measurement:
        took = self.took(nanoseconds(m))
        samples = tuple(ns * 1e-9 / m.repetitions for ns in took)
        gaps = [max(100, round(gap * self.chance.uniform(0.7, 2))) for gap in unpacked(m.gaps)]
        since_s = (moment(self.at(m.created)) - moment(self.base.begun)).total_seconds()
        return replace(
            m,
            samples_s=samples,
            time_s=median_interval(samples),
            wall_s=sum(took) * 1e-9,
            cpu_s=sum(took) * 1e-9,
            start_ns=self.boot_ns + round(since_s * 1e9) - sum(took) - sum(gaps),
            gaps=packed(gaps),
            created=self.at(m.created),
            id=f"{self.chance.getrandbits(128):032x}",
            output_digest=f"{self.chance.getrandbits(64):016x}",
        )

    def comparison(self, c: Comparison) -> Comparison:
        if len(c.series) != 2:
            return c
        a, b = (self.took(unpacked(side.samples)) for side in c.series)
        calls_a, calls_b = (side.repetitions for side in c.series)
        turn = [x + y + self.chance.randrange(2000, 9000) for x, y in zip(a, b, strict=True)]
        first = (self.boot_ns, self.boot_ns + a[0] + 900)
        starts_a = [first[0], *turn[:-1]]
        starts_b = [first[1], *(step + (a[at + 1] - a[at]) for at, step in enumerate(turn[:-1]))]
        pairs = [(x * 1e-9 / calls_a, y * 1e-9 / calls_b) for x, y in zip(a, b, strict=True)]
        return replace(
            c,
            time_s_a=median_interval([pair[0] for pair in pairs]).median,
            time_s_b=median_interval([pair[1] for pair in pairs]).median,
            ratio=ratio_interval(pairs),
            series=(Series(calls_a, packed(a), packed(starts_a)), Series(calls_b, packed(b), packed(starts_b))),
        )

    def peaks(self, peaks: Peaks) -> Peaks:
        """Roofs, latencies and curve out of other samples of theirs."""
        return replace(
            peaks,
            created=self.at(peaks.created),
            ceilings=tuple(self.ceiling(c) for c in peaks.ceilings),
            clock=peaks.clock and self.clock(peaks.clock),
            latencies=tuple(self.latency(one) for one in peaks.latencies),
            curve=tuple(self.point(p) for p in peaks.curve),
        )

    def ceiling(self, c: Ceiling) -> Ceiling:
        series = self.rated(c.series)
        found = _median(series)
        return replace(c, value=found.median, low=found.low, high=found.high, n=found.n, series=series)

    def clock(self, clock: Clock) -> Clock:
        series = self.rated(clock.series)
        return replace(clock, clock_hz=_median(series), series=series)

    def latency(self, latency: Latency) -> Latency:
        series = self.rated(latency.series)
        return replace(latency, time_s=inverse(_median(series)), series=series)

    def point(self, p: CurvePoint) -> CurvePoint:
        far, near = self.rated(p.bandwidth_series), self.rated(p.latency_series)
        return CurvePoint(p.working_set_bytes, _median(far), inverse(_median(near)), far, near)

    def rated(self, series: Sequence[RateSeries]) -> tuple[RateSeries, ...]:
        return tuple(replace(one, **self.moved(one)) for one in series)

    def moved(self, series: Series) -> dict[str, str]:
        """The texts of a series with other samples, and pauses between them up to twice as long."""
        took, began = self.took(series.took_ns()), series.starts_ns()
        pauses = [b - a - ns for (a, b), ns in zip(pairwise(began), series.took_ns(), strict=False)]
        since = [ns + round(pause * self.chance.uniform(1, 2)) for ns, pause in zip(took, pauses, strict=False)]
        first = self.boot_ns + began[0] + self.chance.randrange(10**6)
        return {"samples": packed(took), "starts": packed([first, *since])}

    def trial(self, trial: Trial) -> Trial:
        right, wrong = (replace(one, **self.moved(one)) for one in trial.series)
        return replace(trial, right_s=right.call_s(), wrong_s=wrong.call_s(), series=(right, wrong))

    def result(self, result: PlainData) -> PlainData:
        if isinstance(result, Measurement):
            return self.measurement(result)
        if isinstance(result, Trial):
            return self.trial(result)
        return self.comparison(result) if isinstance(result, Comparison) else result

    def lesson(self, done: LessonDone) -> LessonDone:
        results = [self.result(r) for r in done.run.results]
        guess = done.guess and replace(done.guess, committed=self.at(done.guess.committed))
        return replace(done, guess=guess, created=self.at(done.created), run=Run(done.run.machine, results))


def _median(series: Sequence[RateSeries]) -> Estimate:
    return median_interval([rate for one in series for rate in one.rates()])


# -- ten ways to damage a pack or to cheat -------------------------------------------------------------------


def changed(pack: Pack, change: Callable[[Measurement], Measurement]) -> Pack:
    """The fastest rung of the first experiment that has measurements, changed."""
    at = next(at for at, done in enumerate(pack.experiments) if done.measurements)
    done = pack.experiments[at]
    fastest = max(done.measurements, key=lambda m: m.flop_per_s)
    new = ExperimentDone(
        done.id, tuple(change(m) if m is fastest else m for m in done.measurements), done.refusals
    )
    return replace(pack, experiments=(*pack.experiments[:at], new, *pack.experiments[at + 1 :]))


def better_median(pack: Pack, friend: Pack) -> str:
    return pack_text(changed(pack, lambda m: replace(m, time_s=replace(m.time_s, median=m.time_s.median / 2))))


def all_faster(pack: Pack, friend: Pack) -> str:
    """All samples of one rung divided by ten, and everything that follows from them."""

    def change(m: Measurement) -> Measurement:
        samples = tuple(round(ns / 10) * 1e-9 / m.repetitions for ns in nanoseconds(m))
        return replace(
            m, samples_s=samples, time_s=median_interval(samples), wall_s=sum(samples) * m.repetitions
        )

    return pack_text(changed(pack, change))


def typed(pack: Pack, friend: Pack) -> str:
    """Samples typed in: one number over and over."""

    def change(m: Measurement) -> Measurement:
        samples = (nanoseconds(m)[0] * 1e-9 / m.repetitions,) * max(len(m.samples_s), 20)
        return replace(
            m,
            samples_s=samples,
            time_s=median_interval(samples),
            wall_s=sum(samples) * m.repetitions,
            gaps=packed([500] * (len(samples) - 1)),
        )

    return pack_text(changed(pack, change))


def friends_pack(pack: Pack, friend: Pack) -> str:
    return pack_text(replace(friend, student=pack.student))


def friends_samples(pack: Pack, friend: Pack) -> str:
    """A friend's measurements in one's own pack, with a seed that fits."""
    return pack_text(
        replace(
            pack,
            experiments=friend.experiments,
            begun=friend.begun,
            created=friend.created,
            lessons=friend.lessons,
        )
    )


def guess_afterwards(pack: Pack, friend: Pack) -> str:
    late = (moment(pack.created) + timedelta(minutes=1)).isoformat()
    lessons = [replace(done, guess=done.guess and replace(done.guess, committed=late)) for done in pack.lessons]
    return pack_text(replace(pack, lessons=tuple(lessons)))


def another_result(pack: Pack, friend: Pack) -> str:
    return pack_text(replace(pack, fixed=replace(pack.fixed, checksum=pack.fixed.checksum + 1)))


def cut(pack: Pack, friend: Pack) -> str:
    text = pack_text(pack)
    return text[: len(text) * 2 // 3]


def hostile(pack: Pack, friend: Pack) -> str:
    return '{"schema":1,"student":"<script>=1+1","machines":' + "[" * 200_000


def wrong_types(pack: Pack, friend: Pack) -> str:
    return json.dumps({**pack.to_dict(), "seed": "=HYPERLINK(1)", "lessons": {"a": [float("1e308")]}})


WAYS: dict[str, tuple[Callable[[Pack, Pack], str], tuple[str, ...]]] = {
    "a better median claimed": (better_median, ("impossible",)),
    "one rung ten times as fast": (all_faster, ("impossible", "look")),
    "samples typed in": (typed, ("impossible",)),
    "a friend's pack under one's own id": (friends_pack, ("impossible",)),
    "a friend's measurements in one's own pack": (friends_samples, ("impossible",)),
    "guesses made afterwards": (guess_afterwards, ("impossible",)),
    "another deterministic result": (another_result, ("impossible",)),
    "a file that was cut": (cut, ("unreadable",)),
    "nested 200,000 deep": (hostile, ("unreadable",)),
    "texts where numbers belong": (wrong_types, ("unreadable",)),
}
"""What is done, and the statuses that count as found."""


def write_class(folder: Path, base: Pack, assignment: Assignment) -> dict[str, str]:
    """File -> the way in which it is damaged; empty where it is sound, "lent" where another one copied it."""
    ways = [way for way in WAYS for _ in range(EACH_WAY)]
    packs = [Variation(f"s{at:04}", base, assignment).pack() for at in range(STUDENTS)]
    made = {}
    for at, pack in enumerate(packs):
        way = ways[at] if at < len(ways) else ""
        friend = packs[STUDENTS - 1 - at]
        name = f"{pack.student}.json"
        (folder / name).write_text(WAYS[way][0](pack, friend) if way else pack_text(pack), encoding="utf-8")
        made[name] = made.get(name) or way
        if way.startswith("a friend's"):
            made[f"{friend.student}.json"] = "lent"
    return made


def main() -> None:
    """Make the class, check it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--assignment", required=True)
    parser.add_argument("--base", required=True, help="a pack of this assignment that was measured")
    options = parser.parse_args()
    assignment = open_assignment(options.assignment)
    base = read_pack(Path(options.base).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        packs, out = Path(temporary) / "packs", Path(temporary) / "grades.csv"
        packs.mkdir()
        made = write_class(packs, base, assignment)
        size = sum(path.stat().st_size for path in packs.iterdir())
        command = ["check", str(packs), "--assignment", options.assignment, "--out", str(out)]
        more = ["--html", str(out.with_suffix(".html")), "--gradescope", str(packs.parent / "results")]
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "accel_core", *command, *more], check=True, stdout=subprocess.DEVNULL
        )
        took_s = time.perf_counter() - start
        with out.open(encoding="utf-8", newline="") as file:
            rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows.keys() == made.keys()
    print(f"{len(rows)} packs of {size / len(rows) / 1000:.0f} kB on average: {took_s:.1f} s")
    for way, (_, wanted) in WAYS.items():
        statuses = Counter(rows[name]["status"] for name, how in made.items() if how == way)
        found = sum(statuses[status] for status in wanted)
        print(f"{way:45} found {found} of {EACH_WAY}  {dict(statuses)}")
    for kind, label in (("lent", "lent to a friend (shares samples)"), ("", "sound")):
        theirs = [name for name, how in made.items() if how == kind]
        print(f"{label:45} {len(theirs)} packs     {dict(Counter(rows[name]['status'] for name in theirs))}")
    alarms = [
        name for name, how in made.items() if not how and rows[name]["status"] not in ("ok", "incomplete")
    ]
    for name in alarms[:10]:
        print("false alarm:", name, rows[name]["findings"][:300])
    print(f"false alarms: {len(alarms)}")


if __name__ == "__main__":
    main()
