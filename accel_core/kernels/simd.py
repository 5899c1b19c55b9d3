"""Vector building blocks in LLVM's own types, of which Numba intrinsics are made; kernels and peaks share them.

An intrinsic that emits a complete loop decides what the processor executes: accumulators stay in registers, the
width is the one asked for, and the optimiser can neither remove a load nor turn a copy into a library call.

Intrinsics stand at module level and take widths as literals, because Numba's disk cache accepts that and
refuses a kernel that closes over an intrinsic made in a factory.
"""

from __future__ import annotations

import platform
from typing import Any

from llvmlite import ir
from numba import types

I64 = ir.IntType(64)
ARM = platform.machine().lower() in ("arm64", "aarch64")


class VolatileLoad(ir.instructions.LoadInstr):
    """A load that the optimiser must keep although nobody uses its value."""

    def descr(self, buf: list[str]) -> None:
        """Append this instruction's text to `buf`, marked volatile."""
        text: list[str] = []
        super().descr(text)
        buf.append(text[0].replace("load ", "load volatile ", 1))


class VolatileStore(ir.instructions.StoreInstr):
    """A store that the optimiser must neither merge into a library call nor reorder."""

    def descr(self, buf: list[str]) -> None:
        """Append this instruction's text to `buf`, marked volatile."""
        text: list[str] = []
        super().descr(text)
        buf.append(text[0].replace("store ", "store volatile ", 1))


def literals(*candidates: Any) -> list[int] | None:
    """The values of literal types; None where one is not a literal, which tells Numba that nothing matches."""
    if not all(isinstance(c, types.IntegerLiteral) for c in candidates):
        return None
    return [int(c.literal_value) for c in candidates]


def scalar_type(element: Any) -> ir.Type:
    """The LLVM type of `element`, which is float32 or float64."""
    return ir.FloatType() if element == types.float32 else ir.DoubleType()


def vector_type(element: Any, width_bits: int) -> ir.Type:
    """The LLVM type of `width_bits` of `element`; a plain scalar where one element fills the width."""
    lanes = width_bits // element.bitwidth
    return scalar_type(element) if lanes == 1 else ir.VectorType(scalar_type(element), lanes)


def splat(builder: ir.IRBuilder, value: ir.Value, vector: ir.Type) -> ir.Value:
    """`value` in every lane."""
    if not isinstance(vector, ir.VectorType):
        return value
    start = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(start, ir.Constant(vector, ir.Undefined), mask)


def interleaved(builder: ir.IRBuilder, a: ir.Value, b: ir.Value) -> tuple[ir.Value, ir.Value]:
    """a[0] b[0] a[1] b[1] ..., in two vectors."""
    lanes = a.type.count
    pairs = [lane for i in range(lanes) for lane in (i, lanes + i)]
    return shuffled(builder, a, b, pairs[:lanes]), shuffled(builder, a, b, pairs[lanes:])


def shuffled(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, lanes: list[int]) -> ir.Value:
    """The named lanes of a followed by b."""
    return builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), lanes))


def fused_multiply_add(builder: ir.IRBuilder, a: ir.Value, b: ir.Value, c: ir.Value) -> ir.Value:
    """a * b + c in one rounding, for scalars and vectors (llvmlite's own `fma` takes scalars only)."""
    kind = a.type
    lanes = f"v{kind.count}" if isinstance(kind, ir.VectorType) else ""
    element = kind.element if lanes else kind
    name = f"llvm.fma.{lanes}f{32 if isinstance(element, ir.FloatType) else 64}"
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(kind, [kind] * 3), name
    )
    return builder.call(function, [a, b, c])


def opaque(builder: ir.IRBuilder, value: ir.Value, constraint: str) -> ir.Value:
    """The same value, in a register, behind empty assembly that the optimiser cannot look through."""
    kind = ir.FunctionType(value.type, [value.type])
    return builder.asm(kind, "", f"={constraint},0", [value], side_effect=True)


class Loop:
    """`for i in range(0, end, step)` with at least one turn, whose loop-carried values are phi nodes."""

    def __init__(self, builder: ir.IRBuilder, end: ir.Value, step: int, carried: list[ir.Value]) -> None:
        before = builder.block
        self.builder, self.end, self.step = builder, end, step
        self.body = builder.append_basic_block("body")
        builder.branch(self.body)
        builder.position_at_end(self.body)
        self.index = builder.phi(I64)
        self.index.add_incoming(I64(0), before)
        self.values = []
        for value in carried:
            phi = builder.phi(value.type)
            phi.add_incoming(value, before)
            self.values.append(phi)

    def close(self, carried: list[ir.Value]) -> None:
        """End the body, which hands the values `carried` to its next turn; go on behind the loop."""
        builder, after = self.builder, self.builder.append_basic_block("after")
        following = builder.add(self.index, I64(self.step))
        self.index.add_incoming(following, builder.block)
        for phi, value in zip(self.values, carried, strict=True):
            phi.add_incoming(value, builder.block)
        builder.cbranch(builder.icmp_signed("<", following, self.end), self.body, after)
        builder.position_at_end(after)


