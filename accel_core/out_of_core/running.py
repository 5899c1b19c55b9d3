"""A product on the disk from what was asked to its records: files made, predicted, run and checked."""

from __future__ import annotations

import threading
import uuid
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from accel_core.bench.events import Emit, result_event
from accel_core.bench.threads import limit, require_processors
from accel_core.bench.verify import format_small
from accel_core.errors import BadInput, WrongResult
from accel_core.kernels import pool
from accel_core.machine import environment
from accel_core.model import Disk, Machine
from accel_core.model.disk import READ, WRITE
from accel_core.model.out_of_core import OutOfCoreRun
from accel_core.out_of_core.check import SignCheck, check_bytes, made, new_key
from accel_core.out_of_core.files import TileFile
from accel_core.out_of_core.pace import measure_pace
from accel_core.out_of_core.planning import Asked
from accel_core.out_of_core.product import Files, multiply
from accel_core.out_of_core.progress import Done, Steps
from accel_core.out_of_core.room import (
    BESIDE_BYTES,
    Room,
    device_read_bytes,
    forget_peak,
    limited,
    status_bytes,
)
from accel_core.privacy import without_user
from accel_core.roofline.streamed import Plan, foreseen, share_of_bound

_WARM, _TIMES, _WAIT_S = 768, 3, 5.0
MAKING = "The matrices, made tile by tile"


def measure_out_of_core(asked: Asked, disk: Disk, machine: Machine, emit: Emit) -> list[OutOfCoreRun]:
    """A record for each of the blocks asked for, told when it is there.

    Raises BadInput where `disk` is memory, WrongResult where a product is farther from a b than rounding
    explains, AccelError for what the disk has to say.
    """
    steps = Steps(emit, 1 + len(asked.blocks))
    with limit(asked.plan.threads), threadpool_limits(1, "blas"), ExitStack() as until_the_end:
        require_processors(asked.plan.threads)
        run = Run(asked, disk, machine, until_the_end)
        steps.begin(MAKING)
        run.make(steps.part)
        results = []
        for block in asked.blocks:
            results.append(run.product(block, steps))
            emit(result_event(results[-1]))
    return results


