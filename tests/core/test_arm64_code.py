"""The machine code for arm64, made on any host: the micro-kernel's, and that of a sum whose order is kept."""

from __future__ import annotations

import re
from typing import Any

import llvmlite.binding as llvm
import pytest
from llvmlite import ir
from numba import types
from numba.core.registry import cpu_target
from test_matmul import PACKED_ADD, SCALAR_ADD, innermost_loops

from accel_core.kernels.matmul import micro_kernel
from accel_core.kernels.matmul.micro_kernel import registers
from accel_core.model import DTYPES

NEON = registers((), arm=True)
LINUX = "aarch64-unknown-linux-gnu"
PROCESSORS = ("cortex-a76", "neoverse-v2", "apple-m1")
"""Names of LLVM's, each with an order of instructions of its own: a Raspberry Pi 5, servers, Apple's."""


@pytest.fixture(autouse=True)
def _micro_kernel_of_arm64(monkeypatch: pytest.MonkeyPatch) -> None:
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    monkeypatch.setattr(micro_kernel, "WIDTH_BITS", NEON.width_bits)
    monkeypatch.setattr(micro_kernel, "TILES", NEON.tiles)


def panel_product(dtype: str, rows: int) -> str:
    """LLVM's text of `panel_product` with a whole tile of `rows`, added to c."""
    element, whole, long = getattr(types, dtype), types.int64, ir.IntType(64)
    flat, matrix = types.Array(element, 1, "C"), types.Array(element, 2, "C")
    context: Any = cpu_target.target_context
    kinds = [*map(context.get_data_type, (flat, flat, matrix)), long]
    module = ir.Module("tile")
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), "tile")
    builder, (a, b, c, depth) = ir.IRBuilder(function.append_basic_block()), function.args
    sizes = (depth, *map(long, (rows, NEON.tiles[rows], 1)))
    signature, emit = micro_kernel.panel_product._defn(
        None, flat, whole, flat, whole, matrix, *[whole] * len("ij"), *[whole] * len(sizes)
    )
    emit(context, builder, signature, (a, long(0), b, long(0), c, long(0), long(0), *sizes))
    builder.ret_void()
    return str(module)


def assembly(text: str, processor: str) -> str:
    """What LLVM makes of `text` for a `processor` of arm64."""
    module = llvm.parse_assembly(text)
    module.triple = LINUX
    machine = llvm.Target.from_triple(LINUX).create_target_machine(cpu=processor, opt=3)
    passes = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    passes.getModulePassManager().run(module, passes)
    return str(machine.emit_assembly(module))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", NEON.tiles)
def test_the_tile_stays_in_the_32_registers_of_arm64(rows: int, dtype: str) -> None:
    """A multiply-add for each vector of the tile, and no sum goes to memory and back."""
    text = panel_product(dtype, rows)
    lanes = r"\.4s" if dtype == "float32" else r"\.2d"
    for processor in PROCESSORS:
        loops = [loop for loop in innermost_loops(assembly(text, processor)) if "\tfmla\t" in loop]
        products = [len(re.findall(rf"\tfmla\tv\d+{lanes}", loop)) for loop in loops]
        assert products == [rows * NEON.tiles[rows]], processor
        assert not re.search(r"\[sp\b|\tfmul\t|\tdup\t", loops[0]), processor


def test_the_cache_lines_of_c_are_asked_for_on_arm64() -> None:
    code = assembly(panel_product("float32", 6), PROCESSORS[0])
    assert len(re.findall(r"\tprfm\tpldl1keep, \[", code)) == 6 * NEON.tiles[6]
    assert "\tbl\t" not in code, "a call, where one instruction was meant"


ORDERED_SUM = """
define {kind} @dot(ptr %x, ptr %y, i64 %n) {{
start:
  br label %loop
loop:
  %i = phi i64 [ 0, %start ], [ %next, %loop ]
  %sum = phi {kind} [ 0.0, %start ], [ %more, %loop ]
  %px = getelementptr {kind}, ptr %x, i64 %i
  %py = getelementptr {kind}, ptr %y, i64 %i
  %a = load {kind}, ptr %px
  %b = load {kind}, ptr %py
  %product = fmul {kind} %a, %b
  %more = fadd {kind} %sum, %product
  %next = add i64 %i, 1
  %on = icmp slt i64 %next, %n
  br i1 %on, label %loop, label %done
done:
  ret {kind} %more
}}
"""


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_ordered_sum_on_arm64_multiplies_vectors_and_adds_one_at_a_time(dtype: str) -> None:
    kind, lanes = ("float", "4s") if dtype == "float32" else ("double", "2d")
    loops = innermost_loops(assembly(ORDERED_SUM.format(kind=kind), PROCESSORS[0]))
    assert any(re.search(rf"\tfmul\tv\d+\.{lanes}", loop) for loop in loops)
    assert all(re.search(SCALAR_ADD["arm"], loop) for loop in loops)
    assert not any(re.search(PACKED_ADD["arm"][dtype], loop) for loop in loops)
