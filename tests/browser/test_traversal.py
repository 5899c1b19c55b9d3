"""The traversal player in a browser: it plays, steps back exactly, scrubs, obeys keys, opens links and saves.

What the canvas shows is read from the attributes of the player (step, misses of each lane, touched elements),
held against the trace that Python computes, and from the canvas's own pixels.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tabs import Tab
from visitor import IDLE, WAIT_MS, WIDE_LETTERS, go_to, has_no_fault

from accel_core.cache import CLASSROOM, Trace, Traversal, trace
from accel_core.figures.drawing.look import look_for
from app.parts import theme

QUESTION = "What does the cache see?"
COMPILE_MS = 180_000
"""Longer than a slow, busy machine takes to compile the simulator, once."""
LAYOUT_TRIES = 50
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
"""JavaScript: until the page is laid out anew, and the picture in it."""
DESCENT_PX = 5
"""How far the largest letters reach below their line."""
SIZE, STEPS = 8, 1600
"""The page's defaults: ijk beside ikj, of which ikj has more accesses."""


@pytest.fixture(scope="module")
def traces() -> tuple[Trace, Trace]:
    """The traces of ijk and ikj at the page's defaults."""
    ijk, ikj = (trace(Traversal((SIZE,) * 3, order), CLASSROOM) for order in ("ijk", "ikj"))
    return ijk, ikj


@pytest.fixture
def page(page: Page) -> Page:
    """The page of a reader who likes motion: the player heeds that."""
    page.emulate_media(reduced_motion="no-preference")
    return page


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


def test_every_step_back_undoes_a_step_forward(page: Page, server: str):
    visit(page, server, "?n=12&tiles=4&visit=hilbert&order=jik&pad=1")
    scrub(page, 403)
    before = pixels(page)
    scrub(page, int((player(page).get_attribute("data-window") or "").split()[1]))
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


def test_the_step_at_which_it_rests_is_in_the_address(page: Page, tab: Tab, server: str, traces):
    visit(page, server)
    scrub(page, 250)
    expect(page).to_have_url(re.compile(r"[?&]step=250(&|$)"))
    press(page, "One step forward")
    expect(page).to_have_url(re.compile(r"[?&]step=251(&|$)"))
    link = page.url
    tab.leave()
    guest = tab.fresh()
    guest.goto(link)
    shows(guest, traces, 251)
    press(guest, "To the start")
    expect(guest).not_to_have_url(re.compile("step="))


def test_other_controls_begin_at_the_start_again(page: Page, server: str):
    page.set_viewport_size({"width": 1440, "height": 1400})  # a list closes where the sidebar scrolls
    visit(page, server, "?step=300")
    page.get_by_role("combobox", name="Beside it").click()
    page.get_by_role("option", name="jki", exact=True).click()
    is_at(page, 0)
    expect(page).not_to_have_url(re.compile("step="))
    expect(page).to_have_url(re.compile("beside=jki"))


# -- windows of a long traversal -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_traces() -> tuple[Trace, Trace]:
    """All steps of ijk and ikj at N=16."""
    ijk, ikj = (trace(Traversal((16,) * 3, order), CLASSROOM, 20_000) for order in ("ijk", "ikj"))
    return ijk, ikj


def in_window(page: Page, first: int, last: int) -> None:
    expect(player(page)).to_have_attribute("data-window", f"{first} {last}")


def test_a_link_opens_at_a_step_beyond_the_first_window(page: Page, server: str, long_traces):
    visit(page, server, "?n=16&step=7001")
    in_window(page, 5000, 10_000)
    shows(page, long_traces, 7001)
    has_no_fault(page)


def test_stepping_past_a_window_shows_the_next_one_and_back_the_one_before(
    page: Page, server: str, long_traces
):
    visit(page, server, "?n=16&step=5000")
    in_window(page, 0, 5000)
    press(page, "One step forward")
    in_window(page, 5000, 10_000)
    shows(page, long_traces, 5001)
    expect(page).to_have_url(re.compile(r"[?&]step=5001(&|$)"))
    press(page, "To the start")
    is_at(page, 5000)
    press(page, "One step back")
    in_window(page, 0, 5000)
    shows(page, long_traces, 4999)
    press(page, "To the end")
    press(page, "To the end")
    in_window(page, 10_000, 12_544)
    is_at(page, 12_544)
    expect(player(page)).to_have_attribute("data-misses", misses(long_traces, 12_544))
    expect(canvas(page)).to_have_attribute("aria-label", re.compile("ijk: All its 8,704 accesses are over"))
    press(page, "To the start")
    press(page, "To the start")
    in_window(page, 0, 5000)
    is_at(page, 0)
    has_no_fault(page)


