"""The page Transformer in a browser: guess, run the smallest block, make a part faster, reload."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from visitor import JOB_MS, fill_peaks, has_no_fault, picture, progress, rested, slider, store_of, visit

from accel_core.machine import detect

pytestmark = ON_THIS
SMALL: dict[str, Any] = {"preset": "shakespeare", "sequence": 16, "width": 32, "heads": 2, "feed_forward": 48}

FIRST_ROW = {"x": 18, "y": 59}
"""The box that picks the first row of a table, below its header."""


def test_a_guess_a_run_and_a_faster_part_outlive_a_reload(page: Page, own_server: tuple[str, Path]):
    url, home = own_server
    fill_peaks(home)
    visit(page, url, "transformer", **SMALL)
    expect(page.locator(".js-plotly-plot")).to_have_count(0)
    page.get_by_text("softmax", exact=True).click()
    page.get_by_role("button", name="Commit").click()
    expect(page.get_by_text("You said softmax")).to_be_visible()
    expect(page.get_by_text("(predicted)").first).to_be_visible()
    page.get_by_role("button", name="Run the block").click()
    expect(progress(page)).to_be_visible()
    expect(page.get_by_text("run as one, the block takes")).to_be_visible(timeout=JOB_MS)
    (run,) = store_of(home).block_runs(detect().fingerprint)
    assert run.shape["width"] == 32 and run.state == "numpy"
    rested(page)
    counted = page.get_by_text("FLOP = 7·rows·columns").locator("visible=true")
    expect(counted).to_have_count(0)
    page.locator('[data-testid="stDataFrame"]').first.click(position=FIRST_ROW)
    expect(counted).to_have_count(1)
    slider(page, "Times as fast").press("End")
    faster = page.get_by_text("With feed-forward 1000 times as fast")
    expect(faster).to_be_visible()
    expect(page).to_have_url(re.compile("guess.prefill.numpy=softmax.*times=1000"))
    page.reload()
    expect(picture(page)).to_be_visible()
    expect(faster).to_be_visible()
    expect(page.get_by_text("You said softmax")).to_be_visible()
    expect(page.get_by_text("(measured)").first).to_be_visible()
    has_no_fault(page)
