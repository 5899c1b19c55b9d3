"""Who takes the processor while the app measures: the share of server, browser and worker, second by second.

    python tests/benchmarks/watching.py [--page ladder] [--settings size=256,budget=1] [--rounds 3] [--cli]

Opens the page in a Chromium without a window, presses its button and watches, until the job is done, how much
of one processor each of the three takes; then it says how many of the measurements were marked as disturbed.
`--cli` runs the same job as the command line does, without server and browser, in turns with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import mean
from typing import Any

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from browsers import chromium  # noqa: E402
from playwright.sync_api import Page  # noqa: E402
from servers import serve  # noqa: E402
from visitor import APP, BUTTONS, visit  # noqa: E402

from accel_core import runner  # noqa: E402
from accel_core.machine import detect  # noqa: E402
from accel_core.model import Measurement  # noqa: E402
from accel_core.store import Store  # noqa: E402

WORKER = "accel_core.runner.worker"
EVERY_S = 0.5
MOST_S = 300.0
PARTS = ("server", "browser", "worker")


def part_of(process: psutil.Process) -> str | None:
    """Which of PARTS a process of ours belongs to."""
    words = " ".join(process.cmdline())
    if WORKER in words:
        return "worker"
    if "streamlit run" in words or "-m streamlit" in words:
        return "server"
    return "browser" if "chrom" in words.lower() else None


class Watch:
    """CPU seconds of the three since the start, of processes that end too."""

    def __init__(self) -> None:
        self._last: dict[int, float] = {}
        self.used_s = dict.fromkeys(PARTS, 0.0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Watch:
        self._count(first=True)
        self.began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._count()
        self.took_s = time.monotonic() - self.began

    def _look(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._count()

    def _count(self, first: bool = False) -> None:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                part, times = part_of(process), process.cpu_times()
                used_s = times.user + times.system
                if part is not None and not first:
                    self.used_s[part] += used_s - self._last.get(process.pid, 0.0)
                self._last[process.pid] = used_s

    def shares(self) -> dict[str, float]:
        """Processors that each kept busy, on average."""
        return {part: used_s / self.took_s for part, used_s in self.used_s.items()}


Run = tuple[Watch, list[Measurement]]


def on_the_page(page: Page, url: str, name: str, settings: dict[str, str], home: Path) -> Run:
    """Press the button of the page and wait for the end of its job."""
    visit(page, url, name, **settings)
    time.sleep(2)
    before = known(home)
    with Watch() as watch:
        page.get_by_role("button", name=BUTTONS[name]).first.click()
        page.wait_for_selector("[data-testid='stProgress']")
        page.wait_for_selector("[data-testid='stProgress']", state="detached", timeout=1000 * MOST_S)
    return watch, [m for m in known(home).values() if m.id not in before]


def known(home: Path) -> dict[str, Measurement]:
    """The measurements in the store of `home`, by id."""
    return {m.id: m for m in Store(f"sqlite:///{home / 'records.db'}").measurements(detect().fingerprint)}


def on_the_command_line(job: dict[str, Any]) -> Run:
    """The same job without server and browser."""
    with Watch() as watch:
        results = runner.run(job, "watching")
    return watch, [result for result in results if isinstance(result, Measurement)]


def text(where: str, watch: Watch, found: list[Measurement]) -> str:
    """One run as a line."""
    shares = ", ".join(f"{part} {100 * share:5.1f} %" for part, share in watch.shares().items())
    marked = sum(m.disturbed for m in found)
    return f"{where:<8} {watch.took_s:6.1f} s: {shares}; {marked} of {len(found)} marked disturbed"


def runs(options: argparse.Namespace) -> Iterator[str]:
    settings = dict(one.split("=") for one in options.settings.split(",") if one)
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["ACCEL_HOME"] = os.environ["ACCEL_QUEUE"] = str(home)
        url = stack.enter_context(serve(APP, home))
        page = stack.enter_context(chromium()).new_page(viewport={"width": 1440, "height": 900})
        totals: dict[str, list[float]] = {part: [] for part in PARTS}
        for _ in range(options.rounds):
            watch, found = on_the_page(page, url, options.page, settings, home)
            for part, share in watch.shares().items():
                totals[part].append(share)
            yield text("page", watch, found)
            if options.cli:
                page.goto("about:blank")
                budget_s, cases = float(settings.get("budget", 1)), [case_of(m) for m in found]
                job = {"kind": "bench", "cases": cases, "budget_s": budget_s}
                yield text("command", *on_the_command_line(job))
        shares = [f"{part} {100 * mean(each):.1f} %" for part, each in totals.items()]
        yield f"mean of the page: {', '.join(shares)}"


def case_of(measurement: Measurement) -> dict[str, Any]:
    """The case that a measurement answers, as plain data."""
    names = ("kernel", "size", "dtype", "threads", "parameters")
    return {name: getattr(measurement, name) for name in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", default="ladder", choices=sorted(BUTTONS))
    parser.add_argument("--settings", default="size=256,budget=1")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cli", action="store_true")
    for line in runs(parser.parse_args()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
