"""The page Fusion in a browser: time the rungs, read their arrays, sweep a vector operation, reload, cancel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from visitor import (
    JOB_MS,
    QUICK,
    button,
    finished,
    has_no_fault,
    measured,
    progress,
    rested,
    settled,
    start,
    traces,
    visit,
)

from accel_core.registry import workload

pytestmark = ON_THIS
SWEPT = {"operation": "scale", "upto": 4096, "point": 0.5}
LINES = """() => Array.from(document.querySelectorAll('.js-plotly-plot')).at(-2).data
    .filter(t => t.mode === 'lines+markers')
    .map(t => ({name: t.name, x: Array.from(t.x), y: Array.from(t.y)}))"""


def blocks(page: Page) -> dict[str, int]:
    """How many blocks of arrays stand beside each rung."""
    bars: list[dict[str, Any]] = page.locator(".js-plotly-plot").first.evaluate(
        "plot => plot.data.filter(t => t.xaxis === 'x3').map(t => ({name: t.customdata[0], n: t.x.length}))"
    )
    return {bar["name"]: bar["n"] for bar in bars}


def test_the_rungs_are_timed_and_stand_with_their_arrays_after_a_reload(
    page: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    visit(page, url, "fusion", **QUICK)
    expect(page.get_by_text("Time the rungs").first).to_be_visible()
    start(page, "fusion")
    finished(page, "fusion")
    names = [kernel.name for kernel in workload("gelu").kernels]
    assert {m.kernel for m in measured(home)} == {f"gelu/{name}" for name in names}
    shown = [str(t["ids"][0]) for t in traces(page) if t["ids"]]
    assert list(dict.fromkeys(shown)) == names
    counted = blocks(page)
    assert counted["named_steps"] > counted["expression"] > counted.get("in_place", 0)
    expect(page.get_by_text("One call allocates 3")).to_be_visible()
    page.reload()
    expect(page.get_by_text("One call allocates 3")).to_be_visible()
    settled(page, "fusion")
    for _ in range(50):  # the figure may be drawn anew
        if blocks(page) == counted:
            break
        page.wait_for_timeout(100)
    assert blocks(page) == counted
    has_no_fault(page)


def test_a_sweep_shows_its_progress_at_its_own_button_and_then_a_line_a_form(
    page: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    visit(page, url, "fusion", **QUICK, **SWEPT)
    sweep = page.get_by_role("button", name="Sweep scale")
    sweep.click()
    expect(progress(page)).to_be_visible()
    box, at = progress(page).bounding_box(), sweep.bounding_box()
    assert box is not None and at is not None and box["y"] > at["y"]
    expect(progress(page)).to_have_count(0, timeout=JOB_MS)
    rested(page)
    lines = {line["name"]: line for line in page.evaluate(LINES)}
    stored = [m for m in measured(home) if m.workload == "scale"]
    assert len(lines) == 4 and {m.size for m in stored} == {1024, 4096}
    in_place = {m.least_bytes: m.least_bytes / m.time_s.median for m in stored if m.kernel.endswith("in_place")}
    line = lines["NumPy, in place (out=)"]
    assert dict(zip(line["x"], line["y"], strict=True)) == in_place
    assert "operation=scale" in page.url and "upto=4096" in page.url
    has_no_fault(page)


def test_a_sweep_can_be_cancelled_and_keeps_what_was_measured(page: Page, own_server: tuple[str, Path]):
    url, home = own_server
    add = workload("add")
    visit(page, url, "fusion", **QUICK, operation="add", upto=add.sizes[-2])
    page.get_by_role("button", name="Sweep add").click()
    expect(page.get_by_text(re.compile(r"Step ([3-9]|\d\d) of"))).to_be_visible(timeout=JOB_MS)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. What was measured before that is kept")).to_be_visible()
    expect(button(page, "fusion")).to_be_enabled()
    kept = len([m for m in measured(home) if m.workload == "add"])
    assert 2 <= kept < len(add.kernels) * (len(add.sizes) - 1)
    has_no_fault(page)
