"""Commands that measure nothing: what this machine is, what disturbs it, and what is worked out or chosen."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from accel_core.cli import machine_text, text
from accel_core.cli.jobs import known_machine, run_job, stored_disk, stored_peaks
from accel_core.cli.output import Answer


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
    return Answer(data, machine_text.machine(found, libraries, clock_hz, sizes, stored_disk(found)))


def doctor(options: Namespace) -> Answer:
    """What could disturb a measurement here and now. A finding is an answer, not a fault: exit status 0."""
    from accel_core.doctor import checkup, judge_wall
    from accel_core.machine import detect
    from accel_core.wall import standing

    here = detect()
    checks = checkup(here)
    if here.pretended is None:
        checks.append(judge_wall(standing()))
    data = {"checks": [{k: getattr(c, k) for k in ("name", "ok", "detail", "remedy")} for c in checks]}
    return Answer(data, machine_text.checks(checks))


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


def explain(options: Namespace) -> Answer:
    """What the backend auto would take for a shape, and why; nothing is run."""
    from accel_core.backends import explain as choose

    choice = choose(options.operation, options.shape, options.dtype, options.layout)
    return Answer(choice.to_dict(), str(choice))


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
