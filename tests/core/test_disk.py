"""The disk is measured by a file that leaves nothing behind, takes a share of what is free, and is read past
every cache that can be passed; whatever the disk does in the middle ends in one sentence."""

from __future__ import annotations

import errno
import os
import sys
import threading
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from figure_records import machine

from accel_core.disk import content, measuring, posix, room, rounds
from accel_core.disk.place import Place, mount_of, place_of
from accel_core.disk.sampling import MIB
from accel_core.errors import AccelError, BadInput, WrongResult
from accel_core.model import Disk
from accel_core.model.disk import READ, WRITE

MACHINE = machine()
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has an interface of its own")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of some MiB, so that a test takes no time."""
    monkeypatch.setattr(room, "MOST_BYTES", 16 * MIB)
    monkeypatch.setattr(room, "LEAST_BYTES", 8 * MIB)
    monkeypatch.setattr(rounds, "MOST_SAMPLE_BYTES", 4 * MIB)
    monkeypatch.setattr(measuring, "MOST_SAMPLE_BYTES", 4 * MIB)
    monkeypatch.setattr(measuring, "read_own_cpu_times", lambda: None)
    monkeypatch.setattr(measuring, "steal_fraction", lambda before, after: None)


class Slow:
    """A disk with rates and a clock of its own: bytes a second, and nanoseconds a request."""

    way, unit, most_depth = "direct", 4096, 1

    def __init__(self, read: float = 2e8, write: float = 1e8, request_ns: int = 50_000) -> None:
        self.now_ns, self.read_rate, self.write_rate, self.request_ns = 0, read, write, request_ns
        self.kept = bytearray(64 * MIB)
        self.end, self.written, self.flushed, self.forgot, self.closed = 0, 0, 0, 0, False

    def write(self, data: memoryview, at: int) -> None:
        self.kept[at : at + len(data)] = data
        self.end, self.written = max(self.end, at + len(data)), self.written + len(data)

    def read(self, into: memoryview, at: int) -> None:
        assert at + len(into) <= self.end and not at % self.unit
        into[:] = self.kept[at : at + len(into)]
        self.now_ns += self.request_ns + round(len(into) / self.read_rate * 1e9)

    def flush(self) -> None:
        """Only here is anything on the disk."""
        self.now_ns += round((self.written - self.flushed) / self.write_rate * 1e9)
        self.flushed = self.written

    def forget(self, *, random: bool = False) -> None:
        self.forgot += 1

    def close(self) -> None:
        self.closed = True


def measured(folder: Path, disk: Slow | None = None, place: Place | None = None, **how: Any) -> Disk:
    known = place or Place(folder, "ext4", "sda")
    if disk is None:
        return measuring.measure_disk(MACHINE, str(folder), place=known, **how)
    how |= {"opened": lambda _: disk, "clock_ns": lambda: disk.now_ns}
    return measuring.measure_disk(MACHINE, str(folder), place=known, **how)


def test_the_rates_and_the_latency_of_a_disk_that_is_known_come_out(tmp_path: Path) -> None:
    slow = Slow()
    disk = measured(tmp_path, slow, budget_s=4.0)
    assert disk.read is not None and disk.write is not None and disk.latency is not None
    per_block = 50e-6 * disk.read.rate_byte_per_s.median / disk.read.block_bytes
    assert disk.read.rate_byte_per_s.median == pytest.approx(2e8 * (1 - per_block), rel=1e-3)
    assert disk.write.rate_byte_per_s.median == pytest.approx(1e8, rel=1e-3), "the flush belongs to the sample"
    assert disk.latency.time_s.median == pytest.approx(50e-6 + 4096 / 2e8, rel=1e-3)
    assert disk.latency.most_s == pytest.approx(disk.latency.time_s.median)
    assert disk.read.rate_byte_per_s.n >= 6 and disk.kept is None and not disk.disturbed_reason
    assert slow.closed and slow.end == disk.file_bytes <= 16 * MIB


def test_a_single_fast_sample_late_in_the_file_throws_no_others_away(tmp_path: Path) -> None:
    class Uneven(Slow):
        def flush(self) -> None:
            self.write_rate = 1e10 if 15 * MIB <= self.written <= 16 * MIB else 2.5e7
            super().flush()

    fresh = measured(tmp_path, Uneven(), budget_s=4.0).fresh
    assert fresh is not None and fresh.rate_byte_per_s.n > 8


