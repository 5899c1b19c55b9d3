"""The page Homework: opening an assignment, what is done of it, and the pack."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import Open
from recorded_hosts import ON_THIS
from records_of import store_peaks
from streamlit.testing.v1 import AppTest

from accel_core.homework import drafts
from accel_core.homework.example import EXAMPLE
from accel_core.homework.reading import read_assignment
from app.session import visitors

NAME = drafts.short_name(read_assignment(EXAMPLE))
TITLE = "Why is the library fast?"


AT_THIS_COMPUTER = visitors.at_this_computer


@pytest.mark.parametrize(
    ("address", "headers", "here"),
    [
        (None, {"Host": "localhost:8501"}, True),
        (None, {"Host": "[::1]:8501"}, True),
        ("10.0.0.7", {"Host": "localhost:8501"}, False),
        (None, {"Host": "localhost:8501", "X-Forwarded-For": "10.0.0.7"}, False),
        (None, {"Host": "class.example"}, False),  # a proxy that says no more
        (None, {}, False),
    ],
)
def test_who_comes_through_a_proxy_is_not_at_this_computer(
    monkeypatch: pytest.MonkeyPatch, address: str | None, headers: dict[str, str], here: bool
) -> None:
    monkeypatch.setattr(visitors.st, "context", SimpleNamespace(ip_address=address, headers=headers))
    assert AT_THIS_COMPUTER() is here


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visitor who sits at this computer: AppTest mocks connections."""
    monkeypatch.setattr(visitors, "at_this_computer", lambda: True)


def given(open_page: Open, text: str) -> AppTest:
    app = open_page("homework")
    app.get("file_uploader")[0].set_value(("assignment.toml", text.encode(), "application/toml"))
    app.run()
    assert not app.exception, app.exception
    return app


def test_an_uploaded_assignment_lists_its_parts(open_page: Open) -> None:
    app = given(open_page, EXAMPLE)
    assert TITLE in [one.value for one in app.subheader]
    assert app.query_params["assignment"] == NAME
    assert any("of 7 parts done" in str(one.proto.text) for one in app.get("progress"))
    assert not app.error


def test_a_mistake_in_an_assignment_is_a_sentence_with_its_place(open_page: Open) -> None:
    app = given(
        open_page, EXAMPLE.replace('over = "block"', 'over = "blok"').replace("budget_s = 20", "budget = 20")
    )
    (said,) = [one.value for one in app.error]
    assert "blocks" in said and "roofs" in said and "budget" in said
    assert "assignment" not in app.query_params


def test_what_one_tab_writes_stays_when_another_writes(open_page: Open) -> None:
    one = given(open_page, EXAMPLE)
    another = open_page("homework", assignment=NAME)
    one.text_area[0].set_value("Vectors, tiles, packing.").run()
    another.text_input(key="homework student").set_value("s1").run()
    again = open_page("homework", assignment=NAME)
    assert again.text_area[0].value == "Vectors, tiles, packing."
    assert again.text_input(key="homework student").value == "s1"


def test_what_is_written_is_there_after_a_reload_and_on_another_day(open_page: Open) -> None:
    app = given(open_page, EXAMPLE)
    app.text_area[0].set_value("Vectors, tiles, packing.").run()
    app.text_input(key="homework student").set_value("s1").run()
    again = open_page("homework", assignment=NAME)
    assert again.text_area[0].value == "Vectors, tiles, packing."
    assert again.text_input(key="homework student").value == "s1"
    another_day = open_page("homework")
    another_day.button(key=f"go on {NAME}").click().run()
    assert another_day.text_area[0].value == "Vectors, tiles, packing."


def test_the_pack_waits_for_an_id_and_says_what_it_lacks(open_page: Open) -> None:
    app = given(open_page, EXAMPLE)
    assert all(button.proto.disabled for button in app.get("download_button"))
    (lacks,) = [one.value for one in app.info if one.value.startswith("Still to do")]
    assert "three" in lacks and "ladder" in lacks
    app.text_input(key="homework student").set_value("s1").run()
    assert not any(button.proto.disabled for button in app.get("download_button"))


def test_an_address_of_what_was_never_begun_here_is_a_sentence(open_page: Open) -> None:
    for asked in ("0" * 32, "../../etc/passwd", "x"):
        app = open_page("homework", assignment=asked)
        assert ["was not begun on this computer" in one.value for one in app.warning] == [True]
        assert not app.error


def test_the_assignment_of_the_server_opens_by_a_button_and_a_bad_one_is_a_sentence(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.toml"
    monkeypatch.setenv("ACCEL_ASSIGNMENT", str(file))
    app = open_page("homework")
    app.button(key="open servers").click().run()
    assert ["cannot be read" in one.value for one in app.error] == [True]
    file.write_text(EXAMPLE, encoding="utf-8")
    app.button(key="open servers").click().run()
    assert TITLE in [one.value for one in app.subheader]


def test_a_visitor_from_elsewhere_leaves_no_file(
    open_page: Open, accel_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "at_this_computer", lambda: False)
    app = given(open_page, EXAMPLE)
    app.text_area[0].set_value("Mine.").run()
    assert app.text_area[0].value == "Mine."
    assert not (accel_home / "homework").exists()
    assert any("stays in this tab" in one.value for one in app.caption)


@ON_THIS
def test_roofs_that_are_known_count_as_done(open_page: Open) -> None:
    store_peaks()
    app = given(open_page, EXAMPLE)
    assert any("1 of 7 parts done" in str(one.proto.text) for one in app.get("progress"))
