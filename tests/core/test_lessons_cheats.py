"""The lesson on a cheat: each verdict is told as what it is, and a missing wall with its reason."""

from __future__ import annotations

import re
from dataclasses import replace

import arena_verdicts as made
import pytest
import recorded_hosts as hosts

from accel_core import wall
from accel_core.arena.rogues import rogues
from accel_core.lessons import Run, lesson
from accel_core.lessons.judged import CHEAT, EVENT
from accel_core.machine import detect
from accel_core.model.arena import ACCEPTED, QUARANTINED, REFUSED, UNSETTLED
from accel_core.wall import Standing
from app.arena import cheats, choosing

REPLAY = lesson("replay")
WRONG = "It gives a wrong result at size 256 x 256 x 256."


def judged(verdict: str, reason: str = WRONG, stage: str = "times", walled: bool = True) -> Run:
    return Run(detect(), [made.verdict(verdict=verdict, reason=reason, stage=stage, walled=walled)])


@pytest.mark.parametrize(
    ("verdict", "stage", "says"),
    [
        (REFUSED, "times", f"passed the example and the tests, .* The judge says: “{WRONG}”"),
        (REFUSED, "tests", "It fell at the tests, before it was timed"),
        (QUARANTINED, "times", f"It was set aside: {WRONG}"),
        (ACCEPTED, "times", "did not find it out, .* that is a fault of the judge"),
    ],
)
def test_the_answer_is_the_verdict_and_says_what_it_came_of(verdict: str, stage: str, says: str) -> None:
    run = judged(verdict, stage=stage)
    assert REPLAY.truth(run).value == verdict
    told = REPLAY.reveal(verdict, run)
    assert told.startswith("You said: ") and "which is what was found" in told and "wall" not in told
    assert re.search(says, told)


def test_without_a_verdict_there_is_no_answer() -> None:
    for run in (judged(UNSETTLED), Run(detect(), [])):
        with pytest.raises(LookupError, match="no verdict"):
            REPLAY.truth(run)


@pytest.mark.parametrize(
    ("host", "why"), [("linux-epyc-job", "accel doctor says why"), ("darwin-m2", "only Linux has")]
)
def test_where_no_wall_stood_it_says_so_and_why(host: str, why: str) -> None:
    run = replace(judged(REFUSED, walled=False), machine=hosts.machine(host))
    told = REPLAY.reveal(None, run)
    assert "No wall stood around it here" in told and why in told


@pytest.mark.parametrize("stands", [True, False])
def test_the_judge_is_asked_for_the_gallerys_text_without_its_answer(
    stands: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall, "standing", lambda: Standing(stands, "", ()))
    job = REPLAY.job(detect())
    assert job is not None and job["walled"] is stands and job["event"] == EVENT.to_dict()
    (rogue,) = [one for one in rogues() if one.name == CHEAT]
    assert rogue.code.endswith(job["code"] + "\n") and "verdict" not in job["code"]
    assert rogue.verdict in REPLAY.form.answers  # type: ignore[union-attr]


def test_the_look_is_the_same_cheat_on_the_page() -> None:
    known = {setting.key: setting for setting in (choosing.SHOW, cheats.setting())}
    for name, value in REPLAY.look.settings.items():
        assert value in known[name].options
