"""The traversal player in a browser: it plays, steps back exactly, scrubs, obeys keys, opens links and saves.

What the canvas shows is read from the attributes of the player (step, misses of each lane, touched elements),
held against the trace that Python computes, and from the canvas's own pixels.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from visitor import WAIT_MS, alerts, go_to, has_no_fault

from accel_core.cache import CLASSROOM, Trace, Traversal, trace
from accel_core.figures.look import look_for

QUESTION = "What does the cache see?"
COMPILE_MS = 180_000
"""Longer than a slow, busy machine takes to compile the simulator, once."""
IDLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
SIZE, STEPS = 8, 1600
"""The page's defaults: ijk beside ikj, of which ikj has more accesses."""


@pytest.fixture(scope="module")
def traces() -> tuple[Trace, Trace]:
    """The traces of ijk and ikj at the page's defaults."""
    ijk, ikj = (trace(Traversal((SIZE,) * 3, order), CLASSROOM) for order in ("ijk", "ikj"))
    return ijk, ikj


def visit(page: Page, server: str, link: str = "") -> None:
    """Open the page by its address and wait until its picture is drawn."""
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{server}/traversal{link}")
    expect(page.get_by_role("heading", level=1, name=QUESTION)).to_be_visible()
    expect(player(page)).to_have_attribute("data-step", re.compile(r"\d+"), timeout=COMPILE_MS)
    page.locator(IDLE).wait_for(state="attached", timeout=COMPILE_MS)


def player(page: Page) -> Locator:
    return page.locator(".player")


def canvas(page: Page) -> Locator:
    return page.locator("canvas[data-part='picture']")


def press(page: Page, name: str) -> None:
    player(page).get_by_role("button", name=name, exact=True).click()


def step_of(page: Page) -> int:
    return int(player(page).get_attribute("data-step") or -1)


def is_at(page: Page, step: int) -> None:
    expect(player(page)).to_have_attribute("data-step", str(step))


def scrub(page: Page, step: int) -> None:
    """Drag the scrubber to `step` and let go."""
    player(page).get_by_role("slider", name="Step", exact=True).fill(str(step))
    is_at(page, step)


def pixels(page: Page) -> str:
    return str(canvas(page).evaluate("canvas => canvas.toDataURL()"))


def misses(traces: tuple[Trace, Trace], step: int) -> str:
    """What the player should say of both lanes after `step` accesses."""
    return " ".join(str(int((one.outcome[0][:step] > 0).sum())) for one in traces)


def touched(traces: tuple[Trace, Trace], step: int) -> str:
    """The elements that access number `step` touches."""
    parts = []
    for one in traces:
        at = min(step, len(one)) - 1
        row, column = one.element[at]
        parts.append(f"{'ABC'[one.operand[at]]}[{row},{column}]")
    return " ".join(parts)


def shows(page: Page, traces: tuple[Trace, Trace], step: int) -> None:
    """Assert that the player is at `step` and says of it what the trace says."""
    is_at(page, step)
    expect(player(page)).to_have_attribute("data-misses", misses(traces, step))
    expect(player(page)).to_have_attribute("data-touched", touched(traces, step))


# -- playing -------------------------------------------------------------------------------------------------


def test_it_plays_pauses_and_counts_the_misses_of_the_trace(page: Page, server: str, traces):
    visit(page, server)
    is_at(page, 0)
    press(page, "Play")
    expect(player(page)).to_have_attribute("data-playing", "true")
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^([5-9]|\d\d+)$"))
    press(page, "Pause")
    expect(player(page)).to_have_attribute("data-playing", "false")
    shows(page, traces, step_of(page))
    has_no_fault(page)


def test_it_plays_to_the_end_and_begins_again_where_it_loops(page: Page, server: str, traces):
    visit(page, server, f"?step={STEPS - 3}")
    press(page, "Play")
    shows(page, traces, STEPS)
    expect(player(page)).to_have_attribute("data-playing", "false")
    expect(player(page).get_by_role("button", name="One step forward")).to_be_disabled()
    press(page, "One step back")
    player(page).get_by_role("checkbox", name="Loop").check()
    press(page, "Play")
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^\d\d?$"))
    press(page, "Pause")


def test_a_step_back_is_exact_to_the_pixel(page: Page, server: str, traces):
    visit(page, server)
    scrub(page, 700)
    before = pixels(page)
    for name in ("One step forward", "One step forward", "One step back", "One step back"):
        press(page, name)
    shows(page, traces, 700)
    assert pixels(page) == before
    scrub(page, STEPS)
    assert pixels(page) != before
    scrub(page, 700)
    assert pixels(page) == before
    press(page, "To the start")
    shows_nothing = pixels(page)
    press(page, "To the end")
    shows(page, traces, STEPS)
    press(page, "To the start")
    assert pixels(page) == shows_nothing


@pytest.mark.parametrize(
    "link", ["?n=12&tiles=4&visit=hilbert&order=jik&pad=1", "?order=ijk+4×4&layout=column&n=6"]
)
def test_every_step_back_undoes_a_step_forward(page: Page, server: str, link: str):
    visit(page, server, link)
    scrub(page, 403)
    before = pixels(page)
    scrub(page, int(player(page).get_attribute("data-steps") or 0))
    scrub(page, 403)
    assert pixels(page) == before
    has_no_fault(page)


