"""The Ladder's choice of a workload: everything on the page follows, and the address says which."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import Open
from figure_records import measurement
from recorded_hosts import ON_EACH
from records_of import store_measurements, store_peaks

from accel_core import registry
from accel_core.model import Measurement, Workload

WORKLOADS = [workload.name for workload in registry.WORKLOADS]


def rungs_of(workload: Workload, size: int) -> list[Measurement]:
    """Every rung at `size`, each twice as fast as the one before."""
    shape = workload.shape(size)
    return [
        replace(
            measurement(kernel.name, 2e9 * 2**at, size=size),
            workload=workload.name,
            kernel=kernel.id,
            shape=shape,
            flop=workload.flop(shape),
            least_bytes=workload.least_bytes(shape, "float32"),
            time_s=replace(measurement(kernel.name, 1e9).time_s, median=workload.flop(shape) / (2e9 * 2**at)),
            parameters=kernel.defaults,
            id=kernel.name,
        )
        for at, kernel in enumerate(workload.kernels)
    ]


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_link_opens_any_workload_with_its_own_sizes_and_rungs(open_page: Open, name: str):
    workload = registry.workload(name)
    app = open_page("ladder", workload=name)
    assert app.session_state["workload"] == name
    assert app.select_slider(key="size").value == workload.default_size
    assert app.selectbox(key="rung").options == [kernel.name for kernel in workload.kernels]
    assert workload.title in app.caption[0].value


def test_the_picture_and_the_reading_are_of_the_chosen_workload(open_page: Open):
    gelu = registry.workload("gelu")
    store_measurements(rungs_of(gelu, 2000))
    app = open_page("ladder", workload="gelu", size="2000")
    (alt,) = [chart.proto.alt for chart in app.get("plotly_chart")]
    assert alt.startswith("Speed of each rung of GELU") and "not run" not in alt
    assert any(text.value.startswith("Compiled loop, tanh by arithmetic, threads is") for text in app.markdown)


def test_a_rung_of_another_workload_stands_in_full(open_page: Open):
    app = open_page("ladder", workload="gelu", rung="fused")
    assert "power_of_two" in app.code[0].value
    assert any("The tanh becomes arithmetic" in text.value for text in app.markdown)


def test_extra_memory_stands_beside_the_time_in_arrays(open_page: Open):
    steps, *rest = rungs_of(registry.workload("gelu"), 2000)
    peak = 8 * 4 * 2000 * 2000
    store_measurements([replace(steps, peak_alloc_bytes=peak), *(replace(m, peak_alloc_bytes=0) for m in rest)])
    app = open_page("ladder", workload="gelu", size="2000", rung="named_steps")
    assert {m.label: m.value for m in app.metric}["Extra memory"] == "8 arrays"
    told = next(frame.value for frame in app.dataframe if "Extra memory" in frame.value)
    assert list(told["Extra memory"]) == ["8 arrays"] + ["none"] * len(rest)


def test_choosing_another_workload_takes_its_own_size_and_first_rung(open_page: Open):
    app = open_page("ladder", size="1024", rung="numpy_tiled")
    app.button_group(key="workload").set_value("add").run()
    assert not app.exception
    assert app.select_slider(key="size").value in registry.workload("add").sizes
    assert app.selectbox(key="rung").value == "python_loop"
    app.button_group(key="workload").set_value("gelu").run()
    assert app.select_slider(key="size").value in registry.workload("gelu").sizes


def test_a_size_of_another_workload_does_not_follow_to_the_lab(open_page: Open):
    app = open_page("ladder", workload="add", size=str(1 << 26))
    app.switch_page("lab/lab.py").run()
    assert not app.exception
    assert app.select_slider(key="size").value == 4096


def test_the_button_measures_the_rungs_of_the_chosen_workload(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    from app.session import jobs

    started: list[dict] = []
    monkeypatch.setattr(jobs, "start", started.append)
    app = open_page("ladder", workload="softmax", size="128")
    app.button(key="measure").click().run()
    asked = [case["kernel"] for case in started[0]["cases"]]
    assert asked == [f"softmax/{kernel.name}" for kernel in registry.workload("softmax").kernels]
    assert {case["size"] for case in started[0]["cases"]} == {128}


@ON_EACH
def test_a_ladder_that_the_memory_limits_climbs_to_the_roof_of_the_level_that_holds_it(open_page: Open):
    from accel_core.studies.experiments import Setup, Shown
    from app.ladder import picture as ladder_page
    from app.session import records

    store_peaks()
    gelu, product = registry.workload("gelu"), registry.workload("matmul")
    open_page("ladder")
    record = records.own()
    for size in (2000, 6000, 12000):
        least = gelu.least_bytes(gelu.shape(size), "float32")
        level = next((c.level for c in record.machine.caches if c.size_bytes >= least), "DRAM")
        low = ladder_page.roof(record, Shown(tuple(rungs_of(gelu, size)), (), Setup(size, "float32", 1)))
        assert low is not None and low.operation.startswith(f"{level} ")
        bandwidth = max(c.value for c in record.peaks.ceilings if c.level == level and c.threads == 1)
        assert low.value == pytest.approx(bandwidth * 9 / 8) and (low.kind, low.unit) == ("compute", "FLOP/s")
    assert level == "DRAM"
    high = ladder_page.roof(record, Shown(tuple(rungs_of(product, 1024)), (), Setup(1024, "float32", 1)))
    assert high is not None and high.operation == "fma"


def test_an_unknown_workload_in_a_link_is_replaced_with_a_sentence(open_page: Open):
    app = open_page("ladder", workload="softmaxx")
    assert app.session_state["workload"] == "softmax"
    assert any("workload=softmaxx" in warning.value for warning in app.warning)


def test_the_rung_that_walks_down_b_says_by_the_readers_numbers_what_that_costs(open_page: Open):
    matmul = registry.workload("matmul")
    store_measurements(rungs_of(matmul, 1024))
    app = open_page("ladder", workload="matmul", size="1024", rung="vector_tile")
    (text,) = [text.value for text in app.markdown if text.value.startswith("The rows of b begin")]
    assert "4 KiB apart" in text and "Packing first was 2.0 times as fast." in text
    unpacked = open_page("ladder", workload="matmul", size="1024", rung="packed")
    assert not any(text.value.startswith("The rows of b begin") for text in unpacked.markdown)
