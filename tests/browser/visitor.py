"""What a visitor does with the app and sees of it, in words: every wait is for something on the page.

`settled` stands after each step: the script has run, the question is there and the picture is drawn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect
from servers import REPOSITORY

from accel_core.machine import detect
from accel_core.model import LEVELS, ArenaEntry, Measurement, Peaks, Verdict
from accel_core.store import Entries, Store
from app.catalogue import PAGES
from app.session.settings import threads as thread_choice

APP = REPOSITORY / "app" / "main.py"
SAMPLE = REPOSITORY / "assets" / "sample_record.json"
SAMPLE_ARENA = SAMPLE.with_name("sample_arena.json")
ASKED = {page.name: page.question for page in PAGES}
WITHOUT_PICTURE = ("hall", "transformer")
"""At first: they ask for a token, and for a guess."""
UNMEASURED = (*WITHOUT_PICTURE, "arena", "homework", "lessons", "classroom", "traversal", "backends")
QUESTIONS = {name: asked for name, asked in ASKED.items() if name not in UNMEASURED}
"""What every page asks; QUESTIONS are of those that a first visit measures."""
TITLES = {page.name: page.title for page in PAGES}
BUTTONS = {
    "machine": re.compile("Measure this machine"),
    "ladder": re.compile("Time all rungs"),
    "lab": re.compile("Measure once|Sweep the"),
    "panels": re.compile("Sweep KC"),
    "fusion": re.compile("Time all rungs"),
    "transformer": re.compile("Run the block"),
}
VIEWPORT = {"width": 1440, "height": 900}
WAIT_MS = 30_000
"""Longer than a page needs to be drawn on a slow, busy machine."""
JOB_MS = 120_000
"""Longer than the smallest job takes there with a cold compile cache."""
QUICK = {"size": 64, "budget": 0.5}
"""The smallest experiment that the controls offer."""
LONG = {"size": 256, "budget": 10}
"""A ladder that runs for a minute: long enough to look at it while it runs."""

IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
"""The app while no script of the page runs."""
WIDE_LETTERS = """for (const weight of ["normal", "bold"]) {
    const names = weight === "bold" ? ["DejaVu Sans Bold", "Verdana Bold"] : ["DejaVu Sans", "Verdana"];
    const face = new FontFace("Helvetica Neue", names.map(name => `local("${name}")`).join(), {weight});
    document.fonts.add(face);
    face.load().catch(() => null);
}"""
"""JavaScript that draws figures as a computer does which has no font of Arial's widths: a seventh wider."""

expect.set_options(timeout=WAIT_MS)


# -- going there ---------------------------------------------------------------------------------------------


def address(url: str, name: str, settings: Mapping[str, Any] | None = None) -> str:
    """The link to a page with these settings."""
    path = "" if name == "machine" else name
    return f"{url}/{path}" + (f"?{urlencode(settings, doseq=True)}" if settings else "")


def visit(page: Page, url: str, name: str, **settings: Any) -> None:
    """Open a page by its address and wait until it is drawn."""
    page.set_default_timeout(WAIT_MS)
    page.goto(address(url, name, settings))
    settled(page, name)


def go_to(page: Page, name: str) -> None:
    """Open a page by its link in the sidebar."""
    page.get_by_role("navigation").get_by_role("link", name=TITLES[name]).click()
    settled(page, name)


def settled(page: Page, name: str) -> None:
    """Wait until the page asks its question, its script has ended and its picture, if it has one, is drawn."""
    expect(page.get_by_role("heading", level=1, name=ASKED[name])).to_be_visible()
    if name not in WITHOUT_PICTURE:
        expect(picture(page)).to_be_visible()
    rested(page)


def rested(page: Page) -> None:
    """Wait until no script runs for the page."""
    page.locator(IDLE).wait_for(state="attached")


# -- what is on it -------------------------------------------------------------------------------------------


def picture(page: Page) -> Locator:
    """The page's first figure, as drawn."""
    return page.locator(".js-plotly-plot .main-svg, .player[data-step] canvas").first


def traces(page: Page) -> list[dict[str, Any]]:
    """The first figure's traces: name, x, y, hover texts, marker symbols and the ids of measurements."""
    return page.locator(".js-plotly-plot").first.evaluate(
        """plot => plot.data.map(t => ({
            name: t.name, x: Array.from(t.x || []), y: Array.from(t.y || []),
            hover: [].concat(t.hovertext || []), symbol: [].concat(t.marker?.symbol || []),
            ids: [].concat(t.customdata || []), error: t.error_y ? Array.from(t.error_y.array || []) : [],
        }))"""
    )


def points(page: Page) -> dict[str, str]:
    """The measured points of a roofline: id of the measurement -> hover text."""
    return {
        str(key): text
        for trace in traces(page)
        if trace["ids"] and trace["hover"]
        for key, text in zip(trace["ids"], trace["hover"], strict=True)
    }


def predictions(page: Page) -> list[dict[str, Any]]:
    """The traces of a roofline that nobody has measured."""
    return [trace for trace in traces(page) if trace["name"] == "predicted, not measured"]


def alerts(page: Page) -> list[str]:
    """What the boxes on the page say: notes, warnings, errors."""
    return page.get_by_test_id("stAlert").get_by_test_id("stMarkdownContainer").all_inner_texts()


