"""On which processors is measured, and which caches these touch."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import recorded_hosts as hosts

from accel_core.machine import cache_of, last_level_bytes, measuring_cpus, sharers
from accel_core.machine.places import ranked
from accel_core.machine.recorded import machine_of
from accel_core.model import CacheGroup, CacheLevel, Machine

KIB, MIB = 1024, 1024**2


def test_a_thread_a_core_comes_first_then_fast_cores_then_high_numbers() -> None:
    pairs = [(0, 1), (2, 3)]
    assert ranked((0, 1, 2, 3), pairs) == (2, 0, 3, 1)
    assert ranked((0, 1, 2, 3, 4, 5), [*pairs, (4,), (5,)], fast=(0, 1, 2, 3)) == (2, 0, 5, 4, 3, 1)
    assert ranked((1, 3), pairs) == (3, 1)  # the only allowed thread of a core is its first
    assert ranked((), pairs) == ()


def test_the_die_that_is_described_is_the_one_that_is_measured() -> None:
    machine = hosts.machine("linux-7950x3d")
    assert measuring_cpus(machine, 1) == (15,)
    l3 = machine.cache("L3")
    assert l3 is not None
    assert (l3.size_bytes, l3.shared_cpus, l3.instances) == (32 * MIB, (*range(8, 16), *range(24, 32)), 1)
    assert sorted(group.size_bytes for group in l3.groups) == [32 * MIB, 96 * MIB]


def test_a_job_on_the_other_die_has_the_other_cache() -> None:
    host = hosts.load("linux-7950x3d")
    machine = machine_of({**host, "allowed": list(range(8))})
    assert machine.cache("L3").size_bytes == 96 * MIB  # type: ignore[union-attr]
    assert last_level_bytes(machine, measuring_cpus(machine, 8)) == 96 * MIB


def test_each_processor_has_the_cache_of_its_die() -> None:
    machine = hosts.machine("linux-7950x3d")
    sizes = {cpu: group.size_bytes for cpu in (0, 7, 8, 31) if (group := cache_of(machine, "L3", cpu))}
    assert sizes == {0: 96 * MIB, 7: 96 * MIB, 8: 32 * MIB, 31: 32 * MIB}
    assert cache_of(machine, "L3", 99) is None
    assert cache_of(machine, "L4", 0) is None


def test_a_fourth_level_counts_as_what_memory_must_not_lie_in() -> None:
    """The eDRAM of a Broadwell, listed in sysfs, and the shared caches of a z12, listed in /proc/cpuinfo."""
    files = {"/sys/devices/system/cpu/online": "0-1\n"}
    for cpu in "01":
        for level, size in ((1, "32K"), (2, "256K"), (3, "6144K"), (4, "131072K")):
            folder = f"/sys/devices/system/cpu/cpu{cpu}/cache/index{level}"
            shared = cpu if level < 3 else "0-1"
            files |= {f"{folder}/level": f"{level}", f"{folder}/type": "Unified", f"{folder}/size": size}
            files |= {f"{folder}/shared_cpu_list": shared}
    edram = machine_of({"system": "Linux", "architecture": "x86_64", "allowed": [0, 1], "files": files})
    assert [cache.level for cache in edram.caches] == ["L1", "L2", "L3", "L4"]
    assert last_level_bytes(edram, (0,)) == 128 * MIB and sharers(edram, "L4", (0, 1)) == 2
    z12 = hosts.machine("linux-z12-guest")
    assert [(cache.level, cache.size_bytes) for cache in z12.caches[2:]] == [
        ("L3", 48 * MIB),
        ("L4", 384 * MIB),
    ]
    assert last_level_bytes(z12, (0,)) == 384 * MIB and sharers(z12, "L4", (0, 1, 2)) == 3


@pytest.mark.parametrize(("threads", "shared"), [(1, 1), (2, 2), (8, 8), (9, 8)])
def test_sharers_are_the_most_of_any_cache_that_the_team_touches(threads: int, shared: int) -> None:
    machine = hosts.machine("linux-epyc-job")  # processors 7 to 15; 0 to 7 share an L3, and 8 to 15
    cpus = measuring_cpus(machine, threads)
    assert sharers(machine, "L3", cpus) == shared
    assert sharers(machine, "L2", cpus) == 1


def test_the_last_level_of_a_team_is_every_cache_that_it_touches_once() -> None:
    machine = hosts.machine("linux-epyc-9684x")  # 12 of 96 MiB, 8 cores each
    each = 96 * MIB
    for threads, touched in ((1, 1), (8, 1), (9, 2), (96, 12), (192, 12)):
        assert last_level_bytes(machine, measuring_cpus(machine, threads)) == touched * each
    job = hosts.machine("linux-epyc-job")
    assert last_level_bytes(job, (8, 15)) == 32 * MIB
    assert last_level_bytes(job, (7, 8)) == 64 * MIB


def test_a_processor_without_an_l3_counts_with_the_level_that_it_has() -> None:
    l2 = (CacheGroup(2, 2 * MIB, cpus=(0,)), CacheGroup(2, 1 * MIB, cpus=(1,)))
    l3 = (CacheGroup(3, 8 * MIB, cpus=(0,)),)
    levels = (CacheLevel("L2", 2 * MIB, groups=l2), CacheLevel("L3", 8 * MIB, groups=l3))
    machine = replace(hosts.machine("linux-zen5-vm"), caches=levels)
    assert last_level_bytes(machine, (0,)) == 8 * MIB
    assert last_level_bytes(machine, (0, 1)) == 9 * MIB


def test_where_threads_have_no_processors_they_may_touch_every_last_level_cache() -> None:
    machine = hosts.machine("darwin-m3-max")  # 2 x 16 MiB and 1 x 4 MiB of L2
    assert last_level_bytes(machine, ()) == 36 * MIB
    assert [sharers(machine, level, (), threads=12) for level in ("L1", "L2", "L3")] == [1, 6, 12]


def test_a_machine_without_known_caches_touches_none_and_shares_all() -> None:
    machine = hosts.machine("linux-odroid-c2")
    assert last_level_bytes(machine, (0, 1)) == 0
    assert sharers(machine, "L2", (0, 1)) == 2


def old_record(machine: Machine) -> Machine:
    data = json.loads(json.dumps(machine.to_dict()))
    for cache in data["caches"]:
        del cache["groups"]
    return Machine.from_dict(data)


def test_an_older_record_without_groups_is_read_and_answers_from_what_it_describes() -> None:
    machine = old_record(hosts.machine("linux-epyc-9684x"))
    assert machine.cache("L3").groups == ()  # type: ignore[union-attr]
    assert last_level_bytes(machine, (0,)) == 12 * 96 * MIB
    assert sharers(machine, "L3", tuple(range(88, 96))) == 8
    assert cache_of(machine, "L3", 95) == CacheGroup(3, 96 * MIB, 16, 64, (*range(88, 96), *range(184, 192)))
    plain = replace(machine, caches=tuple(replace(c, shared_cpus=()) for c in machine.caches))
    assert [sharers(plain, level, (0, 1, 2)) for level in ("L2", "L3")] == [1, 3]
