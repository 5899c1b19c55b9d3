"""Every test has a data folder and a store of its own, so none can touch what the reader has measured.

Where it asks for one, it has a host of its own too.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import recorded_hosts
from hypothesis import settings
from postgres_server import PostgresServer

from accel_core.machine import detect, pretend, sources
from accel_core.model import Machine
from accel_core.store import engines

MOST_WORKERS = 8
"""More would wait for the longest file, and compile anew what another worker is just compiling."""

settings.register_profile("accel", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("accel")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """`-n auto`: a worker for each processor that this process may use, and none for tests of a single file.

    Files are handed out whole (a server, a browser, a set of compiled kernels each), so a single file would
    only wait for a worker to start, and could neither print as it runs nor stop in a debugger.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # as xdist does
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and Path(*files).is_file():
        return 0
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(processors, MOST_WORKERS)


@pytest.fixture(scope="module", autouse=True)
def _set_aside() -> None:
    """Garbage is collected around all that is timed, which would look at everything that is loaded by now."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def accel_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh ACCEL_HOME, with the store in it, for this test and the processes it starts."""
    home = tmp_path_factory.mktemp("accel_home")
    monkeypatch.setenv("ACCEL_HOME", str(home))
    monkeypatch.setenv("ACCEL_QUEUE", str(home))
    monkeypatch.setenv("ACCEL_HOST_LOCK", str(home))  # tests run side by side, and beside whoever measures
    monkeypatch.setenv("ACCEL_STORE_URL", f"sqlite:///{(home / 'records.db').as_posix()}")
    yield home


@pytest.fixture
def pretend_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Machine]]:
    """pretend_host("darwin-m2") puts that recorded host in the place of this one and returns it.

    That holds for this test and for the processes that it starts.
    """

    def pretend(name: str) -> Machine:
        monkeypatch.setenv("ACCEL_MACHINE", str(recorded_hosts.path_of(name)))
        recorded_hosts.forget_the_machine()
        return detect()

    yield pretend
    recorded_hosts.forget_the_machine()


@pytest.fixture
def host(
    request: pytest.FixtureRequest,
    pretend_host: Callable[[str], Machine],
    monkeypatch: pytest.MonkeyPatch,
) -> Machine | None:
    """The recorded host that this test runs on, `recorded_hosts.USUAL` unless `ON_EACH` or `ON_THIS` marks it.

    In this process it passes for one that was detected, so that pages are those of its owner and buttons can be
    pressed; in processes that the test starts it is a pretence, and they measure nothing. The machine below is
    not asked: who detects it fails.
    """
    name = getattr(request, "param", recorded_hosts.USUAL)
    if name == recorded_hosts.THIS:
        return None

    def forbidden() -> Machine:
        raise AssertionError("a test on a recorded host detected the machine below it")

    monkeypatch.setattr(sources, "detect", forbidden)
    monkeypatch.setattr(pretend, "read_machine", lambda path: recorded_hosts.machine(path.stem))
    return pretend_host(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started by the first test of this process that asks for one."""
    server = PostgresServer()
    yield server
    with suppress(RuntimeError):  # a test left it stopped
        server.close()


@pytest.fixture
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """The server, to which no connection stays open after the test: it takes 100, of all tests together."""
    yield postgres_server
    for engine in engines._engines.values():
        engine.dispose()
    engines._engines.clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A URL at which nothing was stored yet, of each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{(tmp_path / 'deep' / 'records.db').as_posix()}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url()
