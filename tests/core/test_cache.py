"""The simulator against closed forms and laws, its traces and sentences, and what it refuses."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.cache import (
    CLASSROOM,
    CacheGeometry,
    Simulation,
    Traversal,
    cpu_caches,
    dump,
    parse_caches,
    sentence,
    simulate,
    trace,
)
from accel_core.cache.stream.traversal import ORDERS
from accel_core.errors import BadInput
from accel_core.machine import detect

KIB = 1024
L1 = CacheGeometry(32 * KIB, 8)
FULL = CacheGeometry(4 * KIB, 64)

hierarchies = st.lists(
    st.builds(
        lambda sets, ways, policy, write: CacheGeometry(sets * ways * 16, ways, 16, policy, write),
        st.sampled_from([1, 2, 3, 8]),
        st.sampled_from([1, 2, 4, 12]),
        st.sampled_from(["lru", "fifo"]),
        st.sampled_from(["back", "through"]),
    ),
    min_size=1,
    max_size=3,
)
squares = st.builds(
    lambda n, order, block: Traversal((n, n, n), order, (block,) * 3 if block else None),
    st.integers(1, 14),
    st.sampled_from(ORDERS),
    st.none() | st.integers(1, 8),
)


# -- closed forms -------------------------------------------------------------------------------------------


def test_a_sequential_sweep_misses_once_a_line() -> None:
    """c += a b with m = k = 1: c and b run along a row of 4000 elements, a stays in a register."""
    total = simulate(Traversal((1, 1, 4000), "ikj"), [L1]).levels[0]
    assert {name: count.misses for name, count in total.operands.items()} == {"A": 1, "B": 250, "C": 250}
    assert total.operands["C"].bytes_out == 250 * 64
    assert total.total.conflict == total.total.capacity == 0


def test_a_streaming_matrix_vector_product_reads_its_matrix_once() -> None:
    """n = 1: every element of a is used once, b (256 floats) stays, c is written once."""
    levels = simulate(Traversal((512, 256, 1), "ijk"), [L1]).levels[0].operands
    assert levels["A"].misses == levels["A"].compulsory == 512 * 256 // 16
    assert levels["B"].misses == 256 // 16 and levels["C"].misses == 512 // 16
    assert levels["A"].bytes_in == 512 * 256 * 4 and levels["C"].bytes_out == 512 * 4


def test_ijk_on_large_matrices_misses_b_at_every_step_and_ikj_once_a_line() -> None:
    """Rows of 2 KiB, and a column of more lines than the cache holds."""
    by_order = {order: simulate(Traversal((4, 512, 512), order), [FULL]).levels[0] for order in ("ijk", "ikj")}
    assert by_order["ijk"].operands["B"].misses == 4 * 512 * 512
    assert by_order["ikj"].operands["B"].misses == 4 * 512 * 512 // 16


def test_a_padded_row_ends_the_conflicts_of_a_power_of_two() -> None:
    plain, padded = (simulate(Traversal((128, 128, 128), "ijk", pad=pad), [L1]) for pad in (0, 16))
    assert plain.levels[0].operands["B"].conflict > 100_000
    assert padded.levels[0].operands["B"].conflict < plain.levels[0].operands["B"].conflict / 20


@pytest.mark.parametrize("side", [8, 16, 32])
def test_a_blocked_product_reads_a_and_b_once_a_block_and_c_once(side: int) -> None:
    """Five blocks fit (three at work, and under LRU the two before them): n^3 / side elements each, and n^2."""
    n, cache = 96, CacheGeometry(5 * side * side * 4, 5 * side * side // 4, 16)
    levels = simulate(Traversal((n,) * 3, "ijk", (side,) * 3), [cache]).levels[0].operands
    assert levels["A"].bytes_in == levels["B"].bytes_in == 4 * n**3 // side
    assert levels["C"].bytes_in == levels["C"].bytes_out == 4 * n**2


# -- laws ---------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(squares, hierarchies)
def test_every_simulation_obeys_the_laws(traversal: Traversal, caches: list[CacheGeometry]) -> None:
    done = simulate(traversal, caches)
    assert done.accesses == done.levels[0].total.accesses == traversal.accesses
    for level in done.levels:
        for count in (level.total, *level.operands.values()):
            assert count.hits + count.misses == count.accesses
            assert count.capacity is not None and count.conflict is not None
            assert count.compulsory + count.capacity + count.conflict == count.misses
        if level.cache.sets == 1:
            assert level.total.conflict == 0
    for upper, lower in pairwise(done.levels):
        if upper.cache.write == "back":
            written = upper.total.bytes_out // upper.cache.line_bytes
            assert lower.total.accesses == upper.total.misses + written
    assert traversal.least_bytes <= done.dram_bytes


@settings(max_examples=100)
@given(squares, st.integers(1, 6))
def test_a_larger_fully_associative_lru_cache_never_misses_more(traversal: Traversal, lines: int) -> None:
    small, large = (CacheGeometry(16 * n, n, 16) for n in (lines, lines + 1))
    misses = [simulate(traversal, [cache]).levels[0].total.misses for cache in (small, large)]
    assert misses[0] >= misses[1]


@settings(max_examples=100)
@given(squares)
def test_what_is_not_classified_is_counted_all_the_same(traversal: Traversal) -> None:
    told, untold = (simulate(traversal, CLASSROOM, classify=classify) for classify in (True, False))
    for level, plain in zip(told.levels, untold.levels, strict=True):
        assert plain.total.conflict is None and plain.total.capacity is None
        assert (plain.total.hits, plain.total.misses) == (level.total.hits, level.total.misses)
        assert (plain.total.bytes_in, plain.total.bytes_out) == (level.total.bytes_in, level.total.bytes_out)


def test_an_inclusive_hierarchy_keeps_the_law_between_its_levels() -> None:
    caches = parse_caches("256:2:16,512:2:16,1024:4:16", inclusive=True)
    for order in ORDERS:
        levels = simulate(Traversal((20, 20, 20), order), caches).levels
        for upper, lower in pairwise(levels):
            assert lower.total.accesses == upper.total.misses + upper.total.bytes_out // 16


def test_a_simulation_comes_back_from_its_plain_data() -> None:
    done = simulate(Traversal((8, 8, 8), block=(2, 2, 2), visit="morton"), CLASSROOM, reuse=True)
    assert Simulation.from_dict(done.to_dict()) == done


def test_progress_is_told_from_the_beginning_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accel_core.cache.progress.PART", 1000)
    events: list[dict] = []
    simulate(Traversal((16, 16, 16)), CLASSROOM, emit=events.append)
    done = [event["done"] for event in events]
    assert done[0] == 0 and done == sorted(done) and len(done) >= 8
    assert all(event["done"] <= event["total"] == 9 for event in events)
    assert events[0]["expected_s"] is None and events[-1]["expected_s"] == 0


# -- traces -------------------------------------------------------------------------------------------------


def test_a_trace_is_the_beginning_of_what_is_simulated() -> None:
    for order in ORDERS:
        traversal = Traversal((6, 7, 8), order)
        steps = trace(traversal, CLASSROOM, first=100_000)
        done = simulate(traversal, CLASSROOM)
        assert len(steps) == steps.total == traversal.accesses
        first = done.levels[0].total
        kinds = [first.hits, first.compulsory, first.capacity, first.conflict]
        assert np.bincount(steps.outcome[0], minlength=4).tolist() == kinds
        assert (steps.outcome[1] >= 0).sum() == first.misses
        assert len(trace(traversal, CLASSROOM, first=10)) == 10


@pytest.mark.parametrize("write", ["back", "through"])
def test_a_level_below_one_that_hits_is_not_asked_by_the_element(write: str) -> None:
    """A line that L1 writes back may miss L2, which then fetches it from L3: not the element does."""
    for order in ORDERS:
        steps = trace(Traversal((8, 8, 8), order), parse_caches("256:2:16,256:2:16,1024:4:16", write=write))
        for upper, lower in pairwise(steps.outcome):
            asks = (upper > 0) | ((upper == 0) & steps.is_write & (write == "through"))
            assert np.array_equal(lower >= 0, asks)


def test_replaying_what_a_trace_says_was_evicted_gives_its_hits() -> None:
    steps = trace(Traversal((12, 12, 12), "kji"), CLASSROOM, first=5000)
    held: set[int] = set()
    for at in range(len(steps)):
        line, evicted = int(steps.line[0, at]), int(steps.evicted[0, at])
        assert (line in held) == (steps.outcome[0, at] == 0)
        held.add(line)
        if evicted >= 0:
            held.remove(evicted)
        assert len(held) <= CLASSROOM[0].lines


def test_a_step_is_told_in_a_sentence() -> None:
    steps = trace(Traversal((8, 8, 8)), CLASSROOM[:1])
    told = [sentence(steps, at) for at in range(18)]
    assert told[0] == "C[0,0]: miss, compulsory"
    assert told[2] == "B[0,0]: miss, compulsory; evicts the line of C[0,0..3]"
    assert told[3] == "A[0,1]: hit"
    assert told[17] == "C[0,0] written: miss, conflict; evicts the line of A[0,0..3]"
    two = trace(Traversal((8, 8, 8), "kji"), CLASSROOM)
    assert sentence(two, 17) == (
        "A[5,0]: L1 miss, compulsory; evicts the line of C[1,0..3] and writes it back; L2 miss, compulsory"
    )


def test_a_line_is_named_by_its_elements_in_any_layout() -> None:
    from accel_core.cache.tracing import line_text

    assert line_text(Traversal((8, 6, 8)), 1, 16) == "A[0,4] to A[1,1]"
    assert line_text(Traversal((8, 8, 8), layout="column"), 1, 16) == "A[4..7,0]"
    assert line_text(Traversal((8, 4, 8), pad=4), 1, 16) == "padding of A"
    assert line_text(Traversal((1, 1, 1)), 0, 16) == "A[0,0]"


# -- files, words, refusals -----------------------------------------------------------------------------------


def test_a_dump_holds_every_address_in_order(tmp_path: Path) -> None:
    target = tmp_path / "stream.npz"
    assert dump(Traversal((2, 2, 2)), target) == 2 * 8 + 2 * 4
    stream = np.load(target)
    assert stream["address"][:6].tolist() == [8192, 0, 4096, 4, 4104, 8192]
    assert stream["is_write"][:6].tolist() == [False, False, False, False, False, True]
    assert stream["is_write"].sum() == 4 and len(stream["address"]) == 24


def test_a_dump_that_is_too_long_or_has_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="too many for a file"):
        dump(Traversal((512, 512, 512)), tmp_path / "x.npz")
    with pytest.raises(BadInput, match="folder that exists"):
        dump(Traversal((2, 2, 2)), tmp_path / "nowhere" / "x.npz")
    assert not list(tmp_path.iterdir())


def test_caches_are_read_from_words() -> None:
    assert parse_caches("32768:8:64,1048576:16:64") == (L1, CacheGeometry(1024 * KIB, 16))
    assert parse_caches("4096:full:64") == (FULL,)
    assert parse_caches("classroom", policy="fifo")[1].policy == "fifo"
    assert [c.inclusive for c in parse_caches("256:2:16,1024:4:16", inclusive=True)] == [False, True]
    here = detect()
    if all(cache.ways and cache.line_bytes for cache in here.caches) and here.caches:
        assert [c.size_bytes for c in cpu_caches(here)] == [c.size_bytes for c in here.caches]
    with pytest.raises(BadInput, match="unknown"):
        parse_caches("cpu", None)


IMPOSSIBLE = (
    "32768|32768:8|a:b:c|32768:8:63|32768:7:64|0:1:64|1024:4:64,1024:4:32|64:1:8192|-1:1:64|٣٢:1:16|"
    "1024:4:64,1024:4:64,1024:4:64,1024:4:64|999999999999999999999:1:64||1024:4:64,|64:1:4"
)


@pytest.mark.parametrize("text", IMPOSSIBLE.split("|"))
def test_an_impossible_cache_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_caches(text)
    assert len(str(refused.value)) < 300 and str(refused.value).endswith(".")


def test_what_would_take_hours_or_is_no_number_of_steps_is_refused() -> None:
    with pytest.raises(BadInput, match="more than an hour"):
        simulate(Traversal((8192, 8192, 8192)), [L1])
    for steps in (0, -1, True, 10**9, "5"):
        with pytest.raises(BadInput):
            trace(Traversal((4, 4, 4)), [L1], first=steps)  # type: ignore[arg-type]
