"""What each command does: options in, an Answer out. Thin: the work is done by the floors below.

A command imports what it needs when it runs, so that `accel intensity` does not wait for Numba.
"""

from __future__ import annotations

import contextlib
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core.cli import machine_text, text
from accel_core.cli.jobs import (
    answered,
    case_of,
    known_machine,
    measure,
    run_job,
    stored_peaks,
    warn_of_damage,
    with_setting,
)
from accel_core.cli.output import Answer
from accel_core.errors import AccelError, BadInput
from accel_core.folders import check_target
from accel_core.model import (
    DTYPES,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Latency,
    Machine,
    Measurement,
    Refusal,
)

if TYPE_CHECKING:
    from accel_core.store import Store


def machine(options: Namespace) -> Answer:
    """What this machine is.

    `blas` is null where a recorded machine stands in, as the libraries in `environment` are this computer's.
    `measured_clock_hz` and each cache's `effective_bytes` are of the stored measurements, null without these;
    0 bytes of a cache of which this process finds nothing.
    """
    from accel_core.machine import detect, environment
    from accel_core.roofline import effective_sizes

    found, libraries = detect(), environment()
    peaks = stored_peaks(found)
    clock_hz = peaks.clock.clock_hz.median if peaks and peaks.clock else None
    sizes = effective_sizes(found, peaks.curve if peaks else ())
    told = found.to_dict()
    told["caches"] = [
        {**cache, "effective_bytes": size.effective_bytes if size.seen else 0}
        for cache, size in zip(told["caches"], sizes, strict=True)
    ]
    blas = None if found.pretended else libraries.to_dict()["blas"]  # which is of this computer
    data = {
        "machine": {**told, "blas": blas, "measured_clock_hz": clock_hz},
        "environment": libraries.to_dict(),
    }
    return Answer(data, machine_text.machine(found, libraries, clock_hz, sizes))


def peaks(options: Namespace) -> Answer:
    """Measure roofs; the theoretical ones stand beside them where width, pipes and clock are known."""
    from accel_core.machine import detect
    from accel_core.roofline import effective_sizes

    here = detect()
    results = run_job(
        {
            "kind": "peaks",
            "dtypes": [options.dtype] if options.dtype else list(DTYPES),
            "threads": list(options.threads or dict.fromkeys((1, here.cores.allowed))),
            "budget_s": options.budget,
        }
    )
    measured = tuple(r for r in results if isinstance(r, Ceiling))
    latencies = [r for r in results if isinstance(r, Latency)]
    curve = [r for r in results if isinstance(r, CurvePoint)]
    clocks = [r for r in results if isinstance(r, Clock)]
    clock = max(clocks, key=lambda c: c.clock_hz.median, default=None)
    ceilings, sizes = _beside_theory(here, measured, clock), effective_sizes(here, curve)
    data = {
        "ceilings": [c.to_dict() for c in ceilings],
        "clock": clock.to_dict() if clock else None,
        "latencies": [x.to_dict() for x in latencies],
        "curve": [x.to_dict() for x in curve],
        "caches": [asdict(size) for size in sizes],
        "fingerprint": here.fingerprint,
    }
    return Answer(data, machine_text.peaks(ceilings, clock, latencies, sizes))


def bench(options: Namespace) -> Answer:
    """Time one kernel at one setting."""
    case = case_of(options.kernel, options, options.size, options.shape, _block(options))
    measured, _ = measure([case], options.budget)
    return Answer({"measurement": _record(measured[0])}, text.measurement(measured[0]))


def compare(options: Namespace) -> Answer:
    """Time two kernels in turns, at each size or shape."""
    from accel_core.machine import environment

    sides = []
    for given in options.sizes or (None,):
        size, shape = (None, given) if isinstance(given, tuple) else (given, None)
        sides.append([case_of(name, options, size, shape).to_dict() for name in (options.a, options.b)])
    results = run_job({"kind": "compare", "pairs": sides, "budget_s": options.budget})
    compared, refused = answered(results, Comparison)
    libraries = environment()
    data = {
        "comparisons": [c.to_dict() for c in compared],
        "refused": [r.to_dict() for r in refused],
        "environment": libraries.to_dict(),
    }
    return Answer(data, text.comparisons(compared, refused, libraries.held_back))


