"""Transformer blocks as if they had been run: invented times, in proportion to what roofs predict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from figure_records import CREATED, ENVIRONMENT, ceilings, estimate

from accel_core.model import BlockRun, Ceiling, OperationTime, Series
from accel_core.model.packed import packed
from accel_core.readings.block_rows import Row, rows_of
from accel_core.transformer import BlockShape, block_roofs, operations, predict, preset

SERIES = Series(1, packed([1] * 21), packed([0] * 21))


def roofs() -> tuple[Ceiling, Ceiling]:
    """117.7 GFLOP/s and 35 GB/s, of float32 and one thread."""
    found = block_roofs(ceilings(), "float32", 1)
    assert found is not None
    return found


def gpt2(**changed: Any) -> BlockShape:
    """GPT-2 small at 1024 tokens."""
    return preset("gpt2-small").shape(**{"sequence": 1024, **changed})


def block_run(shape: BlockShape, slower: Mapping[str, float] | None = None, **extra: Any) -> BlockRun:
    """A run in which each operation took what `roofs` predict, those of the kinds in `slower` so many times."""
    compute, memory = roofs()
    predicted = predict(operations(shape), compute.value, memory.value)
    times = [(p.operation, p.predicted_s * (slower or {}).get(p.operation.kind, 1.0)) for p in predicted]
    plain: dict[str, Any] = {
        "shape": asdict(shape),
        "state": "numpy",
        "threads": 1,
        "operations": tuple(OperationTime(one.name, "numpy", estimate(s), SERIES) for one, s in times),
        "whole_s": estimate(0.9 * sum(s for _, s in times)),
        "whole": SERIES,
        "max_relative_error": 1e-7,
        "disturbed": False,
        "disturbed_reason": "",
        "fingerprint": "f00d",
        "environment": ENVIRONMENT,
        "created": CREATED,
        "id": "a run",
        **extra,
    }
    return BlockRun(**plain)


def rows(shape: BlockShape, slower: Mapping[str, float] | None = None) -> tuple[Row, ...]:
    """The operations under `roofs`, measured where `slower` is given."""
    return rows_of(operations(shape), roofs(), None if slower is None else block_run(shape, slower))
