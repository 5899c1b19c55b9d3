"""The judge's own check under the proofs of events, and the command that runs them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from accel_core.arena.answers import WRONG
from accel_core.arena.event import Event, PrintedCache
from accel_core.arena.files import event
from accel_core.cli import main
from accel_core.judge import proving_orders
from accel_core.judge.proving import checks_of, event_proofs

FILE = """
name = "small"
title = "Small products"
workload = "matmul"
dtype = "float32"
shapes = [[8, 300, 8], [9, 8, 8], [8, 9, 8], [8, 8, 9], [16, 8, 8], [8, 16, 8], [8, 8, 16]]
drawn = [{ shape = [40, 40, 40] }, { shape = [60, 40, 40] }, { shape = [40, 60, 40] }]
[divisions.one]
"""


@pytest.mark.parametrize("name", ["matmul-one", "softmax-one"])
def test_the_check_of_the_judge_holds_the_proofs(name: str) -> None:
    one = replace(event(name), baselines=event(name).baselines[-1:])
    assert [proof for proof in event_proofs(one) if not proof.ok] == []


def test_a_product_is_checked_by_signs_alone_too() -> None:
    assert [len(checks_of(event(name))) for name in ("matmul-one", "gelu-one")] == [2, 1]


TINY = replace(
    event("misses-4k-direct"),
    shapes=((8, 9, 10), (12, 12, 12)),
    baselines=("matmul/compiled_ijk", "matmul/compiled_ikj", "matmul/numpy"),
    cache=PrintedCache(1024, 2, 64),
)


def failing(one: Event) -> set[str]:
    return {proof.name for proof in event_proofs(one) if not proof.ok}


def test_the_count_of_misses_holds_its_proofs() -> None:
    found = {proof.name: proof.detail for proof in event_proofs(TINY)}
    assert failing(TINY) == set() and set(proving_orders.WRONG) < set(found)
    assert "ends after 719 of 720 triples" in found["a triple left out fails"]
    assert "and i goes from 0 to 7" in found["a triple outside of the product fails"]
    assert found["no order undercuts the bound"].startswith("72 orders")


def test_a_proof_of_an_order_fails_where_the_bound_or_the_count_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = proving_orders.lower_bound
    monkeypatch.setattr(proving_orders, "lower_bound", lambda *given: right(*given) * 2)
    assert failing(TINY) == {"no order undercuts the bound", "no baseline undercuts the bound"}
    monkeypatch.undo()
    monkeypatch.setitem(proving_orders.WRONG, "a triple left out fails", lambda triples: triples)
    monkeypatch.setattr(proving_orders, "order_starter", lambda one: "def order(m, k, n): return [(0, 0, 0)]")
    same = replace(TINY, baselines=("matmul/compiled_ijk",) * 2)
    assert failing(same) == {"a triple left out fails", "starter code"}


def test_an_event_whose_order_does_not_matter_fails_its_proof() -> None:
    roomy = replace(TINY, cache=PrintedCache(1 << 20, 16, 64))
    assert failing(roomy) == {"the order matters"}


def test_the_command_tells_what_holds_and_what_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "small.toml"
    file.write_text(FILE, encoding="utf-8")
    assert main(["arena", "event", "check", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in told["events"]] == ["small-one"] and told["ok"] is False
    by_name = {proof["name"]: proof["ok"] for proof in told["proofs"]["small-one"]}
    assert set(WRONG) < set(by_name)
    assert [name for name, ok in by_name.items() if not ok] == ["length of a call"]
    assert main(["arena", "event", "check", str(file)]) == 0
    text = capsys.readouterr().out
    assert "FAILS  length of a call" in text and "holds  a stale row fails" in text
    assert text.rstrip().endswith(f"1 of {len(by_name)} proofs failed.")


def test_the_command_refuses_a_file_with_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "small.toml"
    file.write_text(FILE.replace("float32", "float16"), encoding="utf-8")
    assert main(["arena", "event", "check", str(file)]) == 2
    assert "small.toml: dtype is 'float16'" in capsys.readouterr().err
