"""The servers of a large class: one or several on one store and one queue, a proxy before them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from servers import answers, free_port, kill_tree, serve  # noqa: E402

APP = REPOSITORY / "app" / "main.py"
HOSTS = 4
START_S = 90.0
IN_README = re.compile(r"^```haproxy\n(.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass
class Class:
    """Where a class goes, and what serves it."""

    url: str
    home: Path
    processes: list[psutil.Process]

    def resident_bytes(self) -> int:
        """Memory of all servers."""
        return sum(process.memory_info().rss for process in self.processes)


def limits(sessions: int) -> dict[str, str]:
    """What a server of so many sessions of one address is told."""
    room = str(sessions + 50)
    names = ("ACCEL_TABS", "ACCEL_TABS_PER_ADDRESS", "ACCEL_WAITING", "ACCEL_WAITING_PER_ADDRESS")
    return dict.fromkeys(names, room)


@contextmanager
def servers(home: Path, count: int, sessions: int, *, pool: bool = False) -> Iterator[Class]:
    """`count` servers whose records and queue lie in `home`, behind one address."""
    with ExitStack() as stack:
        variables = limits(sessions)
        if pool:
            variables["ACCEL_POOL"] = stack.enter_context(pretended_hosts(home))
        if count > 1:
            variables["ACCEL_STORE_URL"] = f"sqlite:///{home / 'records.db'}"
        urls = []
        for number in range(count):
            own = home if count == 1 else home / f"server {number}"
            own.mkdir(exist_ok=True)
            same = dict.fromkeys(("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK"), str(home))
            urls.append(stack.enter_context(serve(APP, own, **same, **variables)))
        url = urls[0] if count == 1 else stack.enter_context(balanced(home, urls))
        yield Class(url, home, [listening(one) for one in urls])


def listening(url: str) -> psutil.Process:
    """The process that listens at `url`."""
    port = int(url.rpartition(":")[2])
    found = next(c for c in psutil.net_connections("tcp") if c.laddr.port == port and c.status == "LISTEN")
    return psutil.Process(found.pid)


@contextmanager
def balanced(home: Path, urls: list[str]) -> Iterator[str]:
    """The address of a HAProxy before `urls`, configured as the README says with other ports."""
    program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if program is None:
        sys.exit("Several servers need HAProxy here: apt-get install haproxy, or leave --servers out.")
    port, file = free_port(), home / "haproxy.cfg"
    file.write_text(configured(port, [int(url.rpartition(":")[2]) for url in urls]), encoding="utf-8")
    process = subprocess.Popen([program, "-db", "-f", str(file)])
    try:
        url = f"http://localhost:{port}"
        until = time.monotonic() + START_S
        while not answers(f"{url}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit("HAProxy did not start with the configuration of the README.")
            time.sleep(0.1)
        yield url
    finally:
        kill_tree(process)


def configured(port: int, behind: list[int]) -> str:
    """The README's configuration, listening at `port` before servers at the ports `behind`."""
    found = IN_README.search((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    if found is None:
        sys.exit("The README holds no configuration of HAProxy.")
    text = found[1].replace("*:8080", f"127.0.0.1:{port}").replace("localhost:8080", f"localhost:{port}")
    lines = [line for line in text.splitlines() if not line.strip().startswith("server ")]
    lines += [f"    server s{n} 127.0.0.1:{p} cookie s{n} check" for n, p in enumerate(behind)]
    return "\n".join(lines) + "\n"


@contextmanager
def pretended_hosts(home: Path) -> Iterator[str]:
    """The address of a pool of HOSTS hosts on this computer, once all of them have joined it."""
    accel = [sys.executable, "-m", "accel_core", "pool"]
    address = f"tcp://127.0.0.1:{free_port()}"
    own = {**os.environ, "ACCEL_HOME": str(home), "PYTHONPATH": str(REPOSITORY), "ACCEL_POOL": address}
    port = address.rpartition(":")[2]
    with (home / "pool.log").open("w", encoding="utf-8") as log:
        start = [*accel, "start", "--local", str(HOSTS), "--port", port]
        process = subprocess.Popen(start, stdout=log, stderr=log, env=own)
        try:
            until = time.monotonic() + START_S
            while _joined([*accel, "status", "--json"], own) < HOSTS:
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(
                        f"The pool did not start: {(home / 'pool.log').read_text(encoding='utf-8')[-500:]}"
                    )
                time.sleep(1)
            yield address
        finally:
            kill_tree(process)


def _joined(status: list[str], environment: dict[str, str]) -> int:
    """How many hosts a pool has; 0 while it does not answer."""
    answer = subprocess.run(status, env=environment, capture_output=True, text=True, check=False)
    return len(json.loads(answer.stdout)["hosts"]) if answer.returncode == 0 else 0
