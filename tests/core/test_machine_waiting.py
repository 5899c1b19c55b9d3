"""Time that a thread was ready to run and had no processor."""

from __future__ import annotations

import hashlib
import os
import threading
import time

import pytest

from accel_core.machine import thread_wait_s
from accel_core.machine.waiting import parse_schedstat


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
