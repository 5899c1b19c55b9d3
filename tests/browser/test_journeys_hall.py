"""A lecture in real browsers: a presenter and three phones, from the token to the reveal, with a real run."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page, expect
from recorded_hosts import ON_THIS
from servers import serve
from visitor import APP, JOB_MS, VIEWPORT, has_no_fault, progress, rested

from accel_core.hall import Halls
from accel_core.hall.gate import VARIABLE
from accel_core.lessons import lesson

pytestmark = ON_THIS
TOKEN = "a token of the test"
LESSON = lesson("library")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def hall_server(host: object, tmp_path_factory: pytest.TempPathFactory):
    home = tmp_path_factory.mktemp("accel-home")
    with serve(APP, home, **{VARIABLE: TOKEN}) as url:
        yield url, home


WIDE, HALF, OLD = VIEWPORT, {"width": 720, "height": 900}, {"width": 905, "height": 700}
"""A lecturer's screen, half of it, and one on which the address stands in a narrow column."""

LINES_OF_THE_END = """text => {
    const end = document.createRange();
    end.selectNodeContents(text.lastChild);
    return end.getClientRects().length;
}"""
"""On how many lines an address's end stands that may not be broken."""


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found is not None, f"{selector} is not drawn"
    return found


def below(page: Page, upper: str, lower: str) -> bool:
    """Whether `lower` begins where `upper` ends, or after that."""
    above = box(page, upper)
    return box(page, lower)["y"] >= above["y"] + above["height"]


def guess(phone: Page, said: str) -> None:
    phone.get_by_label("Your guess").fill(said)
    phone.keyboard.press("Enter")
    expect(phone.get_by_text(f"✓ Your guess: {said} times")).to_be_visible()


def test_a_lecture_with_three_phones(
    page: Page, browser: Browser, hall_server: tuple[str, Path], console_errors: list[str]
):
    url, home = hall_server
    page.goto(f"{url}/hall?lessons={LESSON.title.replace(' ', '+')}")
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Open a hall with 1 question").click()
    code = page.locator(".hall-code").inner_text()
    assert below(page, "h1", "[data-testid=stAlert]")
    page.set_viewport_size(HALF)
    assert below(page, "img.qr", ".st-key-hall-steering")
    page.set_viewport_size(WIDE)

    contexts = [browser.new_context(viewport=PHONE, is_mobile=True) for _ in range(3)]
    one, two, three = phones = [context.new_page() for context in contexts]
    for phone in phones:
        phone.on("pageerror", lambda fault: console_errors.append(str(fault)))
    loaded: list[str] = []
    one.on("request", lambda request: loaded.append(request.url))
    for phone in (one, two):
        phone.goto(f"{url}/join")
        phone.get_by_label("Code").fill(code.lower())
        phone.keyboard.press("Enter")
        expect(phone.get_by_text("You are in")).to_be_visible()
    expect(page.get_by_text("2 phones")).to_be_visible()

    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", level=1, name=LESSON.question)).to_be_visible()
    expect(one.get_by_text("Think first")).to_be_visible()
    expect(one.get_by_label("Your guess")).to_be_hidden()
    page.keyboard.press("PageDown")  # a presenter's remote
    guess(one, "100")
    guess(two, "7")
    guess(two, "3000")
    two.reload()
    expect(two.get_by_label("Your guess")).to_have_value("3000")
    expect(page.get_by_text("2 guesses · 2 phones")).to_be_visible()
    assert "3000" not in page.locator("body").inner_text()

    page.keyboard.press("ArrowRight")
    expect(two.get_by_text("Convince your neighbour")).to_be_visible()
    three.goto(f"{url}/join/{code}")  # comes late, by the QR code
    expect(three.get_by_role("heading", name=LESSON.question)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Convince your neighbour")).to_be_visible()
    rested(page)
    page.set_viewport_size(HALF)
    assert below(page, "h1", ".hall-told")
    assert below(page, ".hall-late", ".st-key-hall-steering")
    page.set_viewport_size(OLD)
    assert page.locator(".hall-late .hall-small").evaluate(LINES_OF_THE_END) == 1
    page.set_viewport_size(WIDE)

    page.keyboard.press("ArrowRight")
    expect(one.get_by_label("Your guess")).to_have_value("100")
    one.get_by_role("slider").focus()
    one.keyboard.press("ArrowRight")
    expect(one.get_by_label("Your guess")).not_to_have_value("100")
    guess(one, "20000")
    guess(three, "5000")
    expect(page.get_by_text("2 guesses · 3 phones")).to_be_visible()

    page.keyboard.press("ArrowRight")
    expect(progress(page)).to_be_visible()
    expect(two.get_by_text("The vote is closed")).to_be_visible()
    expect(two.get_by_label("Your guess")).to_be_hidden()
    expect(page.get_by_text("The answer is here")).to_be_visible(timeout=JOB_MS)
    expect(one.get_by_text("The vote is closed")).to_be_visible()
    rested(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("95 % interval")).to_be_visible()
    expect(page.get_by_text("1 moved nearer").or_(page.get_by_text("1 further away"))).to_be_visible()
    expect(one.get_by_text("You said")).to_be_visible()
    expect(two.get_by_text("Your first guess")).to_be_visible()
    has_no_fault(page)

    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("3 phones gave 4 guesses to 1 question")).to_be_visible()
    expect(three.get_by_text("That was the last question")).to_be_visible()
    assert all("/join" in address for address in loaded) and "static" not in "".join(loaded)
    kept = Halls(lambda: home / "halls").find(code)
    assert kept is not None
    assert sorted(kept.question.first.values()) == ["100", "3000"]
    assert sorted(kept.question.second.values()) == ["20000", "5000"]
    assert not [fault for fault in console_errors if "404" not in fault]
    for context in contexts:
        context.close()
