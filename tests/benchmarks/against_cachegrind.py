"""The simulator's misses side by side with those of valgrind's cachegrind.

    python tests/benchmarks/against_cachegrind.py [--size 64] [--caches 32768:8:64,1048576:16:64] [--record]

Needs valgrind and a C compiler (Debian: apt-get install valgrind gcc). For each traversal a C program with that
loop nest runs under cachegrind, its arrays at the offsets that the simulator uses and volatile, so that each
element access of the source is one of the machine; what the same program does without the nest is subtracted.

Differences that are meant: lines of the program's own that meet the arrays in the cache; loop bounds that the
compiler keeps on the stack, in blocked nests; and in the last level the write-backs, which cachegrind does not
have and which here renew the lines that they reach. With --record the counts go to assets/cachegrind.json, from
where the page Traversal publishes them.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accel_core.cache import CacheGeometry, Traversal, parse_caches, simulate, trace
from accel_core.cache.stream.traversal import ORDERS
from accel_core.cache.tracing import MOST_STEPS

RECORD = Path(__file__).resolve().parents[2] / "assets" / "cachegrind.json"
COUNTED = ("accesses", "first_misses", "last_misses")
PROGRAM = """
#include <stdlib.h>
int main(int argc, char **argv) {{
    char *memory = aligned_alloc(1 << 21, ({footprint} + (1 << 21)) >> 21 << 21);
    volatile float *a = (void *)(memory + {a}), *b = (void *)(memory + {b}), *c = (void *)(memory + {c});
    if (argc > 1) {{
{nest}
    }}
    return memory == 0;
}}
"""
BODIES = {
    "k": ("float total = c[{c}];", "total += a[{a}] * b[{b}];", "c[{c}] = total;"),
    "j": ("float x = a[{a}];", "c[{c}] += x * b[{b}];", ""),
    "i": ("float x = b[{b}];", "c[{c}] += a[{a}] * x;", ""),
}


def nest(traversal: Traversal) -> str:
    """The loop nest in C, blocked or not; blocks begin at ii, jj, kk."""
    ends = dict(zip("ijk", traversal.extents, strict=True))
    lengths = dict(zip("ijk", traversal.blocks, strict=True))
    lines = [f"for (long {x}{x} = 0; {x}{x} < {ends[x]}; {x}{x} += {lengths[x]})" for x in traversal.order]
    lines += [
        f"{{ long end_{x} = {x}{x} + {lengths[x]} < {ends[x]} ? {x}{x} + {lengths[x]} : {ends[x]};"
        for x in "ijk"
    ]
    loops = [f"for (long {x} = {x}{x}; {x} < end_{x}; {x}++) {{" for x in traversal.order]
    leads = [operand.leading for operand in traversal.operands]
    places = {"a": f"i * {leads[0]} + k", "b": f"k * {leads[1]} + j", "c": f"i * {leads[2]} + j"}
    before, body, after = (text.format(**places) for text in BODIES[traversal.order[2]])
    return "\n".join([*lines, *loops[:2], before, loops[2], body, "}", after, "} }", "} } }"])


def misses(program: Path, caches: tuple[CacheGeometry, ...], *words: str) -> list[int]:
    """Data accesses, misses of the first level, misses of the last, as cachegrind counts them."""
    first, last = (f"{c.size_bytes},{c.ways},{c.line_bytes}" for c in (caches[0], caches[-1]))
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--D1={first}", f"--LL={last}"]
    command += [f"--cachegrind-out-file={program}.out", str(program), *words]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    rows = [re.search(rf"{name} +([\d,]+)", printed) for name in ("D   refs:", "D1  misses:", "LLd misses:")]
    return [int(row[1].replace(",", "")) if row else -1 for row in rows]


def compare(traversal: Traversal, caches: tuple[CacheGeometry, ...], folder: Path) -> list[tuple[int, int]]:
    """(ours, cachegrind's) accesses, misses of the first level, misses of the last."""
    a, b, c = (operand.base for operand in traversal.operands)
    source, program = folder / "nest.c", folder / "nest"
    source.write_text(PROGRAM.format(a=a, b=b, c=c, footprint=traversal.footprint_bytes, nest=nest(traversal)))
    subprocess.run(["gcc", "-O2", "-fno-ivopts", "-o", str(program), str(source)], check=True)
    theirs = [x - y for x, y in zip(misses(program, caches, "run"), misses(program, caches), strict=True)]
    done = simulate(traversal, caches, classify=False)
    ours = [done.accesses, done.levels[0].total.misses, done.levels[-1].total.misses]
    return list(zip(ours, theirs, strict=True))


def last_misses_of_fetches(traversal: Traversal, caches: tuple[CacheGeometry, ...]) -> int:
    """Misses of the second level where it sees what the first fetches and not what that writes back."""
    sets: dict[int, dict[int, None]] = {}
    missed = 0
    for start in range(0, traversal.accesses, MOST_STEPS):
        for level, line, write, *_ in trace(traversal, caches, MOST_STEPS, start).events.tolist():
            if level != 1 or write:
                continue
            held = sets.setdefault(line % caches[1].sets, {})
            if line in held:
                del held[line]
            else:
                missed += 1
                if len(held) == caches[1].ways:
                    del held[next(iter(held))]
            held[line] = None  # a dict keeps its order: the line used last stands last
    return missed


def version_of(tool: str) -> str:
    """The first line of what `tool --version` prints."""
    return subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[
        0
    ]


def row_of(title: str, counts: list[tuple[int, int]], fetched: int) -> dict[str, Any]:
    """One traversal as the record keeps it."""
    sides = {"simulator": [ours for ours, _ in counts], "cachegrind": [theirs for _, theirs in counts]}
    numbers = {side: dict(zip(COUNTED, n, strict=True)) for side, n in sides.items()}
    return {"traversal": title, **numbers, "last_misses_of_fetches": fetched}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--caches", default="8192:8:64,32768:16:64")
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.name}, which the page shows")
    options = parser.parse_args()
    for tool in ("valgrind", "gcc"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is not installed; on Debian: apt-get install valgrind gcc")
    shape, caches = (options.size,) * 3, parse_caches(options.caches)
    traversals = [(order, Traversal(shape, order)) for order in ORDERS]
    traversals += [(f"{order}, block 8", Traversal(shape, order, (8, 8, 8))) for order in ("ijk", "ikj")]
    traversals += [("ijk, pad 16", Traversal(shape, "ijk", pad=16))]
    print(f"N = {options.size}, float32, {options.caches}: simulator, cachegrind less an empty run, difference")
    print(
        "for all accesses | misses of the first level | of the last | the simulator's last without write-backs"
    )
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for title, traversal in traversals:
            counts = compare(traversal, caches, Path(folder))
            fetched = last_misses_of_fetches(traversal, caches)
            rows.append(row_of(title, counts, fetched))
            cells = [
                f"{ours:12,} {theirs:12,} {(ours - theirs) / max(theirs, 1):+8.3%}" for ours, theirs in counts
            ]
            print(f"{title:14s}" + " |".join(cells) + f" | {fetched:12,}", flush=True)
    if options.record:
        record = {
            "measured": datetime.now(UTC).date().isoformat(),
            "valgrind": version_of("valgrind"),
            "compiler": version_of("gcc"),
            "size": options.size,
            "caches": [cache.to_dict() for cache in caches],
            "rows": rows,
        }
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"written to {RECORD}")


if __name__ == "__main__":
    main()
