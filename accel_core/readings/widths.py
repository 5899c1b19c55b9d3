"""What vectors of every width brought: races of the same loop, and what they say beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import DRAM, Measurement
from accel_core.model.words import SCALAR_BITS
from accel_core.readings.ratios import EVEN, FLAT, times
from accel_core.units import format_bytes, format_number, format_rate


@dataclass(frozen=True, slots=True)
class Race:
    """The same loop on the same arrays, compiled for each width."""

    level: str
    """The nearest memory that holds the arrays."""
    least_bytes: int
    """Of x and y together."""
    ran: Mapping[int, Measurement]
    """Width in bits -> its measurement, rising; SCALAR_BITS: one number at a time; 0: the compiler's choice."""
    reported: bool = False
    """Whether `level` is the last cache, of which only the system's word is known: one process may get less."""

    @property
    def place(self) -> str:
        """ "in L2", "from memory"."""
        return "from memory" if self.level == DRAM else f"in {self.level}"

    @property
    def title(self) -> str:
        """ "In L2 (968 KiB)"."""
        return f"{self.place[:1].upper()}{self.place[1:]} ({format_bytes(self.least_bytes)})"

    def gain(self, bits: int, over: int) -> float:
        """How many times as fast one width is as another."""
        return self.ran[over].time_s.median / self.ran[bits].time_s.median

    @property
    def vectors(self) -> list[int]:
        """The widths of vectors, rising."""
        return [bits for bits in self.ran if bits != SCALAR_BITS]

    @property
    def fastest(self) -> int:
        """Of the vectors."""
        return min(self.vectors, key=lambda bits: self.ran[bits].time_s.median)

    @property
    def slowest(self) -> int:
        """Of the vectors."""
        return max(self.vectors, key=lambda bits: self.ran[bits].time_s.median)

    @property
    def spread(self) -> float:
        """How many times as fast the fastest vectors are as the slowest."""
        return self.gain(self.fastest, self.slowest)


def width_name(bits: int) -> str:
    """ "512 bits", "one number at a time"."""
    names = {SCALAR_BITS: "one number at a time", 0: "vectors as the compiler chooses"}
    return names.get(bits) or f"{bits} bits"


def bandwidth(m: Measurement) -> float:
    """Bytes of x and y over the time, in byte/s."""
    return m.least_bytes / m.time_s.median


def gain_text(race: Race, bits: int) -> str:
    """What a width brings over the narrowest that ran: "1.9 times as fast"; empty for that one."""
    first = next(iter(race.ran))
    return "" if bits == first else _fast(race.gain(bits, first))


def _fast(gain: float) -> str:
    """ "1.9 times as fast", "as fast", "0.8 times as fast"."""
    if 1 - EVEN <= gain <= 1 + EVEN:
        return f"as fast ({format_number(gain, 3)})"
    return f"{times(gain) if gain >= 1 else f'{format_number(gain, 2)} times'} as fast"


REPORTED = (
    "That the arrays lie in {level} follows from the size that the system reports; how much of it one process "
    "gets, the page This machine measures."
)


def widths_reading(races: Sequence[Race]) -> list[str]:
    """The widths against each other at each size, what memory makes of them, and what disturbed them."""
    known = [race for race in races if race.vectors and len(race.ran) > 1]
    said = [_of(race) for race in known]
    said += [text for race in known if (text := _of_memory(race, known))]
    said += [REPORTED.format(level=race.level) for race in known if race.reported]
    points = [m for race in known for m in race.ran.values()]
    if disturbed := sum(m.disturbed for m in points):
        said.append(
            f"{disturbed} of {len(points)} timings were disturbed: measure again before you trust a ratio."
        )
    return said


def _of(race: Race) -> str:
    """The widest vectors against all that is narrower, and which width is the fastest where another is."""
    *narrower, wide = race.vectors
    names = {bits: str(bits) for bits in reversed(narrower)}
    if SCALAR_BITS in race.ran:
        names[SCALAR_BITS] = width_name(SCALAR_BITS)
    *gains, last = [f"{_fast(race.gain(wide, bits))} as {name}" for bits, name in names.items()]
    text = f"{', '.join(gains)} and {last}" if gains else last
    text = f"**{race.title}:** {width_name(wide)} are {text}"
    if race.gain(race.fastest, wide) > 1 + EVEN:
        text += f"; {width_name(race.fastest)} are {_fast(race.gain(race.fastest, wide))} as {wide}"
    return f"{text}."


def _of_memory(race: Race, races: Sequence[Race]) -> str:
    """Whether the width still matters where the arrays come from memory; empty where it matters nowhere."""
    if race.level != DRAM:
        return ""
    if race.spread >= FLAT:
        return f"The memory gives more than {width_name(race.slowest)} take, so the width matters there too."
    if any(other.spread >= FLAT for other in races):
        return "From memory vectors of every width are as fast: they wait for it."
    return ""


def widths_alt(races: Sequence[Race]) -> str:
    """The bandwidth of each width at each size."""
    lines = [
        f"{race.title}: "
        + ", ".join(f"{width_name(bits)} {format_rate(bandwidth(m), 'B/s')}" for bits, m in race.ran.items())
        for race in races
    ]
    return f"Fused GELU by the width of its vectors. {'; '.join(lines) or 'Nothing measured yet'}."
