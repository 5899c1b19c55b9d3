"""The children that compute: the submission's, and one for all baselines, which are this program's own.

All are told what to do by orders in shared memory and answer by reports there (`inside.pages`).
"""

from __future__ import annotations

import json
import pickletools
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core.errors import AccelError
from accel_core.judge import allowed, elf
from accel_core.judge.asked import Asked, Refused, foreign
from accel_core.judge.staging import UNSAID, Stage
from accel_core.model import ITEM_BYTES
from accel_core.units import format_time
from accel_core.wall import Child, ChildEnded, ChildLate, Limits, start

INSIDE = Path(__file__).parent / "inside"
START_S = 60.0
"""For a child to import what it needs, on a slow machine with cold files."""
COMPILE_S = 30.0
CALL_S = 10.0
"""For one call at any size."""
FIRST_CALL_S = 30.0
"""For the first call in the open division, which may compile."""
CPU_S = 600
MEMORY_BYTES = 4 * 1024**3
_ENTRY_BYTES = 4096
_BITS = ("None", "128", "256", "512")


@dataclass(frozen=True, slots=True)
class MachineCode:
    """An object file that may run here, and what was said of it."""

    data: bytes
    entry: str
    vector_bits: int | None
    """By the compiler's assembly text, which the child that compiled it has read."""
    team: bool
    """Whether it starts threads."""


@dataclass
class Player:
    """A child with the memory that it shares, called by orders."""

    child: Child
    stage: Stage
    threads: int = 1
    trusted: bool = False
    """Whether only this program's own code runs in it: its end is then no fault of a submission."""

    def do(self, order: int, number: int = 0, places: Any = None, timeout_s: float = CALL_S) -> int:
        """Nanoseconds that the child took for an order; ChildEnded or ChildLate where it did not do it."""
        self.stage.order(order, number, places)
        try:
            return self.child.call(timeout_s)
        except (ChildEnded, ChildLate) as error:
            if self.trusted:
                raise AccelError(f"The process of the baselines is gone: {error}") from error
            raise


# -- compiling -----------------------------------------------------------------------------------------------


def compile_code(asked: Asked, dimensions: Sequence[int]) -> MachineCode:
    """The machine code of a submission whose arrays have so many `dimensions`; Refused where there is none, or
    where it would call what this division does not allow."""
    with Stage(0, elf.MOST_BYTES) as stage:
        told = {
            "function": asked.event.workload,
            "dimensions": list(dimensions),
            "dtype": asked.event.dtype,
            "parallel": not asked.one_thread,
            "output": stage.output_fd,
        }
        limits = Limits(cpu_s=int(2 * COMPILE_S), memory_bytes=MEMORY_BYTES, threads=True)
        with _started(
            "compile.py", told, asked, stage, limits, {"submission.py": asked.code.encode()}
        ) as child:
            _ready(child)
            try:
                child.call(COMPILE_S)
            except ChildLate:
                raise Refused(
                    f"It was not compiled after {format_time(COMPILE_S)}: make it shorter, and do no work "
                    "where the file is read."
                ) from None
            except ChildEnded as ended:
                raise Refused(f"It could not be compiled: {_inside_sentence(str(ended))}") from None
        return _machine_code(stage, asked)


def _machine_code(stage: Stage, asked: Asked) -> MachineCode:
    """What lies in the output of the child that compiled; it may have made up all of it."""
    _, said = stage.report()
    try:
        words = json.loads(said)
        if isinstance(words.get("error"), str):
            raise Refused(foreign(words["error"]))
        size, entry, bits = words["size"], words["entry"], words.get("vector_bits")
        if not isinstance(size, int) or not isinstance(entry, str) or str(bits) not in _BITS:
            raise ValueError
        if not 0 < size <= elf.MOST_BYTES or not 0 < len(entry) <= _ENTRY_BYTES:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refused("What came out of the compiler is no machine code: hand in a plain function.") from None
    data = stage.bytes_of_output(size)
    if sys.platform != "linux":  # other systems have other object files, and no wall: it is one's own code
        return MachineCode(data, entry, bits, not asked.one_thread)
    try:
        found = elf.read_object(data)
    except elf.NoObject as fault:
        raise Refused(f"What came out of the compiler may not be loaded: {foreign(str(fault))}.") from None
    if found.machine != elf.MACHINES.get(platform.machine()) or entry not in found.defined:
        raise Refused("What came out of the compiler is no machine code of this processor.")
    if why := allowed.why_not_called(found.undefined, threads=not asked.one_thread):
        raise Refused(why)
    return MachineCode(data, entry, bits, bool(set(found.undefined) & allowed.TEAM))


# -- computing -----------------------------------------------------------------------------------------------


