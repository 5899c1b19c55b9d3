"""What one source says about the machine: some facts, by the names listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from accel_core.model import CacheGroup

Value = int | float | str | None
Read = Callable[[str], str | None]
"""Path -> text, None where the file cannot be read: a recorded host answers as a live one does."""

MOST_CPUS = 8192
"""The most processors that a Linux kernel can be built for (NR_CPUS with MAXSMP); Windows knows 2048."""

Role = Literal["source", "hint", "fallback"]
"""source: may be believed; hint: only shown where it disagrees; fallback: believed where nobody else knows."""

# Names of facts. Cache facts are called "L1 size", "L1 ways", ...: see `caches.cache_facts`.
PROCESSOR = "processor"
VENDOR = "vendor"
FAMILY = "processor family"
MODEL = "processor model"
STEPPING = "processor stepping"
ARCHITECTURE = "architecture"
SYSTEM = "system"
PHYSICAL = "physical cores"
LOGICAL = "logical processors"
ALLOWED = "allowed processors"
ALLOWED_LIST = "allowed processor numbers"
QUOTA = "processor quota"
CORE_LIST = "processors of each core"
FAST_CORES = "performance cores"
SLOW_CORES = "efficiency cores"
FAST_LIST = "performance processor numbers"
KINDS = "kinds of core"
MEASURED = "core measured"
CACHES = "caches in all"
FEATURES = "vector instructions"
WIDTH = "vector width"
MEMORY = "memory"
MEMORY_LIMIT = "memory limit"
CLOCK = "clock"
HYPERVISOR = "virtual machine"
EMULATION = "emulation"
LLVM_TARGET = "compiler target"


@dataclass(frozen=True, slots=True)
class Partial:
    """The answers of one source; a fact that it does not know is missing or None."""

    source: str
    """How a person would look it up: a file, a command, a function."""
    facts: Mapping[str, Value] = field(default_factory=dict)
    role: Role = "source"
    caches: tuple[CacheGroup, ...] = ()
    """Every data cache of the machine."""


def parse_whole(text: str | None) -> int | None:
    """`"48\\n"` -> 48; None for a sign, for nothing or for nonsense, as which "²" counts here."""
    text = (text or "").strip()
    return int(text) if text.isdecimal() else None


def parse_cpu_list(text: str | None) -> tuple[int, ...]:
    """`"0-2,8"` -> (0, 1, 2, 8), the format of Linux; () for None, nothing or nonsense.

    Nonsense is also a list of more than MOST_CPUS, or with a number that is none of so many.
    """
    cpus: set[int] = set()
    listed = 0
    for part in (text or "").strip().split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            begin, end = (_below_limit(number) for number in (first, last or first))
            listed += max(end - begin, 0) + 1
            if end == MOST_CPUS or listed > MOST_CPUS:
                return ()
            cpus.update(range(begin, end + 1))
    return tuple(sorted(cpus))


def _below_limit(digits: str) -> int:
    """The number, MOST_CPUS for all greater ones: Python refuses to read one of thousands of digits."""
    return MOST_CPUS if len(digits.lstrip("0")) > len(str(MOST_CPUS)) else min(int(digits), MOST_CPUS)


def parse_cpu_mask(text: str | None) -> tuple[int, ...]:
    """`"00000001,00000003"` -> (0, 1, 32), the other format of Linux; () for None, nothing or nonsense."""
    try:
        mask = int((text or "").strip().replace(",", ""), 16)
    except ValueError:
        return ()
    if mask.bit_length() > MOST_CPUS:
        return ()
    return tuple(cpu for cpu in range(mask.bit_length()) if mask >> cpu & 1)


def format_cpu_list(cpus: Iterable[int]) -> str:
    """(0, 1, 2, 8) -> `"0-2,8"`."""
    runs: list[list[int]] = []
    for cpu in sorted(set(cpus)):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)


def parse_cores(text: str | None) -> tuple[tuple[int, ...], ...]:
    """`"0,8; 1,9"` -> ((0, 8), (1, 9)): the logical processors of each core; () for more than MOST_CPUS."""
    cores: list[tuple[int, ...]] = []
    listed = 0
    for part in (text or "").split(";"):
        if cpus := parse_cpu_list(part):
            cores.append(cpus)
            listed += len(cpus)
        if listed > MOST_CPUS:
            return ()
    return tuple(cores)


def format_cores(cores: Iterable[Iterable[int]]) -> str:
    """((0, 8), (1, 9)) -> `"0,8; 1,9"`."""
    return "; ".join(format_cpu_list(core) for core in sorted(tuple(sorted(core)) for core in cores))
