"""A submission from its text to its verdict: read, compile, example, tests, times.

The calling process owns clock, inputs, reference and verdict. It pins itself to the first of the processors on
which the children run: it sleeps while they do, and a signal on the same processor takes microseconds.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace

import numpy as np

from accel_core import registry
from accel_core.arena.drawing import SEED_BITS, drawn_shapes
from accel_core.bench.events import Emit, step_event
from accel_core.bench.threads import limit
from accel_core.bench.verify import AWKWARD_AXES, AWKWARD_SIZES, format_shape
from accel_core.errors import AccelError
from accel_core.judge import players
from accel_core.judge.asked import Asked, Refused
from accel_core.judge.disturbance import Seen, disturbed
from accel_core.judge.inside import pages
from accel_core.judge.reading import lines_of_code, read
from accel_core.judge.rounds import null_s, time_size
from accel_core.judge.staging import Stage
from accel_core.judge.table import Posed, Table
from accel_core.judge.verdicts import Found, drifted, size_result, verdict
from accel_core.machine import thread_cpus
from accel_core.model import Machine, Shape, Verdict
from accel_core.wall import ChildEnded, ChildLate

TRIED_S, JUDGED_S = 5.5, 400.0
"""For all times of a submission that is only tried, and of one that is judged, which is refused after that."""
AGAIN = 3
"""How often a size is timed anew where somebody disturbed it, or the baselines drifted."""
EXAMPLE_AXES = (2, 3, 4, 3, 2)
"""Lengths of the first input that it is tried with, small enough to be read."""


def judge(asked: Asked, machine: Machine, emit: Emit) -> Verdict:
    """The verdict on a submission; emits a step for each stage, and for each size that is timed."""
    found = Found(None if asked.tried else secrets.randbits(SEED_BITS))
    refused = None
    try:
        Judging(asked, machine, emit, found).run()
    except Refused as error:
        refused = error
    except (ChildEnded, ChildLate) as error:  # between two calls
        refused = Refused(f"{players.ending(error, players.CALL_S)}.")
    return verdict(asked, machine, found, refused)


class Judging:
    """The stages of one judging."""

    def __init__(self, asked: Asked, machine: Machine, emit: Emit, found: Found) -> None:
        self.asked, self.machine, self.found = asked, machine, found
        self.workload = registry.workload(asked.event.workload)
        drawn = () if found.seed is None else drawn_shapes(asked.event, found.seed)
        self.shapes = [(shape, False) for shape in asked.event.shapes] + [(shape, True) for shape in drawn]
        axes = len(self.workload.axes)
        awkward = [*map(self.workload.shape, AWKWARD_SIZES), AWKWARD_AXES[:axes]]
        self.example, self.tests = EXAMPLE_AXES[:axes], sorted(awkward, key=self.workload.flop)
        self._emit, self._done = emit, 0

    def run(self) -> None:
        """All stages; Refused where one is not passed."""
        self.step("read")
        self.asked = replace(self.asked, code=read(self.asked.code))
        self.found.facts = {"lines": lines_of_code(self.asked.code), "threads": self.asked.threads}
        with ExitStack() as stack:
            stack.enter_context(limit(1))  # the reference is computed on one processor
            stage = stack.enter_context(self.memory())
            baselines = None
            if self.asked.event.baselines and not self.asked.tried:  # it imports while the submission compiles
                baselines = players.baseline_player(self.asked, stage)
                stack.enter_context(baselines.child)
            self.step("compile")
            made = None if self.asked.is_open else self.compiled()
            player = self.player(made, stage)
            stack.enter_context(player.child)
            cpus = stack.enter_context(beside())
            self.found.null_s = null_s(player)
            if made is None:
                self.load(player)
            libraries = player.child.libraries() if made and sys.platform == "linux" else None
            table = Table(self.workload, self.asked.event.dtype, player, stage, made is not None)
            table.team = made is not None and made.team
            table.explain = lambda posed: "" if made is None else self.why_it_broke(posed, made)
            self.check(table)
            if baselines is not None:
                self.warm_up(baselines)
            self.times(table, baselines, cpus)
            if libraries is not None and not player.child.libraries() <= libraries:
                raise Refused(
                    "It loaded a library while it ran; in this division none may be: write the loops yourself."
                )

    def step(self, name: str, expected_s: float | None = None) -> None:
        """Tell that a stage begins."""
        self.found.stage = name.split()[0]
        self._emit(step_event(name, self._done, 4 + len(self.shapes), expected_s))
        self._done += 1

    def memory(self) -> Stage:
        """Shared memory for the largest of all shapes: its least traffic is all of its arrays."""
        shapes = [self.example, *self.tests, *(shape for shape, _ in self.shapes)]
        most = max(self.workload.least_bytes(shape, self.asked.event.dtype) for shape in shapes)
        return Stage(most, most)

    def pose(self, shape: Shape) -> Posed:
        """Fresh inputs of a shape."""
        return Posed.fresh(self.workload, shape, self.asked.event.dtype)

    def compiled(self) -> players.MachineCode:
        """The machine code of the submission; its facts are kept."""
        small = self.pose(self.example)
        made = players.compile_code(self.asked, [np.ndim(one) for one in (*small.inputs, small.expected)])
        self.found.facts |= {"vector_bits": made.vector_bits, "threads": self.asked.threads if made.team else 1}
        return made

    def player(self, made: players.MachineCode | None, stage: Stage) -> players.Player:
        """The submission's child."""
        try:
            if made is None:
                return players.python_player(self.asked, stage)
            return players.native_player(self.asked, made, stage)
        except (ChildEnded, ChildLate) as error:
            raise Refused(f"It could not be loaded: {players.ending(error, players.START_S)}.") from None

    def load(self, player: players.Player) -> None:
        """Have the file run, in the open division."""
        player.stage.clear_report()
        try:
            player.do(pages.LOAD, timeout_s=players.FIRST_CALL_S)
        except (ChildEnded, ChildLate) as error:
            raise Refused(f"While the file was read: {players.ending(error, players.FIRST_CALL_S)}.") from None
        if said := players.complaint(*player.stage.report(), native=False):
            raise Refused(said)

    def check(self, table: Table) -> None:
        """The example, then the tests, the smallest first."""
        self.step("example")
        # what is installed may compile at its first call
        self.check_one(table, self.example, players.CALL_S if table.native else players.FIRST_CALL_S)
        self.step("tests")
        for shape in self.tests:
            self.check_one(table, shape, players.CALL_S)

    def check_one(self, table: Table, shape: Shape, limit_s: float) -> None:
        """One call at a shape, compared in all entries."""
        posed = self.pose(shape)
        table.lay(posed)
        table.call(posed, always=True, limit_s=limit_s)

    def why_it_broke(self, posed: Posed, made: players.MachineCode) -> str:
        """Why its process used memory that it may not: the same call again, on inputs that it may write."""
        most = self.workload.least_bytes(posed.shape, self.asked.event.dtype)
        outside = "It reads or writes outside of its arrays, or calls itself without end,"
        with Stage(most, most) as stage:
            stage.shape(posed.inputs, np.shape(posed.expected), self.asked.event.dtype)
            stage.put(posed.inputs)
            try:
                player = players.native_player(self.asked, made, stage, private=True)
                with player.child:
                    player.do(pages.SHAPE, places=stage.places)
                    player.do(pages.CALL)
            except (ChildEnded, ChildLate):
                return outside
        return "It wrote to its inputs, and only out may be written"

    def warm_up(self, baselines: players.Player) -> None:
        """Have every baseline compiled, or loaded, before it is timed."""
        try:
            baselines.child.ready(players.START_S)
        except (ChildEnded, ChildLate) as error:
            raise AccelError(f"The baselines could not be loaded: {error}") from error
        posed = self.pose(self.example)
        baselines.stage.shape(posed.inputs, np.shape(posed.expected), self.asked.event.dtype)
        baselines.stage.put(posed.inputs)
        baselines.do(pages.SHAPE, places=baselines.stage.places)
        for at in range(len(self.asked.event.baselines)):
            baselines.do(pages.CALL, at, timeout_s=players.START_S)

    def times(self, table: Table, baselines: players.Player | None, cpus: tuple[int, ...]) -> None:
        """The times of all sizes; in a trial of those for which there is time."""
        end_s = time.monotonic() + (TRIED_S if self.asked.tried else JUDGED_S)
        names = self.asked.event.baselines if baselines is not None else ()
        for at, (shape, drawn) in enumerate(self.shapes):
            left_s = end_s - time.monotonic()
            self.step(f"times {format_shape(shape)}", left_s if self.asked.tried else None)
            timed = None
            if left_s <= 0 and not self.asked.tried:
                raise Refused(f"It was not done with all sizes after {JUDGED_S:.0f} s: make it faster.")
            for again in range(AGAIN + 1) if left_s > 0 else ():
                share_s = None if not self.asked.tried else left_s / (len(self.shapes) - at)
                before = Seen.of(table.player.child.pid, cpus)
                timed = time_size(table, baselines, names, shape, share_s)
                after = Seen.of(table.player.child.pid, cpus)
                why = disturbed(before, after, table.player.threads) or drifted(timed)
                last = again == AGAIN or self.asked.tried or time.monotonic() >= end_s
                if why and last:
                    self.found.disturbed.append(f"At size {format_shape(shape)}: {why[:1].lower()}{why[1:-1]}")
                if not why or last:
                    break
            null = self.found.null_s or 0.0
            self.found.sizes.append(
                size_result(self.asked, self.machine, self.workload, shape, drawn, timed, null)
            )


@contextmanager
def beside() -> Iterator[tuple[int, ...]]:
    """The processors of the children; meanwhile this thread runs on the first of them alone."""
    cpus = thread_cpus()
    if not hasattr(os, "sched_setaffinity") or len(cpus) < 2:
        yield cpus
        return
    with suppress(OSError):
        os.sched_setaffinity(0, cpus[:1])
    try:
        yield cpus
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, cpus)
