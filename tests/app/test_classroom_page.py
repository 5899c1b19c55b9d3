"""The page Class: packs and records that are sound, damaged and hostile, and what is drawn of them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from conftest import Open
from figure_records import ceilings, ladder, machine
from packs_of import sound_pack
from records_of import store_ladder, store_peaks
from streamlit.testing.v1 import AppTest

from accel_core.homework.members import read_member
from accel_core.homework.pack import pack_text
from accel_core.model import Measurement
from app.parts import tables

HOSTILE = "<img src=x onerror=alert(1)> **Bobby** :red[x]"


def pack(name: str = "s1", **changed: Any) -> tuple[str, bytes, str]:
    text = pack_text(replace(sound_pack(), student=name, **changed))
    return f"{name[:5]}.json", text.encode(), "application/json"


def record(measurements: list[Measurement], name: str = "before.json") -> tuple[str, bytes, str]:
    """What the page Roofline exports."""
    data = {
        "machine": machine().to_dict(),
        "ceilings": [c.to_dict() for c in ceilings()],
        "measurements": [m.to_dict() for m in measurements],
    }
    return name, json.dumps(data).encode(), "application/json"


def given(open_page: Open, *files: tuple[str, bytes, str], **link: str) -> AppTest:
    app = open_page("classroom", **link)
    app.get("file_uploader")[0].set_value(list(files))
    app.run()
    assert not app.exception and not app.error
    return app


def alt(app: AppTest) -> str:
    (chart,) = app.get("plotly_chart")
    return str(chart.proto.alt)


def figure(app: AppTest) -> str:
    (chart,) = app.get("plotly_chart")
    return str(chart.proto.spec)


def test_a_pack_stands_beside_this_machine(open_page: Open) -> None:
    store_peaks()
    app = given(open_page, pack())
    assert "Rooflines of 2 machines" in alt(app)
    assert not app.warning


def test_a_damaged_file_costs_a_sentence_and_no_other_file(open_page: Open) -> None:
    broken = ("broken.json", pack()[1][:3000], "application/json")
    deep = ("deep.json", b"[" * 100_000, "application/json")
    binary = ("binary.json", bytes(range(256)), "application/json")
    app = given(open_page, broken, pack("sound"), deep, binary)
    (said,) = [warning.value for warning in app.warning]
    assert said.startswith("3 files left out; all others") and "Rooflines of 1 machine," in alt(app)
    (said,) = [warning.value for warning in given(open_page, broken, deep).warning]
    assert said.startswith("2 files left out.")


def test_names_of_a_hostile_pack_are_text(open_page: Open) -> None:
    hostile = replace(sound_pack().machine, cpu="<script>alert(1)</script>")
    app = given(open_page, pack(HOSTILE, machine=hostile))
    drawn = figure(app)
    assert "&lt;img" in drawn.replace("\\u003c", "<").replace("\\u0026", "&")
    for markup in ("<img", "<script"):
        assert markup not in drawn and markup.replace("<", "\\u003c") not in drawn
    assert HOSTILE not in "".join(str(one.value) for one in (*app.markdown, *app.caption, *app.info))


def test_names_in_a_table_are_no_formulas_in_its_csv() -> None:
    assert tables.as_csv([{"Who": "=1+1", "Lessons": -1}]) == "Who,Lessons\n'=1+1,-1\n"


def test_each_machine_has_a_name_of_its_own(open_page: Open) -> None:
    store_peaks()
    app = given(open_page, pack("a"), pack("a"), pack("a (2)"), pack("this machine"))
    (table,) = [one.value for one in app.dataframe]
    names = ["a", "a (2)", "a (2) (2)", "this machine (2)", "this machine"]
    assert list(table["Who"]) == names


def test_processors_can_be_filtered(open_page: Open) -> None:
    apple = replace(sound_pack().machine, cpu="Apple M2")
    app = given(open_page, pack("a"), pack("b", machine=apple), pack("c", machine=apple))
    assert "Rooflines of 3 machines" in alt(app)
    app.selectbox(key="family").set_value("Apple").run()
    assert "Rooflines of 2 machines" in alt(app)


def test_what_was_a_choice_of_the_files_is_none_without_them(open_page: Open) -> None:
    apple = replace(sound_pack().machine, cpu="Apple M2")
    app = given(open_page, pack("a"), pack("b", machine=apple))
    app.selectbox(key="family").set_value("Apple").run()
    app.get("file_uploader")[0].set_value([])
    app.run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("overlay", ["ladder", "guesses", "before and after"])
def test_every_overlay_is_drawn_of_packs(open_page: Open, overlay: str) -> None:
    app = given(open_page, pack("a"), pack("b"), overlay=overlay)
    said = {"ladder": "(2)", "guesses": "2 guesses", "before and after": "No case"}[overlay]
    assert said in alt(app)


def test_two_records_of_a_machine_are_compared_case_by_case(open_page: Open) -> None:
    later = [
        replace(
            m, id=f"{m.id} later", samples_s=tuple(s / 2 for s in m.samples_s), created="2026-06-01T10:00:00"
        )
        for m in ladder()
    ]
    app = given(open_page, record(ladder()), record(later, "after.json"), overlay="before and after")
    assert f"{len(ladder())} cases before and after" in alt(app) and "2.00 times faster" in alt(app)


def test_ones_own_ladder_is_in_front_of_the_class(open_page: Open) -> None:
    store_peaks()
    store_ladder()
    app = given(open_page, record(ladder(), "theirs.json"), overlay="ladder")
    assert "this machine" in figure(app)


def test_an_exported_record_is_read_as_it_was_written() -> None:
    member = read_member("theirs.json", record(ladder())[1])
    assert (member.name, len(member.measurements)) == ("theirs", len(ladder()))
    assert member.ceilings == ceilings()
