"""The measured roofs side by side with likwid-bench, in turns, on one core.

    python tests/benchmarks/against_likwid.py [--rounds 9] [--json FILE]

Needs likwid-bench on the path (Debian: apt-get install likwid). Each round runs likwid-bench once and then this
program's own probe for ten samples: the widest FMA of each dtype, and loads of 24 kB, 768 kB, 12 MB and 1 GB.
The ratio is the median of the rounds' ratios with its interval; the clock was measured between the samples.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from accel_core.machine import detect, measuring_cpus, pin_current_process
from accel_core.model import Machine
from accel_core.peaks import tasks
from accel_core.peaks.memory import Arena
from accel_core.peaks.plan import best_load, widths
from accel_core.peaks.tasks import Task
from accel_core.peaks.team import Team
from accel_core.stats import median_interval, ratio_interval

SIZES = {"L1": ("24kB", 24_000), "L2": ("768kB", 768_000), "L3": ("12MB", 12_000_000), "DRAM": ("1GB", 10**9)}
SECONDS = 0.5


def likwid(test: str, size: str, cpu: int, unit: str) -> float:
    """FLOP/s or byte/s that likwid-bench prints for `test` on processor `cpu`."""
    command = ["likwid-bench", "-t", test, "-w", f"N:{size}:1", "-s", "1"]
    printed = subprocess.run(["taskset", "-c", str(cpu), *command], capture_output=True, text=True, check=False)
    found = re.search(rf"{unit}:\s+([\d.]+)", printed.stdout)
    if not found:
        sys.exit(f"{' '.join(command)} printed no {unit}: {printed.stderr[-300:]}")
    return float(found[1]) * 1e6


def contests(machine: Machine, team: Team, arena: Arena) -> list[tuple[str, list[tuple[str, str, str]], Task]]:
    """(title, likwid's runs as (test, size, unit), own task) for each roof; likwid's best run counts."""
    width = widths(machine)[0]
    tag = {512: "avx512", 256: "avx", 128: "sse"}[width]
    rows = []
    for dtype, kind in (("float32", "sp_"), ("float64", "")):
        runs = [(f"peakflops_{kind}{tag}_fma", "24kB", "MFlops/s")]
        rows.append((f"FMA {dtype}", runs, tasks.compute_task(team, "fma", width, dtype)))
    tags = [tag, "avx"] if width == 512 else [tag]
    for level, (size, size_bytes) in SIZES.items():
        runs = [(f"load_{t}", size, "MByte/s") for t in tags]
        rows.append(
            (f"{level} load {size}", runs, best_load(machine, arena, team, level, width, "float32", size_bytes))
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not shutil.which("likwid-bench"):
        sys.exit("likwid-bench is not installed; on Debian: apt-get install likwid")
    machine = detect()
    cpus = measuring_cpus(machine, 1) or (0,)
    pin_current_process(cpus)
    rows, arena = [], Arena(1 << 30)
    with Team(1, cpus) as team:
        ticker = tasks.clock_task(team)
        ticker.prepare()
        for title, runs, task in contests(machine, team, arena):
            task.prepare(sample_s=SECONDS / 10)
            pairs, clocks = [], []
            for _ in range(options.rounds):
                theirs = max(likwid(test, size, cpus[0], unit) for test, size, unit in runs)
                task.rates.clear()
                for _ in range(10):
                    ticker.sample()
                    task.sample()
                pairs.append((1 / median_interval(task.rates).median, 1 / theirs))
                clocks += ticker.rates[-10:]
            ratio = ratio_interval(pairs)
            ours, other = (median_interval([1 / p[i] for p in pairs]).median for i in (0, 1))
            rows.append(
                {
                    "roof": title,
                    "ours": ours,
                    "likwid": other,
                    "ratio": ratio.median,
                    "low": ratio.low,
                    "high": ratio.high,
                    "rounds": ratio.n,
                    "clock_hz": median_interval(clocks).median,
                }
            )
            print(
                "{roof:18s} {ours:.4g} likwid {likwid:.4g} ratio {ratio:.3f} [{low}, {high}]".format(**rows[-1])
            )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