def ladder(options: Namespace) -> Answer:
    """Time every rung of a workload; a rung that would take too long is refused with the reason.

    A rung that runs on one thread only is timed on one, whatever --threads says; its record says so.
    """
    from accel_core.registry import workload

    problem = workload(options.workload)
    cases = []
    for rung in problem.kernels:
        case = case_of(rung.id, options, options.size)
        cases.append(case if rung.threaded else with_setting(case, "threads", 1))
    measured, refused = measure(cases, options.budget)
    return _many(measured, refused)


def sweep(options: Namespace) -> Answer:
    """Time kernels at several values of one setting."""
    name, values = options.over
    names = [part for word in options.kernels for part in word.split(",") if part]
    if name == "size" and (options.size or options.shape):
        raise BadInput(
            "The size cannot be swept and given: leave out --size and --shape, or sweep something else."
        )
    if name == "block" and options.block is not None:
        raise BadInput("The block cannot be swept and given: leave out --block, or sweep something else.")
    cases = []
    for kernel in names:
        base = case_of(kernel, options, options.size, options.shape, _block(options))
        cases += [with_setting(base, name, value) for value in values]
    return _many(*measure(cases, options.budget))


def simulate(options: Namespace) -> Answer:
    """Simulate caches under a traversal of the matrix product; nothing is measured."""
    from accel_core.cache import Simulation, Traversal, cache_label, cache_notes, dump, parse_caches
    from accel_core.registry import workload

    problem = workload(options.workload)
    shape = options.shape or problem.shape(problem.default_size if options.size is None else options.size)
    block = options.block * 3 if options.block and len(options.block) == 1 else options.block
    names = ("order", "tile", "visit", "layout", "pad", "dtype")
    settings = {name: getattr(options, name) for name in names}
    traversal = Traversal.from_dict({"shape": shape, "block": block, **settings})
    here = known_machine()
    caches = parse_caches(
        options.cache, here, policy=options.policy, write=options.write, inclusive=options.inclusive
    )
    if options.dump:
        dump(traversal, Path(options.dump))
    job = {
        "kind": "simulate",
        "traversals": [traversal.to_dict()],
        "caches": [cache.to_dict() for cache in caches],
        "classify": options.classify,
        "reuse": options.reuse,
    }
    done = next(result for result in run_job(job) if isinstance(result, Simulation))
    notes = cache_notes(options.cache, here)
    label = cache_label(options.cache, notes)
    told = {**done.to_dict(), "cache": label, "cache_notes": list(notes), "dump": options.dump}
    return Answer(told, text.simulation(done, label, notes))


def calibrate(options: Namespace) -> Answer:
    """Measure where one backend overtakes another; the backend auto reads it from the store."""
    from accel_core.contest import Calibration
    from accel_core.operations import OPERATIONS

    results = run_job(
        {
            "kind": "calibrate",
            "operations": [options.operation] if options.operation else list(OPERATIONS),
            "dtypes": [options.dtype] if options.dtype else list(DTYPES),
            "budget_s": options.budget,
        }
    )
    measured = [result for result in results if isinstance(result, Calibration)]
    return Answer({"calibrations": [c.to_dict() for c in measured]}, text.calibrations(measured))


def tune(options: Namespace) -> Answer:
    """Measure the blocks of the packed product; kernels and backends use them from their next start on."""
    from accel_core.model.tuning import Tuning

    dtypes = [options.dtype] if options.dtype else list(DTYPES)
    results = run_job({"kind": "tune", "dtypes": dtypes, "budget_s": options.budget})
    found = [result for result in results if isinstance(result, Tuning)]
    return Answer({"tunings": [one.to_dict() for one in found]}, text.tunings(found))


def explain(options: Namespace) -> Answer:
    """What the backend auto would take for a shape, and why; nothing is run."""
    from accel_core.backends import explain as choose

    choice = choose(options.operation, options.shape, options.dtype, options.layout)
    return Answer(choice.to_dict(), str(choice))


