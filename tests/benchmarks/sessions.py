"""A browser tab without the browser: opens a page of a server over its websocket, and moves its sliders.

It speaks Streamlit's own protocol (protobuf over `/_stcore/stream`), so what it times is the server: from the
message that a move sends to the message that the script has run. What a browser draws comes on top.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider

WAIT_S = 120.0
MOST_MESSAGE = 64 * 2**20
ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR)


class Failed(RuntimeError):
    """A page answered with a fault, or not at all."""


@dataclass
class Answer:
    """One run of a page's script, as its reader saw it."""

    took_s: float
    received_bytes: int
    faults: tuple[str, ...] = ()


@dataclass
class Tab:
    """One open page."""

    url: str
    """http://localhost:PORT"""
    page: str
    """Its place in the address: "ladder"; "" for the first page."""
    query: str = ""
    sliders: dict[str, Slider] = field(default_factory=dict)
    """By the id of the widget, as last drawn: those that offer a list of values."""
    moved: dict[str, str] = field(default_factory=dict)

    async def open(self) -> Answer:
        """Connect, and run the page for the first time."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        self._socket = await websockets.connect(
            address, subprotocols=["streamlit"], max_size=MOST_MESSAGE, origin=self.url
        )
        return await self.rerun()

    async def close(self) -> None:
        """Leave, as a closed tab does."""
        await self._socket.close()

    async def move(self, pick: random.Random) -> Answer:
        """Move one slider of the page somewhere else."""
        if not self.sliders:
            raise Failed(f"The page {self.page or 'of the machine'} has no slider that can be moved.")
        one = pick.choice(sorted(self.sliders.values(), key=lambda slider: slider.id))
        was = self.moved.get(one.id)
        self.moved[one.id] = pick.choice([option for option in one.options if option != was])
        return await self.rerun()

    async def rerun(self) -> Answer:
        """Run the page's script with all that was moved."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        for id, value in self.moved.items():
            state = message.rerun_script.widget_states.widgets.add()
            state.id = id
            state.string_array_value.data.append(value)
        start = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        received, faults = 0, list[str]()
        while True:
            raw = await asyncio.wait_for(self._socket.recv(), WAIT_S)
            received += len(raw)
            came = ForwardMsg.FromString(raw)
            kind = came.WhichOneof("type")
            if kind == "delta":
                faults += self._take(came)
            elif kind == "script_finished" and came.script_finished in ENDS:
                if came.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    faults.append("The script could not be run.")
                return Answer(time.perf_counter() - start, received, tuple(faults))

    def _take(self, came: ForwardMsg) -> Iterator[str]:
        element = came.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "slider" and len(element.slider.options) > 1 and not element.slider.disabled:
            self.sliders[element.slider.id] = element.slider
        if kind == "exception":
            yield element.exception.message
