"""Files at the door: from tabs whose page takes them, of a known length, and not too many."""

from __future__ import annotations

from typing import Any

import pytest

from app.server import uploads

PLACE = "/_stcore/upload_file/a-tab/a-file"
MB = 1 << 20


def put(path: str = PLACE, method: str = "PUT", length: str | None = "1000") -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", length.encode())]
    return {"type": "http", "method": method, "path": path, "headers": headers}


def judged(scope: dict[str, Any], taking: str = "a-tab") -> int:
    """The status of the refusal; 0 where it is let in."""
    refusal = uploads.why_not(scope, lambda session: session == taking)
    return refusal[0] if refusal else 0


def test_a_file_is_taken_from_a_tab_whose_page_takes_files() -> None:
    assert judged(put()) == judged(put(method="DELETE", length=None)) == 0
    assert judged(put(), taking="another tab") == judged(put(method="DELETE"), taking="another tab") == 405


@pytest.mark.parametrize(
    "scope",
    [
        put(method="POST"),
        put(method="OPTIONS"),
        put("/_stcore/upload_file/a-tab"),
        put("/elsewhere/_stcore/upload_file/a-tab/a-file"),
        put("/_stcore/health"),
    ],
)
def test_nothing_else_is_taken_even_from_there(scope: dict[str, Any]) -> None:
    assert judged(scope) == 405


@pytest.mark.parametrize("length", [None, "x", "-5", "9" * 30, str(900 * MB)])
def test_a_file_without_a_length_or_too_long_is_not_taken(length: str | None) -> None:
    assert judged(put(length=length)) == 413


def test_a_file_in_chunks_is_not_taken_whatever_length_it_says() -> None:
    scope = put(length="10")
    scope["headers"].append((b"transfer-encoding", b"chunked"))  # which counts, where both are there
    assert judged(scope) == 413


def test_a_tab_and_all_tabs_together_have_their_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"a tab": 0, "all": 0}
    monkeypatch.setattr(uploads, "kept_bytes", lambda session: (kept["a tab"], kept["all"]))
    assert judged(put()) == 0
    kept["a tab"] = kept["all"] = uploads.OF_ONE_BYTES
    assert judged(put()) == 507
    kept["a tab"], kept["all"] = 0, uploads.OF_ALL_BYTES
    assert judged(put()) == 507


def test_what_is_still_coming_counts_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "OF_ALL_BYTES", 2500)
    with uploads.under_way(put()), uploads.under_way(put()):
        assert judged(put()) == 507
    assert judged(put()) == 0
