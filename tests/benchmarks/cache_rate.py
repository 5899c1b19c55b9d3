"""How many accesses a second the cache simulator takes, in every loop order, on one core.

    python tests/benchmarks/cache_rate.py [--size 512] [--accesses 100e6] [--rounds 3]

Each line is one traversal; each column a hierarchy, in CPU time, the best of the rounds (whatever else runs on
the host only ever slows it). Compilation is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence

from accel_core.cache import CacheGeometry, Traversal, parse_caches
from accel_core.cache.engine.running import advance
from accel_core.cache.simulating import state_for
from accel_core.cache.stream.nest import open_nest
from accel_core.cache.stream.traversal import ORDERS

ONE, THREE = "32768:8:64", "32768:8:64,1048576:16:64,33554432:16:64"
COLUMNS = (
    ("one level", ONE, False),
    ("one, 3C", ONE, True),
    ("three levels", THREE, False),
    ("three, 3C", THREE, True),
)


def rate(traversal: Traversal, caches: Sequence[CacheGeometry], classify: bool, accesses: int) -> float:
    """Accesses a second of CPU time, over the first `accesses` and a few more."""
    stream, state = open_nest(traversal), state_for(traversal, caches, classify=classify)
    advance(*stream.arguments, *state.arguments, traversal.itemsize, 1)
    began = time.process_time()
    done = advance(*stream.arguments, *state.arguments, traversal.itemsize, accesses)
    return done / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--accesses", type=float, default=100e6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    shape = (options.size,) * 3
    traversals = [(order, Traversal(shape, order)) for order in ORDERS]
    traversals += [
        ("ijk, block 16", Traversal(shape, "ijk", (16, 16, 16))),
        ("ikj, block 32, Hilbert", Traversal(shape, "ikj", (32, 32, 32), visit="hilbert")),
        ("ijk, 4x4 tile", Traversal(shape, "ijk", tile=True)),
    ]
    print(f"million accesses a second, N = {options.size}, float32")
    print(f"{'':24s}" + "".join(f"{title:>14s}" for title, _, _ in COLUMNS))
    for title, traversal in traversals:
        rates = [
            max(
                rate(traversal, parse_caches(text), classify, int(options.accesses))
                for _ in range(options.rounds)
            )
            for _, text, classify in COLUMNS
        ]
        print(f"{title:24s}" + "".join(f"{value / 1e6:14.0f}" for value in rates), flush=True)


if __name__ == "__main__":
    main()
