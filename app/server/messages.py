"""The messages between browser and Streamlit: what pages need of them is passed on, and nothing else.

On a browser's word alone Streamlit would also empty the caches of all sessions, tell of the repository and its
changed files, and write files for other programs into this folder.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Send

LOG = logging.getLogger("accel.messages")
KINDS = frozenset({"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"})
"""What widgets, the Stop button and an open tab send, and an uploader that asks where to put its files."""
OPERATIONS = frozenset({"deferred_file", "dataframe_chunk"})
"""What needs no run of the script: a download that is made when it is asked for, more rows of a table."""


def wanted(receive: Receive) -> Receive:
    """What a browser sends, without the messages that no page of ours sends."""

    async def received() -> Message:
        message = await receive()
        while message["type"] == "websocket.receive" and not is_wanted(message.get("bytes")):
            message = await receive()
        return message

    return received


def is_wanted(data: bytes | None) -> bool:
    """Whether Streamlit may see a message; where one is too long or garbled it hangs up, as it should."""
    if data is None:  # text, which its protocol does not know
        return False
    if len(data) > int(st.get_option("server.maxWidgetStateSize")) * 1_000_000:
        return True
    message = BackMsg()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return True
    kind: str | None = message.WhichOneof("type")
    if kind == "backend_operation_request":
        kind = message.backend_operation_request.WhichOneof("payload")
    if kind in KINDS | OPERATIONS:
        return True
    tell_once(kind)
    return False


@cache
def tell_once(kind: str | None) -> None:
    """Log a kind of message that was not passed on, each kind once."""
    LOG.warning("A browser's message of the kind %s was not passed on: no page needs it.", kind)


def without_place(send: Send, script: Path) -> Send:
    """What a browser is sent, without the folder of `script`, the app's own: often that names a user."""
    place = str(script.parent).encode("utf-8", "replace")

    async def sent(message: Message) -> None:
        data = message.get("bytes")
        if data and place in data:
            told = ForwardMsg.FromString(data)
            if told.WhichOneof("type") == "new_session":
                told.new_session.main_script_path = script.name
                message = {**message, "bytes": told.SerializeToString()}
        await send(message)

    return sent
