"""What phones are served, through the door: the page, the state, the vote, and what hostile ones send."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from accel_core.hall import COMMIT, HALLS, Hall
from app.server import phones
from app.server.door import Door

HOST = "localhost:8501"
OWN = f"http://{HOST}"
ME = "a-voter-of-this-test"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    unread: int
    """Parts of what was sent that nobody asked for."""

    @property
    def data(self) -> Any:
        return json.loads(self.body)


def ask(
    path: str,
    method: str = "GET",
    body: bytes | dict[str, Any] = b"",
    *,
    voter: str = ME,
    origin: str = OWN,
    kind: str = "application/json",
    parts: int = 1,
) -> Answer:
    """What the server answers: the door, and behind it the routes of phones alone."""
    app = Starlette(routes=phones.routes(), middleware=[Middleware(Door, script=Path("main.py"))])
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"host": HOST, "cookie": f"accel_phone={voter}", "content-type": kind}
    if method == "POST" and origin:
        given["origin"] = origin
    at = urlsplit(path)
    scope = {
        "type": "http",
        "method": method,
        "path": at.path,
        "raw_path": at.path.encode(),
        "query_string": at.query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
        "client": ("10.0.0.1", 1),
    }
    told: list[dict[str, Any]] = []
    left = [sent] * parts

    async def receive() -> dict[str, Any]:
        part = left.pop() if left else b""
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message: Any) -> None:
        told.append(message)

    asyncio.run(app(scope, receive, send))
    headers: dict[str, str] = {}
    for name, value in told[0]["headers"]:  # two policies hold both
        headers[name.decode()] = f"{headers.get(name.decode(), '')}{value.decode()};"
    return Answer(
        told[0]["status"],
        {name: value.rstrip(";") for name, value in headers.items()},
        b"".join(part.get("body", b"") for part in told[1:]),
        len(left),
    )


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    """A hall whose first vote is open."""
    monkeypatch.setenv("ACCEL_HOME", str(tmp_path))
    HALLS.forget()
    opened = HALLS.open(["library", "order"])
    opened.forward()
    opened.forward()
    yield opened
    HALLS.forget()


def vote(hall: Hall, said: object = "100", *, at: object = 0, step: object = COMMIT, **more: Any) -> Answer:
    return ask(f"/join/{hall.code}/vote", "POST", {"at": at, "step": step, "said": said}, **more)


def test_the_page_of_a_hall_is_light_and_asks_nobody_else(hall: Hall) -> None:
    page = ask(f"/join/{hall.code}")
    text = page.body.decode()
    assert page.status == 200 and len(page.body) < 16_000
    assert "://" not in text and "streamlit" not in text.lower()
    assert hall.code in text and "prefers-color-scheme: dark" in text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_phone_gets_a_number_that_goes_to_its_hall_only_and_keeps_it(hall: Hall) -> None:
    cookie = ask(f"/join/{hall.code}", voter="").headers["set-cookie"]
    assert f"Path=/join/{hall.code};" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert "set-cookie" not in ask(f"/join/{hall.code}").headers


def test_an_address_in_small_letters_leads_to_that_of_the_cookie(hall: Hall) -> None:
    answer = ask(f"/join/{hall.code.lower()}", voter="")
    assert answer.status == 303 and answer.headers["location"] == f"/join/{hall.code}"
    assert "set-cookie" not in answer.headers


def test_a_code_that_is_typed_leads_to_its_hall_and_a_wrong_one_to_a_sentence(hall: Hall) -> None:
    assert "Type the code" in ask("/join").body.decode()
    assert ask(f"/join?code=%20{hall.code.lower()}").headers["location"] == f"/join/{hall.code}"
    for wrong in ("/join?code=%3Cscript%3Ealert(1)", "/join/%3Cscript%3E"):
        answer = ask(wrong.replace("%3C", "<").replace("%3E", ">") if "?" not in wrong else wrong)
        assert answer.status == 404 and b"There is no hall" in answer.body
        assert b"<script>alert" not in answer.body and b"<script></script>" not in answer.body
    assert ask("/join/ZZZZ/state").status == ask("/join/ZZZZ/vote", "POST", {}).status == 404


def test_a_vote_is_taken_and_changed_and_lies_in_a_file_when_the_phone_hears_of_it(hall: Hall) -> None:
    for said in ("100", "250"):
        assert vote(hall, said).data == {"said": said}
        HALLS.forget()
        kept = HALLS.find(hall.code)
        assert kept is not None and kept.question.first == {ME: said}
    assert vote(hall, "7", voter="another-voter-here").status == 200
    assert ask(f"/join/{hall.code}/state").data["first"] == "250"


def test_a_vote_is_taken_only_while_it_is_open(hall: Hall) -> None:
    hall.forward()
    late = vote(hall)
    assert late.status == 409 and late.data == {"fault": "This vote is closed."} and not hall.question.first


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "https://localhost:1"])
def test_no_page_of_another_site_votes(hall: Hall, origin: str) -> None:
    assert vote(hall, origin=origin).status in (403, 405)
    assert not hall.question.first


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_of_another_site_could_send_is_no_vote(hall: Hall, kind: str) -> None:
    assert vote(hall, kind=kind).status == 415 and not hall.question.first


@pytest.mark.parametrize("voter", ["", "short", "x" * 100, "<b>bold</b>bold</b>", "../../../../etc/passwd"])
def test_a_vote_without_a_number_of_ours_is_refused(hall: Hall, voter: str) -> None:
    assert vote(hall, voter=voter).status == 403 and not hall.question.first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'"text"',
        b"[" * 1500,
        b'{"at": 0, "step": "commit"}',
        b'{"at": 0, "step": "commit", "said": NaN}',
        b'{"at": 0, "step": "commit", "said": "<img src=x onerror=alert(1)>"}',
        b'{"at": 0, "step": "commit", "said": {"$gt": 1}}',
        b'{"at": 0, "step": ["commit"], "said": "1"}',
        b'{"at": ' + b"9" * 1900 + b', "step": "commit", "said": "1"}',
    ],
)
def test_what_is_no_vote_is_refused_in_a_sentence(hall: Hall, body: bytes) -> None:
    answer = ask(f"/join/{hall.code}/vote", "POST", body)
    assert answer.status in (400, 409) and answer.data["fault"].endswith(".")
    assert b"<img" not in answer.body or answer.headers["content-type"] == "application/json"
    assert not hall.question.first


def test_of_a_body_without_end_no_more_is_read_than_a_vote_has(hall: Hall) -> None:
    answer = ask(f"/join/{hall.code}/vote", "POST", b"x" * 1000, parts=1000)
    assert answer.status == 400 and answer.unread > 990 and not hall.question.first


@pytest.mark.parametrize("path", ["", "/state", "/vote/more", "/vote/../../hall", "/x/vote"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_but_a_vote_is_taken(hall: Hall, path: str, method: str) -> None:
    assert ask(f"/join/{hall.code}{path}", method, {}).status == 405
    assert ask("/join/vote", "POST", {}).status == 405


def test_a_phone_that_has_seen_all_is_answered_when_the_hall_moves_on(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []

    async def look(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 3:
            hall.forward()

    monkeypatch.setattr(phones.asyncio, "sleep", look)
    seen = ask(f"/join/{hall.code}/state?seen={hall.turn}").data
    assert len(looked) == 3 and seen["step"] == "discuss" and seen["again_s"] == 0
    monkeypatch.setattr(phones, "MOST_HELD", 0)
    seen = ask(f"/join/{hall.code}/state?seen={hall.turn}").data
    assert len(looked) == 3 and seen["again_s"] == phones.AGAIN_S


def test_under_a_path_of_its_own_the_server_answers_there(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "base", lambda: "/class")
    assert ask(f"/class/join?code={hall.code}").headers["location"] == f"/class/join/{hall.code}"
    assert ask(f"/class/join/{hall.code}/vote", "POST", {}).status == 409
    assert ask(f"/join/{hall.code}/vote", "POST", {}).status == 405


def test_a_server_says_where_it_is_before_it_loads_numpy_or_the_lessons():
    code = "import sys, app.main; print({'numpy', 'accel_core.lessons'} & set(sys.modules))"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
