"""Who may talk to the server at all, and with what: asked by the bytes that a hostile page would cause."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest
from knocking import ask, session, websocket_status
from playwright.sync_api import Page, expect
from servers import REPOSITORY, free_port, kill_tree, wait_until_healthy
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosedError

from app.catalogue import PAGES

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"streamlit run app/main\.py[^`\n]*", README)
OUTBOUND = Path(__file__).with_name("outbound")
NO_BROWSER = f"{shlex.quote(sys.executable)} -c pass %s"


@dataclass(frozen=True)
class Started:
    """A server as the README starts it, and what it did outside this computer."""

    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def noted(self, what: str = "socket.") -> list[str]:
        """To whom it turned, or which page it showed a browser."""
        log = self.log.with_name("outbound.log")
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [to for event, to in map(json.loads, lines) if event.startswith(what)]


@contextmanager
def started(
    line: str, folder: Path, headless: bool = True, *, at: Path = REPOSITORY, **variables: str
) -> Iterator[Started]:
    """The server that a line of the README starts, for a room that types room.example."""
    port = free_port()
    words = shlex.split(line.replace("HOST", "room.example"))
    options = ["--server.headless", str(headless).lower(), "--server.port", str(port)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(OUTBOUND), str(REPOSITORY)]),
        "OUTBOUND_LOG": str(folder / "outbound.log"),
        "BROWSER": NO_BROWSER,
        "ACCEL_HOME": str(folder),
        "ACCEL_QUEUE": str(folder),
        **variables,
    }
    environment.pop("ACCEL_STORE_URL", None)  # the store lies in ACCEL_HOME
    log = folder / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words, *options],
            cwd=at,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_healthy(url, process, log)
            yield Started(url, log)
        finally:
            kill_tree(process)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_own_page_is_let_in_under_every_name_of_this_computer(server: str, name: str) -> None:
    host = f"{name}:{urlsplit(server).port}"
    assert websocket_status(server, host, f"http://{host}") == 101
    assert ask(server, "/", Host=host).status == 200


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "evil.example:80@localhost"])
def test_a_page_whose_name_was_bound_to_this_address_anew_is_refused_with_a_sentence(
    server: str, name: str
) -> None:
    host = f"{name}:{urlsplit(server).port}"
    assert websocket_status(server, host, f"http://{host}") == 403
    page = ask(server, "/", Host=host)
    assert page.status == 403
    assert "answers only at localhost or 127.0.0.1 or ::1" in page.body.decode()
    assert "--server.allowedHosts" in page.body.decode()


def test_a_reader_who_types_another_name_reads_which_to_type(page: Page, server: str) -> None:
    page.goto(server.replace("localhost", "elsewhere.localhost"))  # to browsers a name of this computer
    expect(page.get_by_text("open it there, or start the server with --server.allowedHosts")).to_be_visible()


def test_no_frame_of_another_site_shows_a_page(page: Page, server: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'<iframe src="{server}">', encoding="utf-8")
    pages = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), pages) as other:
        Thread(target=other.serve_forever, daemon=True).start()
        with page.expect_event("framenavigated", lambda frame: frame.parent_frame is not None) as shown:
            page.goto(f"http://127.0.0.1:{other.server_port}/")
        other.shutdown()
    assert shown.value.url == "chrome-error://chromewebdata/"


def test_whoever_watches_over_servers_may_ask_for_its_health_under_any_name(server: str) -> None:
    assert ask(server, "/_stcore/health", Host="10.1.2.3").body == b"ok"


def test_a_room_is_let_in_under_the_name_that_the_readmes_line_gives(tmp_path: Path) -> None:
    (line,) = (line for line in LINES if "--server.address" in line)
    with started(line, tmp_path) as room:
        for name, status in (("room.example", 101), ("evil.example", 403), ("localhost", 403)):
            host = f"{name}:{urlsplit(room.url).port}"
            assert websocket_status(room.url, host, f"http://{host}") == status
        assert f"http://room.example:{urlsplit(room.url).port}/" in room.said()


@pytest.mark.parametrize("headless", [True, False], ids=["headless", "with a browser"])
@pytest.mark.parametrize("line", LINES)
def test_nothing_leaves_the_machine(line: str, headless: bool, tmp_path: Path) -> None:
    with started(line, tmp_path, headless) as app:
        parts = urlsplit(app.url)
        own = f"{'room.example' if 'HOST' in line else 'localhost'}:{parts.port}"
        for origin in ("http://other.example", "null", "http://203.0.113.7:8501", "http://room.example:1"):
            assert websocket_status(app.url, own, origin) == 403
            assert ask(app.url, "/", Host=own, Origin=origin).status == 403
        assert websocket_status(app.url, own, f"http://{own}") == 101
        assert app.noted() == []
        assert f"http://{own}/" in app.said()
        assert app.noted("webbrowser.open") == ([] if headless else [f"http://{own}/"])


def test_the_app_listens_on_localhost_only_and_sends_no_statistics() -> None:
    settings = tomllib.loads((REPOSITORY / "app" / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["server"]["address"] == "localhost"
    assert settings["browser"]["gatherUsageStats"] is False


def test_nothing_leaves_the_machine_from_whatever_folder_it_is_started(tmp_path: Path) -> None:
    line = f"streamlit run {shlex.quote(str(REPOSITORY / 'app' / 'main.py'))}"
    with started(line, tmp_path, at=tmp_path, HOME=str(tmp_path)) as app, session(app.url) as tab:
        began = tab.rerun()
        assert websocket_status(app.url, urlsplit(app.url).netloc, "http://other.example") == 403
    assert app.noted() == []
    assert not began.new_session.config.gather_usage_stats


def test_the_record_of_what_leaves_the_machine_sees_what_would(tmp_path: Path) -> None:
    log = tmp_path / "outbound.log"
    environment = {**os.environ, "PYTHONPATH": str(OUTBOUND), "OUTBOUND_LOG": str(log)}
    script = """
