"""Every page on the screens that people have, in the widest and the narrowest usual letters: nothing is cut.

The figures of pretended hosts are drawn in `test_layout_on_hosts.py`; here stand whole pages of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from layout import PHONE, clipped, overlapping, sideways, steady, under_icons
from playwright.sync_api import Browser, Page, expect
from servers import serve
from visitor import APP, TITLES, WIDE_LETTERS, fill, has_no_fault, rested, visit

from accel_core.model import Machine
from app.parts.theme import DESKTOP_PX, LARGE, PHONE_PX, ROOM

SCREENS: dict[str, tuple[dict[str, Any], int, tuple[tuple[int, int], ...]]] = {
    "whole": ({}, DESKTOP_PX, ((1440, 900), (1920, 1080))),
    "two thirds": ({}, 690, ((960, 900),)),
    "half": ({}, 530, ((800, 900), (640, 900))),
    "phone": (PHONE, PHONE_PX, ((390, 844),)),
}
"""What the browser is, the room that figures are laid out for, and windows that leave it for one load."""
NARROW_LETTERS = WIDE_LETTERS.replace(
    '["DejaVu Sans Bold", "Verdana Bold"] : ["DejaVu Sans", "Verdana"]',
    '["Liberation Sans Narrow Bold", "Arial Narrow Bold"] : ["Liberation Sans Narrow", "Arial Narrow"]',
)
OTHER_LETTERS = f"""async () => {{
    for (const face of [...document.fonts]) if (face.family.includes("Helvetica")) document.fonts.delete(face);
    {NARROW_LETTERS}
    await document.fonts.ready;
}}"""
CUT = """() => {
    const parts = ['stSidebar', 'stMetric', 'stMultiSelect', 'stMarkdownContainer'];
    const places = ['button', '[role="radiogroup"]', ...parts.map(part => `[data-testid="${part}"]`)].join();
    const icons = '[data-testid="stIconMaterial"], [role="img"]';
    const folded = box => box.width < 2 || box.right <= 1 || box.left >= innerWidth - 1;
    const found = new Set(), seen = element => element.checkVisibility({opacityProperty: true});
    for (const place of document.querySelectorAll(places)) {
        const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const [node, element] = [walk.currentNode, walk.currentNode.parentElement];
            if (!node.textContent.trim() || !seen(element) || element.closest(icons)) continue;
            const range = document.createRange();
            for (const word of node.textContent.matchAll(/[\\p{L}\\p{N}]+/gu)) {
                range.setStart(node, word.index);
                range.setEnd(node, word.index + word[0].length);
                const lines = new Set([...range.getClientRects()].map(line => line.top));
                if (lines.size > 1 && !folded(element.getBoundingClientRect())) found.add(`${word} is broken`);
            }
            range.selectNodeContents(node);
            const text = range.getBoundingClientRect();
            for (let above = element; above && place.contains(above); above = above.parentElement) {
                const [box, style] = [above.getBoundingClientRect(), getComputedStyle(above)];
                const hides = style.overflowX === 'hidden' || style.overflowX === 'clip';
                if (folded(box)) break;  // for those who listen, or beside the screen
                if (text.width && hides && (text.right > box.right + 1 || text.left < box.left - 1))
                    found.add(node.textContent.trim());
            }
        }
    }
    return [...found];
}"""
"""JavaScript: texts of sidebar, metrics, buttons and choices that end too early, and words of two lines."""


@pytest.fixture(scope="module")
def url(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("pages-home")
    fill(home)
    with serve(APP, Path(home)) as address:
        yield address


def faults(page: Page) -> list[str]:
    figures = page.locator(".js-plotly-plot").count()
    cut = [f"cut off: {text}" for text in page.evaluate(CUT)]
    wider = [f"{px} px too wide" for px in [sideways(page)] if px > 0]
    under = [f"under an icon: {text}" for text in under_icons(page)]
    return [*cut, *under, *wider, *(clipped(page) + overlapping(page) if figures else [])]


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_off_or_lies_on_another_text(browser: Browser, url: str, screen: str):
    kind, room_px, sizes = SCREENS[screen]
    context = browser.new_context(**kind)
    context.add_cookies([{"name": ROOM, "value": str(room_px), "url": url}])
    context.add_init_script(WIDE_LETTERS)
    page = context.new_page()
    found = {}
    for name in TITLES:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": sizes[0][0], "height": sizes[0][1]})
        visit(page, url, name)
        has_no_fault(page)
        for size in sizes:
            resize(page, *size)
            found[f"{name}, {size}, wide letters"] = faults(page)
        page.evaluate(OTHER_LETTERS)
        page.emulate_media(color_scheme="dark")
        for width, height in sizes:
            resize(page, width - 2, height)  # it is drawn anew
            found[f"{name}, {width}, narrow letters, dark"] = faults(page)
        assert f"{ROOM}={room_px}" in page.evaluate("document.cookie"), "drawn for another room"
    context.close()
    assert {place: wrong for place, wrong in found.items() if wrong} == {}


def test_what_a_lecture_hall_sees_fits(browser: Browser, url: str):
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    context.add_cookies([{"name": ROOM, "value": str(DESKTOP_PX), "url": url}])
    context.add_init_script(WIDE_LETTERS)
    page = context.new_page()
    found = {}
    for name in TITLES:
        visit(page, url, name, **{LARGE.key: "true"})
        has_no_fault(page)
        expect(page.get_by_role("switch", name=LARGE.label)).to_be_checked()
        steady(page)
        found[name] = faults(page)
    context.close()
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def resize(page: Page, width: int, height: int) -> None:
    """Give the window this size, and wait until the page has followed."""
    if page.viewport_size != {"width": width, "height": height}:
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(300)  # Streamlit and Plotly follow some frames later
    rested(page)
    steady(page)
