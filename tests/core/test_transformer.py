"""A transformer block: published and hand-counted figures, and the laws that hold for every shape."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from figure_records import peaks
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.intensity import ITEM_BYTES, model
from accel_core.transformer import (
    PRESETS,
    BlockShape,
    Operation,
    Prediction,
    block_roofs,
    check_fits,
    faster,
    head,
    memory_of,
    operations,
    predict,
    preset,
    what_to_measure,
)

GPT2 = preset("gpt2-small")
PEAK, BANDWIDTH = 117.7e9, 35e9


def flop(listed: tuple[Operation, ...]) -> int:
    return sum(one.counted.flop for one in listed)


def moved(listed: tuple[Operation, ...]) -> int:
    return sum(one.counted.bytes for one in listed)


def seconds(predicted: tuple[Prediction, ...]) -> float:
    return sum(one.predicted_s for one in predicted)


def named(listed: tuple[Operation, ...]) -> dict[str, Operation]:
    return {one.name: one for one in listed}


# -- published and hand-counted ------------------------------------------------------------------------------


def test_products_of_gpt2_small_are_those_of_nanogpt_s_notebook() -> None:
    shape = GPT2.shape()
    listed = operations(shape, products_only=True)
    assert {one.name: one.counted.flop for one in listed} == {
        "QKV": 3_623_878_656,
        "QK^T": 1_610_612_736,
        "PV": 1_610_612_736,
        "output projection": 1_207_959_552,
        "up": 4_831_838_208,
        "down": 4_831_838_208,
    }
    assert flop(listed) == 17_716_740_096
    assert shape.layers * flop(listed) == 212_600_881_152
    assert head(shape).counted.flop == 79_047_426_048
    assert shape.layers * flop(listed) + head(shape).counted.flop == 291_648_307_200


def test_weights_of_gpt2_small_are_those_of_nanogpt_s_notebook_without_norms() -> None:
    shape = GPT2.shape()
    assert memory_of(shape).weights_bytes == 4 * (1_769_472 + 589_824 + 2 * 2_359_296)
    assert head(shape).weight_bytes == 4 * 38_597_376


@pytest.mark.parametrize(
    ("sequence", "percent"), [(128, "2.70"), (512, "10.00"), (1024, "18.18"), (4096, "47.06")]
)
def test_the_quadratic_part_grows_with_the_sequence(sequence: int, percent: str) -> None:
    listed = operations(GPT2.shape(sequence=sequence), products_only=True)
    quadratic = sum(one.counted.flop for one in listed if one.name in ("QK^T", "PV"))
    assert Fraction(quadratic, flop(listed)) == Fraction(sequence, 6 * 768 + sequence)
    assert f"{100 * quadratic / flop(listed):.2f}" == percent


@pytest.mark.parametrize(
    ("sequence", "flops", "size"),
    [
        (128, 1_867_972_608, 46_399_488),
        (512, 8_087_666_688, 138_412_032),
        (1024, 17_817_403_392, 349_175_808),
    ],
)
def test_a_block_of_gpt2_small_with_what_is_element_wise(sequence: int, flops: int, size: int) -> None:
    listed = operations(GPT2.shape(sequence=sequence))
    assert (flop(listed), moved(listed)) == (flops, size)


def test_intensities_of_gpt2_small_at_1024_tokens() -> None:
    found = {one.kind: one.counted.flop_per_byte for one in operations(GPT2.shape())}
    assert found == {
        "norm": 0.875,
        "QKV": pytest.approx(184.3, abs=0.05),
        "QK^T": pytest.approx(28.44, abs=0.005),
        "softmax": 0.625,
        "PV": pytest.approx(28.44, abs=0.005),
        "output": pytest.approx(139.6, abs=0.05),
        "residual": pytest.approx(0.0833, abs=5e-5),
        "feed-forward": 192,
        "GELU": 1,
    }


def test_a_decoded_token_of_gpt2_small_is_bound_by_memory_throughout() -> None:
    listed = operations(GPT2.shape(decode=True))
    assert (flop(listed), moved(listed)) == (17_399_808, 34_910_208)
    assert f"{flop(listed) / moved(listed):.3f}" == "0.498"
    assert {one.bound_by for one in predict(listed, PEAK, BANDWIDTH)} == {"memory"}


def test_the_feed_forward_products_twice_as_fast_save_a_quarter_of_gpt2_small() -> None:
    predicted = predict(operations(GPT2.shape()), PEAK, BANDWIDTH)
    assert f"{1e3 * seconds(predicted):.2f}" == "155.02"
    assert f"{1e3 * seconds(faster(predicted, {'feed-forward': 2})):.2f}" == "113.97"


def test_llama_2_on_a_graphics_processor_is_as_llm_viewer_counts_it() -> None:
    """LLM Inference Unveiled, arXiv:2402.16363: Llama-2-7b at 2048 tokens on 154.8 TFLOP/s and 768 GB/s."""
    listed = operations(preset("llama-2-7b").shape(sequence=2048, dtype="float16"))
    found = {one.operation.name: one for one in predict(listed, 154.8e12, 768e9)}
    counts = {name: one.operation.counted for name, one in found.items()}
    assert f"{counts['Q'].flop:.5e} {counts['Q'].bytes:.5e}" == "6.87195e+10 6.71089e+07"
    assert counts["Q"].flop_per_byte == 1024
    assert f"{counts['up'].flop:.5e} {counts['up'].bytes:.5e}" == "1.84684e+11 1.52044e+08"
    assert f"{counts['QK^T'].flop:.5e} {counts['QK^T'].bytes:.4e}" == "3.43597e+10 3.0199e+08"
    assert f"{counts['QK^T'].flop_per_byte:.1f}" == "113.8"
    assert (found["Q"].bound_by, found["QK^T"].bound_by) == ("compute", "memory")


def test_the_gate_and_the_norm_of_llama_are_counted_by_hand() -> None:
    found = {one.kind: one.counted.flop_per_byte for one in operations(preset("llama-2-7b").shape(sequence=3))}
    assert found["SwiGLU"] == 5 / 12  # gate / (1 + exp(-gate)) · up: five FLOP, two arrays read and one written
    assert found["norm"] == 4 / 8  # square, sum, quotient, scaling; one read and one written


def test_products_of_bert_large_at_512_tokens_in_eight_sequences() -> None:
    assert flop(operations(preset("bert-large").shape(batch=8), products_only=True)) == 111_669_149_696


def test_the_smallest_preset_is_a_second_s_work_at_6_gflop_a_second() -> None:
    shape = preset("shakespeare").shape()
    assert round((shape.layers * flop(operations(shape)) + head(shape).counted.flop) / 1e8) == 61
    assert "6.1 GFLOP" in preset("shakespeare").described
    assert not any(word in one.title for one in PRESETS for word in ("FLOP", "("))  # a block is not all of it


# -- laws ----------------------------------------------------------------------------------------------------


@st.composite
def shapes(draw: st.DrawFn) -> BlockShape:
    heads, size = draw(st.integers(1, 40)), draw(st.integers(1, 128))
    length = st.integers(1, 5000)
    return BlockShape(
        heads * size,
        heads,
        *(draw(length) for _ in range(4)),
        batch=draw(st.integers(1, 64)),
        dtype=draw(st.sampled_from(sorted(ITEM_BYTES))),
        **{name: draw(st.booleans()) for name in ("decode", "causal", "joined", "gated")},
    )


RATES = st.floats(1e6, 1e15)


@given(shapes())
def test_names_are_unique_and_each_operation_ends_its_derivation_in_its_numbers(shape: BlockShape) -> None:
    listed = operations(shape)
    assert len(named(listed)) == len(listed) == 12 + 2 * (not shape.joined) + shape.gated
    for one in listed:
        assert f"= {one.counted.flop}. Bytes" in one.counted.derivation
        assert f"= {one.counted.bytes}. Intensity" in one.counted.derivation
        assert len(one.counted.source) > 10
        assert one.weight_bytes + one.result_bytes < one.counted.bytes


@given(shapes())
def test_twice_the_sequences_are_twice_the_work_and_the_same_weights(shape: BlockShape) -> None:
    once, twice = operations(shape), operations(replace(shape, batch=2 * shape.batch))
    for one, two in zip(once, twice, strict=True):
        assert two.counted.flop == 2 * one.counted.flop
        assert two.weight_bytes == one.weight_bytes
        assert two.counted.bytes == 2 * one.counted.bytes - one.weight_bytes


@given(shapes())
def test_a_decoded_token_uses_each_weight_once(shape: BlockShape) -> None:
    """So a product in float32 has at most half a FLOP a byte, and memory bounds it on any processor."""
    for one in operations(replace(shape, decode=True, batch=1)):
        most = 2 if one.product else 4
        assert one.counted.flop * shape.item_bytes <= most * one.counted.bytes


@given(shapes(), RATES, RATES)
def test_no_operation_is_faster_than_either_roof(shape: BlockShape, peak: float, bandwidth: float) -> None:
    for one in predict(operations(shape), peak, bandwidth):
        times = one.operation.counted.flop / peak, one.operation.counted.bytes / bandwidth
        assert one.predicted_s == max(times)
        longer = times[0] - times[1]
        assert abs(longer) < 1e-12 * max(times) or one.bound_by == ("compute" if longer > 0 else "memory")


@given(shapes(), RATES, RATES, st.floats(0.01, 1e6), st.data())
def test_making_a_part_faster_obeys_amdahl(
    shape: BlockShape, peak: float, bandwidth: float, factor: float, data: st.DataObject
) -> None:
    predicted = predict(operations(shape), peak, bandwidth)
    chosen = data.draw(st.sampled_from(sorted({one.operation.kind for one in predicted})))
    whole_s = seconds(predicted)
    share = sum(one.predicted_s for one in predicted if one.operation.kind == chosen) / whole_s
    gain = whole_s / seconds(faster(predicted, {chosen: factor}))
    assert gain == pytest.approx(1 / (1 - share + share / factor))


@given(shapes())
def test_causal_attention_is_that_of_each_token_on_those_up_to_it(shape: BlockShape) -> None:
    one, half = named(operations(replace(shape, causal=False))), named(operations(replace(shape, causal=True)))
    tokens = range(1 if not shape.decode else shape.sequence, shape.sequence + 1)
    for name in one:
        by_hand = (
            Fraction(sum(tokens), shape.tokens * shape.sequence) if name in ("QK^T", "softmax", "PV") else 1
        )
        assert half[name].counted.flop == by_hand * one[name].counted.flop
        assert half[name].counted.bytes <= one[name].counted.bytes


@given(shapes())
def test_attention_s_products_are_those_of_the_whole_attention(shape: BlockShape) -> None:
    """As accel_core.intensity counts it, with a scaling, and softmax with 5 s - 2 FLOP a row."""
    shape = replace(shape, decode=False, causal=False)
    dims = (shape.batch, shape.heads, shape.sequence, shape.head_size)
    whole = model("attention").estimate(dims, shape.dtype, "stream")
    parts = [named(operations(shape))[name] for name in ("QK^T", "softmax", "PV")]
    scores = shape.batch * shape.heads * shape.sequence**2
    assert flop(tuple(parts)) == whole.flop - scores + 2 * shape.batch * shape.heads * shape.sequence
    assert moved(tuple(parts)) == whole.bytes


@given(shapes())
def test_each_array_of_a_block_is_held_once(shape: BlockShape) -> None:
    memory, item = memory_of(shape), shape.item_bytes
    inner = (3 if shape.gated else 2) * shape.feed_forward
    pairs = shape.tokens * shape.sequence
    if shape.causal and not shape.decode:
        pairs = shape.sequence * (shape.sequence + 1) // 2
    # x, norm, Q, attention, output, residual, norm, down, residual; up, activation; scores, probabilities
    activations = shape.rows * (9 * shape.width + inner) + 2 * shape.batch * shape.heads * pairs
    assert memory.activations_bytes == activations * item
    assert memory.keys_values_bytes == 2 * shape.batch * shape.sequence * shape.width * item
    products = 3 if shape.gated else 2
    weights = 4 * shape.width**2 + products * shape.width * shape.feed_forward
    assert memory.weights_bytes == weights * item


@given(shapes(), st.floats(0.01, 1.5))
@settings(max_examples=50)
def test_what_does_not_fit_is_refused_with_the_largest_that_does(shape: BlockShape, share: float) -> None:
    limit_bytes = int(share * memory_of(shape).total_bytes)
    if share >= 1:
        check_fits(shape, limit_bytes)
        return
    with pytest.raises(BadInput) as refused:
        check_fits(shape, limit_bytes)
    _, said, largest = str(refused.value).rpartition("the largest that fits is ")
    if said:
        fits = int(largest.rstrip("."))
        assert memory_of(replace(shape, sequence=fits)).total_bytes <= limit_bytes
        assert memory_of(replace(shape, sequence=fits + 1)).total_bytes > limit_bytes
    else:
        assert "not even" in str(refused.value)
        assert memory_of(replace(shape, sequence=1)).total_bytes > limit_bytes


# -- presets, refusals, roofs --------------------------------------------------------------------------------


@pytest.mark.parametrize("which", PRESETS, ids=lambda one: one.name)
def test_a_preset_has_a_source_and_makes_a_shape(which: object) -> None:
    shape = which.shape()
    assert len(which.source) > 40
    assert shape.width == shape.heads * shape.head_size
    assert preset(which.also or which.name) is which


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"heads": 7}, "6 and 8 do"),
        ({"heads": 769}, "768 do"),
        ({"width": 0}, "width is 0"),
        ({"sequence": -1}, "sequence is -1"),
        ({"feed_forward": 2**40}, "2147483647"),
        ({"batch": "many"}, "'many'"),
        ({"vocabulary": 2.0}, "2.0"),
        ({"layers": True}, "True"),
        ({"dtype": "int8"}, "bfloat16"),
    ],
)
def test_a_shape_that_is_none_is_refused_in_a_sentence(changed: dict[str, object], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        GPT2.shape(**changed)


def test_an_unknown_preset_operation_factor_or_roof_is_refused_in_a_sentence() -> None:
    predicted = predict(operations(GPT2.shape()), PEAK, BANDWIDTH)
    with pytest.raises(BadInput, match="did you mean 'bert-large'"):
        preset("bert-lrge")
    with pytest.raises(BadInput, match="did you mean 'softmax'"):
        faster(predicted, {"sofmax": 2})
    for factor in (0, -1, float("inf"), float("nan")):
        with pytest.raises(BadInput, match="positive"):
            faster(predicted, {"PV": factor})
    with pytest.raises(BadInput, match="bandwidth of 0"):
        predict(operations(GPT2.shape()), PEAK, 0)


def test_a_name_counts_before_its_kind_and_capitals_do_not_matter() -> None:
    predicted = predict(operations(GPT2.shape()), PEAK, BANDWIDTH)
    changed = faster(predicted, {"Feed-Forward": 2, "down": 4})
    gains = {a.operation.name: a.predicted_s / b.predicted_s for a, b in zip(predicted, changed, strict=True)}
    assert {name: gain for name, gain in gains.items() if gain != 1} == {"up": 2, "down": 4}


def test_roofs_are_the_highest_of_the_type_and_of_dram() -> None:
    known = peaks().ceilings
    found = block_roofs(known, "float32", 1)
    assert found is not None
    compute, memory = found
    assert compute.value == max(
        c.value
        for c in known
        if (c.kind, c.dtype, c.threads, c.source) == ("compute", "float32", 1, "measured")
    )
    assert memory.level == "DRAM"
    assert block_roofs(known, "float16", 1) is None
    assert block_roofs([c for c in known if c.level != "DRAM"], "float32", 1) is None
    assert "accel peaks" in what_to_measure("float32", 1)
    assert "type --peak" in what_to_measure("float16", 2)
