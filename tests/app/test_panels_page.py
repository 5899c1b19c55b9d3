"""The page Panels: settings that follow the caches, what buttons ask for, and whose measurements it shows."""

from __future__ import annotations

from typing import Any

import pytest
import recorded_hosts as hosts
from conftest import Open
from figure_records import machine, measurement
from recorded_hosts import ON_EACH
from records_of import store_measurements, store_peaks
from streamlit.testing.v1 import AppTest

from accel_core.kernels import tuned
from accel_core.kernels.matmul.blocking import blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.model import Estimate, Measurement
from accel_core.model.tuning import Tuning
from accel_core.studies import packed
from app.session import cached, jobs

QUESTION = "Which cache holds which panel?"
NAMES = ("mc", "kc", "nc")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the buttons hand to the runner."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "start", found.append)
    return found


def derived(dtype: str = "float32", tile: int = ROWS) -> dict[str, int]:
    blocks = packed.from_caches(cached.machine(), dtype, tile)
    return {name: getattr(blocks, name) for name in NAMES}


def lengths(app: AppTest) -> dict[str, int]:
    return {name: app.select_slider(key=name).value for name in NAMES}


def alts(app: AppTest) -> list[str]:
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def said(app: AppTest, kind: str = "markdown") -> str:
    return "\n".join(str(e.value) for e in app.get(kind))


def measured(rate: float, size: int = 1024, tile: int = ROWS, **given: int) -> Measurement:
    """The packed product with these lengths, the block sizes from the caches where nothing is said."""
    parameters = {"tile": tile, **derived(tile=tile), **given}
    return measurement("packed", rate, size=size, parameters=parameters)


# -- settings ------------------------------------------------------------------------------------------------


@ON_EACH
def test_the_page_asks_its_question_and_both_figures_can_be_heard(open_page: Open) -> None:
    app = open_page("panels")
    assert [title.value for title in app.title] == [QUESTION]
    assert not app.error and not app.warning
    assert "Registers" in alts(app)[0] and "nothing measured yet" in alts(app)[1]


@ON_EACH
def test_at_first_every_length_follows_from_the_caches(open_page: Open) -> None:
    assert lengths(open_page("panels")) == derived()
    assert lengths(open_page("panels", dtype="float64", mr=str(max(TILES)))) == derived("float64", max(TILES))


def test_a_link_opens_the_settings_that_it_names(open_page: Open) -> None:
    app = open_page("panels", kc="64", mr="8", dtype="float64", size="2048")
    assert lengths(app) == {**derived("float64", 8), "kc": 64}
    assert app.select_slider(key="size").value == 2048 and not app.warning


@pytest.mark.parametrize(("link", "named"), [({"kc": "abc"}, "kc=abc"), ({"mr": "7"}, "mr=7")])
def test_a_crafted_link_ends_in_one_sentence_and_a_page(open_page: Open, link: dict, named: str) -> None:
    app = open_page("panels", **link)
    assert named in said(app, "warning") and len(app.warning) == 1
    assert [title.value for title in app.title] == [QUESTION]


@ON_EACH
def test_another_tile_takes_derived_lengths_along_and_leaves_chosen_ones(open_page: Open) -> None:
    app = open_page("panels")
    app.select_slider(key="nc").set_value(2048).run()
    app.session_state["mr"] = 12
    app.run()
    assert lengths(app) == {**derived(tile=12), "nc": 2048}


def test_a_button_leads_back_to_the_sizes_from_the_caches(open_page: Open) -> None:
    app = open_page("panels", kc="64", mr="12", nc="1024")
    app.button(key="from caches").click().run()
    assert lengths(app) == derived() and app.session_state["mr"] == ROWS


# -- tuning --------------------------------------------------------------------------------------------------


def a_tuning(**changes: Any) -> Tuning:
    """What was kept of this machine: tile 12, at the kc from the caches for tile 6."""
    blocks = packed.from_caches(cached.machine(), "float32", 12).given(kc=derived()["kc"], nc=256)
    plain: dict[str, Any] = {
        "dtype": "float32", "tile": 12, "mc": blocks.mc, "kc": blocks.kc, "nc": blocks.nc, "unpacked_bytes": 0,
        "unpacked_a_bytes": 0, "gains": {"512": Estimate(1.2, 1.1, 1.3, 9), "1024": Estimate(1.0, 0.9, 1.1, 9)},
        "fingerprint": cached.machine().fingerprint, "environment": cached.environment(),
        "created": "2026-05-04T10:00:00+00:00", "took_s": 12.0,
    }  # fmt: skip
    tuning = Tuning(**{**plain, **changes})
    tuned.keep(tuning)
    return tuning