def pointer_at(
    builder: ir.IRBuilder, address: ir.Value, offset: ir.Value, more: int, vector: ir.Type
) -> ir.Value:
    """A pointer to `vector`, at `address` + `offset` + `more` bytes."""
    return builder.inttoptr(builder.add(builder.add(address, offset), I64(more)), ir.PointerType(vector))


def read(builder: ir.IRBuilder, address: ir.Value, kind: ir.Type, align: int) -> ir.Value:
    """A plain load, which the optimiser may fold into the instruction that uses it."""
    value = builder.load(builder.inttoptr(address, ir.PointerType(kind)))
    value.align = align
    return value


def write(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, align: int) -> None:
    """A plain store."""
    builder.store(value, builder.inttoptr(address, ir.PointerType(value.type))).align = align


def read_lanes(builder: ir.IRBuilder, address: ir.Value, mask: ir.Value, vector: ir.Type) -> ir.Value:
    """The lanes of a vector whose bit of `mask` is set, zero in the others, of which no byte is touched."""
    pointer = builder.inttoptr(address, ir.PointerType(vector))
    kind = ir.FunctionType(vector, [pointer.type, ir.IntType(32), mask.type, vector])
    function = _masked(builder, "load", vector, kind)
    align = ir.IntType(32)(4 if isinstance(vector.element, ir.FloatType) else 8)
    return builder.call(function, [pointer, align, mask, ir.Constant(vector, None)])


def write_lanes(builder: ir.IRBuilder, value: ir.Value, address: ir.Value, mask: ir.Value) -> None:
    """Store the lanes whose bit of `mask` is set, and touch no other byte."""
    vector = value.type
    pointer = builder.inttoptr(address, ir.PointerType(vector))
    kind = ir.FunctionType(ir.VoidType(), [vector, pointer.type, ir.IntType(32), mask.type])
    align = ir.IntType(32)(4 if isinstance(vector.element, ir.FloatType) else 8)
    builder.call(_masked(builder, "store", vector, kind), [value, pointer, align, mask])


def _masked(builder: ir.IRBuilder, what: str, vector: ir.Type, kind: ir.FunctionType) -> ir.Function:
    bits = 32 if isinstance(vector.element, ir.FloatType) else 64
    name = f"llvm.masked.{what}.v{vector.count}f{bits}.p0"
    return builder.module.globals.get(name) or ir.Function(builder.module, kind, name)


def first_lanes(builder: ir.IRBuilder, count: ir.Value, vector: ir.Type) -> ir.Value:
    """A mask whose first `count` lanes are set."""
    lanes = ir.VectorType(I64, vector.count)
    numbers = ir.Constant(lanes, list(range(vector.count)))
    return builder.icmp_signed("<", numbers, splat(builder, count, lanes))


def prefetch(builder: ir.IRBuilder, address: ir.Value, level: int = 1) -> None:
    """Ask for the cache line of `address`, soon to be read or written, as near as the cache of `level`, 1 to 3.

    There is no error where there is no such address.
    """
    pointer = builder.inttoptr(address, ir.PointerType(ir.IntType(8)))
    number = ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, number, number, number])
    name = "llvm.prefetch.p0"
    function = builder.module.globals.get(name) or ir.Function(builder.module, kind, name)
    to_read, locality, data = number(0), number(4 - level), number(1)
    builder.call(function, [pointer, to_read, locality, data])


def load(builder: ir.IRBuilder, pointer: ir.Value, vector: ir.Type, align: int) -> ir.Value:
    """The value at `pointer`, by a load that is kept."""
    load = VolatileLoad(builder.block, pointer, typ=vector)
    load.align = align
    builder._insert(load)
    return load


def store(builder: ir.IRBuilder, value: ir.Value, pointer: ir.Value, align: int, non_temporal: int) -> None:
    """Store `value` at `pointer`, by a store that is kept; past the caches where `non_temporal`."""
    store = VolatileStore(builder.block, value, pointer)
    store.align = align
    if non_temporal:
        store.set_metadata("nontemporal", builder.module.add_metadata([ir.IntType(32)(1)]))
    builder._insert(store)