import contextlib, socket
for address in ("203.0.113.7", "127.0.0.1"):
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((address, 9))
with contextlib.suppress(OSError):
    socket.getaddrinfo("name.invalid", 80)
"""
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    assert [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] == [
        ["socket.connect", "203.0.113.7"],
        ["socket.getaddrinfo", "name.invalid"],
    ]


def test_no_file_is_taken_by_a_page_that_asks_for_none(server: str) -> None:
    xsrf = re.search(r"_streamlit_xsrf=([^;]+)", ask(server, "/_stcore/health").headers["set-cookie"])
    assert xsrf is not None
    with session(server) as tab:
        number = tab.rerun().new_session.initialize.session_id
        file = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--\r\n'
        sent = ask(
            server,
            f"/_stcore/upload_file/{number}/f",
            "PUT",
            file,
            Content_Type="multipart/form-data; boundary=b",
            Cookie=f"_streamlit_xsrf={xsrf[1]}",
            X_Xsrftoken=xsrf[1],
        )
    assert sent.status == 405
    assert sent.body.decode().startswith("This page takes no files")


def test_of_what_is_sent_only_a_vote_of_an_own_page_is_taken(server: str) -> None:
    own = {"Origin": server, "Content_Type": "application/json"}
    assert ask(server, "/join/CDFH/vote", "POST", b"{}", **own).status == 404  # there is no such hall
    assert (
        ask(server, "/join/CDFH/vote", "POST", b"{}", **{**own, "Origin": "http://evil.example"}).status == 403
    )
    assert ask(server, "/join/CDFH/vote", "POST", b"{}", Content_Type="application/json").status == 405
    for path in ("/join/CDFH", "/join/CDFH/state", "/join/CDFH/vote/", "/hall", "/x/join/CDFH/vote", "/"):
        assert ask(server, path, "POST", b"{}", **own).status == 405


def test_the_token_stands_in_the_terminal_and_on_no_page(tmp_path: Path) -> None:
    with started(LINES[0], tmp_path, ACCEL_HALL_TOKEN="") as app, session(app.url) as tab:
        tab.rerun("hall")
        token = re.search(r"asks for this token: ([\w-]{14})", app.said())
        pages = [ask(app.url, path).body for path in ("/join", "/join/CDFH", "/hall")]
    assert token is not None
    assert not [part for part in (*tab.frames, *pages) if token[1].encode() in part]


def test_a_message_larger_than_a_pages_settings_ends_its_tab_and_no_other(server: str) -> None:
    with session(server) as other, session(server) as tab:
        tab.wire.send(bytes(1_100_000))
        with pytest.raises(ConnectionClosedError, match="1009"):
            tab.next()
        assert other.rerun().HasField("new_session")


def test_no_other_site_may_lay_its_buttons_over_a_page(server: str) -> None:
    assert ask(server, "/").headers["content-security-policy"] == "frame-ancestors 'self'"


def test_a_browser_cannot_make_the_server_write_files_for_other_programs(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".claude").mkdir(parents=True)  # the server then offers to write there
    message = BackMsg()
    message.backend_operation_request.request_id = "1"
    message.backend_operation_request.install_skills.SetInParent()
    before = {path.name for path in REPOSITORY.iterdir()}
    variables = {"HOME": str(home), "USERPROFILE": str(home)}
    with started(LINES[0], tmp_path, headless=False, **variables) as app, session(app.url) as tab:
        began = tab.rerun().new_session.initialize
        message.backend_operation_request.session_id = began.session_id
        tab.send(message)
        tab.rerun()  # messages are taken in turn
    assert "install_skills was not passed on" in app.said()
    assert {path.name for path in REPOSITORY.iterdir()} == before
    assert not [*(home / ".claude").iterdir()]
    assert "skills" not in str(began) and "streamlit skills" not in app.said()  # nor is it recommended


def test_no_browser_learns_where_the_app_lies(server: str) -> None:
    with session(server) as tab:
        for page in ("", *(one.name for one in PAGES[1:])):
            tab.rerun(page)
    for place in (REPOSITORY, Path.home()):
        assert not [frame for frame in tab.frames if str(place).encode() in frame]


@pytest.mark.parametrize("where", ["home/alice", "scratch/alice"])
@pytest.mark.parametrize("fault", ["is damaged", "no permission"])
def test_no_browser_learns_from_a_fault_of_the_store_who_runs_the_server(
    where: str, fault: str, tmp_path: Path
) -> None:
    variables = dict.fromkeys(("LOGNAME", "USER", "USERNAME"), "alice")
    variables.update({name: str(tmp_path / "home" / "alice") for name in ("HOME", "USERPROFILE")})
    place = tmp_path / where / "records"
    place.mkdir(parents=True)
    if fault == "is damaged":
        (place / "records.db").write_bytes(b"garbage " * 1000)
    else:
        (place / "records.db").mkdir()  # whose permissions do not stop an administrator
    with started(LINES[0], tmp_path, ACCEL_HOME=str(place), **variables) as app, session(app.url) as tab:
        for page in ("", *(one.name for one in PAGES[1:])):
            tab.rerun(page)
    said = b"".join(tab.frames)
    assert fault.encode() in said
    assert b"alice" not in said
