"""The page Backends in a browser: a shape timed under each backend, a step walked, a calibration cancelled."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from recorded_hosts import ON_THIS
from visitor import JOB_MS, WAIT_MS, address, has_no_fault, progress, rested, store_of

from accel_core.machine import detect, environment

pytestmark = ON_THIS
QUESTION = "Who should do the work?"
BARS = ".js-plotly-plot"


def open_page(page: Page, url: str, **settings: str | int) -> None:
    """Open the page by its address and wait until both pictures are drawn."""
    page.set_default_timeout(WAIT_MS)
    page.goto(address(url, "backends", settings))
    expect(page.get_by_role("heading", level=1, name=QUESTION)).to_be_visible()
    expect(page.locator(BARS)).to_have_count(2)
    rested(page)


def bar_texts(page: Page) -> list[str]:
    """What stands at the bars: one line a backend."""
    return page.locator(BARS).last.locator(".annotation-text").all_text_contents()


def calibrate(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("Calibrate"))


def test_one_shape_is_timed_under_every_backend_and_auto_takes_one(
    page: Page, own_server: tuple[str, Path]
) -> None:
    url, home = own_server
    open_page(page, url, operation="gelu", side=32, dtype="float64")
    assert any("Measure" in text for text in bar_texts(page))
    page.get_by_role("button", name=re.compile("Time this shape")).click()
    expect(page.locator(BARS).last).to_contain_text("the fastest", timeout=JOB_MS)
    expect(progress(page)).to_have_count(0, timeout=JOB_MS)
    said = bar_texts(page)
    assert sum("auto takes it" in text for text in said) == 1
    for title in ("NumPy", "compiled, 1 thread", "compiled, all threads"):
        assert any(text.startswith(title) for text in said)
    (stored,) = store_of(home).calibrations(detect().fingerprint, environment())
    assert (stored.operation, stored.dtype, stored.contests[0].lengths) == ("gelu", "float64", (1024,))
    page.reload()
    expect(page.locator(BARS).last).to_contain_text("the fastest")
    has_no_fault(page)


def test_a_step_of_the_walk_is_measured_here(page: Page, own_server: tuple[str, Path]) -> None:
    open_page(page, own_server[0], step="profile")
    expect(page.get_by_text("Not measured yet: matmul/python_loops")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^\W*Run \(about")).click()
    expect(page.get_by_test_id("stMetricValue")).to_contain_text("faster", timeout=JOB_MS)
    expect(page.get_by_text("matmul/python_loops → matmul/python_lists, N=128")).to_be_visible()
    has_no_fault(page)


def test_a_calibration_shows_its_progress_and_can_be_cancelled(
    page: Page, own_server: tuple[str, Path]
) -> None:
    open_page(page, own_server[0])
    calibrate(page).click()
    expect(progress(page)).to_contain_text("elapsed", timeout=JOB_MS)
    expect(calibrate(page)).to_be_disabled()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. What was measured before that is kept")).to_be_visible()
    expect(calibrate(page)).to_be_enabled()
    has_no_fault(page)
