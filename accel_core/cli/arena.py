"""Commands of the arena: its events, a try, handing in, judging what waits, the board, and entries."""

from __future__ import annotations

import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from accel_core.arena import files
from accel_core.arena.event import MOST_CODE_BYTES, Event
from accel_core.cli import arena_entries as entries
from accel_core.cli import arena_text as text
from accel_core.cli.arena_statement import statement, statement_data
from accel_core.cli.jobs import run_job, warn_of_damage
from accel_core.cli.output import Answer, Progress
from accel_core.cli.passphrase import passphrase
from accel_core.errors import AccelError, BadInput, quoted
from accel_core.folders import opened
from accel_core.model import Verdict
from accel_core.model.arena import REFUSED

LOOK_S = 5.0
"""How often `judge --watch` looks for more."""


def arena(options: Namespace) -> Answer:
    """The action that was asked for."""
    return ACTIONS[options.action](options)


def _events(options: Namespace) -> Answer:
    if options.name is not None:
        one = files.event(options.name)
        data = {"event": one.to_dict(), **statement_data(one)}
        return Answer(data, data["starter"].rstrip("\n") if options.starter else statement(one))
    if options.starter:
        raise BadInput(
            "Starter code is that of one event: name it, as in accel arena events matmul-one --starter."
        )
    known = files.events()
    return Answer({"events": [one.to_dict() for one in known]}, text.events(known))


def _try(options: Namespace) -> Answer:
    """A file that is not taken is refused like any other: that is a verdict too."""
    from accel_core.machine import refuse_to_measure
    from accel_core.pool import measured_machine
    from accel_core.studies import arena as desk
    from accel_core.studies.arena.unjudged import unjudged
    from accel_core.wall import standing

    event, raw, here = files.event(options.event), _read(options.file), measured_machine()
    refuse_to_measure(here)
    wall = standing()
    try:
        code = desk.check_code(raw)
    except BadInput as error:
        return _tried(unjudged(event, REFUSED, str(error), here, code=raw, walled=wall.stands), event)
    if not wall.stands:
        Progress().tell(f"What is tried runs as yourself, without a wall: {wall.reason}")
    if roofs := desk.missing_roofs(event):
        Progress().tell(f"The roofs of this machine come first: {roofs['budget_s']:.0f} s, this once only.")
        run_job(roofs)
    results = run_job(desk.try_job(event, code, walled=wall.stands))
    found = next((one for one in results if isinstance(one, Verdict)), None)
    if found is None:
        raise AccelError("The judge ended without a verdict: try again.")
    return _tried(found, event)


def _tried(found: Verdict, event: Event) -> Answer:
    return Answer(found.to_dict(), text.verdict(found, event))


def _submit(options: Namespace) -> Answer:
    from accel_core.studies import arena as desk

    event, raw = files.event(options.event), _read(options.file)
    desk.check_code(raw)
    if reason := desk.may_hand_in(event):
        raise BadInput(reason)
    phrase = passphrase(options.nickname, new=not desk.is_known(options.nickname))
    made = desk.hand_in(event, options.nickname, phrase, raw, open=options.open, built_on=options.built_on)
    data = {name: value for name, value in made.to_dict().items() if name != "code"}
    said = f"Handed in as {made.id}: it waits for its verdict, which accel arena judge, or the app, brings."
    return Answer({"entry": data}, said)


def _board(options: Namespace) -> Answer:
    from accel_core.pool import measured_machine
    from accel_core.store import Store
    from accel_core.studies import arena as desk

    event, store = files.event(options.event), Store()
    fingerprint = options.machine or measured_machine().fingerprint
    rows = desk.board(event, fingerprint, store=store)
    warn_of_damage(store)
    roofs = desk.roofs_today(event, fingerprint, store)
    data = {
        "event": event.name,
        "fingerprint": fingerprint,
        "rows": [row.to_dict() for row in rows],
        "roofs": None if roofs is None else roofs.to_dict(),
    }
    return Answer(data, text.board(rows, roofs))


def _judge(options: Namespace) -> Answer:
    from accel_core.runner.stopping import stops_outside_the_queue
    from accel_core.studies import arena as desk
    from accel_core.studies.arena.alone import JudgedElsewhere

    progress, persons = Progress(), dict[str, str]()

    def heard(todo: desk.ToJudge, found: Verdict) -> None:
        persons[todo.entry.id] = todo.entry.person
        progress.tell(text.line(found, todo.entry.person))

    while True:
        verdicts: list[Verdict] = []
        try:
            with stops_outside_the_queue():
                verdicts = desk.judge_waiting(
                    on_event=progress,
                    tell=progress.warn,
                    heard=heard,
                    again=options.again,
                    elsewhere=options.elsewhere,
                )
        except JudgedElsewhere:
            if not options.watch:
                raise
        finally:
            progress.clear()
        if not options.watch:
            return Answer({"verdicts": [one.to_dict() for one in verdicts]}, text.judged(verdicts, persons))
        time.sleep(LOOK_S)


def _event(options: Namespace) -> Answer:
    """`accel arena event check FILE`. A proof that fails is an answer, not a fault."""
    from accel_core.judge.proving import event_proofs

    known = files.read_events(Path(options.file))
    found = {one.name: list(event_proofs(one)) for one in known}
    data = {
        "ok": all(proof.ok for proofs in found.values() for proof in proofs),
        "events": [one.to_dict() for one in known],
        "proofs": {name: [proof.to_dict() for proof in proofs] for name, proofs in found.items()},
    }
    return Answer(data, f"{text.events(known)}\n\n{text.proofs(found)}")


def _read(name: str) -> bytes:
    """The file, or a little more than is taken of one that is longer; BadInput where it cannot be read."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(MOST_CODE_BYTES + 1)
        with opened(Path(name)) as file:
            return file.read(MOST_CODE_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no name of a file"
        raise BadInput(f"{quoted(name)} cannot be read ({why}): name a Python file, or -.") from None


ACTIONS: Mapping[str, Callable[[Namespace], Answer]] = {
    "events": _events,
    "try": _try,
    "submit": _submit,
    "board": _board,
    "judge": _judge,
    "rule": entries.rule,
    "code": entries.code,
    "history": entries.history,
    "event": _event,
}
