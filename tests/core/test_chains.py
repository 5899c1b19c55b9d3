"""What the rungs of a chain declare of memory is what NumPy does: operators, arrays, bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel_core.bench.memory import peak_alloc_bytes
from accel_core.model import Kernel, Workload
from accel_core.registry import WORKLOADS

ROOT = Path(__file__).resolve().parents[2]
CHAINS = [workload for workload in WORKLOADS if workload.chain]
RUNGS = [(workload, kernel) for workload in CHAINS for kernel in workload.chain]
NUMPY = [(workload, kernel) for workload, kernel in RUNGS if kernel.family == "numpy" and kernel.operators]
SIZE = 512
"""An array of it is a megabyte in float32: large enough for NumPy to write over what nobody needs again."""


def ids(pairs: list[tuple[Workload, Kernel]]) -> list[str]:
    return [kernel.id for _, kernel in pairs]


def inputs(workload: Workload, kernel: Kernel) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Those of a call in float32, with the result's array where the rung takes one."""
    given = workload.make_inputs(workload.shape(SIZE), "float32", 1)
    return given, {"out": np.empty_like(given[0])} if kernel.writes_out else {}


class Watched(np.ndarray):
    """An array that notes, of each operator on it, how many whole arrays are read and written."""

    seen: list[tuple[int, int]]

    def __array_ufunc__(self, ufunc, method, *given, out=None, **more):  # type: ignore[no-untyped-def]
        plain = [np.asarray(one) if isinstance(one, Watched) else one for one in given]
        if out is not None:
            more["out"] = tuple(np.asarray(one) if isinstance(one, Watched) else one for one in out)
        result = getattr(ufunc, method)(*plain, **more)
        whole = SIZE * SIZE
        reads = {one.ctypes.data for one in plain if isinstance(one, np.ndarray) and one.size == whole}
        writes = int(isinstance(result, np.ndarray) and result.size == whole)
        if reads or writes:
            Watched.seen.append((len(reads), writes))
        if out is not None:
            return out[0]
        return result.view(Watched) if isinstance(result, np.ndarray) else result


def test_the_chains_begin_where_their_first_change_begins() -> None:
    assert {w.name: [kernel.name for kernel in w.chain] for w in CHAINS} == {
        "gelu": [kernel.name for kernel in CHAINS[0].kernels],
        "softmax": ["numpy", "in_place", "compiled", "compiled_threads"],
        "layer_norm": ["numpy", "in_place", "compiled", "compiled_threads"],
        "attention": ["batched", "in_place", "tiles", "tiles_threads"],
        "attention_causal": ["batched", "in_place", "tiles", "tiles_threads"],
    }


@pytest.mark.parametrize(("workload", "kernel"), NUMPY, ids=ids(NUMPY))
def test_numpy_reads_and_writes_as_many_arrays_as_the_operators_of_a_rung_say(
    workload: Workload, kernel: Kernel
) -> None:
    given, more = inputs(workload, kernel)
    Watched.seen = []
    first, *others = given
    kernel.function(first.view(Watched), *others, **{name: out.view(Watched) for name, out in more.items()})
    assert Watched.seen == [(operator.reads, operator.writes) for operator in kernel.operators]


@pytest.mark.parametrize(("workload", "kernel"), RUNGS, ids=ids(RUNGS))
def test_a_call_allocates_as_many_arrays_as_its_rung_says(workload: Workload, kernel: Kernel) -> None:
    given, more = inputs(workload, kernel)
    kernel.function(*given, **more)
    extra = peak_alloc_bytes(lambda: kernel.function(*given, **more))
    one = 4 * workload.array_elements(workload.shape(SIZE))
    small = 0.1 if kernel.operators else 0.25  # beside scores, the result and a mask of all heads
    assert extra / one == pytest.approx(kernel.arrays, abs=small)


COPIED = dict.fromkeys(("attention", "attention_causal"), 6 / 4)
"""Tiles turn the keys first: one more array is read and written, beside q, k, v and o."""


@pytest.mark.parametrize("workload", CHAINS, ids=lambda w: w.name)
def test_at_the_end_of_a_chain_the_least_bytes_are_moved_and_what_it_copies(workload: Workload) -> None:
    shape = workload.shape(SIZE)
    one = 4 * workload.array_elements(shape)
    moved = [
        kernel.moved_bytes(shape, "float32") if kernel.moved_bytes else kernel.moved * one
        for kernel in workload.chain
    ]
    least = workload.least_bytes(shape, "float32") * COPIED.get(workload.name, 1)
    assert moved[-1] == pytest.approx(least, rel=0.01)
    assert min(moved) == moved[-1] > 0


def test_what_draws_and_reads_a_chain_names_no_workload_that_has_one() -> None:
    folders = ("app/fusion/*.py", "accel_core/readings/fusion*.py", "accel_core/figures/**/*.py")
    every = [path for folder in folders for path in ROOT.glob(folder)]
    files = [path for path in every if not path.name.startswith("block_")]  # a block's operations are called so
    assert len(files) > 20
    for path in files:
        text = path.read_text(encoding="utf-8").lower()
        named = [w.name for w in CHAINS if w.name in text or w.title.lower() in text]
        assert not named, (path, named)
