"""Links of before still say what they said: each setting of each page takes the words that it took."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Asked, Open

from app.hall import entry

PAGES = json.loads((Path(__file__).resolve().parents[1] / "pinned" / "links.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES)
def test_a_link_of_before_is_understood(
    page: str, open_page: Open, asked_by: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entry, "admitted", lambda: True)  # the hall's settings are the presenter's
    now = asked_by(open_page, page)
    for key, pinned in PAGES[page].items():
        for word in pinned["words"]:
            assert now[key].admit([word]) == ([word], None), (key, word)
