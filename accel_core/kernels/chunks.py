"""Arrays of any shape and strides handed to a kernel that takes flat pieces, without a copy of the whole.

Such a kernel is called `kernel(x, ..., y)` with contiguous pieces of equal length: the sources, which cannot be
written, and last the result. Arrays that lie alike in memory are flattened in place; others pass through a
buffer of BUFFER elements (numpy.nditer), which stays in the nearest cache but one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import pool
from accel_core.kernels.fork_join import can_fork, fork
from accel_core.kernels.operands import apart, same_elements

BUFFER = 16384
SHARE = 4096
"""Elements: parts for threads are multiples of this, so no two of them write one page of float32 numbers."""
THREADED_FROM = 1 << 20
"""Elements from which threads are used: waking those that sleep takes tens of microseconds, as long as 2^18
elements."""
Kernel = Callable[..., Any]


def each_chunk(kernel: Kernel, sources: Sequence[NDArray[Any]], y: NDArray[Any]) -> NDArray[Any]:
    """y, after calls of `kernel` that write all of it. Sources have y's dtype and broadcast to its shape.

    y may be one of the sources; a source that overlaps it in another way is copied.
    """
    sources = [apart(source, y) for source in sources]
    flat = flattened(sources, y)
    if flat is not None:
        _call(kernel, flat)
        return y
    with _buffered(sources, y) as buffers:
        for pieces in buffers:
            _call(kernel, pieces)
    return y


def each_chunk_threaded(
    kernel: Kernel, loop: Kernel, sources: Sequence[NDArray[Any]], y: NDArray[Any]
) -> NDArray[Any]:
    """`each_chunk`, on as many threads as there may be where the arrays can be flattened.

    `loop` is `kernel` in a compiled loop over the threads (`fork_join`), called with their number at the end.
    """
    sources = [apart(source, y) for source in sources]
    flat = flattened(sources, y)
    if flat is None:
        return each_chunk(kernel, sources, y)
    threads = pool.thread_count()
    if can_fork(threads) and not _shared(flat):
        fork(loop, threads, *flat)
    else:
        parts = pool.shares(y.size, threads, SHARE)
        pool.run([partial(_call, kernel, [array[part] for array in flat]) for part in parts])
    return y


def _call(kernel: Kernel, flat: Sequence[NDArray[Any]]) -> None:
    """`kernel(*flat)`; a source that is y itself passes through a buffer.

    Where two of its arrays may be one, a compiled loop takes its scalar version: a vector of one could hold
    what the next element of the other needs.
    """
    *sources, y = flat
    if not _shared(flat):
        kernel(*flat)
        return
    buffer = np.empty(min(BUFFER, y.size), y.dtype)
    locked = buffer.view()
    locked.flags.writeable = False
    for start in range(0, y.size, BUFFER):
        piece = y[start : start + BUFFER]
        buffer[: piece.size] = piece
        parts = (source[start : start + BUFFER] for source in sources)
        kernel(*(locked[: piece.size] if same_elements(part, piece) else part for part in parts), piece)


def _shared(flat: Sequence[NDArray[Any]]) -> bool:
    """True where the last array may lie in the memory of another one."""
    *sources, y = flat
    return any(np.may_share_memory(source, y) for source in sources)


def flattened(sources: Sequence[NDArray[Any]], y: NDArray[Any]) -> list[NDArray[Any]] | None:
    """All arrays along one axis, in the order of their memory; None where they do not lie alike."""
    arrays = [*sources, y]
    if all(_lies(array, y.shape) and array.flags.c_contiguous for array in arrays):
        flat = [array.reshape(-1) for array in arrays]
    elif all(_lies(array, y.shape) and array.flags.f_contiguous for array in arrays):
        flat = [array.reshape(-1, order="F") for array in arrays]
    else:
        return None
    for source in flat[:-1]:
        source.flags.writeable = False  # one machine code, whether the caller may write it or not
    return flat


def _lies(array: NDArray[Any], shape: tuple[int, ...]) -> bool:
    return array.shape == shape and array.flags.aligned


def _buffered(sources: Sequence[NDArray[Any]], y: NDArray[Any]) -> Any:
    """An iterator over contiguous pieces; what is written to a buffer goes to its place with the next step."""
    reading, writing = ["readonly", "contig", "aligned"], ["writeonly", "contig", "aligned"]
    flags: Any = ["external_loop", "buffered", "zerosize_ok"]
    access: Any = [reading] * len(sources) + [writing]
    return np.nditer([*sources, y], flags=flags, op_flags=access, order="K", buffersize=BUFFER)
