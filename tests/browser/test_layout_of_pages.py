"""Every page on the screens that people have, in the widest and the narrowest usual letters: nothing is cut.

The figures of pretended hosts are drawn in `test_layout_on_hosts.py`; here stand whole pages of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from layout import PHONE, clipped, overlapping, sideways
from playwright.sync_api import Browser, Page
from servers import serve
from visitor import APP, TITLES, WIDE_LETTERS, fill, has_no_fault, rested, visit

from accel_core.model import Machine

SCREENS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "projector": {"viewport": {"width": 1920, "height": 1080}},
    "phone": PHONE,
}
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
    const places = '[data-testid="stSidebar"], [data-testid="stMetric"], button, [role="radiogroup"]';
    const icons = '[data-testid="stIconMaterial"], [role="img"]';
    const folded = box => box.width <= 1 || box.right <= 1 || box.left >= innerWidth - 1;
    const found = new Set(), seen = element => element.checkVisibility({opacityProperty: true});
    for (const place of document.querySelectorAll(places)) {
        const walk = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const [node, element] = [walk.currentNode, walk.currentNode.parentElement];
            if (!node.textContent.trim() || !seen(element) || element.closest(icons)) continue;
            const range = document.createRange();
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
"""JavaScript: texts of sidebar, metrics, buttons and choices that end before their last letter."""


@pytest.fixture(scope="module")
def url(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("pages-home")
    fill(home)
    with serve(APP, Path(home)) as address:
        yield address


def faults(page: Page) -> list[str]:
    figures = page.locator(".js-plotly-plot").count()
    cut = [f"cut off: {text}" for text in page.evaluate(CUT)]
    return [*cut, *(clipped(page) + overlapping(page) if figures else [])]


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_cut_off_or_lies_on_another_text(browser: Browser, url: str, screen: str):
    context = browser.new_context(**SCREENS[screen])
    context.add_init_script(WIDE_LETTERS)
    page = context.new_page()
    found = {}
    for name in TITLES:
        visit(page, url, name)
        has_no_fault(page)
        found[f"{name}, wide"] = faults(page)
        page.evaluate(OTHER_LETTERS)
        size = page.viewport_size or {}
        page.set_viewport_size({**size, "width": size["width"] - 2})  # it is drawn anew
        page.wait_for_timeout(300)
        rested(page)
        found[f"{name}, narrow"] = faults(page)
        page.set_viewport_size(size)
        assert sideways(page) <= 0, name
    context.close()
    assert {place: wrong for place, wrong in found.items() if wrong} == {}
