"""The first visit: a question, a labelled sample of another machine, nothing broken, also on a phone."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from visitor import QUESTIONS, WAIT_MS, WIDE_LETTERS, has_no_fault, sample_label, visit

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "user_agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
}
LETTERS = {"usual letters": "", "wide letters": WIDE_LETTERS}
OUTSIDE = """plots => plots.flatMap(plot => {
    const frame = plot.getBoundingClientRect();
    const column = plot.closest('[data-testid="stMain"]').getBoundingClientRect();
    const out = (box, rim) => box.left < rim.left - 1 || box.right > rim.right + 1
                           || box.top < rim.top - 1 || box.bottom > rim.bottom + 1;
    const seen = text => text.textContent && text.getBoundingClientRect().width;
    const texts = [...plot.querySelectorAll('text')].filter(seen);
    return [
        ...(frame.left < column.left - 1 || frame.right > column.right + 1 ? ['the figure'] : []),
        ...texts.filter(t => out(t.getBoundingClientRect(), frame)).map(t => t.textContent),
    ];
})"""
"""JavaScript: what of the figures lies outside of its canvas."""


def clipped(page: Page) -> list[str]:
    """Texts of the page's figures that their canvas cuts off."""
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    return list(page.locator(".js-plotly-plot").evaluate_all(OUTSIDE))


def is_probe(message: str) -> bool:
    """Whether an error is Streamlit's own: on a subpage it first asks for the server's address below it."""
    return "status of 404" in message


@pytest.mark.parametrize("letters", LETTERS)
@pytest.mark.parametrize(
    "name", sorted(QUESTIONS.keys() - {"fusion", "panels"})
)  # of which the sample has nothing
def test_a_first_visit_shows_a_question_and_the_labelled_sample_of_another_machine(
    fresh_page: Page, console_errors: list[str], own_server: tuple[str, Path], name: str, letters: str
):
    page = fresh_page
    page.add_init_script(LETTERS[letters])
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    visit(page, own_server[0], name)
    expect(sample_label(page)).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_contain_text("Sample: another machine")
    has_no_fault(page)
    assert clipped(page) == []
    assert not [message for message in console_errors if not is_probe(message)]
    assert hosts <= {"localhost", None}, "a page of this app asks another computer for something"


@pytest.mark.parametrize("name", QUESTIONS)
def test_on_a_phone_the_page_does_not_scroll_sideways_and_nothing_is_cut_off(
    browser: Browser, own_server: tuple[str, Path], name: str
):
    context = browser.new_context(**PHONE)
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(WIDE_LETTERS)
    page = context.new_page()
    visit(page, own_server[0], name)
    wide = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=\"stMain\"]')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    cut = clipped(page)
    context.close()
    assert max(wide) <= 0
    assert cut == []
