"""From a click to a point on the roofline, by measuring; then predictions, typed-in machines and downloads."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from servers import serve
from visitor import (
    APP,
    JOB_MS,
    QUICK,
    fill,
    finished,
    go_to,
    has_no_fault,
    measured,
    picture,
    points,
    predictions,
    progress,
    rested,
    sample_label,
    sample_size,
    start,
    traces,
    visit,
)

from accel_core.figures.drawing.look import DESKTOP_PX
from accel_core.model import Machine
from accel_core.registry import kernel_ids as every_kernel_id

SOME_RUNGS_WHILE_IT_RUNS = """all => {
    const bars = document.querySelector('.js-plotly-plot')?.data.filter(t => t.type === 'bar') || [];
    const progress = document.querySelector('[data-testid="stProgress"]');
    const said = progress?.innerText.includes('newest:');
    return progress && (said || bars.length > 0 && bars.length < all);
}"""
"""As bars, or in words where only one processor is free: there to draw would disturb what is measured."""
TYPED_AND_PREDICTED = """peak => {
    const traces = document.querySelector('.js-plotly-plot')?.data || [];
    return traces.some(t => t.name === 'predicted, not measured')
        && traces.some(t => Array.from(t.y || []).includes(peak));
}"""
WIDTH, HEIGHT = 1440, 900
"""The screen of a usual laptop."""
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def filled_server(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server whose store holds roofs and a ladder of this machine."""
    home = tmp_path_factory.mktemp("filled-home")
    fill(home)
    with serve(APP, home) as url:
        yield url


def kernel_ids() -> list[str]:
    """The rungs of the matrix product, which the ladder opens with."""
    return [name for name in every_kernel_id() if name.startswith("matmul/")]


def download(page: Page, act: Callable[[], None], folder: Path) -> Path:
    """Keep the file that the browser is given after `act`."""
    with page.expect_download(timeout=JOB_MS) as waiting:
        act()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


@pytest.mark.parametrize("large", ["false", "true"])
def test_the_roofline_has_three_fifths_of_the_first_screen(page: Page, filled_server: str, large: str):
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    visit(page, filled_server, "roofline", large=large)
    rested(page)
    box = page.locator(".js-plotly-plot").first.bounding_box()
    assert box and min(box["y"] + box["height"], HEIGHT) - box["y"] >= 0.6 * HEIGHT


def test_in_a_lecture_hall_the_settings_of_the_points_open_and_are_in_the_address(
    page: Page, filled_server: str
):
    visit(page, filled_server, "roofline", large="true")
    page.get_by_role("button", name="Points", exact=True).click()
    page.get_by_role("radio", name="all").click()
    expect(page).to_have_url(re.compile("points=all"))
    rested(page)
    has_no_fault(page)


@ON_THIS
def test_all_rungs_of_the_longest_ladder_are_on_the_first_screen(
    page: Page, filled_server: str, own_server: tuple[str, Path]
):
    """Those of a reader's own, and at the first visit the sample's below its label."""
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    for url in (filled_server, own_server[0]):
        visit(page, url, "ladder", size=sample_size())
        rested(page)
        names = page.locator(".js-plotly-plot").first.locator("text.annotation-text")
        rungs = names.filter(has_text=re.compile(r"^\d+ "))
        bars = page.locator(".js-plotly-plot").first.locator(".bars .point")
        for marks in (rungs, bars):
            boxes = [marks.nth(place).bounding_box() for place in range(marks.count())]
            assert len(boxes) >= 10
            assert max(box["y"] + box["height"] for box in boxes if box) <= HEIGHT


@ON_THIS
def test_from_the_first_click_to_points_on_the_measured_roofline(page: Page, own_server: tuple[str, Path]):
    url, home = own_server
    visit(page, url, "machine", seconds=10)
    expect(sample_label(page)).to_be_visible()
    start(page, "machine")
    expect(progress(page)).to_contain_text("roofs and points", timeout=JOB_MS)
    finished(page, "machine")
    expect(sample_label(page)).to_have_count(0)
    expect(page.locator(".js-plotly-plot").first).not_to_contain_text("Sample")
    has_no_fault(page)

    visit(page, url, "ladder", **QUICK)
    start(page, "ladder")
    page.wait_for_function(SOME_RUNGS_WHILE_IT_RUNS, arg=len(kernel_ids()), timeout=JOB_MS)
    finished(page, "ladder")
    assert len([trace for trace in traces(page) if trace["ids"]]) == len(kernel_ids())

    go_to(page, "roofline")
    expect(sample_label(page)).to_have_count(0)
    shown, stored = points(page), measured(home)
    assert {m.kernel for m in stored} == set(kernel_ids())
    assert set(shown) == {m.id for m in stored}
    for m in stored:
        text = shown[m.id]
        assert "95 % interval" in text if m.time_s.low is not None else "no interval" in text
        assert f"n = {m.time_s.n}" in text
        assert "limited by" in text and "of attainable" in text
    has_no_fault(page)


