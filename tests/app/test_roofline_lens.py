"""The roofline's lenses on the page: what is simulated, what the button starts, and what is said otherwise."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from conftest import Open
from figure_records import measurement
from records_of import store_ladder, store_measurements, store_peaks
from streamlit.testing.v1 import AppTest

from accel_core import machine, registry
from accel_core.cache import cpu_caches, simulate, traffic
from accel_core.cache import rung_traversal as traversal_of
from accel_core.figures import Traffic
from accel_core.model import CacheLevel
from accel_core.studies.record import Record
from app.parts import simulated
from app.roofline import controls, lens
from app.roofline.files import as_json
from app.roofline.picture import View
from app.session import cached, jobs, settings

SMALL = [
    measurement("compiled_ijk", size=32),
    measurement("compiled_tiled", size=32, parameters={"block": 16}),
    measurement("compiled_ikj", size=32),
]


@pytest.fixture(autouse=True)
def _known_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine with caches of which all is known, whatever it has."""
    here = replace(machine.detect(), caches=(CacheLevel("L1", 4096, 8, 64), CacheLevel("L2", 1 << 20, 8, 64)))
    monkeypatch.setattr(cached, "machine", lambda: here)


def dots(app: AppTest) -> str:
    return " ".join(chart.proto.alt for chart in app.get("plotly_chart"))


def simulate_button(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.label.startswith("Simulate")]


def test_without_a_lens_there_is_nothing_to_simulate(open_page: Open):
    store_peaks()
    store_ladder()
    app = open_page("roofline")
    assert not simulate_button(app) and "simulated" not in dots(app)


def test_counted_bytes_leave_the_kernels_whose_passes_are_counted(open_page: Open):
    one = measurement("numpy", 1e9)
    gelu = replace(one, workload="gelu", kernel="gelu/expression", shape=(64, 64), size=64, id="gelu")
    store_peaks()
    store_measurements([one, gelu])
    app = open_page("roofline", lens="counted")
    assert "1 measured points at the bytes that they move by count" in dots(app)
    assert not simulate_button(app)


