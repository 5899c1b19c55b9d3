"""Machines side by side: what is known of each, to which family its processor belongs, and its roofs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from accel_core.model import DRAM, Ceiling, Machine, Measurement
from accel_core.readings.scene import Scene, scene

_FAMILIES = (
    (r"\bEPYC\b", "AMD EPYC"),
    (r"\bRyzen\b", "AMD Ryzen"),
    (r"\bXeon\b", "Intel Xeon"),
    (r"\bCore\b|\bPentium\b|\bCeleron\b|\bIntel\b.*\bN\d{2,3}\b", "Intel Core"),
    (r"\bApple\b|\bM\d( Pro| Max| Ultra)?$", "Apple"),
    (r"\bSnapdragon\b|\bQualcomm\b|\bOryon\b", "Qualcomm"),
    (r"\bGraviton\b|\bNeoverse\b", "Arm server"),
    (r"\bCortex\b", "Arm board"),
    (r"\bPOWER\d", "IBM POWER"),
)
"""What a processor's name holds, and the family; the first that fits."""


@dataclass(frozen=True, slots=True)
class Guessed:
    """A lesson as somebody answered it: what was said, empty where nothing, and what was found with its
    interval. A number as a number, a choice or an order by its name."""

    said: float | str
    found: float | str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Member:
    """One machine of a class, or one exported record."""

    name: str
    """The id as typed, or the file's name: not to be trusted."""
    machine: Machine
    ceilings: tuple[Ceiling, ...]
    measurements: tuple[Measurement, ...]
    """Newest first."""
    guesses: Mapping[str, Guessed] = field(default_factory=dict)
    """By lesson."""
    own: bool = False

    @property
    def family(self) -> str:
        """The family of its processor."""
        return processor_family(self.machine)


def processor_family(machine: Machine) -> str:
    """ "AMD EPYC"; where the name is unknown its vendor, and without one its architecture."""
    for pattern, family in _FAMILIES:
        if re.search(pattern, machine.cpu):
            return family
    return machine.vendor or machine.architecture


def families(members: Sequence[Member]) -> tuple[str, ...]:
    """The families of a class, that with most machines first."""
    counted = Counter(member.family for member in members)
    return tuple(sorted(counted, key=lambda family: (-counted[family], family)))


def threads_of(machine: Machine, threads: str) -> int:
    """How many threads "one" and "all" are on a machine."""
    return 1 if threads == "one" else machine.cores.allowed


def scene_of(ceilings: Sequence[Ceiling], dtype: str, threads: int) -> Scene | None:
    """The roofs of a machine among others; None where DRAM is not among them."""
    view = scene(ceilings, dtype, threads)
    return view if view is not None and view.memory[-1].level == DRAM else None


@dataclass(frozen=True)
class Roofed:
    """A machine under its roofs at one number type and thread count."""

    member: Member
    view: Scene
    points: tuple[Measurement, ...]

    @property
    def peak(self) -> float:
        """FLOP/s of its highest compute roof."""
        return self.view.peak

    @property
    def bandwidth(self) -> float:
        """byte/s of DRAM."""
        return self.view.bandwidth

    @property
    def ridge(self) -> float:
        """FLOP/byte where the two meet."""
        return self.view.ridge

    def place(self, m: Measurement, shares: bool) -> tuple[float, float]:
        """(FLOP/byte, FLOP/s) of a point; with `shares` as parts of the ridge point and of the peak."""
        x, y = m.intensity_flop_per_byte or 0.0, m.flop_per_s
        return (x / self.ridge, y / self.peak) if shares else (x, y)


def roofed(
    members: Sequence[Member], workload: str, dtype: str, threads: str
) -> tuple[list[Roofed], list[Member]]:
    """The machines with roofs, own ones last, with their points of `workload`; and those without."""
    found: list[Roofed] = []
    bare: list[Member] = []
    for member in sorted(members, key=lambda member: member.own):
        count = threads_of(member.machine, threads)
        view = scene_of(member.ceilings, dtype, count)
        if view is None:
            bare.append(member)
            continue
        points = tuple(
            m
            for m in newest_cases(member.measurements)
            if (m.workload, m.dtype, m.threads) == (workload, dtype, count) and m.intensity_flop_per_byte
        )
        found.append(Roofed(member, view, points))
    return found, bare


def case_key(m: Measurement) -> tuple[object, ...]:
    """What makes two measurements ones of the same case."""
    return m.kernel, tuple(m.shape), m.dtype, m.threads, tuple(sorted(m.parameters.items()))


def newest_cases(measurements: Sequence[Measurement]) -> list[Measurement]:
    """The newest measurement of each case."""
    newest: dict[tuple[object, ...], Measurement] = {}
    for m in sorted(measurements, key=lambda m: m.created):
        newest[case_key(m)] = m
    return list(newest.values())


def middle(values: Sequence[float]) -> float:
    """The median; 0 where there is none."""
    return median(values) if values else 0.0
