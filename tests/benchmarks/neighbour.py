"""What a neighbour on the memory does to kernels of much traffic, and what the sentinel's reads see of it.

    python tests/benchmarks/neighbour.py [--rounds 10] [--kernels triad/compiled:8000000 gelu/fused:4000]

Each round measures a kernel on the first processor alone, then beside a program that streams on the last.
Printed are the medians, over rounds, of the ratios beside : alone. The kernel's says what the neighbour does,
those of the reads and of the additions what the sentinel sees of it. Levels go to a folder of their own:
nothing is held against them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

STREAMS = """
import numpy as np
a, b = np.ones(1 << 25), np.ones(1 << 25)
while True:
    np.add(a, 1.0, out=b)
"""
BEGINS_S = 1.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=10)
    options.add_argument("--kernels", nargs="+", default=["triad/compiled:8000000", "gelu/fused:4000"])
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACCEL_HOME"] = home
        compare(given.kernels, given.rounds)


def compare(kernels: list[str], rounds: int) -> None:
    from accel_core import Case
    from accel_core.machine import allowed_cpus, detect

    machine, processors = detect(), sorted(allowed_cpus())
    if len(processors) < 2 or not hasattr(os, "sched_setaffinity"):
        sys.exit("This needs Linux and two processors: one for the kernel, one for its neighbour.")
    first, last = processors[0], processors[-1]
    os.sched_setaffinity(0, {first})
    print(f"{machine.cpu}; beside : alone, medians of {rounds} rounds and their range")
    print(f"{'kernel':28}{'kernel':>18}{'reads':>18}{'additions':>18}")
    for written in kernels:
        name, size = written.split(":")
        case = Case(name, int(size))
        ratios = [beside_alone(case, machine, last) for _ in range(rounds)]
        print(f"{written:28}" + "".join(f"{shown(column):>18}" for column in zip(*ratios, strict=True)))


def beside_alone(case, machine, processor: int) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    """Ratios of the kernel's time, of the reads and of the additions."""
    alone = seen(case, machine)
    neighbour = subprocess.Popen([sys.executable, "-c", STREAMS])
    os.sched_setaffinity(neighbour.pid, {processor})
    try:
        time.sleep(BEGINS_S)
        beside = seen(case, machine)
    finally:
        neighbour.kill()
        neighbour.wait()
    return tuple(with_it / without for with_it, without in zip(beside, alone, strict=True))  # type: ignore


def seen(case, machine) -> tuple[float, float, float]:  # type: ignore[no-untyped-def]
    from accel_core import bench

    found = bench.measure(case, machine, budget_s=1.5)
    sentinel = found.sentinel
    if sentinel is None or sentinel.read_s is None:
        sys.exit(f"{case.kernel} at {case.size:,} moves too little: give a larger size.")
    return found.time_s.median, sentinel.read_s.median, sentinel.core_cycles.median


def shown(ratios: tuple[float, ...]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


if __name__ == "__main__":
    main()
