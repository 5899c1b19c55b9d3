"""A block on real arrays: every operation in its place, right against float64, timed in rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as some

from accel_core.bench.block import attention, rounds, running
from accel_core.bench.block.arrays import Given, given
from accel_core.bench.block.attention import GROUPS, groups
from accel_core.bench.block.flow import block
from accel_core.bench.block.reference import reference, tolerance
from accel_core.bench.block.rungs import compiled_functions
from accel_core.bench.block.steps import Desk
from accel_core.bench.clocks import Clocks, Span
from accel_core.bench.threads import limit
from accel_core.errors import BadInput, WrongResult
from accel_core.kernels import gated
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import CpuTimes, detect
from accel_core.model.packed import unpacked
from accel_core.transformer import PRESETS, STATES, BlockShape, operations, preset, state

SMALL = {"width": 24, "heads": 3, "feed_forward": 40, "sequence": 19, "batch": 2}
FORMS = [
    pytest.param(decode, causal, id=f"{'decode' if decode else 'prefill'}{' causal' if causal else ''}")
    for decode in (False, True)
    for causal in (False, True)
]


def output(shape: BlockShape, start: Given, name: str = "numpy") -> Any:
    desk = Desk(shape, start, state(name), 1)
    for step in block(desk):
        step.call()
    return desk.arrays["feed-forward residual"]


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(("decode", "causal"), FORMS)
@pytest.mark.parametrize("base", [one.name for one in PRESETS])
def test_a_block_is_right_in_every_state_and_runs_the_counted_operations(
    base: str, decode: bool, causal: bool, name: str
) -> None:
    shape = preset(base).shape(**SMALL, decode=decode, causal=causal)
    start = given(shape, 1)
    steps, error = running.checked(shape, start, state(name), 1)
    assert [step.name for step in steps] == [one.name for one in operations(shape)]
    assert error <= tolerance(shape) < 1e-3
    for step, one in zip(steps, operations(shape), strict=True):
        assert (step.how == "library") == one.product
    softmax = next(step for step in steps if step.name == "softmax")
    assert softmax.how == state(name).softmax


@settings(max_examples=25, deadline=None)
@over(
    lengths=some.tuples(*[some.integers(1, 5) for _ in range(3)], some.integers(1, 40), some.integers(1, 3)),
    flags=some.tuples(*[some.booleans() for _ in range(4)]),
    dtype=some.sampled_from(["float32", "float64"]),
    name=some.sampled_from(["numpy", "compiled"]),
)
def test_any_small_shape_is_right(lengths: Any, flags: Any, dtype: str, name: str) -> None:
    heads, head_size, inner, sequence, batch = lengths
    decode, causal, joined, is_gated = flags
    shape = BlockShape(
        *(heads * head_size, heads, inner, sequence, 10, 1, batch, dtype),
        decode=decode,
        causal=causal,
        joined=joined,
        gated=is_gated,
    )
    start = given(shape, 3)
    assert max_relative_error(output(shape, start, name), reference(shape, start)) <= tolerance(shape)


@pytest.mark.parametrize("base", ["gpt2-small", "llama-2-7b"])
def test_decoding_the_last_token_is_the_last_row_of_a_causal_sequence(base: str) -> None:
    whole = preset(base).shape(**SMALL | {"batch": 1}, causal=True, dtype="float64")
    start = given(whole, 5)
    full = Desk(whole, start, state("numpy"), 1)
    for step in block(full):
        step.call()
    width, names = whole.width, ("QKV",) if whole.joined else ("K", "V")
    keys, values = (
        np.split(full.arrays["QKV"], 3, axis=1)[1:] if names == ("QKV",) else [full.arrays[n] for n in names]
    )
    one = replace(whole, decode=True)

    def held(array: Any) -> Any:
        split = array.reshape(1, whole.sequence, whole.heads, whole.head_size).transpose(0, 2, 1, 3).copy()
        split[:, :, -1] = np.nan  # the last token's own, which decoding makes
        return split

    last = replace(start, x=start.x[-1:], keys=held(keys), values=held(values))
    assert start.x.shape == (whole.sequence, width)
    assert np.allclose(output(one, last), full.arrays["feed-forward residual"][-1:], rtol=0, atol=1e-12)


def test_the_reference_is_the_formula_number_by_number() -> None:
    shape = BlockShape(2, 1, 2, 2, 10, 1, dtype="float64", gated=True, joined=False)
    start = given(shape, 7)
    weights, x = start.weights, start.x

    def norm(row: Any, gamma: Any) -> Any:
        return [g * v / (sum(u * u for u in row) / 2 + 1e-5) ** 0.5 for g, v in zip(gamma, row, strict=True)]

    def times(row: Any, weight: Any) -> Any:
        return [sum(v * weight[i][j] for i, v in enumerate(row)) for j in range(2)]

    normed = [norm(row, start.norms["attention norm"][0]) for row in x]
    q, k, v = ([times(row, weights[name]) for row in normed] for name in "QKV")
    rows = []
    for i in range(2):
        powers = [np.exp(sum(a * b for a, b in zip(q[i], key, strict=True))) for key in k]
        mixed = [sum(p * value[j] for p, value in zip(powers, v, strict=True)) / sum(powers) for j in range(2)]
        after = [a + b for a, b in zip(x[i], times(mixed, weights["output projection"]), strict=True)]
        inner = norm(after, start.norms["feed-forward norm"][0])
        gates, ups = times(inner, weights["gate"]), times(inner, weights["up"])
        act = [u * g / (1 + np.exp(-g)) for g, u in zip(gates, ups, strict=True)]
        rows.append([a + b for a, b in zip(after, times(act, weights["down"]), strict=True)])
    assert np.allclose(reference(shape, start), rows, rtol=0, atol=1e-13)


@pytest.mark.parametrize("sequence", [1, 7, 64, 1000])
def test_a_causal_sequence_computes_few_scores_of_later_tokens(sequence: int) -> None:
    shape = preset("gpt2-small").shape(sequence=sequence, causal=True)
    parts = groups(shape)
    assert [token for part in parts for token in range(part.start, part.stop)] == list(range(sequence))
    computed, counted = sum((p.stop - p.start) * p.stop for p in parts), sequence * (sequence + 1) // 2
    assert counted <= computed <= counted * (1 + 1 / GROUPS) + sequence
    assert groups(replace(shape, causal=False)) == [slice(0, sequence)]
    assert groups(replace(shape, decode=True)) == [slice(0, 1)]


def test_no_product_makes_a_hidden_copy() -> None:
    import tracemalloc

    shape = preset("gpt2-small").shape(width=96, heads=3, feed_forward=64, sequence=128)
    for form in (shape, replace(shape, joined=False), replace(shape, decode=True)):
        steps = block(Desk(form, given(form, 0), state("numpy"), 1))
        for step in steps:
            step.call()
        for step in steps:
            tracemalloc.start()
            step.call()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            if step.how == "library":
                assert peak < 4096, step.name


def test_what_is_not_written_is_not_a_number_and_a_wrong_block_is_not_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = preset("gpt2-small").shape(**SMALL)
    right = running.block

    def without_residual(desk: Desk) -> Any:
        *steps, last = right(desk)
        return (*steps[:-5], *steps[-4:], last)  # the feed-forward norm is left out

    monkeypatch.setattr(running, "block", without_residual)
    with pytest.raises(WrongResult, match="in the state numpy gives a wrong result in float32"):
        running.checked(shape, given(shape, 0), state("numpy"), 1)


@pytest.mark.parametrize("joined", [True, False])
def test_a_key_that_decoding_does_not_write_is_found_among_any_number_of_others(
    joined: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of many that is a wrong number would be within the tolerance."""
    shape = preset("gpt2-small").shape(**SMALL | {"sequence": 40_000}, decode=True, joined=joined)
    monkeypatch.setattr(attention, "_and_keep", lambda call, kept: call())
    with pytest.raises(WrongResult):
        running.checked(shape, given(shape, 0), state("numpy"), 1)


