"""What AutoBackend's choice costs and whom it misses: its time against the best backend's, shape by shape.

    accel calibrate && python tests/benchmarks/auto_backend.py [--operation matmul] [--dtype float32] [--rounds
    15]

Shapes from 2 x 2 to 2048 x 2048: square, tall, wide and in batches, on the calibrated grid and off it. Each
round times every backend and auto once, in turns and in another order each time, through the functions a user
calls. A line that ends in MISSED took more than 1.05 of the best backend's time plus 2 microseconds; the last
lines count them.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

import accel_core
from accel_core.backends import explain, find_backend
from accel_core.backends.calibrating import STEP_S, candidates, make_operands
from accel_core.backends.sampling import TOO_SHORT_S
from accel_core.bench.clocks import Clocks
from accel_core.bench.comparing import settle
from accel_core.bench.sampling import calls_in_a_sample, no_garbage_collection, time_calls
from accel_core.model import DTYPES, Shape
from accel_core.operations import OPERATIONS, PRODUCT
from accel_core.units import format_time

RATIO, PLUS_S = 1.05, 2e-6
SIDES = (2, 5, 16, 33, 64, 100, 128, 200, 256, 400, 512, 1000, 1024, 2048)


def shapes(operation: str) -> Iterator[tuple[str, Shape]]:
    """(class, lengths) of the grid."""
    if OPERATIONS[operation].form is PRODUCT:
        for side in SIDES:
            small = min(side, max(2, side // 16))
            yield "square", (1, side, side, side)
            yield "tall", (1, side, small, small)
            yield "wide", (1, small, small, side)
            yield "flat", (1, side, small, side)
            yield "deep", (1, small, side, small)
        for batch, side in itertools.product((8, 64), (2, 5, 16, 33, 64, 100, 128)):
            yield "batch", (batch, side, side, side)
        return
    for side in SIDES:
        for name, rows, columns in (("square", side, side), ("tall", side, 2), ("wide", 2, side)):
            yield name, OPERATIONS[operation].form.lengths_of((rows, columns))


def times_of(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of a call each, timed in turns; whoever takes ten times the best's time sits out."""
    clocks, racing, samples = Clocks(), {}, {name: [] for name in calls}
    for name, call in calls.items():
        call()
        first_s, _ = time_calls(call, 1, clocks)
        racing[name] = (call, calls_in_a_sample(call, first_s, clocks), first_s)
    best_s = min(first_s for *_, first_s in racing.values())
    racing = {n: entry for n, entry in racing.items() if n == "auto" or entry[2] <= 10 * best_s + 1e-4}
    for _ in range(rounds):
        for name in random.sample(list(racing), len(racing)):
            call, repetitions, _ = racing[name]
            if best_s > TOO_SHORT_S:  # a library's threads spin for a while after its call
                settle(clocks)
                call()
            samples[name].append(time_calls(call, repetitions, clocks)[0] / repetitions)
    return {name: median(samples[name]) for name in racing}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--operation", choices=tuple(OPERATIONS))
    parser.add_argument("--dtype", choices=DTYPES)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    ratios, missed = [], []
    print(f"{'':34s}{'auto':>10s}{'best':>10s}  {'ratio':>6s} {'more':>9s}  best, what auto takes")
    for operation in (options.operation,) if options.operation else OPERATIONS:
        for dtype in (options.dtype,) if options.dtype else DTYPES:
            for kind, lengths in shapes(operation):
                operands = make_operands(OPERATIONS[operation], lengths, dtype, "C", 1)
                names = [n for n in candidates() if n != "naive" or np.prod(lengths) * STEP_S < 1e-3]
                calls = {name: _call(getattr(find_backend(name), operation), operands) for name in names}
                calls["auto"] = _call(getattr(accel_core, operation), operands)
                with no_garbage_collection():
                    times_s = times_of(calls, options.rounds)
                auto_s = times_s.pop("auto")
                best = min(times_s, key=lambda name: times_s[name])
                taken = explain(operation, lengths, dtype)
                label = f"{operation} {kind} {'x'.join(map(str, lengths))} {dtype[-2:]}"
                ratios.append(auto_s / times_s[best])
                excess_s = auto_s - times_s[best]
                verdict = ""
                if auto_s > RATIO * times_s[best] + PLUS_S:
                    verdict = " MISSED"
                    missed.append(f"{label} {ratios[-1]:.2f}")
                told = f"{format_time(auto_s):>10s}{format_time(times_s[best]):>10s}  {ratios[-1]:6.3f}"
                who = f"{best}, {taken.backend} ({taken.source}){verdict}"
                print(f"{label:34s}{told} {excess_s * 1e6:+8.1f}µ  {who}", flush=True)
    print(
        f"{len(ratios) - len(missed)} of {len(ratios)} within {RATIO} x + {format_time(PLUS_S)}; median ratio "
        f"{median(ratios):.3f}, largest {max(ratios):.3f}"
    )
    print("missed:", "; ".join(missed) or "none")


def _call(function: Callable[..., object], operands: tuple[np.ndarray, ...]) -> Callable[[], object]:
    return lambda: function(*operands)


if __name__ == "__main__":
    main()
