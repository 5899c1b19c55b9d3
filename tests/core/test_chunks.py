"""How arrays of any shape reach a kernel that takes flat pieces: all of it, once, and without copies of the
whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import chunks, pool

SMALL = 1 << 16
"""Bytes for the Python objects around the buffers."""


def threaded(kernel: Any, sources: Any, y: np.ndarray) -> np.ndarray:
    """On Python threads: what compiled loops do, `test_fork_join.py` tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "can_fork", lambda threads: False)
        return chunks.each_chunk_threaded(kernel, kernel, sources, y)


EACH = {"one thread": chunks.each_chunk, "threads": threaded}


class Doubling:
    """A kernel that doubles, and notes how it was called."""

    def __init__(self) -> None:
        self.pieces: list[tuple[np.ndarray, ...]] = []

    def __call__(self, *arrays: np.ndarray) -> None:
        *sources, y = arrays
        assert all(x.ndim == 1 and x.size == y.size and x.flags.c_contiguous for x in arrays)
        assert not any(x.flags.writeable for x in sources) and y.flags.writeable
        assert not any(np.shares_memory(x, y) for x in sources)
        self.pieces.append(arrays)
        y[...] = 2 * sum(sources)


def layouts(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    x = np.arange(4 * shape[0] * shape[1], dtype=np.float64).reshape(2 * shape[0], 2 * shape[1])
    rows, columns = shape
    return {
        "rows": np.ascontiguousarray(x[:rows, :columns]),
        "columns": np.asfortranarray(x[:rows, :columns]),
        "every other": x[::2, ::2],
        "backwards": x[:rows, :columns][::-1, ::-1],
        "one row, repeated": np.broadcast_to(x[:1, :columns], shape),
        "unaligned": unaligned(x[:rows, :columns]),
    }


def unaligned(x: np.ndarray) -> np.ndarray:
    """The same numbers at an address that is no multiple of their size."""
    y = np.frombuffer(bytearray(x.nbytes + 1), np.uint8)[1:].view(x.dtype).reshape(x.shape)
    y[...] = x
    return y


@pytest.mark.parametrize("each", EACH)
@pytest.mark.parametrize("left", layouts((1, 1)))
@pytest.mark.parametrize("right", layouts((1, 1)))
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (5, 7), (300, 90)])
def test_two_arrays_of_any_layout_meet_element_by_element(
    each: str, left: str, right: str, shape: tuple[int, int]
) -> None:
    x, y = layouts(shape)[left], layouts(shape)[right]
    for z in (np.empty(shape), np.empty(shape[::-1]).T):
        EACH[each](Doubling(), (x, y), z)
        assert np.array_equal(z, 2 * (x + y))


@pytest.mark.parametrize("each", EACH)
@given(data=st.data())
def test_a_result_that_lies_anywhere_over_its_source_is_right(each: str, data: Any) -> None:
    memory = np.arange(200_000, dtype=np.float64)

    def window() -> np.ndarray:
        start, step = data.draw(st.integers(90_000, 90_100)), data.draw(st.sampled_from([-2, -1, 1, 2]))
        return memory[start::step][:length]

    length = data.draw(st.sampled_from([5, 100, 40_000]))
    x, y, z = window(), window(), window()
    expected = 2 * (x + y)
    EACH[each](Doubling(), (x, y), z)
    assert np.array_equal(z, expected)


def test_arrays_that_lie_alike_are_handed_over_whole() -> None:
    for x in (np.ones((30, 1000)), np.ones((30, 1000)).T):
        kernel, y = Doubling(), np.empty_like(x)
        chunks.each_chunk(kernel, (x,), y)
        ((piece, result),) = kernel.pieces
        assert np.shares_memory(piece, x) and np.shares_memory(result, y) and piece.size == x.size


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize("each", EACH)
@pytest.mark.parametrize("which", ["in place", "every other"])
def test_what_is_set_aside_is_a_buffer_a_thread_and_one_more(
    each: str, which: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpinned = tuple(range(-1, -1 - threads, -1))
    monkeypatch.setattr(pool, "_processors", lambda count: unpinned)
    x = np.ones(1 << 20)
    source, y = (x, x) if which == "in place" else (x[::2], np.empty(x.size // 2))

    def kernel(x: np.ndarray, y: np.ndarray) -> None:
        np.multiply(x, 2, out=y)

    EACH[each](kernel, (source,), y)
    taken = peak_alloc_bytes(lambda: EACH[each](kernel, (source,), y))
    assert taken < (threads + 1) * chunks.BUFFER * x.itemsize + SMALL < x.nbytes / 2
