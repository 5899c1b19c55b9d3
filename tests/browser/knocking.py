"""Talking to the server as no browser would: the bytes that a hostile page or student would cause."""

from __future__ import annotations

import base64
import http.client
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

ANSWER_S = 60
"""Longer than a page's script takes on a slow, busy machine."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(server: str, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """What the server answers over HTTP; `headers` are written as Python names them, Host too."""
    parts = urlsplit(server)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_S)
    try:
        connection.putrequest(method, path, skip_host=True)
        for name, value in {"Host": parts.netloc, "Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        if answer.status == 101:
            return Answer(101, dict(answer.getheaders()), b"")
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def websocket_status(server: str, host: str, origin: str) -> int:
    """The HTTP status that answers the opening of the app's websocket; 101 where it is let in."""
    headers = {
        "Host": host,
        "Origin": origin,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(os.urandom(16)).decode(),
    }
    return ask(server, "/_stcore/stream", **headers).status


@dataclass
class Session:
    """A tab without a browser: it sends messages and keeps every frame that it is sent."""

    wire: ClientConnection
    frames: list[bytes] = field(default_factory=list)

    def send(self, message: BackMsg) -> None:
        self.wire.send(message.SerializeToString())

    def next(self) -> ForwardMsg:
        frame = self.wire.recv(timeout=ANSWER_S)
        assert isinstance(frame, bytes)
        self.frames.append(frame)
        return ForwardMsg.FromString(frame)

    def rerun(self, page: str = "") -> ForwardMsg:
        """Ask for a page ("" is the first one), wait until its script has run; how that began."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = ""
        self.send(message)
        began = ForwardMsg()
        while True:
            told = self.next()
            if told.WhichOneof("type") == "new_session":
                began = told
            if told.WhichOneof("type") == "script_finished":
                return began


@contextmanager
def session(server: str) -> Iterator[Session]:
    stream = f"ws://{urlsplit(server).netloc}/_stcore/stream"
    with connect(stream, origin=server, max_size=None, subprotocols=["streamlit"]) as wire:
        yield Session(wire)
