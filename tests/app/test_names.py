"""Under which names the door answers: no header raises, and none passes that Streamlit would refuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.web.server.starlette import starlette_websocket

from app.server import door

NAMES = ("localhost", "127.0.0.1", "::1", "room.example", "*.class.example")
PARTS = st.sampled_from(
    [
        *NAMES,
        "LOCALHOST",
        "a.class.example",
        "[",
        "]",
        "[::1]",
        ":",
        ":80",
        ":99999",
        "@",
        "/",
        "?",
        "#",
        ".",
        " ",
    ]
)
HEADER = st.lists(PARTS | st.text(max_size=3), max_size=5).map("".join)


def scope(host: str, *origins: str) -> dict[str, Any]:
    sent = [(b"host", host), *((b"origin", origin) for origin in origins)]
    headers = [(name, value.encode("latin-1", "replace")) for name, value in sent]
    return {"type": "websocket", "path": "/_stcore/stream", "headers": headers}


@pytest.fixture(autouse=True, scope="module")
def names() -> Any:
    asked = {"server.allowedHosts": list(NAMES), "server.corsAllowedOrigins": ["https://lms.example"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door.st, "get_option", asked.get)
        patch.setattr(starlette_websocket.config, "get_option", asked.get)
        yield


@given(HEADER)
def test_a_host_that_passes_the_door_passes_streamlit_too(host: str) -> None:
    if door.why_not(scope(host)) is None:
        assert starlette_websocket.is_host_allowed(host)


@given(HEADER, HEADER, st.sampled_from(["http://", "https://", "null", "", "file://"]))
def test_no_origin_raises_and_only_the_own_and_a_trusted_one_pass(host: str, origin: str, scheme: str) -> None:
    if door.why_not(scope(host, scheme + origin)) is None:
        sent = f"{scheme}{origin}".encode("latin-1", "replace").decode("latin-1")  # as `scope` does
        assert sent.lower().rstrip("/").endswith(f"//{host.lower()}") or "lms.example" in origin


@pytest.mark.parametrize("host", ["localhost", "LocalHost:8501", "[::1]:1", "a.class.example", "room.example."])
def test_a_name_is_known_in_any_case_with_any_port(host: str) -> None:
    assert door.why_not(scope(host)) is None
    assert door.why_not(scope(host, f"http://{host}")) is None


@pytest.mark.parametrize("host", ["", "class.example", "a@localhost", "localhost/x", "localhost:x", "evil.e"])
def test_no_other_name_is(host: str) -> None:
    assert door.why_not(scope(host)) is not None


def test_a_page_that_the_settings_trust_is_let_in_and_no_second_origin_beside_it() -> None:
    assert door.why_not(scope("localhost", "https://lms.example")) is None
    assert door.why_not(scope("localhost", "https://lms.example", "http://evil.example")) is not None


def test_another_program_of_this_computer_is_another_site() -> None:
    assert door.why_not(scope("localhost:8501", "http://localhost:3000")) is not None


def test_two_hosts_are_none() -> None:
    asked = scope("localhost")
    assert door.why_not({**asked, "headers": asked["headers"] * 2}) is not None
