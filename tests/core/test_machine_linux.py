"""Linux: files below /proc and /sys, control groups, and what is read where parts are missing or odd."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import recorded_hosts as hosts

from accel_core.machine import partial as names
from accel_core.machine.arm import arm_processor
from accel_core.machine.cgroup import memory_left, memory_limit, quota
from accel_core.machine.decide import decide
from accel_core.machine.libraries import psutil_facts
from accel_core.machine.linux import CPU, cache_groups, clock_limit, core_groups, processors, read_file
from accel_core.machine.partial import Partial
from accel_core.machine.recorded import partials
from accel_core.machine.windows import registry
from accel_core.model import CacheGroup, Fact, Machine

KIB, MIB, GIB = 1024, 1024**2, 1024**3


def fact(machine: Machine, name: str) -> Fact:
    return next(f for f in machine.facts if f.name == name)


# -- Linux ---------------------------------------------------------------------------------------------------


def test_the_recorded_linux_host_is_known_completely() -> None:
    machine = hosts.machine("linux-zen5-vm")
    assert (machine.cpu, machine.vendor, machine.system) == ("AMD EPYC", "AuthenticAMD", "Linux")
    assert (machine.cores.physical, machine.cores.logical, machine.cores.allowed) == (2, 2, 2)
    assert [(c.level, c.size_bytes, c.ways, c.line_bytes, c.instances) for c in machine.caches] == [
        ("L1", 48 * KIB, 12, 64, 2),
        ("L2", 1 * MIB, 16, 64, 2),
        ("L3", 32 * MIB, 16, 64, 1),
    ]
    assert machine.cache("L3").shared_cpus == (0, 1)  # type: ignore[union-attr]
    assert machine.simd.width_bits == 512
    assert machine.memory_bytes == 24684092 * KIB


def test_the_cache_size_line_never_becomes_the_l3_but_is_shown_beside_it() -> None:
    l3 = fact(hosts.machine("linux-zen5-vm"), "L3 size")
    assert l3.value == 32 * MIB
    assert l3.others == (("/proc/cpuinfo, line 'cache size'", 1 * MIB),)
    assert "cache size" in l3.reason
    host = hosts.load("linux-zen5-vm")
    files = {path: text for path, text in host["files"].items() if "/cache/" not in path}
    assert decide(partials({**host, "files": files})).caches == ()


def test_a_hybrid_linux_host_names_both_kinds_of_cores() -> None:
    machine = hosts.machine("linux-alder-lake")
    assert (machine.cores.physical, machine.cores.logical) == (10, 16)
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (6, 4)
    assert fact(machine, names.CACHES).value == (
        "6 x L1 48 KiB 12-way, 4 x L1 32 KiB 8-way, "
        "1 x L2 2 MiB 16-way, 6 x L2 1.25 MiB 10-way, 1 x L3 20 MiB 10-way"
    )


def test_caches_are_those_of_a_performance_core_unless_only_others_are_allowed() -> None:
    host = hosts.load("linux-alder-lake")
    mixed = decide(partials({**host, "allowed": [15, 14, 10]}))
    slow = decide(partials({**host, "allowed": [14, 15]}))
    assert mixed.cache("L1").size_bytes == 48 * KIB  # type: ignore[union-attr]
    assert slow.cache("L1").size_bytes == 32 * KIB  # type: ignore[union-attr]
    assert slow.cache("L2").shared_cpus == (12, 13, 14, 15)  # type: ignore[union-attr]


def test_arm_capacities_tell_performance_from_efficiency_cores() -> None:
    host = hosts.load("linux-graviton3-container")
    capacity = {
        f"/sys/devices/system/cpu/cpu{i}/cpu_capacity": c for i, c in enumerate(["400\n"] * 2 + ["1024\n"] * 2)
    }
    machine = decide(partials({**host, "files": {**host["files"], **capacity}}))
    assert fact(machine, names.FAST_LIST).value == "2-3"
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (2, 2)


def test_an_arm_processor_is_named_by_its_numbers() -> None:
    machine = hosts.machine("linux-graviton3-container")
    assert (machine.cpu, machine.vendor) == ("ARM Neoverse-V1", "ARM")
    assert machine.simd.features == ("neon", "sve")
    assert machine.simd.width_bits == 128
    assert arm_processor("0x41", "0xfff") == ("ARM", "ARM part 0xfff")
    assert arm_processor("0x99", "0x001") == (None, "0x99 part 0x001")
    assert arm_processor("", "") == (None, None)


def test_a_kernel_without_cache_files_leaves_the_caches_unknown() -> None:
    machine = hosts.machine("linux-odroid-c2")
    assert machine.caches == ()
    assert machine.cpu == "ARM Cortex-A53"
    assert machine.memory_bytes is None
    assert fact(machine, names.CACHES).value is None
    assert machine.clock_hz == 1.536e9


def test_the_clock_limit_is_believed_before_the_clock_of_the_moment() -> None:
    clock = fact(hosts.machine("linux-alder-lake"), names.CLOCK)
    assert clock.value == 4.9e9
    assert ("/proc/cpuinfo", 800e6) in clock.others
    assert "hint" in clock.reason


def test_processors_that_lxcfs_counts_anew_are_known_by_the_affinity_mask() -> None:
    machine = hosts.machine("linux-lxcfs-cpuset")
    assert (machine.cores.physical, machine.cores.logical, machine.cores.allowed) == (2, 4, 4)
    assert fact(machine, names.CORE_LIST).value == "8,24; 9,25"
    assert [(c.level, c.size_bytes, c.shared_cpus) for c in machine.caches[:2]] == [
        ("L1", 32 * KIB, (9, 25)),
        ("L2", 1 * MIB, (9, 25)),
    ]
    assert machine.cache("L3").size_bytes == 11 * MIB  # type: ignore[union-attr]


@pytest.mark.parametrize(("group", "logical"), [("known", 4), ("unknown", 1)])
def test_a_pinned_process_of_such_a_container_asks_its_control_group(group: str, logical: int) -> None:
    host = hosts.load("linux-lxcfs-cpuset")
    files = {path: text for path, text in host["files"].items() if group == "known" or "cgroup" not in path}
    machine = decide(partials({**host, "files": files, "allowed": [25]}))
    assert (machine.cores.logical, machine.cores.allowed) == (logical, 1)
    assert machine.cache("L1").shared_cpus == (9, 25)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("online", "cpuset", "mask", "expected"),
    [
        ("0-3", "", (1, 3), (0, 1, 2, 3)),
        ("0-3", "0-3", (1, 3), (0, 1, 2, 3)),
        ("0-1", "4-5", (5,), (4, 5)),
        ("0-1", "6-7", (5,), (5,)),
        ("0-3", "2,8-10", (2,), (2, 8, 9, 10)),  # pinned to one that is in both
        ("0-7", "2-3", (2,), (0, 1, 2, 3, 4, 5, 6, 7)),  # a container without lxcfs
        ("0-1", "", (4, 5), (4, 5)),
        ("", "", (4, 5), (4, 5)),
        ("", "", (), ()),
    ],
)
def test_the_processors_are_those_online_unless_the_mask_has_others(
    online: str, cpuset: str, mask: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    files = {
        "/sys/devices/system/cpu/online": f"{online}\n",
        "/proc/self/cgroup": "5:cpuset:/box\n",
        "/sys/fs/cgroup/cpuset/box/cpuset.effective_cpus": f"{cpuset}\n",
    }
    assert processors(files.get, mask) == expected


# -- control groups ------------------------------------------------------------------------------------------


def test_a_quota_of_one_and_a_half_processors_allows_one_thread_and_says_why() -> None:
    machine = hosts.machine("linux-graviton3-container")
    assert machine.cores.quota == 1.5
    assert machine.cores.allowed == 1
    assert "1.5 of 4 processors" in fact(machine, names.ALLOWED).reason
    assert fact(machine, names.MEMORY_LIMIT).value == 2 * GIB


@pytest.mark.parametrize(
    ("granted", "allowed"), [(0.5, 1), (1.0, 1), (2.9, 2), (3.0, 3), (3.5, 3), (4.0, 4), (64.0, 4)]
)
def test_a_quota_is_rounded_down_to_whole_processors_but_at_least_one(granted: float, allowed: int) -> None:
    answers = [Partial("test", {names.LOGICAL: 4, names.ALLOWED_LIST: "0-3", names.QUOTA: granted})]
    assert decide(answers).cores.allowed == allowed


def test_the_smallest_quota_on_the_way_to_the_root_counts() -> None:
    files = {
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
        "/sys/fs/cgroup/cpu.max": "400000 100000\n",
    }
    assert quota(files.get) == 2.0


def test_version_one_quota_and_memory_are_read() -> None:
    files = {
        "/proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n",
        "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "300000\n",
        "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1000\n",
        "/sys/fs/cgroup/memory/x/memory.usage_in_bytes": "400\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert quota(files.get) == 3.0
    assert memory_limit(files.get) == 1000
    assert memory_left(files.get) == 600


@pytest.mark.parametrize(
    ("files", "left"),
    [
        (
            {
                "/proc/self/cgroup": "0::/\n",
                "/sys/fs/cgroup/memory.max": "1000\n",
                "/sys/fs/cgroup/memory.current": "990\n",
                "/sys/fs/cgroup/memory.stat": "anon 200\nfile 790\ninactive_file 700\nactive_file 90\n",
            },
            710,
        ),
        (
            {
                "/proc/self/cgroup": "4:memory:/\n",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1000\n",
                "/sys/fs/cgroup/memory/memory.usage_in_bytes": "990\n",
                "/sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 600\n",
            },
            610,
        ),
    ],
)
def test_files_that_were_read_long_ago_are_free_memory(files: dict[str, str], left: int) -> None:
    assert memory_left(files.get) == left


def test_version_one_writes_no_limit_as_a_huge_number() -> None:
    files = {
        "/proc/self/cgroup": "4:memory:/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert (memory_limit(files.get), memory_left(files.get)) == (None, None)


def test_without_control_groups_nothing_is_limited() -> None:
    assert (quota({}.get), memory_limit({}.get), memory_left({}.get)) == (None, None, None)


# -- missing and odd parts ------------------------------------------------------------------------------------


def test_a_part_of_proc_that_may_not_be_read_costs_that_part_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/proc/stat")

    monkeypatch.setattr("psutil.virtual_memory", forbidden)
    monkeypatch.setattr("psutil.cpu_freq", forbidden)
    facts = psutil_facts().facts
    assert facts.keys() == {names.LOGICAL, names.PHYSICAL}


def test_a_clock_of_zero_is_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psutil.cpu_freq", lambda: SimpleNamespace(current=0.0))
    assert psutil_facts().facts[names.CLOCK] is None
    limits = {"/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq": "0\n"}
    assert clock_limit(limits.get, (0,)).facts[names.CLOCK] is None
    assert registry({"~MHz": 0}).facts[names.CLOCK] is None


def test_a_file_is_read_in_whole_lines_whatever_its_bytes(tmp_path: Path) -> None:
    odd = tmp_path / "cpuinfo"
    odd.write_bytes(b"model name\t: caf\xe9\n" + b"flags\t\t: x\n" * 4000)
    text = read_file(str(odd))
    assert text is not None
    assert text.startswith("model name\t: caf\ufffd\n")
    assert set(text.splitlines()[1:]) == {"flags\t\t: x"}
    assert len(text) <= 16 * KIB
    assert read_file(str(tmp_path)) is None
    assert read_file(str(tmp_path / "missing")) is None


def test_a_cache_that_is_listed_twice_counts_once() -> None:
    files = {}
    for cpu in range(2):
        for index, level in enumerate((1, 2, 2)):  # the L2 under two indexes
            folder = f"{CPU}/cpu{cpu}/cache/index{index}"
            files |= {f"{folder}/level": f"{level}\n", f"{folder}/size": "64K\n", f"{folder}/type": "Unified\n"}
            files[f"{folder}/shared_cpu_list"] = f"{cpu}\n" if level == 1 else "0-1\n"
    found = cache_groups(files.get, (0, 1))
    assert [(group.level, group.cpus) for group in found] == [(1, (0,)), (2, (0, 1)), (1, (1,))]


def test_a_kernel_that_lists_masks_and_sets_alone_is_read() -> None:
    folder = f"{CPU}/cpu33/cache/index0"
    files = {
        f"{folder}/level": "1\n",
        f"{folder}/type": "Data\n",
        f"{folder}/number_of_sets": "64\n",
        f"{folder}/ways_of_associativity": "8\n",
        f"{folder}/coherency_line_size": "64\n",
        f"{folder}/shared_cpu_map": "00000003,00000000\n",
        f"{CPU}/cpu33/topology/thread_siblings": "00000003,00000000\n",
    }
    assert cache_groups(files.get, (33,)) == [CacheGroup(1, 32 * KIB, 8, 64, (32, 33))]
    assert core_groups(files.get, (33,)) == [(32, 33)]


def test_a_cache_of_no_size_is_no_cache() -> None:
    folder = f"{CPU}/cpu0/cache/index0"
    sizes = ("0K\n", "unknown size\n", "\n")
    for size in sizes:
        files = {f"{folder}/level": "1\n", f"{folder}/size": size, f"{folder}/type": "Data\n"}
        assert cache_groups(files.get, (0,)) == []
