"""The worked example and the proofs of an event: they hold of built-in events, and can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from accel_core.arena.answers import WRONG, Check, Posed, orders_of
from accel_core.arena.event import Band, Event
from accel_core.arena.example import example, table
from accel_core.arena.files import event
from accel_core.arena.proofs import Proof, proofs
from accel_core.kernels.verify import max_relative_error
from accel_core.model import Shape, Workload
from accel_core.registry import workload


def full(problem: Workload, shape: Shape, inputs: Any, out: Any, expected: Any) -> float:
    return max_relative_error(out, expected) / problem.tolerance(shape, str(out.dtype))


def proved(one: Event, *checks: Check) -> Mapping[str, Proof]:
    return {proof.name: proof for proof in proofs(one, checks or (full,))}


def failed(one: Event, *checks: Check) -> set[str]:
    return {name for name, proof in proved(one, *checks).items() if not proof.ok}


PRODUCT = replace(event("matmul-one"), shapes=((9, 800, 7), (8, 50, 33)), drawn=(), baselines=("matmul/numpy",))
ATTENTION = replace(
    event("attention-one"),
    shapes=((1, 2, 20, 700, 16), (2, 2, 33, 65, 31)),
    drawn=(Band((1, 2, 20, 40, 32), 0.1),),
    baselines=("attention/in_place",),
)
"""Of the same kinds, and smaller: the proofs of the events themselves take up to half a minute."""
TOO_SMALL = {"length of a call"}


@pytest.mark.parametrize("name", ["matmul-all", "gelu-open", "softmax-one", "layer_norm-one"])
def test_the_proofs_of_built_in_events_hold(name: str) -> None:
    one = event(name)
    found = proved(replace(one, baselines=one.baselines[-1:]))
    assert [proof for proof in found.values() if not proof.ok] == []
    assert set(WRONG) <= set(found) and any(name.endswith("passes in another order") for name in found)


def test_the_proofs_of_attention_hold() -> None:
    assert failed(ATTENTION) == TOO_SMALL


def test_a_check_that_lets_all_pass_fails_every_proof_of_a_wrong_answer() -> None:
    assert failed(PRODUCT) == TOO_SMALL
    assert failed(PRODUCT, lambda *given: 0.5) == set(WRONG) | TOO_SMALL
    assert failed(PRODUCT, full, lambda *given: 0.5) == set(WRONG) | TOO_SMALL


def test_a_check_that_lets_nothing_pass_fails_the_proofs_of_right_answers() -> None:
    right = {"starter code", "matmul/numpy passes in another order"}
    assert failed(PRODUCT, lambda *given: 2.0) == right | TOO_SMALL
    assert failed(PRODUCT, full, lambda *given: 2.0) == right | TOO_SMALL


def test_long_rows_of_layer_norm_would_let_half_precision_pass() -> None:
    long = replace(event("layer_norm-one"), shapes=((180, 32767),), drawn=(), baselines=())
    assert "a result in half precision fails" in failed(long)


def test_sizes_are_refused_that_are_too_large_or_too_short() -> None:
    large = replace(event("gelu-one"), shapes=((5000, 5000), (30, 20)), drawn=(), baselines=())
    found = proved(large)
    assert {name for name, proof in found.items() if not proof.ok} == {"memory", "length of a call"}
    assert found["memory"].detail.startswith("Size 5000 x 5000 takes most, 381 MiB with its reference; ")
    assert found["length of a call"].detail.startswith("Size 30 x 20 takes 320 ns under roofs of 240 GFLOP/s")


def test_the_ends_of_bands_are_sizes_too() -> None:
    banded = replace(event("gelu-one"), drawn=(Band((5000, 5000), 0.1),), baselines=())
    assert proved(banded)["memory"].detail.startswith("Size 5500 x 5500 takes most")


def test_the_inputs_come_in_another_order_along_each_axis_whose_order_means_nothing() -> None:
    def orders(name: str, *shape: int) -> int:
        return len(list(orders_of(Posed.of(workload(name), shape, "float32"))))

    assert orders("matmul", 5, 6, 7) == 1 + 3
    assert orders("layer_norm", 5, 6) == 1 + 2
    assert orders("attention", 1, 2, 5, 6, 4) == 1 + 4
    assert orders("attention_causal", 1, 2, 5, 6, 4) == 1 + 2  # queries and keys stay as they are
    causal = replace(ATTENTION, workload="attention_causal", baselines=("attention_causal/in_place",))
    assert failed(causal) == TOO_SMALL


# -- the worked example --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["matmul-one", "gelu-all", "softmax-open", "layer_norm-one", "attention-one"])
def test_an_example_is_small_and_right(name: str) -> None:
    found = example(event(name))
    inputs = [x for _, x in found.inputs]
    assert all(x.size <= 6 and np.allclose(x, np.round(x, 1)) for x in inputs)
    names = [name for name, _ in found.tables]
    assert names == [*dict(found.inputs), "out"]
    if name == "matmul-one":
        a, b = (x.tolist() for x in inputs)
        by_hand = [[sum(a[i][p] * b[p][j] for p in range(3)) for j in range(2)] for i in range(2)]
        assert np.allclose(found.expected, by_hand)


def test_a_table_is_lines_of_numbers() -> None:
    assert table(np.array([[0.5, -1.0], [12.0, -0.0]])) == "0.5   -1\n 12    0"
    assert table(np.array([1 / 3])) == "0.3333"
    assert table(np.float64(2.0)) == "2" and table(np.zeros((1, 1, 2, 1))) == "0\n0"
    assert table(np.zeros(65)) == "65 numbers"
