"""Laws over every kernel of every workload, and what the registry says about a case before it runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import recorded_hosts as hosts
from figure_records import measurement
from hypothesis import given, settings
from hypothesis import strategies as st

import accel_core
from accel_core import registry
from accel_core.errors import BadInput
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES, Case, Cores, Kernel, Machine, Simd, Workload

IDS = registry.kernel_ids()
SIZES = (0, 1, 7, 127, 128, 129)
ODD_LENGTHS = (5, 33, 18, 9, 4)
FEW_LENGTHS = (5, 7, 6, 3, 4, 2)
"""For more axes than those: the work grows with all of them."""
FAMILIES = {"interpreted", "numpy", "compiled", "packed", "library"}

MACHINE = Machine(
    cpu="Test 2000",
    vendor=None,
    architecture="x86_64",
    system="Linux",
    cores=Cores(physical=4, logical=8, allowed=4),
    caches=(),
    simd=Simd(("sse2", "avx", "avx2", "fma"), 256),
    memory_bytes=16 * 2**30,
    clock_hz=None,
    facts=(),
    fingerprint="test",
)


def strided(x: np.ndarray) -> np.ndarray:
    """Every second entry along each axis of a larger array."""
    wide = np.full([2 * n for n in x.shape], np.nan, x.dtype)
    view = wide[tuple(slice(None, None, 2) for _ in x.shape)]
    view[...] = x
    return view


def reversed_copy(x: np.ndarray) -> np.ndarray:
    """The same entries, stored backwards and read with negative strides."""
    backwards = tuple(slice(None, None, -1) for _ in x.shape)
    return np.ascontiguousarray(x[backwards])[backwards]


def read_only(x: np.ndarray) -> np.ndarray:
    locked = x.copy()
    locked.setflags(write=False)
    return locked


LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "strided": strided,
    "Fortran order": np.asfortranarray,
    "negative strides": reversed_copy,
    "read-only": read_only,
}


def odd_lengths(axes: int) -> tuple[int, ...]:
    """For a shape no two axes of which are alike."""
    return (ODD_LENGTHS if axes <= len(ODD_LENGTHS) else FEW_LENGTHS)[:axes]


def assert_right(
    problem: Workload, rung: Kernel, shape: tuple[int, ...], dtype: str, layout: Any = None
) -> None:
    """Within the tolerance of the reference, in the dtype of the inputs, and these are untouched."""
    plain = problem.make_inputs(shape, dtype, 20)
    inputs = tuple(layout(x) for x in plain) if layout else plain
    before = [x.copy() for x in inputs]
    result = rung.function(*inputs)
    reference = problem.reference(*plain)
    assert result.dtype == dtype and reference.dtype == np.float64
    assert max_relative_error(result, reference) <= problem.tolerance(shape, dtype)
    assert all(np.array_equal(x, y) for x, y in zip(inputs, before, strict=True))


def case(kernel_id: str, size: Any = 64, **more: Any) -> Case:
    return Case(kernel_id, size, **more)


# -- laws over every kernel ----------------------------------------------------------------------------------


def awkward_cases() -> list[tuple[str, int, str]]:
    """Every rung at every size in both types, but loops in Python at a large size in one, by turns; and none
    where a call takes over half a second."""
    return [
        (kernel_id, size, dtype)
        for kernel_id in IDS
        for size in SIZES
        for dtype in DTYPES
        if size < 100
        or registry.kernel(kernel_id)[1].family != "interpreted"
        or dtype == DTYPES[size % len(DTYPES)]
        if registry.predicted_s(case(kernel_id, size)) <= 0.5
    ]


@pytest.mark.parametrize(("kernel_id", "size", "dtype"), awkward_cases())
def test_every_rung_is_right_at_awkward_sizes(kernel_id: str, size: int, dtype: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    assert_right(problem, rung, problem.shape(size), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel_id", IDS)
def test_every_rung_is_right_when_no_two_axes_are_alike(kernel_id: str, dtype: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    axes = len(problem.axes)
    for turn in range(axes):
        lengths = odd_lengths(axes)
        assert_right(problem, rung, lengths[turn:] + lengths[:turn], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kernel_id", IDS)
def test_every_rung_is_right_when_one_axis_is_empty(kernel_id: str, dtype: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    for empty in range(len(problem.axes)):
        shape = tuple(0 if axis == empty else 6 for axis in range(len(problem.axes)))
        assert_right(problem, rung, shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kernel_id", IDS)
def test_every_rung_takes_any_memory_layout(kernel_id: str, layout: str, dtype: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    assert_right(problem, rung, odd_lengths(len(problem.axes)), dtype, LAYOUTS[layout])


def test_ids_and_titles_are_unique() -> None:
    titles = [(w.name, k.title) for w in registry.WORKLOADS for k in w.kernels]
    assert len(set(IDS)) == len(IDS) and len(set(titles)) == len(titles)
    assert all(re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", kernel_id) for kernel_id in IDS)


@pytest.mark.parametrize("kernel_id", IDS)
def test_a_rung_is_described_in_full(kernel_id: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    assert rung.function.__name__ == f"{problem.name}_{rung.name}"
    assert rung.family in FAMILIES
    assert rung.idea.endswith(".") and rung.idea.count(". ") == 0 and rung.idea.count(".") == 1
    assert rung.explanation.endswith(".") and rung.explanation != rung.idea
    assert rung.typical_flop_per_s > 0
    assert "->" in (inspect.getdoc(rung.function) or "").splitlines()[0]


@pytest.mark.parametrize("kernel_id", IDS)
def test_parameters_offer_their_default_and_stay_in_range(kernel_id: str) -> None:
    for parameter in registry.kernel(kernel_id)[1].parameters:
        assert parameter.default in parameter.choices
        assert list(parameter.choices) == sorted(set(parameter.choices))
        assert parameter.low <= parameter.choices[0] and parameter.choices[-1] <= parameter.high
        assert parameter.idea


@pytest.mark.parametrize("problem", registry.WORKLOADS, ids=lambda w: w.name)
def test_a_rung_changes_one_that_stands_before_it(problem: Workload) -> None:
    assert problem.before(problem.kernels[0]) is None
    for at, rung in enumerate(problem.kernels[1:], 1):
        assert problem.before(rung) in problem.kernels[:at]


@pytest.mark.parametrize("problem", registry.WORKLOADS, ids=lambda w: w.name)
def test_the_rungs_of_a_workload_lie_in_one_folder(problem: Workload) -> None:
    assert len({rung.function.__module__.rpartition(".")[0] for rung in problem.kernels}) == 1


@pytest.mark.parametrize("problem", registry.WORKLOADS, ids=lambda w: w.name)
def test_a_workload_offers_rising_sizes_that_are_allowed(problem: Workload) -> None:
    assert list(problem.sizes) == sorted(set(problem.sizes))
    assert problem.default_size in problem.sizes and problem.sizes[-1] <= problem.largest_size


@pytest.mark.parametrize("kernel_id", IDS)
def test_source_is_the_text_of_what_runs(kernel_id: str) -> None:
    _, rung = registry.kernel(kernel_id)
    compile(registry.source(kernel_id), kernel_id, "exec")
    shown = (rung.core or rung.function).__name__
    assert f"def {shown}(" in registry.source(kernel_id)
    assert rung.core is None or shown in names_reached(rung.function)


def names_reached(function: Any) -> set[str]:
    """What a function names, and what the plain functions of its own module that it names do."""
    found: set[str] = set()
    waiting = [function]
    while waiting:
        one = waiting.pop()
        new = set(one.__code__.co_names) - found
        found |= new
        known = [one.__globals__.get(name) for name in new]
        waiting += [f for f in known if inspect.isfunction(f) and f.__module__ == function.__module__]
    return found


@pytest.mark.parametrize("kernel_id", IDS)
def test_source_diff_leads_from_the_rung_before_to_this_one(kernel_id: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    before = problem.before(rung)
    diff = registry.source_diff(kernel_id).splitlines()
    if before is None:
        assert diff == []
        return
    assert diff[:2] == [f"--- {problem.name}/{before.name}", f"+++ {kernel_id}"]
    body = [line for line in diff[2:] if not line.startswith("@@")]
    old = [line[1:] for line in body if line[0] in " -"]
    new = [line[1:] for line in body if line[0] in " +"]
    assert old == registry.source(f"{problem.name}/{before.name}").splitlines()
    assert new == registry.source(kernel_id).splitlines()


# -- names ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel_id", IDS)
def test_a_kernel_is_found_by_its_id(kernel_id: str) -> None:
    problem, rung = registry.kernel(kernel_id)
    assert f"{problem.name}/{rung.name}" == kernel_id
    assert registry.workload(problem.name) is problem


def test_an_unknown_kernel_is_answered_with_the_nearest_and_the_list() -> None:
    with pytest.raises(BadInput, match="did you mean 'matmul/compiled_ikj'") as caught:
        registry.kernel("matmul/compiled_ikjj")
    named = [kernel_id for kernel_id in IDS if kernel_id in str(caught.value)]
    assert named == [kernel_id for kernel_id in IDS if kernel_id.startswith("matmul/")]
    with pytest.raises(BadInput, match="workloads are: matmul, gelu"):
        registry.kernel("matmull/compiled_ikj")
    with pytest.raises(BadInput, match="did you mean 'matmul'"):
        registry.workload("matmull")


@pytest.mark.parametrize("name", ["", "numpy/matmul/", None, 5, ["matmul/numpy"], "x" * 100_000])
def test_any_other_name_is_bad_input_in_a_short_sentence(name: object) -> None:
    with pytest.raises(BadInput) as caught:
        registry.kernel(name)  # type: ignore[arg-type]
    assert len(str(caught.value)) < 500


# -- validate ------------------------------------------------------------------------------------------------


def test_validate_fills_in_defaults_and_plain_integers() -> None:
    valid = registry.validate(case("matmul/numpy_tiled", np.int64(100)), MACHINE)
    assert valid == Case("matmul/numpy_tiled", 100, "float32", 1, {"block": 64}, None)
    assert type(valid.size) is int
    assert registry.validate(valid, MACHINE) == valid


def test_validate_lets_a_block_exceed_the_size() -> None:
    assert registry.validate(case("matmul/compiled_tiled", 10, parameters={"block": 1024}), MACHINE)


@pytest.mark.parametrize(
    "size",
    [0, -1, 32769, 10**30, pytest.param(10**5000, id="long"), 2.0, float("nan"), "64", "", True, None, [64]],
)
def test_validate_refuses_any_other_size_and_says_what_is_allowed(size: object) -> None:
    with pytest.raises(BadInput, match=r"^size is .*; a whole number from 1 to 32768 is allowed\.$"):
        registry.validate(case("matmul/numpy", size), MACHINE)


@pytest.mark.parametrize("dtype", ["float16", "FLOAT32", "", None, 32, np.float32])
def test_validate_refuses_another_dtype(dtype: object) -> None:
    with pytest.raises(BadInput, match=r"^dtype is .*; float32 or float64 is allowed\.$"):
        registry.validate(case("matmul/numpy", dtype=dtype), MACHINE)


@pytest.mark.parametrize("threads", [0, -1, 5, 1.5, "2", True, None])
def test_validate_refuses_more_threads_than_cores(threads: object) -> None:
    with pytest.raises(BadInput, match=r"^threads is .*; a whole number from 1 to 4 is allowed\.$"):
        registry.validate(case("matmul/numpy", threads=threads), MACHINE)


def test_validate_gives_threads_only_to_kernels_that_use_them() -> None:
    assert registry.validate(case("matmul/numpy", threads=4), MACHINE).threads == 4
    with pytest.raises(BadInput, match="runs on one thread only"):
        registry.validate(case("matmul/compiled_ikj", threads=2), MACHINE)


def test_validate_names_the_only_choice_where_there_is_one_core() -> None:
    alone = replace(MACHINE, cores=Cores(1, 1, 1))
    with pytest.raises(BadInput, match="threads is 2; only 1 is allowed here"):
        registry.validate(case("matmul/numpy", threads=2), alone)


@pytest.mark.parametrize("block", [0, 32769, 0, -8, 16.0, float("nan"), "16", False, None])
def test_validate_refuses_a_block_out_of_range(block: object) -> None:
    with pytest.raises(BadInput, match=r"^block is .*; a whole number from 1 to 32768 is allowed\.$"):
        registry.validate(case("matmul/numpy_tiled", parameters={"block": block}), MACHINE)


@pytest.mark.parametrize("width", [2, 64, 200, 511, 1024])
def test_validate_refuses_a_width_that_is_none(width: int) -> None:
    with pytest.raises(BadInput, match=rf"^width is {width}; .* is allowed\.$"):
        registry.validate(case("gelu/fused", parameters={"width": width}), MACHINE)
    assert registry.validate(case("gelu/fused"), MACHINE).parameters == {"width": 0}


def test_validate_refuses_a_parameter_that_the_kernel_does_not_have() -> None:
    with pytest.raises(BadInput, match="matmul/numpy has no parameter 'block'; it takes none"):
        registry.validate(case("matmul/numpy", parameters={"block": 64}), MACHINE)
    with pytest.raises(BadInput, match="no parameter 'blok'; it takes block"):
        registry.validate(case("matmul/numpy_tiled", parameters={"blok": 64}), MACHINE)
    with pytest.raises(BadInput, match="parameters is"):
        registry.validate(case("matmul/numpy_tiled", parameters=[64]), MACHINE)


def test_validate_checks_each_length_of_a_shape() -> None:
    assert registry.validate(case("matmul/numpy", shape=(1, 2, np.int32(3))), MACHINE).shape == (1, 2, 3)
    with pytest.raises(BadInput, match="needs 3 lengths: m, k, n"):
        registry.validate(case("matmul/numpy", shape=(1, 2)), MACHINE)
    with pytest.raises(BadInput, match="k is 0; a whole number from 1"):
        registry.validate(case("matmul/numpy", shape=(1, 0, 3)), MACHINE)


# -- why not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kernel_id", IDS)
@settings(max_examples=25)
@given(data=st.data(), limit_s=st.floats(1e-3, 1e3))
def test_a_refusal_for_time_names_the_largest_size_that_fits(
    kernel_id: str, data: st.DataObject, limit_s: float
) -> None:
    size = data.draw(st.integers(1, registry.kernel(kernel_id)[0].largest_size))
    asked = registry.validate(case(kernel_id, size), MACHINE)
    reason = registry.why_not(asked, replace(MACHINE, memory_bytes=None), limit_s, available_bytes=2**60)
    assert (reason is None) == (registry.predicted_s(asked) <= limit_s)
    if reason is not None:
        assert kernel_id in reason and reason.endswith(".") and reason.count(". ") == 0
        if "no size fits" in reason:
            assert registry.predicted_s(replace(asked, size=1)) > limit_s
            return
        largest = int(re.search(r"size (\d+) is the largest that fits", reason)[1])
        assert largest < size
        assert registry.predicted_s(replace(asked, size=largest)) <= limit_s
        assert registry.predicted_s(replace(asked, size=largest + 1)) > limit_s


def test_the_whole_ladder_runs_at_the_default_size() -> None:
    for kernel_id in IDS:
        problem, _ = registry.kernel(kernel_id)
        assert registry.why_not(case(kernel_id, problem.default_size), MACHINE, available_bytes=2**32) is None


def test_python_loops_are_refused_at_a_size_that_would_hang_the_page() -> None:
    reason = registry.why_not(case("matmul/python_loops", 2048), MACHINE, available_bytes=2**40)
    assert reason is not None and "over the limit of 10.0 s" in reason


def test_small_blocks_of_numpy_are_predicted_by_the_number_of_calls() -> None:
    def seconds(block: int) -> float:
        return registry.predicted_s(case("matmul/numpy_tiled", 2048, parameters={"block": block}))

    assert seconds(4) > 100 * seconds(64)
    assert registry.predicted_s(case("matmul/numpy_tiled", 2048)) == seconds(64)


def test_a_limit_that_no_size_meets_is_said_so() -> None:
    reason = registry.why_not(case("matmul/numpy"), MACHINE, limit_s=1e-12, available_bytes=2**40)
    assert reason is not None and "no size fits" in reason


def test_too_little_memory_is_said_with_both_amounts() -> None:
    asked = case("matmul/numpy", 4096, dtype="float64")
    assert registry.needed_bytes(asked) == 9 * 4096**2 * 8
    reason = registry.why_not(asked, MACHINE, available_bytes=2**30)
    assert reason is not None and "1.12 GiB" in reason and "1 GiB are free" in reason
    assert registry.why_not(asked, MACHINE, available_bytes=registry.needed_bytes(asked)) is None
    small = replace(MACHINE, memory_bytes=2**29)
    assert "512 MiB are free" in (registry.why_not(asked, small, available_bytes=2**40) or "")


def test_memory_is_asked_of_the_system_where_nobody_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry.why_not(case("matmul/numpy", 1), MACHINE) is None
    monkeypatch.setattr(registry, "available_memory_bytes", lambda: 2**20)  # knows the limit of a container
    assert "1 MiB are free" in (registry.why_not(case("matmul/numpy", 1024), MACHINE) or "")


def test_a_missing_instruction_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, rung = registry.kernel("matmul/numpy")
    needy = replace(problem, kernels=(replace(rung, needs=("avx2", "avx512f")),))
    monkeypatch.setattr(registry, "WORKLOADS", (needy,))
    reason = registry.why_not(case("matmul/numpy"), MACHINE, available_bytes=2**40)
    assert reason == "matmul/numpy needs avx512f, which this processor (Test 2000) does not have."


def test_a_width_that_a_processor_lacks_is_refused_with_those_that_it_has() -> None:
    def why_not(width: int, host: Machine) -> str | None:
        return registry.why_not(case("gelu/fused", parameters={"width": width}), host, available_bytes=2**40)

    assert not any(why_not(width, MACHINE) for width in (0, 1, 128, 256))
    assert why_not(512, MACHINE) == (
        "gelu/fused has no vectors of 512 bits here: width may be 0 (as the program chooses), 1 (one number at "
        "a time), 128 or 256."
    )
    longer = replace(MACHINE, architecture="arm64", simd=Simd(("neon", "sve"), 128))
    assert why_not(128, longer) and not why_not(1, longer)


@pytest.mark.parametrize("name", hosts.NAMES)
def test_only_an_x86_processor_without_the_flag_lacks_fused_multiply_add(name: str) -> None:
    host = hosts.machine(name)
    lacks = host.architecture == "x86_64" and "fma" not in host.simd.features
    reason = registry.why_not(Case("matmul/packed", 8), host, available_bytes=1 << 30)
    if host.architecture in ("x86_64", "arm64"):
        assert (reason is not None) == lacks


# -- memory ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel_id", "shape", "peak", "arrays"),
    [
        ("gelu/named_steps", (100, 50), 8 * 4 * 5000, 8.0),
        ("gelu/fused", (100, 50), 0, 0.0),
        ("matmul/numpy", (10, 7, 20), 4 * 200, 1.0),
        ("matmul/numpy", (10, 7, 20), None, None),
    ],
)
def test_extra_memory_is_told_in_arrays(
    kernel_id: str, shape: tuple[int, ...], peak: int | None, arrays: float | None
) -> None:
    known = measurement(kernel_id.partition("/")[2], 1e9)
    told = replace(
        known, workload=kernel_id.partition("/")[0], kernel=kernel_id, shape=shape, peak_alloc_bytes=peak
    )
    assert registry.extra_arrays(told) == arrays


# -- the face of the package ---------------------------------------------------------------------------------


def test_every_public_name_exists() -> None:
    for name in accel_core.__all__:
        assert getattr(accel_core, name) is not None
    assert set(accel_core.__all__) <= set(dir(accel_core))
    with pytest.raises(AttributeError, match="matmul_naive"):
        accel_core.matmul_naiv  # noqa: B018


def test_importing_the_package_loads_no_compiler() -> None:
    program = (
        "import sys, accel_core; print(sorted({'numba', 'numpy', 'sqlalchemy', 'plotly'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=240
    )
    assert run.stdout.strip() == "[]"


def test_the_catalogue_needs_no_compiler_until_a_rung_is_run() -> None:
    program = (
        "import sys; from accel_core import registry; rung = registry.kernel('matmul/packed')[1]; "
        "assert rung.title and registry.WORKLOADS and 'numba' not in sys.modules; "
        "assert rung.function.__name__ == 'matmul_packed' and 'numba' in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
