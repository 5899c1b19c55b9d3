"""How fast tiles in memory are multiplied, and what a byte that is read meanwhile takes of that.

Reading takes processor time and room in the memory's channels and caches. Where all processors multiply it
costs them; where one is free it costs little. So the library is timed in turns, with nobody reading and with
the hands of the product reading as fast as they can, and the difference is divided by the bytes that came.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

import numpy as np

from accel_core.machine.waiting import thread_times, waited_fraction
from accel_core.out_of_core.product import HANDS, Files, Team, kept_off_by_others
from accel_core.out_of_core.room import Cut, Slot
from accel_core.roofline.streamed import Plan

BUDGET_S, TURN_S = 2.0, 0.25
"""For both kinds of turns together, and for one, which is one slab at the least."""
_MOST_KEPT_OFF = 0.9


@dataclass(frozen=True, slots=True)
class Pace:
    """What a product is predicted from, beside the disk."""

    flop_per_s: float
    """Of the team on tiles in memory, while nobody reads."""
    read_cost_s_per_byte: float
    """Seconds that multiplying takes longer for each byte that is read meanwhile."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a hand did during one turn."""

    read_bytes: float
    processor_s: float


@dataclass
class Turns:
    """The turns of one kind, summed up."""

    slabs: int = 0
    took_s: float = 0.0
    """Less what threads waited for a processor that others had: it says nothing of library and disk."""
    read_bytes: float = 0.0

    def add(self, slabs: int, took_s: float, kept_off: float | None, *hands: Read) -> None:
        """Another one, with what each hand did meanwhile."""
        by_others = kept_off_by_others(kept_off, took_s, sum(hand.processor_s for hand in hands)) or 0.0
        self.slabs += slabs
        self.took_s += took_s * (1 - min(by_others, _MOST_KEPT_OFF))
        self.read_bytes += sum(hand.read_bytes for hand in hands)


def pace_of(plain: Turns, reading: Turns, slab_flop: float) -> Pace:
    """The pace of turns without and with reading; reading costs nothing where it made nothing slower."""
    slab_s = plain.took_s / plain.slabs
    longer_s = max(reading.took_s - reading.slabs * slab_s, 0.0)
    return Pace(slab_flop / slab_s, longer_s / reading.read_bytes if reading.read_bytes else 0.0)


def measure_pace(plan: Plan, files: Files, room: Cut, budget_s: float = BUDGET_S) -> Pace:
    """The pace on slabs in memory, as many as fit in the time, one of each kind at the least."""
    block, team = room.block.reshape(plan.side, plan.side, plan.tile, plan.tile), Team(room.products)
    block[...] = 0
    for a, b in room.slots:
        a[...] = b[...] = np.linspace(-1, 1, plan.tile)
    slots = cycle(room.slots)
    team.add_products(block[:1], a[:1], b)

    def multiply() -> None:
        """The next slab, which may be read anew meanwhile: nobody wants the result."""
        team.add_products(block, *next(slots))

    plain, reading = Turns(), Turns()
    start_s = time.perf_counter()
    while not plain.slabs or time.perf_counter() - start_s < budget_s:
        plain.add(*_turn(multiply, plan.threads))
        with _hands(plan, files, room.slots) as hands:
            turn = _turn(multiply, plan.threads)
        reading.add(*turn, *(hand.within(turn[1]) for hand in hands))
    return pace_of(plain, reading, 2 * plan.block**2 * plan.tile)


def _turn(multiply: Callable[[], None], threads: int) -> tuple[int, float, float | None]:
    """(slabs, seconds, share of the time in which a thread waited for a processor)."""
    slabs, before = 0, thread_times()
    start_s = time.perf_counter()
    while True:
        multiply()
        slabs += 1
        if (took_s := time.perf_counter() - start_s) >= TURN_S:
            return slabs, took_s, waited_fraction(before, thread_times(), threads)


class _Hand(threading.Thread):
    """Reads slabs into its slots, again and again, until it is told to end."""

    def __init__(self, plan: Plan, files: Files, slots: Sequence[Slot], number: int) -> None:
        super().__init__(name="reading beside", daemon=True)
        self._files, self._plan, self._slots, self._at = files, plan, cycle(slots), number
        self.over = threading.Event()
        self._read_bytes, self._took_s, self._processor_s = 0, 0.0, 0.0
        self.fault: BaseException | None = None

    def run(self) -> None:
        """What goes wrong is kept for the one who waits."""
        start_s, tiles = time.perf_counter(), slice(0, self._plan.side)
        try:
            while not self.over.is_set():
                self._files.read(next(self._slots), (tiles, tiles, self._at % self._plan.length))
                self._read_bytes += 2 * self._plan.side * self._plan.tile_bytes
                self._at += HANDS
        except BaseException as fault:
            self.fault = fault
        self._took_s, self._processor_s = time.perf_counter() - start_s, time.thread_time()

    def within(self, took_s: float) -> Read:
        """Its share of so many seconds: the last slab came later than they ended."""
        share = took_s / self._took_s
        return Read(self._read_bytes * share, self._processor_s * share)


@contextmanager
def _hands(plan: Plan, files: Files, slots: Sequence[Slot]) -> Iterator[Sequence[_Hand]]:
    """Within the block as many threads read as in the product; raises what one of them met."""
    count = min(HANDS, len(slots) - 1)
    hands = [_Hand(plan, files, slots[number::count], number) for number in range(count)]
    for hand in hands:
        hand.start()
    try:
        yield hands
    finally:
        for hand in hands:
            hand.over.set()
        for hand in hands:
            hand.join()
    for hand in hands:
        if hand.fault is not None:
            raise hand.fault
