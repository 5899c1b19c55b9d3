"""What is handed in to the arena, and what was found when it was judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accel_core.codec import PlainData
from accel_core.model.machine import Environment
from accel_core.model.series import Series
from accel_core.model.words import Estimate, Shape

ACCEPTED, REFUSED, QUARANTINED, UNSETTLED = VERDICTS = ("accepted", "refused", "quarantined", "unsettled")
"""Right and scored; wrong or not allowed; faster than a roof; not scored, because the machine was disturbed."""
STAGES = ("read", "compile", "example", "tests", "times")
"""What a submission passes, in this order."""
JUDGED_CONFIDENCE, TRIED_CONFIDENCE = 0.95, 0.75
"""Of intervals of an entry, and of a trial: three samples lie on one side of the median once in four times."""


@dataclass(frozen=True, slots=True)
class BaselineTime(PlainData):
    """A rung of the ladder, timed in turns with a submission on the same inputs."""

    kernel: str
    """"matmul/compiled_ikj"."""
    time_s: Estimate
    drift: float | None = None
    """How far its later calls lie from its earlier ones, as a share; None with few."""
    least_drift: float = 0.0
    """The least of it that its noise does not explain (95 %), negative where the later calls were faster."""


@dataclass(frozen=True, slots=True)
class SizeResult(PlainData):
    """A submission at one size."""

    shape: Shape
    drawn: bool
    """Whether the size was drawn by the seed of the verdict, and not printed beforehand."""
    flop: int
    least_bytes: int
    time_s: Estimate | None = None
    """From before its inputs could be seen to when nothing of it ran any more; None where it was not timed."""
    series: Series | None = None
    roof_s: float | None = None
    """What the lower of both roofs allows: flop / attainable."""
    bound_by: str = ""
    """"compute" or "memory"; empty without roofs."""
    level: str = ""
    """The memory level whose roof counts."""
    score: float | None = None
    """roof_s / median time, not clipped and not floored; in a misses event the bound over the misses."""
    ranked: bool = True
    """False where the time is too short to be told from the round trip of an empty kernel, and for the drawn
    sizes of a misses event."""
    note: str = ""
    """Why it was refused, quarantined or not ranked, in a sentence."""
    max_error: float | None = None
    """Largest error of all checked calls as a share of what is allowed; over 1 it is wrong."""
    baselines: tuple[BaselineTime, ...] = ()
    misses: int | None = None
    """Of a misses event, in the printed cache."""
    misses_of: Mapping[str, int] = field(default_factory=dict)
    """Those of "A", "B" and "C"; and how many were "compulsory", "capacity" and "conflict" misses."""
    least_misses: int | None = None
    """What no order undercuts."""
    baseline_misses: Mapping[str, int] = field(default_factory=dict)
    """Kernel -> misses of the order of its loops."""


@dataclass(frozen=True, slots=True)
class Verdict(PlainData):
    """What became of one submission when it was judged, or only tried."""

    event: str
    verdict: str
    """One of VERDICTS."""
    stage: str
    """The last of STAGES that it reached."""
    reason: str
    """One sentence, for whoever wrote it."""
    score: float | None
    """100 times the geometric mean of the floored scores of its ranked sizes; None unless it was accepted."""
    score_low: float | None
    score_high: float | None
    """The interval that follows from those of its times."""
    sizes: tuple[SizeResult, ...]
    tried: bool
    """True where it was only tried: printed sizes alone, and little time."""
    seed: int | None
    """Of the drawn sizes, so that anybody can draw them again."""
    null_s: float | None
    """Median round trip of a kernel that does nothing, in the same job."""
    walled: bool
    """Whether the wall stood around it."""
    layers: tuple[str, ...]
    """What the wall was made of: "bubblewrap", "seccomp", "landlock"."""
    facts: Mapping[str, Any]
    """Of the code: lines, threads, and where the judge compiled it vector_bits: the widest in its machine code,
    None where there is none."""
    failing: Mapping[str, Any]
    """The smallest input that it fails, as text: input, expected, got; empty where it fails none."""
    disturbed: bool
    disturbed_reason: str
    code_digest: str
    """BLAKE2b of the file, 16 hexadecimal digits."""
    entry: str
    """Id of the entry; empty where it was tried."""
    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC."""
    id: str
    """Random, made when judged."""
    confirms: str = ""
    """Id of the verdict that this one was made to confirm."""
    roof_threads: int = 0
    """The number of threads whose roofs count; 0 in records from before it was kept."""


@dataclass(frozen=True, slots=True)
class ArenaEntry(PlainData):
    """A file that somebody handed in. It is kept as it came, and never changes."""

    id: str
    event: str
    person: str
    """The nickname."""
    code: str
    created: str
    """ISO 8601, UTC."""
    open: bool = False
    """Whether everybody may read the code at once, and not only after the deadline."""
    built_on: str = ""
    """Id of the entry that it is built on."""


@dataclass(frozen=True, slots=True)
class Ruling(PlainData):
    """What the presenter decided about an entry, with the reason that all see."""

    entry: str
    what: str
    """"hide", "annul" or "restore"."""
    reason: str
    created: str
