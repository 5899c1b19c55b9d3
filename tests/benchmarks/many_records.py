"""Do years of records make the pages slower? The same pages over a store of few records and one of many.

    python tests/benchmarks/many_records.py [--few 100] [--many 100000] [--new-sizes] [--rounds 5] [--json F]

Both stores hold this machine's roofs and measurements of the cases that the pages offer, made up around the
registry's predictions: only their number differs. With `--new-sizes` they are of any sizes, as after long
sweeps, so that nearly every record is a case of its own. Each has a server of its own, and the two are asked
in turns. "First" is a page in a new tab of a server that runs already, "move" one of its sliders moved; times
are from the message to the end of the page's script (see `sessions`), medians of the rounds. Memory is that of
the server's process at the end. `accel roofline` is a process of its own. A page with few records may have
fewer rungs to draw.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / name) for name in ("browser", "core", "benchmarks")]

from figure_records import measurement, peaks  # noqa: E402
from servers import serve  # noqa: E402
from sessions import Tab  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from accel_core import registry  # noqa: E402
from accel_core.machine import detect, environment  # noqa: E402
from accel_core.model import Case, Measurement  # noqa: E402
from accel_core.store import Store, cases  # noqa: E402
from accel_core.store.tables import MEASUREMENTS  # noqa: E402
from app.catalogue import PAGES  # noqa: E402

APP = REPOSITORY / "app" / "main.py"
ADDRESSES = ("", *(page.name for page in PAGES[1:]))
YEARS = 3.0
BATCH = 5_000


def offered() -> list[Case]:
    """Every case that the pages' controls can ask for, of those that take less than a second."""
    found = []
    for workload in registry.WORKLOADS:
        for kernel, size, dtype in itertools.product(workload.kernels, workload.sizes, ("float32", "float64")):
            choices = [
                [(p.name, choice) for choice in p.choices] for p in kernel.parameters if p.name == "block"
            ]
            for threads in (1, 2) if kernel.threaded else (1,):
                for blocks in itertools.product(*choices):
                    found.append(Case(kernel.id, size, dtype, threads, {**kernel.defaults, **dict(blocks)}))
    return [case for case in found if registry.predicted_s(case) < 1.0]


