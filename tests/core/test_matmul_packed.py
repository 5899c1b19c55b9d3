"""The packed product: its blocks, its panels, its micro-kernel's machine code, and its threads."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import llvmlite.binding
import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

import accel_core
from accel_core.errors import BadInput
from accel_core.kernels import pool
from accel_core.kernels.compiled import OPTIONS, compiled
from accel_core.kernels.matmul import packed as matmul_packed
from accel_core.kernels.matmul import panels
from accel_core.kernels.matmul import threads as matmul_threads
from accel_core.kernels.matmul.blocking import SHARES, blocking, evenly
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES, WIDTH_BITS
from accel_core.kernels.matmul.packed import MEANWHILE_BYTES
from accel_core.kernels.matmul.plan import FEW_ROWS, MOST_BYTES, Plan, blocking_here
from accel_core.kernels.matmul.register import matmul_vector_tile
from accel_core.kernels.matmul.shares import COPY_COST, cells_of
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES

LENGTH = st.integers(1, 150)
DTYPE = st.sampled_from(DTYPES)
TILE = st.sampled_from(sorted(TILES))


def assert_product(c: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    shape = (*a.shape, b.shape[1])
    assert c.dtype == a.dtype
    assert max_relative_error(c, MATMUL.reference(a, b)) <= MATMUL.tolerance(shape, a.dtype.name)


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Parts for two, also where the host has one processor: the pool then has one thread for both."""
    monkeypatch.setattr(pool, "thread_count", lambda: 2)
    yield


# -- the product ---------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(m=LENGTH, k=LENGTH, n=LENGTH, dtype=DTYPE, tile=st.sampled_from([0, *TILES]))
def test_every_tile_gives_the_product_at_any_shape(m: int, k: int, n: int, dtype: str, tile: int) -> None:
    a, b = MATMUL.make_inputs((m, k, n), dtype, 1)
    c = np.full((m, n), np.nan, dtype)
    matmul_packed.packed(a, b, c, blocking_here(dtype, tile))
    assert_product(c, a, b)


@settings(max_examples=40)
@given(
    mc=st.integers(1, 90), kc=st.integers(1, 90), nc=st.integers(1, 200), tile=st.sampled_from(sorted(TILES))
)
def test_blocks_of_any_length_give_the_product(mc: int, kc: int, nc: int, tile: int) -> None:
    a, b = MATMUL.make_inputs((61, 83, 131), "float32", 2)
    assert_product(matmul_packed.matmul_packed(a, b, tile=tile, mc=mc, kc=kc, nc=nc), a, b)


@settings(max_examples=40)
@given(m=LENGTH, k=LENGTH, n=LENGTH, dtype=DTYPE)
def test_the_vector_tile_reads_and_writes_inside_its_matrices_only(m: int, k: int, n: int, dtype: str) -> None:
    """Around each matrix lies NaN, which would spoil what reads it, and which stays where nothing writes."""

    def framed(inside: np.ndarray) -> np.ndarray:
        frame = np.full((inside.shape[0] + 2, inside.shape[1] + 70), np.nan, dtype)
        frame[1:-1, 3 : 3 + inside.shape[1]] = inside
        return frame

    a, b = MATMUL.make_inputs((m, k, n), dtype, 3)
    frame_a, frame_b, frame_c = framed(a), framed(b), framed(np.zeros((m, n)))
    c = frame_c[1:-1, 3 : 3 + n]
    matmul_packed.vector_tile(frame_a[1:-1, 3 : 3 + k], frame_b[1:-1, 3 : 3 + n], c)
    assert_product(c, a, b)
    assert np.isnan(frame_c).sum() == frame_c.size - c.size


