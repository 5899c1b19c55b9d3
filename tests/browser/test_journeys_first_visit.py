"""The first visit: a question, a labelled sample of another machine, nothing broken, also on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from layout import PHONE, clipped, sideways, steady
from playwright.sync_api import Browser, Page, expect
from tabs import Tab
from visitor import QUESTIONS, WAIT_MS, WIDE_LETTERS, go_to, has_no_fault, sample_label, visit


def is_probe(message: str) -> bool:
    """Whether an error is Streamlit's own: on a subpage it first asks for the server's address below it."""
    return "status of 404" in message


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    """The page of a reader whose letters are wider than Arial's."""
    tab = Tab(browser, WIDE_LETTERS)
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """A phone whose letters are wide."""
    context = browser.new_context(**PHONE)
    context.set_default_timeout(WAIT_MS)
    context.add_init_script(WIDE_LETTERS)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "name", sorted(QUESTIONS.keys() - {"fusion", "panels"})
)  # of which the sample has nothing
def test_a_first_visit_shows_a_question_and_the_labelled_sample_of_another_machine(
    page: Page, console_errors: list[str], own_server: tuple[str, Path], name: str
):
    hosts: set[str | None] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    visit(page, own_server[0], name)
    expect(sample_label(page)).to_be_visible()
    expect(page.locator(".js-plotly-plot").first).to_contain_text("Sample: another machine")
    has_no_fault(page)
    steady(page)
    assert clipped(page) == []
    expect(page.get_by_test_id("stSidebar").get_by_text("Pretend host: the recorded")).to_be_in_viewport()
    expect(page.locator(".st-key-pretence")).to_be_hidden()
    assert not [message for message in console_errors if not is_probe(message)]
    assert hosts <= {"localhost", None}, "a page of this app asks another computer for something"


@pytest.mark.parametrize("name", QUESTIONS)
def test_on_a_phone_the_page_does_not_scroll_sideways_and_nothing_is_cut_off(
    phone: Page, own_server: tuple[str, Path], name: str
):
    visit(phone, own_server[0], name)
    expect(phone.locator(".st-key-pretence")).to_contain_text("Pretend host: the recorded machine")
    expect(phone.locator(".st-key-pretence")).to_be_in_viewport()
    assert sideways(phone) <= 0
    steady(phone)
    assert clipped(phone) == []


def test_a_page_is_found_from_another_one(page: Page, own_server: tuple[str, Path]):
    visit(page, own_server[0], "machine")
    go_to(page, "fusion")
    assert page.url.split("?")[0].endswith("/fusion")
    has_no_fault(page)