class Run:
    """The files, the memory and the check that the products of one job share."""

    def __init__(self, asked: Asked, disk: Disk, machine: Machine, until_the_end: ExitStack) -> None:
        self._asked, self._disk, self._machine = asked, disk, machine
        self._read, self._write = _bandwidths(disk)
        self._latency_s = disk.latency.time_s.median if disk.latency else 0.0
        _call_the_library(asked.plan.threads, asked.dtype)
        forget_peak()
        self._before = status_bytes("VmRSS")
        plan = asked.plan
        beside_bytes = BESIDE_BYTES + check_bytes(plan.size)
        self._limited = until_the_end.enter_context(limited(asked.memory_bytes + beside_bytes))
        a, b, c = (until_the_end.enter_context(closing(TileFile(asked.folder, plan.tile_bytes))) for _ in "abc")
        self._files = Files(a, b, c, plan)
        self._room = Room(plan, asked.dtype)
        self._check = SignCheck(plan, asked.dtype)

    def make(self, done: Done) -> None:
        """Fill b and then a with tiles that follow from their numbers, and c, so that its room is taken."""
        length, tile, files = self._asked.plan.length, self._a_tile(), self._files
        b_key, a_key = new_key(), new_key()
        for number in range(length**2):
            made(tile, b_key, number)
            self._check.take_b(*divmod(number, length), tile)
            files.b.write(tile, number)
            files.c.write(tile, number)
            done(number / length**2 / 2)
        for number in range(length**2):
            made(tile, a_key, number)
            column, row = divmod(number, length)
            self._check.take_a(row, column, tile)
            files.a.write(tile, number)
            done((1 + number / length**2) / 2)
        for file in (files.a, files.b, files.c):
            file.flush()

    def product(self, block: int, steps: Steps) -> OutOfCoreRun:
        """The product with one block: predicted, run, checked."""
        plan = self._asked.plan.with_block(block).evened()
        steps.begin(f"The product, with a block of {plan.block}")
        room = self._room.cut(plan)
        pace = measure_pace(plan, self._files, room)
        cost = pace.read_cost_s_per_byte
        said = foreseen(plan, pace.flop_per_s, self._read, self._write, self._latency_s, cost)
        counted = device_read_bytes()
        took = multiply(plan, self._files, room, steps.part_of(said.total_s))
        from_disk = None if counted is None else (device_read_bytes() or 0) - counted
        share = self._checked(plan)
        most = status_bytes("VmHWM")
        asked = self._asked
        return OutOfCoreRun(
            size=plan.size,
            dtype=asked.dtype,
            threads=asked.plan.threads,
            tile=plan.tile,
            block=plan.block,
            best_block=asked.plan.block,
            memory_bytes=asked.memory_bytes,
            room_bytes=self._room.size_bytes,
            limited=self._limited,
            grown_bytes=None if most is None or self._before is None else most - self._before,
            matrix_bytes=plan.matrix_bytes,
            disk_id=self._disk.id,
            folder=without_user(str(asked.folder)),
            way=self._files.a.way,
            library_flop_per_s=pace.flop_per_s,
            disk_read_byte_per_s=self._read,
            disk_write_byte_per_s=self._write,
            disk_latency_s=self._latency_s,
            predicted_multiply_s=said.multiply_s,
            predicted_read_s=said.read_s,
            predicted_write_s=said.write_s,
            predicted_s=said.total_s,
            bound_by=said.bound_by,
            share_of_bound=share_of_bound(plan, asked.memory_bytes),
            time_s=took.total_s,
            multiply_s=took.multiply_s,
            waited_s=took.waited_s,
            read_s=took.read_s,
            write_s=took.write_s,
            read_bytes=took.read_bytes,
            write_bytes=took.write_bytes,
            device_read_bytes=from_disk,
            share_of_allowed=share,
            kept_off=took.kept_off,
            fingerprint=self._machine.fingerprint,
            environment=environment(),
            created=datetime.now(UTC).isoformat(timespec="microseconds"),
            id=uuid.uuid4().hex,
            read_cost_s_per_byte=cost,
        )

    def _a_tile(self) -> NDArray[Any]:
        """One tile of the room."""
        return self._room.cut(self._asked.plan).products[0]

    def _checked(self, plan: Plan) -> float:
        """The error of c over what rounding explains; WrongResult where it is more."""
        tile = self._a_tile()
        self._check.begin()
        for number in range(plan.length**2):
            self._files.c.read(tile, number)
            self._check.take_c(*divmod(number, plan.length), tile)
        share = self._check.share_of_allowed()
        if not share <= 1:
            raise WrongResult(
                f"The product on the disk is wrong: its error is {format_small(share)} times what rounding "
                "explains, so it has no time."
            )
        return share


def _bandwidths(disk: Disk) -> tuple[float, float]:
    """Bytes a second that one thread reads and writes; BadInput for a disk that is none."""
    read, write = disk.fastest(READ, depth=1), disk.fastest(WRITE, depth=1)
    if disk.is_memory:
        raise BadInput(
            f"The folder {disk.folder} lies in memory, so nothing would come from a disk: name one on a disk "
            "with --folder."
        )
    if read is None or write is None:
        raise BadInput(f"The disk under {disk.folder} was not both read and written: measure it for longer.")
    return read.rate_byte_per_s.median, write.rate_byte_per_s.median


def _call_the_library(threads: int, dtype: str) -> None:
    """Have the library take the memory that it takes for each thread, before anybody counts.

    It takes more where more threads are inside at once, so all go in together, several times.
    """
    tile = np.ones((_WARM, _WARM), dtype)
    together = threading.Barrier(threads)

    def call() -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(_WAIT_S)
        np.matmul(tile, tile)

    for _ in range(_TIMES):
        pool.run([call] * threads)