def native_player(asked: Asked, made: MachineCode, stage: Stage, *, private: bool = False) -> Player:
    """A child that runs machine code and nothing else; `private`: on inputs of its own, which it may write."""
    told = {
        "entry": made.entry,
        "item": ITEM_BYTES[asked.event.dtype],
        "inputs": stage.inputs_fd,
        "output": stage.output_fd,
        "threads": asked.threads,
        "team": made.team,
        "private": private,
    }
    limits = Limits(cpu_s=CPU_S * asked.threads, memory_bytes=MEMORY_BYTES, disk_bytes=0, threads=made.team)
    return _player("native.py", told, asked, stage, limits, {"object": made.data}, made.team)


def python_player(asked: Asked, stage: Stage) -> Player:
    """A child that runs the file itself."""
    told = {
        "function": asked.event.workload,
        "dtype": asked.event.dtype,
        "inputs": stage.inputs_fd,
        "output": stage.output_fd,
    }
    limits = Limits(cpu_s=CPU_S * asked.threads, memory_bytes=MEMORY_BYTES, threads=True)
    return _player("python.py", told, asked, stage, limits, {"submission.py": asked.code.encode()}, True)


def baseline_player(asked: Asked, stage: Stage) -> Player:
    """The child that calls the event's baselines: trusted, so that no wall stands around it."""
    told = {
        "kernels": list(asked.event.baselines),
        "threads": asked.threads,
        "dtype": asked.event.dtype,
        "inputs": stage.inputs_fd,
        "output": stage.output_fd,
    }
    limits = Limits(cpu_s=100 * CPU_S, memory_bytes=1 << 46, files=4096, threads=True)
    child = start(INSIDE / "baselines.py", [json.dumps(told)], shared=stage.shared, limits=limits, walled=False)
    return Player(child, stage, asked.threads, trusted=True)


def _player(
    script: str,
    told: Mapping[str, Any],
    asked: Asked,
    stage: Stage,
    limits: Limits,
    files: Mapping[str, bytes],
    many: bool,
) -> Player:
    child = _started(script, told, asked, stage, limits, files)
    try:
        _ready(child)
    except BaseException:
        child.kill()
        raise
    return Player(child, stage, threads=asked.threads if many else 1)


def _started(
    script: str,
    told: Mapping[str, Any],
    asked: Asked,
    stage: Stage,
    limits: Limits,
    files: Mapping[str, bytes],
) -> Child:
    return start(
        INSIDE / script,
        [json.dumps(told)],
        files=files,
        shared=stage.shared,
        limits=limits,
        walled=asked.walled,
    )


def _ready(child: Child) -> None:
    """Wait until a child has prepared; before that nothing of a submission runs in it."""
    child.ready(START_S)


# -- how a call ends -----------------------------------------------------------------------------------------

_UNMADE = "llvmlite."
"""How Numba's pickle begins the words of which parts are known only while the code runs."""
_OTHER_SHAPE = "(as out[:] = x does where the shapes differ)"
_STATUS_WORDS = "It ended with an error (status {}) that its machine code does not name"


def complaint(status: int, said: bytes, native: bool) -> str:
    """What a report says that went wrong, in a sentence; empty where all went well."""
    if status == 0:
        return ""
    if status == UNSAID:
        return "It said that it was done before its function had returned."
    if not native:
        return foreign(said.decode("utf-8", "replace")) or "It ended with an error."
    return f"It raises {raised(said)}." if said else f"{_STATUS_WORDS.format(status)}."


def raised(pickle: bytes) -> str:
    """Class and message of the error in a pickle, by its opcodes: nothing is loaded.

    Numba keeps an error as its class, its arguments and its place.
    """
    words: list[str] = []
    try:
        for code, argument, _ in pickletools.genops(pickle):
            if isinstance(argument, str) and code.name != "PROTO":
                words.append(argument)
    except Exception:  # whatever somebody has put there
        return "an error" if not words else foreign(words[0])
    names = [word for word in words if word.isidentifier() and word[:1].isupper()]
    if not names:
        return "an error"
    after = words[words.index(names[0]) + 1 :]
    message = next((word for word in after if word not in names), "").partition('File "')[0].strip()
    if message.startswith(_UNMADE):
        return f"{foreign(names[0])} {_OTHER_SHAPE}"
    return foreign(f"{names[0]}: {message}" if message else names[0])


def ending(error: ChildEnded | ChildLate, limit_s: float) -> str:
    """How a submission's process ended, in a sentence."""
    if isinstance(error, ChildLate):
        return f"It was not done after {format_time(limit_s)}"
    return foreign(str(error)).rstrip(".")


def touched_memory(error: ChildEnded | ChildLate) -> bool:
    """Whether a process ended because it used memory that it does not have, or may not write."""
    return any(name in str(error) for name in ("SIGSEGV", "SIGBUS"))


def _inside_sentence(text: str) -> str:
    """A sentence as it stands after a colon."""
    text = foreign(text)
    return text[:1].lower() + text[1:]
