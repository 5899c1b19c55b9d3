"""How right the simulator is: its counts beside cachegrind's, as the report that compares them recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import streamlit as st

from accel_core.units import format_bytes
from app.parts import components, tables
from app.session.assets import ASSETS

RECORD = ASSETS / "cachegrind.json"
SCRIPT = "python tests/benchmarks/against_cachegrind.py --record"
BLOCKED = "block"
"""In the name of a traversal with blocks."""


def section() -> None:
    """The comparison on demand; nothing where its record is missing or unreadable."""
    record = load()
    if record is None:
        return
    with st.expander("How right is this simulator?", icon=":material/fact_check:"):
        st.markdown(sentences(record))
        tables.table(rows(record), "cachegrind", alt="Misses here and in cachegrind by traversal and level")


def load(path: Path = RECORD) -> dict[str, Any] | None:
    """The record; None where there is none."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        rows(record)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record


def rows(record: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a traversal: misses of the first and of the last level, here and there, and the difference."""
    return [
        {
            "Traversal": row["traversal"],
            "L1 misses here": row["simulator"]["first_misses"],
            "in cachegrind": row["cachegrind"]["first_misses"],
            "L1 difference (%)": round(100 * difference(row), 3),
            "L2 misses here": row["simulator"]["last_misses"],
            "without write-backs": row["last_misses_of_fetches"],
            "L2 in cachegrind": row["cachegrind"]["last_misses"],
        }
        for row in record["rows"]
    ]


def difference(row: dict[str, Any]) -> float:
    """First-level misses here less cachegrind's, as a share of cachegrind's."""
    theirs = row["cachegrind"]["first_misses"]
    return (row["simulator"]["first_misses"] - theirs) / max(theirs, 1)


def sentences(record: dict[str, Any]) -> str:
    """What was compared, when and with what; how far the two are apart; and what valgrind does differently."""
    caches = " and ".join(f"{format_bytes(c['size_bytes'])} ({c['ways']}-way)" for c in record["caches"])
    plain = max(abs(difference(row)) for row in record["rows"] if BLOCKED not in row["traversal"])
    blocked = max(abs(difference(row)) for row in record["rows"] if BLOCKED in row["traversal"])
    apart = [abs(r["cachegrind"]["first_misses"] - r["simulator"]["first_misses"]) for r in record["rows"]]
    rest = [abs(r["cachegrind"]["last_misses"] - r["last_misses_of_fetches"]) for r in record["rows"]]
    with_what = f"{record['valgrind']}, {components.day(record['measured'])}"
    return (
        f"The same nests in C ran under cachegrind ({with_what}), N={record['size']}, caches of {caches}, less "
        f"a run of the program without its nest. Misses of L1 differ by at most {100 * plain:.2g} % without "
        f"blocks and {100 * blocked:.2g} % with blocks: {min(apart)} to {max(apart)} misses, of lines that the "
        "C program needs beside the arrays.\n\n"
        "Valgrind writes nothing back: in its L2 no line is renewed or evicted because L1 gave up a written "
        f"one. Without write-backs this simulator's L2 misses differ by at most {max(rest)} too. Both leave "
        f"out fetching ahead and address translation. Reproduce it with `{SCRIPT}`."
    )
