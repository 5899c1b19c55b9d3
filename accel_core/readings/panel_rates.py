"""What the measured settings of the packed product say: of the chosen one, of the fastest, and for the ear."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accel_core.model import ITEM_BYTES, Ceiling, Measurement
from accel_core.model.tuning import Tuning
from accel_core.readings.estimates import rate_bounds
from accel_core.readings.panels import Panel, need
from accel_core.readings.ratios import share_text, times
from accel_core.units import format_number, format_rate

LENGTHS = ("mr", "mc", "kc", "nc")
NOT_YET = "The chosen setting is not measured yet: predict where it will stand, then measure it."
ONE_RUN = timedelta(minutes=5)
"""Measurements further apart are taken for those of two runs."""


@dataclass(frozen=True, slots=True)
class Point:
    """A measured setting: the block lengths that ran, which may be shorter than what was asked for."""

    lengths: tuple[int, int, int, int]
    """mr, mc, kc, nc."""
    measured: Measurement

    @property
    def kc(self) -> int:
        """Depth of the packed blocks, in elements."""
        return self.lengths[2]

    @property
    def others(self) -> tuple[int, int, int]:
        """What stays the same along a sweep of kc."""
        return self.lengths[0], self.lengths[1], self.lengths[3]

    def text(self) -> str:
        """ "mr = 6, mc = 1026, kc = 512, nc = 256"."""
        return ", ".join(f"{name} = {value}" for name, value in zip(LENGTHS, self.lengths, strict=True))


@dataclass(frozen=True, slots=True)
class Rates:
    """What was measured of the packed product at one size and number type."""

    asked: tuple[int, int, int, int]
    """The chosen lengths as they run."""
    derived: tuple[int, int, int, int]
    """What the block sizes from the caches become."""
    points: tuple[Point, ...] = ()
    """The newest of each setting."""
    numpy: Measurement | None = None
    """The one nearest in time to the chosen setting's."""
    tuned: tuple[int, int, int, int] | None = None
    """The block sizes that a tuning of this machine found."""

    def at(self, lengths: tuple[int, int, int, int]) -> Point | None:
        """The point of these lengths, None where it was not measured."""
        return next((p for p in self.points if p.lengths == lengths), None)

    @property
    def line(self) -> list[Point]:
        """Those that differ from the chosen setting in kc alone, rising."""
        others = self.asked[0], self.asked[1], self.asked[3]
        return sorted((p for p in self.points if p.others == others), key=lambda p: p.kc)


def rates_reading(rates: Rates, panels: Sequence[Panel], *, ceiling: Ceiling | None = None) -> str:
    """What was measured of the chosen setting, beside the block sizes from the caches, NumPy and the roof.

    Empty where nothing was measured. "Slower" and "faster" are said only where the intervals of
    the two times lie apart.
    """
    chosen, derived = rates.at(rates.asked), rates.at(rates.derived)
    if chosen is None:
        return NOT_YET if rates.points else ""
    m = chosen.measured
    rate = format_rate(m.flop_per_s, "FLOP/s")
    if rates.asked == rates.derived:
        text = f"The block sizes from the caches ({chosen.text()}) were measured at {rate}."
    else:
        changed = [f"{n} = {a}" for n, a, r in zip(LENGTHS, rates.asked, rates.derived, strict=True) if a != r]
        over = [need(p) for p in panels if p.overflows]
        start = f"{', '.join(changed)}: {'; '.join(over) or 'every block fits in its level'}: measured"
        said = (
            _against(m, derived.measured) if derived else f"at {rate}; the block sizes from the caches were not"
        )
        text = f"{start} {said}."
    reached = [f"{share_text(m.flop_per_s / ceiling.value)} of the measured FMA roof"] if ceiling else []
    if rates.numpy is not None:
        ratio = m.flop_per_s / rates.numpy.flop_per_s
        part = share_text(ratio) + " of" if ratio < 1 else times(ratio)
        reached.append(f"{part} NumPy's {format_rate(rates.numpy.flop_per_s, 'FLOP/s')}")
    if reached:
        text += f" That is {' and '.join(reached)}."
    if any(x.disturbed for x in (m, derived.measured if derived else m, rates.numpy or m)):
        text += " One of these timings was disturbed: measure again before you believe it."
    return text


