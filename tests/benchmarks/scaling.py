"""Compiled kernels on 1, 2, 4, ... threads: time, ratio to NumPy with as many, efficiency, fork and join.

    python tests/benchmarks/scaling.py [--threads 1,2,4] [--dtypes float32,float64] [--seconds 3] [--json FILE]

Four tables. What an empty parallel loop costs from call to return, by a compiled loop and by Python threads,
and what it leaves spinning. The packed product beside NumPy's with as many threads, in turns: its efficiency is
the time of one thread over threads times its own. The one-pass kernels and a copy, which has the same traffic
as GELU: each one's rate over that of the copy with as many threads, in turns, at a size beyond all caches. And
what their arithmetic takes alone, in L2, beside what the copy takes from memory.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from accel_core.bench import Clocks
from accel_core.bench.comparing import settle
from accel_core.bench.sampling import Racer, in_turns, no_garbage_collection
from accel_core.kernels import fork_join, pool
from accel_core.kernels.ahead import LINE_BYTES
from accel_core.kernels.chunks import SHARE, each_chunk_threaded
from accel_core.kernels.compiled import forked, streamed
from accel_core.kernels.fork_join import even_share
from accel_core.kernels.gelu.compiled import gelu_fused, gelu_fused_threads
from accel_core.kernels.layer_norm.compiled import layer_norm_compiled, layer_norm_compiled_threads
from accel_core.kernels.matmul.blocking import L2, TYPICAL_BYTES
from accel_core.kernels.matmul.threads import packed_threads
from accel_core.kernels.softmax.compiled import softmax_compiled, softmax_compiled_threads
from accel_core.kernels.streaming.compiled import add_compiled_threads, scale_compiled_threads
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import detect
from accel_core.operations import OPERATIONS
from accel_core.peaks.loops import CHAIN_LENGTH
from accel_core.peaks.probes import dependent_adds
from accel_core.stats import LEAST_SAMPLES, ratio_interval
from accel_core.tuning import turns

SHAPES = [(n, n, n) for n in (256, 512, 1024, 2048)] + [(2000, 300, 700)]
CALLS = 300
TURNS = 1 << 14
SAMPLE_S = 0.01
Ratio = tuple[float | None, float | None, float | None]


@forked
def nothing(x: NDArray, threads: int) -> None:
    """Write each thread's number to a cache line of its own in x (16 threads,)."""
    for thread in numba.prange(threads):
        x[16 * thread] = thread


@streamed
def copied(x: NDArray, y: NDArray) -> None:
    """Write x (n,) to y (n,)."""
    for i in range(y.size):
        y[i] = x[i]


@forked
def forked_copy(x: NDArray, y: NDArray, threads: int) -> None:
    """`copied`, a part for each thread."""
    for thread in numba.prange(threads):
        part = even_share(y.size, threads, thread, SHARE)
        copied(x[part], y[part])


def counts(most: int) -> list[int]:
    """1, 2, 4, ... and `most`."""
    return sorted({*(1 << at for at in range(most.bit_length()) if 1 << at <= most), most})


def handing_over(threads: int) -> dict[str, float]:
    """Medians: microseconds by a compiled loop, by Python threads, after 5 ms of sleep; ms spun afterwards."""
    x = np.zeros(16 * threads)
    work = [lambda: None] * threads

    def compiled() -> None:
        fork_join.fork(nothing, threads, x)

    found = {}
    for name, call in (("compiled", compiled), ("python", lambda: pool.run(work))):
        call()
        found[f"{name} us"] = 1e6 * median(_timed(call) for _ in range(CALLS))
        found[f"{name} asleep us"] = 1e6 * median(_timed(call, 0.005) for _ in range(50))
    found["spun ms"] = 1e3 * median(_spun(compiled) for _ in range(20))
    return found


def _timed(call: Callable[[], object], pause_s: float = 0.0) -> float:
    if pause_s:
        time.sleep(pause_s)
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _spun(call: Callable[[], object]) -> float:
    """Seconds of processor time that the process uses in 50 ms in which it sleeps, after a call."""
    call()
    began = time.process_time()
    time.sleep(0.05)
    return time.process_time() - began


