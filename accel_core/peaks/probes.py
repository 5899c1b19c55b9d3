"""Compiled entry points of the peak measurements: one line each, because a width has to be a literal.

All have `gate, target` last: the threads of a team meet there before they start (see `loops.meet`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.kernels.compiled import compiled
from accel_core.peaks import loops

Probe = Callable[..., Any]

# -- compute: (seed, turns, gate, target) -> a lane --------------------------------------------------------


@compiled
def fma_32(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 32, 1)


@compiled
def fma_64(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 64, 1)


@compiled
def fma_128(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 128, 1)


@compiled
def fma_256(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 256, 1)


@compiled
def fma_512(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 512, 1)


@compiled
def add_32(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 32, 0)


@compiled
def add_64(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 64, 0)


@compiled
def add_128(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 128, 0)


@compiled
def add_256(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 256, 0)


@compiled
def add_512(seed: Any, turns: int, gate: int, target: int) -> Any:
    loops.meet(gate, target)
    return loops.arithmetic_chains(seed, turns, 512, 0)


COMPUTE: dict[tuple[str, int], Probe] = {
    ("fma", 32): fma_32,
    ("fma", 64): fma_64,
    ("fma", 128): fma_128,
    ("fma", 256): fma_256,
    ("fma", 512): fma_512,
    ("add", 32): add_32,
    ("add", 64): add_64,
    ("add", 128): add_128,
    ("add", 256): add_256,
    ("add", 512): add_512,
}
"""(operation, width_bits) -> probe; 32 and 64 are the scalars of float32 and float64."""

# -- loads: (address, size_bytes, sweeps, gate, target) ----------------------------------------------------
# Two walks: one stream in order, and four streams side by side, which keeps more misses in flight where the
# prefetchers follow one page each. Which is faster depends on level and processor, so both are tried.


@compiled
def load_128_one(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 128, 8, 1)


@compiled
def load_128_four(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 128, 16, 4)


@compiled
def load_256_one(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 256, 8, 1)


@compiled
def load_256_four(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 256, 8, 4)


@compiled
def load_512_one(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 512, 8, 1)


@compiled
def load_512_four(address: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.load_sweep(address, size_bytes, sweeps, 512, 4, 4)


LOADS: dict[int, dict[str, Probe]] = {
    128: {"one stream": load_128_one, "four streams": load_128_four},
    256: {"one stream": load_256_one, "four streams": load_256_four},
    512: {"one stream": load_512_one, "four streams": load_512_four},
}
"""width_bits -> walk -> probe."""
GRANULE_BYTES = 1024
"""Working sets are multiples of this: four streams of four 512-bit vectors."""

# -- stores: (target address, source address, ..., size_bytes, sweeps, gate, target) -----------------------


@compiled
def copy_128(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 128, 0)


@compiled
def copy_256(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 256, 0)


@compiled
def copy_512(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 512, 0)


@compiled
def copy_past_128(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 128, 1)


@compiled
def copy_past_256(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 256, 1)


@compiled
def copy_past_512(to: int, source: int, size_bytes: int, sweeps: int, gate: int, target: int) -> None:
    loops.meet(gate, target)
    loops.copy_sweep(to, source, size_bytes, sweeps, 512, 1)


@compiled
def triad_128(
    to: int, first: int, second: int, scale: Any, size_bytes: int, sweeps: int, gate: int, target: int
) -> None:
    loops.meet(gate, target)
    loops.triad_sweep(to, first, second, scale, size_bytes, sweeps, 128)


@compiled
def triad_256(
    to: int, first: int, second: int, scale: Any, size_bytes: int, sweeps: int, gate: int, target: int
) -> None:
    loops.meet(gate, target)
    loops.triad_sweep(to, first, second, scale, size_bytes, sweeps, 256)


@compiled
def triad_512(
    to: int, first: int, second: int, scale: Any, size_bytes: int, sweeps: int, gate: int, target: int
) -> None:
    loops.meet(gate, target)
    loops.triad_sweep(to, first, second, scale, size_bytes, sweeps, 512)


COPIES: dict[tuple[str, int], Probe] = {
    ("regular", 128): copy_128,
    ("regular", 256): copy_256,
    ("regular", 512): copy_512,
    ("non_temporal", 128): copy_past_128,
    ("non_temporal", 256): copy_past_256,
    ("non_temporal", 512): copy_past_512,
}
"""(kind of store, width_bits) -> probe."""
TRIADS: dict[int, Probe] = {128: triad_128, 256: triad_256, 512: triad_512}
"""width_bits -> probe."""

# -- latency and clock -------------------------------------------------------------------------------------


@compiled
def chase(address: int, steps: int, gate: int, target: int) -> int:
    loops.meet(gate, target)
    return loops.pointer_chase(address, steps)


@compiled
def dependent_adds(start: int, turns: int, gate: int, target: int) -> int:
    loops.meet(gate, target)
    return loops.add_chain(start, turns)