def _against(m: Measurement, other: Measurement) -> str:
    """ "12 % slower than with the block sizes from the caches (105 GFLOP/s against 119 GFLOP/s)"."""
    both = f"({format_rate(m.flop_per_s, 'FLOP/s')} against {format_rate(other.flop_per_s, 'FLOP/s')})"
    mine, its = rate_bounds(m), rate_bounds(other)
    if mine is None or its is None:
        return f"with too few samples to compare it with the block sizes from the caches {both}"
    if mine[0] <= its[1] and its[0] <= mine[1]:
        return f"no different from the block sizes from the caches: the intervals overlap {both}"
    ratio = m.flop_per_s / other.flop_per_s
    percent = format_number(abs(ratio - 1) * 100, 2)
    how = f"{percent} % {'faster' if ratio > 1 else 'slower'}"
    return f"{how} than with the block sizes from the caches {both}{_apart(m, other)}"


def _apart(m: Measurement, other: Measurement) -> str:
    """Says so where the two were not measured in one run, in which the clock may have been another."""
    apart = abs(datetime.fromisoformat(m.created) - datetime.fromisoformat(other.created))
    return ", measured in another run" if apart > ONE_RUN else ""


def best_reading(rates: Rates) -> str:
    """The fastest of the settings measured undisturbed; empty under three, which are no hunt yet."""
    clean = [p for p in rates.points if not p.measured.disturbed]
    if len(clean) < 3:
        return ""
    best = max(clean, key=lambda p: p.measured.flop_per_s)
    named = {rates.tuned: "the tuned ones", rates.derived: "those from the caches"}
    whose = named.get(best.lengths, best.text())
    return (
        f"Fastest of the {len(clean)} settings measured undisturbed at N = {best.measured.size}, "
        f"{best.measured.dtype}: {whose}, {format_rate(best.measured.flop_per_s, 'FLOP/s')}."
    )


def tuning_reading(tuning: Tuning) -> str:
    """Which block sizes the packed rungs run with when none are chosen, and what a tuning brought."""
    moment = datetime.fromisoformat(tuning.created).strftime("%Y-%m-%d")
    if not tuning.gains:
        return (
            f"The packed rungs run by rule, with the block sizes from the caches: on {moment} nothing that was "
            "tried here was faster."
        )
    gains = ", ".join(
        f"{times(gain.median)} at N={side}" + (" (a tie)" if (gain.low or 0) <= 1 <= (gain.high or 0) else "")
        for side, gain in tuning.gains.items()
    )
    lengths = f"mr = {tuning.tile}, mc = {tuning.mc}, kc = {tuning.kc}, nc = {tuning.nc}"
    whole = math.isqrt(tuning.unpacked_bytes // ITEM_BYTES[tuning.dtype])
    return (
        f"The packed rungs run by measurement here ({moment}): {lengths}, and up to N={whole} "
        f"nothing is packed. Speed over the block sizes from the caches, one thread, in turns: {gains}."
    )


def width_reading(tuning: Tuning) -> str:
    """The width of vectors that streaming loops have, and what it was raced against; empty where none was."""
    if not tuning.vector_bits:
        return ""
    won = tuning.width_gains.get(str(tuning.vector_bits))
    others = [bits for bits in tuning.width_gains if bits != str(tuning.vector_bits)]
    if won is None:
        raced = f"of {' and '.join(others)} bits none was surely faster on arrays in L2"
    else:
        raced = f"{times(won.median)} as fast on arrays in L2 as those by rule"
    return f"Streaming loops over {tuning.dtype} run with vectors of {tuning.vector_bits} bits: {raced}."


def rates_alt(rates: Rates) -> str:
    """The ends of the line, the fastest setting, and NumPy."""
    if not rates.points:
        return "Speed of the packed product against the depth of its blocks: nothing measured yet."
    best = max(rates.points, key=lambda p: p.measured.flop_per_s)
    ends = "; ".join(f"kc {p.kc}: {format_rate(p.measured.flop_per_s, 'FLOP/s')}" for p in rates.line)
    text = f"Speed against kc with the chosen mr, mc and nc: {ends or 'not measured yet'}."
    count = "The only setting" if len(rates.points) == 1 else f"The fastest of {len(rates.points)} settings"
    text += f" {count}: {best.text()}, "
    text += f"{format_rate(best.measured.flop_per_s, 'FLOP/s')}."
    return text + (f" NumPy: {format_rate(rates.numpy.flop_per_s, 'FLOP/s')}." if rates.numpy else "")
