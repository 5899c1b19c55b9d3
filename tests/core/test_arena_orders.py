"""What a misses event says of itself: its starter code, its example and its rules."""

from __future__ import annotations

import numpy as np
import pytest

from accel_core.arena.event import MISSES, Event
from accel_core.arena.files import event as event_of
from accel_core.arena.files import events
from accel_core.arena.orders import geometry, order_example, order_rules, order_table
from accel_core.arena.starter import starter
from accel_core.cache.ordered import OrderedProduct
from accel_core.judge.asked import Asked
from accel_core.judge.misses import judge_misses
from accel_core.readings.arena_statement import rules, size_rows

EVENTS = [event for event in events() if event.kind == MISSES]
OF_EACH = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)


@OF_EACH
def test_the_example_misses_what_the_simulator_counts(event: Event) -> None:
    steps = order_example(event)
    product = OrderedProduct((2, 2, 2), geometry(event), event.dtype)
    before = 0
    for step in steps:
        assert product.take(np.array([step.triple], np.int32)) is None
        assert product.misses - before == sum(one.missed for one in step.accesses), step
        before = product.misses
    assert product.missing is None
    assert order_table(event).splitlines()[-1] == f"{product.misses} of 24 accesses miss"


def test_in_the_direct_mapped_cache_all_three_share_a_set() -> None:
    first = order_example(event_of("misses-4k-direct"))[0]
    assert [(one.element, one.line, one.set) for one in first.accesses] == [
        ("a[0, 0]", 0, 0),
        ("b[0, 0]", 64, 0),
        ("c[0, 0]", 128, 0),
    ]
    assert order_table(event_of("misses-4k-direct")).startswith("(0, 0, 0)  a[0, 0] miss  b[0, 0] miss")


def test_the_starter_is_accepted_and_is_the_order_of_plain_loops() -> None:
    event = event_of("misses-4k-direct")
    verdict = judge_misses(Asked(event, starter(event), 1, walled=False, tried=True))
    assert verdict.verdict == "accepted"
    assert all(size.misses == size.baseline_misses["matmul/compiled_ijk"] for size in verdict.sizes)


@OF_EACH
def test_the_rules_name_the_cache_and_where_the_arrays_lie(event: Event) -> None:
    told = " ".join(order_rules(event))
    cache = geometry(event)
    assert event.dtype in told
    for number in (f"{cache.size_bytes // 1024} KiB", f"{cache.sets} sets", f"{cache.line_bytes} B", "4096"):
        assert number in told
    assert set(order_rules(event)) < set(rules(event))
    assert [*size_rows(event)[0].values()][:3] == [str(length) for length in event.shapes[0]]
    assert [*size_rows(event)[0]][:3] == ["m", "k", "n"]
