"""The finder of a browser and the fixtures that every browser test stands on."""

from __future__ import annotations

from pathlib import Path

import browsers
import psutil
import pytest
from playwright.sync_api import Page
from servers import serve

APP = """import streamlit as st
st.title("How fast?")
"""
FINDERS = ("installed", "playwrights_own", "installed_by_playwright", "installed_by_apt")


def nothing_found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let every finder come back empty; the list says which were asked."""
    asked: list[str] = []
    for name in FINDERS:
        monkeypatch.setattr(browsers, name, lambda name=name: asked.append(name))
    return asked


def test_no_browser_anywhere_fails_with_one_sentence_that_says_what_to_install(monkeypatch):
    asked = nothing_found(monkeypatch)
    with pytest.raises(pytest.fail.Exception) as failure:
        browsers.chromium_executable()
    assert str(failure.value) == browsers.MISSING
    assert "install" in browsers.MISSING and "\n" not in browsers.MISSING
    assert asked == list(FINDERS)


@pytest.mark.parametrize("at", range(len(FINDERS)), ids=FINDERS)
def test_the_search_ends_with_the_first_browser_found(monkeypatch, at):
    asked = nothing_found(monkeypatch)
    monkeypatch.setattr(browsers, FINDERS[at], lambda: "/somewhere/chromium")
    assert browsers.chromium_executable() == "/somewhere/chromium"
    assert asked == list(FINDERS[:at])


def test_a_browser_that_does_not_start_is_passed_over(monkeypatch):
    monkeypatch.setattr(browsers.shutil, "which", lambda command: f"/bin/{command}")
    monkeypatch.setattr(browsers, "starts", lambda path: path == "/bin/google-chrome")
    assert browsers.installed() == "/bin/google-chrome"


def test_a_stub_that_ends_with_an_error_does_not_count_as_a_browser(monkeypatch, tmp_path):
    monkeypatch.setattr(browsers.platform, "system", lambda: "Linux")
    monkeypatch.setattr(browsers, "succeeds", lambda command, timeout_s: False)
    stub = tmp_path / "chromium-browser"
    stub.write_text("#!/bin/sh\nexit 1\n")
    assert not browsers.starts(str(stub))


def test_a_browser_is_looked_for_in_the_usual_places_of_each_system():
    mac = browsers.usual_places("Darwin", {"HOME": "/Users/a"})
    assert "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" in mac
    assert "/Users/a/Applications/Chromium.app/Contents/MacOS/Chromium" in mac
    windows = browsers.usual_places("Windows", {"PROGRAMFILES(X86)": r"C:\Program Files (x86)"})
    assert r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" in windows
    assert browsers.usual_places("Linux", {}) == []


@pytest.mark.parametrize(("system", "user"), [("Darwin", 0), ("Windows", 0), ("Linux", 1000)])
def test_apt_is_left_alone_where_it_is_not_allowed(monkeypatch, system, user):
    monkeypatch.setattr(browsers.platform, "system", lambda: system)
    monkeypatch.setattr(browsers.os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(browsers, "succeeds", lambda *_, **__: pytest.fail("a command was run"))
    assert browsers.installed_by_apt() is None


def test_a_command_that_cannot_be_run_is_no_success(tmp_path):
    assert not browsers.succeeds([str(tmp_path / "missing")], timeout_s=5)


def test_a_served_app_is_painted_its_errors_are_collected_and_its_processes_end(
    page: Page, console_errors: list[str], tmp_path: Path
):
    script = tmp_path / "tiny.py"
    script.write_text(APP)
    with serve(script, tmp_path) as url:
        page.goto(url)
        page.get_by_role("heading", name="How fast?").wait_for()
        page.evaluate("console.error('said on purpose')")
        family = psutil.Process().children(recursive=True)
        served = [member for member in family if str(script) in member.cmdline()]
    assert "said on purpose" in console_errors
    assert served
    assert not any(member.is_running() for member in served)
