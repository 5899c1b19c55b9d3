"""The loops that the peak measurements time, as Numba intrinsics: one complete loop each.

Addresses are plain integers, sizes are bytes; widths, unrolling and streams are literals of the call. No
intrinsic checks its arguments: `plan` and `tasks` own that. The machine code that comes out is tested.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from accel_core.kernels.simd import (
    ARM,
    I64,
    Loop,
    fused_multiply_add,
    literals,
    load,
    opaque,
    pointer_at,
    scalar_type,
    splat,
    store,
    vector_type,
)

CHAINS = 16 if ARM else 12
"""Independent accumulators of a compute loop: latency x pipes is 8 on x86 cores of the last ten years (two FMA
pipes, four cycles) and 16 on Apple's (four pipes); 12 leaves room among sixteen x86 vector registers."""


@intrinsic
def arithmetic_chains(typingctx: Any, seed: Any, turns: Any, width_bits: Any, fused: Any) -> Any:
    """CHAINS independent vectors x, `turns` times x = x * seed + seed (fused) or x = x + seed; returns a lane.

    FLOP done: turns * CHAINS * lanes * (2 if fused else 1). `seed` is a float32 or float64 scalar.
    """
    literal = literals(width_bits, fused)
    if literal is None:
        return None
    bits, is_fused = literal

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = vector_type(seed, bits)
        constant = splat(builder, args[0], vector)
        start = [splat(builder, ir.Constant(scalar_type(seed), float(c)), vector) for c in range(CHAINS)]
        scalar = not isinstance(vector, ir.VectorType)

        def step(value: ir.Value) -> ir.Value:
            if is_fused:
                return fused_multiply_add(builder, value, constant, constant)
            return builder.fadd(value, constant)

        loop = Loop(builder, args[1], 1, start)
        following = []
        for value in loop.values:
            new = step(value)
            # without the barrier LLVM packs twelve scalar chains into vectors
            following.append(opaque(builder, new, "w" if ARM else "x") if scalar else new)
        loop.close(following)
        total = following[0]
        for value in following[1:]:
            total = builder.fadd(total, value)
        return total if scalar else builder.extract_element(total, ir.IntType(32)(0))

    return seed(seed, turns, width_bits, fused), codegen


def _each_chunk(
    builder: ir.IRBuilder, size_bytes: ir.Value, passes: ir.Value, chunk_bytes: int, body: Any
) -> None:
    """`passes` times: body(offset) for every offset in range(0, size_bytes, chunk_bytes)."""
    outer = Loop(builder, passes, 1, [])
    inner = Loop(builder, size_bytes, chunk_bytes, [])
    body(inner.index)
    inner.close([])
    outer.close([])


@intrinsic
def load_passes(
    typingctx: Any, address: Any, size_bytes: Any, passes: Any, width_bits: Any, unroll: Any, streams: Any
) -> Any:
    """Read `size_bytes` from `address`, `passes` times, by vector loads and nothing else.

    The range is read as `streams` equal parts side by side, `unroll` vectors of each in turn. `address` is a
    multiple of 64 and `size_bytes` one of streams * unroll * width_bits / 8.
    """
    literal = literals(width_bits, unroll, streams)
    if literal is None:
        return None
    bits, turns, parts = literal

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), bits // 32)
        step = bits // 8
        part_bytes = builder.udiv(args[1], I64(parts))
        starts = [builder.add(args[0], builder.mul(part_bytes, I64(p))) for p in range(parts)]

        def body(offset: ir.Value) -> None:
            for start in starts:
                for turn in range(turns):
                    load(builder, pointer_at(builder, start, offset, turn * step, vector), vector, step)

        _each_chunk(builder, part_bytes, args[2], turns * step, body)
        return context.get_dummy_value()

    kinds = (types.int64, types.int64, types.int64, width_bits, unroll, streams)
    return types.void(*kinds), codegen


_STORE_UNROLL = 4


