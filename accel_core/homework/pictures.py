"""The pictures of a pack, as SVG: its guesses, its ladders and sweeps, and its roofline."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core import registry
from accel_core.figures.drawing.look import PAPER
from accel_core.homework.pack import Pack
from accel_core.homework.svg import INK, LEFT, MUTED, TOP, WIDTH, Log, Picture
from accel_core.model import Measurement
from accel_core.readings.own_guesses import OwnGuess, own_guesses_alt
from accel_core.readings.roofline import roofline_alt
from accel_core.readings.rungs import find_kernel, kernel_title, settings
from accel_core.readings.scene import scene
from accel_core.roofline import ridge_point
from accel_core.units import format_count, format_rate

ROW_PX, ROOFLINE_PX = 44, 340
MOST_ROWS = 60


def guesses_svg(rows: Sequence[OwnGuess]) -> str:
    """Each guess over its measurement, on one log axis; empty where there is none."""
    if not rows:
        return ""
    factors = [1.0, *(row.factor for row in rows)]
    picture = Picture(Log("Guess / measurement", min(factors) / 3, max(factors) * 3), ROW_PX * len(rows))
    for at, row in enumerate(rows):
        y = ROW_PX * at + 32
        picture.text(10, TOP + ROW_PX * at + 16, f"{row.title}: {row.text}")
        picture.line([(1, y), (row.factor, y)], MUTED, 1.5)
        picture.dot(1, y, _colour("compiled"), said=row.text)
        picture.dot(row.factor, y, _colour("compiled"), hollow=True, said=row.text)
    return picture.svg(own_guesses_alt(rows))


def bars_svg(measurements: Sequence[Measurement]) -> str:
    """A bar of the rate of each measurement, in their order; empty where there is none."""
    rows = measurements[:MOST_ROWS]
    if not rows:
        return ""
    rates = [m.flop_per_s for m in rows]
    picture = Picture(Log("GFLOP/s", min(rates) / 10, max(rates) * 2, 1e9), ROW_PX * len(rows))
    said = []
    for at, m in enumerate(rows):
        kernel = find_kernel(registry.WORKLOADS, m.kernel)
        title = kernel_title(registry.WORKLOADS, m.kernel)
        told = f"{title}, {settings(m)}: {format_rate(m.flop_per_s, 'FLOP/s')}"
        picture.text(10, TOP + ROW_PX * at + 16, told + (" (disturbed)" if m.disturbed else ""))
        picture.bar(m.flop_per_s, ROW_PX * at + 22, _colour(kernel.family if kernel else ""))
        said.append(told)
    return picture.svg(f"Rates: {'; '.join(said)}.")


def roofline_svg(pack: Pack) -> str:
    """The roofs of float32 on one thread, or the first there are, with their points; empty without roofs."""
    if pack.peaks is None:
        return ""
    ceilings, measured = pack.peaks.ceilings, pack.measurements()
    asked = dict.fromkeys([("float32", 1), *((c.dtype, c.threads) for c in ceilings if c.kind == "compute")])
    for dtype, threads in asked:
        view = scene(ceilings, dtype, threads)
        if view is None:
            continue
        points = [m for m in measured if (m.dtype, m.threads) == (dtype, threads) and m.intensity_flop_per_byte]
        rates = [m.flop_per_s for m in points]
        y = Log("GFLOP/s", min([view.y[0], *(rate / 2 for rate in rates)]), 3 * max([view.peak, *rates]), 1e9)
        title = f"Arithmetic intensity (FLOP/byte); up: GFLOP/s; {dtype}, {format_count(threads, 'thread')}"
        picture = Picture(Log(title, *view.x), ROOFLINE_PX, y)
        for at, roof in enumerate(view.memory):
            left, right = max(view.x[0], y.low / roof.value), ridge_point(view.peak, roof.value)
            colour = PAPER.level(roof.level)
            dash = ("solid", "dash", "dot", "solid")[at % 4]
            picture.line([(left, left * roof.value), (right, view.peak)], colour, 2.5, dash)
            named = f"{roof.level} {format_rate(roof.value, 'B/s')}"
            picture.text(LEFT + 10, TOP + 18 + 18 * at, named, colour=colour)
        first = ridge_point(view.peak, view.memory[0].value)
        picture.line([(first, view.peak), (view.x[1], view.peak)], INK, 2.5)
        top_px = picture.down(view.peak) - 8
        picture.text(WIDTH - 24, top_px, format_rate(view.peak, "FLOP/s"), anchor="end")
        for m in points:
            kernel = find_kernel(registry.WORKLOADS, m.kernel)
            said = f"{kernel_title(registry.WORKLOADS, m.kernel)}, {settings(m)}"
            said += f": {format_rate(m.flop_per_s, 'FLOP/s')}"
            colour = _colour(kernel.family if kernel else "")
            picture.dot(m.intensity_flop_per_byte or 1, m.flop_per_s, colour, said=said)
        alt = roofline_alt(
            pack.machine, ceilings, points, workloads=registry.WORKLOADS, dtype=dtype, threads=threads
        )
        return picture.svg(alt)
    return ""


def _colour(family: str) -> str:
    return PAPER.family(family)
