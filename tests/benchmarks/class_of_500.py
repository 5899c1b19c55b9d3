"""A class of 500 at one server: pages open, sliders move, and 2,000 short jobs wait for their turn.

    python tests/benchmarks/class_of_500.py [--sessions 500] [--jobs 2000] [--minutes 20] [--quiet-minutes 2]
        [--pool] [--servers 2] [--browsers 3] [--json FILE]

Every pupil holds a tab open (tests/benchmarks/pupils.py). First all of them open pages and move sliders while
nothing is measured (`--quiet-minutes`); then each hands in its share of the jobs, evenly over the minutes, one
at a time: a page, two moves, a link to the Lab, its button, and the page until it shows the end. Each job is
one short measurement; which cases were asked is compared with what the store holds at the end, so a record that
is lost or stored twice is counted. A pupil that falls behind goes on at once.

An answer is from the message of the pupil to the end of the page's script. Server, pupils, browsers and
whatever measures share this computer's processors. `--servers` puts several servers of one store and one queue
behind HAProxy, as the README configures it. `--pool` sends the jobs to four pretended hosts on this computer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / name) for name in ("browser", "core", "benchmarks")]

from class_servers import Class, servers  # noqa: E402
from pupils import Gone, Pupil, Seen  # noqa: E402

from accel_core.machine import detect  # noqa: E402
from accel_core.store import Store  # noqa: E402

PAGES = ("", "ladder", "lab", "roofline", "fusion")
SIZES, BLOCKS, DTYPES = (64, 128), (16, 32, 64), ("float32", "float64")
MOVES = 2
"""Of a slider, on each page that is opened."""
TOLD_S = 20.0
ROUND_S = 300.0
"""Between two rounds of a pupil, where nothing is to be measured at all."""
AGAIN_S = 5.0
"""After a refusal."""
LATE_S = 600.0
"""For what still waits when the time is over."""
Case = tuple[str, int, str, int | None]


EASY: Case = ("numpy", 64, "float32", None)


def cases() -> list[Case]:
    """(kernel, size, type, block) of jobs that take a moment, as the Lab's address asks for them."""
    plain: list[Case] = [("numpy", size, dtype, None) for size in SIZES for dtype in DTYPES]
    tiled: list[Case] = [
        ("numpy_tiled", size, dtype, block) for size in SIZES for dtype in DTYPES for block in BLOCKS
    ]
    return plain + tiled


def settings(case: Case) -> dict[str, object]:
    """The Lab's address for one measurement of `case`."""
    kernel, size, dtype, block = case
    found = {"over": "none", "kernels": kernel, "size": size, "dtype": dtype, "point": 0.5, "threads": 1}
    return found if block is None else {**found, "block": block}


@dataclass
class Handed:
    """A job as its pupil saw it: when it was handed in and when the page showed its end, and of what."""

    pupil: int
    case: Case
    at_s: float
    ended_s: float = 0.0


@dataclass
class Found:
    """What all pupils saw in one part of the run."""

    seen: Seen = field(default_factory=Seen)
    handed: list[Handed] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Part:
    """What all pupils do in one part of the run."""

    pupils: int
    span_s: float
    each_s: float
    """Between two rounds of one pupil."""
    handed: Sequence[Case] = ()
    """Of all pupils; none where nothing is measured."""


async def work(number: int, pupil: Pupil, found: Found, part: Part) -> None:
    """One pupil's part: a page, its sliders and the Lab every `each_s`, and a job where there are some."""
    pick, began = random.Random(number), time.monotonic()
    turns_s = range_of(pick.uniform(0, part.each_s), part.span_s, part.each_s)
    cases = part.handed[number :: part.pupils] or [None] * len(turns_s)
    try:
        for at_s, case in zip(turns_s, cases, strict=False):
            await asyncio.sleep(max(0.0, began + at_s - time.monotonic()))
            await pupil.visit(pick.choice(PAGES))
            for _ in range(MOVES):
                await asyncio.sleep(pick.uniform(1, 3))
                await pupil.move(pick)
            await pupil.follow("lab", **settings(case or EASY))
            if case is not None:
                await hand_in(number, pupil, found, case, began + part.span_s + LATE_S)
    except Gone as fault:
        found.gone[str(fault)] += 1


