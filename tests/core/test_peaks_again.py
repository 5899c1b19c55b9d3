"""A roof that an undisturbed kernel has passed is measured again by itself."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import pytest
from figure_records import ENVIRONMENT, ceiling, machine
from test_roofline import a_measurement

from accel_core.machine import detect
from accel_core.model import Ceiling, Clock, CurvePoint, Machine, Measurement, Peaks
from accel_core.model.packed import packed
from accel_core.model.series import RateSeries
from accel_core.model.words import Estimate
from accel_core.peaks import measure_again, memory
from accel_core.peaks.again import passed_roofs
from accel_core.runner import supervisor
from accel_core.runner.kinds import bench as bench_kind
from accel_core.runner.kinds import sequence
from accel_core.runner.kinds.kind import ROOFS
from accel_core.runner.spec import Spec
from accel_core.runner.submitting import start
from accel_core.runner.workers import BESIDE_OTHERS
from accel_core.store import Store

MIB = 1 << 20
FLAT = replace(ceiling("compute", 100e9, width_bits=512), name="fma_float32_512_1t")
SLOPE = replace(ceiling("memory", 10e9, level="DRAM"), name="load_DRAM_512_1t")
NEAR = replace(ceiling("memory", 100e9, level="L2"), name="load_L2_512_1t")

ECHO = """
import json, sys
line = sys.stdin.readline()
for event in ({"event": "warning", "message": line}, {"event": "done"}):
    print(json.dumps(event), flush=True)
