"""The packed product beside NumPy's, with the block sizes from the caches and as tuned: one thread, in turns.

    python tests/benchmarks/packed_speed.py [--dtypes float32,float64] [--seconds 3] [--json FILE]

A line a shape: NumPy's time over ours, the median of rounds in turns with its 95 % interval. "tuned" stands
only where `accel tune` has kept a tuning of this machine.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

import numpy as np

from accel_core.bench import Clocks, limit
from accel_core.bench.sampling import no_garbage_collection
from accel_core.kernels.matmul.packed import product
from accel_core.kernels.matmul.plan import detected_bytes, from_caches, plan_here
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import detect, measuring_cpus, pin_current_process
from accel_core.operations import OPERATIONS
from accel_core.stats import ratio_interval
from accel_core.tuning import turns

SHAPES = [(n, n, n) for n in (64, 128, 256, 512, 1024, 2048, 1000, 1023, 1537)] + [(2000, 300, 700)]
Ratio = list[float | None]


def ratios(shape: tuple[int, int, int], dtype: str, seconds: float) -> dict[str, Ratio]:
    """Plan -> NumPy's time over its time, the median and its interval."""
    m, k, n = shape
    random = np.random.default_rng(0)
    a, b = random.random((m, k)).astype(dtype), random.random((k, n)).astype(dtype)
    mine, its = np.empty((m, n), dtype), np.empty((m, n), dtype)
    plans = {"derived": from_caches(dtype, detected_bytes(detect()))}
    if plan_here(dtype).measured:
        plans["tuned"] = plan_here(dtype)
    exact = a.astype(np.float64) @ b.astype(np.float64)
    for name, plan in plans.items():
        product(a, b, mine, plan)
        error = max_relative_error(mine, exact)
        assert error <= OPERATIONS["matmul"].tolerance((1, *shape), dtype), (name, shape, error)
    calls = {name: lambda plan=plan: product(a, b, mine, plan) for name, plan in plans.items()}
    calls["numpy"] = lambda: np.matmul(a, b, out=its)
    with no_garbage_collection():
        times_s = turns(calls, seconds, Clocks(), 6)
    found = {}
    for name in plans:
        ratio = ratio_interval(list(zip(times_s[name], times_s["numpy"], strict=True)))
        found[name] = [ratio.median, ratio.low, ratio.high]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtypes", default="float32,float64")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each shape")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    pin_current_process(measuring_cpus(detect(), 1))
    rows = []
    with limit(1):
        for dtype in options.dtypes.split(","):
            seen: dict[str, list[float]] = {}
            for shape in SHAPES:
                found = ratios(shape, dtype, options.seconds)
                rows.append({"dtype": dtype, "shape": shape, **found})
                told = ", ".join(
                    f"{name} {mid:.2f} [{low:.2f}, {high:.2f}]" for name, (mid, low, high) in found.items()
                )
                print(f"{dtype} {'x'.join(map(str, shape)):<13} {told}", flush=True)
                for name, (mid, *_) in found.items():
                    seen.setdefault(name, []).append(float(mid or 0))
            told = ", ".join(f"{name} {median(values):.2f}" for name, values in seen.items())
            print(f"{dtype} median over shapes: {told}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
