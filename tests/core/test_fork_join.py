"""Fork and join in compiled code: right for any number of threads and callers, left where it is unsafe."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.kernels import fork_join, pool
from accel_core.kernels.dot.compiled import dot_compiled_threads
from accel_core.kernels.gelu.compiled import gelu_fused, gelu_fused_threads
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.matmul.shares import COPY_COST, cells_of, work_of
from accel_core.kernels.matmul.threads import matmul_packed_threads
from accel_core.kernels.softmax.compiled import softmax_compiled, softmax_compiled_threads
from accel_core.kernels.streaming.compiled import triad_compiled, triad_compiled_threads
from accel_core.machine.thread_settings import BINDINGS, OPENMP_LIMITS
from accel_core.model import DTYPES

ROOT = Path(__file__).resolve().parents[2]
MOST = 8
"""Threads: an own process may start more than it has processors."""


@given(length=st.integers(0, 10_000), parts=st.integers(1, 40), multiple=st.integers(1, 64))
def test_even_shares_cover_a_length_and_differ_by_one_multiple(length: int, parts: int, multiple: int) -> None:
    shares = fork_join.even_shares(length, parts, multiple)
    assert [at for share in shares for at in range(share.start, share.stop)] == list(range(length))
    assert all(share.start % multiple == 0 or share.start == length for share in shares)
    units = [-(-(share.stop - share.start) // multiple) for share in shares]
    assert len(shares) == parts and max(units) - min(units) <= 1


PRODUCTS = """
import sys
import numpy as np
import accel_core
from accel_core.kernels import fork_join, pool
from accel_core.kernels.gelu.compiled import gelu_fused, gelu_fused_threads
from accel_core.kernels.layer_norm.compiled import layer_norm_compiled, layer_norm_compiled_threads
from accel_core.kernels.dot.compiled import dot_compiled_threads
from accel_core.kernels.matmul import threads as matmul_threads
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.softmax.compiled import softmax_compiled, softmax_compiled_threads
from accel_core.operations import OPERATIONS
from accel_core.kernels.verify import max_relative_error

can = fork_join.can_fork
random = np.random.default_rng(1)
pool.thread_count = lambda: threads
for threads in range(1, 9):
    for dtype in ("float32", "float64"):
        plan = plan_here(dtype)
        rule, least = plan, type(plan)(plan.blocks.given(mc=12, kc=24, nc=128), 0, 0)
        for m, k, n in (1, 1, 1), (5, 300, 1), (64, 48, 96), (67, 50, 131), (200, 30, 17), (0, 3, 4), (3, 0, 4):
            a, b = random.random((m, k)).astype(dtype), random.random((k, n)).astype(dtype)
            exact = a.astype(np.float64) @ b.astype(np.float64)
            for plan in (rule, least):
                matmul_threads.plan_here = lambda dtype, plan=plan: plan
                c = matmul_threads.matmul_packed_threads(a, b)
                error = max_relative_error(c, exact)
                assert error <= OPERATIONS["matmul"].tolerance((1, m, k, n), dtype), (threads, m, k, n, error)
        x, y = random.random((2, 70, 131)).astype(dtype)
        row = random.random(131).astype(dtype)
        assert np.array_equal(gelu_fused_threads(x), gelu_fused(x))
        args = x, row, row
        assert np.array_equal(layer_norm_compiled_threads(*args), layer_norm_compiled(*args))
        assert np.array_equal(softmax_compiled_threads(x), softmax_compiled(x))
        assert abs(dot_compiled_threads(x.ravel(), y.ravel()) / np.vdot(x, y) - 1) < 1e-4
