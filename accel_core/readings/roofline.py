"""What a roofline says: which points stand on it, what holds them back, and which are above their roof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import Ceiling, Clock, Environment, Machine, Measurement, Workload, chosen
from accel_core.model.disk import DISK
from accel_core.readings.estimates import rate_text
from accel_core.readings.lenses import Traffic
from accel_core.readings.moved import NOTHING, Counts, counted, moves_text
from accel_core.readings.ratios import share_text
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.readings.rungs import held_back_text, kernel_title, libraries_text
from accel_core.readings.scene import Scene, scene
from accel_core.roofline import Verdict, judge
from accel_core.units import format_bytes, format_count, format_rate

NEAR = 0.5
"""From this share of a roof on it is the roof that holds a kernel back."""
MOST_POINTS = 1_000
"""More than these are one cloud, and each costs the reader's browser a kilobyte."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A point that nobody has measured: from an intensity model and the roofs. FLOP/byte and FLOP/s."""

    title: str
    intensity_flop_per_byte: float
    flop_per_s: float
    derivation: str = ""


def placed(measurements: Sequence[Measurement], dtype: str, threads: int) -> list[Measurement]:
    """The measurements that belong in the picture: of this dtype and thread count, with an intensity."""
    return [
        m
        for m in measurements
        if m.dtype == dtype and m.threads == threads and m.intensity_flop_per_byte and m.flop > 0
    ]


def best_of_each(points: Sequence[Measurement]) -> list[Measurement]:
    """The fastest measurement of each kernel: the one that carries its label."""
    best: dict[str, Measurement] = {}
    for m in sorted(points, key=lambda m: (m.flop_per_s, m.created)):
        best[m.kernel] = m
    return list(best.values())


def judge_all(
    points: Sequence[Measurement], ceilings: Sequence[Ceiling], machine: Machine, counts: Counts = NOTHING
) -> dict[str, Verdict]:
    """Measurement id -> verdict, for those that can be judged; by the bytes in `counts`, else the least."""
    moved = {key: one.size_bytes for key, one in counts.items()}
    verdicts = ((m.id, judge(m, ceilings, machine, moved.get(m.id))) for m in points)
    return {key: verdict for key, verdict in verdicts if verdict is not None}


def named_workload(points: Sequence[Measurement], asked: str = "") -> str:
    """The workload whose points carry names: the one `asked` for if it has any, else that of the newest."""
    if any(m.workload == asked for m in points):
        return asked
    newest = max(points, key=lambda m: m.created, default=None)
    return newest.workload if newest else ""


def roofline_reading(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    *,
    workloads: Sequence[Workload],
    dtype: str = "float32",
    threads: int = 1,
    named: str = "",
    judged: Mapping[str, Verdict] | None = None,
    by_count: bool = False,
) -> str:
    """What holds the best and the worst kernel back, whose points are named, and which are above their roof."""
    points = placed(measurements, dtype, threads)
    counts = counted(workloads, points) if by_count else NOTHING
    every, points = len(points), [m for m in points if m.id in counts or not by_count]
    verdicts = judge_all(points, ceilings, machine, counts) if judged is None else judged
    rated = sorted(
        ((m, verdicts[m.id]) for m in best_of_each(points) if m.id in verdicts), key=lambda p: -p[1].share
    )
    if not rated:
        where = f"{dtype}, {format_count(threads, 'thread')}"
        return f"Nothing to judge for {where} yet: measure the roofs and a kernel to see what holds it back."
    sentences = [_verdict_sentence(workloads, *rated[0])]
    if len(rated) > 1:
        m, verdict = rated[-1]
        title, share = kernel_title(workloads, m.kernel), share_text(verdict.share)
        if verdict.share < NEAR:
            sentences.append(f"{title} reaches {share} of what its roof allows: no roof holds it back.")
        else:
            sentences.append(f"Even the lowest, {title}, reaches {share} of its roof.")
    sentences += dict.fromkeys(v.held_back for _, v in (rated[0], rated[-1]) if v.held_back)
    asked, named = named, named_workload(points, named)
    titles = {workload.name: workload.title for workload in workloads}
    if asked and asked != named:
        sentences.append(f"No point of {titles.get(asked, asked)} stands here.")
    if quiet := sum(m.workload != named for m in points):
        others = "1 other point says its name" if quiet == 1 else f"{quiet} other points say theirs"
        sentences.append(f"Named are the kernels of {titles.get(named, named)}; {others} on hover.")
    above = sum(1 for m in points if m.id in verdicts and verdicts[m.id].above)
    if above:
        sentences.append(
            f"{above} {'point lies' if above == 1 else 'points lie'} above the roof: see why on hover."
        )
    if moves := moves_text([m for m in points if m.workload == named], workloads, counts):
        sentences.append(moves)
    if len(points) < every:
        left_out = f"{every - len(points)} of {every} points are left out"
        sentences.append(f"{left_out}: nobody counted what their kernels move.")
    return " ".join(sentences)


