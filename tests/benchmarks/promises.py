"""Is what a button promises kept? Runs the pages' jobs through the queue and compares.

    python tests/benchmarks/promises.py [--only ladder,peaks] [--rounds 2] [--cold] [--apart] [--json FILE]

Each line is one job: what its button would have said, what it took, and the ratio of the two. The first round
knows nothing of this machine but what the jobs before it left; the next ones have it all on record. `--apart`
gives each job of the first round an empty store of its own, `--cold` an empty cache to all of them together.
The time in the queue is not counted, so let nothing else measure meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

CLOSE = 1.25
"""A promise is kept where neither is longer than the other by more than a quarter."""


@dataclass(frozen=True)
class Row:
    """One job, promised and run."""

    job: str
    round: int
    promised_s: float
    compile_s: float
    """Of what was promised."""
    took_s: float
    others: float
    """Processors that other processes kept busy meanwhile: with them a job takes longer than promised."""

    @property
    def kept(self) -> bool:
        return max(self.promised_s / self.took_s, self.took_s / self.promised_s) <= CLOSE

    def text(self) -> str:
        """The line as printed."""
        return (
            f"{self.job:<22} round {self.round}  "
            f"promised {self.promised_s:6.1f} s (compile {self.compile_s:4.1f})  took {self.took_s:6.1f} s  "
            f"ratio {self.took_s / self.promised_s:5.2f}  others {self.others:4.2f}  "
            f"{'kept' if self.kept else 'NOT KEPT'}"
        )


def jobs() -> dict[str, dict[str, Any]]:
    """What the pages' buttons start, at their first settings."""
    from accel_core import registry
    from accel_core.cache import cpu_caches
    from accel_core.machine import detect
    from accel_core.operations import OPERATIONS
    from accel_core.studies import orders, packed
    from accel_core.studies.experiments import Experiment, Setup, all_rungs, bench_job
    from app.backends.calibration import ONE_S, budget_s

    machine = detect()
    found: dict[str, dict[str, Any]] = {}
    for workload in registry.WORKLOADS:
        setup = Setup(workload.default_size, "float32", 1)
        found[f"ladder {workload.name}"] = bench_job(all_rungs(workload, setup).cases(), 1.0)
    matmul = registry.workload("matmul")
    large = all_rungs(matmul, Setup(512, "float32", 1))
    found["ladder matmul 512"] = bench_job(large.cases(), 1.0)
    block = Experiment(matmul, ("compiled_tiled", "numpy_tiled"), "block", Setup(512, "float32", 1))
    found["lab block"] = bench_job(block.cases(), 0.5)
    derived = packed.from_caches(machine, "float32")
    found["panels derived"] = bench_job(
        packed.comparison(derived, [derived], 1024, "float32"), 0.5, in_turns=True
    )
    found["one rung"] = bench_job([large.cases()[7]], 1.0)
    streams = Experiment(
        registry.workload("add"), ("numpy", "in_place", "compiled"), "size", Setup(1 << 24, "float32", 1)
    )
    found["fusion sweep"] = bench_job(streams.cases(), 0.5)
    found["peaks 10"], found["peaks 20"] = ({"kind": "peaks", "budget_s": seconds} for seconds in (10, 20))
    traversals = [one for case in orders.CASES for one in orders.first_iterations(case)]
    caches = [cache.to_dict() for cache in cpu_caches(machine)]
    simulated = {"traversals": [one.to_dict() for one in traversals], "caches": caches, "classify": False}
    found["simulate the four"] = {"kind": "simulate", **simulated}
    one = {"operations": ["matmul"], "dtypes": ["float32"], "lengths": [[1, 512, 512, 512]]}
    found["calibrate one"] = {"kind": "calibrate", **one, "budget_s": ONE_S}
    for operation in OPERATIONS:
        calibrated = {"operations": [operation], "budget_s": budget_s(operation)}
        found[f"calibrate {operation}"] = {"kind": "calibrate", **calibrated}
    return found


def run(name: str, number: int, job: Mapping[str, Any]) -> Row:
    """Promise `job` as a button does, then run it."""
    from accel_core import runner
    from accel_core.machine import detect, environment
    from accel_core.runner.known import Known
    from accel_core.runner.promise import core_pace, foresee
    from accel_core.store import Store

    store, machine = Store(), detect()
    records = (
        store.measurements(machine.fingerprint),
        store.calibrations(machine.fingerprint, environment()),
    )
    promise = foresee(job, Known(machine, *records, core_pace()))
    before = time.monotonic(), busy_s()
    started = runner.submit(job, "promises", store=store)
    started.wait()
    if started.failure is not None:
        raise started.failure
    others = (busy_s() - before[1]) / (time.monotonic() - before[0])
    return Row(name, number, promise.total_s, promise.compile_s, started.progress.elapsed_s, others)


def busy_s() -> float:
    """Seconds of all processors that went to others than this process and its children that have ended."""
    host, mine = psutil.cpu_times(), os.times()
    idle = host.idle + getattr(host, "iowait", 0.0)
    return sum(host[:7]) - idle - (mine.user + mine.system + mine.children_user + mine.children_system)


def report(rows: list[Row]) -> str:
    """How many promises were kept, round by round."""
    lines = []
    for number in sorted({row.round for row in rows}):
        mine = [row for row in rows if row.round == number]
        ratio = median(row.took_s / row.promised_s for row in mine)
        kept = sum(row.kept for row in mine)
        lines.append(f"round {number}: {kept} of {len(mine)} kept within 25 %, median ratio {ratio:.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="jobs whose names begin so, with commas between")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cold", action="store_true", help="begin with an empty cache of machine code")
    parser.add_argument("--apart", action="store_true", help="an empty store for each job of the first round")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ACCEL_QUEUE"] = folder
        if options.cold:
            os.environ["NUMBA_CACHE_DIR"] = str(Path(folder) / "numba")
        chosen = [
            (name, job)
            for name, job in jobs().items()
            if any(name.startswith(one) for one in options.only.split(","))
        ]
        rows = []
        for number in range(1, options.rounds + 1):
            for place, (name, job) in enumerate(chosen):
                home = Path(folder) / (f"home {place}" if options.apart else "home")
                os.environ["ACCEL_HOME"] = str(home)
                rows.append(run(name, number, job))
                print(rows[-1].text(), flush=True)
        print(report(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
