"""The page Lessons in a browser, by the keyboard alone: guess, measure, reload in mid-run, see, go back."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from visitor import JOB_MS, has_no_fault, progress, rested, settled, store_of, visit

from accel_core.lessons import LESSONS, lesson

pytestmark = ON_THIS
CUBE = lesson("cube")
MOST_TABS = 80
FOCUSED = """() => {
    const element = document.activeElement;
    if (!element.matches('button, input')) return '';
    return [element.getAttribute('aria-label'), element.innerText, element.placeholder].join(' ');
}"""


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what is called `name` has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if name in page.evaluate(FOCUSED):
            return
    raise AssertionError(f"Tab never reaches {name}")


def press(page: Page, name: str) -> None:
    """Press a button by the keyboard."""
    rested(page)
    tab_to(page, name)
    page.keyboard.press("Enter")


def is_asked(page: Page) -> None:
    """Wait until the page asks the lesson's question."""
    expect(page.get_by_role("heading", level=1, name=CUBE.question)).to_be_visible()
    rested(page)


def test_a_lesson_is_answered_by_the_keyboard_and_outlives_a_reload_in_mid_run(
    page: Page, own_server: tuple[str, Path]
):
    url, home = own_server
    visit(page, url, "lessons")
    press(page, CUBE.title)
    is_asked(page)
    assert "lesson=cube" in page.url
    tab_to(page, "Your guess")
    page.keyboard.type("1e2")
    page.keyboard.press("Enter")
    press(page, "Commit and measure (about")
    expect(progress(page)).to_be_visible()
    (guess,) = store_of(home).guesses()
    assert (guess.lesson, guess.said) == ("cube", "1e2")
    assert store_of(home).answers() == []

    page.reload()
    is_asked(page)
    expect(page.get_by_test_id("stMetric")).to_contain_text("1e2 times")
    expect(page.get_by_role("button", name="Commit")).to_have_count(0)
    expect(page.get_by_role("button", name="Do it again")).to_be_visible(timeout=JOB_MS)
    expect(page.locator(".js-plotly-plot").get_by_text("You said: 1e2 times")).to_be_visible()
    expect(page.get_by_text("You said 100 times, and it is")).to_be_visible()
    (answer,) = store_of(home).answers()
    assert answer.guess == guess and len(store_of(home).guesses()) == 1
    has_no_fault(page)

    page.go_back()
    settled(page, "lessons")
    expect(page.get_by_text(f"1 of {len(LESSONS)} answered")).to_be_visible()
    expect(page.get_by_text("You said 1e2 times, found")).to_be_visible()
    page.go_forward()
    is_asked(page)
    expect(page.get_by_text("Answered on")).to_be_visible()
    press(page, "Do it again")
    expect(page.get_by_label("Your guess (times)")).to_have_value("")
    press(page, "All lessons")
    settled(page, "lessons")
    assert "lesson=" not in page.url
    has_no_fault(page)
