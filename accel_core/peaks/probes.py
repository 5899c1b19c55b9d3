"""Compiled entry points of the peak measurements, one for each width, walk and kind of store.

A width has to be a literal of the code: Numba takes a variable of the function around for one. All have
`gate, target` last: the threads of a team meet there before they start (see `loops.meet`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from accel_core.kernels.compiled import compiled
from accel_core.peaks import loops

Probe = Callable[..., Any]
WIDTHS = (128, 256, 512)
GRANULE_BYTES = 1024
"""Working sets are multiples of this: four streams of four 512-bit vectors."""


def _named(name: str, function: Probe) -> Probe:
    """`function` compiled under a name of its own, by which its machine code is kept and found again."""
    function.__name__ = function.__qualname__ = name
    return compiled(function)


def _compute(operation: str, width_bits: int) -> Probe:
    fused = int(operation == "fma")

    def compute(seed: Any, turns: int, gate: int, target: int) -> Any:
        loops.meet(gate, target)
        return loops.arithmetic_chains(seed, turns, width_bits, fused)

    return _named(f"{operation}_{width_bits}", compute)


def _load(width_bits: int, unroll: int, streams: int) -> Probe:
    def load(address: int, size_bytes: int, passes: int, gate: int, target: int) -> None:
        loops.meet(gate, target)
        loops.load_passes(address, size_bytes, passes, width_bits, unroll, streams)

    return _named(f"load_{width_bits}_{streams}", load)


def _copy(kind: str, width_bits: int) -> Probe:
    past = int(kind == "non_temporal")

    def copy(to: int, source: int, size_bytes: int, passes: int, gate: int, target: int) -> None:
        loops.meet(gate, target)
        loops.copy_passes(to, source, size_bytes, passes, width_bits, past)

    return _named(f"copy_{kind}_{width_bits}", copy)


def _triad(width_bits: int) -> Probe:
    def triad(
        to: int, first: int, second: int, scale: Any, size_bytes: int, passes: int, gate: int, target: int
    ) -> None:
        loops.meet(gate, target)
        loops.triad_passes(to, first, second, scale, size_bytes, passes, width_bits)

    return _named(f"triad_{width_bits}", triad)


COMPUTE: Mapping[tuple[str, int], Probe] = {
    (what, width): _compute(what, width) for what in ("fma", "add") for width in (32, 64, *WIDTHS)
}
"""(operation, width_bits) -> probe; 32 and 64 are the scalars of float32 and float64."""
LOADS: Mapping[int, Mapping[str, Probe]] = {
    width: {"one stream": _load(width, 8, 1), "four streams": _load(width, 2048 // width, 4)}
    for width in WIDTHS
}
"""width_bits -> walk -> probe: one stream in order, and four streams side by side, which keeps more misses in
flight where the prefetchers follow one page each. Which is faster depends on level and processor, so both are
tried."""
COPIES: Mapping[tuple[str, int], Probe] = {
    (kind, width): _copy(kind, width) for kind in ("regular", "non_temporal") for width in WIDTHS
}
"""(kind of store, width_bits) -> probe."""
TRIADS: Mapping[int, Probe] = {width: _triad(width) for width in WIDTHS}
"""width_bits -> probe."""


@compiled
def chase(address: int, steps: int, gate: int, target: int) -> int:
    """The address that a pointer chase from `address` reaches."""
    loops.meet(gate, target)
    return loops.pointer_chase(address, steps)


@compiled
def dependent_adds(start: int, turns: int, gate: int, target: int) -> int:
    """`start` after a chain of additions that wait for one another."""
    loops.meet(gate, target)
    return loops.add_chain(start, turns)
