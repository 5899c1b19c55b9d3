"""What the benchmark of a class of 500 says of a run, and how it configures the proxy: nothing is started."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

sys.path[:0] = [str(Path(__file__).parents[1] / name) for name in ("benchmarks", "browser")]

from class_of_500 import Handed, compared, passed_most  # noqa: E402
from class_servers import configured  # noqa: E402
from pupils import Pupil, Seen  # noqa: E402

from accel_core.store import Store  # noqa: E402

CASE = ("numpy", 64, "float32", None)


def test_the_proxy_of_the_readme_is_told_the_ports_that_are_there() -> None:
    text = configured(8123, [9001, 9002])
    servers = [line.split()[2:5] for line in text.splitlines() if line.strip().startswith("server ")]
    assert servers == [["127.0.0.1:9001", "cookie", "s0"], ["127.0.0.1:9002", "cookie", "s1"]]
    assert "bind 127.0.0.1:8123" in text and "850" not in text


def test_who_was_passed_is_counted() -> None:
    first = Handed(0, CASE, 1.0, 9.0)
    once = [first, Handed(1, CASE, 2.0, 3.0), Handed(2, CASE, 2.0, 4.0)]
    assert passed_most(once) == 1
    assert passed_most([*once, Handed(1, CASE, 4.0, 5.0)]) == 2
    assert passed_most([first, Handed(1, CASE, 0.5, 3.0)]) == 0, "it came before"


def test_a_record_that_is_lost_is_counted(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path / 'records.db'}")
    found = compared([Handed(0, CASE, 1.0, 2.0), Handed(1, CASE, 1.0)], tmp_path)
    assert found == {"records": 0, "ids": 0, "lost": 1, "doubled": 0}


def test_a_pupil_asks_as_often_as_it_was_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told() -> list[str]:
        pupil, asked = Pupil("http://localhost:1", Seen()), list[str]()

        async def ask(fragment: str, interval_s: float) -> None:
            asked.append(f"{fragment} {interval_s:g}")
            await asyncio.sleep(60)

        monkeypatch.setattr(pupil, "_ask", ask)
        for interval_s in (5.0, 30.0):
            message = ForwardMsg()
            message.auto_rerun.fragment_id, message.auto_rerun.interval = "footer", interval_s
            pupil._take(message)
            await asyncio.sleep(0)
        assert len(pupil._asking) == 1
        whole = ForwardMsg()
        whole.new_session.name = "another page"
        pupil._take(whole)
        assert not pupil._asking
        return asked

    assert asyncio.run(told()) == ["footer 5", "footer 30"]
