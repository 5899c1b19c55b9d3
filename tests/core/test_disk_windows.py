# ruff: noqa: N802
"""Windows' file past the cache, against its documented functions played by a fake: none of it runs here."""

from __future__ import annotations

import ctypes
import errno
from pathlib import Path
from typing import Any

import pytest

from accel_core.disk import windows


class Kernel:
    """CreateFileW, ReadFile, WriteFile, FlushFileBuffers and CloseHandle, of a drive with some sector size."""

    def __init__(self, sector: int = 512, room: int = 1 << 20, most: int = 1 << 30) -> None:
        self.sector, self.room, self.most = sector, room, most
        self.kept, self.open, self.error, self.opened = bytearray(room), 0, 0, ()  # type: tuple[Any, ...]

    def CreateFileW(self, *given: Any) -> int:
        self.opened, self.open = given, self.open + 1
        return 5

    def _place(self, handle: int, address: Any, size: int, place: Any) -> int:
        assert handle == 5
        at = place._obj.offset | place._obj.offset_high << 32
        if at % self.sector or size % self.sector or address.value % self.sector:
            self.error = windows.INVALID_PARAMETER
            return -1
        if at + size > self.room:
            self.error = 112
            return -1
        return int(at)

    def WriteFile(self, handle: int, address: Any, size: int, moved: Any, place: Any) -> bool:
        if (at := self._place(handle, address, size, place)) < 0:
            return False
        size = min(size, self.most)
        self.kept[at : at + size] = ctypes.string_at(address.value, size)
        moved._obj.value = size
        return True

    def ReadFile(self, handle: int, address: Any, size: int, moved: Any, place: Any) -> bool:
        if (at := self._place(handle, address, size, place)) < 0:
            return False
        ctypes.memmove(address.value, bytes(self.kept[at : at + size]), size)
        moved._obj.value = size
        return True

    def FlushFileBuffers(self, handle: int) -> bool:
        self.error = 1117
        return False

    def CloseHandle(self, handle: int) -> None:
        self.open -= 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(windows, "_last_error", lambda: made.error)
    return made


def a_block(size: int, fill: bytes = b"\0") -> memoryview:
    """An aligned one, as a mapping of memory is."""
    room = memoryview(bytearray(fill * (size + 4096)))
    start = -ctypes.addressof(ctypes.c_char.from_buffer(room)) % 4096
    return room[start : start + size]


def test_a_file_passes_the_cache_is_written_through_and_goes_with_its_handle(kernel: Kernel) -> None:
    file = windows.open_file(Path("C:/data"), kernel)
    name, access, share, _, new, flags, _ = kernel.opened
    assert Path(name).parent == Path("C:/data") and (access, share, new) == (0xC0000000, 0, 1)
    assert flags == 0x20000000 | 0x80000000 | 0x04000000
    file.close()
    assert kernel.open == 0 and (file.unit, file.most_depth) == (4096, 1)


def test_what_is_written_is_read_back_in_as_many_parts_as_the_system_takes(kernel: Kernel) -> None:
    kernel.most = 8192
    file = windows.open_file(Path("C:/data"), kernel)
    file.write(a_block(32768, b"x"), 65536)
    back = a_block(32768)
    file.read(back, 65536)
    assert bytes(back) == b"x" * 32768 and kernel.kept[65535] == 0


def test_a_drive_with_larger_sectors_gets_larger_reads(kernel: Kernel) -> None:
    kernel.sector = 16384
    assert windows.open_file(Path("C:/data"), kernel).unit == 16384


@pytest.mark.parametrize(
    ("code", "number"), [(112, errno.ENOSPC), (1295, errno.ENOSPC), (3, errno.ENOENT), (5, errno.EIO)]
)
def test_what_windows_says_becomes_the_error_that_python_has_for_it(code: int, number: int) -> None:
    assert windows._fault(code).errno == number


def test_a_full_disk_and_a_failed_flush_are_told(kernel: Kernel) -> None:
    file = windows.open_file(Path("C:/data"), kernel)
    with pytest.raises(OSError, match="the disk is full"):
        file.write(a_block(4096), 1 << 21)
    with pytest.raises(OSError, match="Windows error 1117"):
        file.flush()


def test_no_handle_is_an_error_and_one_that_takes_no_block_is_closed(kernel: Kernel) -> None:
    kernel.sector = 1 << 20
    with pytest.raises(OSError, match="takes no blocks"):
        windows.open_file(Path("C:/data"), kernel)
    assert kernel.open == 0
    kernel.CreateFileW, kernel.error = lambda *given: -1, 5  # type: ignore[method-assign]
    with pytest.raises(OSError, match="Windows error"):
        windows.open_file(Path("C:/data"), kernel)
