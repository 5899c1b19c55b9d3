"""Files that browsers send: from tabs whose page takes them, and no more than the server's memory is meant for.

Streamlit itself takes a file from any open tab, whether or not its page has an uploader, and keeps it in memory
as long as the tab is open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime

if TYPE_CHECKING:
    from starlette.types import Scope

PLACE = "/_stcore/upload_file/"
METHODS = frozenset({"PUT", "DELETE"})
OF_ONE_BYTES, OF_ALL_BYTES = 200_000_000, 600_000_000
"""What the files of one tab, and of all, may take: a class of 500 has packs of at most 100 MB."""
MULTIPART_BYTES = 10_000
"""Around a file."""
NOT_HERE = (405, "This page takes no files, so its server answers GET and HEAD only: use a page's controls.")


def why_not(scope: Scope, taken_from: Callable[[str], bool]) -> tuple[int, str] | None:
    """(HTTP status, sentence) where a request that is neither GET nor HEAD is refused, else None."""
    before, _, after = scope["path"].partition(PLACE)
    session, _, file = after.partition("/")
    if scope["method"] not in METHODS or before or not file or not taken_from(session):
        return NOT_HERE
    if scope["method"] == "DELETE":
        return None
    length = _length(scope)
    most = int(st.get_option("server.maxUploadSize")) << 20
    if length is None or length > most + MULTIPART_BYTES:
        return 413, f"A file may have up to {most >> 20} MB, and its length has to be said beforehand."
    of_one, of_all = kept_bytes(session)
    if of_one + length > OF_ONE_BYTES or of_all + _under_way.total() + length > OF_ALL_BYTES:
        return 507, (
            f"This server keeps {OF_ONE_BYTES // 10**6} MB of files for a tab and {OF_ALL_BYTES // 10**6} MB "
            "for all: remove some of yours, or load the page again."
        )
    return None


_under_way: Counter[int] = Counter()
"""Bytes of each request whose body is still coming, by a number of its own."""


@contextmanager
def under_way(scope: Scope) -> Iterator[None]:
    """Count a file while it comes in."""
    length = _length(scope) if scope["type"] == "http" and scope["method"] == "PUT" else None
    if length is None:
        yield
        return
    number = next(_numbers)
    _under_way[number] = length
    try:
        yield
    finally:
        del _under_way[number]


_numbers = count()


def _length(scope: Scope) -> int | None:
    """What the request says its body has; None where it does not say it once, or sends chunks of any length:
    these count where both are said (RFC 9112, section 6.3)."""
    if any(key == b"transfer-encoding" for key, _ in scope["headers"]):
        return None
    told = [value for key, value in scope["headers"] if key == b"content-length"]
    return int(told[0]) if len(told) == 1 and told[0].isdigit() and len(told[0]) < 20 else None


def kept_bytes(session: str) -> tuple[int, int]:
    """How much is kept of one tab's files and of all tabs'."""
    if not runtime.exists():
        return 0, 0
    stored = dict(runtime.get_instance().uploaded_file_mgr.file_storage)  # type: ignore[attr-defined]
    sizes = {key: sum(len(file.data) for file in list(files.values())) for key, files in stored.items()}
    return sizes.get(session, 0), sum(sizes.values())