@pytest.mark.skipif(sys.platform != "linux", reason="mprotect of the C library")
def test_the_vector_tile_reads_nothing_behind_the_end_of_memory() -> None:
    """The last byte of b and of c is the last one before a page that nobody may touch."""
    script = """
import ctypes, mmap, sys
import numpy as np
from accel_core.kernels.matmul.register import vector_tile
libc = ctypes.CDLL(None, use_errno=True)
libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
def at_the_end(rows, columns, dtype):
    room = mmap.mmap(-1, 3 * mmap.PAGESIZE)
    whole = np.frombuffer(room, np.uint8)
    assert libc.mprotect(whole.ctypes.data + 2 * mmap.PAGESIZE, mmap.PAGESIZE, 0) == 0
    size = rows * columns * np.dtype(dtype).itemsize
    end = 2 * mmap.PAGESIZE
    array = whole[end - size : end].view(dtype).reshape(rows, columns)
    array[...] = 1
    return array
for dtype in ("float32", "float64"):
    for n in (1, 5, 19, 33):
        c = at_the_end(7, n, dtype)
        vector_tile(at_the_end(7, 3, dtype), at_the_end(3, n, dtype), c)
        assert (c == 3).all()
print("read and wrote inside")
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "read and wrote inside" in ended.stdout, (ended.returncode, ended.stderr)


@pytest.mark.parametrize(
    ("width_bits", "dtype", "tiles"),
    [(256, "float32", {6: 2, 12: 1}), (128, "float64", {4: 6, 6: 4})],
)
def test_narrower_vectors_give_the_same_products(
    width_bits: int, dtype: str, tiles: dict[int, int], tmp_path: Path
) -> None:
    """As on a processor with AVX2 and sixteen registers, and on Arm with thirty-two of 128 bit.

    Each width in one type and two tiles, because all is compiled anew: with eight numbers in a vector, and with
    two; with the usual tile, and with the tallest or the widest.
    """
    script = f"""
import numpy as np
from accel_core.kernels.matmul import micro_kernel
micro_kernel.WIDTH_BITS, micro_kernel.MASKS_ARE_FREE = {width_bits}, False
micro_kernel.TILES.clear()
micro_kernel.TILES.update({tiles})
micro_kernel._VECTORS = micro_kernel.TILES[micro_kernel.ROWS]
from accel_core.kernels.matmul import packed as matmul_packed
dtype = "{dtype}"
for m, k, n in ((1, 1, 1), (7, 20, 5), (13, 3, 8), (41, 50, 61), (24, 64, 64)):
    a, b = (np.random.default_rng(1).uniform(-1, 1, shape).astype(dtype) for shape in ((m, k), (k, n)))
    c = [np.full((m, n), np.nan, dtype) for _ in range(2 + len(micro_kernel.TILES))]
    matmul_packed.vector_tile(a, b, c[0])
    for at, rows in enumerate(micro_kernel.TILES):
        matmul_packed.packed(a, b, c[at + 1], matmul_packed.blocking_here(dtype, rows, kc=16))
    matmul_packed.packed_b_only(a, b, c[-1], matmul_packed.blocking_here(dtype, kc=16))
    for one in c:
        np.testing.assert_allclose(one, a @ b, rtol=1e-4, atol=1e-5)
print("all", micro_kernel.WIDTH_BITS)
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )
    assert ended.stdout.strip() == f"all {width_bits}", ended.stderr