def test_a_tuned_machine_says_what_runs_and_leads_there(open_page: Open) -> None:
    found = a_tuning()
    app = open_page("panels")
    assert f"kc = {found.kc}" in said(app, "caption") and "1.2 times at N=512" in said(app, "caption")
    app.button(key="tuned").click().run()
    assert lengths(app) == {"mc": found.mc, "kc": found.kc, "nc": found.nc} and not app.exception
    assert app.session_state["mr"] == 12
    app.button(key="from caches").click().run()
    assert lengths(app) == derived()


def test_the_tuned_lengths_are_measured_beside_the_chosen_and_the_derived(
    open_page: Open, asked: list[dict[str, Any]]
) -> None:
    found = a_tuning()
    open_page("panels", kc="64").button(key="measure").click().run()
    tried = [(c["parameters"]["tile"], c["parameters"]["kc"]) for c in asked[0]["cases"][:-1]]
    assert tried == [(ROWS, 64), (ROWS, derived()["kc"]), (12, found.kc)]


def test_where_nothing_was_tuned_the_page_offers_it(open_page: Open, asked: list[dict[str, Any]]) -> None:
    app = open_page("panels")
    assert "measurement of this machine" not in said(app, "caption")
    assert not [button for button in app.button if button.key == "tuned"]
    app.button(key="tune").click().run()
    assert asked == [{"kind": "tune"}]


# -- levels --------------------------------------------------------------------------------------------------


@ON_EACH
def test_moving_a_slider_redraws_the_levels_and_starts_nothing(open_page: Open) -> None:
    app = open_page("panels", size="2048")
    before = alts(app)[0]
    assert "overflows" not in before
    app.select_slider(key="kc").set_value(2048).run()
    app.select_slider(key="nc").set_value(2048).run()
    assert "block of b, kc x nc = 2048 x 20" in alts(app)[0] and alts(app)[0] != before
    assert "watch" not in app.session_state


def test_the_levels_are_those_of_the_machine_and_the_blocks_as_they_run() -> None:
    here = machine()
    derived = packed.from_caches(here, "float32")
    assert derived == blocking(
        "float32", {c.level: c.size_bytes for c in here.caches}, registers=packed.registers_of(here)
    )
    deep = derived.given(kc=4096)
    found = {p.level: p for p in packed.panels(here, deep, derived, 1024, "float32")}
    assert list(found) == ["registers", "L1", "L2", "L3"]
    assert (found["L1"].columns, found["L1"].size_bytes) == (1024, ROWS * 1024 * 4)
    assert [found[level].level_bytes for level in ("L1", "L2", "L3")] == [c.size_bytes for c in here.caches]
    assert not any(p.assumed for p in found.values())


