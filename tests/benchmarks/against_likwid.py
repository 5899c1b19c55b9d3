"""The measured roofs side by side with likwid-bench, in turns.

    python tests/benchmarks/against_likwid.py [--rounds 6] [--threads 1] [--json FILE]

Needs likwid-bench on the path (Debian: apt-get install likwid). First the curve is measured, for the sizes of
the caches. Then, for each roof, every round runs likwid-bench once for each of its kernels that fit, of which
the fastest counts, and then this program's own probe for a few samples. The ratio is the median of the rounds'
ratios with its interval. likwid's copy and stream count as STREAM does, as the copy and triad here.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from accel_core.machine import detect, last_level_bytes, measuring_cpus
from accel_core.model import Ceiling, Machine
from accel_core.peaks.curve import measure_curve
from accel_core.peaks.memory import Arena, dram_bytes
from accel_core.peaks.plan import Roof, fastest, plan
from accel_core.peaks.team import Team
from accel_core.roofline import as_measured
from accel_core.stats import median_interval, ratio_interval

SAMPLES = 3
"""Of our own in each round."""
_TAGS = {512: ("avx512",), 256: ("avx",), 128: ("sse",)}


def likwid(test: str, size_bytes: int, threads: int, unit: str) -> float:
    """FLOP/s or byte/s that likwid-bench prints for `test`; it pins its own threads, from processor 0 on."""
    command = ["likwid-bench", "-t", test, "-w", f"N:{max(size_bytes // 1000, 1)}kB:{threads}", "-s", "1"]
    printed = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(rf"{unit}:\s+([\d.]+)", printed.stdout)
    if not found:
        sys.exit(f"{' '.join(command)} printed no {unit}: {printed.stderr[-300:]}")
    return float(found[1]) * 1e6


def rivals(roof: Ceiling) -> tuple[list[str], str]:
    """likwid's kernels that do what `roof` does, and the unit that they print; none where it has no such."""
    tags = _TAGS.get(roof.width_bits or 0, ())
    if roof.kind == "compute":
        kind = "sp_" if roof.dtype == "float32" else ""
        end = "_fma" if roof.operation == "fma" else ""
        known = roof.operation == "fma" and (roof.width_bits or 0) > 128
        return [f"peakflops_{kind}{tag}{end}" for tag in tags if known], "MFlops/s"
    if roof.operation == "load":
        return [f"load_{tag}" for tag in tags], "MByte/s"
    if roof.operation == "copy":
        past = "mem_" if roof.stores == "non_temporal" else ""
        return [f"copy_{past}{tag}" for tag in tags], "MByte/s"
    return [f"stream_sp_{tag}{end}" for tag in tags for end in ("", "_fma")], "MByte/s"


def rounds(machine: Machine, team: Team, arena: Arena, count: int) -> Iterator[dict[str, object]]:
    """One line for each roof that likwid-bench can measure too."""
    roofs, left_out = plan(machine, arena, ("float32", "float64"), (team,))
    for sentence in left_out:
        print(sentence)
    for roof in roofs:
        line = _against(roof, team, count)
        if line:
            yield line


def _against(roof: Roof, team: Team, count: int) -> dict[str, object] | None:
    task = fastest(roof, lambda: False)
    task.prepare()
    task.sample()
    record = task.result()
    assert isinstance(record, Ceiling)
    tests, unit = rivals(record)
    if not tests:
        return None
    pairs = []
    for _ in range(count):
        size = record.working_set_bytes or 24_000
        theirs = max(likwid(test, size, team.threads, unit) for test in tests)
        task.rates.clear()
        task.lost.clear()
        for _ in range(SAMPLES):
            task.sample()
        pairs.append((1 / median_interval(task.rates).median, 1 / theirs))
    ratio = ratio_interval(pairs)
    ours, other = (median_interval([1 / pair[side] for pair in pairs]).median for side in (0, 1))
    return {
        "roof": record.name,
        "working_set_bytes": record.working_set_bytes,
        "ours": ours,
        "likwid": other,
        "kernels": tests,
        "ratio": ratio.median,
        "low": ratio.low,
        "high": ratio.high,
        "rounds": ratio.n,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not shutil.which("likwid-bench"):
        sys.exit("likwid-bench is not installed; on Debian: apt-get install likwid")
    machine = detect()
    cpus = measuring_cpus(machine, options.threads)
    arena = Arena(dram_bytes(last_level_bytes(machine, cpus)))
    with Team(1, measuring_cpus(machine, 1)) as one:
        seen = as_measured(machine, measure_curve(machine, arena, one))
    arena.clear()
    print(machine.cpu, *(f"{c.level} {c.size_bytes >> 10} KiB" for c in seen.caches), sep=", ")
    lines = []
    with Team(options.threads, cpus) as team:
        for line in rounds(seen, team, arena, options.rounds):
            lines.append(line)
            print("{roof:28s} {ours:.4g} likwid {likwid:.4g} ratio {ratio:.3f} [{low}, {high}]".format(**line))
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1))


if __name__ == "__main__":
    main()