def product(
    shape: tuple[int, int, int], dtype: str, threads: list[int], seconds: float
) -> list[dict[str, Any]]:
    """For each number of threads: seconds, NumPy's time over ours, efficiency against one thread."""
    m, k, n = shape
    random = np.random.default_rng(0)
    a, b = random.random((m, k)).astype(dtype), random.random((k, n)).astype(dtype)
    ours, its, rows, one_s = np.empty((m, n), dtype), np.empty((m, n), dtype), [], 0.0
    exact = a.astype(np.float64) @ b.astype(np.float64)
    for count in threads:
        with pool.at_most(count), threadpool_limits(limits=count, user_api="blas"), no_garbage_collection():
            packed_threads(a, b, ours)
            error = max_relative_error(ours, exact)
            assert error <= OPERATIONS["matmul"].tolerance((1, *shape), dtype), (shape, count, error)
            calls = {"ours": lambda: packed_threads(a, b, ours), "numpy": lambda: np.matmul(a, b, out=its)}
            times_s = apart(calls, seconds, count)
        took_s = median(times_s["ours"])
        one_s = took_s if count == 1 else one_s
        ratio = _ratio(times_s["ours"], times_s["numpy"])
        rows.append(
            {"threads": count, "s": took_s, "ratio": ratio, "efficiency": one_s / took_s / count or None}
        )
    return rows


def apart(calls: dict[str, Callable[[], object]], seconds: float, threads: int) -> dict[str, list[float]]:
    """Seconds per call of each, in turns: with several threads each sample begins after a pause, and after as
    many calls as it has.

    OpenBLAS lets its threads spin for a tenth of a second after a call; whoever came next would share a
    processor with them. And threads that have slept need some calls until each has a processor for itself.
    """
    if threads == 1:
        return turns(calls, seconds, Clocks(), 6)
    clocks, racers = Clocks(), {name: Racer(call) for name, call in calls.items()}
    for racer in racers.values():
        settle(clocks)
        racer.repetitions = warmed(racer.call, clocks)
    end_s = clocks.wall() + seconds
    for rounds, order in enumerate(in_turns(racers.values())):
        if rounds >= LEAST_SAMPLES and clocks.wall() > end_s:
            break
        for racer in order:
            settle(clocks)
            warmed(racer.call, clocks)
            racer.run(clocks)
    return {name: racer.times_s for name, racer in racers.items()}


def warmed(call: Callable[[], object], clocks: Clocks) -> int:
    """How many calls began in `SAMPLE_S`, which they have been made for."""
    made, end_s = 0, clocks.wall() + SAMPLE_S
    while clocks.wall() < end_s:
        call()
        made += 1
    return made


def streams(dtype: str, size: int, threads: list[int], seconds: float) -> list[dict[str, Any]]:
    """For each number of threads: the copy's rate, and each kernel's over it, bytes of x, y and z counted."""
    x = np.random.default_rng(0).random((size, size)).astype(dtype)
    y, z, row = np.empty_like(x), np.ones_like(x), np.ones(size, dtype)
    calls: dict[str, Callable[[], object]] = {
        "copy": lambda: each_chunk_threaded(copied, forked_copy, (x,), y),
        "scale": lambda: scale_compiled_threads(x, y),
        "add": lambda: add_compiled_threads(x, z, y),
        "gelu": lambda: gelu_fused_threads(x, y),
        "softmax": lambda: softmax_compiled_threads(x, y),
        "layer_norm": lambda: layer_norm_compiled_threads(x, row, row, y),
    }
    moved = {name: (3 if name == "add" else 2) * x.nbytes for name in calls}
    lines, rows = x.nbytes / LINE_BYTES, []
    for count in threads:
        with pool.at_most(count), no_garbage_collection():
            times_s = turns(calls, seconds, Clocks(), 6)
        rates = {name: [moved[name] / s for s in taken] for name, taken in times_s.items()}
        ratios = {name: _ratio(rates["copy"], rates[name]) for name in calls if name != "copy"}
        copy_s = median(times_s["copy"])
        rows.append(
            {"threads": count, "copy": median(rates["copy"]), "line s": copy_s / lines, "ratios": ratios}
        )
    return rows


