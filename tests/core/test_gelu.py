"""The GELU ladder: exactness on the real line, its limits, what the compiler made of it, what it allocates."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Callable

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from llvmlite.binding import get_host_cpu_features, get_host_cpu_name
from test_matmul import HOUSE, innermost_loops, widest_registers

import accel_core
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import chunks, compiled, widths
from accel_core.kernels.exponential import power_of_two
from accel_core.kernels.gelu import compiled as gelu_compiled
from accel_core.kernels.gelu.workload import GELU
from accel_core.model import DTYPES, Kernel

RUNGS = [kernel.name for kernel in GELU.kernels]
WRITING = [kernel.name for kernel in GELU.kernels if kernel.writes_out]
GREATEST_ERROR = {"float32": 1e-6, "float64": 1e-12}
PUBLIC: tuple[Callable[..., np.ndarray], ...] = (accel_core.unfused_gelu, accel_core.fused_gelu)


def formula(x: np.ndarray) -> np.ndarray:
    """The tanh form in float64, by another road to the tanh: with e^(-2 |u|), which never overflows."""
    x = x.astype(np.float64)
    u = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    small = np.exp(-2 * np.abs(u))
    return np.where(x < 0, x * small, x) / (1 + small)


def test_the_ladder_stands_in_its_order() -> None:
    assert RUNGS == [
        "named_steps",
        "power_expression",
        "expression",
        "in_place",
        "compiled_tanh",
        "fused",
        "fused_threads",
    ]


def test_work_and_least_traffic_are_nine_flop_and_two_accesses_an_element() -> None:
    assert GELU.flop((3, 5)) == 9 * 15
    assert GELU.least_bytes((3, 5), "float32") == 2 * 4 * 15
    assert GELU.least_bytes((3, 5), "float64") == 2 * 8 * 15


def test_the_reference_agrees_with_another_road_to_the_tanh() -> None:
    x = np.linspace(-20, 20, 4001)
    assert np.abs(GELU.reference(x) - formula(x)).max() < 2e-15


# -- exactness -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RUNGS)
def test_every_rung_is_within_its_greatest_error_of_the_formula_on_the_line(name: str, dtype: str) -> None:
    x = np.linspace(-20, 20, 400_001).astype(dtype)
    y = GELU.kernel(name).function(x)
    assert y.dtype == dtype
    assert np.abs(y - formula(x)).max() <= GREATEST_ERROR[dtype]


@pytest.mark.parametrize("dtype", DTYPES)
def test_fused_is_as_exact_around_every_step_of_its_power_of_two(dtype: str) -> None:
    """Where t = -2u / ln 2 passes a half, its whole part changes: neighbours on both sides are tried."""
    t = np.arange(-1100, 160) + 0.5
    low, high = np.full(t.shape, -20.0), np.full(t.shape, 20.0)
    for _ in range(80):  # x -> t falls: bisection
        middle = (low + high) / 2
        larger = gelu_compiled.LINEAR2 * middle + gelu_compiled.CUBIC2 * middle**3 > t
        low, high = np.where(larger, middle, low), np.where(larger, high, middle)
    steps = low.astype(dtype)
    x = np.concatenate([steps, *(np.nextafter(steps, np.array(end, dtype)) for end in (-21, 21))])
    assert np.abs(gelu_compiled.gelu_fused(x) - formula(x)).max() <= GREATEST_ERROR[dtype]


LIMITS = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1e30, -1e30, -30.0, -29.9, 1e-40, -1e-40]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", RUNGS)
def test_limits_are_kept_by_every_rung(name: str, dtype: str) -> None:
    x = np.array(LIMITS * 5, dtype)  # more than a vector of them
    y = GELU.kernel(name).function(x).reshape(5, -1)
    for row in y:
        nan, inf, minus_inf, zero, minus_zero, large, minus_large, cut, small, tiny, minus_tiny = row
        assert math.isnan(nan) and inf == math.inf and large == np.array(1e30, dtype)
        assert (zero, minus_zero) == (0, 0) and not np.signbit(zero) and np.signbit(minus_zero)
        for left in (minus_inf, minus_large, cut, small):
            assert left == 0 and np.signbit(left)
        assert tiny >= 0 >= minus_tiny and tiny == -minus_tiny


@pytest.mark.parametrize("function", PUBLIC)
def test_limits_are_kept_by_the_public_names_without_a_warning(
    function: Callable[..., np.ndarray], recwarn: pytest.WarningsRecorder
) -> None:
    y = function(np.array([-math.inf, math.nan, math.inf, 1e30], np.float32))
    assert np.signbit(y[0]) and y[0] == 0 and math.isnan(y[1]) and y[2] == math.inf and y.dtype == np.float32
    assert not recwarn.list


@numba.njit
def powers(t: np.ndarray) -> np.ndarray:
    y = np.empty_like(t)
    for i in range(t.size):
        y[i] = power_of_two(t[i])
    return y


@pytest.mark.parametrize(("dtype", "low", "high"), [("float32", -126, 127.4), ("float64", -1022, 1023.4)])
def test_the_power_of_two_is_near_the_rounding_of_its_type(dtype: str, low: float, high: float) -> None:
    t = np.linspace(low, high, 200_001).astype(dtype)
    exact = np.exp2(t.astype(np.longdouble))
    assert float(np.abs(powers(t) / exact - 1).max()) < 2.5 * np.finfo(dtype).eps * (
        1 if dtype == "float32" else 20
    )
    whole = np.arange(low, high)
    assert np.array_equal(powers(whole.astype(dtype)), np.ldexp(np.array(1, dtype), whole.astype(int)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_power_of_two_keeps_its_limits(dtype: str) -> None:
    nan, inf, over, minus_inf, under = powers(np.array([math.nan, math.inf, 1e6, -math.inf, -1e6], dtype))
    assert math.isnan(nan) and inf == over == math.inf
    assert minus_inf == under == 0


# -- memory --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize("layout", ["rows", "columns", "every other", "backwards"])
def test_a_rung_that_is_given_its_result_allocates_next_to_nothing(name: str, layout: str) -> None:
    x = np.random.default_rng(2).normal(size=(1024, 2048)).astype(np.float32)
    x = {"rows": x, "columns": x.T, "every other": x[::2, ::2], "backwards": x[::-1]}[layout]
    out = np.empty(x.shape[::-1], np.float32).T if layout == "columns" else np.empty(x.shape, np.float32)
    function = GELU.kernel(name).function
    function(x, out=out)
    extra = peak_alloc_bytes(lambda: function(x, out=out))
    buffers = 2 * 4 * chunks.BUFFER if layout in ("every other", "backwards") else 0
    assert extra <= 0.01 * x.nbytes + buffers


@pytest.mark.parametrize("dtype", DTYPES)
def test_fused_gelu_with_out_needs_no_other_array(dtype: str) -> None:
    x = np.random.default_rng(3).normal(size=2 * chunks.THREADED_FROM).astype(dtype)
    out = np.empty_like(x)
    accel_core.fused_gelu(x, out)
    assert peak_alloc_bytes(lambda: accel_core.fused_gelu(x, out)) < 0.01 * x.nbytes


def test_eight_steps_hold_eight_arrays_and_one_expression_fewer() -> None:
    x = np.random.default_rng(4).normal(size=(1024, 1024)).astype(np.float32)
    arrays = {
        name: peak_alloc_bytes(lambda name=name: GELU.kernel(name).function(x)) / x.nbytes for name in RUNGS
    }
    assert arrays["named_steps"] == pytest.approx(8, abs=0.1)
    assert 2 < arrays["expression"] < 4 and 2 < arrays["power_expression"] < 4
    assert [arrays[name] for name in WRITING] == pytest.approx([1] * len(WRITING), abs=0.1)


@given(n=st.integers(0, 40_000), start=st.integers(0, 3))
def test_threads_give_the_result_of_one_loop_to_the_last_bit(n: int, start: int) -> None:
    x = np.random.default_rng(n).normal(size=n + start).astype(np.float32)[start:]
    assert np.array_equal(gelu_compiled.gelu_fused_threads(x), gelu_compiled.gelu_fused(x))


def test_the_public_name_takes_threads_for_large_arrays_only(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    for name in ("gelu_fused", "gelu_fused_threads"):
        monkeypatch.setattr(gelu_compiled, name, lambda x, y, name=name: used.append(name))
    accel_core.fused_gelu(np.zeros(chunks.THREADED_FROM - 1, np.float32))
    accel_core.fused_gelu(np.zeros(chunks.THREADED_FROM, np.float32))
    assert used == ["gelu_fused", "gelu_fused_threads"]


# -- what the compiler made of it ----------------------------------------------------------------------------

PACKED_DIVIDE = {
    "x86": {"float32": r"\tv?divps\s.*{register}", "float64": r"\tv?divpd\s.*{register}"},
    "arm": {
        "float32": r"\tfdivr?(?:\.4s|\s+v\d+\.4s|\s+z\d+\.s)",
        "float64": r"\tfdivr?(?:\.2d|\s+v\d+\.2d|\s+z\d+\.d)",
    },
}
CALL = {"x86": r"\tcall", "arm": r"\tbl[r]?\s"}


def loops_of(kernel: Kernel, dtype: str) -> list[str]:
    """Innermost loops of a rung's nest, compiled anew as its decorator does: cached code has no assembly."""
    dispatcher = numba.njit(**compiled.OPTIONS, **compiled._STREAMED)(kernel.core)
    x = np.zeros(4, dtype)
    x.flags.writeable = False
    dispatcher(x, np.zeros(4, dtype))
    (assembly,) = dispatcher.inspect_asm().values()
    return innermost_loops(assembly)


