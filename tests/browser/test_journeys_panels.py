"""The page Panels in a browser: measure a setting, sweep KC, go back to that of the caches, reload."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from visitor import JOB_MS, has_no_fault, measured, picture, rested, slider, visit

pytestmark = ON_THIS
SETTINGS = {"size": 512, "point": 0.5}
RATES = """() => ([...document.querySelectorAll('.js-plotly-plot')][1]?.data || [])
    .filter(t => [].concat(t.hovertext || []).length)
    .map(t => ({name: t.name, x: Array.from(t.x), mode: t.mode}))"""


def over(page: Page) -> None:
    """Wait until this session's job is over and its results are drawn."""
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=JOB_MS)
    rested(page)


def rates(page: Page) -> list[dict[str, Any]]:
    """The traces of the second picture, which may be drawn later than the page rests."""
    page.wait_for_function(f"() => ({RATES})().length > 0")
    return page.evaluate(RATES)


def test_a_student_measures_a_setting_of_their_own_and_hunts(page: Page, own_server: tuple[str, Path]):
    url, home = own_server
    visit(page, url, "panels", **SETTINGS)
    usual = slider(page, "KC").get_attribute("aria-valuetext")
    slider(page, "KC").press("Home")  # no cache asks for so short a one
    page.wait_for_url(re.compile("kc="))
    rested(page)

    page.get_by_role("button", name="Measure this setting").click()
    over(page)
    kernels = [m.kernel for m in measured(home)]
    assert sorted(kernels) == ["matmul/numpy", "matmul/packed", "matmul/packed"]
    expect(page.get_by_text(re.compile("measured .*block sizes from the caches"))).to_be_visible()

    page.get_by_role("button", name="Sweep KC").click()
    over(page)
    [line] = [trace for trace in rates(page) if trace["mode"] == "lines+markers"]
    assert len(line["x"]) == 8 and line["x"] == sorted(line["x"])

    page.reload()
    expect(picture(page)).to_be_visible()
    rested(page)
    assert "kc=" in page.url and [t["name"] for t in rates(page) if t["mode"] == "lines+markers"]

    page.get_by_role("button", name="Block sizes from the caches").click()
    expect(slider(page, "KC")).to_have_attribute("aria-valuetext", str(usual))
    rested(page)
    assert "kc=" not in page.url
    has_no_fault(page)
