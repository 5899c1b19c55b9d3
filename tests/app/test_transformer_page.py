"""The page Transformer: the guess, the block under the roofs, the run beside it, and a faster part."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from block_records import block_run, gpt2
from conftest import Open
from records_of import store_peaks
from streamlit.testing.v1 import AppTest

from accel_core import machine
from accel_core.model import BlockRun
from accel_core.store import Store
from accel_core.transformer import operations, preset
from app.session import cached, jobs, samples

GUESSED = {"guess.prefill.numpy": "softmax"}
GPT2 = {"sequence": "1024"}
TYPED = {"typed": "true", "peak": "117.7", "bw_DRAM": "35"}


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def alts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def store_run(run: BlockRun) -> None:
    """Save `run` as this machine's."""
    here = machine.detect().fingerprint
    Store().save("block_run", replace(run, fingerprint=here), here)
    cached.forget_stored()


def test_before_the_guess_nothing_is_shown_that_gives_it_away(open_page: Open) -> None:
    store_peaks()
    app = open_page("transformer")
    assert not alts(app) and not app.dataframe and "predicted" not in said(app)
    assert app.radio[0].options == list(dict.fromkeys(one.kind for one in operations(gpt2())))
    app.button(key="commit").click().run()
    assert "Say first which one" in said(app) and not alts(app)
    app.radio[0].set_value("softmax").run()
    assert not alts(app)
    app.button(key="commit").click().run()
    assert "You said **softmax**, which takes" in said(app)
    assert len(alts(app)) == 2 and app.query_params["guess.prefill.numpy"] == "softmax"


def test_a_skipped_guess_is_said_so_and_can_be_made_anew(open_page: Open) -> None:
    app = open_page("transformer")
    app.button(key="skip").click().run()
    assert "You skipped the guess" in said(app)
    app.button(key="anew").click().run()
    assert not alts(app) and app.radio and "guess.prefill.numpy" not in app.query_params


def test_each_program_and_pass_asks_for_a_guess_of_its_own(open_page: Open) -> None:
    app = open_page("transformer", **GUESSED)
    assert alts(app)
    app.button_group(key="pass").set_value("decode").run()
    assert not alts(app) and "One token is decoded" in said(app)
    app.button_group(key="pass").set_value("prefill").run()
    app.button_group(key="state").set_value("python-softmax").run()
    assert not alts(app) and "softmax in Python" in said(app)


def test_a_guess_that_another_model_does_not_have_is_asked_for_again_there(open_page: Open) -> None:
    app = open_page("transformer", **{"guess.prefill.numpy": "GELU"}, **TYPED)
    assert "You said **GELU**" in said(app)
    app.selectbox(key="preset").set_value("llama-2-7b").run()
    assert not alts(app) and "SwiGLU" in app.radio[0].options
    app.selectbox(key="preset").set_value("gpt2-small").run()
    assert "You said **GELU**" in said(app)


def test_under_typed_in_roofs_the_block_is_that_of_the_textbook(open_page: Open) -> None:
    app = open_page("transformer", **GUESSED, **GPT2, **TYPED)
    assert "the block takes 114 ms in place of 155 ms (predicted)" in said(app)
    (table,) = app.dataframe
    rows = table.value.set_index("Operation")
    assert rows.loc["QKV", "FLOP"] == 3_623_878_656 and rows["FLOP"].sum() == 17_817_403_392
    assert rows["Bytes"].sum() == 349_175_808 and rows.loc["softmax", "Bound by"] == "memory"
    assert "Measured (ms)" not in rows
    assert "One block does 17,817,403,392 FLOP and moves 349,175,808 B: 51.0 FLOP/byte" in said(app)
    assert "all rows together are predicted to take 155 ms." in said(app)
    assert "One block holds 180 MiB: 27 MiB of weights" in said(app)
    told = said(app)
    assert all(one.counted.source.replace("_", r"\_")[:20] in told for one in operations(gpt2()))
    assert "2·1024·768·2304 = 3623878656" in told


def test_another_processor_s_roofs_may_be_of_a_type_that_is_not_measured_here(open_page: Open) -> None:
    roofs = {"typed": "true", "peak": "154800", "bw_DRAM": "768"}
    app = open_page("transformer", preset="llama-2-7b", sequence="2048", type="float16", **GUESSED, **roofs)
    rows = app.dataframe[0].value.set_index("Operation")
    assert (rows.loc["Q", "FLOP/byte"], rows.loc["Q", "Bound by"]) == (1024, "compute")
    assert (rows.loc["QK^T", "FLOP/byte"], rows.loc["QK^T", "Bound by"]) == (113.8, "memory")
    assert "154.8" in alts(app)[0] or "155 TFLOP/s" in alts(app)[0]
    assert not app.error and app.button(key="measure").disabled
    assert "dtype" not in said(app) and "these are typed in" in said(app)


def test_products_only_are_counted_as_nanogpt_does(open_page: Open) -> None:
    app = open_page("transformer", **GUESSED, **GPT2, **TYPED, counted="products", faster="GELU")
    assert app.dataframe[0].value["FLOP"].sum() == 17_716_740_096
    assert "You said **softmax**, which is not counted here" in said(app)
    assert "GELU is element-wise, and only products are counted" in said(app)


