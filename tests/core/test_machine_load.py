"""Steal time, other load, where to measure and what holds the clock down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
import recorded_hosts as hosts

from accel_core.machine import (
    CpuTimes,
    allowed_cpus,
    available_memory_bytes,
    cgroup,
    detect,
    measuring_cpus,
    other_load,
    pin_current_process,
    read_cpu_times,
    steal_fraction,
    throttled_s,
    unpin_current_process,
)
from accel_core.machine.governor import Governor, governor
from accel_core.machine.load import ASSUMED_FREE_BYTES
from accel_core.model import Machine

START = CpuTimes(total_s=100.0, idle_s=50.0, steal_s=1.0, own_s=5.0, processors=2)


def later(total_s: float = 0, idle_s: float = 0, steal_s: float = 0, own_s: float = 0) -> CpuTimes:
    steal = (START.steal_s or 0) + steal_s
    return CpuTimes(START.total_s + total_s, START.idle_s + idle_s, steal, START.own_s + own_s, 2)


def test_steal_is_a_share_of_all_processor_time() -> None:
    assert steal_fraction(START, later(total_s=4.0, steal_s=0.2)) == pytest.approx(0.05)


def test_steal_is_unknown_where_the_system_does_not_count_it_or_no_time_passed() -> None:
    assert steal_fraction(replace(START, steal_s=None), later(total_s=4.0)) is None
    assert steal_fraction(START, START) is None


def test_a_counter_that_steps_back_is_no_negative_steal() -> None:
    assert steal_fraction(START, later(total_s=4.0, steal_s=-0.1)) == 0.0


def test_other_load_leaves_out_idle_stolen_and_own_time() -> None:
    # two processors for 2 s: 1 s idle, 0.5 s stolen, 1.5 s our own; the other 1 s in 2 s is half a processor
    after = later(total_s=4.0, idle_s=1.0, steal_s=0.5, own_s=1.5)
    assert other_load(START, after) == pytest.approx(0.5)
    assert other_load(START, START) is None


def test_live_times_cover_what_was_asked_for() -> None:
    everything = read_cpu_times()
    one = read_cpu_times([allowed_cpus()[0]] if allowed_cpus() else [0])
    assert one.processors == 1 <= everything.processors
    assert 0 <= one.idle_s <= one.total_s <= everything.total_s + 1
    assert available_memory_bytes() > 0


def test_free_memory_is_known_or_assumed_where_proc_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/proc/meminfo")

    monkeypatch.setattr("psutil.virtual_memory", forbidden)
    assert available_memory_bytes() > 0
    monkeypatch.setattr("os.sysconf", forbidden, raising=False)
    assert 0 < available_memory_bytes() <= ASSUMED_FREE_BYTES


# -- counters by the number of their processor ---------------------------------------------------------------

STAT = "cpu  9 9 9 9\ncpu0 1 1 1 1\ncpu2 1 1 1 1\ncpu3 1 1 1 1\nintr 7 0\nbtime 1\n"
ONLINE, CPUSET = "/sys/devices/system/cpu/online", "/sys/fs/cgroup/cpuset.cpus.effective"


def row(steal: float) -> SimpleNamespace:
    return SimpleNamespace(user=50.0, system=0.0, idle=50.0 - steal, steal=steal)


def on_linux(monkeypatch: pytest.MonkeyPatch, rows: list[SimpleNamespace]) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(psutil, "cpu_times", lambda percpu: rows)


@pytest.mark.parametrize("files", [{"/proc/stat": STAT}, {ONLINE: "0,2-3\n"}])
@pytest.mark.parametrize(("cpu", "steal"), [(0, 1.0), (2, 2.0), (3, 40.0)])
def test_counters_are_those_of_the_processor_not_of_its_place(
    monkeypatch: pytest.MonkeyPatch, cpu: int, steal: float, files: dict[str, str]
) -> None:
    on_linux(monkeypatch, [row(1.0), row(2.0), row(40.0)])  # processor 1 of 4 is switched off
    seen = read_cpu_times([cpu], files.get)
    assert (seen.steal_s, seen.processors) == (steal, 1)


def test_a_processor_that_is_switched_off_has_no_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    on_linux(monkeypatch, [row(1.0), row(2.0), row(40.0)])
    seen = read_cpu_times([1, 2], {ONLINE: "0,2-3\n"}.get)
    assert (seen.steal_s, seen.processors) == (None, 0)


def test_a_container_whose_rows_count_from_0_has_those_of_its_cpuset(monkeypatch: pytest.MonkeyPatch) -> None:
    """lxcfs#731; and the case in which a number is there by accident."""
    on_linux(monkeypatch, [row(1.0), row(2.0), row(3.0)])
    files = {ONLINE: "0-2\n", CPUSET: "1-2,24\n", "/proc/self/cgroup": "0::/\n"}
    assert read_cpu_times([1], files.get).steal_s == 1.0
    assert read_cpu_times([2, 24], files.get).steal_s == 5.0
    assert read_cpu_times([0], files.get).steal_s is None