def sample_label(page: Page) -> Locator:
    """The box that names the shown record as another machine's."""
    return page.get_by_test_id("stAlert").filter(has_text="Sample: another machine")


def has_no_fault(page: Page) -> None:
    """Assert that the page shows neither an error box nor a traceback."""
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert "Traceback" not in page.locator("body").inner_text()


def slider(page: Page, label: str) -> Locator:
    """The handle of the slider with this label."""
    return page.get_by_role("slider", name=label)


# -- measuring -----------------------------------------------------------------------------------------------


def button(page: Page, name: str) -> Locator:
    """The page's primary button, whatever time it announces."""
    return page.get_by_role("button", name=BUTTONS[name])


def progress(page: Page) -> Locator:
    """The line that says what runs, for how long, and what waits before it."""
    return page.get_by_test_id("stProgress")


def start(page: Page, name: str) -> None:
    """Press the page's button and wait until the job shows."""
    button(page, name).click()
    expect(progress(page)).to_be_visible()


def finished(page: Page, name: str) -> None:
    """Wait until this session's job is over and its results are drawn."""
    expect(progress(page)).to_have_count(0, timeout=JOB_MS)
    expect(button(page, name)).to_be_enabled()
    settled(page, name)


def cancel(page: Page, name: str) -> None:
    """Cancel the running job and wait until the page says so."""
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled. What was measured before that is kept")).to_be_visible()
    finished(page, name)


# -- records -------------------------------------------------------------------------------------------------


def fill(home: Path) -> None:
    """Store the sample's roofs and measurements in `home` as if this machine had made them."""
    fill_peaks(home)
    record = json.loads(SAMPLE.read_text(encoding="utf-8"))
    here, store = detect().fingerprint, store_of(home)
    for data in record["measurements"]:
        store.save_measurement(replace(Measurement.from_dict(data), fingerprint=here))


def fill_threads(home: Path, rungs: Sequence[str]) -> None:
    """Store the sample's products by `rungs` as if they had run on every number of threads that pages offer.

    Numbers of threads without roofs in the sample get some: computing that grows with the threads, and a
    bandwidth that is the lower roof from there on.
    """
    record = json.loads(SAMPLE.read_text(encoding="utf-8"))
    here, store, peaks = detect(), store_of(home), Peaks.from_dict(record["peaks"])
    products = [Measurement.from_dict(m) for m in record["measurements"] if m["dtype"] == "float32"]
    alone = [m for m in products if m.kernel in {f"matmul/{name}" for name in rungs}]
    flat = next(c for c in peaks.ceilings if c.kind == "compute" and c.dtype == "float32" and c.threads == 1)
    slope = next(c for c in peaks.ceilings if c.kind == "memory" and c.operation == "load" and c.threads == 1)
    low = 1.5 * flat.value / (alone[0].intensity_flop_per_byte or 1)
    known = {c.threads for c in peaks.ceilings}
    for threads in map(int, thread_choice(here.cores.allowed).options):
        for m in alone:
            store.save_measurement(
                replace(faster(m, threads**0.8), threads=threads, fingerprint=here.fingerprint)
            )
        roofs = [replace(flat, value=flat.value * threads)]
        roofs += [replace(slope, value=low, level=level) for level in LEVELS]
        for roof in roofs if threads not in known else ():
            made = replace(roof, threads=threads, name=f"made {roof.level} {threads}t", low=None, high=None)
            store.save_peak(here.fingerprint, peaks.environment, made)


def faster(m: Measurement, factor: float) -> Measurement:
    """The measurement as if each sample had taken so many times less."""
    low, high = (end and end / factor for end in (m.time_s.low, m.time_s.high))
    time_s = replace(m.time_s, median=m.time_s.median / factor, low=low, high=high)
    samples = tuple(sample / factor for sample in m.samples_s)
    return replace(m, time_s=time_s, samples_s=samples, id=f"{m.id}, {factor:.3g} times faster")


def fill_peaks(home: Path) -> None:
    """Store the sample's roofs in `home` as this machine's."""
    record = json.loads(SAMPLE.read_text(encoding="utf-8"))
    here, store = detect().fingerprint, store_of(home)
    peaks = Peaks.from_dict(record["peaks"])
    for part in (*peaks.ceilings, *peaks.latencies, *peaks.curve, peaks.clock):
        if part is not None:
            store.save_peak(here, peaks.environment, part)


def fill_arena(home: Path) -> None:
    """Store what the sample's machine judged in the arena in `home` as if this machine had judged it."""
    record = json.loads(SAMPLE_ARENA.read_text(encoding="utf-8"))
    here, records = detect().fingerprint, Entries(store_of(home))
    for data in record["entries"]:
        records.add(ArenaEntry.from_dict(data))
    for data in record["verdicts"]:
        records.add(replace(Verdict.from_dict(data), fingerprint=here))


def sample_size() -> int:
    """The size at which the sample has a ladder."""
    record = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return max(m["size"] for m in record["measurements"] if m["kernel"] == "matmul/compiled_ikj")


def store_of(home: Path) -> Store:
    """The store that a server with this data folder writes to."""
    return Store(f"sqlite:///{(home / 'records.db').as_posix()}")


def measured(home: Path) -> list[Measurement]:
    """What a server with this data folder has stored of this machine, newest first."""
    return list(store_of(home).measurements(detect().fingerprint))
