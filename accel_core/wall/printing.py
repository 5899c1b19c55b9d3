"""What a child printed, of which only so much is kept."""

from __future__ import annotations

import os
from contextlib import suppress


def shown(raw: bytes) -> str:
    """`raw` as text in which characters that a terminal obeys, or that turn text around, are �."""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\t", "    ")
    return "".join(one if one == "\n" or one.isprintable() else "�" for one in text)


class Printed:
    """The first `most` bytes that come on a pipe."""

    def __init__(self, descriptor: int, most: int) -> None:
        self.descriptor = descriptor
        self.closed = False
        self._kept = bytearray()
        self._most = most
        os.set_blocking(descriptor, False)

    def take(self) -> bool:
        """Take what lies in the pipe; False where that is more than may be kept."""
        while not self.closed:
            try:
                piece = os.read(self.descriptor, 65536)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece:
                self.closed = True
            self._kept += piece[: self._most + 1 - len(self._kept)]
            if len(self._kept) > self._most:
                return False
        return True

    def text(self) -> str:
        """What was kept, fit to be shown."""
        return shown(bytes(self._kept[: self._most]))

    def close(self) -> None:
        """Take what is there and let go of the pipe."""
        self.take()
        if self.descriptor >= 0:
            with suppress(OSError):
                os.close(self.descriptor)
        self.descriptor, self.closed = -1, True