@pytest.mark.parametrize("dtype", DTYPES)
def test_fused_is_a_loop_of_vectors_without_a_call(dtype: str) -> None:
    divides = re.compile(PACKED_DIVIDE[HOUSE][dtype].format(register=widest_registers()))
    loops = [loop for loop in loops_of(GELU.kernel("fused"), dtype) if divides.search(loop)]
    assert loops and not any(re.search(CALL[HOUSE], loop) for loop in loops)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_tanh_of_the_c_library_is_a_call_in_a_scalar_loop(dtype: str) -> None:
    assert any(re.search(CALL[HOUSE], loop) for loop in loops_of(GELU.kernel("compiled_tanh"), dtype))


def test_on_avx_512_the_loop_has_vectors_of_512_bits_unless_they_slow_the_clock() -> None:
    if HOUSE == "x86":
        wide = get_host_cpu_features().get("avx512f") and get_host_cpu_name() not in widths.SLOWED_BY_512
        loops = [loop for loop in loops_of(GELU.kernel("fused"), "float32") if "divps" in loop]
        assert any("zmm" in loop for loop in loops) == bool(wide)


@pytest.mark.parametrize(
    ("name", "has", "wide"),
    [
        ("emeraldrapids", True, True),
        ("znver5", True, True),
        ("cascadelake", True, False),
        ("znver3", False, False),
    ],
)
def test_whole_vectors_are_asked_for_where_there_are_some_and_the_clock_does_not_mind(
    name: str, has: bool, wide: bool
) -> None:
    found = widths.whole_vectors(name, {"avx512f": has, "avx2": True})
    assert found == ({"avx512f": True, "avx2": True, "prefer-256-bit": False} if wide else None)


@pytest.mark.parametrize(
    ("variable", "value", "features"),
    [
        ("NUMBA_CPU_FEATURES", "+avx2", "+avx2"),
        ("NUMBA_CPU_NAME", "generic", ""),
        ("NUMBA_ENABLE_AVX", "0", "None"),
    ],
)
def test_whoever_tells_numba_what_to_compile_for_is_obeyed(variable: str, value: str, features: str) -> None:
    script = "import accel_core.kernels.compiled, numba; print(numba.config.CPU_FEATURES)"
    told = {**os.environ, variable: value}
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=told)
    assert ran.returncode == 0 and ran.stdout.strip() == features, ran.stderr
