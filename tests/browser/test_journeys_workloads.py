"""The Ladder for another workload, in a browser: choosing, measuring, reloading."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from visitor import JOB_MS, button, has_no_fault, rested, settled, visit

from accel_core.registry import workload

pytestmark = ON_THIS
GELU = workload("gelu")


def test_choosing_gelu_shows_its_ladder_and_the_link_keeps_it(page: Page, own_server: tuple[str, Path]):
    visit(page, own_server[0], "ladder", size=64, budget=0.5)
    page.get_by_role("radio", name="gelu", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]workload=gelu(&|$)"))
    expect(page.get_by_text("GELU. Predict first")).to_be_visible()
    rested(page)
    button(page, "ladder").click()
    expect(page.get_by_test_id("stMarkdownContainer").get_by_text("largest single step")).to_be_visible(
        timeout=JOB_MS
    )
    rested(page)
    for kernel in GELU.kernels:
        expect(page.locator(".js-plotly-plot").get_by_text(kernel.title).first).to_be_visible()
    page.reload()
    settled(page, "ladder")
    expect(page.get_by_role("radio", name="gelu", exact=True)).to_be_checked()
    expect(page.get_by_test_id("stSlider").filter(has_text="Size N")).to_contain_text("64")
    has_no_fault(page)