def test_it_plays_on_into_the_next_window(page: Page, server: str, long_traces):
    visit(page, server, "?n=16&step=4998")
    press(page, "Play")
    in_window(page, 5000, 10_000)
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^50(0[2-9]|[1-9]\d)$"))
    expect(player(page)).to_have_attribute("data-playing", "true")
    press(page, "Pause")
    shows(page, long_traces, step_of(page))


def test_a_window_begins_at_a_chosen_iteration_or_access(page: Page, server: str, long_traces):
    visit(page, server, "?n=16")
    page.get_by_role("spinbutton", name="or at iteration of i").fill("12")
    page.keyboard.press("Enter")
    in_window(page, 11 * 544, 11 * 544 + 5000)
    expect(page).to_have_url(re.compile(r"[?&]from=5984(&|$)"))
    shows_counts = misses(long_traces, 5984)
    expect(player(page)).to_have_attribute("data-misses", shows_counts)
    page.get_by_role("spinbutton", name="Start after access").fill("6000")
    page.keyboard.press("Enter")
    in_window(page, 6000, 11_000)
    scrub(page, 6100)
    shows(page, long_traces, 6100)
    expect(page).to_have_url(re.compile(r"[?&]step=6100(&|$)"))
    page.reload()
    in_window(page, 6000, 11_000)
    shows(page, long_traces, 6100)


def test_the_caches_of_a_window_are_those_that_playing_through_leaves(page: Page, server: str):
    visit(page, server, "?n=16&step=4990&beside=nothing")
    press(page, "One step forward")
    scrub(page, 5000)
    scrub(page, 4990)
    for _ in range(11):
        press(page, "One step forward")
    in_window(page, 5000, 8704)
    is_at(page, 5001)
    lines = svg_texts(page)
    visit(page, server, "?n=16&step=5001&from=4500&beside=nothing")
    in_window(page, 4500, 8704)
    assert sorted(svg_texts(page)) == sorted(lines)


def svg_texts(page: Page) -> list[str]:
    """The lines that the first level's ways hold in the saved picture, and the misses so far."""
    return [text for text, _, _ in drawn(page) if re.search(r"^[ABC]\[\d+,\d+\.\.\d+\]$|misses in", text)]


def test_a_preset_plays_its_case_and_its_address_opens_at_that_step(page: Page, server: str):
    visit(page, server, "?order=jki&n=6&pad=1&step=40")
    page.get_by_role("button", name="2 · ijk, large").click()
    is_at(page, 33_792)
    expect(player(page)).to_have_attribute("data-steps", "67584")
    expect(page).to_have_url(re.compile(r"[?&]step=33792(&|$)"))
    expect(page).to_have_url(re.compile(r"^(?!.*(order=|pad=))"))
    counted = player(page).get_attribute("data-misses") or ""
    page.reload()
    is_at(page, 33_792)
    expect(player(page)).to_have_attribute("data-misses", counted)


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


@pytest.mark.parametrize(
    "link",
    [
        "?order=ijk&beside=ikj&step=401",
        "?order=ijk&n=12&tiles=4&step=401",
        "?beside=nothing&n=32&tiles=4",
        "?order=ijk&beside=ijk+4×4",
        "?n=32&cache=this+CPU",
        "?order=ijk&beside=ikj&step=401&large=true",
        "?order=ijk&n=12&tiles=4&step=401&large=true",
    ],
)
def test_all_but_the_footer_is_above_the_bar_on_both_screens_and_with_wide_letters(
    page: Page, server: str, link: str
):
    visit(page, server, link)
    for letters in ("usual", "wide"):
        if letters == "wide":
            page.evaluate(f"() => {{ {WIDE_LETTERS} return document.fonts.ready.then(() => null); }}")
        for width, height in ((1440, 900), (1920, 1080)):
            page.set_viewport_size({"width": width, "height": height})
            assert is_laid_out(page, height), (letters, width)


