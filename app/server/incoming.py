"""Values of widgets as they come from a browser: what a widget cannot have said is left out before it is read.

Streamlit 1.67 hands whatever a message holds to a widget's own reader. A number where a list belongs is a
TypeError there, at each run of that tab from then on, since the value is kept; an id that is no widget's is a
KeyError in every list. Here both are as if they had not been sent.
"""

from __future__ import annotations

import logging
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import GENERATED_ELEMENT_ID_PREFIX
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX, Serialized, WStates

NUMBERS = ({"int_value", "double_value"}, {"int_array_value", "double_array_value"})
LOG = logging.getLogger("accel_explorer")
_read, _receive = WStates.__getitem__, WStates.set_widget_from_proto


def leave_out_what_no_widget_says() -> None:
    """From now on, for all sessions; once more changes nothing."""
    WStates.__getitem__ = _sound  # type: ignore[method-assign]
    WStates.set_widget_from_proto = _of_a_widget  # type: ignore[method-assign]


def _sound(states: WStates, id: str) -> Any:
    """The value of a widget; KeyError, as for one that was not sent, where it cannot be one of the widget's."""
    sent, widget = states.states.get(id), states.widget_metadata.get(id)
    if not isinstance(sent, Serialized) or widget is None:
        return _read(states, id)
    if not _are_alike(sent.value.WhichOneof("value"), widget.value_type):
        raise KeyError(id)
    try:
        return _read(states, id)
    except Exception:
        LOG.info("a widget was sent a value that it cannot have")
        raise KeyError(id) from None


def _are_alike(sent: str | None, wanted: str) -> bool:
    """Whether a widget may be sent such a value: a field for whole numbers sends "int", and reads both."""
    return sent == wanted or {sent, wanted} in NUMBERS


def _of_a_widget(self: WStates, widget_state: WidgetState) -> None:
    if widget_state.id.startswith((GENERATED_ELEMENT_ID_PREFIX, STREAMLIT_INTERNAL_KEY_PREFIX)):
        _receive(self, widget_state)