print(fork_join.layer(), can(8))
"""


def told(script: str, **environment: str) -> str:
    """What a process of its own prints that may start MOST threads, whatever the host has."""
    without = {*fork_join.POLICY, *BINDINGS, *OPENMP_LIMITS, "NUMBA_THREADING_LAYER"}
    plain = {name: value for name, value in os.environ.items() if name not in without}
    given = {**plain, "NUMBA_NUM_THREADS": str(MOST), **environment}
    done = subprocess.run(
        [sys.executable, "-c", script], env=given, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_results_are_right_on_one_to_eight_threads() -> None:
    layer, _, can = told(PRODUCTS).rpartition(" ")
    assert can == str(bool(layer))


@pytest.mark.parametrize(
    "setting",
    [
        "NUMBA_THREADING_LAYER=workqueue",
        "OMP_PROC_BIND=true",
        "OMP_THREAD_LIMIT=1",
        "OMP_DYNAMIC=true",
        "NUMBA_NUM_THREADS=1",
    ],
)
def test_python_threads_do_it_where_a_compiled_loop_would_be_unsafe(setting: str) -> None:
    name, _, value = setting.partition("=")
    assert told(PRODUCTS, **{name: value}).endswith("False")


FORKED = """
import os, signal
import numpy as np
from accel_core.kernels import fork_join, pool
from accel_core.kernels.gelu.compiled import gelu_fused, gelu_fused_threads
x = np.linspace(-5, 5, 1 << 16, dtype=np.float32)
with pool.at_most(2):
    right = gelu_fused_threads(x)
    child = os.fork()
    if child == 0:
        signal.alarm(120)  # where it waits for threads that stayed behind
        os._exit(0 if fork_join.layer() == "" and np.array_equal(gelu_fused_threads(x), right) else 1)
    print(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_computes_on() -> None:
    assert told(FORKED) == "0"


def test_a_users_own_number_of_numba_threads_is_given_back() -> None:
    script = """
import numba, numpy as np
from accel_core.kernels import pool
from accel_core.kernels.gelu.compiled import gelu_fused_threads
pool.thread_count = lambda: 2
numba.set_num_threads(3)
gelu_fused_threads(np.ones(1 << 16))
print(numba.get_num_threads())
"""
    assert told(script) == "3"


ALL = (0, 1)


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> list[list[list[int]]]:
    """The processors of each other thread, at each time that they were bound: of a pretended host of two."""
    seen: list[list[list[int]]] = []

    def bind(masks: np.ndarray, threads: int) -> None:
        assert len(masks) == threads
        rows = [
            [w * 64 + b for w, word in enumerate(row) for b in range(64) if int(word) >> b & 1] for row in masks
        ]
        assert rows[0] == []  # the calling thread stays free
        seen.append(rows[1:])

    monkeypatch.setattr(fork_join, "_bind", bind, raising=False)
    monkeypatch.setattr(fork_join, "_processor", lambda: 0, raising=False)
    monkeypatch.setattr(fork_join, "_team", fork_join._Team())
    monkeypatch.setattr(fork_join.affinity, "thread_cpus", lambda: ALL)
    return seen


def test_the_other_thread_of_two_has_the_processor_that_is_not_the_callers(
    bound: list[list[list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_join._settle(2)
    fork_join._settle(2)
    assert bound == [[[1]]]  # once: the caller is where it was
    monkeypatch.setattr(fork_join, "_processor", lambda: 1)
    fork_join._settle(2)
    assert bound[1:] == [[[0]]]
    monkeypatch.setattr(fork_join.affinity, "thread_cpus", lambda: (70, 1030))
    monkeypatch.setattr(fork_join, "_processor", lambda: 70)
    fork_join._settle(2)
    assert bound[2:] == [[[1030]]]


def test_threads_are_bound_anew_after_all_were_bound_and_set_free_where_there_are_more_processors(
    bound: list[list[list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fork_join._settle(2)
    monkeypatch.setattr(fork_join.affinity, "times_bound", lambda: -1)
    fork_join._settle(2)
    assert bound == [[[1]], [[1]]]
    monkeypatch.setattr(fork_join.affinity, "thread_cpus", lambda: tuple(range(4)))
    fork_join._settle(3)
    fork_join._settle(4)  # nobody is bound any more
    assert bound[2:] == [[[0, 1, 2, 3]] * 2]


def test_a_loop_on_openmp_settles_its_threads_first(monkeypatch: pytest.MonkeyPatch) -> None:
    went: list[object] = []
    monkeypatch.setattr(fork_join, "_layer", "omp")
    monkeypatch.setattr(fork_join, "BINDS", True)
    monkeypatch.setattr(fork_join, "_settle", went.append)
    monkeypatch.setattr(fork_join, "_team", fork_join._Team())
    monkeypatch.setattr(fork_join.numba, "set_num_threads", lambda threads: None)
    for threads in (2, 4):
        fork_join.fork(lambda x, threads: went.append((x, threads)), threads, "x")
    assert went == [2, ("x", 2), ("x", 4)]
    fork_join._team.settled = ("bound",)
    fork_join.fork(lambda threads: None, 4)
    assert went[3:] == [4]


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system pins no threads")
@pytest.mark.parametrize("setting", ["", "OMP_THREAD_LIMIT=1", "OMP_DYNAMIC=true"])
def test_the_callers_own_affinity_is_left_as_it_was(setting: str) -> None:
    script = """
import os, numpy as np
from accel_core import fused_gelu
before = os.sched_getaffinity(0)
for _ in range(3):
    fused_gelu(np.ones(1 << 20, np.float32))
print(os.sched_getaffinity(0) == before)
"""
    name, _, value = setting.partition("=")
    assert told(script, **({name: value} if name else {})) == "True"


def test_openmp_is_told_to_spin_briefly_and_children_are_not() -> None:
    script = """
import os
from accel_core.kernels import fork_join
fork_join.layer()
print(*[name in os.environ for name in fork_join.POLICY])
"""
    assert told(script) == "False False False"
    assert told(script, GOMP_SPINCOUNT="5") == "False True False"


@settings(max_examples=20, deadline=None)
@given(
    m=st.integers(1, 90),
    n=st.integers(1, 300),
    threads=st.integers(1, 40),
    dtype=st.sampled_from(DTYPES),
    copy_cost=st.sampled_from([0, COPY_COST]),
)
def test_cells_cover_the_result_once_and_none_has_two_tiles_more(
    m: int, n: int, threads: int, dtype: str, copy_cost: int
) -> None:
    blocks = plan_here(dtype).blocks
    cells = cells_of(m, n, threads, blocks, copy_cost)
    count = np.zeros((m, n), int)
    for rows, columns in cells:
        count[rows, columns] += 1
        assert rows.start % blocks.mr == 0 or rows.start == m
        assert columns.start % blocks.nr == 0 or columns.start == n
    assert len(cells) == threads and (count == 1).all()
    heights = [-(-(rows.stop - rows.start) // blocks.mr) for rows, _ in cells]
    widths = [-(-(columns.stop - columns.start) // blocks.nr) for _, columns in cells]
    assert max(heights) - min(heights) <= 1 and max(widths) - min(widths) <= 1


def test_several_python_threads_may_call_at_once() -> None:
    random = np.random.default_rng(2)
    a, b = random.random((130, 190)), random.random((190, 370))
    x = random.random((200, 300))
    shape = *a.shape, b.shape[1], a.itemsize, b.strides[0]
    assert work_of(*shape, 2, plan_here("float64")).shapes  # it is packed
    right = softmax_compiled(x), triad_compiled(x, x), gelu_fused(x), a @ b

    def call(number: int) -> bool:
        with pool.at_most(2):
            for _ in range(20):
                found = softmax_compiled_threads(x), triad_compiled_threads(x, x), gelu_fused_threads(x)
                if not all(np.array_equal(one, other) for one, other in zip(found, right[:3], strict=True)):
                    return False
                if not np.allclose(matmul_packed_threads(a, b), right[3], rtol=1e-12):
                    return False
                dot_compiled_threads(a[0], a[0])
        return True

    with ThreadPoolExecutor(6) as callers:
        assert all(callers.map(call, range(6)))