def roofline(options: Namespace) -> Answer:
    """Draw what is stored of this machine, as one HTML page that needs no network."""
    target = Path(options.html)
    check_target(target)
    from accel_core.figures import PAPER, figure_html, roofline_figure
    from accel_core.registry import WORKLOADS, workload
    from accel_core.store import Store

    named = workload(options.named).name if options.named else ""
    here, store = known_machine(), Store()
    known = store.peaks(here.fingerprint)
    if known is None:
        raise AccelError("The roofs of this machine are not measured yet: run `accel peaks` first.")
    points, count = _points(store, here, options)
    warn_of_damage(store)
    picture = roofline_figure(
        here,
        _beside_theory(here, known.ceilings, known.clock),
        points,
        PAPER,
        workloads=WORKLOADS,
        dtype=options.dtype,
        threads=options.threads,
        named=named,
        clock=known.clock,
        environment=known.environment,
        created=known.created,
    )
    _write(target, figure_html(picture, title="Accel Explorer: roofline", filename="roofline"))
    data = {
        "html": str(target),
        "measurements": len(points),
        "stored": count,
        "dtype": options.dtype,
        "threads": options.threads,
    }
    return Answer(data, text.roofline(target, len(points), count, options.dtype, options.threads))


def _points(store: Store, here: Machine, options: Namespace) -> tuple[list[Measurement], int]:
    """What is drawn of the stored measurements at this dtype and thread count, and how many there are."""
    from accel_core.readings.roofline import MOST_POINTS, latest
    from accel_core.registry import WORKLOADS

    dtype, threads = options.dtype, options.threads
    most = MOST_POINTS if options.points == "all" else 1
    drawn, count = store.sampled(here.fingerprint, most, dtype=dtype, threads=threads)
    if options.points == "all":
        return drawn, count
    newest = [m for m in store.newest(here.fingerprint) if (m.dtype, m.threads) == (dtype, threads)]
    return latest(newest, WORKLOADS), count


def intensity(options: Namespace) -> Answer:
    """Count FLOP and bytes of an operation by formula; nothing is run."""
    from accel_core.intensity import model

    operation = model(options.model)
    shape = options.shape or operation.defaults
    counted = operation.estimate(shape, options.dtype, options.convention)
    data = {
        "model": operation.name,
        "axes": operation.axes,
        "shape": shape,
        "dtype": options.dtype,
        "convention": options.convention,
        "flop": counted.flop,
        "bytes": counted.bytes,
        "intensity_flop_per_byte": counted.flop_per_byte,
        "derivation": counted.derivation,
        "source": counted.source,
    }
    return Answer(data, text.intensity(operation, counted))


def doctor(options: Namespace) -> Answer:
    """What could disturb a measurement here and now. A finding is an answer, not a fault: exit status 0."""
    from accel_core.doctor import checkup
    from accel_core.machine import detect

    checks = checkup(detect())
    data = {"checks": [{k: getattr(c, k) for k in ("name", "ok", "detail", "remedy")} for c in checks]}
    return Answer(data, machine_text.checks(checks))


COMMANDS: Mapping[str, Callable[[Namespace], Answer]] = {
    command.__name__: command
    for command in (
        *(machine, peaks, bench, compare, ladder, sweep, simulate),
        *(calibrate, tune, explain, roofline, intensity, doctor),
    )
}


# -- pieces that two commands share ---------------------------------------------------------------------------


def _block(options: Namespace) -> dict[str, int]:
    return {} if options.block is None else {"block": options.block}


def _record(measurement: Measurement) -> dict[str, object]:
    """A measurement as JSON data, with its extra memory in arrays and its machine's fingerprint beside it."""
    from accel_core.registry import extra_arrays

    extra = {"extra_arrays": extra_arrays(measurement), "machine": measurement.fingerprint}
    return {**measurement.to_dict(), **extra}


def _beside_theory(machine: Machine, measured: tuple[Ceiling, ...], clock: Clock | None) -> tuple[Ceiling, ...]:
    """Measured roofs, and what theory allows at the measured clock; the roofs alone where that is not known."""
    from accel_core.roofline import theoretical_ceilings

    return (*measured, *(theoretical_ceilings(machine, clock.clock_hz.median, measured) if clock else ()))


def _many(measured: list[Measurement], refused: list[Refusal]) -> Answer:
    """The answer of a ladder or a sweep."""
    data = {"measurements": [_record(m) for m in measured], "refused": [r.to_dict() for r in refused]}
    return Answer(data, text.measurements(measured, refused))


def _write(target: Path, page: str) -> None:
    """Write `page` whole or not at all: an earlier one stays where the disk is full."""
    draft = target.with_name(f".{target.name}.draft")
    try:
        draft.write_text(page, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise AccelError(f"Cannot write {target}: {error.strerror or error}.") from error