def test_the_sentence_is_said_to_those_who_cannot_see_it(page: Page, server: str):
    visit(page, server, "?beside=nothing")
    press(page, "One step forward")
    live = player(page).get_by_role("status")
    expect(live).to_have_attribute("aria-live", "polite")
    expect(live).to_have_text("C[0,0]: miss, first touch; L2: miss.")
    expect(canvas(page)).to_have_attribute("aria-label", re.compile(r"^Step 1 of 1152\. C\[0,0\]"))


# -- keys ----------------------------------------------------------------------------------------------------


def test_the_keyboard_alone_plays_steps_and_jumps(page: Page, server: str, traces):
    visit(page, server)
    picture = canvas(page).element_handle()
    for _ in range(40):
        page.keyboard.press("Tab")
        if picture.evaluate("canvas => canvas.getRootNode().activeElement === canvas"):
            break
    else:
        pytest.fail("Tab does not reach the picture.")
    for key, step in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", STEPS),
        ("Home", 0),
        ("PageDown", 144),
    ):
        page.keyboard.press(key)
        is_at(page, step)
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "true")
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^([3-9]|\d\d+)$"))
    page.keyboard.press("Space")
    expect(player(page)).to_have_attribute("data-playing", "false")
    shows(page, traces, step_of(page))


# -- links ---------------------------------------------------------------------------------------------------


def test_a_link_opens_at_its_step(page: Page, server: str, traces):
    visit(page, server, "?order=ijk&beside=ikj&step=401")
    shows(page, traces, 401)


def test_the_step_at_which_it_rests_is_in_the_address(page: Page, browser: Browser, server: str, traces):
    visit(page, server)
    scrub(page, 250)
    expect(page).to_have_url(re.compile(r"[?&]step=250(&|$)"))
    press(page, "One step forward")
    expect(page).to_have_url(re.compile(r"[?&]step=251(&|$)"))
    context = browser.new_context()
    guest = context.new_page()
    guest.goto(page.url)
    shows(guest, traces, 251)
    context.close()
    page.reload()
    shows(page, traces, 251)
    press(page, "To the start")
    expect(page).not_to_have_url(re.compile("step="))


def test_other_controls_begin_at_the_start_again(page: Page, server: str):
    visit(page, server, "?step=300")
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="jki", exact=True).click()
    is_at(page, 0)
    expect(page).not_to_have_url(re.compile("step="))
    expect(page).to_have_url(re.compile("beside=jki"))


def test_a_step_beyond_the_end_is_answered_with_one_sentence(page: Page, server: str):
    visit(page, server, "?step=99999")
    is_at(page, STEPS)
    (note,) = [said for said in alerts(page) if "The link" in said]
    assert f"it can be 0 to {STEPS}" in note
    has_no_fault(page)


# -- pictures ------------------------------------------------------------------------------------------------


def test_the_picture_is_saved_as_png_and_as_svg(page: Page, server: str, tmp_path: Path):
    visit(page, server, "?step=401")
    saved = {}
    for form in ("PNG", "SVG"):
        with page.expect_download() as download:
            press(page, form)
        saved[form] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[form])
    assert [path.name for path in saved.values()] == [f"traversal-ijk-ikj-step-401.{f}" for f in ("png", "svg")]
    head = saved["PNG"].read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    width, height = (int(canvas(page).evaluate(f"canvas => canvas.{side}")) for side in ("width", "height"))
    assert struct.unpack(">II", head[16:24]) == (width, height)
    svg = ElementTree.parse(saved["SVG"]).getroot()
    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"ijk", "ikj", "A", "B", "C", "Loop nest"} <= set(texts)
    assert any("is ahead by" in str(text) for text in texts)


# -- looks ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[tuple[Page, str]]:
    """A page of a reader who likes it light or dark, on a phone."""
    viewport = {"width": 390, "height": 844}
    context = browser.new_context(color_scheme=request.param, viewport=viewport, device_scale_factor=3)
    yield context.new_page(), request.param
    context.close()


def test_on_a_phone_it_fits_in_the_theme_and_at_the_screens_resolution(themed: tuple[Page, str], server: str):
    page, mode = themed
    visit(page, server)
    drawn = canvas(page).evaluate(
        "c => [c.clientWidth, c.width, [...c.getContext('2d').getImageData(0, 0, 1, 1).data]]"
    )
    background = look_for(mode).background
    assert drawn[1] == pytest.approx(3 * drawn[0], abs=3)
    assert drawn[2][:3] == [int(background[at : at + 2], 16) for at in (1, 3, 5)]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    right = max(
        box["x"] + box["width"] for b in player(page).get_by_role("button").all() if (box := b.bounding_box())
    )
    assert right <= 390


def test_with_reduced_motion_it_still_plays(browser: Browser, server: str, traces):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    visit(page, server)
    press(page, "Play")
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^[1-9]\d*$"))
    press(page, "Pause")
    shows(page, traces, step_of(page))
    context.close()


def test_leaving_and_coming_back_breaks_nothing(page: Page, server: str, console_errors: list[str]):
    visit(page, server)
    press(page, "Play")
    go_to(page, "ladder")
    page.get_by_role("navigation").get_by_role("link", name="Traversal").click()
    expect(player(page)).to_have_attribute("data-playing", "false")
    press(page, "One step forward")
    has_no_fault(page)
    assert not [error for error in console_errors if "404" not in error]
