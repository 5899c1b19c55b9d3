"""The timed loops do what their docstrings say, and the machine code is the one that was meant."""

from __future__ import annotations

import platform
import re
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit, types

from accel_core.machine import detect
from accel_core.peaks import probes
from accel_core.peaks.loops import CHAIN_LENGTH, CHAINS
from accel_core.peaks.plan import operations, widths

HERE = detect()
GATE = np.zeros(1, dtype=np.int64)
MEET = (int(GATE.ctypes.data), 0)
"""A gate with target 0: nobody to wait for."""
ARM = platform.machine().lower() in ("arm64", "aarch64")
REGISTER = {512: "zmm", 256: "ymm", 128: "xmm"}


def machine_code(probe: Any, *signature: Any) -> str:
    """Assembly of the probe, compiled afresh: code from the disk cache cannot be inspected."""
    fresh = njit(nogil=True)(probe.py_func)
    fresh.compile(signature)
    (text,) = fresh.inspect_asm().values()
    return text.split("cpython")[0]


def aligned(count: int, dtype: type = np.float32) -> np.ndarray:
    """`count` elements on a 64-byte boundary, random."""
    size = np.dtype(dtype).itemsize
    raw = np.empty(count * size + 64, dtype=np.uint8)
    start = -raw.ctypes.data % 64
    data = raw[start : start + count * size].view(dtype)
    data[:] = np.random.default_rng(count).uniform(-1, 1, count)
    return data


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("width", [*widths(HERE), "scalar"])
@pytest.mark.parametrize("operation", operations(HERE))
def test_a_compute_loop_has_one_instruction_of_the_width_a_chain(
    operation: str, width: int | str, dtype: str
) -> None:
    bits = 8 * np.dtype(dtype).itemsize if width == "scalar" else int(width)
    item = types.float32 if dtype == "float32" else types.float64
    code = machine_code(probes.COMPUTE[operation, bits], item, types.int64, types.int64, types.int64)
    if ARM:
        kind = "s" if dtype == "float32" else "d"
        operand = rf"{kind}\d+" if width == "scalar" else rf"v\d+\.\d{kind}"
        pattern = rf"\b(?:fmla|fmadd|fadd)\s+{operand}"
    else:
        ending = ("s" if width == "scalar" else "p") + ("s" if dtype == "float32" else "d")
        name = r"vfmadd\d+" if operation == "fma" else "v?add"
        pattern = rf"\b{name}{ending}\b.*%{REGISTER.get(bits, 'xmm')}"
    found = re.findall(pattern, code)
    assert len(found) >= CHAINS
    assert not re.search(r"call.*fma", code)


@pytest.mark.parametrize("width", widths(HERE))
@pytest.mark.parametrize("walk", ["one stream", "four streams"])
def test_a_load_loop_loads_the_width_and_computes_nothing(width: int, walk: str) -> None:
    code = machine_code(probes.LOADS[width][walk], *(types.int64,) * 5)
    register = r"\bq\d+" if ARM else "%" + REGISTER[width]
    moves = [line for line in code.splitlines() if re.search(register, line)]
    assert len(moves) >= (8 if walk == "one stream" else 16) / (2 if ARM else 1)
    assert all(re.search(r"mov[au]p|\bldp\b|\bldr\b", line) for line in moves)


@pytest.mark.parametrize("width", widths(HERE))
def test_a_copy_is_neither_a_library_call_nor_the_other_kind_of_store(width: int) -> None:
    for kind, past in (("regular", False), ("non_temporal", True)):
        code = machine_code(probes.COPIES[kind, width], *(types.int64,) * 6)
        assert "memcpy" not in code
        assert bool(re.search(r"movnt|\bstnp\b", code)) == past


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("operation", operations(HERE))
def test_the_chains_compute_what_their_flop_count_says(operation: str, dtype: str) -> None:
    seed, turns = np.dtype(dtype).type(0.5), 7
    expected = 0.0
    for chain in range(CHAINS):
        value = float(chain)
        for _ in range(turns):
            value = value * 0.5 + 0.5 if operation == "fma" else value + 0.5
        expected += value
    for bits in (*widths(HERE), 8 * np.dtype(dtype).itemsize):
        assert probes.COMPUTE[operation, bits](seed, turns, *MEET) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("width", widths(HERE))
@given(chunks=st.integers(1, 40), passes=st.integers(1, 3))
def test_a_copy_copies_every_byte_and_no_more(width: int, chunks: int, passes: int) -> None:
    count = chunks * 4 * width // 32
    source, target = aligned(count), aligned(count + 16)
    for kind in ("regular", "non_temporal"):
        target[:] = 7
        probes.COPIES[kind, width](address(target), address(source), 4 * count, passes, *MEET)
        np.testing.assert_array_equal(target[:count], source)
        assert (target[count:] == 7).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("width", widths(HERE))
def test_the_triad_is_a_plus_s_times_b(width: int, dtype: type) -> None:
    first, second = aligned(4096, dtype), aligned(4096, dtype)[::-1].copy()
    second_aligned, target = aligned(4096, dtype), aligned(4096, dtype)
    second_aligned[:] = second
    scale = dtype(0.5)
    size = first.nbytes
    probes.TRIADS[width](address(target), address(first), address(second_aligned), scale, size, 1, *MEET)
    np.testing.assert_array_equal(target, first + scale * second)


@pytest.mark.parametrize("width", widths(HERE))
def test_loads_stay_within_the_range(width: int) -> None:
    data = aligned(1 << 14)
    before = data.copy()
    for probe in probes.LOADS[width].values():
        probe(address(data), data.nbytes // 1024 * 1024, 2, *MEET)
    np.testing.assert_array_equal(data, before)


def test_the_clock_loop_does_the_additions_it_is_credited_with() -> None:
    assert probes.dependent_adds(1, 1000, *MEET) == 1 + 1000 * CHAIN_LENGTH


def test_nobody_starts_before_all_are_at_the_gate() -> None:
    gate = np.zeros(1, dtype=np.int64)
    seen: list[int] = []

    def wait_then_note() -> None:
        probes.dependent_adds(1, 1, int(gate.ctypes.data), 2)
        seen.append(int(gate[0]))

    waiting = threading.Thread(target=wait_then_note)
    waiting.start()
    while gate[0] < 1:
        pass
    assert seen == []
    probes.dependent_adds(1, 1, int(gate.ctypes.data), 2)
    waiting.join(60)
    assert seen == [2]
