"""From an assignment to a grade: guess, measure, explain, hand in; and the packs on the page Class."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from servers import REPOSITORY, serve
from visitor import APP, JOB_MS, fill_peaks, go_to, has_no_fault, rested, settled, traces, visit

from accel_core.homework.pack import USUAL_BYTES, read_pack
from accel_core.homework.reading import read_assignment
from accel_core.model import Machine

pytestmark = ON_THIS
ASSIGNMENT = """
title = "The library"
lessons = ["library"]
[[experiments]]
kind = "sweep"
id = "blocks"
kernels = ["matmul/numpy_tiled"]
over = "block"
values = [16, 32]
size = 64
budget_s = 0.1
[[questions]]
id = "why"
text = "Why is the library so fast?"
"""
OF_THE_HOST = {
    ("claimed statistics", "look"),
    ("under the roof", "look"),
    ("under the roof", "impossible"),
    ("clock", "look"),
}
"""What a check may find of a sound pack: its roofs are a recorded host's, of before samples of roofs were kept,
and some clocks tick coarsely."""
CLASS = 40
"""Packs that are opened at once."""
STUDENT, ANSWER = "s1234567", "It uses <b>vectors</b> & packs blocks."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homework-home")


@pytest.fixture(scope="module")
def server(host: Machine, home: Path) -> Iterator[str]:
    """A server that was started with an assignment, on a machine whose roofs are known."""
    fill_peaks(home)
    file = home / "assignment.toml"
    file.write_text(ASSIGNMENT, encoding="utf-8")
    with serve(APP, home, ACCEL_ASSIGNMENT=str(file)) as url:
        yield url


def card(page: Page, text: str) -> None:
    """Wait until a part of the assignment shows `text`."""
    expect(page.get_by_text(text).first).to_be_visible()


def downloaded(page: Page, label: str, to: Path) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=label).click()
    file = to / started.value.suggested_filename
    started.value.save_as(file)
    return file


def test_from_an_assignment_to_a_pack_that_is_checked_and_shown_in_the_class(
    page: Page, server: str, home: Path, tmp_path: Path
) -> None:
    visit(page, server, "homework")
    page.get_by_role("button", name="Open the assignment of this server").click()
    card(page, "0 of 3 parts done")

    page.get_by_role("link", name="Guess and run it").click()
    page.get_by_label("Your guess (times)").fill("200")
    page.get_by_label("Your guess (times)").press("Enter")
    rested(page)
    page.get_by_role("button", name="Commit and measure").click()
    expect(page.get_by_text("You said 200 times").first).to_be_visible(timeout=JOB_MS)
    rested(page)

    go_to(page, "homework")
    card(page, "1 of 3 parts done")
    page.get_by_role("button", name="Measure (about").click()
    card(page, "2 of 3 parts done")

    page.get_by_label("Answer to why").fill(ANSWER)
    page.get_by_role("textbox", name="Your id").click()
    card(page, "3 of 3 parts done")
    page.reload()
    settled(page, "homework")
    card(page, "3 of 3 parts done")
    expect(page.get_by_label("Answer to why")).to_have_value(ANSWER)

    page.get_by_role("textbox", name="Your id").fill(STUDENT)
    page.get_by_role("textbox", name="Your id").press("Enter")
    expect(page.get_by_role("button", name="pack.json")).to_be_enabled()
    rested(page)
    has_no_fault(page)
    pack_file = downloaded(page, "pack.json", tmp_path)
    assert pack_file.stat().st_size <= USUAL_BYTES
    pack = read_pack(pack_file.read_text(encoding="utf-8"))
    assert (pack.student, pack.answers, pack.missing) == (STUDENT, {"why": ANSWER}, ())
    assert pack.assignment_hash == read_assignment(ASSIGNMENT).hash
    told = downloaded(page, "pack.html", tmp_path).read_text(encoding="utf-8")
    assert "It uses &lt;b&gt;vectors&lt;/b&gt; &amp; packs blocks." in told
    assert "<script" not in told and "://" not in told.partition("<h2>")[0]

    folder = tmp_path / "packs"
    folder.mkdir()
    pack_file.rename(folder / "pack.json")
    asked = ["--assignment", str(home / "assignment.toml"), "--out", str(tmp_path / "grades.csv"), "--json"]
    line = [sys.executable, "-m", "accel_core", "check", str(folder), *asked]
    done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    (checked,) = json.loads(done.stdout)["packs"]
    assert checked["done"] == checked["required"] == 3, checked
    assert {(found["check"], found["grade"]) for found in checked["findings"]} <= OF_THE_HOST, checked

    go_to(page, "classroom")
    copies = [folder / f"{at}.json" for at in range(CLASS)]
    for copy in copies:
        copy.write_bytes((folder / "pack.json").read_bytes())
    page.locator("input[type=file]").set_input_files(copies)
    expect(page.get_by_role("figure", name=f"Rooflines of {CLASS + 1} machines")).to_be_visible()
    expect(page.get_by_text("its peak is above")).to_be_visible()
    rested(page)
    assert [trace for trace in traces(page) if f"{STUDENT} ({CLASS})" in "".join(trace["hover"])]
    has_no_fault(page)
