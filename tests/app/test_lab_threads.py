"""The sweep over threads in the Lab: ideal and roof, what is said of them, and the button for missing roofs."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from conftest import Open
from records_of import store_threads
from streamlit.testing.v1 import AppTest

from accel_core.figures.scaling import IDEAL
from accel_core.model import Machine
from app.session import jobs

COUNTS = (1, 2, 4, 8, 16)
SWEEP = {"over": "threads", "kernels": "numpy", "size": "512"}
SIXTEEN = pytest.mark.parametrize("host", ["linux-alder-lake"], indirect=True)


def drawn(app: AppTest) -> set[str]:
    """The names of all that the page's figures draw."""
    specs = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    return {trace.get("name", "") for spec in specs for trace in spec["data"]}


@SIXTEEN
def test_the_sweep_over_threads_shows_the_ideal_and_the_roof_and_says_what_they_leave(open_page: Open) -> None:
    store_threads(COUNTS, COUNTS)
    app = open_page("lab", **SWEEP)
    assert {IDEAL, "roof: computing"} <= drawn(app)
    assert "Roof at 1 thread 60.0 GFLOP/s (computing)" in app.get("plotly_chart")[0].proto.alt
    said = " ".join(str(text.value) for text in app.markdown)
    assert "NumPy (BLAS) reaches 0.660 of its ideal at 16 threads" in said
    assert "The roof is the same at 1, 2, 4, 8 and 16 threads: computing" in said
    assert not [button for button in app.button if button.key == "roofs"]


@SIXTEEN
def test_missing_roofs_are_named_and_a_button_measures_just_these(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    store_threads(COUNTS, (1, 16))
    app = open_page("lab", **SWEEP)
    assert any(
        "Roofs of 2, 4 and 8 threads have not been measured for float32." in said.value for said in app.caption
    )
    app.button("roofs").click().run()
    (job,) = asked
    assert (job["kind"], job["dtypes"], job["threads"]) == ("peaks", ["float32"], [2, 4, 8])
    assert not app.exception


@SIXTEEN
def test_single_measurements_are_held_against_neither(open_page: Open) -> None:
    store_threads(COUNTS, (1, 16))
    app = open_page("lab", **{**SWEEP, "over": "none"})
    assert drawn(app) and not {IDEAL, "roof: computing"} & drawn(app)
    assert not [button for button in app.button if button.key == "roofs"]


@pytest.mark.parametrize("host", ["this"], indirect=True)  # which the pretence stands in for
def test_a_pretend_host_is_not_promised_its_roofs(
    open_page: Open, pretend_host: Callable[[str], Machine]
) -> None:
    pretend_host("linux-alder-lake")
    store_threads(COUNTS, (1, 16))
    button = open_page("lab", **SWEEP).button("roofs")
    assert button.disabled and button.label == "Measure these roofs"
