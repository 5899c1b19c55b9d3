"""A store that cannot be used: the pages work, say so in one sentence, measure, and harm nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from recorded_hosts import ON_THIS
from servers import serve
from visitor import (
    APP,
    QUICK,
    button,
    fill,
    finished,
    go_to,
    has_no_fault,
    measured,
    points,
    progress,
    sample_label,
    start,
    traces,
    visit,
)

pytestmark = ON_THIS
ONE_RUNG = {"over": "none", "kernels": ["numpy"], **QUICK}
GARBAGE = b"these are no records\n" * 500


def damaged(home: Path) -> dict[str, str]:
    (home / "records.db").write_bytes(GARBAGE)
    return {}


def a_folder_in_its_place(home: Path) -> dict[str, str]:
    (home / "records.db").mkdir()
    return {}


@pytest.mark.parametrize("broken", [damaged, a_folder_in_its_place])
def test_a_store_that_cannot_be_opened_is_one_warning_on_pages_that_measure_and_show(
    page: Page, tmp_path: Path, broken: Callable[[Path], dict[str, str]]
):
    broken(tmp_path)
    with serve(APP, tmp_path) as url:
        visit(page, url, "lab", **ONE_RUNG)
        warning = page.get_by_test_id("stAlertContentWarning").filter(has_text="set aside")
        expect(warning).to_have_count(1)
        start(page, "lab")
        finished(page, "lab")
        expect(warning).to_have_count(1)
        expect(sample_label(page)).to_have_count(0)
        assert [trace["ids"] for trace in traces(page) if trace["ids"]] == [["numpy"]]
        has_no_fault(page)
    if broken is damaged:
        assert (tmp_path / "records.db").read_bytes() == GARBAGE


def test_a_store_that_cannot_be_written_is_read_and_the_new_point_shows_with_a_warning(
    page: Page, tmp_path: Path
):
    fill(tmp_path)
    before = len(measured(tmp_path))
    store = f"sqlite:///file:{(tmp_path / 'records.db').as_posix()}?mode=ro&uri=true"
    with serve(APP, tmp_path, ACCEL_STORE_URL=store) as url:
        visit(page, url, "roofline")
        expect(sample_label(page)).to_have_count(0)
        known = set(points(page))
        visit(page, url, "lab", **ONE_RUNG)
        start(page, "lab")
        finished(page, "lab")
        expect(
            page.get_by_test_id("stAlertContentWarning").filter(has_text="cannot be written")
        ).to_be_visible()
        expect(button(page, "lab")).to_be_enabled()
        expect(progress(page)).to_have_count(0)
        go_to(page, "roofline")
        assert set(points(page)) - known
        has_no_fault(page)
    assert len(measured(tmp_path)) == before
