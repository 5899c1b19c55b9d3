"""The loops of the sentinel: a few microseconds of known work that a neighbour slows.

| loop | what it needs | who slows it |
|---|---|---|
| `one_by_one` | additions that wait for one another, one a cycle | a lower clock |
| `side_by_side` | additions that do not: all that a core can start | a hardware thread on the same core |
| `total` | data from outside the core's own caches | whoever uses the shared cache or the memory |

The first two take no cache line from a kernel. With a neighbour on the same core additions side by side took
1.5 times as long, where chains of vector FMA took 1.1 times (2-core Emerald Rapids virtual machine).
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

from accel_core.kernels.compiled import compiled
from accel_core.kernels.simd import I64, Loop, literals, opaque

ADDITIONS = 32
"""In one turn of either chain."""
_CHAINS = 8
"""More than any core can add at once (six: Apple's and Arm's widest), and few enough for x86's registers."""


@intrinsic
def _additions(typingctx: Any, step: Any, turns: Any, chains: Any) -> Any:
    """`turns` times ADDITIONS integer additions, register plus register, dealt out to `chains` chains.

    `step` is known at run time only: recent Intel cores fold additions of constants away.
    """
    literal = literals(chains)
    if literal is None:
        return None
    (count,) = literal

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loop = Loop(builder, args[1], 1, [builder.add(args[0], I64(chain)) for chain in range(count)])
        values = list(loop.values)
        for addition in range(ADDITIONS):
            chain = addition % count
            values[chain] = opaque(builder, builder.add(values[chain], args[0]), "r")
        loop.close(values)
        total = values[0]
        for value in values[1:]:
            total = builder.add(total, value)
        return total

    return types.int64(types.int64, types.int64, chains), codegen


@compiled
def one_by_one(step: int, turns: int) -> int:
    """`turns` times ADDITIONS additions of `step`, each of which waits for the one before; their sum."""
    return _additions(step, turns, 1)


@compiled
def side_by_side(step: int, turns: int) -> int:
    """As many additions as in `one_by_one`, in chains that do not wait for each other; their sum."""
    return _additions(step, turns, _CHAINS)


@compiled
def total(data: Any) -> int:
    """The sum of int64 values (n,)."""
    found = 0
    for value in data:
        found += value
    return found