@pytest.mark.parametrize("files", [{}, {ONLINE: "0-1\n"}, {ONLINE: "nonsense"}])
def test_rows_that_nobody_names_are_nobodys(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    on_linux(monkeypatch, [row(1.0), row(2.0), row(40.0)])
    assert read_cpu_times([1], files.get).steal_s is None
    assert read_cpu_times((), files.get).steal_s == 43.0


def test_elsewhere_rows_are_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    on_linux(monkeypatch, [row(1.0), row(2.0)])
    monkeypatch.setattr(sys, "platform", "win32")
    assert read_cpu_times([1], {}.get).steal_s == 2.0


@pytest.mark.parametrize(
    "error", [PermissionError(13, "/proc/stat"), FileNotFoundError(), NotImplementedError(), IndexError()]
)
def test_counters_that_may_not_be_read_are_unknown(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(percpu: bool = False) -> None:
        raise error

    known = read_cpu_times()
    monkeypatch.setattr(psutil, "cpu_times", refuse)
    for cpus in ((), allowed_cpus()):
        unknown = read_cpu_times(cpus)
        assert (unknown.steal_s, unknown.processors) == (None, 0)
        assert steal_fraction(unknown, unknown) is steal_fraction(unknown, known) is None
        assert other_load(unknown, unknown) is other_load(unknown, known) is None


def test_an_empty_proc_stat_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    on_linux(monkeypatch, [])
    assert read_cpu_times().processors == read_cpu_times([0]).processors == 0


# -- quotas --------------------------------------------------------------------------------------------------


def test_throttling_is_read_from_either_version_and_every_group_above() -> None:
    two = {
        "/proc/self/cgroup": "0::/pods/a\n",
        "/sys/fs/cgroup/pods/a/cpu.stat": "usage_usec 7\nnr_throttled 3\nthrottled_usec 1500000\n",
        "/sys/fs/cgroup/pods/cpu.stat": "usage_usec 7\nnr_throttled 0\nthrottled_usec 0\n",
        "/sys/fs/cgroup/cpu.stat": "usage_usec 9\n",
    }
    assert cgroup.throttled_s(two.get) == {
        "/sys/fs/cgroup/pods/a": pytest.approx(1.5),
        "/sys/fs/cgroup/pods": 0.0,
    }
    one = {
        "/proc/self/cgroup": "4:cpu,cpuacct:/\n1:memory:/\n",
        "/sys/fs/cgroup/cpu/cpu.stat": "nr_periods 9\nnr_throttled 5\nthrottled_time 2500000000\n",
    }
    assert cgroup.throttled_s(one.get) == {"/sys/fs/cgroup/cpu": pytest.approx(2.5)}
    assert cgroup.throttled_s({}.get) == {}


def test_the_group_that_was_stopped_the_longest_counts() -> None:
    before = replace(START, throttled_s={"a": 1.0, "b": 5.0})
    assert throttled_s(before, replace(START, throttled_s={"a": 1.5, "b": 5.1})) == pytest.approx(0.5)
    assert throttled_s(before, replace(START, throttled_s={"a": 0.5})) == 0.0
    assert throttled_s(before, START) is None


# -- where to measure ----------------------------------------------------------------------------------------


def test_one_thread_is_measured_on_the_highest_processor() -> None:
    assert measuring_cpus(hosts.machine("linux-zen5-vm"), 1) == (1,)
    assert measuring_cpus(hosts.machine("linux-zen5-vm"), 2) == (0, 1)


def test_performance_cores_are_measured_one_thread_a_core_first() -> None:
    machine = hosts.machine("linux-alder-lake")  # pairs 0-1 to 10-11 are fast, 12 to 15 are slow
    assert measuring_cpus(machine, 1) == (10,)
    assert measuring_cpus(machine, 6) == (0, 2, 4, 6, 8, 10)
    assert measuring_cpus(machine, 7) == (0, 2, 4, 6, 8, 10, 15)
    assert measuring_cpus(machine, 16) == tuple(range(16))


@pytest.mark.parametrize("name", hosts.NAMES)
def test_measuring_processors_are_allowed_and_as_many_as_asked(name: str) -> None:
    machine = hosts.machine(name)
    for threads in range(1, machine.cores.allowed + 1):
        cpus = measuring_cpus(machine, threads)
        assert set(cpus) <= set(machine.cores.cpus_allowed)
        assert len(cpus) == (threads if machine.cores.cpus_allowed else 0)


def test_nothing_is_pinned_where_it_cannot_be() -> None:
    assert measuring_cpus(hosts.machine("darwin-m1"), 1) == ()
    assert measuring_cpus(hosts.machine("linux-zen5-vm"), 3) == ()
    assert measuring_cpus(hosts.machine("linux-zen5-vm"), 0) == ()
    assert pin_current_process(()) is False


@pytest.fixture
def here() -> Iterator[Machine]:
    yield detect()
    unpin_current_process()


def test_pinning_narrows_the_mask_keeps_the_fingerprint_and_is_given_back(here: Machine) -> None:
    mask = allowed_cpus()
    pinned = pin_current_process(measuring_cpus(here, 1))
    assert pinned == bool(mask)
    if pinned:
        assert len(allowed_cpus()) == 1
        assert detect().fingerprint == here.fingerprint
        assert detect().cores.allowed == 1
        assert pin_current_process(measuring_cpus(here, 1))  # again: the first mask is still the one given back
    assert unpin_current_process() == bool(mask)
    assert allowed_cpus() == mask
    assert unpin_current_process() is False


@pytest.mark.filterwarnings("ignore::accel_core.errors.AccelWarning")
def test_a_processor_that_does_not_exist_is_not_pinned() -> None:
    assert pin_current_process((100_000,)) is False


# -- clock ---------------------------------------------------------------------------------------------------


def test_the_governor_is_read_in_hertz() -> None:
    folder = "/sys/devices/system/cpu/cpu3/cpufreq"
    files = {
        f"{folder}/scaling_governor": "powersave\n",
        f"{folder}/scaling_driver": "intel_pstate\n",
        f"{folder}/scaling_max_freq": "2000000\n",
        f"{folder}/cpuinfo_max_freq": "4900000\n",
    }
    assert governor(files.get, 3) == Governor("powersave", "intel_pstate", 2.0e9, 4.9e9)
    assert governor(files.get, 0) == Governor(None)
