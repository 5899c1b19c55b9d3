"""The width of vectors: what is offered, what the compiler makes of a choice, and that answers stay right."""

from __future__ import annotations

import math
import platform
import re
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
import recorded_hosts
from hypothesis import given
from hypothesis import strategies as st
from test_gelu import GREATEST_ERROR, formula
from test_matmul import HOUSE, innermost_loops

from accel_core.errors import BadInput
from accel_core.kernels import compiled, widths
from accel_core.kernels.compiled import at_width
from accel_core.kernels.gelu.compiled import fused, gelu_fused
from accel_core.machine.simd import vector_widths
from accel_core.model import DTYPES
from accel_core.model.words import SCALAR_BITS

WIDTHS = (SCALAR_BITS, *widths.offered())

# -- the answers ---------------------------------------------------------------------------------------------


@given(
    n=st.integers(0, 300), start=st.integers(0, 3), bits=st.sampled_from(WIDTHS), dtype=st.sampled_from(DTYPES)
)
def test_gelu_is_within_its_greatest_error_at_every_width(n: int, start: int, bits: int, dtype: str) -> None:
    x = np.random.default_rng(n).uniform(-20, 20, n + start).astype(dtype)[start:]
    y = gelu_fused(x, width=bits)
    assert y.dtype == dtype and np.all(np.abs(y - formula(x)) <= GREATEST_ERROR[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bits", WIDTHS)
def test_limits_are_kept_at_every_width(bits: int, dtype: str) -> None:
    x = np.resize(np.array([-math.inf, math.nan, math.inf, -1e30], dtype), 67)
    for at in range(4):  # each in the lanes of a vector, and in what is left behind the last one
        minus_inf, nan, inf, low = (
            gelu_fused(np.roll(x, at), width=bits)[(at + i) % 67 :: 4] for i in range(4)
        )
        assert np.all(nan[:-1] != nan[:-1]) and np.all(inf[:-1] == math.inf)
        assert np.all(minus_inf[:-1] == 0) and np.all(np.signbit(low[:-1]))


# -- what the compiler made of it ----------------------------------------------------------------------------

PROCESSORS = {
    "skylake-avx512": (128, 256, 512),
    "sapphirerapids": (128, 256, 512),
    "znver5": (128, 256, 512),
    "znver3": (128, 256),
    "haswell": (128, 256),
    "penryn": (128,),
}
REGISTERS = {128: "xmm", 256: "ymm", 512: "zmm"}
PACKED = {
    "x86": r"\tv?(?:div|mul|add|sub|fn?m(?:add|sub)\d*)p[sd]\s",
    "arm": r"\tf(?:div|mul|add|mla)(?:\.|\s+v\d+\.)(?:4s|2d)",
}


def code(bits: int, dtype: str) -> Any:
    """The function compiled anew, as `at_width` does: what comes out of the cache has no text."""
    made = numba.njit(**compiled.OPTIONS, **compiled._STREAMED)(compiled._at_width(fused, bits).py_func)
    x = np.zeros(4, dtype)
    x.flags.writeable = False
    made(x, np.zeros(4, dtype))
    return made


def text(bits: int, dtype: str) -> str:
    (assembly,) = code(bits, dtype).inspect_asm().values()
    return str(assembly)


def widest_in_a_loop_that_divides(assembly: str) -> str:
    """The widest registers of the loops that have a packed division; empty without one."""
    loops = [loop for loop in innermost_loops(assembly) if re.search(r"\tv?divp[sd]\s", loop)]
    return max(re.findall(r"[xyz]mm", "".join(loops)), default="")


@pytest.mark.parametrize("bits", WIDTHS)
def test_a_loop_has_vectors_of_the_width_that_is_asked_for(bits: int) -> None:
    assembly = text(bits, "float32")
    if bits == SCALAR_BITS:
        assert not re.search(PACKED[HOUSE], assembly)
    elif HOUSE == "x86":
        assert widest_in_a_loop_that_divides(assembly) == REGISTERS[bits]
    else:
        assert re.search(PACKED[HOUSE], assembly)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="names of x86 processors")
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_processor_makes_of_a_width_what_it_says(dtype: str) -> None:
    """Numba's code for one number at a time is what LLVM makes vectors of, for any processor and width."""
    (scalar,) = code(SCALAR_BITS, dtype).inspect_llvm().values()
    (marked,) = widths.attributes(SCALAR_BITS)
    assert marked in scalar
    for processor, known in PROCESSORS.items():
        assembly = optimised(scalar, processor)
        assert not re.search(PACKED["x86"], assembly)
        for bits in known:
            (attribute,) = widths.attributes(bits)
            assembly = optimised(scalar.replace(marked, attribute), processor)
            assert widest_in_a_loop_that_divides(assembly) == REGISTERS[bits], (processor, bits)


def optimised(module_text: str, processor: str) -> str:
    """Assembly of a module after all of LLVM's passes for a processor, by its name."""
    machine = llvm.Target.from_default_triple().create_target_machine(cpu=processor, opt=3)
    module = llvm.parse_assembly(module_text)
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    tuning.loop_vectorization = True
    builder = llvm.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return str(machine.emit_assembly(module))


# -- the choice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [64, 1024, -1, 2])
def test_a_width_that_is_not_here_is_refused_with_those_that_are(bits: int) -> None:
    listed = ", ".join(map(str, widths.offered()[:-1]))
    with pytest.raises(BadInput, match=rf"width is {bits}; here 0 .*1 .*{listed}.* is allowed"):
        gelu_fused(np.zeros(4, np.float32), width=bits)


def test_what_the_program_takes_anyway_is_not_compiled_again() -> None:
    assert at_width(fused, 0, "float32") is fused is at_width(fused, widths.width_here("float32"), "float32")
    other = at_width(fused, SCALAR_BITS, "float32")
    assert other is at_width(fused, SCALAR_BITS, "float64") is not fused


def test_a_width_is_kept_on_disk_under_a_name_of_its_own() -> None:
    x = np.zeros(4, np.float32)
    gelu_fused(x, width=SCALAR_BITS)
    compiled._at_width.cache_clear()  # as the next process finds it
    gelu_fused(x, width=SCALAR_BITS)
    again = at_width(fused, SCALAR_BITS, "float32")
    assert again.stats.cache_hits and not again.stats.cache_misses
    assert again.__name__ not in (fused.__name__, compiled._at_width(fused, 128).__name__)


def test_code_is_made_anew_when_the_program_takes_another_width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also that of a loop over threads, which has the streaming loop inside."""
    codegen = numba.core.registry.cpu_target.target_context.codegen()
    before = fused._cache._index_key((), codegen)
    assert before == fused._cache._index_key((), codegen)
    monkeypatch.setattr(compiled, "width_here", lambda dtype: 128 if dtype == "float64" else 17)
    assert before != fused._cache._index_key((), codegen)


@pytest.mark.parametrize(
    ("known", "name", "bits"),
    [
        ((128, 256, 512), "sapphirerapids", 512),
        ((128, 256, 512), "skylake-avx512", 256),
        ((128, 256), "haswell", 256),
        ((128,), "apple-m2", 128),
        ((), "neoverse-v1", 0),
    ],
)
def test_by_rule_the_widest_is_taken_that_does_not_slow_the_clock(
    known: tuple[int, ...], name: str, bits: int
) -> None:
    assert widths.by_rule(known, name) == bits


@pytest.mark.parametrize("name", recorded_hosts.NAMES)
def test_a_processor_offers_widths_up_to_its_own(name: str) -> None:
    machine = recorded_hosts.machine(name)
    found = vector_widths(machine.simd, machine.architecture)
    assert list(found) == sorted(set(found)) and set(found) <= {128, 256, 512}
    assert not found or found[-1] == machine.simd.width_bits
    assert bool(found) == (machine.architecture in ("x86_64", "arm64") and "sve" not in machine.simd.features)