def test_every_sample_is_kept_and_gives_the_rate_again(tmp_path: Path) -> None:
    disk = measured(tmp_path, Slow(), budget_s=4.0)
    for one in disk.rates:
        assert sorted(one.series.rates())[one.rate_byte_per_s.n // 2] == pytest.approx(
            one.rate_byte_per_s.median, rel=0.01
        )
        assert len(one.series.starts_ns()) == one.rate_byte_per_s.n
    assert Disk.from_dict(disk.to_dict()) == disk


@pytest.mark.parametrize("rate", [2e6, 3e7])
def test_a_very_slow_disk_is_measured_in_about_its_time_with_blocks_that_fit(
    tmp_path: Path, rate: float
) -> None:
    slow = Slow(rate, rate, 10_000_000)
    disk = measured(tmp_path, slow, budget_s=4.0)
    assert disk.read is not None and disk.latency is not None
    assert slow.now_ns < 2.5 * 4.0e9
    assert disk.read.rate_byte_per_s.median == pytest.approx(rate, rel=0.2)


def test_a_drive_whose_burst_buffer_is_full_is_told_by_what_writing_kept(tmp_path: Path) -> None:
    class Burst(Slow):
        def flush(self) -> None:
            self.write_rate = 1e8 if self.written < 60 * MIB else 4e7
            super().flush()

    disk = measured(tmp_path, Burst(), budget_s=8.0)
    assert disk.kept == pytest.approx(0.4, rel=0.05)


def test_a_disk_that_reads_back_something_else_is_not_timed(tmp_path: Path) -> None:
    class Forgetful(Slow):
        def write(self, data: memoryview, at: int) -> None:
            super().write(data, at if at < 6 * MIB else at - MIB)
            self.end = max(self.end, at + len(data))

    slow = Forgetful()
    with pytest.raises(WrongResult, match="is not what was written there"):
        measured(tmp_path, slow, budget_s=4.0)
    assert slow.closed


@POSIX
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "became full"),
        (errno.EDQUOT, "became full"),
        (errno.EFBIG, "may not become as long"),
        (errno.EIO, "could not be measured"),
    ],
)
def test_a_disk_that_fails_in_the_middle_ends_in_one_sentence_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    real, calls = os.pwrite, []

    def pwrite(descriptor: int, data: memoryview, at: int) -> int:
        calls.append(at)
        if len(calls) > 4:
            raise OSError(number, os.strerror(number))
        return real(descriptor, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    before = _open_files()
    with pytest.raises(AccelError, match=said) as caught:
        measured(tmp_path, budget_s=0.3)
    assert str(caught.value).count(". ") == 0 and list(tmp_path.iterdir()) == []
    assert _open_files() <= before


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def test_a_thread_that_fails_fails_the_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_BYTES", 32 * MIB)
    monkeypatch.setattr(measuring, "MOST_SAMPLE_BYTES", 16 * MIB)

    class Deep(Slow):
        most_depth = 16

        def write(self, data: memoryview, at: int) -> None:
            if threading.current_thread() is not threading.main_thread():
                raise OSError(errno.ENOSPC, "full")
            super().write(data, at)

    with pytest.raises(AccelError, match="became full"):
        measured(tmp_path, Deep(2e8, 2e8), budget_s=4.0)


# -- files past the page cache --------------------------------------------------------------------------------


def test_a_real_file_has_no_name_while_it_is_measured_but_on_windows_and_is_gone_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Path]] = []
    blocks = rounds.Sampler.blocks

    def look(*given: Any) -> tuple[int, int]:
        seen.append(list(tmp_path.iterdir()))
        return blocks(*given)

    monkeypatch.setattr(rounds.Sampler, "blocks", look)
    disk = measured(tmp_path, place=place_of(tmp_path), budget_s=0.2)
    assert seen and (sys.platform == "win32" or all(files == [] for files in seen))
    assert list(tmp_path.iterdir()) == []
    assert disk.read is not None and disk.latency is not None and disk.filesystem


@POSIX
def test_where_every_file_needs_a_name_it_loses_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, made = os.open, []

    def opened(path: Any, flags: int, mode: int = 0o777) -> int:
        if not flags & os.O_CREAT:
            raise OSError(errno.EOPNOTSUPP, "no files without names here")
        made.append(path)
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", opened)
    file = posix.open_file(tmp_path, in_memory=True)
    assert len(made) == 1 and list(tmp_path.iterdir()) == []
    file.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has O_DIRECT")
