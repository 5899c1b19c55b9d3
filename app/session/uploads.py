"""Which tabs show a page that takes files: the server's door takes them from no other."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx

_taking: set[str] = set()
"""Sessions. A closed one stays, as nothing says that it closed; nobody can send as one that is closed."""
MOST_KNOWN = 10_000


def on_page(takes_files: bool) -> None:
    """Note what the page of this run does with files."""
    context = get_script_run_ctx()
    if context is None:
        return
    if not takes_files:
        _taking.discard(context.session_id)
        return
    if len(_taking) >= MOST_KNOWN:
        _taking.clear()  # who still looks at such a page is noted at its next run
    _taking.add(context.session_id)


def taken_from(session: str) -> bool:
    """Whether this tab shows a page that takes files."""
    return session in _taking