def range_of(first_s: float, end_s: float, step_s: float) -> list[float]:
    """Moments from `first_s` on, up to `end_s`."""
    return [first_s + at * step_s for at in range(1 + int(max(0.0, end_s - first_s) // step_s))]


async def hand_in(number: int, pupil: Pupil, found: Found, case: Case, until_s: float) -> None:
    """Have `case` measured once, however often the server has no room for it."""
    while time.monotonic() < until_s:
        job, errors = Handed(number, case, time.monotonic()), len(pupil.seen.errors)
        if await pupil.press():
            if await pupil.wait_for_job(until_s):
                job.ended_s = time.monotonic()
            found.handed.append(job)
            return
        said = pupil.seen.errors[errors:]
        del pupil.seen.errors[errors:]
        found.refused.update(said[:1] or ["The button did nothing."])
        await asyncio.sleep(AGAIN_S)


async def let_in(url: str, count: int, seen: Seen) -> list[Pupil]:
    """`count` pupils with a page each, who come one after the other."""
    pupils = []
    for number in range(count):
        pupil = Pupil(url, seen)
        await pupil.come()
        await pupil.visit(PAGES[number % len(PAGES)])
        pupils.append(pupil)
    return pupils


# -- what the computer has to do for it ----------------------------------------------------------------------


@dataclass
class Used:
    """Processors kept busy over a part of the run."""

    server: float
    pupils: float
    all: float


class Meter:
    """Counts processor time from its start on."""

    def __init__(self, room: Class) -> None:
        self._room, self._began = room, time.monotonic()
        self._start = self._now()

    def _now(self) -> tuple[float, float, float]:
        busy = psutil.cpu_times()
        return (
            sum(sum(server.cpu_times()[:2]) for server in self._room.processes),
            sum(psutil.Process().cpu_times()[:2]),
            busy.user + busy.system + busy.nice,
        )

    def used(self) -> Used:
        took_s = time.monotonic() - self._began
        return Used(*((now - start) / took_s for now, start in zip(self._now(), self._start, strict=True)))


def times(seen: Seen) -> dict[str, float]:
    """Median, 95 % and worst of the answers."""
    took_s = seen.took_s or [0.0]
    most_s = quantiles(took_s, n=20)[-1] if len(took_s) > 1 else took_s[0]
    return {"answers": len(seen.took_s), "median_s": median(took_s), "p95_s": most_s, "worst_s": max(took_s)}


def passed_most(handed: Sequence[Handed]) -> int:
    """How often at most one pupil had jobs end while another waited for one handed in before those."""
    ends = sorted((job.ended_s, job.at_s, job.pupil) for job in handed if job.ended_s)
    most = 0
    for job in handed:
        later = (p for end, at, p in ends if job.at_s < at and end < job.ended_s and p != job.pupil)
        most = max([most, *Counter(later).values()])
    return most


def compared(handed: Sequence[Handed], home: Path) -> dict[str, int]:
    """What the store holds beside what was measured for the pupils."""
    store = Store(f"sqlite:///{home / 'records.db'}")
    stored = [m for fingerprint in fingerprints(home) for m in store.measurements(fingerprint)]
    asked = Counter(job.case for job in handed if job.ended_s)
    held = Counter((m.rung, m.size, m.dtype, m.parameters.get("block")) for m in stored)
    return {
        "records": len(stored),
        "ids": len({m.id for m in stored}),
        "lost": (asked - held).total(),
        "doubled": (held - asked).total(),
    }


def fingerprints(home: Path) -> list[str]:
    """The machines of which the store holds measurements."""
    from sqlalchemy import select

    from accel_core.store.tables import MEASUREMENTS

    with Store(f"sqlite:///{home / 'records.db'}").database.reading() as connection:
        if connection is None:
            return []
        return list(connection.scalars(select(MEASUREMENTS.c.fingerprint).distinct()))


# -- browsers ------------------------------------------------------------------------------------------------


@contextmanager
def browsers(url: str, count: int, took_s: list[float]) -> Iterator[None]:
    """So many real tabs that go from page to page; seconds until each page is drawn go to `took_s`."""
    over = threading.Event()
    thread = threading.Thread(target=_browse, args=(url, count, took_s, over), daemon=True)
    if count:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if count:
            thread.join(60)


def _browse(url: str, count: int, took_s: list[float], over: threading.Event) -> None:
    from browsers import chromium
    from visitor import visit

    with chromium() as browser:
        tabs = [browser.new_page() for _ in range(count)]
        names = ("ladder", "lab", "roofline", "fusion")
        for turn in range(10**6):
            for number, tab in enumerate(tabs):
                if over.wait(5):
                    return
                began = time.monotonic()
                with suppress(Exception):  # late, not wrong: it counts with what it took
                    visit(tab, url, names[(turn + number) % len(names)])
                took_s.append(time.monotonic() - began)


# -- the run -------------------------------------------------------------------------------------------------


async def run(room: Class, given: argparse.Namespace, report: dict[str, Any]) -> None:
    pick, every = random.Random(0), cases()
    for page in PAGES:  # everything is loaded, and drawn once
        for pupil in await let_in(room.url, 1, Seen()):
            await pupil.visit(page)
            await pupil.leave()
    first_bytes = room.resident_bytes()
    coming, began = Seen(), time.monotonic()
    pupils = await let_in(room.url, given.sessions, coming)
    report["coming"] = {**times(coming), "all_s": time.monotonic() - began}
    report["session_bytes"] = (room.resident_bytes() - first_bytes) / given.sessions
    jobs = [pick.choice(every) for _ in range(given.jobs)]
    each_s = 60 * given.minutes / max(1, -(-given.jobs // given.sessions)) or ROUND_S
    parts = {
        "quiet": Part(given.sessions, 60 * given.quiet_minutes, each_s),
        "working": Part(given.sessions, 60 * given.minutes, each_s, jobs),
    }
    for name, part in parts.items():
        if not part.span_s:
            continue
        found, meter, began = Found(), Meter(room), time.monotonic()
        for pupil in pupils:
            pupil.seen = found.seen
        tasks = [work(n, pupil, found, part) for n, pupil in enumerate(pupils)]
        telling = asyncio.create_task(tell(name, found, began))
        await asyncio.gather(*tasks)
        telling.cancel()
        report[name] = _part(found, meter.used(), time.monotonic() - began)
        report[name]["server_bytes"] = room.resident_bytes()
        report[name]["store"] = compared(found.handed, room.home)
    report["moved"] = sum(pupil.servers > 1 for pupil in pupils)
    report["session_bytes_at_the_end"] = (room.resident_bytes() - first_bytes) / given.sessions
    for pupil in pupils:
        await pupil.leave()
    await asyncio.sleep(20)
    report["bytes_kept_after_all_left"] = room.resident_bytes() - first_bytes


async def tell(name: str, found: Found, began: float) -> None:
    """Say on standard error how far a part is."""
    while True:
        await asyncio.sleep(TOLD_S)
        done, answers = sum(job.ended_s > 0 for job in found.handed), times(found.seen)
        minutes = (time.monotonic() - began) / 60
        print(f"  {name}, {minutes:.1f} min: {done} jobs done; {_times(answers)}", file=sys.stderr, flush=True)


def _part(found: Found, used: Used, took_s: float) -> dict[str, Any]:
    done = [job for job in found.handed if job.ended_s]
    waits_s = [job.ended_s - job.at_s for job in done] or [0.0]
    return {
        **times(found.seen),
        "took_s": took_s,
        "asked_by_pages": found.seen.asked,
        "received_bytes": found.seen.received_bytes,
        "errors": dict(Counter(found.seen.errors)),
        "gone": dict(found.gone),
        "refused": dict(found.refused),
        "jobs_done": len(done),
        "jobs_without_end": len(found.handed) - len(done),
        "job_median_s": median(waits_s),
        "job_worst_s": max(waits_s),
        "passed_most": passed_most(found.handed),
        "processors": vars(used),
    }


def say(report: dict[str, Any]) -> None:
    """The report in lines."""
    coming = report["coming"]
    print(f"coming: all pages open after {coming['all_s']:.0f} s; {_times(coming)}")
    for name in ("quiet", "working"):
        if (part := report.get(name)) is None:
            continue
        used = part["processors"]
        print(f"{name}: {part['took_s'] / 60:.1f} min; {_times(part)}")
        print(
            f"  pages asked {part['asked_by_pages']} times; processors: server {used['server']:.2f}, pupils "
            f"{used['pupils']:.2f}, all {used['all']:.2f}; server {part['server_bytes'] / 1e6:.0f} MB"
        )
        print(f"  errors {part['errors']}, gone {part['gone']}, refused {part['refused']}")
        if part["jobs_done"] or part["jobs_without_end"]:
            print(
                f"  jobs: {part['jobs_done']} done, {part['jobs_without_end']} without an end; from the press "
                f"to the end {part['job_median_s']:.1f} s (median), {part['job_worst_s']:.1f} s at most; one "
                f"pupil passed another {part['passed_most']} times at most"
            )
            print(f"  store: {part['store']}")
    print(
        f"a session: {report['session_bytes'] / 1e6:.2f} MB when opened, "
        f"{report['session_bytes_at_the_end'] / 1e6:.2f} MB at the end; "
        f"{report['bytes_kept_after_all_left'] / 1e6:.0f} MB more than at first after all have left"
    )
    if report["moved"]:
        print(f"{report['moved']} pupils were sent to another server in between")
    if drawn := report["browsers_s"]:
        worst = max(drawn)
        print(f"browsers: {len(drawn)} pages, median {median(drawn):.2f} s, worst {worst:.2f} s until drawn")


def _times(part: dict[str, Any]) -> str:
    return (
        f"{part['answers']} answers, median {part['median_s']:.2f} s, 95 % below {part['p95_s']:.2f} s, "
        f"worst {part['worst_s']:.1f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--quiet-minutes", type=float, default=2.0)
    parser.add_argument("--pool", action="store_true")
    parser.add_argument("--servers", type=int, default=1)
    parser.add_argument("--browsers", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))  # its servers end with it
    report: dict[str, Any] = {"browsers_s": []}
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        room = stack.enter_context(servers(home, given.servers, given.sessions, pool=given.pool))
        stack.enter_context(browsers(room.url, given.browsers, report["browsers_s"]))
        machine = detect()
        print(
            f"{machine.cpu}, {os.cpu_count()} processors; {given.sessions} sessions, {given.jobs} jobs",
            flush=True,
        )
        asyncio.run(run(room, given, report))
    say(report)
    if given.json:
        given.json.write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