@pytest.mark.parametrize("when", ["opened", "written"])
def test_where_the_page_cache_cannot_be_passed_it_is_emptied_and_the_record_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    real_open, real_write, direct = os.open, os.pwrite, set()

    def opened(path: Any, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_DIRECT and when == "opened":
            raise OSError(errno.EINVAL, "no direct reads here")
        found = real_open(path, flags & ~os.O_DIRECT, mode)
        if flags & os.O_DIRECT:
            direct.add(found)
        else:
            direct.discard(found)
        return found

    def written(descriptor: int, data: memoryview, at: int) -> int:
        if descriptor in direct:
            raise OSError(errno.EINVAL, "no direct writes here")
        return real_write(descriptor, data, at)

    advised: list[int] = []
    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "pwrite", written)
    monkeypatch.setattr(os, "posix_fadvise", lambda *given: advised.append(given[3]))
    disk = measured(tmp_path, budget_s=0.2)
    assert disk.way == "dropped" and disk.read is not None and list(tmp_path.iterdir()) == []
    samples = sum(one.rate_byte_per_s.n for one in disk.rates)
    assert advised.count(os.POSIX_FADV_DONTNEED) >= samples and os.POSIX_FADV_RANDOM in advised


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has O_DIRECT")
def test_a_file_system_that_takes_only_larger_blocks_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_open, real_write = os.open, os.pwrite

    def written(descriptor: int, data: memoryview, at: int) -> int:
        if len(data) % 16384 or at % 16384:
            raise OSError(errno.EINVAL, "blocks of 16 KiB")
        return real_write(descriptor, data, at)

    monkeypatch.setattr(os, "open", lambda path, flags, mode: real_open(path, flags & ~os.O_DIRECT, mode))
    monkeypatch.setattr(os, "pwrite", written)
    disk = measured(tmp_path, budget_s=0.2)
    assert disk.way == "direct" and disk.latency is not None and disk.latency.block_bytes == 16384


def test_however_slow_the_disk_something_is_read_and_something_written(tmp_path: Path) -> None:
    disk = measured(tmp_path, Slow(), budget_s=0.001)
    assert disk.fastest(READ, depth=1) is not None and disk.fastest(WRITE, depth=1) is not None


@POSIX
def test_a_folder_in_memory_is_called_memory_and_no_disk(tmp_path: Path) -> None:
    disk = measured(tmp_path, place=Place(tmp_path, "tmpfs"), budget_s=0.2)
    assert disk.is_memory and "not of a disk" in disk.doubts[0] and len(disk.doubts) == 1


@POSIX
def test_macos_keeps_nothing_in_its_cache_and_flushes_the_drive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl")
    asked: list[int] = []
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command, *more: asked.append(command) or 0)
    monkeypatch.setattr(posix.sys, "platform", "darwin")
    file = posix.open_file(tmp_path, in_memory=False)
    monkeypatch.undo()
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, command, *more: asked.append(command) or 0)
    with memoryview(bytearray(4096)) as block:
        file.write(block, 0)
        file.flush()
    file.close()
    assert file.way == "uncached" and asked == [48, 51] and list(tmp_path.iterdir()) == []


@POSIX
def test_macos_flushes_by_fsync_where_a_file_system_has_no_other_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl, flushed = pytest.importorskip("fcntl"), []

    def refuse(*given: Any) -> int:
        raise OSError(errno.ENOTTY, "no such command")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", flushed.append)
    posix.PosixFile(7, "uncached", darwin=True).flush()
    assert flushed == [7]


# -- how much it takes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("free_mib", [80, 100, 159, 10_000])
def test_the_file_never_takes_more_than_its_share_and_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mib: int
) -> None:
    monkeypatch.setattr(measuring, "free_bytes", lambda folder, in_memory: free_mib * MIB)
    slow = Slow(2e8, 2e8)
    disk = measured(tmp_path, slow, budget_s=4.0)
    assert slow.end == disk.file_bytes <= min(room.SHARE * free_mib * MIB, room.MOST_BYTES)
    assert disk.file_bytes >= 4 * MIB


def test_too_little_space_is_refused_in_one_sentence_before_a_file_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "free_bytes", lambda folder, in_memory: 79 * MIB)
    slow = Slow()
    with pytest.raises(BadInput, match=r"has 79 MiB free, and .* needs 80 MiB: free some space") as caught:
        measured(tmp_path, slow, budget_s=4.0)
    assert not slow.written and str(caught.value).count(". ") == 0


