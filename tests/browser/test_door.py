"""Who may talk to the server at all: asked without a browser, by the bytes that a hostile page would cause."""

from __future__ import annotations

import base64
import http.client
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from servers import REPOSITORY, free_port, kill_tree, wait_until_healthy

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def websocket_status(server: str, host: str, origin: str) -> int:
    """The HTTP status that answers the opening of the app's websocket; 101 where it is let in."""
    parts = urlsplit(server)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    headers = {
        "Host": host,
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_own_page_is_let_in_under_every_name_of_this_computer(server: str, name: str) -> None:
    host = f"{name}:{urlsplit(server).port}"
    assert websocket_status(server, host, f"http://{host}") == 101


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "evil.example:80@localhost"])
def test_a_page_whose_name_was_bound_to_this_address_anew_is_refused(server: str, name: str) -> None:
    host = f"{name}:{urlsplit(server).port}"
    assert websocket_status(server, host, f"http://{host}") == 403


def test_a_room_is_let_in_under_the_name_that_the_readmes_line_gives(tmp_path: Path) -> None:
    (line,) = re.findall(r"`(streamlit run app/main.py --server.address [^`]*)`", README)
    port = free_port()
    words = shlex.split(line.replace("0.0.0.0", "127.0.0.1").replace("HOST", "room.example"))
    options = ["--server.headless", "true", "--server.port", str(port)]
    log = tmp_path / "server.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *words, *options], cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            server = f"http://127.0.0.1:{port}"
            wait_until_healthy(server, process, log)
            for name, status in (("room.example", 101), ("evil.example", 403)):
                host = f"{name}:{port}"
                assert websocket_status(server, host, f"http://{host}") == status
        finally:
            kill_tree(process)
