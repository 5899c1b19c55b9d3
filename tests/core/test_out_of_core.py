"""A product on a disk: what it is cut into and moves, that it is right, and what is left when it ends."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from disk_records import a_disk

from accel_core.disk.place import place_of
from accel_core.errors import AccelError, BadInput, WrongResult
from accel_core.kernels.matmul.streamed import matmul_out_of_core
from accel_core.kernels.reader import Reader
from accel_core.machine import detect
from accel_core.model import OutOfCoreRun
from accel_core.out_of_core import files, planning, running
from accel_core.out_of_core.check import SignCheck, check_bytes
from accel_core.out_of_core.files import TileFile
from accel_core.out_of_core.pace import Read, Turns, measure_pace, pace_of
from accel_core.out_of_core.planning import Asked, planned
from accel_core.out_of_core.product import Files, Team, kept_off_by_others
from accel_core.out_of_core.room import Room
from accel_core.roofline.law import best_intensity
from accel_core.roofline.streamed import Plan, best_plan, foreseen, least_size, share_of_bound
from accel_core.runner.spec import check

MIB = 1 << 20


def events(heard: list[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
    return heard.append


def asked(folder: Path, size: int = 640, memory_bytes: int = 2 * MIB, dtype: str = "float32") -> Asked:
    plan = planned(size, memory_bytes, dtype, 1)
    return Asked(plan, (plan.block, plan.tile), memory_bytes, dtype, folder)


# -- sums ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory_mib", [1, 4, 64, 512])
@pytest.mark.parametrize("itemsize", [4, 8])
@pytest.mark.parametrize("threads", [1, 2, 16])
def test_the_best_block_fits_in_the_memory_and_none_that_reads_less_does(
    memory_mib: int, itemsize: int, threads: int
) -> None:
    memory = memory_mib * MIB
    plan = best_plan(100_000, memory, itemsize, threads)
    assert plan.memory_bytes <= memory
    fewer = Plan(plan.tile, plan.length, -(-plan.length // (plan.blocks - 1)), itemsize, threads)
    assert fewer.blocks < plan.blocks and fewer.memory_bytes > memory


def test_no_plan_beats_the_bound_and_a_large_one_comes_near() -> None:
    for memory in (MIB, 16 * MIB, 1 << 34):
        plan = best_plan(4_000_000, memory, 4)
        assert plan.flop / plan.read_bytes <= best_intensity(memory / 4, 4)
    assert share_of_bound(plan, memory) > 0.95


def test_the_bytes_read_are_those_of_counting_every_slab() -> None:
    plan = Plan(tile=64, length=7, side=3, itemsize=4)
    rows = [3, 3, 1]
    slabs = sum((high + wide) * plan.length for high in rows for wide in rows)
    assert plan.read_bytes == slabs * plan.tile_bytes
    assert plan.evened().blocks == plan.blocks


def test_what_takes_longer_hides_the_other_and_writing_stands_apart() -> None:
    plan = Plan(tile=64, length=8, side=2, itemsize=4)
    slow_disk = foreseen(plan, 1e12, 1e6, 1e6)
    assert slow_disk.bound_by == "disk"
    assert slow_disk.total_s == pytest.approx((plan.read_bytes + plan.write_bytes) / 1e6)
    late = foreseen(plan, 1e12, 1e6, 1e6, 0.5)
    assert late.read_s - slow_disk.read_s == pytest.approx(0.5 * 2 * 4 * 4 * 8)
    slow_core = foreseen(plan, 1e6, 1e12, 1e12)
    assert slow_core.bound_by == "compute" and slow_core.total_s == pytest.approx(plan.flop / 1e6)
    shared = foreseen(plan, 1e6, 1e12, 1e12, read_cost_s_per_byte=1e-6)
    assert shared.multiply_s - slow_core.multiply_s == pytest.approx(plan.read_bytes * 1e-6)


def test_what_reading_costs_is_the_time_that_the_same_slabs_take_longer() -> None:
    plain, reading = Turns(), Turns()
    plain.add(10, 1.0, 0.0)
    reading.add(20, 2.5, 0.0, Read(3e8, 0.2), Read(2e8, 0.2))
    pace = pace_of(plain, reading, 1e9)
    assert (pace.flop_per_s, pace.read_cost_s_per_byte) == (pytest.approx(1e10), pytest.approx(0.5 / 5e8))
    assert pace_of(plain, plain, 1e9).read_cost_s_per_byte == 0


def test_of_what_threads_waited_only_what_the_hands_cannot_have_taken_is_others() -> None:
    turns = Turns()
    turns.add(1, 2.0, 0.5, Read(1e6, 0.3), Read(1e6, 0.3))
    assert turns.took_s == pytest.approx(2.0 - (1.0 - 0.6))
    assert kept_off_by_others(0.1, 2.0, 0.3) == 0 and kept_off_by_others(None, 2.0, 0.3) is None


def test_a_disk_that_fails_while_the_pace_is_measured_is_told(tmp_path: Path) -> None:
    plan = Plan(tile=64, length=2, side=1, itemsize=4)
    with closing(TileFile(tmp_path, plan.tile_bytes)) as empty:
        files = Files(empty, empty, empty, plan)
        with pytest.raises(AccelError, match="the file ended too early"):
            measure_pace(plan, files, Room(plan, "float32").cut(plan), budget_s=0.0)


def test_three_matrices_of_the_least_size_take_so_many_times_the_memory() -> None:
    size = least_size(MIB, 8, 4)
    assert 3 * size**2 * 8 >= 4 * MIB > 3 * (size - 1) ** 2 * 8


def test_what_a_smaller_block_leaves_of_the_memory_reads_further_ahead() -> None:
    best = Plan(tile=64, length=12, side=6, itemsize=4, threads=2)
    room = Room(best, "float32")
    assert len(room.cut(best).slots) == 2
    smaller = room.cut(best.with_block(128))
    assert len(smaller.slots) == (36 + 24 - 4) // 4
    parts = [smaller.block, *smaller.products, *(slab for slot in smaller.slots for slab in slot)]
    assert not any(np.shares_memory(a, b) for n, a in enumerate(parts) for b in parts[:n])
    assert all(part.ctypes.data % 4096 == 0 for part in parts)


# -- reading ahead -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hands", [1, 3])
def test_a_slot_is_not_filled_while_it_is_used_and_places_keep_their_order(hands: int) -> None:
    slots = [[-1] for _ in range(hands + 1)]

    def fill(slot: list[int], place: int) -> None:
        slot[0] = place

    seen = []
    with Reader(fill, range(50), slots, hands) as reader:
        for place, slot in reader:
            time.sleep(0.0005)
            seen.append((place, slot[0]))
    assert seen == [(place, place) for place in range(50)]


def test_what_reading_raises_is_raised_to_the_one_who_multiplies() -> None:
    def fill(slot: list[int], place: int) -> None:
        if place == 3:
            raise OSError(errno.EIO, "broken")

    came: list[int] = []
    with pytest.raises(OSError, match="broken"), Reader(fill, range(9), [[0], [0]]) as reader:
        came += [place for place, _ in reader]
    assert came == []
    assert not any(thread.is_alive() for thread in reader._threads)


def test_operands_may_lie_in_files(tmp_path: Path) -> None:
    random = np.random.default_rng(15)
    a, b = random.standard_normal((70, 41)), random.standard_normal((41, 53))
    mapped = []
    for name, array in (("a", a), ("b", b)):
        array.tofile(tmp_path / name)
        mapped.append(np.memmap(tmp_path / name, array.dtype, "r", shape=array.shape))
    assert np.allclose(matmul_out_of_core(*mapped, block=16), a @ b)


# -- the run -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[OutOfCoreRun]:
    heard: list[dict[str, Any]] = []
    folder = tmp_path_factory.mktemp("disk")
    made = running.measure_out_of_core(asked(folder), a_disk(), detect(), events(heard))
    assert [one["type"] for one in heard if one["event"] == "result"] == ["out_of_core_run"] * 2
    assert not any(folder.iterdir())
    return made


def test_a_run_is_right_and_moves_what_was_planned(runs: list[OutOfCoreRun]) -> None:
    best, smallest = runs
    assert best.block > smallest.block == smallest.tile
    for run in runs:
        plan = Plan(run.tile, run.size // run.tile, run.block // run.tile, 4)
        assert run.share_of_allowed <= 1
        assert (run.read_bytes, run.write_bytes) == (plan.read_bytes, plan.write_bytes)
        assert run.room_bytes <= run.memory_bytes < 3 * run.matrix_bytes
        assert OutOfCoreRun.from_dict(run.to_dict()) == run
        assert run.ratio == pytest.approx(run.flop_per_s / run.predicted_flop_per_s)


def test_the_device_was_asked_for_every_byte_where_linux_counts_them(
    runs: list[OutOfCoreRun], tmp_path: Path
) -> None:
    for run in runs:
        if run.way == "direct" and place_of(tmp_path).filesystem in ("ext4", "xfs"):
            counted = run.device_read_bytes
            assert counted is None or counted >= run.read_bytes, "what else the process reads counts too"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_more_memory_than_the_limit_is_refused_by_the_system_and_threads_start_under_it() -> None:
    code = (
        "from accel_core.out_of_core.room import limited\nimport mmap, threading\n"
        "threading.stack_size(128 << 20)\n"  # as where `ulimit -s` says so
        "with limited(16 << 20) as held:\n    assert held\n"
        "    thread = threading.Thread(target=print, args=('began',))\n"
        "    thread.start(); thread.join()\n"
        "    try: mmap.mmap(-1, 32 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
        "    except OSError: print('refused')\n"
        "assert threading.stack_size() == 128 << 20\n"
        "mmap.mmap(-1, 32 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "began\nrefused\n"


def test_the_check_takes_no_more_than_the_limit_leaves_it() -> None:
    plan, tile = Plan(64, 128, 1, 4), np.zeros((64, 64), np.float32)
    tracemalloc.start()
    sums = SignCheck(plan, "float32")
    for _ in range(2):
        sums.begin()
        for take in (sums.take_b, sums.take_a, sums.take_c):
            take(0, 0, tile)
        sums.share_of_allowed()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.8 * check_bytes(plan.size) < most < check_bytes(plan.size)


def test_a_wrong_product_has_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = Team.add_products

    def wrong(self: Team, block: Any, left: Any, right_: Any) -> None:
        right(self, block, left, right_)
        block[0, 0, 5, 7] += 1e-2

    monkeypatch.setattr(Team, "add_products", wrong)
    with pytest.raises(WrongResult, match="no time"):
        running.measure_out_of_core(asked(tmp_path), a_disk(), detect(), lambda event: None)


# -- what goes wrong -----------------------------------------------------------------------------------------


class Failing:
    """A file whose disk fails after so many bytes."""

    def __init__(self, file: Any, number: int, after: int) -> None:
        self._file, self._number, self._left = file, number, after
        self.way = file.way

    def write(self, data: memoryview, at: int) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise OSError(self._number, os.strerror(self._number))
        self._file.write(data, at)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "became full"),
        (errno.EDQUOT, "became full"),
        (errno.EFBIG, "may not become as long"),
        (errno.EIO, "failed"),
    ],
)
def test_a_disk_that_fails_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    opened = files.open_at
    monkeypatch.setattr(files, "open_at", lambda place: Failing(opened(place), number, MIB))
    with pytest.raises(AccelError, match=said) as fault:
        running.measure_out_of_core(asked(tmp_path), a_disk(), detect(), lambda event: None)
    assert str(fault.value).count(".") <= str(fault.value).count(str(tmp_path)) * str(tmp_path).count(".") + 1
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="a file of Windows has a handle and no descriptor")
def test_a_file_that_was_cut_ends_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    multiply = running.multiply

    def cut(plan: Any, them: Any, *rest: Any) -> Any:
        os.ftruncate(them.b._file._descriptor, 4096)
        return multiply(plan, them, *rest)

    monkeypatch.setattr(running, "multiply", cut)
    with pytest.raises(AccelError, match="ended too early"):
        running.measure_out_of_core(asked(tmp_path), a_disk(), detect(), lambda event: None)


def test_a_folder_that_was_removed_ends_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(AccelError, match="was removed"):
        running.measure_out_of_core(asked(tmp_path / "gone"), a_disk(), detect(), lambda event: None)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_run_leaves_nothing_behind(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from accel_core.out_of_core.files import TileFile\nfrom accel_core.out_of_core.room import Room\n"
        "from accel_core.roofline.streamed import Plan\n"
        "plan = Plan(512, 4, 4, 4)\n"
        "file, room = TileFile(Path(sys.argv[1]), plan.tile_bytes), Room(plan, 'float32').cut(plan)\n"
        "file.write(room.block, 0); file.flush(); print('written', flush=True); time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert child.stdout is not None and child.stdout.readline() == b"written\n"
    child.kill()
    child.wait()
    child.stdout.close()
    assert not any(tmp_path.iterdir())


# -- what may be asked ---------------------------------------------------------------------------------------


def job(folder: Path, **more: Any) -> dict[str, Any]:
    return {"kind": "out_of_core", "folder": str(folder), "memory_bytes": 16 * MIB, **more}


def test_a_job_has_the_best_block_and_half_of_it_and_four_times_the_memory(tmp_path: Path) -> None:
    data = check(job(tmp_path), detect()).data
    best, half = data["blocks"]
    assert half <= best / 2 < 2 * half
    assert 3 * data["size"] ** 2 * 4 >= 4 * data["memory_bytes"]
    assert check(data, detect()).data == data


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"memory_bytes": 1000}, "does not hold a tile"),
        ({"memory_bytes": 1 << 49}, "are free"),
        ({"size": 100}, "nothing is out of core"),
        ({"blocks": [1]}, "cannot be run"),
        ({"blocks": [4000]}, "cannot be run"),
        ({"blocks": [640] * 9}, "too many"),
        ({"dtype": "int8"}, "dtype"),
        ({"threads": 0}, "threads"),
        ({"folder": "/there/is/none"}, "no folder"),
        ({"folder": 3}, "folder is 3"),
        ({"memory_bytes": "512M"}, "whole number"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_sentence(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        check(job(tmp_path) | more, detect())


def test_matrices_that_the_disk_has_no_room_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda folder: SimpleNamespace(free=48 * MIB))
    assert check(job(tmp_path, size=2048), detect()).data["size"] == 2048
    with pytest.raises(BadInput, match="has 48 MiB free: choose a smaller size"):
        check(job(tmp_path, size=2049), detect())


def test_a_folder_in_memory_is_no_disk(tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(BadInput, match="lies in memory"):
        running.measure_out_of_core(asked(tmp_path), replace(a_disk(), way="memory"), detect(), lambda e: None)