def test_a_lens_offers_the_simulation_and_shows_its_dots_once_it_is_done(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    store_peaks()
    store_measurements(SMALL)
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("roofline", lens="DRAM")
    assert len(found := simulate_button(app)) == 1
    assert re.fullmatch(r"Simulate 3 kernels at N=32 \(about \d+ s\)", found[0])
    app.button("simulate").click().run()
    caches = cpu_caches(cached.machine())
    wanted = [traversal_of(m) for m in SMALL]
    assert asked[0]["traversals"] == [one.to_dict() for one in wanted if one]
    done = [simulate(one, caches, classify=False) for one in wanted if one]
    monkeypatch.setattr(jobs, "results", lambda: ("", done))
    app.run()
    assert not app.exception and not simulate_button(app)
    intensity = SMALL[0].flop / traffic(done[0])["L2"]
    assert "from DRAM" in dots(app) and f"L2 {intensity:.3g}" in dots(app)
    assert any("to the roof of" in str(text.value) for text in app.markdown)
    table = app.dataframe[0].value
    assert list(table["Kernel"])[::3] == ["compiled_ijk", "compiled_tiled", "compiled_ikj"]
    assert list(table["Level"])[:3] == ["L1", "L2", "DRAM"]
    assert list(table["Bytes, simulated"])[:3] == list(traffic(done[0]).values())
    assert table["FLOP/byte, simulated"][1] == pytest.approx(intensity, rel=1e-3)
    assert table["Simulated caches"][0] == "this CPU (as detected): L1 4 KiB, L2 1 MiB"


def test_the_json_carries_the_simulated_bytes_of_each_level_and_the_caches():
    here = cached.machine()
    one = Traffic(SMALL[1], {"L1": 1000, "L2": 400, "DRAM": 100})
    data = json.loads(
        as_json(Record(here, None, ()), (), SMALL, View("float32", 1, lens="core", traffic=(one,)))
    )
    assert [m["id"] for m in data["measurements"]] == [SMALL[1].id]
    said = data["simulated"]
    assert (said["lens"], said["cache"]) == ("core", "this CPU (as detected)")
    assert [c["size_bytes"] for c in said["caches"]] == [4096, 1 << 20]
    [point] = said["points"]
    assert (point["measurement"], point["parameters"]) == (SMALL[1].id, {"block": 16})
    assert [level["simulated_bytes"] for level in point["levels"]] == [1000, 400, 100]
    assert point["levels"][2]["simulated_intensity_flop_per_byte"] == SMALL[1].flop / 100
    plain = json.loads(as_json(Record(here, None, ()), (), SMALL, View("float32", 1)))
    assert "simulated" not in plain and len(plain["measurements"]) == 3


BLOCKS = [measurement("compiled_tiled", size=32, parameters={"block": block}) for block in (4, 8)]


def test_the_link_says_with_which_block_the_tiled_kernel_stands_there(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    store_peaks()
    store_measurements([*SMALL, *BLOCKS])
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("roofline", lens="core", tile="8")
    app.button("simulate").click().run()
    assert [one["block"] for one in asked[0]["traversals"]] == [None, (8, 8, 8), None]
    app.selectbox("tile").set_value(4).run()
    app.button("simulate").click().run()
    assert asked[1]["traversals"][1]["block"] == (4, 4, 4)


def test_a_block_that_is_not_on_record_is_offered_for_measuring(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    store_peaks()
    store_measurements([*SMALL, *BLOCKS])
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("roofline", lens="core", tile="64")
    assert app.button("measure block").label.startswith("Measure block 64 at N=32")
    app.button("measure block").click().run()
    [case] = asked[0]["cases"]
    assert (case["kernel"], case["size"], case["parameters"]) == ("matmul/compiled_tiled", 32, {"block": 64})
    assert "measure block" not in [button.key for button in open_page("roofline", lens="core", tile="8").button]


def test_several_threads_are_not_simulated(open_page: Open):
    store_peaks()
    store_measurements(SMALL)
    if cached.machine().cores.allowed > 1:
        assert any("one core" in info.value for info in open_page("roofline", lens="core", threads="2").info)


def test_large_products_are_not_simulated(open_page: Open):
    store_peaks()
    store_measurements([measurement("compiled_ijk", size=2 * simulated.MOST_SIZE)])
    assert any(
        f"N={simulated.MOST_SIZE} or less" in info.value for info in open_page("roofline", lens="core").info
    )


def test_a_link_with_another_lens_is_answered_in_a_sentence(open_page: Open):
    assert any("lens=sideways" in said.value for said in open_page("roofline", lens="sideways").warning)


@pytest.mark.parametrize(("lens", "idle"), [("least", False), ("core", True)])
def test_whose_points_carry_names_is_no_choice_in_a_lens(open_page: Open, lens: str, idle: bool):
    store_peaks()
    store_measurements(SMALL)
    assert open_page("roofline", lens=lens).selectbox("named").disabled == idle


def test_what_has_no_dots_is_named_with_the_reason(open_page: Open):
    store_peaks()
    store_measurements(SMALL)
    plain, seen = (
        [text.value for text in app.caption if "the simulator follows loop orders" in text.value]
        for app in (open_page("roofline"), open_page("roofline", lens="core"))
    )
    without = [workload.title for workload in registry.WORKLOADS if not workload.followed]
    assert not plain and len(seen) == 1 and len(without) > 5
    assert all(title in seen[0] for title in without) and "Matrix product" not in seen[0]


def test_every_workload_that_declares_loop_orders_is_offered_a_lens(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    store_peaks()
    store_measurements(SMALL)
    assert "of" not in [group.key for group in open_page("roofline", lens="core").button_group]
    product = registry.workload("matmul")
    other = replace(product.only(["compiled_ijk", "compiled_ikj"]), name="other", title="Other product")
    monkeypatch.setattr(registry, "WORKLOADS", (*registry.WORKLOADS, other))
    monkeypatch.setattr(
        controls, "KERNELS", settings.Several("shown", "Kernels", tuple(registry.kernel_ids()), ())
    )
    store_measurements(
        [
            replace(one, workload="other", kernel=f"other/{one.rung}", id=f"other {one.id}")
            for one in (SMALL[0], SMALL[2])
        ]
    )
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("roofline", lens="DRAM", of="other")
    assert app.button_group(key="of").options == ["matmul", "other"] and not app.warning
    assert "tile" not in [box.key for box in app.selectbox]
    app.button("simulate").click().run()
    assert [one["order"] for one in asked[0]["traversals"]] == ["ijk", "ikj"]
    wanted = [traversal_of(one) for one in (SMALL[0], SMALL[2])]
    done = [simulate(one, cpu_caches(cached.machine()), classify=False) for one in wanted if one]
    monkeypatch.setattr(jobs, "results", lambda: ("", done))
    app.run()
    assert not app.exception and dots(app).count("Compiled loops") >= 2
    table = app.dataframe[0].value
    assert list(table["Kernel"])[::3] == ["compiled_ijk", "compiled_ikj"]
    app.button_group(key="of").set_value("matmul").run()
    assert "tile" in [box.key for box in app.selectbox]


def test_the_tiled_rung_is_the_one_that_declares_an_order_and_a_block():
    product = registry.workload("matmul")
    assert (kernel := lens.tiled(product)) is not None and kernel.name == "compiled_tiled"
    assert lens.tiled(product.only(["compiled_ijk", "numpy_tiled"])) is None
