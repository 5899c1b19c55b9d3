"""The ladder of matrix products: thirteen rungs, each one change from another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from accel_core.kernels import late
from accel_core.kernels.matmul import TILE_ROWS
from accel_core.model import Kernel, Lesson, Parameter, Shape

if TYPE_CHECKING:
    from accel_core.kernels.matmul import cells, compiled, interpreted, packed, register, streamed, threads
else:
    cells, compiled, interpreted, packed, register, streamed, threads = late(
        *(f"matmul.{name}" for name in ("cells", "compiled", "interpreted", "packed", "register")),
        *(f"matmul.{name}" for name in ("streamed", "threads")),
    )

_BLOCKS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
_LARGEST_BLOCK = 32768
"""As large as the largest size: a block that no size exceeds is one tile, which is no tiling at all."""
_TILE_CALL_S = 4e-6
"""One slice-multiply-add of NumPy on a slow core, whatever the size of the tile."""


_THREAD_S = 2e-4
"""To start a thread and to wait for its end."""
_LISTED_BYTES = 32
"""Of a number in a list: a float of 24 bytes and the pointer to it (64-bit CPython)."""
_NEAR_BYTES = 1 << 22
"""More than that is in no cache of a core's own, on most processors."""
_LISTS_FLOP_PER_S = 4e7


