"""What a pool costs a measurement: three kernels beside a connected host that is idle, and without it.

    python tests/benchmarks/pool_cost.py [--rounds 110] [--window 0.3]

Starts a scheduler and a host on this computer. In turns both run and are stopped (SIGSTOP), while an empty
compiled function, a matrix product of one thread and a triad of all threads are called over and over. Given is
the median of the rounds' ratios with its 95 % interval. What happens in few rounds a median does not show, so
the share of one processor that the two processes took is given too; what they displace in caches is not in it.
What they would have done while they were stopped they do when they go on, so it is about twice that of a pool
which is left alone.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numba
import numpy as np
import psutil
from threadpoolctl import threadpool_limits

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "core"))

from pool_of import free_port, running, surroundings, until  # noqa: E402

from accel_core.machine import detect  # noqa: E402
from accel_core.stats import ratio_interval  # noqa: E402

SAMPLE_S = 0.02
TRIAD = 1 << 22
"""Elements of each array: 96 MiB in all, more than caches hold."""
PRODUCT = 256


@numba.njit
def nothing() -> None:
    """The null kernel."""


@numba.njit(nogil=True)
def triad(to: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """to[i] = first[i] + 3 second[i]."""
    for i in range(to.size):
        to[i] = first[i] + 3.0 * second[i]


def kernels(threads: int) -> dict[str, Callable[[], object]]:
    """The three, compiled and with their arrays touched."""
    a, b, c = (np.random.default_rng(0).random((PRODUCT, PRODUCT), np.float32) for _ in range(3))
    arrays = [np.ones(TRIAD) for _ in range(3)]
    parts = list(zip(*(np.array_split(array, threads) for array in arrays), strict=True))
    team = ThreadPoolExecutor(threads)

    def all_threads() -> None:
        list(team.map(lambda part: triad(*part), parts))

    found = {
        "null kernel": nothing,
        f"matmul {PRODUCT}, 1 thread": lambda: np.matmul(a, b, out=c),
        f"triad, {threads} threads": all_threads,
    }
    for call in found.values():
        call()
    return found


def mean_s(call: Callable[[], object], calls: int) -> float:
    """Seconds of one of so many calls in a row."""
    began = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - began) / calls


def calls_of(call: Callable[[], object]) -> int:
    """How many calls take SAMPLE_S."""
    calls = 1
    while (took_s := mean_s(call, calls) * calls) < SAMPLE_S / 2:
        calls *= 2
    return max(1, round(calls * SAMPLE_S / took_s))


def window(calls: dict[str, int], what: dict[str, Callable[[], object]], window_s: float) -> dict[str, float]:
    """Mean seconds of a call of each, sampled in turns for `window_s`."""
    samples: dict[str, list[float]] = {name: [] for name in what}
    ends = time.monotonic() + window_s
    while time.monotonic() < ends:
        for name, call in what.items():
            samples[name].append(mean_s(call, calls[name]))
    return {name: sum(times) / len(times) for name, times in samples.items()}


@contextmanager
def idle_pool() -> Iterator[list[psutil.Process]]:
    """The processes of a scheduler and of a host, which has all processors, once both are connected."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), str(free_port())
        own, said = surroundings(folder), folder / "said"
        address = f"tcp://127.0.0.1:{port}"
        with running(["pool", "start", "--port", port], said, own) as scheduler:
            until(lambda: "The pool is at" in said.read_text())
            with running(["pool", "worker", address, "--name", "one"], folder / "host", own) as host:
                from accel_core import pool
                from accel_core.pool import line

                os.environ["ACCEL_POOL"] = address
                until(lambda: pool.hosts())
                line.close()
                yield [psutil.Process(scheduler.pid), psutil.Process(host.pid)]


def cpu_s(processes: list[psutil.Process]) -> float:
    """Seconds of processor time that they have taken."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=110, help="from 6 on there is an interval (110)")
    parser.add_argument("--window", type=float, default=0.3, help="seconds of each state in a round (0.3)")
    options = parser.parse_args()
    what = kernels(detect().cores.allowed)
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in what}
    used_s = on_s = 0.0
    with idle_pool() as processes, threadpool_limits(1):
        calls = {name: calls_of(call) for name, call in what.items()}
        for number in range(options.rounds):
            found = {}
            for on in (True, False) if number % 2 else (False, True):
                before_s, began = cpu_s(processes), time.monotonic()
                for process in processes:
                    process.resume() if on else process.suspend()
                found[on] = window(calls, what, options.window)
                if on:
                    used_s += cpu_s(processes) - before_s
                    on_s += time.monotonic() - began
            for process in processes:
                process.resume()
            for name, with_pool in found[True].items():
                pairs[name].append((found[False][name], with_pool))
    for name, both in pairs.items():
        ratio = ratio_interval(both)
        within = f"{ratio.low or 0:.4f} to {ratio.high or 0:.4f}"
        print(f"{name:22} time with / without = {ratio.median:.4f} ({within}, n = {ratio.n})")
    print(f"scheduler and host took {100 * used_s / on_s:.2f} % of one processor")


if __name__ == "__main__":
    main()
