"""Judge a submission to the arena, or try it.

| key | meaning |
|---|---|
| `event` | `arena.Event.to_dict()` |
| `code` | the text of the file |
| `entry` | id of the entry; left out: it is of none |
| `confirms` | id of the verdict that this one is to confirm; left out: of none |
| `tried` | true: printed sizes only, and little time; left out: false |
| `ceilings` | list of measured roofs (`model.Ceiling.to_dict`); left out: there is no score |
| `walled` | false: the file runs with this user's rights, as on one's own computer; left out: true |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from accel_core import registry
from accel_core.arena.event import MISSES, MOST_CODE_BYTES, ONE_THREAD, SPEED, Event
from accel_core.errors import AccelError, BadInput, quoted
from accel_core.model import Ceiling, Machine
from accel_core.runner.kinds.kind import COMPILE_S, MAX_ENTRIES, Emit, JobData, JobKind, Parts

if TYPE_CHECKING:
    from accel_core.runner.known import Known

TRIED_S, JUDGED_S = 9.0, 60.0
"""What a submission takes that is as fast as a compiled loop, in the order of magnitude."""
MOST_S = 900.0
"""After which a judging is ended, whatever the submission does."""
_TEXT_LIMIT = 8 * MOST_CODE_BYTES
"""Of `code` in a job; how long a file may be is for the verdict to say."""


def _check(job: JobData, machine: Machine) -> tuple[dict[str, Any], float]:
    event = _event(job.get("event"))
    code = job.get("code")
    if not isinstance(code, str) or len(code) > _TEXT_LIMIT:
        raise BadInput(f"code is {quoted(code)}: give the text of a file, at most {_TEXT_LIMIT} characters.")
    data: dict[str, Any] = {"event": event.to_dict(), "code": code}
    for key in ("entry", "confirms"):
        data[key] = job.get(key) or ""
        if not isinstance(data[key], str) or len(data[key]) > 100:
            raise BadInput(f"{key} is {quoted(data[key])}: give an id, or leave it out.")
    for key, default in (("tried", False), ("walled", True)):
        data[key] = job.get(key, default)
        if not isinstance(data[key], bool):
            raise BadInput(f"{key} is {quoted(data[key])}: give true or false.")
    data["ceilings"] = [_ceiling(one).to_dict() for one in _list(job.get("ceilings"))]
    data["threads"] = [1 if event.division == ONE_THREAD else machine.cores.allowed]
    return data, COMPILE_S + MOST_S


def _event(given: Any) -> Event:
    """The event in a mapping of its fields; BadInput where it is none."""
    try:
        event = Event.from_dict(given)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput(f"event is {quoted(given)}: give an event of the arena.") from None
    if event.kind == SPEED:
        registry.workload(event.workload)
    return event


def _ceiling(given: Any) -> Ceiling:
    try:
        return Ceiling.from_dict(given)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadInput(f"{quoted(given)} is no roof: give measured roofs, or leave ceilings out.") from None


def _list(given: Any) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list | tuple) or len(given) > MAX_ENTRIES:
        raise BadInput(f"ceilings is {quoted(given)}: give a list of at most {MAX_ENTRIES} roofs.")
    return list(given)


def _run(job: JobData, machine: Machine, emit: Emit) -> None:
    from accel_core.bench.events import result_event
    from accel_core.judge.asked import Asked
    from accel_core.judge.judging import judge
    from accel_core.judge.misses import judge_misses

    asked = Asked(
        event=Event.from_dict(job["event"]),
        code=job["code"],
        threads=job["threads"][0],
        ceilings=tuple(Ceiling.from_dict(one) for one in job["ceilings"]),
        walled=job["walled"],
        layers=_layers() if job["walled"] else (),
        tried=job["tried"],
        entry=job["entry"],
        confirms=job["confirms"],
    )
    misses = asked.event.kind == MISSES
    emit(result_event(judge_misses(asked, emit) if misses else judge(asked, machine, emit)))


def _layers() -> tuple[str, ...]:
    """What the wall is made of; AccelError where it does not stand."""
    from accel_core.wall import standing

    wall = standing()
    if not wall.stands:
        raise AccelError(f"No wall stands around what would run here: {wall.reason}")
    return tuple(layer.name for layer in wall.layers if layer.holds)


def _foresee(data: Mapping[str, Any], known: Known) -> Parts:
    """A step for each stage, and one for each size."""
    took_s = TRIED_S if data["tried"] else JUDGED_S
    steps = 4 + len(data["event"]["shapes"]) + (0 if data["tried"] else len(data["event"]["drawn"]))
    return [took_s / steps * known.core_pace.compiled] * steps, [0.0] * steps


KIND = JobKind(
    "arena", ("event", "code", "entry", "confirms", "tried", "ceilings", "walled"), _check, _run, _foresee
)
