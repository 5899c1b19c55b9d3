"""Records for the tests of the pages: this machine's own, as a store would hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from figure_records import ENVIRONMENT, ceiling, ladder, measurement, peaks, sweep

from accel_core import machine
from accel_core.model import Measurement
from accel_core.store import Store
from app.session import cached


def store_peaks() -> None:
    """Roofs, latencies and a curve of this machine, measured with other versions than today's."""
    here, known = machine.detect(), peaks()
    store = Store()
    for part in (*known.ceilings, *known.latencies, *known.curve, known.clock):
        assert part is not None
        store.save_peak(here.fingerprint, ENVIRONMENT, part)
    cached.forget_stored()


def store_measurements(measurements: list[Measurement]) -> None:
    """Save `measurements` as this machine's."""
    here = machine.detect()
    for m in measurements:
        Store().save_measurement(replace(m, fingerprint=here.fingerprint))
    cached.forget_stored()


def store_ladder() -> None:
    """All rungs but the first at N=512, with the defaults of their parameters."""
    from accel_core import registry

    known = {k.name: k for k in registry.workload("matmul").kernels}
    store_measurements([replace(m, parameters=known[m.rung].defaults) for m in ladder() if m.rung in known])


def store_sweep() -> None:
    """Both tiled rungs over the block at N=1024."""
    store_measurements(sweep())


def store_threads(counts: Sequence[int], with_roofs: Sequence[int] = ()) -> None:
    """NumPy at N=512 on these numbers of threads, each doubling 1.8 times as fast, and the roofs of some."""
    store_measurements([measurement("numpy", 50e9 * t**0.85, threads=t) for t in counts])
    here, store = machine.detect(), Store()
    for t in with_roofs:
        for roof in (
            ceiling("compute", 60e9 * t, threads=t),
            ceiling("memory", 20e9, level="DRAM", threads=t),
        ):
            store.save_peak(here.fingerprint, ENVIRONMENT, roof)
    cached.forget_stored()