def test_in_memory_no_more_is_free_than_the_memory_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "available_memory_bytes", lambda: 5 * MIB)
    assert room.free_bytes(tmp_path, in_memory=True) == 5 * MIB < room.free_bytes(tmp_path, in_memory=False)


@pytest.mark.parametrize("folder", ["nowhere", "a file", "x" * 5000, "a\0b"])
def test_what_is_no_folder_is_said_in_one_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(BadInput, match="name one that exists"):
        room.check_folder(str(tmp_path / folder))


def test_a_folder_that_nobody_may_write_to_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(BadInput, match="No file may be made"):
        room.check_folder(str(tmp_path))


# -- what else may have answered ------------------------------------------------------------------------------


def test_reads_that_a_cache_answered_and_traffic_of_others_are_told_by_the_device_s_counters(
    tmp_path: Path,
) -> None:
    ours = measuring.Sampler(Slow(), None, lambda: 0, 100 * MIB, 100 * MIB)  # type: ignore[arg-type]

    def traffic(read: int, written: int) -> measuring.Traffic | None:
        return measuring._traffic((0, 0), (read * MIB, written * MIB), ours)

    def doubts(seen: measuring.Traffic | None) -> list[str]:
        place = Place(tmp_path, "ext4", "sda")
        return measuring._doubts(replace(MACHINE, facts=()), place, "direct", 2 << 30, seen)

    assert doubts(traffic(100, 101)) == [] and doubts(None) == []
    assert "only 40 % came from the device" in doubts(traffic(40, 100))[0]
    assert measuring._disturbed(None, traffic(104, 104)) == ""
    assert "Others moved about 50 MiB" in measuring._disturbed(None, traffic(150, 100))
    assert "3.0 % of the time to others" in measuring._disturbed(0.03, None)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(Path("/x"), "nfs4"), "Another computer or program answers"),
        (Place(Path("/x"), "fuseblk", "sda1"), "Another computer or program answers"),
        (Place(Path("/x"), "ext4", "vda"), "The machine is virtual"),
    ],
)
def test_what_cannot_be_excluded_is_said(place: Place, said: str) -> None:
    plain = replace(MACHINE, facts=())
    assert said in measuring._doubts(plain, place, "direct", 2 << 30, None)[0]
    assert "drive's own memory" in measuring._doubts(plain, place, "direct", 1 << 20, None)[-1]


def test_the_innermost_and_last_mount_over_a_folder_is_its_own() -> None:
    mounted = [
        ("/", "/dev/sda", "ext4"),
        ("/data", "/dev/sdb", "xfs"),
        ("/data", "/dev/sdc", "btrfs"),
        ("/data/deep", "host:/x", "nfs"),
        ("C:\\", "C:\\", "NTFS"),
    ]
    assert mount_of("/data/x", mounted) == ("/dev/sdc", "btrfs")
    assert mount_of("/database", mounted) == ("/dev/sda", "ext4")
    assert mount_of("/data/deep", mounted) == ("host:/x", "nfs")
    assert mount_of("C:\\Users", mounted) == ("C:\\", "NTFS") and mount_of("/x", []) == ("", "")


def test_a_server_s_name_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = type(
        "Mount", (), {"mountpoint": tmp_path.anchor, "device": "host.school.org:/home/ann", "fstype": "nfs4"}
    )()
    monkeypatch.setattr("psutil.disk_partitions", lambda all: [mount])
    place = place_of(tmp_path)
    assert (place.filesystem, place.device, place.served) == ("nfs4", "", True)


def test_no_page_that_is_written_is_equal_to_another() -> None:
    with content.Content(2 * MIB, 8 * MIB) as one:
        first = {bytes(one.view[at : at + 4096]) for at in range(0, 2 * MIB, 4096)}
        one.number(2 * MIB)
        again = {bytes(one.view[at : at + 4096]) for at in range(0, 2 * MIB, 4096)}
        assert len(first) == 512 and len(first | again) == 1024
        assert len(zlib.compress(bytes(one.view), 1)) > 0.99 * 2 * MIB


def test_reads_follow_half_a_file_behind_the_writes() -> None:
    reads, writes = (rounds._places(8 * MIB, behind) for behind in (True, False))
    assert [(reads(MIB) - writes(MIB)) % (8 * MIB) for _ in range(20)] == [4 * MIB] * 20