def near(dtype: str, cache_bytes: int) -> dict[str, float]:
    """Seconds of one thread for a line of x (LINE_BYTES), in arrays of which two fill half of `cache_bytes`."""
    rows = max(cache_bytes // 4 // 1024, 1)
    x = np.random.default_rng(0).random((rows, 1024 // np.dtype(dtype).itemsize)).astype(dtype)
    y, row, lines = np.empty_like(x), np.ones(x.shape[1], dtype), x.nbytes / LINE_BYTES
    calls: dict[str, Callable[[], object]] = {
        "copy": lambda: copied(x.reshape(-1), y.reshape(-1)),
        "gelu": lambda: gelu_fused(x, y),
        "softmax": lambda: softmax_compiled(x, y),
        "layer_norm": lambda: layer_norm_compiled(x, row, row, y),
    }
    with no_garbage_collection():
        times_s = turns(calls, 1.0, Clocks(), 6)
    return {name: median(taken) / lines for name, taken in times_s.items()}


def clock_hz() -> float:
    """Additions a second in a chain in which each waits for the one before: one takes a cycle."""
    gate = np.zeros(1, np.int64)

    def chain() -> None:
        dependent_adds(1, TURNS, gate.ctypes.data, 0)

    chain()
    return TURNS * CHAIN_LENGTH / min(_timed(chain) for _ in range(20))


def _ratio(ours: list[float], theirs: list[float]) -> Ratio:
    """Theirs over ours, pair by pair: the median and its 95 % interval."""
    ratio = ratio_interval(list(zip(ours, theirs, strict=True)))
    return ratio.median, ratio.low, ratio.high


def _told(ratio: Ratio) -> str:
    mid, low, high = (f"{part:.2f}" if part else "?" for part in ratio)
    return f"{mid} [{low}, {high}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    most = detect().cores.allowed
    parser.add_argument("--threads", help=f"numbers of threads; here {counts(most)}")
    parser.add_argument("--dtypes", default="float32,float64")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each shape and number of threads")
    parser.add_argument("--size", type=int, default=6000, help="side of the arrays of the one-pass kernels")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    threads = [int(n) for n in options.threads.split(",")] if options.threads else counts(most)
    if max(threads) > most:
        parser.error(f"this process may run on {most} processors")
    machine = detect()
    print(f"{machine.cpu}, {most} processors; compiled loops on {fork_join.layer() or 'Python threads'}")
    found: dict[str, Any] = {"handing over": {}, "product": {}, "streams": {}, "near": {}}
    l2_bytes = next((level.size_bytes for level in machine.caches if level.level == L2), TYPICAL_BYTES[L2])
    for count in threads:
        if fork_join.can_fork(count):
            found["handing over"][count] = costs = handing_over(count)
            print(
                f"{count} threads: " + ", ".join(f"{name} {value:.2f}" for name, value in costs.items()),
                flush=True,
            )
    for dtype in options.dtypes.split(","):
        for shape in SHAPES:
            name = f"{dtype} {'x'.join(map(str, shape))}"
            found["product"][name] = rows = product(shape, dtype, threads, options.seconds)
            for row in rows:
                print(
                    f"{name:<21} {row['threads']:>2} threads {1e3 * row['s']:9.3f} ms, NumPy's time over ours "
                    f"{_told(row['ratio'])}, efficiency {row['efficiency'] or math.nan:.2f}",
                    flush=True,
                )
        found["streams"][dtype] = rows = streams(dtype, options.size, threads, 4 * options.seconds)
        here = found["near"][dtype] = near(dtype, l2_bytes)
        far_s, hz = rows[0]["line s"], clock_hz()
        told = ", ".join(f"{name} {hz * s:.1f} ({1e9 * s:.1f} ns)" for name, s in here.items())
        print(
            f"{dtype}, cycles of {hz / 1e9:.2f} GHz for a line of x in L2: {told}; copy from memory, "
            f"{threads[0]} threads: {hz * far_s:.1f} ({1e9 * far_s:.1f} ns)",
            flush=True,
        )
        for row in rows:
            told = ", ".join(f"{name} {_told(ratio)}" for name, ratio in row["ratios"].items())
            print(
                f"{dtype} {row['threads']:>2} threads, copy {row['copy'] / 1e9:.1f} GB/s; over it: {told}",
                flush=True,
            )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
