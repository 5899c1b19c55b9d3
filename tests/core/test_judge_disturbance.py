"""Who disturbed a child: others, and never its own threads."""

from __future__ import annotations

from accel_core.judge.disturbance import Seen, disturbed
from accel_core.machine import CpuTimes


def seen(*threads: tuple[float, float]) -> Seen:
    return Seen(CpuTimes(1.0, 0.0, None, 0.0, 0), dict(enumerate(threads)))


def test_a_thread_that_others_kept_from_its_processor_was_disturbed() -> None:
    assert "something else was running" in disturbed(seen((1, 0)), seen((2, 0.2)), 1).lower()
    assert disturbed(seen((1, 0)), seen((2, 0.01)), 1) == ""


def test_threads_of_one_child_that_wait_for_one_another_disturb_nobody() -> None:
    before, after = seen(*[(1, 0)] * 4), seen(*[(2, 1)] * 4)
    assert disturbed(before, after, 2) == ""
    assert disturbed(before, after, 4) != ""


def test_a_thread_that_hardly_ran_takes_no_part() -> None:
    assert disturbed(seen((1, 0), (0, 0)), seen((2, 0.2), (0.01, 0)), 1) != ""