def _verdict_sentence(workloads: Sequence[Workload], m: Measurement, verdict: Verdict) -> str:
    """How near the best kernel comes, and what limits it where that is near."""
    level = verdict.limiting.level
    where = f" ({level}, {format_bytes(m.least_bytes)} touched)" if level else ""
    by = f", limited by {verdict.bound_by}{where}"
    why = "" if verdict.above else by if verdict.share >= NEAR else ", so no roof holds it back"
    return (
        f"{kernel_title(workloads, m.kernel)} {'lies above its roof' if verdict.above else 'comes closest'}: "
        f"{format_rate(m.flop_per_s, 'FLOP/s')}, {share_text(verdict.share)} of attainable{why}."
    )


def roofline_alt(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    *,
    workloads: Sequence[Workload],
    dtype: str = "float32",
    threads: int = 1,
    by_count: bool = False,
) -> str:
    """The roofs, how many points there are, and the fastest."""
    view = scene(ceilings, dtype, threads)
    if view is None:
        return (
            f"Roofline of {machine.cpu}: no roofs measured for {dtype}, {format_count(threads, 'thread')} yet."
        )
    roofs = "; ".join(f"{roof_title(c)} {roof_rate(c)}" for c in (view.compute[0], *view.memory))
    points = placed(measurements, dtype, threads)
    if by_count:
        counts = counted(workloads, points)
        points = [m for m in points if m.id in counts]
    where = f"{machine.cpu}, {dtype}, {format_count(threads, 'thread')}"
    text = f"Roofline of {where}: {roofs}. {len(points)} measured points"
    text += " at the bytes that they move by count" if by_count else ""
    best = max(best_of_each(points), key=lambda m: m.flop_per_s, default=None)
    if best is not None:
        text += f", the fastest {kernel_title(workloads, best.kernel)} {format_rate(best.flop_per_s, 'FLOP/s')}"
    return f"{text}."


def provenance(
    machine: Machine,
    view: Scene,
    points: Sequence[Measurement],
    dtype: str,
    threads: int,
    clock: Clock | None,
    environment: Environment | None,
    created: str | None,
    *,
    by_count: bool = False,
) -> list[str]:
    """What a reader of the picture alone must know, in sentences."""
    running = f"measured clock {rate_text(clock.clock_hz, 'Hz')}" if clock else "clock not measured"
    sentences = [f"{machine.cpu}: {running}; {dtype}, {format_count(threads, 'thread')}."]
    known = environment or (points[-1].environment if points else None)
    if known:
        blas = libraries_text(points, known)
        versions = f"Python {known.python}, NumPy {known.numpy}{blas}, Numba {known.numba}, accel {known.accel}"
        sentences.append(f"{versions}, {known.system}.")
    dates = sorted({m.created[:10] for m in points} | ({created[:10]} if created else set()))
    if dates:
        sentences.append(f"Measured {dates[0]}{' to ' + dates[-1] if len(dates) > 1 else ''}.")
    top = view.compute[0]
    tries = {roof.tries for roof in (top, *view.memory) if roof.level != DISK}
    alike = len(tries) == 1 and max(tries) > 1
    fastest = f" of samples, each the fastest of {max(tries)} tries in a row" if alike else ""
    sentences.append(f"Roofs are medians{fastest}; bands their 95 % intervals. {_how(top)}{_theory(view)}")
    sentences.append(" ".join(_how(roof) for roof in view.memory))
    sentences.append(
        f"{len(points)} points: medians with 95 % intervals, bytes counted "
        f"{'pass by pass' if by_count else 'as least (compulsory) traffic'}. "
        f"{held_back_text(points)}".rstrip()
    )
    return sentences


def lens_provenance(machine: Machine, traffic: Sequence[Traffic], lens: str) -> str:
    """Where the bytes of the dots come from, and what the dotted verticals are."""
    caches = ", ".join(f"{c.level} {format_bytes(c.size_bytes)}" for c in machine.caches) or "no known cache"
    seen = "as the core asks for them" if lens == "core" else "from DRAM"
    kernels = "1 kernel" if len(traffic) == 1 else f"{len(traffic)} kernels"
    return (
        f"{kernels}: measured time, simulated bytes (this CPU as detected: {caches}; LRU, "
        f"write-back, one core, no prefetcher). Large dots: bytes {seen}. Dotted verticals: the I/O lower "
        "bound, the best that any order can do behind each cache."
    )


def _theory(view: Scene) -> str:
    """What the dashed lines are, with the highest of them; empty where there is none."""
    if not view.theory:
        return ""
    top = max(view.theory, key=lambda c: c.value)
    return f" Thin dashes: theory at the measured clock, at most {roof_rate(top)}."


def _how(roof: Ceiling) -> str:
    """How a roof was obtained."""
    size = f" over {format_bytes(roof.working_set_bytes)}" if roof.working_set_bytes else ""
    return f"{roof_title(roof)}{size} ({roof.source}): {roof.definition.rstrip('.')}."


def latest(measurements: Sequence[Measurement], workloads: Sequence[Workload]) -> list[Measurement]:
    """The newest of each kernel, dtype and thread count; `measurements` come newest first.

    Those with the kernel's usual parameters stand before others: a sweep's blocks do not stand for it.
    """
    usual = {kernel.id: chosen(kernel.defaults) for workload in workloads for kernel in workload.kernels}
    first = [m for m in measurements if chosen(m.parameters) == usual.get(m.kernel)]
    return list(
        {(m.kernel, m.dtype, m.threads): m for m in (*reversed(measurements), *reversed(first))}.values()
    )
