"""What is written: random bytes, of which no two pages are equal, and what must be read back.

A drive or a file system that compresses, or keeps equal pages once, finds nothing to spare (fio writes anew for
the same reason: `refill_buffers` and `scramble_buffers` in its manual). Each page begins with a number of its
own, so that what is read back is known to be what was written there last: a wrong answer is not timed.
"""

from __future__ import annotations

import mmap
from types import TracebackType

import numpy as np

from accel_core.errors import WrongResult

PAGE_BYTES = 4096
_WORDS = PAGE_BYTES // 8


class Content:
    """A buffer as long as the longest sample, and the numbers of the pages of a file."""

    def __init__(self, sample_bytes: int, file_bytes: int, seed: int = 15) -> None:
        self._room = mmap.mmap(-1, sample_bytes)  # begins at a page, as direct reads ask
        self.view = memoryview(self._room)
        words = np.frombuffer(self._room, np.uint64)
        generator = np.random.Generator(np.random.SFC64(seed))
        words[:] = generator.integers(0, 1 << 64, len(words), np.uint64, endpoint=False)
        self._numbers = words[::_WORDS]
        self._written = np.zeros(file_bytes // PAGE_BYTES, np.uint64)
        self._next = 1

    def number(self, size_bytes: int) -> None:
        """Give the first `size_bytes` of the buffer new numbers: they are to be written."""
        pages = size_bytes // PAGE_BYTES
        self._numbers[:pages] = np.arange(self._next, self._next + pages, dtype=np.uint64)
        self._next += pages

    def wrote(self, size_bytes: int, at: int) -> None:
        """The beginning of the buffer now stands at `at` in the file."""
        pages, first = size_bytes // PAGE_BYTES, at // PAGE_BYTES
        self._written[first : first + pages] = self._numbers[:pages]

    def check(self, size_bytes: int, at: int) -> None:
        """WrongResult where the beginning of the buffer is not what was written at `at`."""
        pages, first = size_bytes // PAGE_BYTES, at // PAGE_BYTES
        if not np.array_equal(self._written[first : first + pages], self._numbers[:pages]):
            raise WrongResult(
                "What was read from the file is not what was written there: the disk, or what answers for it, "
                "cannot be relied on."
            )

    def __enter__(self) -> Content:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        del self._numbers
        self.view.release()
