"""The shared memory of a judging: inputs that children can read and never write, and the output that they fill.

The parent keeps a mapping of the inputs from before they were sealed (`F_SEAL_FUTURE_WRITE`, Linux 5.1,
memfd_create(2) and fcntl(2)): nobody else can get one that is writable. Neither piece can change its length,
which would end the parent where it looks at what is gone. Other systems have a plain file.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.judge.inside import pages
from accel_core.model import Shape

ALIGNED = 64
"""Bytes to whose multiples arrays are laid: a cache line, and the widest vector."""
UNSAID = -(1 << 62)
"""The status in a report that no child has written."""
GUARD = 0xA5
GUARD_BYTES = 4096
"""Behind the output, so that what is written past its end shows."""
_ADD_SEALS, _SEALS, _FUTURE_WRITE = 1033, 0x1 | 0x2 | 0x4, 0x10
"""fcntl.F_ADD_SEALS; no more seals, no shrinking, no growing; no new writable mapping."""


class Stage:
    """Inputs and output of one job, with room for its largest size; a context manager."""

    def __init__(self, input_bytes: int, output_bytes: int) -> None:
        self.sealed = True
        self._descriptors: list[int] = []
        self._inputs = self._memory(input_bytes + pages.PAGE + 8 * ALIGNED, _FUTURE_WRITE)
        self._output = self._memory(output_bytes + pages.PAGE + GUARD_BYTES + ALIGNED, 0)
        self._arrays: list[NDArray[Any]] = []
        self.places: dict[str, Any] = {}
        """Where the arrays lie, as a child is told it."""
        self.out: NDArray[Any] = np.empty(0)
        """The output as the parent sees it: look at it while the child is stopped."""

    @property
    def inputs_fd(self) -> int:
        """Descriptor of the inputs."""
        return self._descriptors[0]

    @property
    def output_fd(self) -> int:
        """Descriptor of the output."""
        return self._descriptors[1]

    @property
    def shared(self) -> tuple[int, int]:
        """Both."""
        return self.inputs_fd, self.output_fd

    def shape(self, inputs: Sequence[NDArray[Any]], out_shape: Shape, dtype: str) -> dict[str, Any]:
        """Lay out arrays like `inputs` and an output; `places`."""
        places, at = [], pages.PAGE
        self._arrays = []
        for array in inputs:
            self._arrays.append(np.frombuffer(self._inputs, array.dtype, array.size, at).reshape(array.shape))
            places.append([at, list(array.shape)])
            at += -(-array.nbytes // ALIGNED) * ALIGNED
        count = int(np.prod(out_shape))
        self.out = np.frombuffer(self._output, dtype, count, pages.PAGE).reshape(out_shape)
        end = pages.PAGE + self.out.nbytes
        self._guard = np.frombuffer(self._output, np.uint8, GUARD_BYTES, end)
        self.places = {"inputs": places, "out": [pages.PAGE, list(out_shape)]}
        return self.places

    def put(self, inputs: Sequence[NDArray[Any]]) -> None:
        """Write the inputs of a call; `shape` has laid them out."""
        for place, array in zip(self._arrays, inputs, strict=True):
            place[...] = array

    def clear(self) -> None:
        """Fill the output with NaN, and what lies behind it with the guard."""
        self.out.fill(np.nan)
        self._guard.fill(GUARD)

    @property
    def overrun(self) -> bool:
        """Whether something was written past the end of the output."""
        return bool((self._guard != GUARD).any())

    def order(self, what: int, number: int = 0, places: Any = None) -> None:
        """What the child is to do when it goes on."""
        pages.write_order(self._inputs, what, number, places)

    def report(self) -> tuple[int, bytes]:
        """What the child said last."""
        return pages.read_report(self._output)

    def clear_report(self) -> None:
        """Forget what a child said."""
        self._output[:8] = UNSAID.to_bytes(8, "little", signed=True)

    def bytes_of_output(self, size: int) -> bytes:
        """A copy of the output's first bytes."""
        return bytes(self._output[pages.PAGE : pages.PAGE + size])

    def close(self) -> None:
        """Let go of the memory."""
        self._arrays, self.out = [], np.empty(0)
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _memory(self, size: int, seal: int) -> mmap.mmap:
        size = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        if not hasattr(os, "memfd_create"):
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        else:
            descriptor = os.memfd_create("arena", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        self._descriptors.append(descriptor)
        os.ftruncate(descriptor, size)
        memory = mmap.mmap(descriptor, size)
        self.sealed &= keep_length(descriptor, seal)
        return memory


def keep_length(descriptor: int, more: int = 0) -> bool:
    """Seal the memory so that nobody can change its length, and `more`; whether that could be done."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, _ADD_SEALS, more | _SEALS)
    except (ImportError, OSError):
        return False
    return True