def test_everything_that_a_block_compiles_is_foreseen() -> None:
    shape = preset("gpt2-small").shape(**SMALL | {"feed_forward": 1 << 19})
    functions = {one.__name__ for one in compiled_functions(shape, state("compiled"), 2)}
    assert functions == {"softmax_compiled", "layer_norm_compiled", "gelu_fused_threads", "add_compiled"}


@pytest.mark.parametrize("change", ["scale", "mask", "heads"])
def test_the_tolerance_finds_what_is_easily_forgotten(change: str) -> None:
    shape = preset("gpt2-small").shape(**SMALL | {"sequence": 256}, causal=True)
    start = given(shape, 0)
    made = output(shape, start)
    if change == "mask":
        expected = reference(replace(shape, causal=False), start)
    elif change == "scale":
        weights = dict(start.weights, QKV=start.weights["QKV"].copy())
        weights["QKV"][:, :24] *= 1.5
        expected = reference(shape, replace(start, weights=weights))
    else:
        expected = reference(replace(shape, heads=4), start)
    assert max_relative_error(made, expected) > 20 * tolerance(shape)


def test_weights_and_input_are_of_the_same_seed_the_same_and_near_one() -> None:
    shape = preset("llama-2-7b").shape(**SMALL, decode=True)
    a, b, other = given(shape, 1), given(shape, 1), given(shape, 2)
    assert np.array_equal(a.x, b.x) and not np.array_equal(a.x, other.x)
    assert a.keys.shape == (2, 3, 19, 8) and a.x.shape == (2, 24)
    assert 0.8 < np.mean(a.values[:, :, :-1].astype(float) ** 2) < 1.2
    up = a.weights["up"]
    assert up.shape == (24, 40) and 0.8 < 24 * np.mean(up.astype(float) ** 2) < 1.2
    queries = a.weights["Q"]  # which hold 1/sqrt(head_size)
    assert 0.8 < 24 * 8 * np.mean(queries.astype(float) ** 2) < 1.2
    assert all(array.flags.c_contiguous for array in a.weights.values())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("how", ["numpy", "compiled"])
