"""Jobs as visitors meet them: cancelled, found again after a reload, waiting for one another, left alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from recorded_hosts import ON_THIS
from servers import REPOSITORY, serve
from tabs import Tab
from visitor import (
    APP,
    IDLE,
    JOB_MS,
    LONG,
    QUICK,
    WAIT_MS,
    address,
    button,
    cancel,
    finished,
    go_to,
    has_no_fault,
    measured,
    progress,
    start,
    visit,
)

sys.path.append(str(REPOSITORY / "tests" / "faults"))

from waiting_sessions import host_taken

pytestmark = ON_THIS
NEEDS_FLOCK = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")
UNATTENDED_S = 10
"""Longer than a reload takes on a busy host."""
ONE_AHEAD = "Waiting: 1 other job is ahead of this one"
ONE_RUNG = {"over": "none", "kernels": ["numpy"], **QUICK}


@pytest.fixture(scope="module")
def guest_tab(browser: Browser) -> Iterator[Tab]:
    """A second person's tab."""
    tab = Tab(browser)
    yield tab
    tab.close()


@pytest.fixture
def guest(guest_tab: Tab) -> Iterator[Page]:
    """The page of one more person with a browser of their own."""
    yield guest_tab.fresh()
    guest_tab.leave()


def runs(page: Page) -> None:
    """Wait until the job of this page has its turn and says what it measures."""
    expect(progress(page)).to_contain_text("elapsed", timeout=JOB_MS)


def test_a_running_job_is_found_again_watched_by_others_and_cancelled_by_its_owner_alone(
    page: Page, guest: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    visit(page, url, "ladder", **LONG)
    start(page, "ladder")
    expect(button(page, "ladder")).to_be_disabled()
    runs(page)
    assert "job=" in page.url
    guest.goto(page.url)
    expect(progress(guest)).to_contain_text("You are watching somebody else's measurement.")
    expect(button(guest, "ladder")).to_be_enabled()
    expect(guest.get_by_role("button", name="Cancel")).to_have_count(0)
    page.reload()
    runs(page)
    expect(button(page, "ladder")).to_be_disabled()
    go_to(page, "roofline")
    runs(page)
    go_to(page, "ladder")
    cancel(page, "ladder")
    expect(guest.get_by_text("The measurement that this address showed has ended.")).to_be_visible()
    expect(progress(guest)).to_have_count(0)
    before = {m.id for m in measured(home)}
    visit(page, url, "lab", **ONE_RUNG)
    start(page, "lab")
    finished(page, "lab")
    assert {m.id for m in measured(home)} > before
    has_no_fault(page)


def test_a_second_visitor_and_a_second_server_on_this_computer_wait_with_a_place_and_then_run(
    page: Page, guest: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    visit(page, url, "ladder", **LONG)
    start(page, "ladder")
    runs(page)
    before = {m.id for m in measured(home)}
    visit(guest, url, "lab", **ONE_RUNG)
    start(guest, "lab")
    expect(progress(guest)).to_contain_text(ONE_AHEAD)
    with serve(APP, home) as other:
        third = guest.context.new_page()
        visit(third, other, "lab", **ONE_RUNG)
        start(third, "lab")
        expect(progress(third)).to_contain_text("Waiting: 2 other jobs are ahead of this one")
        cancel(page, "ladder")
        for waited in (guest, third):
            finished(waited, "lab")
            has_no_fault(waited)
        third.close()
    kernels = [m.kernel for m in measured(home) if m.id not in before]
    assert kernels.count("matmul/numpy") >= 2


def test_a_browser_that_leaves_in_mid_run_leaves_a_server_that_goes_on(
    tab: Tab, page: Page, guest: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    before = {m.id for m in measured(home)}
    visit(page, url, "lab", **{**ONE_RUNG, "kernels": ["numpy", "compiled_ikj"]})
    start(page, "lab")
    runs(page)
    tab.close()
    visit(guest, url, "lab", **ONE_RUNG)
    start(guest, "lab")
    finished(guest, "lab")
    kernels = [m.kernel for m in measured(home) if m.id not in before]
    assert sorted(kernels) == ["matmul/compiled_ikj", "matmul/numpy", "matmul/numpy"]
    has_no_fault(guest)


@NEEDS_FLOCK
def test_a_job_waits_for_another_account_and_leaves_the_queue_when_its_tab_is_closed(
    tab: Tab, page: Page, tmp_path: Path
):
    home = tmp_path
    with host_taken(home), serve(APP, home, ACCEL_UNATTENDED_S=str(UNATTENDED_S)) as url:
        visit(page, url, "lab", **ONE_RUNG)
        start(page, "lab")
        expect(progress(page)).to_contain_text(ONE_AHEAD)
        page.reload()
        expect(progress(page)).to_contain_text(ONE_AHEAD)
        tab.close()
        until = time.monotonic() + UNATTENDED_S + WAIT_MS / 1000
        assert list((home / "queue").rglob("*.json"))
        while list((home / "queue").rglob("*.json")):
            assert time.monotonic() < until
            time.sleep(0.5)


@NEEDS_FLOCK
def test_a_long_simulation_waits_for_another_account_and_leaves_no_gap_behind(
    page: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    player = page.locator(".player")

    def player_y() -> float:
        player.wait_for(timeout=JOB_MS)
        page.locator(IDLE).wait_for(state="attached", timeout=JOB_MS)
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
        place = player.bounding_box()
        assert place
        return place["y"]

    with host_taken(home):
        page.goto(address(url, "traversal", {"n": 128, "from": 2_000_000}))
        expect(page.get_by_text("Tracing waits: 1 measurement on this computer first.")).to_be_visible()
    waited = player_y()
    page.reload()
    assert waited == player_y()


def start_by_keyboard(page: Page, name: str) -> None:
    """Reach the page's button by the Tab key alone, press it and wait until the job shows."""
    wanted = button(page, name).element_handle()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("button => button === document.activeElement", wanted):
            break
    expect(button(page, name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(progress(page)).to_be_visible()


def test_a_run_begins_by_keyboard_its_killed_worker_ends_in_one_sentence_and_the_next_job_runs(
    page: Page, own_server: tuple[str, Path]
):
    visit(page, own_server[0], "ladder", **LONG)
    start_by_keyboard(page, "ladder")
    runs(page)
    family = psutil.Process().children(recursive=True)
    (worker,) = [member for member in family if any("accel_core.runner" in word for word in member.cmdline())]
    worker.kill()
    failure = page.get_by_test_id("stAlertContentError")
    expect(failure).to_contain_text("was killed, most often because memory ran out")
    expect(progress(page)).to_have_count(0)
    assert "Traceback" not in page.locator("body").inner_text()
    page.goto(address(own_server[0], "lab", ONE_RUNG))
    start(page, "lab")
    finished(page, "lab")
    has_no_fault(page)
