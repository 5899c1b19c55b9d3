"""A lesson on judging: what becomes of a cheat of the rogues' gallery, as the arena's judge finds it here.

The cheat is a text of this program, so it is judged where no wall stands too, and the answer says so.
"""

from __future__ import annotations

from accel_core.arena.event import OPEN, SPEED, Event
from accel_core.arena.rogues import rogues
from accel_core.lessons.lesson import Choice, Claim, Job, Lesson, Look, Run, Truth
from accel_core.model import Machine, Verdict
from accel_core.model.arena import ACCEPTED, QUARANTINED, REFUSED
from accel_core.readings.arena_rogues import FATES, body

CHEAT = "replay_call_number"
EVENT = Event(
    name="lesson",
    title="A product that remembers its answers",
    kind=SPEED,
    workload="matmul",
    dtype="float32",
    division=OPEN,
    shapes=((256, 256, 256), (300, 200, 100)),
)


def _code() -> str:
    return next(body(one) for one in rogues() if one.name == CHEAT)


def _job(machine: Machine) -> Job:
    from accel_core.wall import standing

    return {
        "kind": "arena",
        "event": EVENT.to_dict(),
        "code": _code(),
        "tried": True,
        "walled": standing().stands,
    }


def _verdict(run: Run) -> Verdict:
    """LookupError where the machine was too restless for one."""
    found = next((one for one in run.every(Verdict) if one.verdict in FATES), None)
    if found is None:
        raise LookupError("there is no verdict")
    return found


def _says(truth: Truth, run: Run) -> str:
    found = _verdict(run)
    return " ".join(filter(None, [_found(found), _walled(found, run.machine)]))


def _found(found: Verdict) -> str:
    """What the judge did, and why that ended so."""
    if found.verdict == ACCEPTED:
        return (
            "The judge did not find it out, although each answer that it times is checked: that is a fault of "
            "the judge, and worth a report."
        )
    if found.verdict == QUARANTINED:
        return f"It was set aside: {found.reason}"
    passed = (
        "It passed the example and the tests, where each size is asked for once, and fell where it was timed."
        if found.stage == "times"
        else f"It fell at the {found.stage}, before it was timed."
    )
    return (
        f"{passed} The judge says: “{found.reason}” Each timed call has new inputs, and each of its answers is "
        "checked, so that of an earlier call is wrong. A judge that checks once, and then times the same "
        "inputs again and again, would have believed it."
    )


def _walled(found: Verdict, machine: Machine) -> str:
    """That it ran without a wall, and why; empty where a wall stood around it."""
    if found.walled:
        return ""
    why = (
        "accel doctor says why"
        if machine.system == "Linux"
        else "the wall is made of what only Linux has, a namespace and filters of system calls"
    )
    return (
        f"No wall stood around it here: {why}. It is a text of this program, which harms nobody; what somebody "
        "hands in would not have been run."
    )


LESSONS = (
    Lesson(
        name="replay",
        title="Remembered answers",
        question=(
            "A product computes in its first two calls at a size, and from then on answers as it did last: "
            "what becomes of it at the arena's judge?"
        ),
        form=Choice({verdict: FATES[verdict] for verdict in (REFUSED, QUARANTINED, ACCEPTED)}),
        claim=Claim(
            "A judge of kernels checks one answer and then times all calls on the same inputs, so a kernel "
            "that keeps its first answer reports a large and false speed-up.",
            "github.com/gpu-mode/kernelbot, pull request 501 (June 2026), on its own ranked path",
        ),
        job=_job,
        truth=lambda run: Truth(_verdict(run).verdict),
        says=_says,
        look=Look("arena", {"show": "cheats", "cheat": CHEAT}),
    ),
)