@intrinsic
def copy_passes(
    typingctx: Any, target: Any, source: Any, size_bytes: Any, passes: Any, width_bits: Any, non_temporal: Any
) -> Any:
    """Copy `size_bytes` from `source` to `target`, `passes` times, by vector loads and stores.

    Non-temporal stores go past the caches and leave out the read for ownership. Addresses are multiples of 64,
    `size_bytes` is one of 4 * width_bits / 8.
    """
    literal = literals(width_bits, non_temporal)
    if literal is None:
        return None
    bits, streaming = literal

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.FloatType(), bits // 32)
        step = bits // 8

        def body(offset: ir.Value) -> None:
            for turn in range(_STORE_UNROLL):
                value = load(builder, pointer_at(builder, args[1], offset, turn * step, vector), vector, step)
                target_pointer = pointer_at(builder, args[0], offset, turn * step, vector)
                store(builder, value, target_pointer, step, streaming)

        _each_chunk(builder, args[2], args[3], _STORE_UNROLL * step, body)
        builder.fence("seq_cst")
        return context.get_dummy_value()

    kinds = (types.int64, types.int64, types.int64, types.int64, width_bits, non_temporal)
    return types.void(*kinds), codegen


@intrinsic
def triad_passes(
    typingctx: Any, target: Any, first: Any, second: Any, scale: Any, size_bytes: Any, passes: Any,
    width_bits: Any,
) -> Any:  # fmt: skip
    """target = first + scale * second over `size_bytes` each, `passes` times, regular stores.

    `scale` is a float32 or float64 scalar and says the type of the elements. Alignment as for `copy_passes`.
    """
    literal = literals(width_bits)
    if literal is None:
        return None
    (bits,) = literal

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vector = vector_type(scale, bits)
        step = bits // 8
        factor = splat(builder, args[3], vector)

        def body(offset: ir.Value) -> None:
            for turn in range(_STORE_UNROLL):
                at = [pointer_at(builder, a, offset, turn * step, vector) for a in args[:3]]
                b, c = (load(builder, pointer, vector, step) for pointer in at[1:])
                # multiply and add, not fused: the same on processors without FMA, and memory decides anyway
                store(builder, builder.fadd(b, builder.fmul(factor, c)), at[0], step, 0)

        _each_chunk(builder, args[4], args[5], _STORE_UNROLL * step, body)
        return context.get_dummy_value()

    kinds = (types.int64, types.int64, types.int64, scale, types.int64, types.int64, width_bits)
    return types.void(*kinds), codegen


_CHASE_UNROLL = 8
CHAIN_LENGTH = 16
"""Dependent additions in one turn of `add_chain`."""


@intrinsic
def pointer_chase(typingctx: Any, address: Any, steps: Any) -> Any:
    """Follow pointers from `address`: each load's value is the next load's address. Returns the last address.

    Steps done: `steps` rounded up to a multiple of 8.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loop = Loop(builder, args[1], _CHASE_UNROLL, [args[0]])
        value = loop.values[0]
        for _ in range(_CHASE_UNROLL):
            value = load(builder, builder.inttoptr(value, ir.PointerType(I64)), I64, 8)
        loop.close([value])
        return value

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def add_chain(typingctx: Any, start: Any, turns: Any) -> Any:
    """`turns` times CHAIN_LENGTH integer additions, each waiting for the one before: one cycle each.

    A register plus a register takes one cycle on every current x86 and Arm core (uops.info; Apple and Arm
    optimisation guides); recent Intel cores fold additions of constants away, hence registers.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        loop = Loop(builder, args[1], 1, [args[0]])
        value = loop.values[0]
        for _ in range(CHAIN_LENGTH):
            value = opaque(builder, builder.add(value, args[0]), "r")
        loop.close([value])
        return value

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def meet(typingctx: Any, gate: Any, target: Any) -> Any:
    """Add one to the 64-bit counter at `gate` and spin until it reaches `target`: threads start together."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.PointerType(I64))
        builder.atomic_rmw("add", pointer, I64(1), "seq_cst")
        spin, after = builder.append_basic_block("spin"), builder.append_basic_block("together")
        builder.branch(spin)
        builder.position_at_end(spin)
        seen = builder.load_atomic(pointer, "seq_cst", 8, typ=I64)
        builder.cbranch(builder.icmp_signed("<", seen, args[1]), spin, after)
        builder.position_at_end(after)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen
