"""The app under AppTest: its folder on the path, as `streamlit run` puts it, and empty caches for each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from accel_core.machine.overrides import OVERRIDES
from accel_core.model import Machine
from accel_core.runner.visitors import Visitor

APP = Path(__file__).resolve().parents[2] / "app"
TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "core"), str(TESTS / "faults")]

TIMEOUT_S = 120
"""A cold compile cache and two slow cores may stand between a page and its first run."""
Open = Callable[..., AppTest]
Asked = Callable[[Open, str], dict[str, Any]]


@pytest.fixture(autouse=True)
def _as_on_any_machine(host: Machine | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A recorded host, a visitor, empty caches, and nothing that makes a page warn: no variable, no warning."""
    for name in OVERRIDES:
        monkeypatch.delenv(name, raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()
    from app.session import (
        visitors,  # the app's folder is on the path only from here on
        warned,
    )

    warned.forget()
    monkeypatch.setattr(visitors, "here", lambda: Visitor("a page", "a browser"))  # AppTest mocks connections
    yield


@pytest.fixture
def open_page() -> Open:
    """open_page("ladder", size="512") runs that page as a link with these settings does."""

    def opened(page: str = "machine", **link: str | list[str]) -> AppTest:
        app = AppTest.from_file(str(APP / "main.py"), default_timeout=TIMEOUT_S)
        if page != "machine":
            app.switch_page(f"{page}/{page}.py")  # no run before: its address is its file's name
        for name, value in link.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return opened


@pytest.fixture
def asked_by(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """asked_by(open_page, "ladder") opens that page and gives its settings by name."""

    def asked(open_page: Open, page: str) -> dict[str, Any]:
        from app.session import settings

        found: dict[str, settings.Setting] = {}
        admit = settings.admit

        def noted(*given: settings.Setting) -> None:
            found.update({setting.key: setting for setting in given})
            admit(*given)

        with monkeypatch.context() as patched:
            patched.setattr(settings, "admit", noted)
            open_page(page)
        return found

    return asked