@pytest.mark.parametrize(
    ("name", "width_bits", "count"),
    [("linux-zen5-vm", 512, 32), ("linux-alder-lake", 256, 16), ("darwin-m2", 128, 32)],
)
def test_the_register_tile_is_that_of_the_described_processor(name: str, width_bits: int, count: int) -> None:
    here = hosts.machine(name)
    blocks = packed.from_caches(here, "float32")
    registers = packed.panels(here, blocks, blocks, 1024, "float32")[0]
    assert registers.level_bytes == count * width_bits // 8
    assert (blocks.mr, blocks.nr) == (ROWS, count * 3 // 4 // ROWS * width_bits // 32)


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_register_tile_leaves_registers_for_b_and_a(tile: int, dtype: str) -> None:
    blocks = packed.from_caches(machine(), dtype, tile)
    registers = packed.panels(machine(), blocks, blocks, 1024, dtype)[0]
    assert 0.5 < registers.share < 1


# -- measuring -----------------------------------------------------------------------------------------------


@ON_EACH
def test_the_chosen_setting_runs_against_the_derived_and_numpy_in_one_job(
    open_page: Open, asked: list[dict[str, Any]]
) -> None:
    open_page("panels", kc="64").button(key="measure").click().run()
    cases = asked[0]["cases"]
    assert [case["kernel"] for case in cases] == ["matmul/packed", "matmul/packed", "matmul/numpy"]
    assert asked[0]["in_turns"] is True
    assert cases[0]["parameters"] == {"tile": ROWS, **derived(), "kc": 64}
    assert cases[1]["parameters"] == {"tile": ROWS, **derived()}
    assert {case["size"] for case in cases} == {1024} and {case["threads"] for case in cases} == {1}


@ON_EACH
def test_a_setting_that_runs_as_the_derived_one_is_not_measured_twice(
    open_page: Open, asked: list[dict[str, Any]]
) -> None:
    open_page("panels").button(key="measure").click().run()
    assert [case["kernel"] for case in asked[0]["cases"]] == ["matmul/packed", "matmul/numpy"]


@pytest.mark.parametrize("size", [512, 1000, 2048])
@pytest.mark.parametrize("tile", TILES)
def test_a_sweep_has_eight_depths_that_all_run_differently_the_derived_among_them(size: int, tile: int) -> None:
    derived = packed.from_caches(machine(), "float32", tile)
    cases = [c for c in packed.sweep(machine(), derived, size, "float32") if c.kernel == "matmul/packed"]
    ran = [packed.cut(derived.given(kc=c.parameters["kc"]), size)[2] for c in cases]
    assert len(set(ran)) == len(ran) == packed.SWEPT and ran == sorted(ran)
    assert packed.cut(derived, size)[2] in ran
    assert all(c.parameters["nc"] == derived.nc for c in cases)


@ON_EACH
def test_the_sweep_button_asks_for_the_sweep(open_page: Open, asked: list[dict[str, Any]]) -> None:
    open_page("panels", nc="1024").button(key="sweep kc").click().run()
    cases = asked[0]["cases"]
    assert len(cases) == packed.SWEPT + 1 and cases[-1]["kernel"] == "matmul/numpy"


def test_a_processor_that_cannot_run_it_is_told_why(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from accel_core import registry

    monkeypatch.setattr(registry, "why_not", lambda *_, **__: "needs fma")
    app = open_page("panels")
    assert app.button(key="measure").disabled and app.button(key="sweep kc").disabled


# -- what was measured ---------------------------------------------------------------------------------------


@ON_EACH
def test_the_reading_sets_the_chosen_setting_beside_the_derived_numpy_and_the_roof(open_page: Open) -> None:
    store_peaks()
    store_measurements([measured(80e9, kc=64), measured(100e9), measurement("numpy", 110e9, size=1024)])
    read = said(open_page("panels", kc="64"))
    assert "kc = 64" in read and "20 % slower than with the block sizes from the caches" in read
    assert "of the measured FMA roof and 0.73 of NumPy's 110 GFLOP/s" in read


def test_settings_of_other_sizes_and_unpacked_ones_are_no_points(open_page: Open) -> None:
    zeros = measurement("packed", 300e9, size=1024, parameters=dict.fromkeys(("tile", *NAMES), 0))
    store_measurements([measured(90e9, kc=64), measured(200e9, size=2048), zeros])
    app = open_page("panels", kc="64")
    assert "The only setting" in alts(app)[1] and "90.0 GFLOP/s" in alts(app)[1]


def test_two_settings_that_run_alike_are_one_point_the_newest() -> None:
    here = machine()
    derived = packed.from_caches(here, "float32")
    lengths = {"tile": ROWS, "mc": derived.mc, "kc": derived.kc, "nc": derived.nc}
    pair = [
        measurement("packed", rate, size=1024, parameters={**lengths, "kc": kc}, created=created)
        for rate, kc, created in ((90e9, 4096, "2026-05-05T10:00:00"), (80e9, 2048, "2026-05-04T10:00:00"))
    ]
    found = packed.rates(packed.Record(here, None, tuple(pair)), derived, derived, 1024, "float32")
    assert [p.measured.flop_per_s for p in found.points] == [pytest.approx(90e9)]


@pytest.mark.parametrize("name", hosts.NAMES)
def test_what_overflows_the_third_level_goes_to_what_lies_beyond_it(name: str) -> None:
    there = hosts.machine(name)
    blocks = packed.from_caches(there, "float32")
    found = packed.panels(there, blocks, blocks, 1024, "float32")
    assert found[-1].level == "L3" and found[-1].beyond == ("L4" if there.cache("L4") else "DRAM")
