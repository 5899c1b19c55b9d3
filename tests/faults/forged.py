"""Messages that no browser sends: random bytes, random fields, widgets that say what they cannot."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hostile import text
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

LEFT_OUT = ("backend_operation_request", "debug_shutdown_runtime", "clear_cache")
"""The first can write files, which tests of the door try; the last only makes everything slow."""
NUMBERS = (0, 1, -1, 2, 7, 2**31 - 1, -(2**31), 0.5, float("nan"), float("inf"), 1e308, 100)
PLACES = ("5", "null", '"x"', "[]", "{}", '{"id": 1}', '{"id": [], "step": "x", "at": null}', '{"step": 1e999}',
          '{"id": "a", "step": -1, "at": 0}', '{"id": "a", "step": {}, "at": 1e999}')  # fmt: skip
JSON = ("{}", "[]", "5", "null", "[" * 10_000, "{", *(f'{{"place": {place}}}' for place in PLACES))
"""What a component may be made to say; the player of the page Traversal says a place."""
USUAL = ("string_value", "string_array_value", "double_value", "bool_value", "trigger_value")
"""What widgets of our pages say."""
KINDS = [field.name for field in WidgetState.DESCRIPTOR.fields if field.name != "id"]


def message(pick: random.Random, page: str, ids: Sequence[str]) -> bytes:
    """One of four kinds."""
    match pick.randrange(5):
        case 0:
            return pick.randbytes(pick.choice((0, 1, 10, 1000)))
        case 1:
            whole = widgets(pick, page, ids).SerializeToString()
            return whole[: pick.randrange(len(whole))]
        case 2:
            return _filled(pick, BackMsg()).SerializeToString()
        case _:
            return widgets(pick, page, ids).SerializeToString()


def widgets(pick: random.Random, page: str, ids: Sequence[str]) -> BackMsg:
    """A run of the page in which some of its widgets, or some that it has not, have values of any kind."""
    forged = BackMsg()
    forged.rerun_script.page_name = page
    forged.rerun_script.query_string = f"{text(pick)}={text(pick)}" if pick.random() < 0.2 else ""
    for _ in range(pick.randrange(1, 4)):
        state = forged.rerun_script.widget_states.widgets.add()
        state.id = pick.choice(ids) if ids and pick.random() < 0.9 else text(pick).replace("\ud800", "")
        kinds = ("json_value",) if "player" in state.id else pick.choice((KINDS, USUAL))
        _set(pick, state, pick.choice(kinds), depth=0)
    return forged


def _filled(pick: random.Random, empty: Any, depth: int = 0) -> Any:
    """Some fields of a message, at random."""
    for field in empty.DESCRIPTOR.fields:
        if field.name not in LEFT_OUT and pick.random() < (0.3 if depth else 0.15):
            _set(pick, empty, field.name, depth)
    return empty


def _set(pick: random.Random, into: Any, name: str, depth: int) -> None:
    field = into.DESCRIPTOR.fields_by_name[name]
    if field.is_repeated:
        for _ in range(pick.randrange(4)):
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                _deeper(pick, getattr(into, name).add(), depth)
            else:
                getattr(into, name).append(_scalar(pick, field))
    elif field.type == FieldDescriptor.TYPE_MESSAGE:
        getattr(into, name).SetInParent()
        _deeper(pick, getattr(into, name), depth)
    else:
        setattr(into, name, _scalar(pick, field))


def _deeper(pick: random.Random, empty: Message, depth: int) -> None:
    if depth < 5:
        _filled(pick, empty, depth + 1)


def _scalar(pick: random.Random, field: Any) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING if field.name.startswith("json") and pick.random() < 0.8:
            return pick.choice(JSON)
        case FieldDescriptor.CPPTYPE_STRING:
            said = text(pick)[:2000]
            return said.encode() if field.type == FieldDescriptor.TYPE_BYTES else said
        case FieldDescriptor.CPPTYPE_BOOL:
            return pick.random() < 0.5
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return float(pick.choice(NUMBERS))
        case FieldDescriptor.CPPTYPE_ENUM:
            return pick.choice(field.enum_type.values).number
        case FieldDescriptor.CPPTYPE_INT32 | FieldDescriptor.CPPTYPE_INT64:
            return int(pick.choice([n for n in NUMBERS if n == n // 1 and abs(n) < 2**31]))
        case _:
            return pick.choice((0, 1, 2**31))
