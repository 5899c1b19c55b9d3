"""What each idea in the packed product brings: the same with one of them taken out, in turns with NumPy.

    python tests/benchmarks/packed_steps.py [--sizes 512,1024,2048] [--dtype float32] [--seconds 3]

Each line is a process of its own with a compile cache of its own. NumPy, on one thread, is the common clock:
the ratio is its time over ours, the median of rounds in turns. "all" is the code as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from accel_core.bench.sampling import no_garbage_collection
from accel_core.kernels.matmul import blocking, micro_kernel, panels, plan
from accel_core.kernels.matmul import packed as matmul_packed
from accel_core.stats import ratio_interval


def without_prefetch() -> None:
    micro_kernel.prefetch = panels.prefetch = lambda builder, address: None


def without_huge_pages() -> None:
    def fresh(size_bytes: int) -> np.ndarray:
        whole = np.empty(size_bytes + 64, np.uint8)
        start = -whole.ctypes.data % 64  # as vectors are read
        return whole[start : start + size_bytes]

    panels._fresh = fresh


def without_kept_panels() -> None:
    kept = panels._fresh

    def room(dtype: str, shapes: panels.Shapes) -> list:
        lengths = [int(np.prod(shape)) * np.dtype(dtype).itemsize for shape in shapes]
        return [kept(n)[:n].view(dtype).reshape(shape) for n, shape in zip(lengths, shapes, strict=True)]

    matmul_packed.room = room


def with_a_packed() -> None:
    usual = plan.plan_here
    matmul_packed.plan_here = lambda dtype: replace(usual(dtype), unpacked_a_bytes=0)


def with_b_packed() -> None:
    usual = plan.plan_here
    matmul_packed.plan_here = lambda dtype: replace(usual(dtype), unpacked_bytes=0)


def with_quarter_depth() -> None:
    usual = plan.blocking

    def shallow(dtype: str, caches: dict, rows: int = micro_kernel.ROWS) -> blocking.Blocking:
        return usual(dtype, {**caches, "L1": caches["L1"] // 4}, rows)

    plan.blocking = shallow


def with_half_width() -> None:
    """Vectors of half the width: set before the kernels are compiled."""
    micro_kernel.WIDTH_BITS = blocking.WIDTH_BITS = max(micro_kernel.WIDTH_BITS // 2, 128)
    micro_kernel.MASKS_ARE_FREE = False


IDEAS: dict[str, Callable[[], None]] = {
    "all": lambda: None,
    "without prefetching c, a and b": without_prefetch,
    "without huge pages for the panels": without_huge_pages,
    "with fresh panels at each call": without_kept_panels,
    "a always packed": with_a_packed,
    "b always packed": with_b_packed,
    "kc a quarter of the usual": with_quarter_depth,
    "vectors of half the width": with_half_width,
}


def ratios(sizes: list[int], dtype: str, seconds: float) -> dict[str, list[float | None]]:
    """Size -> median of NumPy's time over ours, and its 95 % interval."""
    found: dict[str, list[float | None]] = {}
    for n in sizes:
        random = np.random.default_rng(0)
        a, b = (random.uniform(-1, 1, (n, n)).astype(dtype) for _ in range(2))
        if not np.allclose(matmul_packed.matmul_packed(a, b), a @ b, rtol=1e-3, atol=1e-3):
            raise SystemExit("wrong product")
        repetitions = max(1, round(2e9 / n**3))
        times: list[tuple[float, float]] = []
        with threadpool_limits(1), no_garbage_collection():
            end = time.perf_counter() + seconds
            while time.perf_counter() < end or len(times) < 7:
                pair = []
                for product in (matmul_packed.matmul_packed, np.matmul):
                    start = time.perf_counter()
                    for _ in range(repetitions):
                        product(a, b)
                    pair.append(time.perf_counter() - start)
                times.append((pair[0], pair[1]))
        ratio = ratio_interval(times)
        found[str(n)] = [ratio.median, ratio.low, ratio.high]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="512,1024,2048")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each idea and size")
    parser.add_argument("--idea", choices=tuple(IDEAS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    if options.idea:
        IDEAS[options.idea]()
        print(json.dumps(ratios(sizes, options.dtype, options.seconds)))
        return
    print(f"speed over NumPy's, {options.dtype}, one thread; widest vectors {micro_kernel.WIDTH_BITS} bit")
    print(f"{'':36s}" + "".join(f"{size:>26d}" for size in sizes))
    for idea in IDEAS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--idea", idea, "--sizes", options.sizes]
            command += ["--dtype", options.dtype, "--seconds", str(options.seconds)]
            ended = subprocess.run(
                command,
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
                capture_output=True,
                text=True,
                check=True,
            )
        found = json.loads(ended.stdout)
        cells = (f"{m:.3f} [{low:.3f}, {high:.3f}]" for m, low, high in found.values())
        print(f"{idea:36s}" + "".join(f"{cell:>26s}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