def is_laid_out(page: Page, height_px: int) -> bool:
    """Whether the legend ends above the bar, and the bar within the window; a busy browser may take seconds."""
    for _ in range(LAYOUT_TRIES):
        page.evaluate(TWO_FRAMES)
        legend = in_svg(page, "touched")
        top = canvas(page).bounding_box()
        bar = player(page).locator(".transport").bounding_box()
        assert top and bar
        if top["y"] + legend < bar["y"] - DESCENT_PX and bar["y"] + bar["height"] <= height_px:
            return True
        page.wait_for_timeout(100)
    return False


def test_what_comes_late_above_the_player_takes_room_from_it(page: Page, server: str):
    page.set_viewport_size({"width": 1920, "height": 1080})
    visit(page, server)
    assert is_laid_out(page, 1080)
    heading = page.get_by_role("heading", level=1, name=QUESTION)
    heading.evaluate("heading => { heading.style.height = '200px'; }")
    assert is_laid_out(page, 1080)


def in_svg(page: Page, text: str) -> float:
    """How many pixels from the top of the picture the line is on which a text stands."""
    return next(y_px for said, y_px, _ in drawn(page) if said == text)


def drawn(page: Page) -> list[tuple[str, float, float]]:
    """The texts of the picture, each with its place from the top and its size, in pixels of the screen."""
    with page.expect_download() as download:
        press(page, "SVG")
    svg = ElementTree.parse(download.value.path()).getroot()
    scale = float(svg.attrib["width"]) / float(svg.attrib["viewBox"].split()[2])
    texts = svg.iter("{http://www.w3.org/2000/svg}text")
    return [(str(t.text), scale * float(t.attrib["y"]), scale * float(t.attrib["font-size"])) for t in texts]


def test_text_is_large_on_a_projector(page: Page, server: str):
    page.set_viewport_size({"width": 1920, "height": 1080})
    visit(page, server, "?order=ijk&beside=ikj&step=401")
    usual = {text: px for text, _, px in drawn(page)}
    small = {text for text, px in usual.items() if px < 18}
    assert all(re.fullmatch(r"\d+", str(text)) for text in small), "only the counts inside the elements are"
    visit(page, server, "?order=ijk&beside=ikj&step=401&large=true")
    larger = {text: px for text, _, px in drawn(page)}
    assert all(larger[text] >= theme.LARGER * usual[text] for text in ("ijk", "touched", "A", "Loop nest"))


def test_the_player_fills_the_screen_and_comes_back(page: Page, server: str):
    visit(page, server, "?step=401")
    before = canvas(page).bounding_box()
    canvas(page).focus()
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement !== null")
    expect(player(page)).to_have_attribute("data-step", "401")
    page.keyboard.press("f")
    page.wait_for_function("document.fullscreenElement === null")
    after = canvas(page).bounding_box()
    assert before and after and after["width"] == before["width"]


def test_on_a_phone_it_fits_in_either_theme_and_at_the_screens_resolution(browser: Browser, server: str):
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=3)
    page = context.new_page()
    for mode in ("light", "dark"):
        page.emulate_media(color_scheme=mode)
        visit(page, server)
        drawn = canvas(page).evaluate(
            "c => [c.clientWidth, c.width, [...c.getContext('2d').getImageData(0, 0, 1, 1).data]]"
        )
        background = look_for(mode).background
        assert drawn[1] == pytest.approx(3 * drawn[0], abs=3)
        assert drawn[2][:3] == [int(background[at : at + 2], 16) for at in (1, 3, 5)]
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        buttons = (b.bounding_box() for b in player(page).get_by_role("button").all())
        assert max(box["x"] + box["width"] for box in buttons if box) <= 390
    context.close()


def test_with_reduced_motion_it_still_plays(page: Page, server: str, traces):
    page.emulate_media(reduced_motion="reduce")
    visit(page, server)
    press(page, "Play")
    expect(player(page)).to_have_attribute("data-step", re.compile(r"^[1-9]\d*$"))
    press(page, "Pause")
    shows(page, traces, step_of(page))


def test_leaving_and_coming_back_breaks_nothing(page: Page, server: str, console_errors: list[str]):
    visit(page, server)
    press(page, "Play")
    go_to(page, "ladder")
    page.get_by_role("navigation").get_by_role("link", name="Traversal").click()
    expect(player(page)).to_have_attribute("data-playing", "false")
    press(page, "One step forward")
    has_no_fault(page)
    assert not [error for error in console_errors if "404" not in error]
