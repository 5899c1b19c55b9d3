"""The time that a judging may take, looked at between a size's attempts too."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from accel_core.arena.files import event
from accel_core.judge import judging
from accel_core.judge.asked import Asked
from accel_core.judge.verdicts import Found, Refused
from accel_core.machine import detect


def test_a_size_is_not_timed_again_after_the_time_of_all_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    now, timed = [0.0], []

    def time_size(*of: Any) -> None:
        now[0] += judging.JUDGED_S / 2 + 1
        timed.append(of[3])

    monkeypatch.setattr(judging, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(judging, "time_size", time_size)
    monkeypatch.setattr(judging, "disturbed", lambda *of: "Something else was running.")
    monkeypatch.setattr(judging, "drifted", lambda of: "")
    monkeypatch.setattr(judging, "size_result", lambda *of: None)
    monkeypatch.setattr(judging, "Seen", SimpleNamespace(of=lambda *of: None))
    of, found = event("matmul-one"), Found()
    one = judging.Judging(Asked(of, "", 1), detect(), lambda told: None, found)
    table: Any = SimpleNamespace(player=SimpleNamespace(child=SimpleNamespace(pid=1), threads=1))
    with pytest.raises(Refused, match="It was not done with all sizes"):
        one.times(table, None, (0,))
    assert timed == [of.shapes[0]] * 2 and len(found.disturbed) == 1
