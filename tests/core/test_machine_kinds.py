"""Which processors are of one kind of core, and which kind is the fastest."""

from __future__ import annotations

from typing import Any

import pytest
import recorded_hosts as hosts

from accel_core.machine import measuring_cpus
from accel_core.machine import partial as names
from accel_core.machine.cpuinfo import parse
from accel_core.machine.kinds import CPU, kinds
from accel_core.machine.recorded import machine_of
from accel_core.model import CacheGroup, Machine

KIB, MIB = 1024, 1024**2


def facts(machine: Machine) -> dict[str, Any]:
    return {fact.name: fact.value for fact in machine.facts}


def counts(machine: Machine) -> tuple[Any, Any, Any]:
    known = facts(machine)
    return known.get(names.FAST_CORES), known.get(names.SLOW_CORES), known.get(names.FAST_LIST)


def capacities(values: list[int]) -> dict[str, str]:
    return {f"{CPU}/cpu{cpu}/cpu_capacity": f"{value}\n" for cpu, value in enumerate(values)}


def clocks(khz: list[int]) -> dict[str, str]:
    return {f"{CPU}/cpu{cpu}/cpufreq/cpuinfo_max_freq": f"{value}\n" for cpu, value in enumerate(khz)}


def first_levels(sizes: list[int]) -> list[CacheGroup]:
    return [CacheGroup(1, size, 8, 64, (cpu,)) for cpu, size in enumerate(sizes)]


def groups_of(
    files: dict[str, str], count: int, caches: list[CacheGroup] | None = None, cpuinfo: str = ""
) -> tuple[tuple[int, ...], ...]:
    return kinds(files.get, range(count), caches or [], parse(cpuinfo))


# -- recorded hosts ------------------------------------------------------------------------------------------


def test_a_gb10_has_ten_cores_of_each_kind_and_the_name_of_the_fast_ones() -> None:
    machine = hosts.machine("linux-gb10")
    assert counts(machine) == (10, 10, "5-9,15-19")
    assert facts(machine)[names.KINDS] == "10 x ARM Cortex-X925, 10 x ARM Cortex-A725"
    assert (machine.cpu, machine.vendor) == ("ARM Cortex-X925", "ARM")
    assert measuring_cpus(machine, 10) == (5, 6, 7, 8, 9, 15, 16, 17, 18, 19)
    assert machine.cache("L2").size_bytes == 2 * MIB  # type: ignore[union-attr]


def test_a_process_on_slow_cores_alone_is_described_by_them_and_keeps_the_fingerprint() -> None:
    host = hosts.load("linux-gb10")
    slow = machine_of({**host, "allowed": [0, 1, 10]})
    assert slow.cpu == "ARM Cortex-A725"
    assert facts(slow)[names.PROCESSOR] == "ARM Cortex-X925"
    assert slow.cache("L2").size_bytes == 512 * KIB  # type: ignore[union-attr]
    assert slow.fingerprint == hosts.machine("linux-gb10").fingerprint


def test_a_gb10_whose_cpuinfo_was_cut_is_told_apart_by_capacity_or_by_its_registers() -> None:
    host = hosts.load("linux-gb10")
    first = host["files"]["/proc/cpuinfo"].partition("\n\n")[0] + "\n"
    files = {**host["files"], "/proc/cpuinfo": first}
    assert counts(machine_of({**host, "files": files})) == (10, 10, "5-9,15-19")
    fast = set(names.parse_cpu_list("5-9,15-19"))
    registers = {
        f"{CPU}/cpu{cpu}/regs/identification/midr_el1": f"0x00000000410fd{'85' if cpu in fast else '87'}1\n"
        for cpu in range(20)
    }
    unequal = {path: text for path, text in files.items() if "cpu_capacity" not in path}
    machine = machine_of({**host, "files": {**unequal, **registers}})
    assert counts(machine) == (10, 10, "5-9,15-19")
    assert machine.cpu == "ARM Cortex-X925"


def test_clusters_of_one_kind_that_reach_other_clocks_are_one_kind() -> None:
    machine = hosts.machine("linux-rk3588")  # two pairs of Cortex-A76 with capacities 1002 and 1024
    assert counts(machine) == (4, 4, "4-7")
    assert machine.cpu == "ARM Cortex-A76"
    assert [(c.size_bytes, c.ways) for c in machine.caches] == [(64 * KIB, 4), (512 * KIB, 8), (3 * MIB, 12)]


