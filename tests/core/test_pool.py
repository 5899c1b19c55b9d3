"""The threads of compiled kernels: what is shared out, what is raised, and who may call at once."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.bench import limit
from accel_core.kernels import pool


@given(length=st.integers(0, 10_000), parts=st.integers(1, 40), multiple=st.integers(1, 64))
def test_shares_cover_a_length_in_order_and_none_is_empty(length: int, parts: int, multiple: int) -> None:
    shares = pool.shares(length, parts, multiple)
    assert len(shares) <= parts
    assert [at for share in shares for at in range(share.start, share.stop)] == list(range(length))
    assert all(share.stop > share.start for share in shares)
    assert all(share.start % multiple == 0 for share in shares)


@given(length=st.integers(1, 10_000), parts=st.integers(1, 40))
def test_shares_differ_by_less_than_what_one_more_part_would_take(length: int, parts: int) -> None:
    sizes = [share.stop - share.start for share in pool.shares(length, parts)]
    assert max(sizes) == -(-length // parts)


@pytest.mark.parametrize("pieces", [0, 1, 2, 7])
def test_every_piece_is_done_once_before_run_returns(pieces: int) -> None:
    done: list[int] = []
    pool.run([lambda piece=piece: done.append(piece) for piece in range(pieces)])
    assert sorted(done) == list(range(pieces))


def test_where_one_thread_is_enough_it_is_the_caller() -> None:
    seen: list[threading.Thread] = []
    pool.run([lambda: seen.append(threading.current_thread())])
    with limit(1):
        pool.run([lambda: seen.append(threading.current_thread())] * 2)
    assert seen == [threading.current_thread()] * 3


def test_the_first_failure_is_raised_when_all_pieces_have_ended() -> None:
    done: list[str] = []

    def fail() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        pool.run([fail, lambda: done.append("after"), lambda: done.append("last")])
    assert sorted(done) == ["after", "last"]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no threads")
def test_each_thread_stays_on_a_processor_of_its_own() -> None:
    threads = pool.thread_count()
    meeting = threading.Barrier(threads)
    stays: list[set[int]] = []

    def look() -> None:
        meeting.wait(timeout=120)
        stays.append(os.sched_getaffinity(0))

    before = os.sched_getaffinity(0)
    pool.run([look] * threads)
    if threads > 1:
        assert sorted(map(sorted, stays)) == [[cpu] for cpu in sorted(before)[:threads]]
    assert os.sched_getaffinity(0) == before


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not list threads")
def test_a_thread_that_was_moved_goes_back_to_its_processor() -> None:
    threads = pool.thread_count()
    everywhere, meeting = os.sched_getaffinity(0), threading.Barrier(threads)
    pool.run([lambda: meeting.wait(timeout=120)] * threads)
    for task in Path("/proc/self/task").iterdir():  # as pinning and unpinning a whole process does
        os.sched_setaffinity(int(task.name), everywhere)
    stays: list[int] = []

    def look() -> None:
        meeting.wait(timeout=120)
        stays.append(len(os.sched_getaffinity(0)))

    pool.run([look] * threads)
    assert stays == [1 if threads > 1 else len(everywhere)] * threads


def test_threads_are_as_many_as_the_measurement_allows() -> None:
    with limit(1):
        assert pool.thread_count() == 1
    assert 1 <= pool.thread_count() <= numba.get_num_threads()


def test_two_threads_may_share_out_work_at_once() -> None:
    counts = [0] * 8

    def count(at: int) -> None:
        for _ in range(200):
            done: list[int] = []
            pool.run([partial(done.append, 1)] * 3)
            counts[at] += len(done)

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(count, range(8)))
    assert counts == [600] * 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_forked_child_makes_threads_of_its_own() -> None:
    pool.run([lambda: None] * 2)
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # where it waits for threads that stayed behind
        done: list[int] = []
        pool.run([lambda: done.append(1)] * 2)
        os._exit(0 if done == [1, 1] else 1)
    assert os.waitpid(child, 0)[1] == 0