def test_rms_norm_and_swiglu_are_their_formulas(how: str, dtype: str) -> None:
    random = np.random.default_rng(0)
    x, up = (random.uniform(-90, 90, (33, 17)).astype(dtype) for _ in range(2))
    gamma = random.random(17).astype(dtype)
    outs = {} if how == "numpy" else {"out": np.full_like(x, np.nan)}
    wide = x.astype(np.float64)
    normed = getattr(gated, f"rms_norm_{how}")(x, gamma, **outs)
    exact = gamma * wide / np.sqrt((wide**2).mean(axis=1, keepdims=True) + 1e-5)
    assert normed.dtype == dtype and max_relative_error(normed, exact) < 30 * np.finfo(dtype).eps
    made = getattr(gated, f"swiglu_{how}")(x, up, **outs)
    assert max_relative_error(made, wide / (1 + np.exp(-wide)) * up) < 30 * np.finfo(dtype).eps


def test_threads_give_the_same_rows_and_gates() -> None:
    random = np.random.default_rng(0)
    x, up, gamma = random.random((65, 9)), random.random((65, 9)), random.random(9)
    with limit(2):
        for one, shared in ((gated.rms_norm_compiled, gamma), (gated.swiglu_compiled, up)):
            threaded = getattr(gated, f"{one.__name__}_threads")
            assert np.array_equal(threaded(x, shared, np.empty_like(x)), one(x, shared, np.empty_like(x)))


# -- rounds -----------------------------------------------------------------------------------------------


def ticking(step_s: float) -> Clocks:
    """A clock that goes on by `step_s` with each look."""
    at = iter(range(10**9))
    return Clocks(wall=lambda: next(at) * step_s, cpu=lambda: 0.0)


