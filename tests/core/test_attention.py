"""Attention: every rung against sums that are exact, at masks, huge scores and NaN; tiles, threads, memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import recorded_hosts as hosts
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from accel_core import registry
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import pool
from accel_core.kernels.attention import compiled
from accel_core.kernels.attention.lengths import UNITS, lengths, shares
from accel_core.kernels.attention.workload import ATTENTION, ATTENTION_CAUSAL
from accel_core.kernels.matmul import panels
from accel_core.kernels.matmul.blocking import L1, L2, SHARES, blocking
from accel_core.kernels.matmul.micro_kernel import ROWS
from accel_core.kernels.matmul.plan import detected_bytes
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES, Case, Kernel, Workload
from accel_core.model.words import UNIT_ROUNDOFF

BOTH = [ATTENTION, ATTENTION_CAUSAL]
RUNGS = [(workload, kernel) for workload in BOTH for kernel in workload.kernels]
TILES = [pair for pair in RUNGS if pair[1].name.startswith("tiles")]


def ids(pairs: list[tuple[Workload, Kernel]]) -> list[str]:
    return [kernel.id for _, kernel in pairs]


def exact(q: Any, k: Any, v: Any, mask: Any, causal: bool) -> NDArray:
    """Attention of one head by exact sums."""
    o = np.zeros((len(q), v.shape[1]))
    for i, asking in enumerate(q):
        seen = len(k) - len(q) + i + 1 if causal else len(k)
        scores = [
            math.fsum(map(float.__mul__, asking.tolist(), key.tolist())) / math.sqrt(len(asking)) + added
            for key, added in zip(k[: max(seen, 0)], mask[i].tolist(), strict=False)
        ]
        top = max(scores, default=-math.inf)
        if top == -math.inf:
            continue
        powers = [math.exp(score - top) for score in scores]
        for p in range(v.shape[1]):
            terms = [power * float(value) for power, value in zip(powers, v[:, p], strict=False)]
            o[i, p] = math.fsum(terms) / math.fsum(powers)
    return o


@st.composite
def questions(draw: st.DrawFn) -> tuple[Any, ...]:
    """q, k and v of whole numbers times powers of two, whose scores float32 holds exactly, and a mask."""
    heads, queries, keys = draw(st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 80)))
    size = draw(st.sampled_from((1, 4, 16)))
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    spread = draw(st.sampled_from((-2, 0, 3, 40)))  # scores up to 2^87: 2^40 apart, most powers are 0
    whole = [random.integers(-3, 4, (1, heads, n, size)) for n in (queries, keys, keys)]
    q, k, v = (x * 2.0**more for x, more in zip(whole, (spread, spread, 0), strict=True))
    shape = draw(
        st.sampled_from(((1, heads, queries, keys), (queries, keys), (1, 1, queries, 1), (heads, 1, keys)))
    )
    mask = random.choice([0.0, 0.0, 0.5, -2.0, -np.inf], shape)
    if draw(st.booleans()):
        mask[..., : shape[-2] // 2 + 1, :] = -np.inf  # whole rows, or all
    return q, k, v, draw(st.sampled_from((mask, None)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("workload", BOTH, ids=lambda w: w.name)
@settings(max_examples=20)
@given(question=questions())
def test_every_rung_is_as_near_to_exact_sums_as_its_roundings_allow(
    workload: Workload, dtype: str, question: tuple[Any, ...]
) -> None:
    """A power is off by 2 u |t| ln 2 of itself for its exponent t, which is less than u beside the largest
    power, and by some u of its own; a sum of n terms by n u of their sizes (Higham, Accuracy and Stability, 2nd
    ed., section 4.2). What is less than the least normal number may be 0."""
    *arrays, mask = question
    q, k, v = (x.astype(dtype) for x in arrays)
    whole = np.broadcast_to(0.0 if mask is None else mask, (*q.shape[:3], k.shape[2]))
    heads = range(q.shape[1])
    wanted = [exact(q[0, h], k[0, h], v[0, h], whole[0, h], workload is ATTENTION_CAUSAL) for h in heads]
    off = (2 * k.shape[2] + 40) * UNIT_ROUNDOFF[dtype] + 3 * k.shape[2] * np.finfo(dtype).tiny
    for kernel in workload.kernels:
        with pool.at_most(2):
            result = kernel.function(q, k, v, mask=mask)
        assert result.dtype == dtype and result.shape == q.shape
        assert (abs(result - [wanted]) <= off * abs(v).max()).all(), kernel.id


@pytest.mark.parametrize("workload", BOTH, ids=lambda w: w.name)
def test_the_reference_is_the_exact_sum(workload: Workload) -> None:
    q, k, v = workload.make_inputs((2, 1, 5, 300, 3), "float64", 3)
    found = workload.reference(q, k, v)
    for batch in range(2):
        nothing = np.zeros((5, 300))
        wanted = exact(q[batch, 0], k[batch, 0], v[batch, 0], nothing, workload is ATTENTION_CAUSAL)
        np.testing.assert_allclose(found[batch, 0], wanted, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(1, 1, 400, 1300, 64), (1, 2, 700, 650, 96), (2, 1, 1, 1100, 8)], ids=str)
@pytest.mark.parametrize(("workload", "kernel"), TILES, ids=ids(TILES))
def test_tiles_are_right_across_their_edges(
    workload: Workload, kernel: Kernel, shape: tuple[int, ...], dtype: str
) -> None:
    inputs = workload.make_inputs(shape, dtype, 5)
    with pool.at_most(3):
        error = max_relative_error(kernel.function(*inputs), workload.reference(*inputs))
    assert error <= workload.tolerance(shape, dtype)


@pytest.mark.parametrize("direction", [1, -1], ids=["rising", "falling"])
@pytest.mark.parametrize(("workload", "kernel"), TILES, ids=ids(TILES))
def test_a_later_tile_may_bring_scores_that_are_larger_by_more_than_a_power_can_hold(
    workload: Workload, kernel: Kernel, direction: int
) -> None:
    """The score of key j is j / 4, or the other way round: e^400 is more than float32 holds."""
    q = np.full((1, 1, 3, 4), 0.125, np.float32)
    k = np.repeat(np.arange(1600, dtype=np.float32)[::direction], 4).reshape(1, 1, 1600, 4)
    v = np.random.default_rng(1).integers(-3, 4, k.shape).astype(np.float32)
    wanted = exact(q[0, 0], k[0, 0], v[0, 0], np.zeros((3, 1600)), workload is ATTENTION_CAUSAL)
    np.testing.assert_allclose(kernel.function(q, k, v)[0, 0], wanted, rtol=0, atol=2e-5)


def test_an_answer_that_forgets_one_key_is_not_tolerated() -> None:
    shape = (1, 1, 1024, 1024, 64)
    q, k, v = ATTENTION.make_inputs(shape, "float32", 5)
    without = ATTENTION.reference(q, k[:, :, 1:], v[:, :, 1:])
    error = max_relative_error(without, ATTENTION.reference(q, k, v))
    assert error > 20 * ATTENTION.tolerance(shape, "float32")


@pytest.mark.parametrize(("workload", "kernel"), RUNGS, ids=ids(RUNGS))
def test_only_the_query_that_met_nan_or_infinity_is_nan_and_one_that_sees_nothing_is_0(
    workload: Workload, kernel: Kernel
) -> None:
    q, k, v = workload.make_inputs((1, 1, 12, 70, 4), "float32", 7)
    clean = kernel.function(q, k, v)
    mask = np.zeros((12, 70), np.float32)
    q[0, 0, 3], mask[5, 0], mask[7], mask[9, :60] = np.nan, np.inf, -np.inf, -np.inf
    mask[11, 1:] = -np.inf
    q[0, 0, 11] = -np.nan  # alone among scores of -inf, and of either sign
    found = kernel.function(q, k, v, mask=mask)[0, 0]
    assert np.isnan(found[[3, 5, 11]]).all()
    assert (found[7] == 0).all()
    assert np.isfinite(found[9]).all() and found[9].any()
    untouched = [0, 1, 2, 4, 6, 8, 10]
    np.testing.assert_allclose(found[untouched], clean[0, 0][untouched], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("workload", "kernel"), RUNGS, ids=ids(RUNGS))
@pytest.mark.filterwarnings("error")
def test_a_mask_may_hide_with_the_least_number_of_float64_and_show_nothing_after_a_causal_query(
    workload: Workload, kernel: Kernel
) -> None:
    q, k, v = workload.make_inputs((1, 1, 4, 6, 4), "float32", 7)
    mask, hidden = np.zeros((4, 6)), np.zeros((4, 6), np.float32)
    mask[:, 1], hidden[:, 1] = np.finfo(np.float64).min, -np.inf
    if workload is ATTENTION_CAUSAL:
        mask[0, 5] = np.inf
    np.testing.assert_array_equal(kernel.function(q, k, v, mask=mask), kernel.function(q, k, v, mask=hidden))


@pytest.mark.parametrize(("workload", "kernel"), TILES, ids=ids(TILES))
def test_no_array_of_scores_is_there_in_tiles(workload: Workload, kernel: Kernel) -> None:
    """What a call allocates, and the room that it keeps, which no tracer sees."""
    shape = (1, 1, 4096, 4096, 64)
    inputs = workload.make_inputs(shape, "float32", 1)
    with pool.at_most(2):
        extra = peak_alloc_bytes(lambda: kernel.function(*inputs))
    kept = sum(array.nbytes for array in panels._kept.arrays)
    assert extra < 1.1 * inputs[0].nbytes
    assert inputs[1].nbytes <= kept < 1.5 * inputs[1].nbytes
    assert extra + kept < workload.array_elements(shape) * 4 / 20


@pytest.mark.parametrize("name", ["batched", "in_place", "keys_transposed"])
def test_all_scores_are_there_in_the_others_as_often_as_they_say(name: str) -> None:
    inputs = ATTENTION.make_inputs((1, 4, 300, 300, 4), "float32", 1)
    kernel = ATTENTION.kernel(name)
    extra = peak_alloc_bytes(lambda: kernel.function(*inputs))
    assert extra / (4 * 300 * 300 * 4) == pytest.approx(kernel.arrays, abs=0.1)


def test_scores_count_in_the_memory_that_a_case_needs() -> None:
    scores = 12 * 4096 * 4096 * 4
    assert registry.needed_bytes(Case("attention/batched", 4096)) > 3 * scores
    assert registry.needed_bytes(Case("attention/tiles", 4096)) < scores / 3


@pytest.mark.parametrize("workload", BOTH, ids=lambda w: w.name)
def test_what_a_rung_moves_grows_with_the_square_where_scores_are_stored(workload: Workload) -> None:
    for kernel in workload.kernels[1:]:
        assert kernel.moved_bytes is not None and kernel.moved_text is not None
        small, large = (kernel.moved_bytes(workload.shape(size), "float32") for size in (2048, 4096))
        fused = kernel.name.startswith("tiles")
        assert large / small == (2 if fused else pytest.approx(4, rel=0.05))
        assert f"= {large}." in kernel.moved_text(workload.shape(4096), "float32")


@pytest.mark.parametrize("workload", BOTH, ids=lambda w: w.name)
def test_a_copy_of_the_keys_is_counted_where_one_is_made(workload: Workload) -> None:
    """Keys are read and written once more; q, k, v and o are each as large."""
    shape = workload.shape(256)
    least = workload.least_bytes(shape, "float32")
    moved = {k.name: k.moved_bytes(shape, "float32") for k in workload.kernels if k.moved_bytes}
    assert moved["keys_transposed"] == moved["in_place"] + least // 2
    assert moved["tiles"] == moved["tiles_threads"] == least + least // 2


# -- how the work is shared out ------------------------------------------------------------------------------


@pytest.mark.parametrize(("workload", "kernel"), TILES, ids=ids(TILES))
def test_every_way_to_share_the_work_gives_the_same_numbers(
    workload: Workload, kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = workload.make_inputs((1, 2, 230, 300, 16), "float32", 1)
    alone = workload.kernel("tiles").function(*inputs)
    with pool.at_most(2):
        assert np.array_equal(kernel.function(*inputs), alone)
        monkeypatch.setattr(compiled, "can_fork", lambda threads: False)
        assert np.array_equal(kernel.function(*inputs), alone)
    apart = np.full((2, *alone.shape), np.nan, alone.dtype).transpose(1, 2, 3, 4, 0)[..., 0]
    assert kernel.function(*inputs, out=apart) is apart
    assert np.array_equal(apart, alone)


@given(
    st.integers(1, 20),
    st.integers(1, 700),
    st.integers(1, 700),
    st.booleans(),
    st.integers(1, 70),
    st.integers(1, 99),
)
def test_every_query_is_one_threads_and_no_thread_has_much_more_to_do(
    heads: int, queries: int, keys: int, causal: bool, threads: int, most: int
) -> None:
    ahead = keys - queries + 1 if causal else keys
    work = shares(heads, queries, keys, ahead, threads, most)
    done = [(head, i) for head, first, last in work.units.tolist() for i in range(first, last)]
    assert done == [(head, i) for head in range(heads) for i in range(queries)]
    assert work.bounds[0] == 0 and work.bounds[-1] == len(work.units) and len(work.bounds) == threads + 1
    assert work.queries <= most + ROWS
    cost = [sum(min(max(i + ahead, 0), keys) + 1 for i in range(first, last)) for _, first, last in work.units]
    each = [sum(cost[a:b]) for a, b in zip(work.bounds[:-1], work.bounds[1:], strict=True)]
    assert sum(each) == sum(cost)
    assert max(each) <= sum(cost) / threads + max(cost)


def test_few_heads_fill_many_cores_and_a_thread_has_several_tiles_where_there_is_enough() -> None:
    work = shares(12, 512, 512, 512, 64, 10**6)
    assert (np.diff(work.bounds) > 0).all()
    work = shares(12, 4096, 4096, 1, 4, 10**6)
    assert len(work.units) >= 4 * UNITS


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("head_size", [1, 64, 128, 5000])
def test_tiles_fit_the_caches_that_they_are_made_for(head_size: int, dtype: str) -> None:
    for name in hosts.NAMES:
        machine = hosts.machine(name)
        blocks, item = blocking(dtype, caches := detected_bytes(machine)), np.dtype(dtype).itemsize
        tile = lengths(blocks, head_size)
        assert tile.keys % tile.nr == 0 and tile.queries % ROWS == 0
        least = tile.keys == tile.nr or tile.queries == ROWS
        if L1 in caches and not least:
            assert ROWS * tile.keys * item <= caches[L1] * SHARES[L1]
        if L2 in caches and not least:
            assert 2 * head_size * (tile.keys + tile.queries) * item <= caches[L2] * SHARES[L2]
