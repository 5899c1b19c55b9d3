"""What one hostile visitor of an open room costs the others, as the README's table says it.

    python tests/faults/greedy_tabs.py [--seconds 10]

Starts a server of a recorded machine (nothing is measured) and treats it badly from this host: tabs that never
finish their messages, files that no page asked for, and tabs that ask for run after run. Memory is the server's
resident one; a wait is what another tab has from a move to the end of the page's script.
"""

from __future__ import annotations

import argparse
import base64
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / "browser")]

from knocking import ask, session  # noqa: E402
from servers import serve  # noqa: E402

from accel_core.limits import TABS_PER_ADDRESS  # noqa: E402

MESSAGE_BYTES = 3_900_000
"""Just below server.maxMessageSize."""
PAGES = ("ladder", "lab", "roofline", "fusion")


def memory_bytes(server: str) -> int:
    """What the process that listens there holds."""
    port = urlsplit(server).port
    (pid,) = {
        found.pid
        for found in psutil.net_connections("tcp")
        if found.laddr and found.laddr.port == port and found.status == psutil.CONN_LISTEN
    }
    return int(psutil.Process(pid).memory_info().rss)


@contextmanager
def unfinished(server: str) -> Iterator[bool]:
    """A tab that sends all but the end of a message; whether it was let in."""
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname, parts.port), timeout=30) as wire:
        lines = [
            "GET /_stcore/stream HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Origin: {server}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        ]
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        let_in = b" 101 " in wire.recv(4096).splitlines()[0]
        if let_in:  # a binary frame, its length in 8 bytes, masked with zeros
            wire.sendall(b"\x82\xff" + MESSAGE_BYTES.to_bytes(8, "big") + bytes(4) + bytes(MESSAGE_BYTES - 1))
        yield let_in


@contextmanager
def flood(server: str, tabs: int) -> Iterator[None]:
    """So many tabs that ask for a page again as soon as they have it."""
    ended = threading.Event()

    def again(number: int) -> None:
        with suppress(Exception), session(server) as tab:
            while not ended.is_set():
                tab.rerun(PAGES[number % len(PAGES)])
                tab.frames.clear()

    threads = [threading.Thread(target=again, args=[number], daemon=True) for number in range(tabs)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(2)  # until all of them are at it
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(60)


def waits(server: str, seconds: float) -> str:
    """What another tab waits for its pages, one move a second."""
    took_s = []
    until = time.monotonic() + seconds
    with session(server) as tab:
        while time.monotonic() < until or len(took_s) < len(PAGES):
            began = time.monotonic()
            tab.rerun(PAGES[len(took_s) % len(PAGES)])
            took_s.append(time.monotonic() - began)
            time.sleep(max(0.0, 1 - took_s[-1]))
    worst = quantiles(took_s, n=20)[-1]
    return f"median {median(took_s):.2f} s, 95 % below {worst:.2f} s, of {len(took_s)}"


def report(server: str, seconds: float) -> None:
    with session(server) as tab:
        for page in ("", *PAGES, "traversal"):
            tab.rerun(page)
        number = tab.rerun().new_session.initialize.session_id
        before = memory_bytes(server)
        print(f"the server, every page opened once: {before / 1e6:.0f} MB")
        codes = {
            ask(server, f"/_stcore/upload_file/{number}/{n}", "PUT", bytes(900_000)).status for n in range(50)
        }
        print(f"50 files of 0.9 MB: answered {codes}, {(memory_bytes(server) - before) / 1e6:+.0f} MB")
    with ExitStack() as open_tabs:
        let_in = [open_tabs.enter_context(unfinished(server)) for _ in range(TABS_PER_ADDRESS[1] + 10)]
        time.sleep(2)
        held = (memory_bytes(server) - before) / 1e6
        print(f"{len(let_in)} tabs that never finish a message of 3.9 MB: {sum(let_in)} let in, {held:+.0f} MB")
    time.sleep(2)
    print(f"after they left: {(memory_bytes(server) - before) / 1e6:+.0f} MB")
    print(f"another tab, alone: {waits(server, seconds)}")
    for tabs in (1, 8, 64):
        with flood(server, tabs):
            print(f"another tab, beside {tabs} that ask again and again: {waits(server, seconds)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each wait is observed")
    seconds = parser.parse_args().seconds
    machine = REPOSITORY / "tests" / "machines" / "linux-zen5-vm.json"
    with (
        tempfile.TemporaryDirectory() as home,
        serve(REPOSITORY / "app" / "main.py", Path(home), ACCEL_MACHINE=str(machine)) as server,
    ):
        report(server, seconds)


if __name__ == "__main__":
    main()
