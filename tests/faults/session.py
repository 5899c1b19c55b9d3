"""A browser tab without a browser: the websocket that a page of the app talks through."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlencode

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

PROTOCOL = "streamlit"
Query = dict[str, str] | list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What one run of a page sent."""

    took_s: float
    errors: tuple[str, ...]
    """What stands in its red boxes."""
    widgets: tuple[str, ...] = ()
    """Their ids."""


class Session:
    """One tab, open at `url` (http://...)."""

    def __init__(self, url: str) -> None:
        address = url.replace("http", "ws", 1).rstrip("/") + "/_stcore/stream"
        self._connection = connect(address, subprotocols=[PROTOCOL], max_size=None)  # type: ignore[list-item]
        self._socket = self._connection.__enter__()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._connection.__exit__(None, None, None)

    def visit(self, page: str, query: Query | str = "", timeout_s: float = 60.0) -> Answer:
        """Open a page with these settings and wait until it is drawn."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query if isinstance(query, str) else urlencode(query)
        return self.send(message.SerializeToString(), timeout_s)

    def send(self, message: bytes, timeout_s: float = 60.0) -> Answer:
        """Send any bytes and wait until a script has run; TimeoutError where none has."""
        began = time.monotonic()
        self.post(message)
        errors: list[str] = []
        widgets: list[str] = []
        while True:
            left_s = began + timeout_s - time.monotonic()
            data = self._socket.recv(timeout=max(left_s, 0.0))
            answer = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            errors += _errors(answer)
            widgets += _widgets(answer)
            if answer.WhichOneof("type") == "script_finished":
                return Answer(time.monotonic() - began, tuple(errors), tuple(widgets))

    def post(self, message: bytes) -> None:
        """Send any bytes and wait for nothing."""
        self._socket.send(message)


def _errors(message: ForwardMsg) -> list[str]:
    element = message.delta.new_element
    match element.WhichOneof("type"):
        case "alert" if element.alert.format == Alert.ERROR:
            return [element.alert.body]
        case "exception":
            return [element.exception.message]
    return []


def _widgets(message: ForwardMsg) -> list[str]:
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    found = getattr(getattr(element, kind), "id", "") if kind else ""
    return [found] if isinstance(found, str) and found.startswith("$$") else []
