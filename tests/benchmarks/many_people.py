"""A class at work: many sessions on one server, each moving a slider every few seconds.

    python tests/benchmarks/many_people.py [--sessions 50] [--every 5] [--seconds 60] [--records 2000]

The sessions are spread over the pages and speak to the server as browsers do (see `sessions`), from one process
beside it; what browsers draw is not in the figures. Time is from the message of a move to the end of the page's
script. CPU of a run is that of the server's process while one session alone moves sliders. Memory of a session
is what the server's resident memory grew by while all of them were opened, each page having been opened before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / name) for name in ("browser", "core", "benchmarks")]

from many_records import APP, fill, server_of  # noqa: E402
from servers import serve  # noqa: E402
from sessions import Answer, Tab  # noqa: E402

from accel_core.machine import detect  # noqa: E402

PAGES = ("ladder", "lab", "roofline", "fusion")
ALONE = 12
"""Moves of one session, by which the CPU of a run is known."""


async def open_all(url: str, count: int) -> list[Tab]:
    tabs = [Tab(url, PAGES[number % len(PAGES)]) for number in range(count)]
    for tab in tabs:
        require(await tab.open())
    return tabs


async def at_work(tab: Tab, pick: random.Random, every_s: float, until_s: float) -> list[Answer]:
    """Moves of one reader, who waits for an answer before the next move."""
    answers = []
    await asyncio.sleep(pick.uniform(0, every_s))
    while (start := time.perf_counter()) < until_s:
        answers.append(require(await tab.move(pick)))
        await asyncio.sleep(max(0.0, every_s - (time.perf_counter() - start)))
    return answers


def require(answer: Answer) -> Answer:
    if answer.faults:
        sys.exit(f"A page failed: {answer.faults[0]}")
    return answer


async def cpu_of_runs(url: str, server: psutil.Process) -> dict[str, float]:
    """CPU seconds of one run of each page, in the mean, nobody else there."""
    found = {}
    for page in PAGES:
        tab, pick, used = Tab(url, page), random.Random(page), []
        require(await tab.open())
        for _ in range(ALONE):
            before = server.cpu_times()
            require(await tab.move(pick))
            after = server.cpu_times()
            used.append(after.user + after.system - before.user - before.system)
        await tab.close()
        found[page] = sum(used) / len(used)  # counted in ticks of 10 ms: their mean is finer
    return found


async def crowd(url: str, server: psutil.Process, options: argparse.Namespace) -> dict[str, Any]:
    for tab in await open_all(url, 2 * len(PAGES)):  # everything is loaded, and drawn once
        for _ in range(3):
            await tab.move(random.Random(0))
        await tab.close()
    cpu_s = await cpu_of_runs(url, server)
    before = server.memory_info().rss
    tabs = await open_all(url, options.sessions)
    session_bytes = (server.memory_info().rss - before) / options.sessions
    until_s = time.perf_counter() + options.seconds
    used_s = sum(server.cpu_times()[:2])
    work = [at_work(tab, random.Random(n), options.every, until_s) for n, tab in enumerate(tabs)]
    answers = await asyncio.gather(*work)
    used_s = sum(server.cpu_times()[:2]) - used_s
    took: dict[str, list[float]] = defaultdict(list)
    for tab, given in zip(tabs, answers, strict=True):
        took[tab.page] += [answer.took_s for answer in given]
        took["all"] += [answer.took_s for answer in given]
    rss = server.memory_info().rss
    for tab in tabs:
        await tab.close()
    return {
        "cpu_s": cpu_s,
        "session_bytes": session_bytes,
        "server_bytes": rss,
        "processors": used_s / options.seconds,
        "moves": {page: len(times) for page, times in took.items()},
        "median_s": {page: median(times) for page, times in took.items()},
        "p95_s": {page: quantiles(times, n=20)[-1] for page, times in took.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--every", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home), options.records)
        with serve(APP, Path(home)) as url:
            found = asyncio.run(crowd(url, server_of(url), options))
    print(f"{detect().cpu}; {options.sessions} sessions, one move each every {options.every:g} s")
    print(f"{'page':<10} {'moves':>6} {'median (s)':>11} {'95 % (s)':>9} {'CPU of a run, alone (ms)':>25}")
    for page in (*PAGES, "all"):
        cpu = f"{1e3 * found['cpu_s'][page]:.0f}" if page in found["cpu_s"] else ""
        line = f"{found['moves'][page]:>6} {found['median_s'][page]:>11.2f} {found['p95_s'][page]:>9.2f}"
        print(f"{page:<10} {line} {cpu:>25}")
    session_mb, server_mb = (found[name] / 1e6 for name in ("session_bytes", "server_bytes"))
    print(f"a session: {session_mb:.2f} MB; server at the end: {server_mb:.0f} MB")
    print(f"the server used {found['processors']:.2f} processors")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
