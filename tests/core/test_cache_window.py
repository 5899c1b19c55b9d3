"""Windows of a trace: what they show is what a trace from the beginning shows there, whatever came before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.cache import CLASSROOM, CacheGeometry, Trace, Traversal, iterations, simulate, trace
from accel_core.cache.stream.traversal import ORDERS
from accel_core.cache.stream.visits import VISITS
from accel_core.errors import BadInput

hierarchies = st.lists(
    st.builds(
        lambda sets, ways, policy, write: CacheGeometry(sets * ways * 16, ways, 16, policy, write),
        st.sampled_from([1, 2, 3, 8]),
        st.sampled_from([1, 2, 12, 40]),
        st.sampled_from(["lru", "fifo"]),
        st.sampled_from(["back", "through"]),
    ),
    min_size=1,
    max_size=3,
)
traversals = st.one_of(
    st.builds(
        lambda shape, order, block: Traversal(shape, order, block),
        st.tuples(*[st.integers(1, 9)] * 3),
        st.sampled_from(ORDERS),
        st.none() | st.tuples(*[st.integers(1, 5)] * 3),
    ),
    st.builds(
        lambda shape, order, visit, tile: Traversal(shape, order, (4, 3, 5), tile, visit),
        st.tuples(*[st.integers(1, 9)] * 3),
        st.sampled_from(["ijk", "jik"]),
        st.none() | st.sampled_from(VISITS),
        st.booleans(),
    ),
)


def part(whole: Trace, start: int, count: int) -> dict[str, np.ndarray]:
    """What a trace from the beginning says of `count` accesses after the first `start`."""
    at = slice(start, start + count)
    first = int(whole.ends[start - 1]) if start else 0
    last = int(whole.ends[at][-1]) if len(whole.ends[at]) else first
    flat = {name: getattr(whole, name)[at] for name in ("operand", "element", "address", "is_write", "index")}
    deep = {name: getattr(whole, name)[:, at] for name in ("line", "outcome", "evicted", "written_back")}
    return {**flat, **deep, "events": whole.events[first:last], "ends": whole.ends[at] - first}


@settings(max_examples=150, deadline=None)
@given(traversals, hierarchies, st.data())
def test_a_window_shows_what_the_whole_trace_shows_there(
    traversal: Traversal, caches: list[CacheGeometry], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, traversal.accesses))
    count = data.draw(st.integers(1, 200))
    window = trace(traversal, caches, first=count, start=start)
    for name, values in part(trace(traversal, caches, first=5000), start, count).items():
        assert np.array_equal(getattr(window, name), values), name


@settings(max_examples=60, deadline=None)
@given(traversals, hierarchies, st.data())
def test_what_is_held_and_counted_before_a_window_is_what_came_before_it(
    traversal: Traversal, caches: list[CacheGeometry], data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, min(traversal.accesses, 2000)))
    window = trace(traversal, caches, first=1, start=start)
    whole = trace(traversal, caches, first=5000)
    events = whole.events[: int(whole.ends[start - 1]) if start else 0]
    for number, (cache, held) in enumerate(zip(caches, window.held, strict=True)):
        mine: dict[int, bool] = {}
        for _, line, write, outcome, evicted, _ in events[events[:, 0] == number].tolist():
            mine.pop(evicted, None)
            if outcome == 0 or cache.write == "back" or not write:
                mine[line] = mine.get(line, False) or (cache.write == "back" and bool(write))
        assert dict(zip(held.line.tolist(), held.dirty.tolist(), strict=True)) == mine
        outcomes = np.bincount(events[events[:, 0] == number][:, 3], minlength=4)
        assert np.array_equal(window.before[number].sum(axis=0), outcomes)


def test_a_late_window_of_a_long_traversal_is_reached_without_storing_what_comes_before() -> None:
    traversal = Traversal((96, 96, 96), "ijk")
    window = trace(traversal, CLASSROOM, first=5000, start=traversal.accesses - 5000)
    done = simulate(traversal, CLASSROOM)
    counted = window.before[0].sum(axis=0) + np.bincount(window.outcome[0], minlength=4)
    first = done.levels[0].total
    assert counted.tolist() == [first.hits, first.compulsory, first.capacity, first.conflict]


@pytest.mark.parametrize("start", [-1, 1025, True, 1.0])
def test_a_window_outside_the_traversal_is_refused(start: object) -> None:
    traversal = Traversal((8, 8, 8))
    assert len(trace(traversal, CLASSROOM, start=traversal.accesses)) == 0
    beyond = traversal.accesses + 1 if start == 1025 else start
    with pytest.raises(BadInput, match=f"whole number from 0 to {traversal.accesses}"):
        trace(traversal, CLASSROOM, start=beyond)  # type: ignore[arg-type]


def test_what_comes_before_a_window_is_simulated_in_parts_and_ends_where_nobody_waits_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Traversal((48, 48, 48)), CLASSROOM, 1000, 150_000
    whole = trace(*late)
    monkeypatch.setattr("accel_core.cache.progress.PART", 10_000)
    events: list[dict[str, Any]] = []
    in_parts = trace(*late, emit=events.append)
    assert np.array_equal(in_parts.before, whole.before) and np.array_equal(in_parts.events, whole.events)
    assert len(events) > 5 and all(event["done"] < event["total"] for event in events)

    def enough(event: dict[str, Any]) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        trace(*late, emit=enough)


# -- where blocks and iterations begin ------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(traversals)
def test_iterations_begin_where_the_stream_enters_another_block(traversal: Traversal) -> None:
    found = iterations(traversal)
    index = trace(traversal, CLASSROOM, first=20_000).index
    starts = [found.start(number) for number in range(len(found) + 1)]
    assert starts[0] == 0 and starts[-1] == traversal.accesses
    assert index[starts[:-1]].tolist() == [list(found.corner(number)) for number in range(len(found))]
    outer = "ijk".index(traversal.order[0])
    size = np.array(traversal.blocks) if traversal.block else np.array(traversal.extents)
    if not traversal.block:
        size[outer] = 4 if traversal.tile else 1
    places = index // size
    changes = np.flatnonzero((places[1:] != places[:-1]).any(axis=1)) + 1
    assert changes.tolist() == starts[1:-1]


def test_an_iteration_is_found_by_any_access_in_it() -> None:
    found = iterations(Traversal((3, 3, 3)))
    assert [found.start(number) for number in range(len(found) + 1)] == [0, 24, 48, 72]
    assert [found.holding(access) for access in (0, 23, 24, 71, 72)] == [0, 0, 1, 2, 2]


def test_iterations_of_a_tile_and_of_blocks_have_the_corners_of_the_nest() -> None:
    tile = Traversal((6, 2, 6), tile=True)
    assert [iterations(tile).corner(number) for number in (0, 1)] == [(0, 0, 0), (4, 0, 0)]
    curve = replace(Traversal((4, 2, 4)), block=(2, 2, 1), visit="hilbert")
    corners = [iterations(curve).corner(number) for number in range(4)]
    assert corners == [(0, 0, 0), (0, 0, 1), (2, 0, 0), (2, 0, 1)]


def test_every_access_of_blocks_that_are_cut_off_lies_in_the_one_that_holds_it() -> None:
    blocked = Traversal((5, 7, 3), "jki", (2, 3, 2))
    for traversal in (blocked, replace(blocked, order="ijk", visit="morton")):
        found = iterations(traversal)
        for number in range(len(found)):
            held = range(found.start(number), found.start(number + 1))
            assert {found.holding(access) for access in held} == {number}


def test_two_million_blocks_are_kept_as_their_rows() -> None:
    found = iterations(Traversal((256, 256, 256), block=(2, 2, 2)))
    assert len(found) == 128**3 and found.start(len(found)) == Traversal((256,) * 3, block=(2,) * 3).accesses
    assert sum(array.nbytes for array in (found.rows, found.begins, found.each)) < 1 << 20