def _tile_calls_s(shape: Shape, parameters: Mapping[str, int]) -> float:
    return _TILE_CALL_S * math.prod(-(-length // parameters["block"]) for length in shape)


def _read_calls_s(shape: Shape, parameters: Mapping[str, int]) -> float:
    """Each tile passes from one thread to another, and the thread is started."""
    return _THREAD_S + 10 * _tile_calls_s(shape, parameters)


def _far_lists_s(shape: Shape, parameters: Mapping[str, int]) -> float:
    """Half as much again where the inner loop, down a column of b, finds each float in a slower cache."""
    _, k, n = shape
    return 0.0 if k * n * _LISTED_BYTES <= _NEAR_BYTES else 0.5 * 2 * math.prod(shape) / _LISTS_FLOP_PER_S


def _length(name: str, idea: str) -> Parameter:
    return Parameter(name, 0, 0, _LARGEST_BLOCK, (0, 64, 128, 256, 512, 1024, 2048), idea)


def _block(default: int, idea: str) -> Parameter:
    return Parameter("block", default, 1, _LARGEST_BLOCK, _BLOCKS, idea)


KERNELS = (
    Kernel(
        name="python_loops",
        title="Python loops over arrays",
        function=interpreted.matmul_python_loops,
        core=interpreted.python_loops,
        family="interpreted",
        idea="The definition, written as three loops.",
        explanation=(
            "Every a[i, p] makes a Python object for one number, and the interpreter decides anew what * "
            "and + mean. This is often blamed on cache misses; it is as slow where both matrices fit in the "
            "nearest cache: what it waits for is the interpreter."
        ),
        typical_flop_per_s=7e6,
    ),
    Kernel(
        name="python_lists",
        title="Python loops over lists",
        function=interpreted.matmul_python_lists,
        core=interpreted.python_lists,
        family="interpreted",
        idea="The arrays become lists of floats before the same three loops run.",
        explanation=(
            "A list already holds Python objects, so no number has to be wrapped up when it is read: most "
            "of the time of the rung before went into that. The price of the conversion is included, and it "
            "vanishes beside the loops. Python's only float is the double, so float32 sums are rounded "
            "once, at the end."
        ),
        typical_flop_per_s=_LISTS_FLOP_PER_S,
        waits_s=_far_lists_s,
        lesson=Lesson(
            "profile",
            "what making a Python object for each number costs: the arithmetic is the same, so no cache missed",
            128,
        ),
    ),
    Kernel(
        name="compiled_ijk",
        title="Compiled loops, ijk",
        function=compiled.matmul_compiled_ijk,
        core=compiled.compiled_ijk.py_func,
        family="compiled",
        idea="The same three loops over arrays are compiled to machine code by Numba.",
        explanation=(
            "The interpreter is gone, and now the memory shows: the innermost loop walks down a column of "
            "b, each step in another cache line, so the speed falls as the matrices outgrow one cache after "
            "the other. Power-of-two sizes fall furthest, because steps of such a length land in few sets "
            "of the cache: 1024 is far slower than 1000. Each sum is one chain of additions in the written "
            "order, which floating-point rules do not let the compiler split over vector lanes; no "
            "fast-math switch is used to hide that."
        ),
        typical_flop_per_s=3e8,
        changed_from="python_loops",
        traversal="ijk",
    ),
    Kernel(
        name="compiled_tiled",
        title="Compiled loops, ijk over tiles",
        function=compiled.matmul_compiled_tiled,
        core=compiled.compiled_tiled.py_func,
        family="compiled",
        idea="The compiled ijk nest runs over small tiles, so a tile of b stays cached until it is used again.",
        explanation=(
            "Here blocking is about caches, and its curve has a best block: too small, and starting a tile "
            "costs more than the tile; too large, and the tile of b falls out of the cache. The limit is "
            "often not the capacity: at power-of-two sizes the rows of a tile land in few sets of the "
            "cache, and a tile with more rows than those sets have ways evicts itself. That is why 1000 "
            "has a larger best block than 1024."
        ),
        typical_flop_per_s=2e9,
        parameters=(_block(16, "Side of a square tile."),),
        traversal="ijk",
    ),
    Kernel(
        name="register_tile",
        title="Compiled loops, 4 x 4 register tile",
        function=register.matmul_register_tile,
        core=register.register_tile.py_func,
        family="compiled",
        idea="Sixteen entries of c are summed at once, each in a register of its own.",
        explanation=(
            "Each number that is read is now used four times: eight reads serve sixteen multiplications, where "
            "the rung before read two for each. And sixteen chains of additions run side by side, where one "
            "waited for itself. The tile helps at every size, and it still computes one number at a time: "
            "LLVM is left to find vectors in it, and with Numba's settings it does not look for them here."
        ),
        typical_flop_per_s=1.5e9,
        changed_from="compiled_ijk",
        traversal="ijk tile",
    ),
    Kernel(
        name="compiled_ikj",
        title="Compiled loops, ikj",
        function=compiled.matmul_compiled_ikj,
        core=compiled.compiled_ikj.py_func,
        family="compiled",
        idea="The two inner loops change places, so the innermost one runs along rows of b and c.",
        explanation=(
            "Neighbours in memory are now neighbours in time: every byte of a cache line is used, the "
            "prefetcher keeps up, and because the entries of a row of c are independent sums the compiler "
            "may work on a whole vector of them at once. Nothing is reordered inside any one sum."
        ),
        typical_flop_per_s=1.5e10,
        changed_from="compiled_ijk",
        traversal="ikj",
        lesson=Lesson(
            "access pattern",
            "what walking along rows instead of down columns brings, by exchanging two loops",
            1024,
        ),
    ),
    Kernel(
        name="vector_tile",
        title="Vectors in the register tile",
        function=register.matmul_vector_tile,
        core=register.vector_tile.py_func,
        family="packed",
        idea="The sixteen scalars of the tile become 24 vector registers (12 where there are 16), with fused "
        "multiply-adds.",
        explanation=(
            "The tile is written in LLVM's own vector types, so nothing is left to a compiler's guess: an "
            "element of a goes to all lanes, meets each vector of a row of b, and 24 sums stay in registers. "
            "While b fills a small part of L2 this is as fast as anything here. Beyond, each row of the tile's "
            "columns of b lies on another page and, at power-of-two sizes, in the same few sets: the speed "
            "falls as the matrices grow."
        ),
        typical_flop_per_s=1e10,
        changed_from="register_tile",
        strided=True,
        needs=("fma",),
    ),
    Kernel(
        name="packed",
        title="Packed panels",
        function=packed.matmul_packed,
        core=packed.five_loops.py_func,
        family="packed",
        idea="Blocks of a and b are copied into panels that lie as the tile reads them, cut for each cache.",
        explanation=(
            "Five loops around the same tile. Each block has a cache that it is cut for: a micro-panel of a "
            "in L1, a block of b in L2, a block of a in L3. Copying costs a few reads and writes for each of "
            "thousands of multiplications; in return there is no stride left, every read is the next one in "
            "memory, and the speed no longer falls with size. Where rows of b are close together, the first "
            "strip of c packs b while it is computed. What would not pay is left out: nothing is packed where "
            "b fits in 192 KiB, or where a has twelve rows or fewer. Where this machine was tuned (Panels), "
            "lengths and limits are those that were measured."
        ),
        typical_flop_per_s=2e10,
        changed_from="vector_tile",
        parameters=(
            Parameter(
                "tile",
                0,
                0,
                max(TILE_ROWS),
                (0, *TILE_ROWS),
                "Rows of the register tile; 0: as tuned, else 6.",
            ),
            _length("mc", "Rows of the block of a that L3 holds; 0: as tuned, else an eighth of L3."),
            _length("kc", "Depth of both: L1 holds a micro-panel of a; 0: as tuned, else a quarter of L1."),
            _length("nc", "Columns of the block of b that L2 holds; 0: as tuned, else half of L2."),
        ),
        needs=("fma",),
        lesson=Lesson(
            "vectorise",
            "what packed panels and a tile of vector registers bring over a loop that the compiler vectorised",
            1024,
            against="compiled_ikj",
        ),
    ),
    Kernel(
        name="packed_threads",
        title="Packed panels on threads",
        function=threads.matmul_packed_threads,
        core=cells.packed_cells.py_func,
        family="packed",
        idea="Each thread has a cell of c, and packs what it needs of a and b by itself.",
        explanation=(
            "The cells are whole register tiles, nearly even and nearly square, so that each needs few rows of "
            "a and few columns of b. Some of these are packed more than once, by several threads: that costs "
            "less than to wait for one another and to fetch panels from other cores' caches. Blocks of b are "
            "half as wide as on one thread, since hardware threads may share a core's L2. A compiled loop "
            "hands cells to threads that are awake in some microseconds, and to others in tens of them, which "
            "small sizes feel."
        ),
        typical_flop_per_s=2e10,
        threaded=True,
        needs=("fma",),
        lesson=Lesson(
            "accelerator",
            "what all cores bring over one. No graphics processor is used here: that would be the next "
            "question",
            1024,
            cores=True,
        ),
    ),
    Kernel(
        name="numpy_tiled",
        title="NumPy tile by tile",
        function=interpreted.matmul_numpy_tiled,
        core=interpreted.numpy_tiled,
        family="numpy",
        idea="Each tile product is done by NumPy's @, and Python walks over the tiles.",
        explanation=(
            "The speed rises all the way to no tiling at all, so there is no best block here: the library "
            "already blocks for the caches, and what a larger block buys is more work for each Python call. "
            "A curve like this one says nothing about caches; hold it against the compiled tiles."
        ),
        typical_flop_per_s=1e10,
        changed_from="compiled_tiled",
        parameters=(_block(64, "Side of a square tile; each tile is one call of the library."),),
        waits_s=_tile_calls_s,
    ),
    Kernel(
        name="numpy",
        title="NumPy (BLAS)",
        function=interpreted.matmul_numpy,
        family="library",
        idea="One call hands the whole product to the library behind NumPy.",
        explanation=(
            "The library packs panels of both matrices for each cache level and keeps a block of c in "
            "vector registers, so that nearly every cycle starts fused multiply-adds; it can use all cores."
        ),
        typical_flop_per_s=3e10,
        threaded=True,
        lesson=Lesson(
            "library",
            "what one call of the library is worth against three loops of your own",
            128,
            against="python_loops",
        ),
    ),
    Kernel(
        name="row_threads",
        title="Rows over threads, each calls BLAS",
        function=threads.matmul_row_threads,
        family="library",
        idea="The rows of a are split over threads that call the library at the same time, one thread each.",
        explanation=(
            "The library lets go of the interpreter while it computes, so the calls really run side by side. "
            "It is set to one thread meanwhile: else each call would bring threads of its own, and they would "
            "take the processors from one another. Every thread packs all of b, which the library's own "
            "threads share: that, and the handing over, is what it loses."
        ),
        typical_flop_per_s=2e10,
        threaded=True,
    ),
    Kernel(
        name="out_of_core",
        title="NumPy on tiles read ahead",
        function=streamed.matmul_out_of_core,
        core=streamed.out_of_core,
        family="numpy",
        idea="A thread of its own copies the next two tiles while NumPy's @ multiplies those before.",
        explanation=(
            "The operands may lie in files that no memory holds: five tiles are in memory at once, and while "
            "there is work for the processor the disk is not waited for. Here the operands lie in memory, so "
            "what shows is the price of copying each tile anew. A larger block is read less often: all of a and"
            " of b once for each block along the other side. `accel out-of-core` runs it with files, past the "
            "page cache, and predicts its rate from the disk's."
        ),
        typical_flop_per_s=1e10,
        changed_from="numpy_tiled",
        parameters=(_block(512, "Side of a square tile; five are in memory at once."),),
        waits_s=_read_calls_s,
    ),
)
