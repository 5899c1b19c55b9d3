"""The code of this tab: typed, or from a file; kept by the browser over a reload."""

from __future__ import annotations

import uuid
from typing import Any

import streamlit as st

from accel_core.arena.event import MOST_CODE_BYTES, Event
from accel_core.arena.starter import starter
from accel_core.errors import BadInput
from accel_core.studies import arena as desk
from app.arena.editor import editor, said
from app.session import settings

UPLOAD, FAULT = "arena upload", "arena code fault"


def columns() -> list[Any]:
    """The problem, and beside it the code."""
    return list(st.columns((2, 3), gap="medium"))


def code(event: Event) -> str:
    """What stands in the field of `event`; a button's callback asks before the field is drawn anew."""
    heard = said(st.session_state.get(_field(event)), _put_of(event))
    return str(st.session_state.get(_key(event), starter(event))) if heard is None else heard


def put(event: Event, text: str) -> None:
    """Put `text` in the place of the code of `event`."""
    st.session_state[_key(event)] = text
    st.session_state[_put(event)] = uuid.uuid4().hex


def _key(event: Event) -> str:
    return f"arena code {event.name}"


def _put(event: Event) -> str:
    return f"arena put {event.name}"


def _put_of(event: Event) -> str:
    """The name of the text that was put there last."""
    return str(st.session_state.get(_put(event), ""))


def _field(event: Event) -> str:
    return f"arena editor {event.name}"


def draw(event: Event) -> None:
    """The field."""
    with settings.place():
        if fault := st.session_state.pop(FAULT, ""):
            st.error(fault, icon=":material/upload_file:")
    known = code(event)
    heard = editor(
        known,
        _put_of(event),
        place=f"accel arena {event.name}",
        own=_key(event) in st.session_state,
        most=MOST_CODE_BYTES,
        key=_field(event),
    )
    if heard is not None or _key(event) in st.session_state:
        st.session_state[_key(event)] = known if heard is None else heard  # the field forgets when it is gone


def fill(event: Event) -> None:
    """What fills the field: a file, or the starter code."""
    with st.popover("From a file", icon=":material/upload_file:"):
        st.file_uploader(
            "One Python file, at most 64 KiB",
            type=["py", "txt"],
            key=UPLOAD,
            max_upload_size=1,
            on_change=_uploaded,
            args=(event,),
        )
    st.button(
        "Starter code",
        key="arena starter",
        icon=":material/restart_alt:",
        help="It takes the place of what stands in the field.",
        on_click=put,
        args=(event, starter(event)),
    )


def _uploaded(event: Event) -> None:
    file = st.session_state.get(UPLOAD)
    if file is None:
        return
    try:
        put(event, desk.check_code(file.getvalue()))
    except BadInput as fault:
        st.session_state[FAULT] = str(fault)
