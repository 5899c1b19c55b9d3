"""A disk on the pages: measured by who sits at the computer alone, drawn below DRAM, a roof where asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Open
from disk_records import a_disk
from records_of import store_ladder, store_peaks
from streamlit.testing.v1 import AppTest

from accel_core.machine import detect
from accel_core.model import Disk
from accel_core.store import Store
from app.machine import disk as section
from app.session import cached, jobs, visitors


def store_disk(disk: Disk) -> None:
    here = detect().fingerprint
    Store().save("disk", replace(disk, fingerprint=here), here)
    cached.forget_stored()


def at_this_computer(monkeypatch: pytest.MonkeyPatch, *, here: bool) -> None:
    monkeypatch.setattr(visitors, "at_this_computer", lambda: here)


def alts(app: AppTest) -> str:
    return "\n".join(str(one.proto.alt) for one in app.get("plotly_chart"))


def captions(app: AppTest) -> str:
    return "\n".join(str(one.value) for one in app.get("caption"))


def test_who_sits_at_the_computer_measures_a_folder_of_theirs(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_this_computer(monkeypatch, here=True)
    started: list[object] = []
    monkeypatch.setattr(jobs, "start", started.append)
    app = open_page()
    app.text_input(key=section.FOLDER).set_value(str(tmp_path)).run()
    button = app.button(key="measure disk")
    assert "(about " in button.label
    button.click().run()
    assert started == [{"kind": "disk", "folder": str(tmp_path), "budget_s": 10.0}]


def test_a_folder_that_is_none_is_said_on_the_page(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    at_this_computer(monkeypatch, here=True)
    app = open_page()
    app.text_input(key=section.FOLDER).set_value(str(tmp_path / "nowhere")).run()
    app.button(key="measure disk").click().run()
    assert any("There is no folder" in str(one.value) for one in app.error)


def test_nobody_else_sees_a_folder_or_starts_a_measurement(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_disk(replace(a_disk(), folder="/srv/private"))
    at_this_computer(monkeypatch, here=False)
    app = open_page()
    shown = [one.key for one in (*app.text_input, *app.button)]
    assert section.FOLDER not in shown and "measure disk" not in shown
    assert section.ONLY_HERE in captions(app) and "/srv/private" not in str(app)
    started: list[object] = []
    monkeypatch.setattr(jobs, "start", started.append)
    section._start({"kind": "disk", "folder": "/"})  # as a forged message would have it
    assert started == []


def test_the_newest_disk_stands_below_dram_and_a_folder_in_memory_does_not(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_this_computer(monkeypatch, here=True)
    store_peaks()
    assert "disk" not in alts(open_page())
    store_disk(a_disk(read=5e8, write=3e8))
    app = open_page()
    assert "disk ext4 on vda, 500 MB/s read, 300 MB/s written" in alts(app)
    memory = replace(a_disk(), id="2", created="2026-11-28T09:00:00+00:00", way="memory", filesystem="tmpfs")
    store_disk(replace(memory, doubts=("The folder lies in memory (tmpfs).",)))
    app = open_page()
    assert "500 MB/s" in alts(app) and "tmpfs" not in alts(app)
    assert "The folder lies in memory" in captions(app)


def test_the_roofline_draws_the_disk_only_where_that_is_asked(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_disk(a_disk(read=5e8))
    assert "disk read" not in alts(open_page("roofline", disk="true")), "a sample of another machine"
    store_peaks()
    store_ladder()
    plain, asked = open_page("roofline"), open_page("roofline", disk="true")
    assert "disk read" not in alts(plain) and "disk read 500 MB/s" in alts(asked)
    assert [one.value for one in plain.toggle if one.key == "disk"] == [False]
    typed = open_page("roofline", disk="true", typed="true")
    assert "disk" not in [one.key for one in typed.toggle]