def made_up(count: int, new_sizes: bool = False) -> Iterator[Measurement]:
    """`count` measurements over YEARS, oldest first, of sizes that the pages offer or of others."""
    pick, machine, versions = random.Random(0), detect(), environment()
    known, start = offered(), datetime.now(UTC) - timedelta(days=365 * YEARS)
    for number in range(count):
        case = pick.choice(known)
        if new_sizes:
            case = replace(case, size=pick.randint(case.size // 2 + 1, case.size))
        workload, _ = registry.kernel(case.kernel)
        shape = workload.shape(case.size)
        took_s = registry.predicted_s(case) * pick.lognormvariate(0, 0.1)
        like = measurement(case.kernel.partition("/")[2], 1e9)
        yield replace(
            like,
            workload=workload.name,
            kernel=case.kernel,
            size=case.size,
            shape=tuple(shape),
            dtype=case.dtype,
            threads=case.threads,
            parameters=dict(case.parameters),
            time_s=replace(like.time_s, median=took_s, low=0.99 * took_s, high=1.01 * took_s, n=40),
            samples_s=tuple(took_s * pick.lognormvariate(0, 0.02) for _ in range(40)),
            flop=workload.flop(shape),
            least_bytes=workload.least_bytes(shape, case.dtype),
            fingerprint=machine.fingerprint,
            environment=versions,
            created=(start + timedelta(days=365 * YEARS * number / count)).isoformat(timespec="microseconds"),
            id=uuid.uuid4().hex,
        )


def fill(home: Path, count: int, new_sizes: bool = False) -> None:
    """A store with roofs and `count` measurements in `home`."""
    store = Store(f"sqlite:///{home / 'records.db'}")
    known, machine = peaks(), detect()
    for part in (*known.ceilings, *known.latencies, *known.curve, known.clock):
        if part is not None:
            store.save_peak(machine.fingerprint, environment(), part)
    columns = ("id", "created", "fingerprint", "workload", "kernel", "dtype", "threads", "size")
    rows = ({**{c: getattr(m, c) for c in columns}, "payload": m.to_dict()} for m in made_up(count, new_sizes))
    for batch in itertools.batched(rows, BATCH) if sys.version_info >= (3, 12) else _batched(rows):
        with store.database.writing() as connection:
            connection.execute(insert(MEASUREMENTS), list(batch))
    lacking = 1
    while lacking:
        with store.database.writing() as connection:
            lacking = cases.add_missing(connection)


def _batched(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(itertools.islice(rows, BATCH)):
        yield batch


async def asked(url: str, page: str, moves: int, query: str = "") -> tuple[float, list[float]]:
    """Seconds of a page's first run in a new tab, and of some moves of its sliders."""
    tab = Tab(url, page, query)
    first = await tab.open()
    pick = random.Random(page)
    answers = [first, *[await tab.move(pick) for _ in range(moves if tab.sliders else 0)]]
    await tab.close()
    if faults := [fault for answer in answers for fault in answer.faults]:
        sys.exit(f"The page {page or 'machine'} failed: {faults[0]}")
    return first.took_s, [answer.took_s for answer in answers[1:]]


def pages(urls: dict[str, str], rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds by "page first" and "page move", then by store."""
    took: dict[str, dict[str, list[float]]] = {}
    for round_number in range(rounds + 1):  # the first compiles, loads and reads
        for page, (name, url) in itertools.product(ADDRESSES, urls.items()):
            first_s, moves_s = asyncio.run(asked(url, page, 4))
            if round_number:
                title = page or "machine"
                took.setdefault(f"{title} first", {}).setdefault(name, []).append(first_s)
                if moves_s:
                    took.setdefault(f"{title} move", {}).setdefault(name, []).extend(moves_s)
    for name, url in urls.items():
        first_s, _ = asyncio.run(asked(url, "roofline", 0, "points=all"))
        took.setdefault("roofline all points, first time", {})[name] = [first_s]
    return took


def command(home: Path) -> tuple[float, float]:
    """Seconds and MB of `accel roofline`."""
    target = home / "roofline.html"
    start = time.perf_counter()
    line = [sys.executable, "-m", "accel_core", "roofline", "--html", str(target)]
    subprocess.run(
        line, cwd=REPOSITORY, env={**os.environ, "ACCEL_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - start, target.stat().st_size / 1e6


def server_of(url: str) -> psutil.Process:
    """The process that listens at `url`."""
    port = int(url.rpartition(":")[2])
    listening = next(c for c in psutil.net_connections("tcp") if c.laddr.port == port and c.status == "LISTEN")
    return psutil.Process(listening.pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--many", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--new-sizes", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, Any] = {}
    with ExitStack() as stack:
        homes = {name: Path(stack.enter_context(tempfile.TemporaryDirectory())) for name in ("few", "many")}
        for name, home in homes.items():
            fill(home, getattr(options, name), options.new_sizes)
        for name, home in homes.items():
            took_s, size_mb = command(home)
            rows.setdefault("accel roofline (s)", {})[name] = took_s
            rows.setdefault("accel roofline (MB)", {})[name] = size_mb
        urls = {name: stack.enter_context(serve(APP, home)) for name, home in homes.items()}
        for title, by_store in pages(urls, options.rounds).items():
            rows[f"{title} (s)"] = {name: median(values) for name, values in by_store.items()}
        for name, url in urls.items():
            rows.setdefault("server memory (MB)", {})[name] = server_of(url).memory_info().rss / 1e6
    print(f"{detect().cpu}; {options.few} and {options.many} records, {len(offered())} cases offered")
    print(f"{'':<40} {options.few:>10} {options.many:>10}      ratio")
    for title, values in rows.items():
        few, many = values["few"], values["many"]
        print(f"{title:<40} {few:>10.3f} {many:>10.3f} {many / few:>10.2f}")
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
