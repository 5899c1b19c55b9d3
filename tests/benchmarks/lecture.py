"""A lecture: phones that join and vote within a minute, and what they cost a run that is measured meanwhile.

    python tests/benchmarks/lecture.py [--phones 200] [--seconds 60] [--turns 5]

The phones are HTTP clients in a process beside the server's. Each joins at a moment of its own, loads the page,
asks for the state and then follows the hall as the page does; it votes some seconds later and changes its vote;
every fifth loads the page anew and looks whether its vote is still there. An answer's time is that of a page, a
state or a vote; how long a state is held back while nothing changes is not one. A vote counts as lost if the
server said that it was taken and the hall's file does not hold it, or if it was never answered.

The run: one thread, measured in turns with no phone there and with all of them in a hall whose vote is closed,
as it is while a run is live. `--seconds 0` leaves the votes out, `--turns 0` the run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / name) for name in ("browser", "core", "benchmarks")]

from many_records import APP, server_of  # noqa: E402
from servers import serve  # noqa: E402

from accel_core import runner  # noqa: E402
from accel_core.hall import COMMIT, RUN, Halls  # noqa: E402
from accel_core.machine import detect  # noqa: E402

LESSON = "library"
RELOADS = 5
"""Of so many phones one loads the page anew."""
CASE = {"kernel": "matmul/compiled_ikj", "size": 256, "threads": 1}
RUN_S = 1.0
SETTLE_S = 2.0
ANSWER_S = 30.0


class Phone:
    """One HTTP client with its cookie and a connection that it keeps."""

    def __init__(self, url: str, code: str) -> None:
        self.host, self.at = urlsplit(url).netloc, f"/join/{code}"
        self.cookie, self.turn, self.said = "", "", ""
        self.took: dict[str, list[float]] = defaultdict(list)
        self.faults: list[str] = []
        self.unanswered = 0
        self.wire: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, what: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON, or None for a page; its time is kept under `what`, unless that is empty."""
        start, kept = time.perf_counter(), self.wire is not None
        try:
            try:
                answer = await asyncio.wait_for(self._ask(path, body), ANSWER_S)
            except (ConnectionError, asyncio.IncompleteReadError):
                if not kept:
                    raise
                self.wire = None  # the server closes connections on which nothing is asked: browsers ask anew
                answer = await asyncio.wait_for(self._ask(path, body), ANSWER_S)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as fault:
            self.faults.append(f"{what or 'follow'}: {fault!r}")
            self.wire = None
            return None
        if what:
            self.took[what].append(time.perf_counter() - start)
        return answer

    async def _ask(self, path: str, body: dict[str, Any] | None) -> Any:
        if self.wire is None:
            host, _, port = self.host.rpartition(":")
            self.wire = await asyncio.open_connection(host, int(port))
        reader, writer = self.wire
        sent = b"" if body is None else json.dumps(body).encode()
        lines = [f"{'GET' if body is None else 'POST'} {self.at}{path} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"Cookie: {self.cookie}"] if self.cookie else []
        if body is not None:
            lines += [f"Origin: http://{self.host}", "Content-Type: application/json"]
            lines += [f"Content-Length: {len(sent)}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + sent)
        status, *headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = [line.partition(": ")[::2] for line in headers if line]
        known = {name.lower(): value for name, value in named}
        data = await reader.readexactly(int(known["content-length"]))
        if " 200 " not in status:
            raise ValueError(f"{status} {data[:100]!r}")
        if "set-cookie" in known:
            self.cookie = known["set-cookie"].partition(";")[0]
        return json.loads(data) if known["content-type"].startswith("application/json") else None

    async def load(self) -> Any:
        """What a browser asks for when the page is opened."""
        await self.ask("page", "")
        state = await self.ask("state", "/state")
        self.turn = state["turn"] if state else ""
        return state

    async def vote(self, pick: random.Random) -> None:
        said = str(round(10 ** pick.uniform(0, 6), 1))
        taken = await self.ask("vote", "/vote", {"at": 0, "step": COMMIT, "said": said})
        self.unanswered += taken is None
        if taken is not None:
            self.said = taken["said"]

    async def follow(self) -> None:
        """Ask again and again, as the page does; on a connection of its own, as browsers have several."""
        beside = Phone(f"http://{self.host}", self.at.rpartition("/")[2])
        beside.cookie, beside.turn = self.cookie, self.turn
        while True:
            state = await beside.ask("", f"/state?seen={beside.turn}")
            beside.turn = state["turn"] if state else ""
            await asyncio.sleep(state["again_s"] or random.uniform(0.05, 0.25) if state else 2.0)


async def take_part(phone: Phone, number: int, seconds: float, votes: bool) -> None:
    pick = random.Random(number)
    await asyncio.sleep(pick.uniform(0, 0.7 * seconds))
    await phone.load()
    following = asyncio.create_task(phone.follow())
    if votes:
        await asyncio.sleep(pick.uniform(0, 0.15 * seconds))
        await phone.vote(pick)
        await asyncio.sleep(pick.uniform(0, 0.15 * seconds))
        await phone.vote(pick)
        if number % RELOADS == 0:
            state = await phone.load()
            if state is not None and state["first"] != phone.said:
                phone.faults.append(f"after a reload: {state['first']}, not {phone.said}")
    else:
        await asyncio.sleep(3600)
    following.cancel()


async def all_phones(url: str, code: str, count: int, seconds: float) -> dict[str, Any]:
    phones = [Phone(url, code) for _ in range(count)]
    work = [take_part(phone, number, seconds, seconds > 0) for number, phone in enumerate(phones)]
    await asyncio.gather(*work)
    took: dict[str, list[float]] = defaultdict(list)
    for phone in phones:
        for what, times in phone.took.items():
            took[what] += times
    said = {phone.cookie.partition("=")[2]: phone.said for phone in phones}
    faults = [fault for phone in phones for fault in phone.faults]
    return {
        "took": took,
        "said": said,
        "faults": faults,
        "unanswered": sum(phone.unanswered for phone in phones),
    }


def hall_at(home: Path, step: str) -> str:
    """The code of a hall in this data folder that is at the step; the server finds it there."""
    halls = Halls(lambda: home / "halls")
    hall = halls.open([LESSON])
    while hall.step != step:
        hall.forward()
    halls.keep(hall)
    return hall.code


@contextmanager
def phones(url: str, code: str, options: argparse.Namespace, seconds: float) -> Iterator[subprocess.Popen[str]]:
    """All phones, in a process of their own."""
    command = [sys.executable, __file__, "--server", url, "--code", code, "--phones", str(options.phones)]
    process = subprocess.Popen(
        [*command, "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def voting(url: str, home: Path, options: argparse.Namespace) -> None:
    code, server = hall_at(home, COMMIT), server_of(url)
    used_s, start = sum(server.cpu_times()[:2]), time.perf_counter()
    with phones(url, code, options, options.seconds) as process:
        found = json.loads(process.communicate()[0])
    used = (sum(server.cpu_times()[:2]) - used_s) / (time.perf_counter() - start)
    kept = json.loads((home / "halls" / f"{code}.json").read_text(encoding="ascii"))["asked"][0]["first"]
    lost = sum(kept.get(voter) != said for voter, said in found["said"].items()) + found["unanswered"]
    print(f"{'answer':<8} {'number':>7} {'median (s)':>11} {'95 % (s)':>9} {'longest (s)':>12}")
    every = [one for times in found["took"].values() for one in times]
    for what, times in (*found["took"].items(), ("all", every)):
        at95 = quantiles(times, n=20)[-1]
        print(f"{what:<8} {len(times):>7} {median(times):>11.4f} {at95:>9.4f} {max(times):>12.4f}")
    print(
        f"phones: {len(found['said'])}, votes lost: {lost}, votes too many: {len(kept.keys() - found['said'])}"
    )
    print(f"the server used {used:.2f} processors; faults: {found['faults'][:3] or 'none'}")


def running(url: str, home: Path, options: argparse.Namespace) -> None:
    code, server = hall_at(home, RUN), server_of(url)
    job = {"kind": "bench", "cases": [CASE], "budget_s": RUN_S}
    runner.run(job, "lecture")  # compiled
    alone, beside, used = [], [], []
    for turn in range(options.turns):
        for there in (False, True) if turn % 2 else (True, False):
            if not there:
                alone.append(one_run(job))
                continue
            with phones(url, code, options, 0):
                time.sleep(SETTLE_S)
                before, start = sum(server.cpu_times()[:2]), time.perf_counter()
                beside.append(one_run(job))
                used.append((sum(server.cpu_times()[:2]) - before) / (time.perf_counter() - start))
    ratios = sorted(with_phones / without for with_phones, without in zip(beside, alone, strict=True))
    print(
        f"a run of one thread beside {options.phones} phones, in {options.turns} turns with one without them: "
    )
    print(f"{100 * (median(ratios) - 1):+.1f} % in the median, {100 * (ratios[0] - 1):+.1f} to ", end="")
    print(f"{100 * (ratios[-1] - 1):+.1f} %; without phones alone the slowest turn is ", end="")
    print(f"{100 * (max(alone) / min(alone) - 1):.1f} % above the fastest")
    print(f"the server used {median(used):.3f} processors for the phones meanwhile")


def one_run(job: dict[str, Any]) -> float:
    (found,) = runner.run(job, "lecture")
    return float(found.time_s.median)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phones", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    parser.add_argument("--code", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:  # the phones' own process
        found = asyncio.run(all_phones(options.server, options.code, options.phones, options.seconds))
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory() as home, serve(APP, Path(home)) as url:
        here = detect()
        print(f"{here.cpu}, {here.cores.allowed} cores; {options.phones} phones in {options.seconds:g} s")
        if options.seconds:
            voting(url, Path(home), options)
        if options.turns:
            running(url, Path(home), options)


if __name__ == "__main__":
    main()
