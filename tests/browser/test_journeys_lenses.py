"""The roofline's lenses in a browser: simulate, see a dot for each level, switch, reload, keep the numbers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from servers import serve
from visitor import APP, JOB_MS, SAMPLE, fill_peaks, has_no_fault, rested, store_of, visit

from accel_core.machine import detect
from accel_core.model import Machine, Measurement
from accel_core.registry import workload

KERNELS = ("compiled_ijk", "compiled_tiled", "compiled_ikj")
SIZE = 96
RECORDED_BLOCK, OTHER_BLOCK = 32, 8
"""A block of the tiled kernel beside its usual one that is on record, and one that is not."""
DOTS = """() => (document.querySelector('.js-plotly-plot')?.data || [])
    .filter(t => t.mode === 'lines+markers')
    .map(t => ({name: t.name, x: Array.from(t.x), sizes: Array.from(t.marker.size), hover: t.hovertext}))"""
COMPILED_MS = 300_000
"""Longer than it takes to compile the simulator on a slow, busy machine."""
LARGE_AT_THE_END = f"""() => {{
    const dots = ({DOTS})();
    return dots.length > 0 && dots.every(t => t.sizes[t.sizes.length - 1] === Math.max(...t.sizes));
}}"""


@pytest.fixture(scope="module")
def small_server(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server whose store holds roofs, and three rungs at a size that is simulated in a second."""
    home = tmp_path_factory.mktemp("small-home")
    fill_peaks(home)
    for kernel in KERNELS:
        store_of(home).save_measurement(small(kernel))
    store_of(home).save_measurement(small("compiled_tiled", block=RECORDED_BLOCK))
    with serve(APP, home) as url:
        yield url


def small(kernel: str, **parameters: int) -> Measurement:
    """The sample's measurement of `kernel`, as if this machine had made it at SIZE with these `parameters`."""
    found = json.loads(SAMPLE.read_text(encoding="utf-8"))["measurements"]
    usual = workload("matmul").kernel(kernel).defaults
    known = next(
        m
        for m in map(Measurement.from_dict, found)
        if (m.kernel, m.dtype, m.threads, dict(m.parameters)) == (f"matmul/{kernel}", "float32", 1, usual)
    )
    shape = workload("matmul").shape(SIZE)
    work = {"flop": workload("matmul").flop(shape), "least_bytes": 3 * 4 * SIZE * SIZE}
    made = replace(known, size=SIZE, shape=shape, fingerprint=detect().fingerprint, **work)
    return replace(made, parameters={**usual, **parameters}, id=f"small {kernel} {parameters}")


def large(dots: list[dict[str, Any]]) -> list[float]:
    """The intensity of each kernel's large dot, the one that the lens looks at."""
    return [line["x"][line["sizes"].index(max(line["sizes"]))] for line in dots]


def test_a_lens_simulates_shows_the_levels_and_moves_its_dot_with_the_switch(
    page: Page, small_server: str, tmp_path: Path
):
    visit(page, small_server, "roofline", lens="core")
    assert page.evaluate(DOTS) == []
    page.get_by_role("button", name=f"Simulate 3 kernels at N={SIZE}").click()
    page.wait_for_function(f"() => ({DOTS})().length === {len(KERNELS)}", timeout=COMPILED_MS)
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=JOB_MS)  # now all stays in place
    rested(page)
    levels = len(detect().caches) + 1
    core = page.evaluate(DOTS)
    for line in core:
        assert len(line["x"]) == levels
        assert all("measured time, simulated bytes" in text for text in line["hover"])

    page.get_by_role("radio", name="DRAM").click()
    page.wait_for_function(LARGE_AT_THE_END)
    page.wait_for_url(re.compile("lens=DRAM"))
    rested(page)
    memory = page.evaluate(DOTS)
    assert [line["x"] for line in memory] == [line["x"] for line in core]
    assert all(there > here for here, there in zip(large(core), large(memory), strict=True))

    page.reload()
    page.wait_for_function(LARGE_AT_THE_END)
    rested(page)
    assert "lens=DRAM" in page.url
    assert large(page.evaluate(DOTS)) == large(memory)
    expect(page.get_by_role("button", name="Simulate")).to_have_count(0)
    has_no_fault(page)

    with page.expect_download() as waiting:
        page.get_by_role("button", name="Data as JSON").click()
    waiting.value.save_as(tmp_path / "roofline.json")
    simulated = json.loads((tmp_path / "roofline.json").read_text(encoding="utf-8"))["simulated"]
    shares = [point["levels"][-1]["simulated_intensity_flop_per_byte"] for point in simulated["points"]]
    assert shares == pytest.approx(large(memory))


def test_another_block_that_is_on_record_stands_in_the_lens(page: Page, small_server: str):
    visit(page, small_server, "roofline", lens="core", tile=RECORDED_BLOCK)
    page.get_by_role("button", name="Simulate").click()
    page.wait_for_function(
        f"() => ({DOTS})().some(t => t.hover.some(text => text.includes('block = {RECORDED_BLOCK}')))",
        timeout=COMPILED_MS,
    )
    assert f"tile={RECORDED_BLOCK}" in page.url
    has_no_fault(page)


@ON_THIS
def test_another_block_without_a_record_is_measured_from_the_lens(page: Page, small_server: str):
    visit(page, small_server, "roofline", lens="core", tile=OTHER_BLOCK)
    page.get_by_role("button", name=f"Measure block {OTHER_BLOCK} at N={SIZE}").click()
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=JOB_MS)
    expect(page.get_by_role("button", name="Measure block")).to_have_count(0)
    assert f"tile={OTHER_BLOCK}" in page.url
    has_no_fault(page)
