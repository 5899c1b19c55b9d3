"""A class of invented machines: varied processors, roofs, ladders and guesses, the same at each call."""

from __future__ import annotations

import random
from dataclasses import replace

from figure_records import RATES, ceilings, machine, measurement

from accel_core.model import Measurement
from accel_core.readings.members import Guessed, Member

PROCESSORS = (
    ("AMD EPYC 9R14 96-Core Processor", "AMD", 1.0),
    ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "AMD", 1.2),
    ("Intel(R) Core(TM) i5-8250U CPU @ 1.60GHz", "Intel", 0.5),
    ("13th Gen Intel(R) Core(TM) i7-1360P", "Intel", 0.9),
    ("Apple M2", "Apple", 1.1),
    ("Intel(R) Xeon(R) Gold 6448Y", "Intel", 0.8),
)
OUTLYING = 7
"""Which member has one rung forty times too slow."""
QUICK = ("compiled_ijk", "compiled_ikj", "numpy", "packed")


def member(at: int, name: str = "", *, own: bool = False, guess: float | str | None = None) -> Member:
    """The machine number `at` of the class."""
    pick = random.Random(at)
    cpu, vendor, speed = PROCESSORS[at % len(PROCESSORS)]
    peak, memory = speed * pick.lognormvariate(0, 0.15), speed**0.5 * pick.lognormvariate(0, 0.25)
    roofs = tuple(
        replace(c, value=c.value * by, low=c.low and c.low * by, high=c.high and c.high * by)
        for c in ceilings()
        for by in [peak if c.kind == "compute" else memory]
    )
    here = replace(machine(), cpu=cpu, vendor=vendor, fingerprint=f"host {at}")
    rungs = tuple(_rung(pick, kernel, peak, at) for kernel in RATES)
    said = guess if guess is not None else pick.lognormvariate(4, 2)
    guesses = {"library": Guessed(said, 16_000 * peak * pick.lognormvariate(0, 0.2), 1.0, 1e9)}
    return Member(name or f"student-{at:03}", here, roofs, rungs, guesses, own)


def _rung(pick: random.Random, kernel: str, peak: float, at: int) -> Measurement:
    rate = RATES[kernel] * peak * pick.lognormvariate(0, 0.12)
    if at == OUTLYING and kernel == "compiled_ikj":
        rate /= 40
    found = measurement(kernel, rate, size=512)
    samples = tuple(found.time_s.median * pick.lognormvariate(0, 0.01) for _ in range(21))
    return replace(found, id=f"{kernel} {at}", samples_s=samples, fingerprint=f"host {at}")


def classroom(machines: int) -> list[Member]:
    """So many machines, the last of them one's own."""
    return [*(member(at) for at in range(machines - 1)), member(machines - 1, "mine", own=True)]
