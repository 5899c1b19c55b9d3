"""Settings: they live in the link, start nothing when they move, obey the keyboard, and are checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from layout import small
from playwright.sync_api import Page, expect
from servers import serve
from tabs import Tab
from visitor import (
    APP,
    QUESTIONS,
    TITLES,
    address,
    alerts,
    fill,
    go_to,
    has_no_fault,
    measured,
    progress,
    rested,
    sample_size,
    settled,
    slider,
    traces,
    visit,
)

from accel_core.figures.drawing.look import LEAST_PX
from accel_core.model import Machine
from accel_core.registry import workload
from app.parts import theme

SIZES = workload("matmul").sizes
LARGE = {"size": 2048, "dtype": "float64"}
"""A block of b with the longest KC and NC is 32 MiB there, more than any L2."""
OVERFLOW = (
    "() => [...document.querySelectorAll('.js-plotly-plot')][0].layout.annotations.map(a => a.text).join()"
)
Filled = tuple[str, Path]


@pytest.fixture(scope="module")
def filled(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """(URL, data folder) of a server whose store holds roofs and a ladder of this machine."""
    home = tmp_path_factory.mktemp("filled-home")
    fill(home)
    with serve(APP, home) as url:
        yield url, home


def shows_the_settings_that_were_chosen(page: Page) -> None:
    """What `test_a_link_and_a_reload_...` sets on the Lab."""
    expect(page.get_by_role("radio", name="size", exact=True)).to_be_checked()
    expect(page.get_by_role("radio", name="float64")).to_be_checked()
    expect(page.get_by_test_id("stSlider").filter(has_text="Size N")).to_contain_text(str(SIZES[-2]))
    expect(page.get_by_role("button", name="Remove compiled_tiled")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove numpy_tiled")).to_be_visible()


def test_a_link_and_a_reload_show_the_same_settings(page: Page, tab: Tab, filled: Filled):
    visit(page, filled[0], "lab", size=SIZES[-3])
    slider(page, "Size N").press("ArrowRight")
    expect(page).to_have_url(re.compile(f"size={SIZES[-2]}"))
    page.get_by_role("radio", name="size", exact=True).click()
    page.get_by_role("radio", name="float64").click()
    page.get_by_role("button", name="Remove compiled_tiled").click()
    for setting in ("over=size", "dtype=float64", f"size={SIZES[-2]}", "kernels=numpy_tiled"):
        expect(page).to_have_url(re.compile(rf"[?&]{setting}(&|$)"))
    shows_the_settings_that_were_chosen(page)
    page.reload()
    settled(page, "lab")
    shows_the_settings_that_were_chosen(page)
    link = page.url
    tab.leave()
    guest = tab.fresh()
    guest.goto(link)
    settled(guest, "lab")
    shows_the_settings_that_were_chosen(guest)
    has_no_fault(guest)


def test_one_press_of_back_is_one_page_with_its_own_settings(page: Page, filled: Filled):
    visit(page, filled[0], "ladder", size=SIZES[-2])
    page.get_by_role("radio", name="float64").click()
    rested(page)
    go_to(page, "lab")
    rested(page)
    go_to(page, "roofline")
    rested(page)
    for name in ("lab", "ladder"):
        page.go_back()
        settled(page, name)
        has_no_fault(page)
    assert f"size={SIZES[-2]}" in page.url and "dtype=float64" in page.url
    expect(page.get_by_test_id("stSlider").filter(has_text="Size N")).to_contain_text(str(SIZES[-2]))
    page.go_forward()
    settled(page, "lab")


def test_no_text_is_too_small_for_a_projector(page: Page, filled: Filled):
    page.set_viewport_size({"width": 1920, "height": 1080})
    visit(page, filled[0], "machine")
    found = {}
    for name in TITLES:
        go_to(page, name)
        rested(page)
        if name == "ladder":
            page.get_by_test_id("stCode").locator("span").first.wait_for()  # what draws code comes late
        found |= {name: texts} if (texts := small(page, LEAST_PX)) else {}
    assert found == {}


def test_in_a_lecture_hall_text_is_larger_and_what_stands_beside_it_is_gone(page: Page, filled: Filled):
    page.set_viewport_size({"width": 1920, "height": 1080})
    visit(page, filled[0], "roofline")
    beside = page.get_by_test_id("stCaptionContainer")
    first = beside.filter(has_text="Put a point there")
    expect(first).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_text(theme.LARGE.label).click()
    expect(first).to_be_hidden()
    expect(beside.filter(has=page.get_by_role("img")).first).to_be_visible()  # whose, or what is wrong
    rested(page)
    assert "large=true" in page.url
    assert small(page, theme.LARGER * LEAST_PX) == []
    go_to(page, "ladder")
    rested(page)
    assert small(page, theme.LARGER * LEAST_PX) == []
    has_no_fault(page)


def test_a_script_in_a_link_is_text_in_one_sentence(page: Page, filled: Filled):
    """What else a link can hold is answered in `tests/app/test_pages.py`."""
    dialogs: list[str] = []
    page.once("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    visit(page, filled[0], "machine", seconds="<script>alert(1)</script>")
    (note,) = [said for said in alerts(page) if "The link" in said]
    assert "script" in note and note.endswith(".") and "\n" not in note
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTIONS["machine"])
    assert dialogs == []
    has_no_fault(page)


def test_the_address_follows_the_settings_after_a_corrected_link_too(page: Page, filled: Filled):
    visit(page, filled[0], "lab", dtype="float8")
    for dtype, inside in (("float64", True), ("float32", False), ("float64", True)):
        page.get_by_role("radio", name=dtype).click()
        rested(page)
        without = "" if inside else "^((?!dtype).)*$"  # the default leaves the address
        expect(page).to_have_url(re.compile(without or f"dtype={dtype}"))


def test_moving_sliders_starts_nothing_and_the_result_says_that_it_is_from_other_settings(
    page: Page, filled: Filled
):
    before = len(measured(filled[1]))
    visit(page, filled[0], "lab", size=sample_size(), over="none", kernels=["numpy"])
    other = page.get_by_test_id("stAlert").filter(has_text="This result is from other settings")
    expect(other).to_have_count(0)
    slider(page, "Size N").press("ArrowLeft")
    expect(other).to_contain_text(f"N={sample_size()}")
    slider(page, "Time per").press("ArrowRight")
    slider(page, "Size N").press("ArrowRight")
    expect(other).to_have_count(0)
    expect(progress(page)).to_have_count(0)
    assert len(measured(filled[1])) == before


def test_a_block_that_is_too_long_for_its_cache_overflows_its_level(page: Page, filled: Filled):
    before = len(measured(filled[1]))
    visit(page, filled[0], "panels", **LARGE)
    assert len(traces(page)) == 4, (
        "one bar for each level: nothing overflows with the block sizes from the caches"
    )
    assert "overflows" not in page.evaluate(OVERFLOW)
    slider(page, "NC").press("End")
    page.wait_for_url(re.compile("nc=2048"))
    slider(page, "KC").press("End")
    page.wait_for_url(re.compile("kc=2048"))
    rested(page)
    page.wait_for_function(f"() => ({OVERFLOW})().includes('overflows')")
    assert len(measured(filled[1])) == before, "moving a slider measures nothing"
    has_no_fault(page)


def test_a_size_that_only_vectors_have_stays_behind(page: Page, filled: Filled):
    visit(page, filled[0], "ladder", workload="add", size=1 << 22)
    page.get_by_role("radio", name="gelu", exact=True).click()
    largest = str(workload("gelu").sizes[-1])
    expect(page.get_by_test_id("stSlider").filter(has_text="Size N")).to_contain_text(largest)
    rested(page)
    go_to(page, "lab")
    has_no_fault(page)


def test_the_address_of_backends_says_what_the_page_shows(page: Page, filled: Filled):
    def shows_what_was_chosen() -> None:
        expect(page.get_by_role("button", name=re.compile("Calibrate softmax"))).to_be_visible()
        expect(page.get_by_text("4. Does memory come in the order in which it lies?")).to_be_visible()
        rested(page)

    page.goto(address(filled[0], "backends"))
    page.get_by_role("radio", name="softmax").click()
    page.get_by_role("radio", name="access pattern").click()
    shows_what_was_chosen()
    assert "operation=softmax" in page.url and "step=access+pattern" in page.url
    page.reload()
    shows_what_was_chosen()
    has_no_fault(page)
