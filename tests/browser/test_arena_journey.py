"""From the board to a verdict and back: code that a reload keeps, a wrong answer, an entry of somebody else."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from servers import REPOSITORY, serve
from visitor import APP, JOB_MS, fill_peaks, has_no_fault, picture, rested, store_of, traces, visit

from accel_core.machine import detect
from accel_core.model import ArenaEntry, Machine
from accel_core.store import Entries
from accel_core.store.persons import person_now
from accel_core.wall import standing

sys.path[:0] = [str(REPOSITORY / "tests" / "core")]
import arena_verdicts as made  # noqa: E402  # the invented verdicts are those of the figures' tests

pytestmark = ON_THIS
EVENT, WHEN = "matmul-one", "2026-11-10T10:00:00.000000+00:00"
EVIL_CODE = "# <script>document.title = 'evil'</script> [x](https://evil.example) \u202enoitcerid\n"
WRONG = "def matmul(a, b, out):\n    out[:] = 0.5\n"
"""It compiles, and is wrong at the example."""
RIGHT = """\
def matmul(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = a[0, 0] * 0
            for p in range(a.shape[1]):
                total += a[i, p] * b[p, j]
            out[i, j] = total
"""
SMALL = """\
name = "small"
title = "Small products"
workload = "matmul"
dtype = "float32"
division = "one"
shapes = [
    [128, 128, 128], [127, 129, 128], [160, 96, 128], [96, 160, 130], [112, 144, 128], [144, 112, 131],
    [129, 127, 127],
]
drawn = [{ shape = [128, 128, 128] }, { shape = [100, 150, 140] }, { shape = [150, 100, 140] }]
"""
"""An event that is judged within seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arena-home")


@pytest.fixture(scope="module")
def server(host: Machine, home: Path) -> Iterator[str]:
    """A server whose roofs are known, and whose board has one entry, with code that would like to be more."""
    fill_peaks(home)
    records, here = Entries(store_of(home)), detect().fingerprint
    records.add(person_now("ada", "correct horse battery"))
    records.add(ArenaEntry("e1", EVENT, "ada", EVIL_CODE, WHEN, open=True))
    for id, confirms in (("v1", ""), ("v2", "v1")):
        found = {"event": EVENT, "entry": "e1", "id": id, "confirms": confirms, "fingerprint": here}
        records.add(made.verdict(reason=made.EVIL, **found))
    events = home / "events"
    events.mkdir()
    (events / "small.toml").write_text(SMALL, encoding="utf-8")
    with serve(APP, home, ACCEL_ARENA_EVENTS=str(events)) as url:
        yield url


def test_the_board_leads_to_an_entry_whose_code_is_nothing_but_text(page: Page, server: str):
    visit(page, server, "arena", event=EVENT)
    expect(page.get_by_text("The best score is")).to_be_visible()
    expect(page.get_by_text("All scores are held against the same roofs")).to_be_visible()
    visit(page, server, "arena", event=EVENT, entry="e1")
    expect(page.get_by_text("Entry of ada")).to_be_visible()
    expect(picture(page)).to_be_visible()
    page.get_by_text("The code", exact=True).click()
    expect(page.get_by_text("\\u202enoitcerid").first).to_be_visible()
    expect(page.get_by_text("<script>document.title").first).to_be_visible()
    assert page.title() == "Arena · Accel Explorer"
    assert page.locator("a[href*='evil'], img[src*='evil']").count() == 0
    has_no_fault(page)
    rested(page)  # what is drawn anew meanwhile hears no click
    page.get_by_role("button", name="Take it as a start").click()
    expect(page.get_by_role("textbox", name="Your code")).to_have_value(EVIL_CODE)
    page.go_back()
    expect(page.get_by_text("Entry of ada")).to_be_visible()
    rested(page)


def test_code_outlives_a_reload_and_a_wrong_answer_is_shown_small(page: Page, server: str):
    visit_part(page, server, "write")
    field = page.get_by_role("textbox", name="Your code")
    field.fill("def matmul(a, b, out):\n")
    field.press("End")
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")
    page.keyboard.type("out[:] = 0.5")
    page.keyboard.press("Enter")
    typed = "def matmul(a, b, out):\n    out[:] = 0.5\n    "
    expect(field).to_have_value(typed)
    page.reload()
    expect(field).to_have_value(typed)
    rested(page)
    if not standing().stands:
        expect(page.get_by_role("button", name="Try")).to_be_disabled()
        expect(page.get_by_text("accel arena try FILE")).to_be_visible()
        return
    field.fill(WRONG)
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_text("Refused at the step")).to_be_visible(timeout=JOB_MS)
    expect(page.get_by_text("The smallest input that it fails")).to_be_visible()
    expect(page.get_by_text("of an earlier text of your code")).to_have_count(0)
    rested(page)
    has_no_fault(page)
    page.reload()
    expect(page.get_by_text("Refused at the step")).to_be_visible()

    hand_in(page, "bob")
    expect(page.get_by_role("button", name="Look at it")).to_be_visible(timeout=JOB_MS)
    expect(page.get_by_role("textbox", name="Nickname")).to_have_count(0)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("Entry of bob")).to_be_visible()
    expect(page.get_by_text("Refused at the step")).to_be_visible()
    has_no_fault(page)


def test_a_right_kernel_gets_onto_the_board_unless_the_machine_is_disturbed(page: Page, server: str):
    visit_part(page, server, "write", "small")
    if not standing().stands:
        expect(page.get_by_role("button", name="Hand in")).to_be_disabled()
        return
    page.get_by_role("textbox", name="Your code").fill(RIGHT)
    hand_in(page, "cy")
    page.get_by_text(re.compile("stands on the board|was disturbed [0-9]+ times|too short")).wait_for(
        timeout=JOB_MS
    )
    stands = page.get_by_text("It is your best: it stands on the board.").is_visible()
    has_no_fault(page)
    if stands:
        visit(page, server, "arena", event="small")
        expect(page.get_by_text("The best score is")).to_be_visible()
        assert [trace["name"] for trace in traces(page)][:1] == ["cy"]
    else:
        visit_part(page, server, "board", "small")
        expect(page.get_by_role("button", name="Write the first entry")).to_be_visible()
    has_no_fault(page)


def hand_in(page: Page, nickname: str) -> None:
    """Hand in what stands in the field."""
    page.get_by_role("button", name="Hand in").click()
    page.get_by_role("textbox", name="Nickname").fill(nickname)
    page.get_by_role("textbox", name="Passphrase").fill("short")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_text("this one has 5")).to_be_visible()
    page.get_by_role("textbox", name="Passphrase").fill("another horse battery")
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    expect(page.get_by_text("Handed in", exact=True)).to_be_visible()


def visit_part(page: Page, server: str, part: str, event: str = EVENT) -> None:
    """Open a part of the page that has no picture."""
    page.goto(f"{server}/arena?event={event}&show={part}")
    page.get_by_role("heading", level=1).wait_for()
    rested(page)
