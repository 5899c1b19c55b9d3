"""What all sessions share and nobody changes: the values used last, of so many bytes in all."""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any

LEAST_BYTES = 16_384
"""Counted for a value however small: Python's objects take several times what their numbers do."""


class Kept:
    """Values by key, handed out as they are, never copied: put in only what is frozen.

    The size of a value is that of its pickle, in which arrays are as long as in memory.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._size_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes of all that is kept."""
        return self._size_bytes

    def get(self, key: Hashable) -> Any:
        """The value, which counts as used now; None where it is not kept."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key][0]

    def put(self, key: Hashable, value: Any) -> None:
        """Keep `value`, and let go of those that were not used for the longest time."""
        size_bytes = max(len(pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)), LEAST_BYTES)
        with self._lock:
            if key in self._values:
                self._size_bytes -= self._values.pop(key)[1]
            self._values[key] = value, size_bytes
            self._size_bytes += size_bytes
            while self._size_bytes > self.most_bytes:
                self._size_bytes -= self._values.popitem(last=False)[1][1]
