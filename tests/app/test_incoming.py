"""A value that a widget cannot have is as if it had not been sent; all others are read as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import WStates

from app.server import incoming

ID = "$$ID-0-size"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(WStates, "__getitem__", WStates.__getitem__)
    monkeypatch.setattr(WStates, "set_widget_from_proto", WStates.set_widget_from_proto)
    incoming.leave_out_what_no_widget_says()
    yield


def states(read: Callable[[Any], Any], kind: Any = "int_value", **sent: Any) -> WStates:
    """One widget that says whole numbers, and what a browser sent of it."""
    found = WStates()
    found.set_widget_metadata(WidgetMetadata(ID, read, lambda value: value, kind))
    found.set_widget_from_proto(WidgetState(id=ID, **sent))
    return found


def test_what_a_widget_says_is_read() -> None:
    assert states(int, int_value=7)[ID] == 7


def test_a_field_for_numbers_may_send_whole_ones() -> None:
    """As Streamlit's own does, whose widget is registered with the other kind."""
    assert states(int, "double_value", int_value=7)[ID] == 7


@pytest.mark.parametrize("sent", [{"string_value": "7"}, {"bool_value": True}, {"json_value": "{"}, {}])
def test_a_value_of_another_kind_was_not_sent(sent: dict[str, Any]) -> None:
    found = states(lambda value: [][value], **sent)
    assert ID not in found and found.get(ID, 3) == 3


def test_a_value_that_cannot_be_read_was_not_sent() -> None:
    found = states(lambda value: ("a", "b")[value], int_value=9)
    assert ID not in found
    with pytest.raises(KeyError):
        found[ID]


def test_what_is_no_widget_has_no_value() -> None:
    found = states(int, int_value=1)
    found.set_widget_from_proto(WidgetState(id="-inf", int_value=1))
    assert list(found) == [ID]


def test_once_more_changes_nothing() -> None:
    incoming.leave_out_what_no_widget_says()
    assert states(int, int_value=7)[ID] == 7
