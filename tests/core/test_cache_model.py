"""The compiled simulator equals the plain model, access for access, on random streams and geometries."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from plain_cache import PlainLevel, plain_distances, plain_hierarchy

from accel_core.cache import CLASSROOM, CacheGeometry, Traversal, fields, simulate
from accel_core.cache.accesses import accesses
from accel_core.cache.engine.levels import Level, level_of
from accel_core.cache.engine.running import replay_sweeps
from accel_core.cache.engine.sets import set_of
from accel_core.cache.engine.state import State, inverse_of, new_state
from accel_core.cache.simulating import flush_all

SIZE = 4
BASES = (0, 4096, 8192)
FOOTPRINT = 3 * 4096
MANY = settings(max_examples=400)


def level(line_bytes: int) -> st.SearchStrategy[CacheGeometry]:
    """Small caches: direct mapped to fully associative, sets by power of two or not, few ways and many."""

    def build(sets: int, ways: int, policy: str, write: str, inclusive: bool) -> CacheGeometry:
        return CacheGeometry(sets * ways * line_bytes, ways, line_bytes, policy, write, inclusive)

    return st.builds(
        build,
        st.sampled_from([1, 1, 2, 3, 4, 8]),
        st.sampled_from([1, 2, 3, 4, 8, 9, 16, 20, 32, 33, 40]),
        st.sampled_from(["lru", "fifo"]),
        st.sampled_from(["back", "back", "through"]),
        st.booleans(),
    )


@st.composite
def hierarchies(draw: st.DrawFn) -> list[CacheGeometry]:
    lines = sorted(draw(st.lists(st.sampled_from([8, 16, 16, 32, 64]), min_size=1, max_size=3)))
    first, *below = [draw(level(line)) for line in lines]
    return [replace(first, inclusive=False), *below]


references = st.tuples(
    st.integers(0, 2),
    st.integers(0, 40),
    st.sampled_from([4, 4, 4, 8, 12, 16, 20, 64, 100, 128]),
    st.booleans(),
)
"""operand, first element, bytes from step to step, write."""
sweeps = st.lists(
    st.tuples(st.integers(1, 24), st.lists(references, min_size=1, max_size=8)), min_size=1, max_size=12
)


def rows_of(drawn: list) -> np.ndarray:
    """Sweeps as the compiled functions take them."""
    rows = np.zeros((len(drawn), fields.SWEEP_FIELDS), np.int64)
    for row, (steps, wanted) in zip(rows, drawn, strict=True):
        row[fields.STEPS], row[fields.REFERENCES] = steps, len(wanted)
        for number, (operand, element, move, write) in enumerate(wanted):
            at = fields.FIRST_REFERENCE + fields.REFERENCE_FIELDS * number
            row[at : at + 3] = BASES[operand] + SIZE * element, move, 2 * operand + write
    return rows


def feed_all(state: State, drawn: list) -> None:
    replay_sweeps(*state.arguments, rows_of(drawn), SIZE)


def stream_of(drawn: list) -> list[tuple[int, bool]]:
    """The same sweeps, access by access."""
    return [
        (BASES[operand] + SIZE * element + step * move, write)
        for steps, wanted in drawn
        for step in range(steps)
        for operand, element, move, write in wanted
    ]


def operand_name(address: int) -> str:
    return "ABC"[address // 4096]


def compiled_run(caches: list[CacheGeometry], drawn: list, classify: bool) -> State:
    state = new_state(caches, FOOTPRINT, BASES, classify=classify)
    feed_all(state, drawn)
    flush_all(state)
    return state


def plain_run(
    caches: list[CacheGeometry] | tuple[CacheGeometry, ...], stream: list[tuple[int, bool]]
) -> list[PlainLevel]:
    levels = plain_hierarchy(caches, operand_name)
    for address, write in stream:
        levels[0].access(address, write, SIZE)
    for plain in levels:
        plain.flush()
    return levels


def plain_counts(levels: list[PlainLevel], classify: bool = True) -> list[list[list[int]]]:
    return [[plain.row(name, classify) for name in "ABC"] for plain in levels]


@MANY
@given(hierarchies(), sweeps, st.booleans())
def test_any_hierarchy_counts_any_stream_as_the_plain_model_does(
    caches: list[CacheGeometry], drawn: list, classify: bool
) -> None:
    state = compiled_run(caches, drawn, classify)
    assert state.counts.tolist() == plain_counts(plain_run(caches, stream_of(drawn)), classify)


@MANY
@given(sweeps, st.sampled_from([1, 2, 3, 4, 8]), st.sampled_from([1, 2, 4]), st.sampled_from(["lru", "fifo"]))
def test_skipping_steps_inside_lines_changes_nothing_however_few_ways_there_are(
    drawn: list, ways: int, sets: int, policy: str
) -> None:
    caches = [CacheGeometry(sets * ways * 64, ways, 64, policy)]
    assert compiled_run(caches, drawn, True).counts.tolist() == plain_counts(
        plain_run(caches, stream_of(drawn))
    )


@st.composite
def strides(draw: st.DrawFn) -> list:
    """Sweeps as the matrix product has them: two reads, or a read, another and a write where the first was."""
    drawn = draw(sweeps)
    for number, (steps, wanted) in enumerate(drawn):
        (operand, element, move, _), other = wanted[0], wanted[-1]
        kind = draw(st.sampled_from(["pair", "update", "as drawn"]))
        if kind == "pair":
            drawn[number] = steps, [wanted[0], other]
        if kind == "update":
            drawn[number] = steps, [(operand, element, move, False), other, (operand, element, move, True)]
    return drawn


@MANY
@given(strides(), st.integers(1, 8), st.sampled_from([1, 2, 3, 4, 5, 6, 8, 12]), st.sampled_from([8, 16, 64]))
def test_a_level_that_stands_alone_counts_as_the_plain_model_does(
    drawn: list, ways: int, sets: int, line_bytes: int
) -> None:
    caches = [CacheGeometry(sets * ways * line_bytes, ways, line_bytes)]
    assert compiled_run(caches, drawn, False).counts.tolist() == plain_counts(
        plain_run(caches, stream_of(drawn)), False
    )


@settings(max_examples=300)
@given(st.integers(1, 1 << 24), st.integers(0, (1 << 31) - 1), st.integers(0, 3))
def test_the_set_of_a_line_is_the_remainder_however_many_sets_there_are(
    number: int, line: int, above: int
) -> None:
    table = np.zeros((1, len(Level._fields)), np.int64)
    inverse, bits = inverse_of(number)
    table[0] = Level(*[0] * table.shape[1])._replace(sets=number, mask=-1, inverse=inverse, inverse_bits=bits)
    for one in (line, min(line // number * number + above, (1 << 31) - 1), (1 << 31) - 1):
        assert set_of(level_of(table, 0), one) == one % number


def test_a_written_line_that_a_read_loads_again_in_the_same_step_is_dirty_after_the_next() -> None:
    """FIFO throws the written line out in the step, a read fetches it clean, and the next step writes it."""
    drawn = [
        (1, [(0, 0, 4, False)]),
        (5, [(0, 0, 4, True), (0, 29, 4, False), (1, 0, 4, False), (0, 0, 4, False)]),
    ]
    caches = [CacheGeometry(192, 3, 64, "fifo")]
    assert compiled_run(caches, drawn, True).counts.tolist() == plain_counts(
        plain_run(caches, stream_of(drawn))
    )


@settings(max_examples=200)
@given(sweeps, st.booleans(), st.sampled_from(["lru", "fifo"]))
def test_small_inclusive_levels_recall_what_the_plain_model_recalls(
    drawn: list, all_inclusive: bool, policy: str
) -> None:
    caches = [
        CacheGeometry(64, 4, 16, policy),
        CacheGeometry(64, 2, 16, policy, inclusive=all_inclusive),
        CacheGeometry(128, 2, 32, policy, inclusive=True),
    ]
    assert compiled_run(caches, drawn, True).counts.tolist() == plain_counts(
        plain_run(caches, stream_of(drawn))
    )


shapes = st.tuples(*[st.integers(1, 9)] * 3)
blocks = st.none() | st.tuples(*[st.integers(1, 5)] * 3)


@settings(max_examples=150)
@given(
    shapes,
    st.sampled_from(["ijk", "ikj", "jik", "jki", "kij", "kji"]),
    blocks,
    st.sampled_from([None, "row", "column", "morton", "hilbert"]),
    st.sampled_from(["row", "column"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_any_traversal_counts_as_the_plain_model_does(
    shape: tuple, order: str, block: tuple | None, visit: str | None, layout: str, pad: int, tile: bool
) -> None:
    assume(visit is None or block is not None)
    traversal = Traversal(shape, order, block, tile and order[2] == "k", visit, layout, pad)
    done = simulate(traversal, CLASSROOM)
    stream = [
        (int(address), bool(write))
        for part in accesses(traversal, 64)
        for address, write in zip(part.address, part.is_write, strict=True)
    ]
    expected = plain_counts(plain_run(CLASSROOM, stream))
    for level_count, rows in zip(done.levels, expected, strict=True):
        for name, row in zip("ABC", rows, strict=True):
            count = level_count.operands[name]
            assert [count.accesses, count.compulsory, count.capacity, count.conflict] == row[:4]
            assert [count.bytes_in, count.bytes_out] == row[4:]
    assert done.accesses == traversal.accesses == len(stream)


@settings(max_examples=60)
@given(shapes, st.sampled_from(["ijk", "ikj", "kji"]))
def test_reuse_distances_are_those_that_looking_back_gives(shape: tuple, order: str) -> None:
    traversal = Traversal(shape, order)
    lines = [int(a) // 16 for part in accesses(traversal) for a in part.address]
    histogram = simulate(traversal, CLASSROOM, reuse=True).reuse
    assert histogram is not None
    distances = plain_distances(lines)
    assert histogram.first_touches == distances.count(None)
    below = -1
    for at_most, count in zip(histogram.at_most, histogram.accesses, strict=True):
        assert count == sum(1 for d in distances if d is not None and below < d <= at_most)
        below = at_most
    assert sum(histogram.accesses) + histogram.first_touches == len(lines)


@pytest.mark.parametrize("order", ["ijk", "jki"])
def test_reuse_distances_foretell_the_misses_of_a_fully_associative_cache(order: str) -> None:
    traversal = Traversal((24, 24, 24), order)
    histogram = simulate(traversal, CLASSROOM, reuse=True).reuse
    assert histogram is not None
    for lines in (16, 32, 64):
        full = CacheGeometry(lines * 16, lines, 16)
        misses = simulate(traversal, [full]).levels[0].total.misses
        beyond = [
            n for at_most, n in zip(histogram.at_most, histogram.accesses, strict=True) if at_most >= lines
        ]
        assert misses == histogram.first_touches + sum(beyond)


@pytest.mark.parametrize("policy", ["lru", "fifo"])
@pytest.mark.parametrize("ways", [1, 2, 4, 8])
@pytest.mark.parametrize("apart", [1, 2, 3, 4, 16, 32])
def test_a_strided_sweep_hits_on_its_return_where_the_sets_that_it_reaches_hold_it(
    apart: int, ways: int, policy: str
) -> None:
    """48 lines, `apart` from one to the next, twice: they reach 16 / gcd(16, apart) of 16 sets, evenly."""
    cache = CacheGeometry(16 * ways * 64, ways, 64, policy)
    footprint = 48 * apart * 64
    state = new_state([cache], footprint, (0, footprint, footprint), classify=True)
    once = [(48, [(0, 0, apart * 64, False)])]
    for _ in range(2):
        feed_all(state, once)
    fits = 48 / (16 // math.gcd(16, apart)) <= ways
    again = [0, 0] if fits else ([0, 48] if cache.lines >= 48 else [48, 0])
    assert state.counts[0, 0, :4].tolist() == [96, 48, *again]
