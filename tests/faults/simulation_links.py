"""Many links to simulations that take long, many of them at once: the server's memory and its answers.

    python tests/faults/simulation_links.py [--links 40] [--at-once 8] [--app app/main.py]

Each link asks for other traversals of the largest size, with a late window and small blocks, in a tab that
stays open until the end. A quiet tab opens another page all the while. Memory is the server's resident set.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice, product
from pathlib import Path

import psutil

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(TESTS / "browser")]

from servers import serve  # noqa: E402
from session import Answer, Session  # noqa: E402

MEGA = 1 << 20
ORDERS, TILES = ("ijk", "jik", "jki", "kji"), ("2", "none", "3", "4")


def links(number: int, size: int = 256) -> Iterator[dict[str, str]]:
    """So many different ones; a window begins in the last tenth."""
    kinds = islice(cycle(product(TILES, ORDERS)), number)
    for at, (tiles, order) in enumerate(kinds):
        yield {
            "order": order,
            "beside": "ikj" if tiles == "none" else "without blocks",
            "n": str(size),
            "tiles": tiles,
            "cache": "this CPU",
            "pad": str((0, 1, 2, 4, 8, 16)[at % 6]),
            "from": str(int(1.8 * size**3) - 1000 * at),
        }


class Watch(threading.Thread):
    """The most memory that a process had, looked at ten times a second."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self.process, self.most, self._over = process, 0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.1):
            self.most = max(self.most, self.now())

    def now(self) -> int:
        return int(self.process.memory_info().rss)

    def end(self) -> None:
        self._over.set()
        self.join()


def bystander(url: str, over: threading.Event) -> list[float]:
    """How long another page takes, again and again."""
    took: list[float] = []
    with Session(url) as tab:
        while not over.wait(0.5):
            took.append(tab.visit("ladder").took_s)
    return took


def attack(url: str, at_once: int, asked: list[dict[str, str]], stack: ExitStack) -> list[Answer]:
    """Each link in a tab of its own, so many at once."""

    def work(link: dict[str, str]) -> Answer:
        return stack.enter_context(Session(url)).visit("traversal", link, 600)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(work, asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--links", type=int, default=40)
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--app", type=Path, default=TESTS.parent / "app" / "main.py")
    given = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(serve(given.app.resolve(), home))
        server = psutil.Process().children()[0]
        with Session(url) as first:
            first.visit("traversal", timeout_s=600)  # the simulator is compiled
            first.visit("ladder")
        watch, over = Watch(server), threading.Event()
        before, cpu_s, began = watch.now(), sum(server.cpu_times()[:2]), time.monotonic()
        watch.start()
        with ThreadPoolExecutor(1) as aside:
            quiet = aside.submit(bystander, url, over)
            answers = attack(url, given.at_once, list(links(given.links)), stack)
            over.set()
            waited = quiet.result()
        took_s = time.monotonic() - began
        watch.end()
        times = sorted(answer.took_s for answer in answers)
        print(f"{len(answers)} links, {given.at_once} at once, in {took_s:.1f} s")
        print(f"server CPU                 {sum(server.cpu_times()[:2]) - cpu_s:8.1f} s")
        print(f"a link, median and longest {statistics.median(times):8.1f} s {times[-1]:8.1f} s")
        print(f"another page meanwhile     {statistics.median(waited):8.2f} s {max(waited):8.2f} s")
        print(f"links with an error        {sum(bool(answer.errors) for answer in answers):8d}")
        print(f"memory before              {before / MEGA:8.0f} MiB")
        print(f"memory at most             {watch.most / MEGA:8.0f} MiB")
        print(f"memory after, tabs open    {watch.now() / MEGA:8.0f} MiB")


if __name__ == "__main__":
    main()
