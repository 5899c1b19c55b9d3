"""GELU at the roof: the rungs against the measured DRAM copy roof, and against PyTorch where it is installed.

    python tests/benchmarks/gelu_speed.py [--size 6000] [--dtype float32] [--threads 1,2] [--rounds 21]
                                          [--rungs in_place,fused,fused_threads] [--json FILE]

All write into an array that is there and take turns, round after round: the roof (a copy with regular stores),
each rung, PyTorch's gelu(approximate="tanh", out=). Rates count x read once and y written once. A ratio is the
median of the rounds' ratios with its 95 % interval; every result is checked first.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.bench import limit
from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels.gelu.workload import GELU
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import detect, measuring_cpus, pin_current_process
from accel_core.peaks import tasks
from accel_core.peaks.memory import Arena
from accel_core.peaks.places import Conveyor
from accel_core.peaks.plan import widths
from accel_core.peaks.team import Team
from accel_core.stats import median_interval, ratio_interval

PAUSE_S = 0.003
"""Between two contestants: threads of an OpenMP library spin for a while after their work."""
Contestants = dict[str, Callable[[], float]]


def torch_gelu(x: np.ndarray, y: np.ndarray, threads: int) -> Callable[[], object] | None:
    """PyTorch's gelu from x into y, the same memory; None where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        return None
    torch.set_num_threads(threads)
    source, target = torch.from_numpy(x), torch.from_numpy(y)
    return lambda: torch._C._nn.gelu(source, approximate="tanh", out=target)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def run(options: argparse.Namespace, threads: int, arena: Arena, cpus: tuple[int, ...]) -> list[dict[str, Any]]:
    """One line for each contestant: time, rate, and its ratios to the roof and to PyTorch."""
    (x,) = GELU.make_inputs((options.size, options.size), options.dtype, 1)
    y = np.zeros_like(x)
    work_bytes = 2 * x.nbytes
    expected, tolerance = GELU.reference(x), GELU.tolerance(x.shape, options.dtype)
    calls: dict[str, Callable[[], object]] = {
        name: lambda name=name: GELU.kernel(name).function(
            x, **({"out": y} if GELU.kernel(name).writes_out else {})
        )
        for name in options.rungs
    }
    if (theirs := torch_gelu(x, y, threads)) is not None:
        calls["PyTorch"] = theirs
    extra = {}
    for name, call in calls.items():
        y.fill(np.nan)
        result = call()
        got = y if name == "PyTorch" else result
        assert max_relative_error(got, expected) <= tolerance, f"{name} is wrong"
        extra[name] = peak_alloc_bytes(call) / x.nbytes
    del expected
    with Team(threads, cpus) as team:
        width = widths(detect())[0]
        conveyor = Conveyor(arena)
        roof = tasks.copy_task(team, "regular", width, options.dtype, conveyor)

        def copied() -> float:
            return work_bytes / roof.rate(conveyor.most_turns(2, threads))[0]

        contestants: Contestants = {"copy roof": copied}
        contestants |= {name: lambda call=call: timed(call) for name, call in calls.items()}
        for take in contestants.values():
            take()
        times: dict[str, list[float]] = {name: [] for name in contestants}
        clocks = Clocks()
        before, wall, cpu = clocks.host(), clocks.wall(), clocks.cpu()
        for _ in range(options.rounds):
            for name, take in contestants.items():
                times[name].append(take())
                time.sleep(PAUSE_S)
        span = Span.between(before, clocks.host(), clocks.wall() - wall, clocks.cpu() - cpu, threads)
    lines = []
    for name, taken in times.items():
        line: dict[str, Any] = {"name": name, "threads": threads, "size": options.size, "dtype": options.dtype}
        line |= {
            "time_s": median_interval(taken).median,
            "byte_per_s": work_bytes / median_interval(taken).median,
        }
        line |= {"extra_arrays": extra.get(name), "steal_fraction": span.steal_fraction}
        for rival in ("copy roof", "PyTorch"):
            if rival in times and rival != name:
                ratio = ratio_interval(list(zip(taken, times[rival], strict=True)))
                line[f"against {rival}"] = [ratio.median, ratio.low, ratio.high, ratio.n]
        lines.append(line)
    return lines


def told(line: dict[str, Any]) -> str:
    parts = [f"{line['name']:14s}", f"{line['threads']} threads", f"{line['time_s'] * 1e3:9.3f} ms"]
    parts.append(f"{line['byte_per_s'] / 1e9:7.2f} GB/s")
    for rival in ("copy roof", "PyTorch"):
        if f"against {rival}" in line:
            median, low, high, n = line[f"against {rival}"]
            within = f"n={n}" if low is None else f"{low:.3f}, {high:.3f}"
            parts.append(f"{median:6.3f} [{within}] of {rival}")
    if line["extra_arrays"] is not None:
        parts.append(f"{line['extra_arrays']:.4f} arrays")
    return "  ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=6000)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--threads", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument(
        "--rungs", type=lambda text: text.split(","), default=["in_place", "fused", "fused_threads"]
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    machine = detect()
    counts = options.threads or list(dict.fromkeys((1, machine.cores.allowed)))
    lines, arena = [], Arena(1 << 30)
    for threads in counts:
        cpus = measuring_cpus(machine, threads)
        pin_current_process(cpus)
        with limit(threads):
            found = run(options, threads, arena, cpus)
        print(*map(told, found), f"steal {found[0]['steal_fraction']}", sep="\n", flush=True)
        lines += found
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1))


if __name__ == "__main__":
    main()
