"""Steal time, other load, where to measure and what holds the clock down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import recorded_hosts as hosts

from accel_core.machine import (
    CpuTimes,
    allowed_cpus,
    available_memory_bytes,
    detect,
    measuring_cpus,
    other_load,
    pin_current_process,
    read_cpu_times,
    steal_fraction,
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