def test_each_operation_is_timed_in_its_place_and_the_whole_in_turns() -> None:
    order: list[str] = []
    clocks = ticking(0.01)
    calls: list[Callable[[], Any]] = [lambda: order.append("a"), lambda: (order.append("b"), clocks.wall())]
    beside = lambda: order.append("square")  # noqa: E731
    found = rounds.take_rounds(calls, 0.02, 0.5, clocks, 1, beside)
    assert order[:10] == ["a", "b", "a", "b", "square", "a", "b", "square", "a", "b"]
    a, b = found.operations
    assert a.time_s.median == pytest.approx(0.01) and found.beside_s == pytest.approx(0.01)
    assert found.whole.time_s.n == a.time_s.n == len(unpacked(a.series.samples)) > 3
    assert set(unpacked(b.series.samples)) == {20_000_000}
    assert unpacked(b.series.starts)[0] - unpacked(a.series.starts)[0] == 10_000_000


def test_a_short_block_makes_many_passes_a_sample() -> None:
    calls: list[Callable[[], Any]] = [lambda: None] * 3
    found = rounds.take_rounds(calls, 1e-4, 1e-9, ticking(1e-5), 1)
    (first, *_) = found.operations
    assert first.series.repetitions == found.whole.series.repetitions == 200
    assert unpacked(first.series.samples) == (2_000_000,) and first.time_s.median == pytest.approx(1e-5)
    assert first.time_s.low is None and found.beside_s is None


def test_threads_that_wait_for_one_another_are_not_called_disturbed() -> None:
    before = CpuTimes(100.0, 50.0, 0.0, 10.0, 2)
    alone = CpuTimes(120.0, 51.0, 0.0, 29.0, 2)  # 19 s of 20 were busy, and all of them were this process's
    beside = CpuTimes(120.0, 51.0, 0.0, 24.0, 2)  # another had 5 s in 10 s of the wall
    span = Span(10.0, 19.0, 0.0, waited_fraction=0.3, processors=2)
    assert rounds.by_others(span, before, alone).waited_fraction == 0
    assert rounds.by_others(span, before, beside).waited_fraction == 0.3
    assert rounds.by_others(replace(span, waited_fraction=0.9), before, beside).waited_fraction == 0.5
    assert span.disturbed_reason(2) and not rounds.by_others(span, before, alone).disturbed_reason(2)
    unknown = replace(span, waited_fraction=None)
    assert rounds.by_others(unknown, before, alone) == unknown == rounds.by_others(unknown, before, before)


def test_a_call_without_work_is_made_before_the_one_that_works() -> None:
    order: list[str] = []
    works, empty = [lambda: order.append("work")] * 2, [lambda: order.append("empty")] * 2
    assert rounds.each_call_s(works, empty, 1.0, ticking(0.5)) == (0.5, 0.5)
    assert order == ["empty", "work"] * 6


@pytest.fixture(scope="module")
def tiny_run() -> Iterator[Any]:
    shape = preset("gpt2-small").shape(**SMALL)
    yield running.measure_block(shape, "compiled", detect(), budget_s=0.05)


def test_a_run_says_what_was_run(tiny_run: Any) -> None:
    assert tiny_run.state == "compiled" and tiny_run.threads == 1 and tiny_run.shape["heads"] == 3
    assert [one.how for one in tiny_run.operations].count("library") == 6
    assert all(one.time_s.median > 0 and one.call_s > 0 for one in tiny_run.operations)
    assert 0 < tiny_run.max_relative_error < 1e-5
    assert tiny_run.library_flop_per_s is None  # no product here is large
    assert type(tiny_run).from_dict(tiny_run.to_dict()) == tiny_run


@pytest.mark.parametrize("changed", [{}, {"causal": True}, {"causal": True, "sequence": 5}, {"decode": True}])
def test_a_block_with_nothing_to_compute_makes_as_many_calls(changed: Any) -> None:
    shape = preset("gpt2-small").shape(**{"sequence": 256, **changed})
    least = running.least_block(shape)
    assert len(groups(least)) == len(groups(shape))
    assert least.rows <= GROUPS and least.width == 4


def test_a_type_that_is_only_counted_is_not_run() -> None:
    with pytest.raises(BadInput, match="float16"):
        running.measure_block(preset("gpt2-small").shape(dtype="float16"), "numpy", detect())
