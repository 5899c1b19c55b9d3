"""How right the simulator is: the page says what the record of the comparison says, and nothing without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Open

from app.traversal import trust


def record(**changes: Any) -> dict[str, Any]:
    def row(name: str, ours: tuple[int, int], theirs: tuple[int, int], fetched: int) -> dict[str, Any]:
        sides = {
            side: {"accesses": 9000, "first_misses": first, "last_misses": last}
            for side, (first, last) in (("simulator", ours), ("cachegrind", theirs))
        }
        return {"traversal": name, **sides, "last_misses_of_fetches": fetched}

    return {
        "measured": "2025-03-04",
        "valgrind": "valgrind-9.9",
        "compiler": "gcc 12",
        "size": 32,
        "caches": [{"size_bytes": 8192, "ways": 8}, {"size_bytes": 32768, "ways": 16}],
        "rows": [
            row("ijk", (995, 100), (1000, 110), 107),
            row("kji", (1998, 50), (2000, 90), 89),
            row("ijk, block 8", (380, 30), (400, 33), 30),
        ],
        **changes,
    }


def test_the_sentences_give_the_largest_differences_of_the_record():
    text = trust.sentences(record())
    assert "valgrind-9.9, 4 Mar 2025" in text and "N=32" in text
    assert "8 KiB (8-way) and 32 KiB (16-way)" in text
    assert "at most 0.5 % without blocks and 5 % with blocks: 2 to 20 misses" in text
    assert "differ by at most 3 too" in text


def test_the_table_has_both_counts_of_every_traversal():
    first, *_, last = trust.rows(record())
    assert (first["L1 misses here"], first["in cachegrind"], first["L1 difference (%)"]) == (995, 1000, -0.5)
    assert (last["L2 misses here"], last["without write-backs"], last["L2 in cachegrind"]) == (30, 30, 33)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"rows": [{}]}'])
def test_a_missing_or_broken_record_is_left_out(tmp_path: Path, content: str | None):
    path = tmp_path / "record.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert trust.load(path) is None


def test_the_published_record_agrees_with_the_simulator_of_today():
    from accel_core.cache import CacheGeometry, Traversal, simulate

    published = json.loads(trust.RECORD.read_text(encoding="utf-8"))
    caches = [CacheGeometry.from_dict(cache) for cache in published["caches"]]
    for row in published["rows"]:
        order, _, extra = row["traversal"].partition(", ")
        name, _, number = extra.partition(" ")
        block = (int(number),) * 3 if name == "block" else None
        pad = int(number) if name == "pad" else 0
        whole = simulate(Traversal((published["size"],) * 3, order, block, pad=pad), caches)
        misses = [level.total.misses for level in whole.levels]
        assert [row["simulator"]["first_misses"], row["simulator"]["last_misses"]] == misses
        assert abs(trust.difference(row)) < 0.02


def test_the_page_publishes_the_comparison(open_page: Open):
    app = open_page("traversal")
    assert "How right is this simulator?" in [expander.label for expander in app.expander]
    published = json.loads(trust.RECORD.read_text(encoding="utf-8"))
    assert published["valgrind"] in "\n".join(text.value for text in app.markdown)
