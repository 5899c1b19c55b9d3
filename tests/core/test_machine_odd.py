"""Hosts of which parts are missing, unreadable or nonsense: what is left is described, nothing is raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
import recorded_hosts as hosts
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.cache import cpu_caches
from accel_core.machine import last_level_bytes, measuring_cpus, sharers
from accel_core.machine.decide import decide
from accel_core.machine.recorded import partials
from accel_core.model import Machine

SMALL = [name for name in hosts.NAMES if name.startswith("linux-") and len(hosts.load(name)["files"]) < 700]
ODD = st.sampled_from(
    [
        "",
        "\n",
        "0\n",
        "-1\n",
        "0-\n",
        "7,3\n",
        "ffffffff\n",
        "0x\n",
        "K\n",
        "1e9\n",
        "\ufffd\x00\n",
        "²\n",
        "٣\n",
        "a: b\n",
        ":\n\n:",
    ]
) | st.text(max_size=40)


def obeys_the_laws(machine: Machine) -> None:
    assert machine.cores.allowed >= 1
    assert machine.clock_hz is None or machine.clock_hz > 0
    assert Machine.from_dict(json.loads(json.dumps(machine.to_dict()))) == machine
    for cache in machine.caches:
        assert cache.size_bytes > 0
        numbered = [cpu for group in cache.groups for cpu in group.cpus]
        assert len(numbered) == len(set(numbered))
    for threads in (1, 2, machine.cores.allowed):
        cpus = measuring_cpus(machine, threads)
        assert len(cpus) in (0, threads)
        assert 1 <= sharers(machine, "L3", cpus, threads) <= max(threads, 1)
        assert last_level_bytes(machine, cpus) >= 0
    cpu_caches(machine)


@pytest.mark.parametrize("name", SMALL)
@settings(max_examples=10)
@given(data=st.data())
def test_a_host_with_odd_files_is_still_a_machine(name: str, data: st.DataObject) -> None:
    host = hosts.load(name)
    files: dict[str, Any] = dict(host["files"])
    paths = sorted(files)
    for path in data.draw(st.lists(st.sampled_from(paths), max_size=8, unique=True)):
        odd = data.draw(st.none() | ODD)
        if odd is None:
            del files[path]
        else:
            files[path] = odd
    allowed = data.draw(st.just(host["allowed"]) | st.lists(st.integers(0, 70), max_size=4, unique=True))
    obeys_the_laws(decide(partials({**host, "files": files, "allowed": sorted(allowed)})))


@pytest.mark.parametrize("name", SMALL)
def test_a_host_whose_folders_may_not_be_read_is_still_a_machine(name: str) -> None:
    host = hosts.load(name)
    for hidden in ("/proc/", "/sys/", "/sys/devices/system/cpu/online", "/topology/", "/cache/", ""):
        files = {path: text for path, text in host["files"].items() if hidden not in path}
        obeys_the_laws(decide(partials({**host, "files": files})))
