"""Every page under a recorded machine: it says so, starts nothing that measures, and explains a bad file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Open
from recorded_hosts import KINDS, ON_THIS, path_of
from records_of import store_ladder, store_peaks

from accel_core import runner
from accel_core.errors import BadInput
from accel_core.machine import pretence
from accel_core.model import Machine
from app import catalogue
from app.session import jobs

PAGES = [page.name for page in catalogue.PAGES]
pytestmark = ON_THIS
"""The label is what these tests are about: no fixture lets a recorded host pass for one that was detected."""
SIMULATES = ("simulate",)
"""Keys of buttons that may be pressed: a simulation asks no clock."""


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_the_host_is_a_pretence_and_measures_nothing(
    page: str, name: str, open_page: Open, pretend_host: Callable[[str], Machine]
) -> None:
    here = pretend_host(name)
    store_peaks()
    store_ladder()
    app = open_page(page)
    assert not app.error
    for place in (app.sidebar, app.main):  # on the page it shows where the sidebar is folded away
        assert any(pretence(here) in said.value for said in place.caption)
    pressed = [button for button in app.button if not button.disabled and button.key not in SIMULATES]
    for button in pressed:
        button.click().run()
        assert "watch" not in app.session_state and "job fault" not in app.session_state, button.label


@pytest.mark.parametrize("page", PAGES)
def test_no_sentence_offers_what_a_pretend_host_cannot_do(
    page: str, open_page: Open, pretend_host: Callable[[str], Machine]
) -> None:
    pretend_host("darwin-m2")
    app = open_page(page)  # nothing is stored, so that pages show the sample
    for said in app.info:
        assert "button above" not in said.value
    for button in app.button:
        assert not (button.disabled and "(about " in button.label), button.label


def test_a_host_that_can_be_measured_is_offered_it_in_the_place_of_the_sample(open_page: Open) -> None:
    app = open_page("ladder")
    (said,) = [said.value for said in app.info if said.value.startswith("Sample: another machine")]
    assert said.endswith("The button above replaces it with yours.")
    assert "(about " in app.button(key="measure").label


def test_the_libraries_beside_a_recorded_machine_are_said_to_be_of_this_computer(
    open_page: Open, pretend_host: Callable[[str], Machine]
) -> None:
    pretend_host("darwin-m2")
    said = [caption.value for caption in open_page("machine").caption]
    assert any(one.startswith("Of the computer that runs this app: Python") for one in said)


def test_a_job_that_comes_past_the_buttons_is_refused(pretend_host: Callable[[str], Machine]) -> None:
    pretend_host("darwin-m2")
    with pytest.raises(BadInput, match=r"Nothing can be measured on the pretend host darwin-m2\.json"):
        runner.submit({"kind": "peaks", "budget_s": 1}, "a test")


@pytest.mark.parametrize("page", PAGES)
def test_a_file_that_is_no_machine_is_one_sentence_on_every_page(
    page: str, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEL_MACHINE", str(tmp_path / "missing.json"))
    app = open_page(page)
    (said,) = app.error
    assert "missing.json cannot be read" in said.value and "name a file" in said.value


@pytest.mark.parametrize("page", PAGES)
def test_a_file_whose_name_is_no_utf_8_stands_in_on_every_page(
    page: str, open_page: Open, pretend_host: Callable[[str], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded, read = path_of("darwin-m2").read_text(encoding="utf-8"), Path.read_text
    monkeypatch.setattr(  # not every file system would take the name
        Path, "read_text", lambda at, **how: recorded if at.name == "caf\udce9.json" else read(at, **how)
    )
    monkeypatch.setenv("ACCEL_MACHINE", "caf\udce9.json")
    app = open_page(page)
    assert not app.error
    assert any("caf\\xe9.json" in said.value for said in app.main.caption)


@pytest.mark.parametrize("page", ["backends", "ladder", "machine"])  # which say what slows libraries
def test_a_variable_whose_value_is_no_utf_8_is_shown_on_every_page(
    page: str, open_page: Open, pretend_host: Callable[[str], Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_host("darwin-m2")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "caf\udce9")
    assert not open_page(page).error


def test_a_simulation_is_held_back_by_a_running_job_alone(pretend_host: Callable[[str], Machine]) -> None:
    here = pretend_host("darwin-m2")
    assert jobs.held({"kind": "simulate"}) == ""
    assert jobs.held({"kind": "bench"}) == pretence(here)