def test_another_part_is_made_faster_without_a_run(open_page: Open) -> None:
    app = open_page("transformer", **GUESSED, **GPT2, **TYPED)
    app.select_slider(key="times").set_value(1000).run()
    app.selectbox(key="faster").set_value("up").run()
    assert "With up 1000 times as fast" in said(app) and "watch" not in app.session_state
    assert (app.session_state["faster"], app.session_state["times"]) == ("up", 1000)


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ({"heads": "7"}, "7 heads do not divide the width 768: 6 and 8 do."),
        ({"heads": "0"}, "heads=0: it can be 1 to 1000"),
        ({"width": "1e300"}, "width=1e300: it can be 1 to 100000"),
        ({"sequence": "many"}, "sequence=many"),
        ({"preset": "gpt3"}, "preset=gpt3"),
        ({"faster": "sofmax"}, "faster=sofmax"),
        ({"times": "nan"}, "times=nan"),
        ({"sequence": "1000000"}, "the largest that fits is"),
        ({"guess.prefill.numpy": "everything"}, "guess.prefill.numpy=everything"),
        ({"typed": "true", "bw_DRAM": "0"}, "has no bandwidth"),
    ],
)
def test_what_cannot_be_is_one_sentence(open_page: Open, link: dict[str, str], told: str) -> None:
    app = open_page("transformer", **{**GUESSED, **link})
    assert [one.value for one in app.warning if told in one.value] and len(app.warning) <= 2
    assert not app.error


def test_a_preset_brings_its_lengths_along(open_page: Open) -> None:
    app = open_page("transformer", width="1536", **GUESSED)
    assert app.number_input(key="width").value == 1536
    app.selectbox(key="preset").set_value("bert-large").run()
    shape = preset("bert-large")
    found = [app.number_input(key=name).value for name in ("width", "heads", "feed_forward", "sequence")]
    assert found == [shape.width, shape.heads, shape.feed_forward, 512]


def test_without_roofs_the_recorded_sample_is_shown_and_named(open_page: Open) -> None:
    app = open_page("transformer", **GUESSED)
    assert "Sample: another machine (" in said(app) and "(measured)" in said(app)
    assert app.button(key="measure").disabled and not app.button(key="measure roofs").disabled
    assert "Measured (ms)" in app.dataframe[0].value


def test_without_roofs_or_sample_the_page_says_what_to_measure(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(samples, "BLOCKS", tmp_path / "none.json")
    app = open_page("transformer", **GUESSED)
    assert "No roofs of float32 on 1 thread are known: measure them, or type some in" in said(app)
    assert "QKV" in list(app.dataframe[0].value["Operation"]) and "What if one part" not in said(app)
    app = open_page("transformer", **GUESSED, type="bfloat16")
    assert "No roofs of bfloat16 can be measured here" in said(app)


def test_a_run_on_record_stands_beside_its_prediction(open_page: Open) -> None:
    store_peaks()
    store_run(block_run(gpt2(), {"softmax": 300.0}))
    app = open_page("transformer", **GUESSED, **GPT2)
    assert "You said **softmax**, and it is the largest: 85 % of the block (measured)." in said(app)
    rows = app.dataframe[0].value.set_index("Operation")
    assert rows.loc["softmax", "Ratio"] == pytest.approx(300, rel=0.01)
    assert (rows.loc["softmax", "Within 20 %"], rows.loc["up", "Within 20 %"]) == ("no", "yes")
    assert "One by one the operations take" in said(app) and "**softmax**: " in said(app)
    assert "in place of" in said(app) and "(predicted)" not in said(app)
    assert "(predicted)" in said(open_page("transformer", **GUESSED, sequence="1000"))


def test_a_typed_in_machine_has_no_measured_times(open_page: Open) -> None:
    store_peaks()
    store_run(block_run(gpt2(), {"softmax": 300.0}))
    app = open_page("transformer", **GUESSED, **GPT2, **TYPED)
    assert "(measured)" not in said(app) and app.button(key="measure").disabled
    assert "run the block" not in said(app) and "own roofs, and these are typed in." in said(app)


def test_a_run_is_offered_only_where_one_can_be_started(open_page: Open) -> None:
    store_peaks()
    small = open_page("transformer", **GUESSED, sequence="64")
    assert "run the block to see what that costs" in said(small) and not small.button(key="measure").disabled
    large = open_page("transformer", preset="llama-2-7b", **GUESSED, sequence="4096")
    assert "run the block" not in said(large) and "longer than the limit" in said(large)
    assert large.button(key="measure").disabled


def test_the_button_runs_the_block_that_the_controls_say(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "start", started.append)
    store_peaks()
    app = open_page("transformer", preset="shakespeare", sequence="64", batch="2", **GUESSED)
    app.button(key="measure").click().run()
    shape = preset("shakespeare").shape(sequence=64, batch=2)
    assert started == [{"kind": "transformer", "shape": asdict(shape), "state": "numpy", "threads": 1}]


def test_a_block_that_cannot_be_run_here_says_why(open_page: Open) -> None:
    store_peaks()
    link = {"preset": "llama-2-7b", "state": "python-softmax", "guess.prefill.python-softmax": "softmax"}
    app = open_page("transformer", sequence="2048", **link)
    assert app.button(key="measure").disabled and "longer than the limit" in said(app)
