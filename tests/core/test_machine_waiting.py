"""Time that a thread was ready to run and had no processor."""

from __future__ import annotations

import hashlib
import os
import threading
import time

import pytest

from accel_core.machine import thread_wait_s, waited_fraction
from accel_core.machine.waiting import involuntary_switches, parse_schedstat, thread_times


def test_schedstat_is_read_in_seconds() -> None:
    assert parse_schedstat("23789824 2075544 5\n") == pytest.approx((0.023789824, 0.002075544))


@pytest.mark.parametrize("text", [None, "", "0 0 0\n", "1 2\n", "1 2 x\n", "1 -2 3\n"])
def test_what_a_kernel_does_not_count_is_unknown(text: str | None) -> None:
    assert parse_schedstat(text) is None


def test_a_thread_that_never_had_to_wait_waited_for_no_time() -> None:
    assert thread_wait_s({"/proc/thread-self/schedstat": "5000 0 1\n"}.get) == 0.0
    assert thread_wait_s({}.get) is None


def test_the_time_waited_belongs_to_the_calling_thread_and_never_shrinks() -> None:
    before = thread_wait_s()
    seen: list[float | None] = []
    other = threading.Thread(target=lambda: seen.append(thread_wait_s()))
    other.start()
    other.join()
    after = thread_wait_s()
    assert (before is None) == (after is None) == (seen[0] is None)
    assert before is None or after is None or 0 <= before <= after


def test_two_threads_on_one_processor_wait_for_it() -> None:
    """They take turns as soon as both compute without the interpreter's lock."""
    if thread_wait_s() is None or not hasattr(os, "sched_setaffinity"):
        return
    data, waited, end = bytes(1 << 20), [0.0, 0.0], time.monotonic() + 30
    cpu = min(os.sched_getaffinity(0))

    def compute(which: int) -> None:
        os.sched_setaffinity(0, {cpu})  # of this thread alone
        start = thread_wait_s() or 0.0
        while min(waited) == 0 and time.monotonic() < end:
            hashlib.sha256(data).digest()  # works without the lock
            waited[which] = (thread_wait_s() or 0.0) - start

    threads = [threading.Thread(target=compute, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(waited) > 0


# -- all threads of the process ------------------------------------------------------------------------------


def test_each_thread_has_times_of_its_own() -> None:
    files = {
        "/proc/self/task/7/schedstat": "5000000000 1000000000 9\n",
        "/proc/self/task/8/schedstat": "2000000000 3000000000 9\n",
    }  # 9 has ended between listing and reading
    assert thread_times(files.get, lambda folder: ["7", "8", "9"]) == {7: (5.0, 1.0), 8: (2.0, 3.0)}


def test_where_no_thread_is_counted_the_times_are_unknown() -> None:
    def forbidden(folder: str) -> list[str]:
        raise PermissionError(folder)

    silent = {"/proc/self/task/7/schedstat": "0 0 0\n"}
    assert thread_times(silent.get, lambda folder: ["7"]) is None
    assert thread_times({}.get, forbidden) is None


def test_a_team_waited_as_long_as_its_last_thread() -> None:
    before = {1: (5.0, 0.5), 2: (5.0, 0.0)}
    after = {1: (6.0, 0.5), 2: (5.8, 0.2), 3: (0.9, 0.1)}  # 3 came meanwhile
    assert waited_fraction(before, after, 3) == pytest.approx(0.2)
    assert waited_fraction(before, {3: (0.9, 0.1)}, 3) == pytest.approx(0.1)


def test_a_thread_that_only_wakes_up_now_and_then_is_none_of_the_team() -> None:
    before = {1: (5.0, 0.0), 2: (0.0, 0.0)}
    after = {1: (5.99, 0.01), 2: (0.001, 0.3)}  # 2 waits for 1, on the only processor
    assert waited_fraction(before, after, 1) == pytest.approx(0.01)
    assert waited_fraction(before, after, 2) == pytest.approx(0.3)


def test_a_wait_is_unknown_where_one_reading_is_or_nothing_ran() -> None:
    assert waited_fraction(None, {1: (6.0, 0.0)}, 1) is None
    assert waited_fraction({1: (6.0, 0.0)}, None, 1) is None
    assert waited_fraction({1: (6.0, 0.0)}, {1: (5.0, 0.0)}, 1) is None  # the number was given to another one


def test_lost_processors_are_counted_and_only_grow() -> None:
    before, after = involuntary_switches(), involuntary_switches()
    assert (before is None) == (after is None) == (os.name == "nt")
    assert before is None or after is None or 0 <= before <= after
