"""The matmul ladder: the problem, its rungs at any shape, what the compiler made of them, the older names."""

from __future__ import annotations

import errno
import inspect
import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.caching import IndexDataCacheFile

import accel_core
from accel_core.errors import BadInput
from accel_core.kernels.compiled import OPTIONS, compiled
from accel_core.kernels.matmul import compiled as matmul_compiled
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES

RUNGS = [kernel.name for kernel in MATMUL.kernels]
BLOCKED = [kernel.name for kernel in MATMUL.kernels if any(p.name == "block" for p in kernel.parameters)]
COMPILED = ("compiled_ijk", "compiled_tiled", "compiled_ikj")
PUBLIC_NAMES = ("naive", "blocked", "numpy", "packed", "parallel")
PUBLIC = tuple(getattr(accel_core, f"matmul_{name}") for name in PUBLIC_NAMES)


def exact(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a (m, k), b (k, n) -> (m, n) float64, each sum rounded once; float32 products are exact in float64."""
    rows, columns = a.astype(np.float64), b.astype(np.float64).T
    sums = [[math.fsum(x * y for x, y in zip(row, column, strict=True)) for column in columns] for row in rows]
    return np.array(sums, np.float64).reshape(a.shape[0], b.shape[1])


def assert_within_worst_case(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """|c - a b| <= gamma_(k + 2) |a| |b| for every entry, however it was summed (Higham 2002, section 3.5)."""
    steps = (a.shape[1] + 2) * float(np.finfo(c.dtype).eps) / 2
    bound = steps / (1 - steps) * (np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64))
    assert (np.abs(c - exact(a, b)) <= bound).all()


# -- the problem ---------------------------------------------------------------------------------------------


def test_the_ladder_stands_in_its_order() -> None:
    assert RUNGS == [
        "python_loops",
        "python_lists",
        "compiled_ijk",
        "compiled_tiled",
        "register_tile",
        "compiled_ikj",
        "vector_tile",
        "packed",
        "packed_threads",
        "numpy_tiled",
        "numpy",
        "row_threads",
        "out_of_core",
    ]


def test_work_and_least_traffic_of_a_small_product_can_be_counted_by_hand() -> None:
    assert MATMUL.flop((2, 3, 5)) == 60
    assert MATMUL.least_bytes((2, 3, 5), "float32") == 4 * (6 + 15 + 10)
    assert MATMUL.least_bytes((2, 3, 5), "float64") == 8 * (6 + 15 + 10)


def test_intensity_of_square_float32_matrices_is_a_sixth_of_their_size() -> None:
    shape = MATMUL.shape(600)
    assert MATMUL.flop(shape) / MATMUL.least_bytes(shape, "float32") == 100


@pytest.mark.parametrize("dtype", DTYPES)
def test_inputs_are_random_in_sign_and_repeat_with_their_seed(dtype: str) -> None:
    a, b = MATMUL.make_inputs((20, 30, 40), dtype, 1)
    again, _ = MATMUL.make_inputs((20, 30, 40), dtype, 1)
    other, _ = MATMUL.make_inputs((20, 30, 40), dtype, 2)
    assert a.shape == (20, 30) and b.shape == (30, 40) and a.dtype == b.dtype == dtype
    assert -1 <= a.min() < -0.9 and 0.9 < a.max() <= 1
    assert np.array_equal(a, again) and not np.array_equal(a, other)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reference_agrees_with_sums_that_round_once(dtype: str) -> None:
    a, b = MATMUL.make_inputs((9, 50, 7), dtype, 3)
    assert max_relative_error(MATMUL.reference(a, b), exact(a, b)) < 1e-15


@pytest.mark.parametrize("size", MATMUL.sizes)
def test_tolerance_would_not_let_one_forgotten_product_pass(size: int) -> None:
    shape = (64, size, 64)
    a, b = MATMUL.make_inputs(shape, "float32", 4)
    reference = MATMUL.reference(a, b)
    without_last = MATMUL.reference(a[:, :-1], b[:-1])
    assert max_relative_error(without_last, reference) > 10 * MATMUL.tolerance(shape, "float32")


def test_tolerance_of_float64_would_not_let_a_sum_in_float32_pass() -> None:
    a, b = MATMUL.make_inputs((16, 16, 16), "float64", 5)
    single = a.astype(np.float32) @ b.astype(np.float32)
    assert max_relative_error(single, MATMUL.reference(a, b)) > MATMUL.tolerance((16, 16, 16), "float64")


# -- how wrong a result is -----------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [[1.0, -4.0], [1.0, -6.0]], ids=["above", "below"])
def test_error_is_relative_to_the_largest_entry(result: list[float]) -> None:
    assert max_relative_error(result, [1.0, -5.0]) == 0.2


@pytest.mark.parametrize(
    "result",
    [[math.nan, 1.0], [math.inf, 1.0], [1.0, -math.inf], [1.0], [[1.0, 1.0]]],
    ids=["nan", "inf", "-inf", "short", "shape"],
)
def test_error_of_what_is_no_answer_is_infinite(result: list[float]) -> None:
    assert max_relative_error(result, [1.0, 1.0]) == math.inf


def test_error_against_zeros_is_none_or_infinite() -> None:
    assert max_relative_error([0.0], [0.0]) == 0.0
    assert max_relative_error([1e-30], [0.0]) == math.inf
    assert max_relative_error(np.zeros((0, 3)), np.zeros((0, 3))) == 0.0


# -- the rungs at any shape ----------------------------------------------------------------------------------

LENGTH = st.integers(0, 20)


@pytest.mark.parametrize("name", RUNGS)
@settings(max_examples=25)
@given(m=LENGTH, k=LENGTH, n=LENGTH, dtype=st.sampled_from(DTYPES), seed=st.integers(0, 2**32 - 1))
def test_every_rung_is_right_at_any_shape(name: str, m: int, k: int, n: int, dtype: str, seed: int) -> None:
    a, b = MATMUL.make_inputs((m, k, n), dtype, seed)
    c = MATMUL.kernel(name).function(a, b)
    assert c.shape == (m, n) and c.dtype == dtype
    assert_within_worst_case(c, a, b)


@pytest.mark.parametrize("name", BLOCKED)
@settings(max_examples=25)
@given(m=LENGTH, k=LENGTH, n=LENGTH, block=st.integers(1, 40), dtype=st.sampled_from(DTYPES))
def test_any_block_gives_the_same_product(name: str, m: int, k: int, n: int, block: int, dtype: str) -> None:
    a, b = MATMUL.make_inputs((m, k, n), dtype, 6)
    assert_within_worst_case(MATMUL.kernel(name).function(a, b, block=block), a, b)


@pytest.mark.parametrize("name", RUNGS)
def test_each_call_allocates_its_own_result(name: str) -> None:
    a, b = MATMUL.make_inputs((5, 6, 7), "float32", 7)
    first = MATMUL.kernel(name).function(a, b)
    kept = first.copy()
    second = MATMUL.kernel(name).function(a, b)
    assert not np.shares_memory(first, second) and np.array_equal(first, kept)


def test_tiles_larger_than_the_matrix_are_one_tile() -> None:
    a, b = MATMUL.make_inputs((30, 31, 32), "float32", 8)
    untiled = MATMUL.kernel("compiled_ijk").function(a, b)
    assert np.array_equal(MATMUL.kernel("compiled_tiled").function(a, b, block=1024), untiled)


@pytest.mark.parametrize("dtype", DTYPES)
def test_compiled_loops_keep_the_order_of_every_sum(dtype: str) -> None:
    """ijk, tiled ijk, ikj and 4 x 4 add the same products in the same order, so they agree to the last bit."""
    a, b = MATMUL.make_inputs((40, 50, 60), dtype, 9)
    by_python = MATMUL.kernel("python_loops").function(a, b)
    for name in (*COMPILED, "register_tile"):
        assert np.array_equal(MATMUL.kernel(name).function(a, b), by_python), name


# -- what the compiler made of them --------------------------------------------------------------------------

# A multiplication of whole vectors: x86 says packed single or double, Arm names lanes (two spellings, and SVE).
PACKED_MULTIPLY = {
    "x86": {
        "float32": r"\tv?(?:mulps|fmadd\d+ps)\s.*{register}",
        "float64": r"\tv?(?:mulpd|fmadd\d+pd)\s.*{register}",
    },
    "arm": {
        "float32": r"\tfm(?:ul|la|ad)(?:\.4s|\s+v\d+\.4s|\s+z\d+\.s)",
        "float64": r"\tfm(?:ul|la|ad)(?:\.2d|\s+v\d+\.2d|\s+z\d+\.d)",
    },
}
PACKED_ADD = {  # what sums in several lanes at once
    "x86": {"float32": r"\tv?(?:add|fmadd\d+)ps\s", "float64": r"\tv?(?:add|fmadd\d+)pd\s"},
    "arm": {
        "float32": r"\tf(?:add|mla|mad)(?:\.4s|\s+v\d+\.4s|\s+z\d+\.s)",
        "float64": r"\tf(?:add|mla|mad)(?:\.2d|\s+v\d+\.2d|\s+z\d+\.d)",
    },
}
SCALAR_ADD = {"x86": r"\tv?(?:add|fmadd\d+)s[sd]\s", "arm": r"\t(?:fadda?|fmadd)\s+[sd]\d"}
"""On arm64 LLVM multiplies whole vectors in an ordered sum too, and adds their elements one at a time."""
JUMP = re.compile(r"^\t(?:j\w+|b(?:\.\w+)?|cbn?z\s+\w+,|tbn?z\s+\w+,\s*#\w+,)\s+(\.?L\w+)")
LABEL = re.compile(r"^(\.?L\w+):")
HOUSE = "arm" if platform.machine().lower() in ("arm64", "aarch64") else "x86"


def widest_registers() -> str:
    """The registers a vector loop uses on this host: LLVM may prefer 256 bits where 512 exist."""
    features = llvm.get_host_cpu_features()
    return "%?[yz]mm" if features.get("avx") else "%?xmm"


def innermost_loops(assembly: str) -> list[str]:
    """The bodies of all loops that hold no other loop: from a label to the jump back to it."""
    lines = assembly.splitlines()
    label_at = {match[1]: at for at, line in enumerate(lines) if (match := LABEL.match(line))}
    jumps = ((at, label_at.get(match[1], at)) for at, line in enumerate(lines) if (match := JUMP.match(line)))
    loops = [(start, end) for end, start in jumps if start < end]
    inner = [x for x in loops if not any(x != y and x[0] <= y[0] and y[1] <= x[1] for y in loops)]
    return ["\n".join(lines[start : end + 1]) for start, end in inner]


def loops_of(name: str, dtype: str) -> list[str]:
    """Innermost loops of a rung's nest for contiguous arrays, compiled anew: cached code has no assembly."""
    dispatcher = numba.njit(**OPTIONS)(MATMUL.kernel(name).core)
    a, b = MATMUL.make_inputs((4, 4, 4), dtype, 0)
    dispatcher(a, b, np.zeros((4, 4), dtype))
    (assembly,) = dispatcher.inspect_asm().values()
    return innermost_loops(assembly)


@pytest.mark.parametrize("dtype", DTYPES)
def test_innermost_loop_of_ikj_multiplies_whole_vectors(dtype: str) -> None:
    packed = re.compile(PACKED_MULTIPLY[HOUSE][dtype].format(register=widest_registers()))
    assert any(packed.search(loop) for loop in loops_of("compiled_ikj", dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_elements_of_an_ijk_sum_are_added_one_at_a_time(dtype: str) -> None:
    loops = loops_of("compiled_ijk", dtype)
    assert any(re.search(SCALAR_ADD[HOUSE], loop) for loop in loops)
    assert not any(re.search(PACKED_ADD[HOUSE][dtype], loop) for loop in loops)


def test_machine_code_is_kept_on_disk_between_processes(tmp_path: Path) -> None:
    program = (
        "import numpy as np\n"
        "from accel_core.kernels.matmul import compiled as m\n"
        "m.matmul_compiled_tiled(np.ones((2, 2)), np.ones((2, 2)))\n"
        "print(sum(m.compiled_tiled.stats.cache_hits.values()))\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
        for _ in range(2)
    ]
    assert [run.stdout.split() for run in runs] == [["0"], ["1"]]


def test_a_function_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    names: dict = {}
    exec(compile("def twice(x):\n    return 2 * x\n", "/no/such/folder/twice.py", "exec"), names)
    assert compiled(names["twice"])(21) == 42


def test_a_disk_too_full_for_machine_code_does_not_stop_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(IndexDataCacheFile, "save", full)
    assert compiled(twice)(21) == 42


def twice(x: int) -> int:
    return 2 * x


# -- the older names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", PUBLIC, ids=PUBLIC_NAMES)
@pytest.mark.parametrize(
    ("a", "b", "dtype"),
    [
        ([[1, 2], [3, 4]], [[5, 6], [7, 8]], "float64"),
        (np.array([[True, False]]), np.ones((2, 1), "uint8"), "float64"),
        (np.ones((2, 3), "float32"), np.ones((3, 2), "float32"), "float32"),
        (np.ones((2, 3), "float32"), np.ones((3, 2), "float64"), "float64"),
        (np.ones((2, 3), ">f4"), np.ones((3, 2), "<f4"), "float32"),
        (np.ones((2, 0)), np.ones((0, 2)), "float64"),
    ],
    ids=["lists", "booleans", "single", "mixed", "byte order", "empty"],
)
def test_older_names_take_any_array_like(function, a, b, dtype: str) -> None:
    result = function(a, b)
    assert result.dtype == dtype and result.dtype.isnative
    assert np.array_equal(result, np.asarray(a).astype(float) @ np.asarray(b).astype(float))


@pytest.mark.parametrize("function", PUBLIC, ids=PUBLIC_NAMES)
@pytest.mark.parametrize(
    ("a_shape", "b_shape"), [((2, 3), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((1, 2, 3), (3, 2)), ((), (1, 1))]
)
def test_shapes_that_do_not_match_are_both_named(function, a_shape: tuple, b_shape: tuple) -> None:
    with pytest.raises(ValueError) as caught:
        function(np.ones(a_shape), np.ones(b_shape))
    assert isinstance(caught.value, BadInput)
    assert str(a_shape) in str(caught.value) and str(b_shape) in str(caught.value)


@pytest.mark.parametrize("function", PUBLIC, ids=PUBLIC_NAMES)
@pytest.mark.parametrize(
    "value",
    [
        np.ones((2, 2), "float16"),
        np.ones((2, 2), complex),
        np.array([["a", "b"], ["c", "d"]]),
        np.array([[1, None], [2, 3]], object),
        np.zeros((2, 2), "datetime64[s]"),
        [[1, 2], [3]],
        None,
    ],
    ids=["half", "complex", "text", "object", "date", "ragged", "nothing"],
)
def test_data_that_would_change_silently_is_refused(function, value: object) -> None:
    for a, b in ((value, np.ones((2, 2))), (np.ones((2, 2)), value)):
        with pytest.raises(BadInput, match=r"^[ab] .*; .*\.$"):
            function(a, b)


@pytest.mark.parametrize("block_size", [0, -1, 2.0, True, "8", None, math.nan])
def test_a_block_must_be_a_whole_number_from_one_up(block_size: object) -> None:
    with pytest.raises(BadInput, match="block_size"):
        accel_core.matmul_blocked(np.eye(2), np.eye(2), block_size=block_size)


def test_older_blocked_product_takes_its_block_as_third_argument() -> None:
    a, b = MATMUL.make_inputs((10, 11, 12), "float64", 10)
    for block_size in (1, 3, np.int64(64), 10**9):
        assert_within_worst_case(accel_core.matmul_blocked(a, b, block_size), a, b)
    assert inspect.signature(accel_core.matmul_blocked).parameters["block_size"].default == 64


def test_default_block_of_a_function_is_the_default_of_its_parameter() -> None:
    for name in BLOCKED:
        kernel = MATMUL.kernel(name)
        for parameter in kernel.parameters:
            assert inspect.signature(kernel.function).parameters[parameter.name].default == parameter.default


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_loops_see_contiguous_inputs_and_copy_only_others(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    monkeypatch.setattr(matmul_compiled, name, lambda a, b, *rest: seen.extend((a, b)))
    a, b = MATMUL.make_inputs((4, 5, 6), "float32", 11)
    MATMUL.kernel(name).function(a, b)
    MATMUL.kernel(name).function(np.asfortranarray(a), b[::-1])
    assert seen[0] is a and seen[1] is b
    assert all(x.flags.c_contiguous for x in seen)
