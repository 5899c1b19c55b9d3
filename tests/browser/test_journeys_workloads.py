"""The Ladder for another workload, in a browser: choosing, measuring, reloading, going on to another page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from servers import serve
from visitor import APP, JOB_MS, button, go_to, has_no_fault, rested, settled, visit

from accel_core.registry import workload

GELU = workload("gelu")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(APP, tmp_path_factory.mktemp("workloads-home")) as address:
        yield address


def test_choosing_gelu_shows_its_ladder_and_the_link_keeps_it(page: Page, url: str):
    visit(page, url, "ladder", size=64, budget=0.5)
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


def test_a_size_that_only_vectors_have_stays_behind(page: Page, url: str):
    visit(page, url, "ladder", workload="add", size=1 << 22)
    page.get_by_role("radio", name="gelu", exact=True).click()
    expect(page.get_by_test_id("stSlider").filter(has_text="Size N")).to_contain_text(str(GELU.sizes[-1]))
    rested(page)
    go_to(page, "lab")
    has_no_fault(page)