def test_of_four_kinds_the_fastest_counts_apart() -> None:
    machine = hosts.machine("linux-snapdragon-8-gen-2")
    assert counts(machine) == (1, 7, "7")
    told = facts(machine)[names.KINDS]
    assert told.startswith("1 x ARM Cortex-X3, ")
    assert sorted(told.split(", ")[1:]) == ["2 x ARM Cortex-A710", "2 x ARM Cortex-A715", "3 x ARM Cortex-A510"]


def test_an_intel_hybrid_without_lists_is_told_apart_by_its_first_level() -> None:
    machine = hosts.machine("linux-meteor-lake")
    assert counts(machine) == (6, 10, "0-11")
    assert machine.cache("L1").size_bytes == 48 * KIB  # type: ignore[union-attr]
    assert machine.cache("L3").shared_cpus == tuple(range(20))  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["linux-7950x3d", "linux-epyc-9684x", "linux-raspberry-pi-5", "linux-zen5-vm"])
def test_equal_cores_are_of_one_kind(name: str) -> None:
    assert counts(hosts.machine(name)) == (None, None, None)


# -- rules ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "groups"),
    [
        ([1007, 1024, 1011, 1024], 1),  # a Grace: hwloc issue 634
        ([718, 997, 731, 1017, 1024], 2),  # a GB10: hwloc issue 766
        ([446, 1024, 871, 446], 2),  # 871 to 1024 is one kind
        ([325, 630, 1024, 325], 3),
        ([1024, 1024], 1),
    ],
)
def test_small_differences_of_capacity_make_no_kinds(values: list[int], groups: int) -> None:
    found = groups_of(capacities(values), len(values))
    assert len(found) == groups
    assert max(values[cpu] for cpu in found[0]) == max(values)
    assert sorted(cpu for group in found for cpu in group) == list(range(len(values)))


def test_favoured_cores_are_no_kind_of_their_own() -> None:
    assert groups_of(clocks([5_000_000, 5_000_000, 5_200_000, 3_900_000]), 4) == ((0, 1, 2), (3,))
    assert len(groups_of(clocks([5_759_000, 5_250_000]), 2)) == 1  # the two dies of a 7950X3D


def test_compact_cores_are_a_kind_by_their_clock() -> None:
    # Ryzen AI 9 HX 370: 4 Zen 5 to 5.157 GHz, 8 Zen 5c to 3.3 GHz, with equal L1 and L2
    found = groups_of(clocks([5_157_000] * 4 + [3_300_000] * 8), 12, first_levels([48 * KIB] * 12))
    assert found == ((0, 1, 2, 3), tuple(range(4, 12)))


def test_the_kernels_lists_are_believed_before_everything_else() -> None:
    files = {
        "/sys/devices/cpu_core/cpus": "0-1\n",
        "/sys/devices/cpu_atom/cpus": "2-3\n",
        "/sys/devices/cpu_lowpower/cpus": "4\n",
    }
    assert groups_of({**files, **capacities([1024] * 5)}, 5) == ((0, 1), (2, 3), (4,))
    # a container without the slow ones has one kind
    assert groups_of(files, 2) == ((0, 1),)


def test_parts_that_nobody_can_rank_are_left_together() -> None:
    blocks = "\n".join(
        f"processor : {cpu}\nCPU implementer : 0x41\nCPU part : {part}\n"
        for cpu, part in enumerate(["0xd85", "0xd87"])
    )
    assert groups_of({}, 2, cpuinfo=blocks) == ((0, 1),)
    # by the size of their caches they can be
    assert groups_of({}, 2, first_levels([64 * KIB, 32 * KIB]), blocks) == ((0,), (1,))
    assert groups_of(clocks([2_000_000, 3_000_000]), 2, cpuinfo=blocks) == ((1,), (0,))


def test_risc_v_cores_are_told_apart_by_their_own_numbers() -> None:
    blocks = "\n".join(
        f"processor : {cpu}\nmvendorid : 0x710\nmarchid : {march}\n" for cpu, march in enumerate(["0x1", "0x2"])
    )
    assert groups_of(clocks([1_800_000, 2_400_000]), 2, cpuinfo=blocks) == ((1,), (0,))


def test_zero_or_absent_speeds_divide_nothing() -> None:
    assert groups_of(capacities([0, 1024]), 2) == ((0, 1),)
    assert groups_of({f"{CPU}/cpu0/cpu_capacity": "1024\n"}, 2) == ((0, 1),)
    assert groups_of({}, 0) == ((),)
