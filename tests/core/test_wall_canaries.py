"""What lies outside of the wall is never seen by a child, and a plain process would have seen it."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import walls

from accel_core.folders import PACKAGE
from accel_core.wall import Limits, start

if not walls.LINUX:
    pytest.skip("no wall stands on this system, as test_wall_standing tells", allow_module_level=True)

SCRIPT = Path(__file__).with_name("wall_attempts.py")
NAMES = [
    node.name
    for node in ast.parse(SCRIPT.read_text(encoding="utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
]
VARIABLE = "ACCEL_CANARY"
PERHAPS = {
    "opens_the_memory_of_another_process",
    "reads_the_memory_of_another_process",
    "traces_another_process",
    "opens_a_setting_of_the_whole_machine",
    "raises_a_limit",
    "reads_of_the_whole_hosts_timers",
    "writes_into_its_own_script",
    "writes_where_python_is",
}
"""What a system may refuse a plain process too: one without root's rights or files, or in a container."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Canaries of every kind, and where they are."""
    file = tmp_path_factory.mktemp("home") / "canary"
    file.write_text("canary")
    memory = Path("/dev/shm", f"canary-{os.getpid()}")
    memory.write_text("canary")
    lines = "import ctypes; told = ctypes.create_string_buffer(b'canary', 64)\n"
    lines += "print(ctypes.addressof(told), flush=True); input()"
    port, name = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    name.bind(f"\0canary-{os.getpid()}")
    name.listen()
    with subprocess.Popen(
        [sys.executable, "-c", lines], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout
        yield {
            "file": str(file),
            "variable": VARIABLE,
            "port": port.getsockname()[1],
            "abstract": f"canary-{os.getpid()}",
            "memory": memory.name,
            "victim": victim.pid,
            "address": int(victim.stdout.readline()),
        }
        victim.kill()
    port.close()
    name.close()
    memory.unlink()


def tried(told: dict[str, Any], walled: bool) -> dict[str, Any]:
    """What a child with all attempts says."""
    walls.require(walled)
    with pytest.MonkeyPatch.context() as patch, Path(told["file"]).open() as kept:
        patch.setenv(VARIABLE, "canary")
        os.set_inheritable(kept.fileno(), True)
        files, limits = {"job": b"canary"}, Limits(files=64)
        with start(SCRIPT, [json.dumps(told)], files=files, limits=limits, walled=walled) as child:
            child.ready(60)
            result: dict[str, Any] = json.loads(child.output())
            return result


@pytest.fixture(scope="module")
def plain(told: dict[str, Any]) -> dict[str, Any]:
    """Of a plain process."""
    return tried(told, False)


@pytest.fixture(scope="module")
def behind(told: dict[str, Any]) -> dict[str, Any]:
    """Of a child behind the wall."""
    return tried(told, True)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_plain_process_reaches_a_child_behind_the_wall_does_not(
    name: str, plain: dict[str, Any], behind: dict[str, Any]
) -> None:
    if name not in PERHAPS:
        assert plain["found"][name] == "reached"
    assert behind["found"][name] != "reached"


def test_a_child_sees_itself_alone_and_no_network(behind: dict[str, Any]) -> None:
    assert behind["processes"] == [1]
    assert behind["interfaces"] in ([], ["lo"])


def test_a_child_has_its_pipes_and_no_other_descriptor(behind: dict[str, Any]) -> None:
    assert set(behind["files"]) <= set(range(6))  # three standard ones, two pipes, and the listing itself


def test_a_child_has_a_fixed_short_environment(behind: dict[str, Any]) -> None:
    assert set(behind["environment"]) == {"HOME", "LANG", "PATH", "PWD", "TMPDIR"}


def test_a_child_sees_of_the_host_what_python_needs(behind: dict[str, Any]) -> None:
    system = (
        "/usr",
        "/lib",
        "/bin",
        "/sbin",
        "/etc/ld",
        "/etc/alternatives",
        "/proc",
        "/sys/devices/system/",
        "/dev",
        "/tmp",
        "/job",
    )
    needed = (sys.prefix, sys.base_prefix, *map(os.path.realpath, (sys.prefix, sys.base_prefix)), str(SCRIPT))
    others = [one for one in behind["mounts"] if not one.startswith((*system, *needed, str(PACKAGE)))]
    assert others == ["/"]  # which is bubblewrap's own and empty
