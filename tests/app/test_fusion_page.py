"""The page Fusion: the rungs of a chain and the sweep, from records, from a link, and before there is any."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import Open
from figure_records import ceiling, measurement, peaks
from recorded_hosts import ON_EACH
from records_of import store_measurements, store_peaks
from streamlit.testing.v1 import AppTest

from accel_core import machine, registry
from accel_core.model import Measurement
from accel_core.store import Store
from accel_core.studies import widths
from app.session import jobs

GELU = registry.workload("gelu")
CHAINS = ("gelu", "softmax", "layer_norm")
MOVING = ("attention", "attention_causal")
"""Those whose rungs stand on the roofline at the bytes that they move."""


def cores() -> int:
    return machine.detect().cores.allowed


def made(workload: str, kernel: str, size: int, time_s: float, arrays: float | None = 0) -> Measurement:
    """A rung as a job on all cores would have stored it."""
    problem = registry.workload(workload)
    shape = problem.shape(size)
    plain = measurement("numpy")
    return replace(
        plain,
        workload=workload,
        kernel=f"{workload}/{kernel}",
        size=size,
        shape=shape,
        threads=cores() if problem.kernel(kernel).threaded else 1,
        flop=problem.flop(shape),
        least_bytes=problem.least_bytes(shape, "float32"),
        time_s=replace(plain.time_s, median=time_s, low=time_s * 0.99, high=time_s * 1.01),
        peak_alloc_bytes=None if arrays is None else round(arrays * 4 * problem.array_elements(shape)),
        id=f"{workload} {kernel} {size}",
    )


TIMES = {
    "gelu": (0.2, 0.18, 0.006, 0.002, 0.06, 0.0015, 0.0008),
    "softmax": (0.02, 0.015, 0.003, 0.002),
    "layer_norm": (0.03, 0.01, 0.002, 0.0015),
    "attention": (0.4, 0.2, 0.04, 0.02),
    "attention_causal": (0.4, 0.2, 0.03, 0.02),
}


def rungs(size: int = 2000, name: str = "gelu") -> list[Measurement]:
    chain = registry.workload(name).chain
    return [made(name, k.name, size, t, k.arrays) for k, t in zip(chain, TIMES[name], strict=True)]


def sweep(operation: str) -> list[Measurement]:
    slow = {1 << 10: 1.0, 1 << 20: 1.0, 1 << 24: 2.0}
    return [
        made(operation, kernel, n, n * 1e-9 * (slow[n] if kernel == "numpy" else 1))
        for n in slow
        for kernel in ("numpy", "in_place", "compiled", "compiled_threads")
    ]


def said(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption])


def alts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def test_before_a_measurement_the_page_asks_and_offers_both_buttons(open_page: Open):
    app = open_page("fusion")
    assert [title.value for title in app.title] == ["What did fusion remove?"]
    assert app.button(key="measure").label.startswith("Time all rungs (about ")
    assert app.button(key="sweep streams").label.startswith("Sweep add (about ")
    assert not app.error and all(alts(app))


def test_the_rungs_on_record_are_read_with_their_arrays(open_page: Open):
    store_measurements(rungs())
    app = open_page("fusion")
    assert "30.0 times faster** with as many arrays (3)" in said(app)
    assert "One call allocates 3 arrays at its peak" in said(app)
    assert "32,000,000 B / time" in said(app)
    assert "1 NumPy, eight named steps: 200 ms" in alts(app)[0] and "8 arrays" in alts(app)[0]


@pytest.mark.parametrize(
    ("name", "said_of_it"),
    [
        ("gelu", "30.0 times slower** than NumPy, in place (out=), with 2 arrays to move instead of 20"),
        (
            "softmax",
            "5.00 times faster** than NumPy, in place (out=), with 2 arrays to move instead of 8: more",
        ),
        (
            "layer_norm",
            "no array instead of 2 arrays: the rest was the price of new memory and of 3 more passes",
        ),
    ],
)
def test_a_link_chooses_the_workload_whose_chain_is_read(open_page: Open, name: str, said_of_it: str):
    store_measurements([m for one in CHAINS for m in rungs(2000, one)])
    app = open_page("fusion", workload=name, size="2000")
    chain, title = registry.workload(name).chain, registry.workload(name).title
    assert app.session_state["workload"] == name and not app.warning
    assert said_of_it in said(app) and f"{title}. Predict first" in said(app)
    assert alts(app)[0].startswith(f"Time, effective bandwidth and arrays allocated of each rung of {title}:")
    assert all(kernel.title in alts(app)[0] for kernel in chain)
    (counted,) = [table.value for table in app.dataframe if "Times the least" in table.value]
    assert list(counted["Rung"]) == [kernel.title for kernel in chain]
    assert list(counted["Arrays read"] + counted["Arrays written"]) == [kernel.moved for kernel in chain]
    assert counted["Times the least"].iloc[-1] == pytest.approx(1, rel=1e-3)
    assert list(counted["Arrays made, counted"]) == [kernel.arrays for kernel in chain]
    others = [registry.workload(one).title for one in CHAINS if one != name]
    assert not any(f"rung of {other}" in alt for other in others for alt in alts(app))


def test_fusing_attention_is_read_with_the_bytes_that_each_rung_moves(open_page: Open):
    store_peaks()
    store_measurements(rungs(512, "attention"))
    app = open_page("fusion", workload="attention", size="512")
    assert "**The scores are never stored:** **5.00 times faster**" in said(app)
    assert "9 MiB, 1.50 times the least 6 MiB" in said(app)  # the keys are copied once
    assert "stands at the bytes that it moves by count" in said(app)
    (counted,) = [table.value for table in app.dataframe if "Times the least" in table.value]
    assert list(counted["Times the least"]) == [25.0, 25.0, 1.5, 1.5]
    assert "scores 1·12·512·512·4 B" in counted["Pass by pass"].iloc[0]
    (alt,) = [alt for alt in alts(app) if alt.startswith("Roofline of")]
    assert "In FLOP/byte and GFLOP/s stand: NumPy, all heads at once 5.2" in alt


def test_a_link_without_a_workload_is_an_old_one_and_means_gelu(open_page: Open):
    store_measurements(rungs())
    app = open_page("fusion", size="2000")
    assert app.session_state["workload"] == "gelu" and not app.warning
    assert app.button_group(key="workload").options == [*CHAINS, *MOVING]


def test_a_workload_without_a_chain_in_a_link_is_replaced_with_a_sentence(open_page: Open):
    app = open_page("fusion", workload="matmul")
    assert app.session_state["workload"] == "gelu"
    assert any("workload=matmul" in warning.value for warning in app.warning)


@ON_EACH
def test_the_button_times_the_rungs_of_the_chain_alone(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    started: list[dict] = []
    monkeypatch.setattr(jobs, "start", started.append)
    app = open_page("fusion", workload="softmax", size="256")
    app.button(key="measure").click().run()
    asked = [case["kernel"] for case in started[0]["cases"]]
    assert asked == [kernel.id for kernel in registry.workload("softmax").chain]


def test_another_workload_is_one_click_away(open_page: Open):
    store_measurements([m for one in CHAINS for m in rungs(2000, one)])
    app = open_page("fusion", size="2000")
    app.button_group(key="workload").set_value("layer_norm").run()
    assert not app.exception and "rung of Layer norm" in alts(app)[0]


def test_a_record_of_before_a_rung_had_a_parameter_is_that_of_its_default(open_page: Open):
    before, now, other = (
        replace(made("gelu", "fused", 2000, 1.5e-3), parameters=parameters, id=str(parameters))
        for parameters in ({}, {"width": 0}, {"width": 128})
    )
    for stored, found in (([other], False), ([before], True), ([now], True)):
        store_measurements([*rungs()[:3], *stored])
        assert ("tanh by arithmetic: 1.5" in alts(open_page("fusion"))[0]) is found


def test_without_roofs_the_page_says_where_to_measure_them(open_page: Open):
    store_measurements(rungs())
    app = open_page("fusion")
    assert "Measure the roofs first" in said(app)
    assert not any(alt.startswith("Roofline of") for alt in alts(app))


@ON_EACH
def test_with_roofs_every_rung_stands_under_them(open_page: Open):
    store_measurements(rungs())
    store_peaks()
    copy = ceiling("memory", 50e9, level="DRAM", operation="copy", byte_convention="stream", stores="regular")
    Store().save_peak(machine.detect().fingerprint, peaks().environment, replace(copy, threads=cores()))
    app = open_page("fusion")
    assert "Measure the roofs first" not in said(app)
    (roofline,) = [alt for alt in alts(app) if alt.startswith("Roofline of")]
    assert "Compiled loop, tanh by arithmetic, threads 45" in roofline
    assert "0.80 of the DRAM copy roof (50.0 GB/s" in said(app)


@ON_EACH
def test_the_button_times_all_rungs_and_the_slow_ones_also_where_they_can_be_traced(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    started: list[dict] = []
    monkeypatch.setattr(jobs, "start", started.append)
    app = open_page("fusion", size="6000")
    app.button(key="measure").click().run()
    cases = started[0]["cases"]
    assert [c["kernel"][5:] for c in cases[:7]] == [k.name for k in GELU.kernels]
    assert {c["size"] for c in cases[:7]} == {6000}
    small = {c["kernel"][5:]: c["size"] for c in cases[7:]}
    assert small["named_steps"] < 6000 and "fused" not in small
    assert cases[6]["threads"] == cores()


def test_the_memory_of_an_untraced_rung_is_taken_from_another_size(open_page: Open):
    slow = [replace(m, peak_alloc_bytes=None) if m.kernel.endswith("steps") else m for m in rungs(6000)]
    store_measurements([*slow, made("gelu", "named_steps", 512, 0.01, 8)])
    app = open_page("fusion", size="6000")
    assert "8 arrays at N=512" in alts(app)[0]
    assert "8 arrays at N=512" in app.get("plotly_chart")[0].proto.spec


@ON_EACH
def test_the_sweep_of_a_linked_operation_is_shown_and_swept(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    started: list[dict] = []
    monkeypatch.setattr(jobs, "start", started.append)
    store_measurements(sweep("triad"))
    app = open_page("fusion", operation="triad", upto=str(1 << 24))
    assert "2.0 times as fast at 192 MiB" in said(app)
    assert "points are not measured at these settings" in said(app)
    app.button(key="sweep streams").click().run()
    asked = started[0]["cases"]
    assert {c["kernel"] for c in asked} == {
        f"triad/{k}" for k in ("numpy", "in_place", "compiled", "compiled_threads")
    }
    assert {c["size"] for c in asked} == {n for n in registry.workload("triad").sizes if n <= 1 << 24}


def test_the_button_races_the_widths_in_l2_and_beyond_all_caches(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    started: list[dict] = []
    monkeypatch.setattr(jobs, "start", started.append)
    app = open_page("fusion", dtype="float64")
    assert "Nothing measured yet" in next(alt for alt in alts(app) if "width of its vectors" in alt)
    app.button(key="compare widths").click().run()
    (job,) = started
    assert job["in_turns"] is True and {c["dtype"] for c in job["cases"]} == {"float64"}
    assert len({c["size"] for c in job["cases"]}) == 2 and 1 in {c["parameters"]["width"] for c in job["cases"]}


@pytest.mark.parametrize(
    ("parameters", "raced"), [([{"width": 1}, {"width": 128}], True), ([{"width": 0}, {}], False), ([], False)]
)
def test_the_progress_of_a_race_stands_beside_its_button(
    parameters: list[dict], raced: bool, monkeypatch: pytest.MonkeyPatch
):
    from app.fusion import widths as section

    job = SimpleNamespace(
        data={"cases": [{"kernel": "gelu/fused", "parameters": given} for given in parameters]}
    )
    monkeypatch.setattr(jobs, "current", lambda: job if parameters else None)
    assert section.racing() is raced


def test_raced_widths_are_drawn_and_read(open_page: Open):
    near, _ = widths.sizes(machine.detect(), "float32")
    store_measurements(
        [
            replace(made("gelu", "fused", near, time_s), parameters={"width": bits}, id=f"at {bits}")
            for bits, time_s in ((1, 8e-6), (128, 2e-6), (512, 1e-6))
        ]
    )
    app = open_page("fusion")
    assert "512 bits are 2.0 times as fast as 128 and 8.0 times as fast as one number at a time" in said(app)


def test_an_unknown_operation_in_a_link_is_replaced_with_a_sentence(open_page: Open):
    app = open_page("fusion", operation="triadd", size="abc")
    assert app.session_state["operation"] == "triad"
    assert any("operation=triadd" in warning.value for warning in app.warning)


def test_the_sweep_reaches_beyond_the_largest_cache():
    from figure_records import machine as known

    from app.fusion import streams as fusion_page

    here = known()
    end = fusion_page.first_end(here)
    add = registry.workload("add")
    assert add.least_bytes((end,), "float32") >= fusion_page.BEYOND * 32 * 1024**2
    assert fusion_page.first_end(replace(here, caches=())) in add.sizes
