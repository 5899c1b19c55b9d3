"""FLOP and byte models: each against a published or hand-counted figure, and the laws that hold for all."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.intensity import CONVENTIONS, ITEM_BYTES, MODELS, model
from accel_core.intensity.neural import GELU_STEPS


def intensity(name, shape, dtype="float64", convention="least"):
    return model(name).estimate(shape, dtype, convention).flop_per_byte


def moved_bytes(name, shape, dtype="float64", convention="least"):
    return model(name).estimate(shape, dtype, convention).bytes


# -- laws ----------------------------------------------------------------------------------------------------


@st.composite
def questions(draw, smallest=0):
    """(model, shape, dtype)."""
    which = draw(st.sampled_from(MODELS))
    ends = [(min(max(axis.low, smallest), axis.high), min(axis.high, 5000)) for axis in which.parameters]
    shape = tuple(draw(st.integers(low, high)) for low, high in ends)
    return which, shape, draw(st.sampled_from(sorted(ITEM_BYTES)))


@st.composite
def estimates_of_one_model(draw, smallest=0):
    which, shape, dtype = draw(questions(smallest))
    return {c: which.estimate(shape, dtype, c) for c in CONVENTIONS}


@given(questions(), st.sampled_from(CONVENTIONS))
def test_bytes_without_a_derivation_are_those_of_the_estimate(question, convention):
    which, shape, dtype = question
    assert which.bytes_moved(shape, dtype, convention) == which.estimate(shape, dtype, convention).bytes
    with pytest.raises(BadInput, match="entries"):
        which.bytes_moved((*shape, 1), dtype, convention)


@given(estimates_of_one_model())
def test_least_bytes_are_at_most_stream_bytes_and_those_at_most_write_allocate_bytes(by_convention):
    least, stream, allocate = (by_convention[c].bytes for c in CONVENTIONS)
    assert 0 <= least <= stream <= allocate


@given(estimates_of_one_model())
def test_the_work_does_not_depend_on_how_bytes_are_counted(by_convention):
    assert len({estimate.flop for estimate in by_convention.values()}) == 1


@given(estimates_of_one_model(smallest=2))
def test_intensity_is_positive_and_the_quotient_of_work_and_traffic(by_convention):
    for estimate in by_convention.values():
        assert isinstance(estimate.flop, int)
        assert isinstance(estimate.bytes, int)
        assert estimate.flop_per_byte == estimate.flop / estimate.bytes > 0


@given(estimates_of_one_model())
def test_the_derivation_ends_in_the_numbers_it_derives(by_convention):
    for convention, estimate in by_convention.items():
        assert f"= {estimate.flop}. Bytes ({convention}" in estimate.derivation
        assert f"= {estimate.bytes}. Intensity" in estimate.derivation


def test_a_derivation_reads_as_formulas_with_the_numbers_put_in():
    assert model("stencil7").estimate((2, 3, 4), "float64", "write_allocate").derivation == (
        "FLOP = 8·nx·ny·nz = 8·2·3·4 = 192. Bytes (write_allocate: as STREAM counts, and lines written without "
        "being read are read first) = read a 2·3·4·8 B + allocate b 2·3·4·8 B + write b 2·3·4·8 B = 576. "
        "Intensity = 192 / 576 = 0.333 FLOP/B."
    )
    assert "read 2×a 4·6·8 B" in model("matmul_tiled").estimate((4, 6, 6, 3), "float64", "stream").derivation


@pytest.mark.parametrize("which", MODELS, ids=lambda m: m.name)
def test_every_model_has_a_source_and_defaults_that_it_accepts(which):
    estimate = which.estimate(which.defaults)
    assert estimate.flop > 0
    assert estimate.source == which.source
    assert len(which.source) > 10
    assert which.title
    assert all(axis.meaning for axis in which.parameters)


def test_model_names_are_unique():
    assert len({m.name for m in MODELS}) == len(MODELS)


@pytest.mark.parametrize("which", MODELS, ids=lambda m: m.name)
def test_halving_the_element_halves_the_bytes_of_floating_point_arrays(which):
    double = which.estimate(which.defaults, "float64").bytes
    single = which.estimate(which.defaults, "float32").bytes
    half = which.estimate(which.defaults, "bfloat16").bytes
    assert double - single == 2 * (single - half)  # what is left over is the integers of a sparse matrix


# -- vectors -------------------------------------------------------------------------------------------------


def test_adding_a_vector_in_place_is_one_flop_for_24_bytes():
    """0.0417 in the Roofline introduction of Lawrence Berkeley National Laboratory."""
    for convention in CONVENTIONS:  # y is read before it is written: nothing to allocate
        assert intensity("increment", (1000,), "float64", convention) == 1 / 24


def test_axpy_is_two_flop_for_24_bytes():
    assert intensity("axpy", (1000,)) == 2 / 24


@pytest.mark.parametrize(
    ("name", "counted", "with_allocation"), [("scale", 16, 24), ("add", 24, 32), ("triad", 24, 32)]
)
def test_stream_kernels_move_the_bytes_that_stream_states(name, counted, with_allocation):
    """stream.c 5.10: 2 or 3 times sizeof(double) per iteration; a store that allocates adds 8."""
    assert moved_bytes(name, (1000,), "float64", "stream") == counted * 1000
    assert moved_bytes(name, (1000,), "float64", "write_allocate") == with_allocation * 1000


def test_dot_product_is_an_eighth_flop_per_byte_in_float64():
    assert intensity("dot", (1000,)) == 2 / 16


# -- dense ---------------------------------------------------------------------------------------------------


def test_matvec_counts_the_matrix_and_both_vectors():
    assert moved_bytes("matvec", (3, 5)) == 8 * (3 * 5 + 5 + 3)
    assert model("matvec").estimate((3, 5)).flop == 30


@pytest.mark.parametrize("n", [6, 512, 1024])
def test_square_matrix_product_in_float32_is_n_over_six(n):
    assert intensity("matmul", (n, n, n), "float32") == pytest.approx(n / 6)


def test_matrix_product_counts_each_shape_of_its_own():
    estimate = model("matmul").estimate((2, 3, 5), "float32")
    assert estimate.flop == 2 * 2 * 3 * 5
    assert estimate.bytes == 4 * (2 * 3 + 3 * 5 + 2 * 5)
    assert moved_bytes("matmul", (2, 3, 5), "float32", "write_allocate") == estimate.bytes + 4 * 2 * 5


def test_a_tile_as_large_as_b_moves_the_least():
    assert moved_bytes("matmul_tiled", (100, 60, 80, 80), convention="stream") == moved_bytes(
        "matmul", (100, 60, 80), convention="stream"
    )


def test_the_tiled_product_reloads_a_and_c_once_for_each_tile():
    """m=4, k=6, n=9, tile=3: three columns of tiles and two rows of tiles, counted by hand."""
    a, b, c = 4 * 6, 6 * 9, 4 * 9
    assert moved_bytes("matmul_tiled", (4, 6, 9, 3), convention="stream") == 8 * (3 * a + b + (1 + 2) * c)


def test_a_tile_that_does_not_divide_counts_the_rest_as_a_tile():
    a, b, c = 4 * 7, 7 * 10, 4 * 10
    assert moved_bytes("matmul_tiled", (4, 7, 10, 3), convention="stream") == 8 * (4 * a + b + (2 + 3) * c)


def test_the_tiled_product_approaches_two_thirds_of_the_tile_per_element():
    """2 t FLOP for each a read, c read and c written: 2 t / (3 itemsize) FLOP/B where matrices are large."""
    shape = (1 << 20, 1 << 20, 1 << 20, 64)
    assert intensity("matmul_tiled", shape, "float32", "stream") == pytest.approx(2 * 64 / (3 * 4), rel=1e-3)


def test_convolutions_of_vgg16_are_the_published_15_3_billion_multiply_adds():
    """He et al. 2016, Deep Residual Learning: 15.3 billion FLOP with a multiply-add counted as one."""
    layers = [(3, 64, 224), (64, 64, 224), (64, 128, 112), (128, 128, 112), (128, 256, 56)]
    layers += [(256, 256, 56)] * 2 + [(256, 512, 28)] + [(512, 512, 28)] * 2 + [(512, 512, 14)] * 3
    conv = model("conv2d")
    flop = sum(conv.estimate((3, c_in, c_out, side, side, 1)).flop for c_in, c_out, side in layers)
    assert flop / 2 == pytest.approx(15.3e9, rel=0.005)


def test_a_one_by_one_convolution_is_a_matrix_product():
    as_product = model("matmul").estimate((64, 128, 10 * 12))
    as_convolution = model("conv2d").estimate((1, 128, 64, 10, 12, 1))
    assert (as_convolution.flop, as_convolution.bytes) == (as_product.flop, as_product.bytes)


def test_convolution_counts_image_filters_and_result():
    """2 images of 3 channels, 4 by 5; 7 filters of 3 channels, 3 by 3."""
    assert moved_bytes("conv2d", (3, 3, 7, 4, 5, 2), "float32") == 4 * (2 * 3 * 20 + 7 * 3 * 9 + 2 * 7 * 20)


# -- transformer pieces --------------------------------------------------------------------------------------


def test_gelu_in_steps_moves_18_arrays_and_fused_two():
    """Counted by hand: eight steps write 8 arrays and read 10; an array that is written is first read: 26."""
    assert len(GELU_STEPS) == 8
    assert moved_bytes("gelu_steps", (100,), "float32", "stream") == 18 * 400
    assert moved_bytes("gelu_steps", (100,), "float32", "write_allocate") == 26 * 400
    assert moved_bytes("gelu", (100,), "float32", "stream") == 2 * 400
    assert moved_bytes("gelu_steps", (100,), "float32", "least") == 2 * 400


def test_gelu_is_nine_flop_an_element_either_way():
    assert model("gelu_steps").estimate((100,)).flop == model("gelu").estimate((100,)).flop == 900


def test_the_gelu_steps_compute_gelu():
    """The named steps, run as they are written, against the definition."""
    x = np.linspace(-3, 3, 7)
    have = {"x": x}
    run = {
        "cube": lambda x: x * x * x,
        "scaled": lambda cube: 0.044715 * cube,
        "inner": lambda x, scaled: x + scaled,
        "argument": lambda inner: math.sqrt(2 / math.pi) * inner,
        "tanh": np.tanh,
        "plus_one": lambda tanh: 1 + tanh,
        "half": lambda x: 0.5 * x,
        "y": lambda half, plus_one: half * plus_one,
    }
    for name, reads, *_ in GELU_STEPS:
        have[name] = run[name](*(have[r] for r in reads))
    exact = [0.5 * v * (1 + math.erf(v / math.sqrt(2))) for v in x]
    np.testing.assert_allclose(have["y"], exact, atol=2e-3)


def test_safe_softmax_makes_four_accesses_an_element():
    """Milakov and Gimelshein 2018, section 3: three loads and one store."""
    assert moved_bytes("softmax", (10, 32), "float32", "stream") == 4 * 4 * 10 * 32
    assert model("softmax").estimate((1, 3)).flop == 2 + 3 + 3 + 2 + 3


def test_layer_norm_of_one_row_of_four_counted_by_hand():
    """Mean 3 + 1; differences 4, squares 4, sum 3, quotient 1; + ε, root, 1/x; 4 each for -, ×, gamma, beta."""
    assert model("layer_norm").estimate((1, 4)).flop == (3 + 1) + (4 + 4 + 3 + 1) + 3 + 4 * 4
    assert moved_bytes("layer_norm", (10, 4), "float32", "least") == 4 * (40 + 40 + 4 + 4)


def test_attention_products_are_the_published_four_s_squared_d():
    """FlashAttention-2, section 4.1: 4 s² d FLOP a head; scaling and softmax come on top here."""
    batch, heads, s, d = 2, 12, 128, 64
    products = 4 * s * s * d * heads * batch
    softmax = batch * heads * model("softmax").estimate((s, s)).flop
    assert model("attention").estimate((batch, heads, s, d)).flop == products + batch * heads * s * s + softmax


def test_attention_with_scores_in_memory_moves_four_square_arrays_more():
    """FlashAttention, algorithm 0: scores written and read, probabilities written and read."""
    shape = (2, 12, 128, 64)
    extra = moved_bytes("attention", shape, convention="stream") - moved_bytes(
        "attention_fused", shape, convention="stream"
    )
    assert extra == 8 * 4 * 2 * 12 * 128 * 128
    assert moved_bytes("attention_fused", shape) == 8 * 4 * 2 * 12 * 128 * 64


GPT2_AT_1024 = (
    # what `accel intensity` is asked, its shape, FLOP/B in float32
    ("layer_norm_per_element", (1024, 768), "0.875"),
    ("matmul", (1024, 768, 3 * 768), "184.3"),
    ("query_key", (1, 12, 1024, 1024, 64, 0), "28.44"),
    ("softmax_per_element", (1, 12, 1024, 1024, 0), "0.625"),
    ("probability_value", (1, 12, 1024, 1024, 64, 0), "28.44"),
    ("matmul", (1024, 768, 768), "139.6"),
    ("add", (1024 * 768,), "0.08333"),
    ("matmul", (1024, 768, 4 * 768), "192"),
    ("gelu_per_element", (1024, 4 * 768), "1"),
    ("matmul", (1024, 4 * 768, 768), "192"),
)


@pytest.mark.parametrize(("name", "shape", "said"), GPT2_AT_1024)
def test_each_operation_of_a_block_of_gpt2_small_is_an_entry_of_the_calculator(name, shape, said):
    """Counted by hand: each operand once, at 1,024 tokens."""
    assert f"{intensity(name, shape, 'float32'):.4g}" == said


def test_the_gate_and_the_norm_of_a_llama_are_entries_of_the_calculator():
    """Norm: square, sum, quotient, scaling; one read, one written. Gate: five FLOP; two read, one written."""
    assert intensity("rms_norm_per_element", (3, 4096), "float32") == 4 / 8
    assert intensity("swiglu", (3, 11008), "float32") == 5 / 12


# -- the kernels of the first roofline paper -----------------------------------------------------------------


def test_sparse_product_is_the_published_0_17_and_with_register_blocks_0_25():
    """Williams, Waterman and Patterson 2009 publish both (mags.acm.org, April 2009, digital page 74).

    Derived here: 0.17 is 2 FLOP for a value of 8 bytes and an index of 4; with blocks that share an index, 0.25
    is the limit. Rows are long, so that the vectors weigh little.
    """
    rows, nnz = 10_000, 10_000_000
    assert round(intensity("spmv_csr", (rows, nnz, 1)), 2) == 0.17
    assert round(intensity("spmv_csr", (rows, nnz, 64)), 2) == 0.25


def test_sparse_product_of_a_small_matrix_counted_by_hand():
    """3 rows, 5 entries: 5 values, 5 indices, 4 row pointers, x and y of 3."""
    assert moved_bytes("spmv_csr", (3, 5, 1)) == 5 * 8 + 5 * 4 + 4 * 4 + 3 * 8 + 3 * 8
    assert moved_bytes("spmv_csr", (3, 5, 1), convention="write_allocate") == 5 * 12 + 16 + 48 + 24


def test_stencil_is_0_33_with_write_allocate_and_0_50_without():
    """By the formula, 8 FLOP for 24 and for 16 bytes; secondary texts report the range of Williams et al."""
    assert intensity("stencil7", (64, 64, 64), "float64", "write_allocate") == 8 / 24
    assert intensity("stencil7", (64, 64, 64), "float64", "stream") == 8 / 16


def test_volume_fft_is_1_09_in_three_sweeps_and_1_64_in_two():
    """Secondary texts report 1.09 to 1.64 of Williams et al. 2009; the traffic behind it is derived here.

    A complex point of 16 bytes is read and written once a sweep. Three sweeps over 128³ points are 96 bytes for
    5 · 21 FLOP, which is 1.09; two sweeps, where a plane fits in fast memory, are 64 bytes, which is 1.64.
    Some of these texts give 1.64 to a volume of 512³ instead: its 135 FLOP a point would be 1.41 in three
    sweeps and 2.11 in two.
    """
    assert round(intensity("fft3d", (128, 128, 128, 3), "float64", "stream"), 2) == 1.09
    assert round(intensity("fft3d", (128, 128, 128, 2), "float64", "stream"), 2) == 1.64
    assert round(intensity("fft3d", (512, 512, 512, 3), "float64", "stream"), 2) == 1.41
    assert round(intensity("fft3d", (512, 512, 512, 2), "float64", "stream"), 2) == 2.11


def test_a_source_does_not_claim_lines_that_nobody_read():
    for name in ("stencil7", "fft3d"):
        assert (
            "derived from the formula" in model(name).source and "secondary texts report" in model(name).source
        )
    assert "derived from the formula" in model("spmv_csr").source


def test_vector_fft_is_the_published_0_104_times_log_n():
    """Lawrence Berkeley National Laboratory, Roofline introduction: 5 n log2 n FLOP for at least 48 n bytes."""
    n = 4096
    assert intensity("fft", (n,), "float64", "write_allocate") == pytest.approx(0.104 * 12, rel=0.002)
    assert model("fft").estimate((n,)).flop == 5 * n * 12


def test_fft_work_between_powers_of_two_is_rounded_to_a_whole_number():
    assert model("fft").estimate((1000,)).flop == round(5 * 1000 * math.log2(1000))
    assert model("fft").estimate((1,)).flop == model("fft").estimate((0,)).flop == 0


# -- input ---------------------------------------------------------------------------------------------------


def test_huge_shapes_stay_exact():
    n = 2**40 + 1
    assert model("matmul").estimate((n, n, n)).flop == 2 * n**3
    assert model("fft").estimate((2**62,)).flop == 5 * 62 * 2**62


def test_an_empty_axis_means_no_work_and_nothing_moved_means_no_intensity():
    empty = model("matmul").estimate((0, 5, 7))
    assert (empty.flop, empty.flop_per_byte) == (0, 0.0)
    nothing = model("add").estimate((0,))
    assert (nothing.bytes, nothing.flop_per_byte) == (0, None)
    assert "undefined" in nothing.derivation


def test_numpy_integers_lists_and_dtypes_are_welcome():
    plain = model("matmul").estimate((2, 3, 5), "float32")
    assert model("matmul").estimate([np.int64(2), 3, 5], np.dtype("float32")) == plain


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 5, 7), (), 5, "2,3", None])
def test_a_wrong_number_of_axes_names_them_with_an_example(shape):
    with pytest.raises(BadInput, match=r"\(m, k, n\), for instance 1024,1024,1024"):
        model("matmul").estimate(shape)


@pytest.mark.parametrize("entry", ["64", 2.0, 1.5, None, True, math.nan])
def test_an_entry_that_is_no_whole_number_is_named(entry):
    with pytest.raises(BadInput, match=r"k is .*no whole number"):
        model("matmul").estimate((2, entry, 5))


@pytest.mark.parametrize("entry", [-1, 2**63, pytest.param(10**6000, id="6000 digits")])
def test_an_entry_out_of_range_is_named_with_its_range(entry):
    with pytest.raises(BadInput, match=r"n is .* must lie between 0 and"):
        model("matmul").estimate((2, 3, entry))


def test_a_tile_of_zero_is_refused():
    with pytest.raises(BadInput, match="tile is 0, but it must lie between 1"):
        model("matmul_tiled").estimate((2, 3, 5, 0))


@pytest.mark.parametrize(("given", "nearest"), [("matmull", "matmul"), ("stencil", "stencil7"), ("", "add")])
def test_an_unknown_model_is_answered_with_the_nearest_name(given, nearest):
    with pytest.raises(BadInput, match=f"did you mean '{nearest}'" if given else "all models"):
        model(given)


def test_an_unknown_dtype_or_convention_lists_what_is_known():
    with pytest.raises(BadInput, match="float32, float64"):
        model("add").estimate((1,), "int8")
    with pytest.raises(BadInput, match="least, stream, write_allocate"):
        model("add").estimate((1,), "float32", "most")


# -- attention of other queries than keys ----------------------------------------------------------------------


ATTENTION_PROGRAMS = [
    more for name in ("attention_steps", "attention_tiles") for more in (name, f"{name}_keys_copied")
]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 1))
def test_attention_is_two_products_a_scaling_and_a_softmax_of_each_row_that_sees_any(queries, keys, causal):
    shape = (3, 2, queries, keys, 5, causal)
    seen = [max(0, keys - later) if causal else keys for later in range(queries)]
    products = sum(model(name).estimate(shape).flop for name in ("query_key", "probability_value"))
    rows = sum(model("softmax").estimate((1, n)).flop for n in seen if n)
    for name in ATTENTION_PROGRAMS:
        counted = model(name).estimate(shape, "float32", "least")
        assert counted.flop == products + 3 * 2 * (sum(seen) + rows)
        assert counted.bytes == 4 * 3 * 2 * 5 * (2 * queries + 2 * keys)


def test_attention_of_as_many_queries_as_keys_is_the_square_one():
    for name, other in (("attention", "attention_steps"), ("attention_fused", "attention_tiles")):
        square, any_lengths = model(name).estimate((2, 3, 7, 5)), model(other).estimate((2, 3, 7, 7, 5, 0))
        assert (square.flop, square.bytes) == (any_lengths.flop, any_lengths.bytes)
    assert moved_bytes("attention_tiles", (2, 3, 7, 7, 5, 0), "float32", "stream") == 4 * 4 * 2 * 3 * 7 * 5


@pytest.mark.parametrize(("causal", "passes"), [(0, 12), (1, 14)])
def test_attention_in_numpys_operators_moves_so_many_arrays_of_scores(causal, passes):
    """Written by the product and read by the second: 2; the scaling, the difference, the powers and the
    quotients: 2 each; maximum and sum: 1 each; the mask: 2."""
    small, scores = 4 * (2 * 5 * 4 + 2 * 7 * 4) * 6, 4 * 5 * 7 * 6
    assert (
        moved_bytes("attention_steps", (2, 3, 5, 7, 4, causal), "float32", "stream") == small + passes * scores
    )


# -- attention's two products --------------------------------------------------------------------------------


@given(st.integers(0, 40), st.integers(0, 40))
def test_causal_scores_are_those_of_each_token_with_those_up_to_it(queries, keys):
    """The queries are the last tokens of the keys."""
    pairs = sum(max(0, keys - later) for later in range(queries))
    counted = model("query_key").estimate((3, 2, queries, keys, 5, 1), "float32")
    assert counted.flop == 2 * 3 * 2 * pairs * 5
    assert counted.bytes == 4 * 3 * 2 * (5 * (queries + keys) + pairs)
    assert model("probability_value").estimate((3, 2, queries, keys, 5, 1), "float32").bytes == counted.bytes


def test_one_head_s_products_are_two_matrix_products():
    product = model("matmul").estimate((7, 4, 9), "float32")
    for name in ("query_key", "probability_value"):
        counted = model(name).estimate((1, 1, 7, 9, 4, 0), "float32")
        assert (counted.flop, counted.bytes) == (product.flop, product.bytes)