def test_what_the_page_shows_can_be_taken_along_as_pictures_data_and_table(
    page: Page, filled_server: str, tmp_path: Path
):
    """Pictures have the size that they are laid out for, in a wide window too."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    visit(page, filled_server, "roofline", points="all")
    shown = points(page)

    saved = download(page, page.get_by_role("button", name="Data as JSON").click, tmp_path)
    data = json.loads(saved.read_text(encoding="utf-8"))
    assert shown.keys() <= {m["id"] for m in data["measurements"]}
    assert {c["kind"] for c in data["ceilings"]} == {"compute", "memory"}
    assert data["machine"]["fingerprint"] == data["measurements"][0]["fingerprint"]

    high = page.locator(".js-plotly-plot").first.evaluate("plot => plot.layout.height")
    camera = page.get_by_role("button", name="Download plot as a PNG")
    png = download(page, camera.click, tmp_path).read_bytes()
    assert png.startswith(PNG)
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2 * DESKTOP_PX, 2 * high)
    page.get_by_role("radio", name="SVG").click()
    svg = download(page, page.get_by_role("button", name="Download plot", exact=True).click, tmp_path)
    assert svg.suffix == ".svg"
    text = svg.read_text(encoding="utf-8")
    assert f'width="{DESKTOP_PX}"' in text and "measured clock" in text and "points: medians" in text

    page.get_by_text("Points as a table").click()
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    as_csv = page.get_by_test_id("stDownloadButton").filter(has_text="CSV").get_by_role("button")
    saved = download(page, lambda: as_csv.press("Enter"), tmp_path)  # a click might miss: the table unfolds
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8"))))
    here = [row for row in rows if (row["Type"], row["Threads"]) == ("float32", "1")]
    assert len(here) == len(shown)
    assert {f"matmul/{row['Kernel']}" for row in rows} <= set(kernel_ids())
    assert all(float(row["GFLOP/s"]) > 0 and row["Time"] for row in rows)

    saved = download(page, page.get_by_role("button", name="Picture as HTML").click, tmp_path)
    assert saved.suffix == ".html"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(saved.as_uri())
    expect(picture(page)).to_be_visible()
    assert points(page) == shown
    expect(page.locator(".js-plotly-plot")).to_contain_text("measured clock")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_a_typed_in_machine_and_the_calculator_put_a_hollow_point_on_the_picture(
    page: Page, filled_server: str
):
    visit(page, filled_server, "roofline")
    assert predictions(page) == []
    page.get_by_text("Draw a typed-in machine instead").click()
    peak = page.get_by_role("spinbutton", name="Peak (GFLOP/s)")
    peak.fill("320")
    peak.press("Enter")
    page.get_by_role("combobox", name="Operation").click()
    page.get_by_role("option", name="triad", exact=True).click()
    page.wait_for_function(TYPED_AND_PREDICTED, arg=320e9)
    (predicted,) = predictions(page)
    assert predicted["symbol"] == ["hexagon-open"]
    assert "predicted" in predicted["hover"][0] and "FLOP/byte" in predicted["hover"][0]
    expect(page.locator(".js-plotly-plot").first).to_contain_text("Typed-in machine")
    expect(page.get_by_text("can reach")).to_be_visible()
    has_no_fault(page)


def test_the_roofline_has_three_fifths_of_the_first_screen_and_hidden_points_come_back(
    page: Page, filled_server: str
):
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    visit(page, filled_server, "roofline")
    box = page.locator(".js-plotly-plot").first.bounding_box()
    assert box and min(box["y"] + box["height"], HEIGHT) - box["y"] >= 0.6 * HEIGHT
    shown = points(page)
    assert shown
    page.get_by_role("button", name="Hide the points so far").click()
    expect(page.get_by_role("button", name="Show all points")).to_be_visible()
    rested(page)
    assert points(page) == {}
    page.reload()
    page.get_by_role("button", name="Show all points").click()
    expect(page.get_by_role("button", name="Hide the points so far")).to_be_visible()
    rested(page)
    assert points(page) == shown