def test_products_go_three_ways_by_their_bytes_and_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = MATMUL.make_inputs((70, 80, 90), "float64", 4)
    went: list[str] = []
    for name in ("vector_tile", "packed_b_only", "packed"):
        way = getattr(matmul_packed, name)
        monkeypatch.setattr(matmul_packed, name, lambda *args, n=name, w=way: (went.append(n), w(*args)))
    for most_b, most_a in ((b.nbytes, 0), (b.nbytes - 1, a.nbytes), (b.nbytes - 1, a.nbytes - 1)):
        plan = Plan(blocking_here("float64"), most_b, most_a)
        monkeypatch.setattr(matmul_packed, "plan_here", lambda dtype, plan=plan: plan)
        assert_product(matmul_packed.matmul_packed(a, b), a, b)
    few = a[:FEW_ROWS]
    assert_product(matmul_packed.matmul_packed(few, b), few, b)
    assert went == ["vector_tile", "packed_b_only", "packed", "vector_tile"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", [5, 6, 40])
def test_b_that_is_packed_beforehand_or_meanwhile_gives_the_same_product(rows: int, dtype: str) -> None:
    wide = MEANWHILE_BYTES // np.dtype(dtype).itemsize
    far = np.random.default_rng(5).random((90, wide)).astype(dtype)
    near, a = np.ascontiguousarray(far[:, :200]), MATMUL.make_inputs((rows, 90, 200), dtype, 6)[0]
    assert near.strides[0] < MEANWHILE_BYTES <= far.strides[0]
    c = np.empty((2, rows, 200), dtype)
    for result, b in zip(c, (near, far[:, :200]), strict=True):
        matmul_packed.packed(a, b, result, blocking_here(dtype).given(kc=32, nc=128))
        assert_product(result, a, near)
    assert np.array_equal(*c)


def test_infinities_and_nans_stay_where_they_belong() -> None:
    """What a panel is filled up with must not meet an infinity: 0 times infinity is NaN."""
    a, b = MATMUL.make_inputs((7, 9, 19), "float32", 5)
    a[2, 3], b[4, 18] = np.inf, np.nan
    c = np.empty((7, 19), np.float32)
    matmul_packed.packed(a, b, c, blocking_here("float32"))
    expected = a @ b
    assert np.array_equal(np.isnan(c), np.isnan(expected)) and np.array_equal(np.isinf(c), np.isinf(expected))


# -- blocks --------------------------------------------------------------------------------------------------

CACHES = st.fixed_dictionaries(
    {"L1": st.integers(4 << 10, 256 << 10), "L2": st.integers(64 << 10, 32 << 20)},
    optional={"L3": st.integers(1 << 20, 1 << 30)},
)


@given(caches=CACHES, dtype=DTYPE, rows=st.sampled_from(sorted(TILES)))
def test_each_block_fills_its_share_of_its_cache_to_a_tile(caches: dict, dtype: str, rows: int) -> None:
    blocks = blocking(dtype, caches, rows)
    size = np.dtype(dtype).itemsize
    assert (
        blocks.mc % blocks.mr == blocks.nc % blocks.nr == 0 and blocks.nr * size * 8 == TILES[rows] * WIDTH_BITS
    )
    one_more = {"L1": 8 * blocks.mr, "L2": blocks.nr * blocks.kc, "L3": blocks.mr * blocks.kc}
    for level, bytes_of_cache in caches.items():
        least = one_more[level] * size
        assert blocks.bytes_in(level, size) <= max(bytes_of_cache * SHARES[level], 0) + least
        assert blocks.bytes_in(level, size) >= min(bytes_of_cache * SHARES[level] - least, least)


@given(length=st.integers(1, 5000), longest=st.integers(1, 700), step=st.integers(1, 64))
def test_blocks_are_cut_evenly_and_no_more_of_them_than_needed(length: int, longest: int, step: int) -> None:
    block = evenly(length, longest * step, step)
    assert block % step == 0 and block <= longest * step
    assert -(-length // block) <= -(-length // (longest * step))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_blocks_of_a_known_processor(dtype: str) -> None:
    """48 KiB, 1 MiB and 32 MiB: a quarter, a half and an eighth, the last one to the next whole tile."""
    blocks = blocking(dtype, {"L1": 48 << 10, "L2": 1 << 20, "L3": 32 << 20})
    size = np.dtype(dtype).itemsize
    assert (blocks.mr, blocks.kc) == (6, 2048 // size)
    assert (blocks.bytes_in("L1", size), blocks.bytes_in("L2", size)) == (12 << 10, 512 << 10)
    assert 0 <= blocks.bytes_in("L3", size) - (4 << 20) < 6 * 2048


def test_a_tile_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match="tile is 5; the register tiles have 4, 6, 8, 12 rows"):
        blocking("float32", {}, 5)


# -- panels --------------------------------------------------------------------------------------------------


@compiled
def _pack_a(a: np.ndarray, packed: np.ndarray, rows: int, apart: int) -> None:
    panels.pack_a(a, packed, rows, apart)


@compiled
def _pack_b(b: np.ndarray, packed: np.ndarray) -> None:
    panels.pack_b(b, packed)


@settings(max_examples=60)
@example(m=12, k=16, rows=6, dtype="float32")  # the last column hangs over the end
@given(m=LENGTH, k=LENGTH, rows=st.sampled_from(sorted(TILES)), dtype=DTYPE)
def test_a_block_of_a_is_packed_by_columns_of_micro_panels(m: int, k: int, rows: int, dtype: str) -> None:
    a = np.arange(1, m * k + 1).reshape(m, k).astype(dtype)
    tall = -(-m // rows)
    packed = np.full(tall * rows * k + panels.SLACK + 64, np.nan, dtype)
    _pack_a(a, packed, rows, rows * k)
    filled = np.zeros((tall * rows, k), dtype)
    filled[:m] = a
    expected = filled.reshape(tall, rows, k).transpose(0, 2, 1)
    assert np.isnan(packed[expected.size + panels.SLACK :]).all()
    assert np.array_equal(packed[: expected.size].reshape(expected.shape), expected)


@settings(max_examples=60)
@given(k=LENGTH, n=LENGTH, vectors=st.integers(1, 6), dtype=DTYPE)
def test_a_block_of_b_is_packed_by_rows_of_micro_panels(k: int, n: int, vectors: int, dtype: str) -> None:
    b = np.arange(1, k * n + 1).reshape(k, n).astype(dtype)
    lanes = WIDTH_BITS // 8 // b.itemsize
    width, whole = vectors * lanes, -(-n // lanes) * lanes
    (packed,) = panels.room(dtype, ((-(-n // width), k + 3, width),))
    packed[...] = np.nan
    _pack_b(b, packed)
    filled = np.full((k + 3, packed.shape[0] * width), np.nan, dtype)
    filled[:k, :whole] = 0
    filled[:k, :n] = b
    expected = filled.reshape(k + 3, -1, width).transpose(1, 0, 2)
    assert np.array_equal(packed, expected, equal_nan=True)


def test_room_is_kept_between_calls_and_belongs_to_one_thread() -> None:
    first = panels.room("float32", ((100,), (20, 10)))
    assert panels.room("float32", ((100,), (20, 10)))[0] is first[0]
    assert [array.size for array in panels.room("float64", ((7,), (9,)))] == [7, 9]
    elsewhere: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: elsewhere.extend(panels.room("float64", ((7,), (9,)))))
    thread.start()
    thread.join()
    assert not np.shares_memory(elsewhere[0], panels.room("float64", ((7,), (9,)))[0])


# -- the machine code ----------------------------------------------------------------------------------------

REGISTER = {512: "zmm", 256: "ymm", 128: "xmm"}[WIDTH_BITS]
STACK = "%rsp"


PROCESSORS = {
    512: ("skylake-avx512", "icelake-server", "sapphirerapids", "znver4", "znver5"),
    256: ("haswell", "skylake", "alderlake", "znver3"),
}
"""Names of LLVM's, each with an order of instructions of its own, for which this host's code is made anew."""


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64") or WIDTH_BITS == 128, reason="names of AVX")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_tile_stays_in_registers(dtype: str) -> None:
    """The loops are multiply-adds and what they read: for no tile does a sum go to memory and back."""
    kernel = numba.njit(**OPTIONS)(matmul_packed.five_loops.py_func)  # what comes out of the cache has no text
    element = getattr(numba, dtype)
    flat, matrix, cube = (numba.types.Array(element, axes, "C") for axes in (1, 2, 3))
    signature = (matrix, matrix, matrix, flat, cube, matrix, numba.int64)
    kernel.compile(signature)
    assert_sums_stay(kernel.inspect_asm(signature), dtype)
    for processor in PROCESSORS[WIDTH_BITS]:
        module = llvmlite.binding.parse_assembly(kernel.inspect_llvm(signature))
        target = llvmlite.binding.Target.from_default_triple()
        machine = target.create_target_machine(cpu=processor, features="-prefer-256-bit", opt=3)
        assert_sums_stay(machine.emit_assembly(module), dtype)


def assert_sums_stay(assembly: str, dtype: str) -> None:
    loops = re.findall(r"(?ms)^(\.LBB\S+):((?:(?!^\.LBB).)*?\tj[a-z]+\t\1)", assembly)
    fma = rf"\tvfmadd\d+p{'s' if dtype == 'float32' else 'd'}\s[^\n]*{REGISTER}"
    products = {body: len(re.findall(fma, body)) for _, body in loops if re.search(fma, body)}
    assert ROWS * TILES[ROWS] in products.values()
    stored = [count for body, count in products.items() if re.search(rf"{REGISTER}\d+, \S*\({STACK}", body)]
    assert not stored, f"a loop of {stored} multiply-adds keeps a vector on the stack"


# -- threads -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("two_threads")
@settings(max_examples=20)
@given(m=LENGTH, k=LENGTH, n=LENGTH, dtype=DTYPE)
def test_threads_give_the_same_product(m: int, k: int, n: int, dtype: str) -> None:
    a, b = MATMUL.make_inputs((m, k, n), dtype, 7)
    assert_product(matmul_threads.matmul_packed_threads(a, b), a, b)
    assert_product(matmul_threads.matmul_row_threads(a, b), a, b)


@pytest.mark.parametrize(
    ("shape", "threads", "counts"),
    [
        ((1200, 1280), 4, (2, 2)),  # nearly square cells
        ((1200, 10), 4, (4, 1)),
        ((10, 1280), 4, (1, 4)),
        ((1537, 1537), 2, (2, 1)),  # rows can be cut more evenly than columns of 64
        ((1000, 1000), 6, (3, 2)),
        ((1000, 1000), 24, (6, 4)),
    ],
)
def test_cells_of_c_are_as_square_as_they_can_be(shape: tuple, threads: int, counts: tuple) -> None:
    blocks = replace(blocking_here("float32"), mr=6, nr=64)
    cells = cells_of(*shape, threads, blocks, COPY_COST)
    assert (len({rows.start for rows, _ in cells}), len({columns.start for _, columns in cells})) == counts


@given(
    threads=st.integers(2, 300),
    dtype=st.sampled_from(["float32", "float64"]),
    mc=st.integers(1, 1 << 20),
    kc=st.integers(1, 1 << 20),
    nc=st.integers(1, 1 << 20),
)
def test_several_threads_take_half_of_l2_each_and_bounded_memory(
    threads: int, dtype: str, mc: int, kc: int, nc: int
) -> None:
    itemsize = np.dtype(dtype).itemsize
    plan = Plan(blocking_here(dtype).given(mc, kc, nc), 1001, 501, "2026")
    blocks, found = plan.blocks, plan.among(threads, itemsize)
    assert (found.unpacked_bytes, found.unpacked_a_bytes, found.measured) == (500, 0, "2026")
    assert found.blocks.kc == blocks.kc and found.blocks.mc % blocks.mr == 0 == found.blocks.nc % blocks.nr
    assert blocks.nc / 2 <= found.blocks.nc <= blocks.nc / 2 + blocks.nr
    assert blocks.mr <= found.blocks.mc <= blocks.mc
    assert threads * (found.blocks.mc - blocks.mr) * blocks.kc * itemsize <= MOST_BYTES


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_the_library_has_its_threads_back_when_the_last_caller_is_through() -> None:
    before = blas_threads()
    a, b = MATMUL.make_inputs((200, 200, 200), "float64", 8)
    results: list[np.ndarray] = []
    callers = [
        threading.Thread(target=lambda: results.extend(accel_core.matmul_parallel(a, b, 3) for _ in range(20)))
        for _ in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == 60 and blas_threads() == before
    for c in results:
        assert_product(c, a, b)


def test_the_library_has_its_threads_back_when_another_caller_leaves_last() -> None:
    before, seen = blas_threads(), []
    entered, last_inside, first_left, first_may_end = (threading.Event() for _ in range(4))

    def first() -> None:
        with matmul_threads._single_threaded_blas():
            entered.set()
            last_inside.wait()
        first_left.set()
        first_may_end.wait()  # alive, as the thread of a server is

    def last() -> None:
        entered.wait()
        with matmul_threads._single_threaded_blas():
            last_inside.set()
            first_left.wait()
            seen.append(blas_threads())

    callers = [threading.Thread(target=first), threading.Thread(target=last)]
    for caller in callers:
        caller.start()
    callers[1].join()
    after = blas_threads()
    first_may_end.set()
    callers[0].join()
    assert seen in ([{1}], [set()]) and after == before


def test_the_library_obeys_whichever_thread_asks() -> None:
    accel_core.matmul_parallel(np.eye(3), np.eye(3))
    seen: list[set[int]] = []

    def ask() -> None:
        with matmul_threads._single_threaded_blas():
            seen.append(blas_threads())

    caller = threading.Thread(target=ask)
    caller.start()
    caller.join()
    assert seen in ([{1}], [set()])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork.*:DeprecationWarning")
def test_a_child_forked_inside_a_call_has_the_threads_of_the_library() -> None:
    before = blas_threads()
    with matmul_threads._single_threaded_blas():
        child = os.fork()
        if child == 0:
            os._exit(0 if blas_threads() == before and not matmul_threads._inside else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert blas_threads() <= {1}
    assert blas_threads() == before


def test_the_library_has_its_threads_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    before = blas_threads()

    def fails(work: object) -> None:
        assert blas_threads() <= {1}
        raise MemoryError

    monkeypatch.setattr(pool, "run", fails)
    with pytest.raises(MemoryError):
        accel_core.matmul_parallel(np.eye(3), np.eye(3))
    assert blas_threads() == before


@pytest.mark.parametrize("workers", [0, -1, True, 2.0, "2", [2]])
def test_workers_that_are_no_count_are_refused(workers: object) -> None:
    with pytest.raises(BadInput, match=r"workers is .*; give a whole number from 1 up, for instance 4"):
        accel_core.matmul_parallel(np.eye(3), np.eye(3), workers)  # type: ignore[arg-type]


def test_more_workers_than_rows_are_no_mistake() -> None:
    assert np.array_equal(accel_core.matmul_parallel(np.eye(3), np.eye(3), 50), np.eye(3))
    assert accel_core.matmul_parallel(np.ones((0, 3)), np.ones((3, 2))).shape == (0, 2)


def test_the_vector_tile_of_nothing_is_zero() -> None:
    assert np.array_equal(matmul_vector_tile(np.ones((3, 0)), np.ones((0, 5))), np.zeros((3, 5)))
