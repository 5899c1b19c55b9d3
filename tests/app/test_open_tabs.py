"""How many tabs the door lets in, and what of their messages: before an application that waits."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import APP
from streamlit.proto.BackMsg_pb2 import BackMsg

from accel_core.limits import EVERY, TABS, TABS_PER_ADDRESS
from app.server import door, messages

HERE = (b"host", b"localhost:8501")


def visit(kind: str, address: str = "10.0.0.1", **headers: bytes) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
    return {"type": kind, "path": "/", "method": "GET", "client": (address, 1), "headers": [HERE, *named]}


async def silent() -> dict[str, Any]:
    return {"type": "websocket.connect"}


class Hall:
    """A door before an application whose tabs stay open until they are called."""

    def __init__(self) -> None:
        self.close = asyncio.Event()
        self.door = door.Door(self.application, Path("main.py"))
        self.tabs: list[asyncio.Task[None]] = []

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"} if scope["type"] == "websocket" else {"type": "passed"})
        if scope["type"] == "websocket":
            await self.close.wait()

    async def told(self, scope: dict[str, Any]) -> Any:
        """The first thing that the visitor is told."""
        said: asyncio.Queue[Any] = asyncio.Queue()
        self.tabs.append(asyncio.create_task(self.door(scope, silent, said.put)))
        return await said.get()

    async def let_in(self, address: str = "10.0.0.1") -> bool:
        return (await self.told(visit("websocket", address)))["type"] == "websocket.accept"


def in_a_hall(story: Callable[[Hall], Any]) -> None:
    async def told() -> None:
        hall = Hall()
        await story(hall)
        hall.close.set()
        await asyncio.gather(*hall.tabs)

    asyncio.run(told())


def test_nobody_alone_keeps_all_others_out() -> None:
    async def story(hall: Hall) -> None:
        for _ in range(TABS_PER_ADDRESS[1]):
            assert await hall.let_in("10.0.0.1")
        assert not await hall.let_in("10.0.0.1")
        assert await hall.let_in("10.0.0.2")

    in_a_hall(story)


def test_the_environment_says_how_many_tabs_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_TABS", "3")
    monkeypatch.setenv("ACCEL_TABS_PER_ADDRESS", "2")

    async def story(hall: Hall) -> None:
        assert await hall.let_in() and await hall.let_in() and not await hall.let_in()
        assert await hall.let_in("10.0.0.2") and not await hall.let_in("10.0.0.3")

    in_a_hall(story)


@pytest.mark.parametrize("variable", [variable for variable, _ in EVERY])
@pytest.mark.parametrize("wrong", ["0", "many"])
def test_a_limit_that_is_no_number_is_refused_before_a_server_starts(
    variable: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, wrong)
    with pytest.raises(SystemExit) as raised:
        runpy.run_path(str(APP / "main.py"), run_name="the server's import")
    assert str(raised.value).startswith(f"accel: {variable} is '{wrong}'; ")


def test_the_app_is_told_how_many_tabs_are_open() -> None:
    told = list[int]()

    async def story(hall: Hall) -> None:
        hall.door.tell = told.append
        await hall.let_in()
        await hall.let_in("10.0.0.2")

    in_a_hall(story)
    assert told == [1, 2, 1, 0]


def test_a_full_server_says_so_to_who_opens_a_page_and_still_serves_its_open_tabs() -> None:
    async def story(hall: Hall) -> None:
        for number in range(TABS[1]):
            assert await hall.let_in(f"10.0.{number}.1")
        assert not await hall.let_in("10.1.1.1")
        page = await hall.told(visit("http", accept=b"text/html,*/*;q=0.8"))
        assert page["status"] == 503
        assert (await hall.told(visit("http", accept=b"*/*"))) == {"type": "passed"}

    in_a_hall(story)


def test_a_closed_tab_makes_room_and_leaves_nothing_behind() -> None:
    async def story(hall: Hall) -> None:
        for _ in range(TABS_PER_ADDRESS[1]):
            await hall.let_in()
        hall.close.set()
        await asyncio.gather(*hall.tabs)
        assert hall.door.tabs == {}
        assert await hall.let_in()

    in_a_hall(story)


def sent(kind: str, operation: str = "") -> bytes:
    """A message of that kind as a browser writes it."""
    message = BackMsg()
    value = getattr(message, kind)
    if operation:
        value = getattr(value, operation)
    if isinstance(value, bool):
        setattr(message, kind, True)
    else:
        value.SetInParent()
    return message.SerializeToString()


KINDS = [field.name for field in BackMsg.DESCRIPTOR.fields if field.name != "backend_operation_request"]
REQUEST = BackMsg.DESCRIPTOR.fields_by_name["backend_operation_request"].message_type


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_widgets_and_open_tabs_send_is_passed_on(kind: str) -> None:
    wanted = kind in {"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"}
    assert messages.is_wanted(sent(kind)) is wanted


@pytest.mark.parametrize("operation", [field.name for field in REQUEST.oneofs_by_name["payload"].fields])
def test_only_downloads_and_rows_of_tables_are_passed_on_beside_runs(operation: str) -> None:
    wanted = operation in {"deferred_file", "dataframe_chunk"}
    assert messages.is_wanted(sent("backend_operation_request", operation)) is wanted


def test_text_and_a_message_without_a_kind_are_not_passed_on() -> None:
    assert not messages.is_wanted(None)
    assert not messages.is_wanted(b"")
