"""What describes a kind of job, and how the entries of a job are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accel_core.errors import BadInput, quoted
from accel_core.model import DTYPES, require_dtype

if TYPE_CHECKING:
    from accel_core.model import Machine
    from accel_core.runner.known import Known

JobData = Mapping[str, Any]
Emit = Callable[[dict[str, Any]], None]
Run = Callable[[JobData, "Machine", Emit], None]
Parts = tuple[Sequence[float], Sequence[float]]
"""Seconds of each step without compiling, on this core; and of compiling for it, at the registry's pace."""

ROOFS = "roofs"
MAX_ENTRIES = 500
MAX_BUDGET_S = 600.0
COMPILE_S = 240.0
"""Allowed for imports and a cold compile cache, and again for every forty cases: two busy cores took 60 s for
the simulator alone."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job, from what may be asked to what it takes.

    Its functions import inside what brings Numba: the first page does without the compiler, and a worker says
    that it has started before it pays for that.
    """

    name: str
    keys: tuple[str, ...]
    """Of its job, beside `kind`, `budget_s`, `time_limit_s` and `memory_limit_bytes`."""
    check: Callable[[JobData, Machine], tuple[dict[str, Any], float]]
    """The job's data with its defaults, and the seconds after which it is ended; BadInput where it is none."""
    run: Run
    """In the worker: emits an event for each step and result."""
    foresee: Callable[[JobData, Known], Parts]
    """What checked data will take."""
    threads: Callable[[JobData], int] = lambda data: max(data.get("threads", (1,)))
    """The most threads of checked data: how many processors the worker keeps for itself."""
    measures: bool = True
    """False where it asks no clock: it may run on a pretend host, and its results hold under any setting."""
    own_compiler: bool = False
    """Whether it is compiled for this processor, whatever the user's settings tell the compiler."""
    told_roofs: bool = False
    """Whether its worker gets, under ROOFS, what is stored of the machine's roofs when it starts."""


def entries(job: JobData, key: str, default: Any = ()) -> list[Any]:
    """The list of the job under `key`; BadInput unless it has 1 to MAX_ENTRIES entries."""
    given = job.get(key)
    items = default if given is None else given
    if not isinstance(items, list | tuple) or not 1 <= len(items) <= MAX_ENTRIES:
        raise BadInput(f"{key} is {quoted(items)}: give a list of 1 to {MAX_ENTRIES} entries.")
    return list(items)


def dtypes(job: JobData) -> list[str]:
    """The `dtypes` of the job, each once, or all where it names none; BadInput for one that is not measured."""
    asked = entries(job, "dtypes", DTYPES)
    for dtype in asked:
        require_dtype(dtype)
    return list(dict.fromkeys(asked))


def seconds(job: JobData, key: str, default: float, most: float = MAX_BUDGET_S) -> float:
    """The number of the job under `key`; BadInput unless it is above 0 and at most `most`."""
    given = job.get(key)
    if given is None:
        return default
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= most:
        raise BadInput(f"{key} is {quoted(given)}: give a number of seconds above 0 and at most {most:.0f}.")
    return float(given)