"""
"""A worker that says what it was sent."""


def known(*ceilings: Ceiling) -> Peaks:
    return Peaks("f00d", ENVIRONMENT, "2026-05-04", tuple(ceilings))


def streaming(byte_per_s: float, size_bytes: int = 512 * MIB, **changes: Any) -> Measurement:
    """One FLOP a hundred bytes, so that memory is the limit."""
    return a_measurement(size_bytes // 100, size_bytes, size_bytes / byte_per_s, **changes)


@pytest.mark.parametrize(
    ("measurement", "passed"),
    [
        (streaming(9e9), None),
        (streaming(20e9), "load_DRAM_512_1t"),
        (streaming(20e9, disturbed=True), None),
        (a_measurement(10**12, 10**6, 5.0), "fma_float32_512_1t"),
        (a_measurement(10**12, 10**6, 20.0), None),
        # a kernel that also stores may move more than a roof of loads in a cache
        (streaming(200e9, size_bytes=MIB // 2), None),
        # four threads of a library's own are not the roof's fault
        (a_measurement(10**12, 10**6, 5.0, cpu_s=20.0, wall_s=5.0), None),
    ],
)
def test_a_roof_is_doubted_where_nothing_else_explains_the_kernel(
    measurement: Measurement, passed: str | None
) -> None:
    found = passed_roofs([measurement], known(FLAT, SLOPE, NEAR), machine())
    assert [roof.name for roof in found.values()] == ([passed] if passed else [])


def test_a_roof_that_two_kernels_pass_is_measured_once() -> None:
    both = [streaming(20e9), replace(streaming(30e9), kernel="matmul/other")]
    assert len(passed_roofs(both, known(FLAT, SLOPE), machine())) == 1


def low_roofs() -> tuple[Ceiling, Ceiling]:
    """Roofs of this machine that any kernel passes."""
    name = f"load_DRAM_{max(detect().simd.width_bits, 128)}_1t"
    return replace(FLAT, value=1e3, low=1e3, high=1e3), replace(SLOPE, name=name, value=1.0, low=1.0, high=1.0)


def test_only_the_roof_that_was_passed_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: 64 * MIB)
    events: list[dict[str, Any]] = []
    flat, slope = low_roofs()
    fast = streaming(5e9, size_bytes=1 << 40)  # past any cache
    results = measure_again(
        [fast], known(replace(flat, value=1e15), slope), detect(), events.append, budget_s=0.1
    )
    assert [r.name for r in results if isinstance(r, Ceiling)] == [slope.name]
    assert any(isinstance(r, Clock) for r in results)
    assert not [r for r in results if not isinstance(r, Ceiling | Clock)]
    (said,) = [
        event["message"] for event in events if event["event"] == "warning" and "too low" in event["message"]
    ]
    assert slope.name in said
    assert fast.kernel in said


def test_the_job_that_measured_the_kernel_measures_its_roof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available_memory_bytes", lambda: 64 * MIB)
    monkeypatch.setattr("accel_core.peaks.again.BUDGET_S", 0.1)
    monkeypatch.setattr(
        "accel_core.bench.run_cases", lambda *given, **named: [streaming(5e9, size_bytes=1 << 40)]
    )
    here, (flat, slope) = detect(), low_roofs()
    job = {"cases": [], "budget_s": 1.0, "limit_s": 1.0}
    events: list[dict[str, Any]] = []
    bench_kind.KIND.run(job, here, events.append)
    assert events == []  # no roof is known yet
    doubted = known(replace(flat, value=1e15, low=1e15, high=1e15), slope).to_dict()
    bench_kind.KIND.run({**job, ROOFS: doubted}, here, events.append)
    assert events == []  # they are another machine's
    bench_kind.KIND.run({**job, ROOFS: {**doubted, "fingerprint": here.fingerprint}}, here, events.append)
    names = {event["data"]["name"] for event in events if event.get("type") == "ceiling"}
    assert names == {slope.name}


def test_a_job_of_several_parts_hands_the_roofs_to_those_that_hold_against_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[str, object]] = []
    for kind in ("bench", "calibrate"):
        run = lambda job, machine, emit: heard.append((job["kind"], job.get(ROOFS)))  # noqa: E731
        monkeypatch.setitem(sequence.ALLOWED, kind, replace(sequence.ALLOWED[kind], run=run))
    jobs = [{"kind": "calibrate"}, {"kind": "bench"}]
    sequence.KIND.run({"jobs": jobs, ROOFS: "the roofs"}, detect(), lambda event: None)
    sequence.KIND.run({"jobs": jobs}, detect(), lambda event: None)
    assert heard == [("calibrate", None), ("bench", "the roofs"), ("calibrate", None), ("bench", None)]


@pytest.mark.parametrize("kind", ["bench", "sequence", "calibrate"])
def test_a_worker_is_told_the_roofs_that_the_store_of_its_job_knows(store_url: str, kind: str) -> None:
    here, store = detect(), Store(store_url)
    spec = Spec(kind, {"kind": kind}, 30.0)
    assert told(spec, store, here) == {}  # no roof is known yet
    samples = (RateSeries(1, packed([5, 6]), packed([1, 2]), 8.0),)
    for part in (replace(SLOPE, series=samples), CurvePoint(MIB, Estimate(1.0, None, None, 2), None, samples)):
        store.save_peak(here.fingerprint, ENVIRONMENT, part)
    found = told(spec, store, here)
    if kind == "calibrate":
        assert found == {}
        return
    roofs = Peaks.from_dict(found[ROOFS])
    assert (roofs.fingerprint, roofs.ceilings, roofs.series()) == (here.fingerprint, (SLOPE,), [])


@pytest.mark.parametrize("fault", ["hangs", "breaks"])
def test_a_store_that_does_not_answer_costs_a_job_its_roofs_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    over = threading.Event()

    def peaks(store: Store, fingerprint: str) -> Peaks:
        over.wait(30 if fault == "hangs" else 0)
        raise RuntimeError("It broke.")

    monkeypatch.setattr(Store, "peaks", peaks)
    monkeypatch.setattr(supervisor, "HELD_S", 0.2)
    try:
        assert told(Spec("bench", {"kind": "bench"}, 30.0), Store(), detect()) == {}
    finally:
        over.set()


def test_a_worker_that_does_not_read_its_job_is_ended_at_its_limit() -> None:
    deaf = "import time; time.sleep(60)"
    spec = Spec("bench", {"kind": "bench", "cases": ["x" * (1 << 20)]}, 1.0)
    job = start(spec, "me", store=Store(), machine=detect(), command=(sys.executable, "-c", deaf))
    assert job.wait(30) and "longer than its time limit" in str(job.error), job.error


def told(spec: Spec, store: Store, here: Machine) -> dict[str, Any]:
    """What a worker's own input holds beside the job and how it is run."""
    job = start(spec, "me", store=store, machine=here, command=(sys.executable, "-P", "-c", ECHO))
    assert job.wait(30) and job.state == "done", job.error
    heard = json.loads(job.warnings[0])
    return {key: value for key, value in heard.items() if key not in (*spec.data, BESIDE_OTHERS)}


def test_a_worker_that_measures_does_not_import_the_store() -> None:
    job = {"cases": [], "budget_s": 1.0, "limit_s": 1.0, ROOFS: known(FLAT, SLOPE).to_dict()}
    code = (
        "import json, sys; import accel_core.runner.worker; from accel_core.machine import detect;"
        "from accel_core.runner.kinds import KINDS; here = detect();"
        "job = json.loads(sys.argv[1]); job['roofs']['fingerprint'] = here.fingerprint;"
        "KINDS['bench'].run(job, here, print);"
        "sys.exit(any(n.startswith(('sqlalchemy', 'accel_core.store')) for n in sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, json.dumps(job)], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
