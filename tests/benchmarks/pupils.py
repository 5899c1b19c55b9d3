"""A pupil without a browser: one tab that stays open, asks again where its page says so, and hands in jobs.

It speaks Streamlit's protocol as a browser does: one connection for all pages, every fragment that runs every
so often is asked for in time, what the browser would have kept is not sent again. Nothing is drawn.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

import websockets
from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider

WAIT_S = 300.0
MOST_MESSAGE = 64 * 2**20
WHOLE, FAULTY = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_WITH_COMPILE_ERROR


class Gone(RuntimeError):
    """The server hung up, refused the tab or did not answer."""


@dataclass
class Seen:
    """What a tab saw since it was opened."""

    took_s: list[float] = field(default_factory=list)
    """Of each answer to something that the pupil did."""
    asked: int = 0
    """Times that the page had the browser ask."""
    received_bytes: int = 0
    errors: list[str] = field(default_factory=list)
    """Exceptions and red boxes."""


class Pupil:
    """One tab at `url` (http://HOST:PORT)."""

    def __init__(self, url: str, seen: Seen, cookies: str = "") -> None:
        self.url, self.seen = url, seen
        self.page, self.query, self.job = "", "", ""
        self._cookies = cookies
        self.servers = 0
        """How often a proxy sent it to one anew."""
        self._sliders: dict[str, Slider] = {}
        self._values: dict[str, str] = {}
        self._button: tuple[str, bool] = ("", True)
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._kept: list[str] = []
        self._whole = asyncio.Event()
        """Set whenever a whole page has been drawn."""

    async def come(self) -> None:
        """Connect. Gone where the tab is refused."""
        address = self.url.replace("http", "ws", 1) + "/_stcore/stream"
        headers = {"Cookie": self._cookies} if self._cookies else None
        try:
            self._socket = await websockets.connect(
                address,
                subprotocols=["streamlit"],  # type: ignore[list-item]
                max_size=MOST_MESSAGE,
                origin=self.url,  # type: ignore[arg-type]
                additional_headers=headers,
                open_timeout=WAIT_S,
                ping_interval=None,
                compression=None,
                max_queue=None,
            )
        except (OSError, websockets.WebSocketException) as fault:
            raise Gone(f"The tab was not let in ({type(fault).__name__}).") from fault
        given = self._socket.response.headers.get_all("Set-Cookie") if self._socket.response else []
        self.servers += len(given)
        self._cookies = "; ".join(filter(None, [self._cookies, *(one.partition(";")[0] for one in given)]))
        self._reader = asyncio.create_task(self._read())

    async def leave(self) -> None:
        """Close the tab."""
        self._forget_asking()
        self._reader.cancel()
        with suppress(asyncio.CancelledError, Gone):
            await self._reader
        await self._socket.close()

    async def follow(self, page: str, **settings: object) -> None:
        """Open a link in the same tab: a browser begins a new connection for it."""
        await self.leave()
        await self.come()
        await self.visit(page, **settings)

    async def visit(self, page: str, **settings: object) -> None:
        """Open a page of the app; with settings as the first thing after `come`."""
        self.page, self.query = page, urlencode(settings)
        self._sliders.clear()
        self._values.clear()
        await self._do()

    async def move(self, pick: random.Random) -> None:
        """Move one slider of the page somewhere else, if it has any."""
        if self._sliders:
            one = pick.choice(sorted(self._sliders.values(), key=lambda slider: slider.id))
            was = self._values.get(one.id)
            self._values[one.id] = pick.choice([option for option in one.options if option != was])
        await self._do()

    async def press(self) -> bool:
        """Press the page's main button; whether its job was taken."""
        before, self.job = self.job, ""
        await self._do(trigger=self._button[0])
        taken = bool(self.job) and self.job != before
        self.job = self.job or before
        return taken

    @property
    def busy(self) -> bool:
        """Whether the page shows the main button as held: a job of this tab waits or runs."""
        return self._button[1]

    async def wait_for_job(self, until_s: float) -> bool:
        """Return once the page shows the end of the tab's job; False where that is not before `until_s`."""
        while self.busy:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or self._reader.done():
                return False
            self._whole.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._whole.wait(), min(left_s, 5.0))
        return True

    async def _do(self, trigger: str = "") -> None:
        """Have the page run with all that was set, and wait until it is drawn."""
        self._whole.clear()
        began = time.monotonic()
        await self._send(self._message(trigger))
        waiting = asyncio.create_task(self._whole.wait())
        await asyncio.wait({waiting, self._reader}, timeout=WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise Gone("The server hung up." if self._reader.done() else f"No answer in {WAIT_S:.0f} s.")
        self.seen.took_s.append(time.monotonic() - began)

    def _message(self, trigger: str = "", fragment: str = "") -> BackMsg:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.page_name, rerun.query_string = self.page, self.query
        rerun.fragment_id, rerun.is_auto_rerun = fragment, bool(fragment)
        rerun.cached_message_hashes.extend(self._kept[-200:])
        for id, value in self._values.items():
            state = rerun.widget_states.widgets.add()
            state.id = id
            state.string_array_value.data.append(value)
        if trigger:
            state = rerun.widget_states.widgets.add()
            state.id, state.trigger_value = trigger, True
        return message

    async def _send(self, message: BackMsg) -> None:
        try:
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as fault:
            raise Gone("The server hung up.") from fault

    async def _read(self) -> None:
        async for raw in self._socket:
            self.seen.received_bytes += len(raw)
            came = ForwardMsg.FromString(raw if isinstance(raw, bytes) else raw.encode())
            if came.metadata.cacheable and came.hash:
                self._kept.append(came.hash)
            self._take(came)

    def _take(self, came: ForwardMsg) -> None:
        match came.WhichOneof("type"):
            case "delta":
                self._take_element(came)
            case "page_info_changed":
                self.query = came.page_info_changed.query_string
                self.job = parse_qs(self.query).get("job", [self.job])[0]
            case "new_session" if not came.metadata.run.fragment_ids:
                self._forget_asking()
            case "auto_rerun":
                self._ask_every(came.auto_rerun.fragment_id, came.auto_rerun.interval)
            case "stop_auto_rerun":
                for fragment in came.stop_auto_rerun.fragment_ids:
                    self._stop_asking(fragment)
            case "script_finished" if came.script_finished in (WHOLE, FAULTY):
                if came.script_finished == FAULTY:
                    self.seen.errors.append("The script could not be run.")
                self._whole.set()

    def _take_element(self, came: ForwardMsg) -> None:
        element = came.delta.new_element
        match element.WhichOneof("type"):
            case "slider" if len(element.slider.options) > 1 and not element.slider.disabled:
                self._sliders[element.slider.id] = element.slider
            case "button" if element.button.id.endswith("-measure"):
                self._button = element.button.id, element.button.disabled
            case "exception":
                self.seen.errors.append(element.exception.message)
            case "alert" if element.alert.format == Alert.ERROR:
                self.seen.errors.append(element.alert.body)

    # -- what the page has a browser ask ---------------------------------------------------------------------

    def _ask_every(self, fragment: str, interval_s: float) -> None:
        self._stop_asking(fragment)
        self._asking[fragment] = asyncio.create_task(self._ask(fragment, interval_s))

    async def _ask(self, fragment: str, interval_s: float) -> None:
        with suppress(Gone):
            while True:
                await asyncio.sleep(interval_s)
                self.seen.asked += 1
                await self._send(self._message(fragment=fragment))

    def _stop_asking(self, fragment: str) -> None:
        if (task := self._asking.pop(fragment, None)) is not None:
            task.cancel()

    def _forget_asking(self) -> None:
        for fragment in list(self._asking):
            self._stop_asking(fragment)
