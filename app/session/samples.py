"""Records of other machines, shown until this one has its own; None where a file cannot be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from accel_core.model import ArenaEntry, BlockRun, Machine, Measurement, Peaks, Verdict
from accel_core.race import Calibration
from app.session.assets import ASSETS

RECORD = ASSETS / "sample_record.json"
BLOCKS = ASSETS / "sample_blocks.json"
ARENA = ASSETS / "sample_arena.json"
Made = TypeVar("Made")


@dataclass(frozen=True)
class Sample:
    """Roofs and measurements of a machine."""

    machine: Machine
    peaks: Peaks
    measurements: tuple[Measurement, ...]
    calibrations: tuple[Calibration, ...] = ()


@dataclass(frozen=True)
class Blocks:
    """Transformer blocks that were run on a machine, and its roofs."""

    machine: Machine
    peaks: Peaks
    runs: tuple[BlockRun, ...]


@dataclass(frozen=True)
class Judgings:
    """What was handed in and judged on a machine."""

    machine: Machine
    entries: tuple[ArenaEntry, ...]
    verdicts: tuple[Verdict, ...]


def sample() -> Sample | None:
    """What most pages show."""

    def made(data: dict[str, Any]) -> Sample:
        return Sample(
            Machine.from_dict(data["machine"]),
            Peaks.from_dict(data["peaks"]),
            tuple(Measurement.from_dict(m) for m in data["measurements"]),
            tuple(Calibration.from_dict(c) for c in data.get("calibrations", ())),
        )

    return _read(RECORD, made)


def blocks() -> Blocks | None:
    """What the page Transformer shows until this machine has roofs."""

    def made(data: dict[str, Any]) -> Blocks:
        runs = tuple(BlockRun.from_dict(one) for one in data["runs"])
        return Blocks(Machine.from_dict(data["machine"]), Peaks.from_dict(data["peaks"]), runs)

    return _read(BLOCKS, made)


def judgings() -> Judgings | None:
    """What the page Arena shows until something is handed in."""

    def made(data: dict[str, Any]) -> Judgings:
        return Judgings(
            Machine.from_dict(data["machine"]),
            tuple(ArenaEntry.from_dict(one) for one in data["entries"]),
            tuple(Verdict.from_dict(one) for one in data["verdicts"]),
        )

    return _read(ARENA, made)


def _read(path: Path, made: Callable[[dict[str, Any]], Made]) -> Made | None:
    try:
        return made(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
