"""`accel transformer`: its JSON, its table, and where its roofs come from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from figure_records import ENVIRONMENT, peaks

from accel_core.cli import main
from accel_core.cli.arguments import parse
from accel_core.machine import detect
from accel_core.roofline import bound_by
from accel_core.store import Store
from accel_core.transformer import PRESETS, block_roofs

Capture = pytest.CaptureFixture[str]
TYPED = ("--peak", "117.7e9", "--bandwidth", "35e9")


def answer(capsys: Capture, *words: str) -> dict[str, Any]:
    assert main(["transformer", *words, "--json"]) == 0, capsys.readouterr().err
    data = json.loads(capsys.readouterr().out)
    assert isinstance(data, dict)
    return data


def test_parts_add_up_to_the_block_and_nothing_is_called_measured(capsys: Capture) -> None:
    data = answer(capsys, *TYPED, "--faster", "feed-forward=2")
    rows, total = data["operations"], data["total"]
    assert len(rows) == 12
    for row in rows:
        assert row["intensity_flop_per_byte"] == row["flop"] / row["bytes"]
        assert row["predicted_s"] == max(row["flop"] / 117.7e9, row["bytes"] / 35e9)
        assert row["bound_by"] == bound_by(row["intensity_flop_per_byte"], 117.7e9, 35e9)
        assert row["time_s"] is None and row["ratio"] is None
    for name in ("flop", "bytes", "predicted_s"):
        assert sum(row[name] for row in rows) == pytest.approx(total[name])
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert (total["flop"], total["bytes"]) == (17_817_403_392, 349_175_808)
    assert f"{1e3 * total['predicted_s']:.2f}" == "155.02"
    assert f"{1e3 * data['faster']['predicted_s']:.2f}" == "113.97"
    assert data["faster"]["speedup"] == pytest.approx(155.02 / 113.97, rel=1e-4)
    assert data["run"] is None and total["time_s"] is None and total["whole_s"] is None
    assert data["roofs"]["source"] == "typed in" and data["notes"] == []
    assert data["memory"].pop("total_bytes") == sum(data["memory"].values())


def test_products_only_are_those_of_the_whole_model_of_nanogpt_s_notebook(capsys: Capture) -> None:
    data = answer(capsys, "--preset", "gpt2", "--sequence", "1024", "--products-only", *TYPED)
    assert data["preset"] == "gpt2-small"
    assert len(data["operations"]) == 6
    assert data["model"] == {
        "blocks_flop": 212_600_881_152,
        "head_flop": 79_047_426_048,
        "forward_flop": 291_648_307_200,
    }


@pytest.mark.parametrize(
    "given", [("--context", "1024"), ("--sequence", "1024"), ("--sequence", "8", "--context", "1024")]
)
def test_a_decoded_token_looks_at_its_context(capsys: Capture, given: tuple[str, ...]) -> None:
    data = answer(capsys, "--decode", *given, *TYPED)
    assert (data["total"]["flop"], data["total"]["bytes"]) == (17_399_808, 34_910_208)
    assert {row["bound_by"] for row in data["operations"]} == {"memory"}


def test_lengths_replace_those_of_the_preset(capsys: Capture) -> None:
    lengths = ("--width=32", "--heads=2", "--feed-forward=48", "--sequence=7", "--batch=3")
    words = (*lengths, "--dtype=float64", "--causal")
    shape = answer(capsys, "--preset", "llama-2-7b", *words, *TYPED)["shape"]
    found = [shape[name] for name in ("width", "heads", "feed_forward", "sequence", "batch", "dtype", "causal")]
    assert found == [32, 2, 48, 7, 3, "float64", True]
    assert (shape["layers"], shape["gated"]) == (32, True)


def test_without_roofs_it_counts_and_says_what_to_measure(capsys: Capture) -> None:
    data = answer(capsys)
    assert data["total"]["flop"] == 17_817_403_392
    assert data["roofs"] is None and data["total"]["predicted_s"] is None
    assert {row["predicted_s"] for row in data["operations"]} == {None}
    assert "accel peaks" in data["notes"][0]
    assert main(["transformer"]) == 0
    assert "accel peaks" in capsys.readouterr().out


def test_the_roofs_that_were_measured_here_are_taken(capsys: Capture) -> None:
    store, known = Store(), peaks()
    for part in known.ceilings:
        store.save_peak(detect().fingerprint, ENVIRONMENT, part)
    data = answer(capsys)
    roofs = block_roofs(known.ceilings, "float32", 1)
    assert roofs is not None
    assert data["roofs"] == {
        "peak_flop_per_s": roofs[0].value,
        "bandwidth_byte_per_s": roofs[1].value,
        "source": "measured",
    }
    assert data["total"]["predicted_s"] > 0 and data["notes"] == []
    assert answer(capsys, "--dtype", "float16")["total"]["predicted_s"] is None


@pytest.mark.parametrize("threads", ["0", "100000"])
def test_threads_that_this_machine_has_not_are_refused(threads: str, capsys: Capture) -> None:
    assert main(["transformer", "--threads", threads]) == 2
    assert f"threads is {threads}; a whole number from 1 to" in capsys.readouterr().err
    assert answer(capsys, "--threads", threads, *TYPED)["total"]["predicted_s"] > 0


def test_a_machine_whose_roofs_are_typed_in_has_its_own_memory(capsys: Capture) -> None:
    huge = ("--preset", "llama-2-7b", "--sequence", "1000000")
    assert answer(capsys, *huge, *TYPED)["memory"]["total_bytes"] > 2**45
    for limit in (("--memory", "1e10", *TYPED), ("--memory", "1e10")):
        assert main(["transformer", *huge, *limit]) == 2
        assert "the largest that fits is" in capsys.readouterr().err


def test_the_table_has_the_numbers_with_their_units(capsys: Capture) -> None:
    assert main(["transformer", *TYPED, "--faster", "feed-forward=2"]) == 0
    printed = capsys.readouterr().out
    for word in (
        "Predicted, not measured",
        "17,817,403,392",
        "155 ms",
        "26.5%",
        "114 ms, 1.36 times faster",
        " 184.3 ",  # and 1024 is not written as 1020
        "180 MiB",
    ):
        assert word in printed, printed


def test_the_help_names_every_preset(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        parse(["transformer", "--help"])
    helped = capsys.readouterr().out
    assert all(one.name in " ".join(helped.split()) for one in PRESETS)
