"""Commands that measure: each is a job in the queue, and one answer of what it brought."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict

from accel_core.cli import machine_text, text
from accel_core.cli.jobs import answered, case_of, measure, run_job, with_setting
from accel_core.cli.output import Answer
from accel_core.errors import BadInput
from accel_core.model import DTYPES, Ceiling, Clock, Comparison, CurvePoint, Latency, Measurement, Refusal
from accel_core.model.words import WIDTH

PARAMETERS = ("block", WIDTH)
"""What a kernel may be told on the command line."""


def peaks(options: Namespace) -> Answer:
    """Measure roofs; the theoretical ones stand beside them where width, pipes and clock are known."""
    from accel_core.pool import measured_machine
    from accel_core.roofline import effective_sizes, with_theory

    here = measured_machine()
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
    ceilings, sizes = with_theory(here, measured, clock), effective_sizes(here, curve)
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
    case = case_of(options.kernel, options, options.size, options.shape, _parameters(options))
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
    if name in _parameters(options):
        raise BadInput(f"The {name} cannot be swept and given: leave out --{name}, or sweep something else.")
    cases = []
    for kernel in names:
        base = case_of(kernel, options, options.size, options.shape, _parameters(options))
        cases += [with_setting(base, name, value) for value in values]
    return _many(*measure(cases, options.budget))


def calibrate(options: Namespace) -> Answer:
    """Measure where one backend overtakes another; the backend auto reads it from the store."""
    from accel_core.operations import OPERATIONS
    from accel_core.race import Calibration

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
    """Measure blocks and widths of vectors; kernels and backends use them from their next start on."""
    from accel_core.model.tuning import Tuning

    dtypes = [options.dtype] if options.dtype else list(DTYPES)
    results = run_job({"kind": "tune", "dtypes": dtypes, "budget_s": options.budget})
    found = [result for result in results if isinstance(result, Tuning)]
    return Answer({"tunings": [one.to_dict() for one in found]}, text.tunings(found))


def _parameters(options: Namespace) -> dict[str, int]:
    """Those of a kernel that were given."""
    return {name: value for name in PARAMETERS if (value := getattr(options, name)) is not None}


def _record(measurement: Measurement) -> dict[str, object]:
    """A measurement as JSON data, with its extra memory in arrays and its machine's fingerprint beside it."""
    from accel_core.registry import extra_arrays

    extra = {"extra_arrays": extra_arrays(measurement), "machine": measurement.fingerprint}
    return {**measurement.to_dict(), **extra}


def _many(measured: list[Measurement], refused: list[Refusal]) -> Answer:
    """The answer of a ladder or a sweep."""
    data = {"measurements": [_record(m) for m in measured], "refused": [r.to_dict() for r in refused]}
    return Answer(data, text.measurements(measured, refused))
