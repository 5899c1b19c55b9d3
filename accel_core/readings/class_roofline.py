"""What the rooflines of a class say, in words."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.readings.members import Member, Roofed, middle
from accel_core.readings.ratios import times
from accel_core.units import format_count, format_number, format_rate


def class_roofline_alt(found: Sequence[Roofed], dtype: str, threads: str, shares: bool) -> str:
    """How many machines stand in the picture, and from where to where their roofs reach."""
    if not found:
        return f"No machine with roofs for {dtype}, {threads_text(threads)} yet."
    peaks, bandwidths = [one.peak for one in found], [one.bandwidth for one in found]
    points = sum(len(one.points) for one in found)
    scale = ", in shares of each machine's own roofs" if shares else ""
    return (
        f"Rooflines of {format_count(len(found), 'machine')}{scale}, {dtype}, {threads_text(threads)}: peaks "
        f"{_range(peaks, 'FLOP/s')}, DRAM {_range(bandwidths, 'B/s')}; {format_count(points, 'point')}."
    )


def threads_text(threads: str) -> str:
    """What is said of "one" and "all"."""
    return "one thread" if threads == "one" else "all threads of each"


def _range(values: Sequence[float], unit: str) -> str:
    low, high = (format_rate(value, unit) for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def class_roofline_reading(found: Sequence[Roofed], bare: Sequence[Member]) -> list[str]:
    """By how much peaks and bandwidths differ, where the own machine stands, and who has no roofs."""
    said = []
    if len(found) > 1:
        peaks, bandwidths = [one.peak for one in found], [one.bandwidth for one in found]
        ridges = [one.ridge for one in found]
        said.append(
            f"The highest peak is {times(max(peaks) / min(peaks))} the lowest, the highest DRAM bandwidth "
            f"{times(max(bandwidths) / min(bandwidths))}. Ridge points lie between "
            f"{format_number(min(ridges), 2)} and {format_number(max(ridges), 2)} FLOP/byte: there the same "
            "code waits for memory on one machine and for arithmetic on another."
        )
    for own in (one for one in found if one.member.own):
        others = [one.peak for one in found if not one.member.own]
        if others:
            below = sum(peak < own.peak for peak in others)
            peak, bandwidth = format_rate(own.peak, "FLOP/s"), format_rate(own.bandwidth, "B/s")
            usual = format_rate(middle(others), "FLOP/s")
            said.append(
                f"This machine reaches {peak}, and {bandwidth} from DRAM: its peak is above {below} of "
                f"{format_count(len(others), 'other')}, whose median is {usual}."
            )
    if bare:
        said.append(f"{format_count(len(bare), 'machine')} without roofs at these settings: not drawn here.")
    return said
