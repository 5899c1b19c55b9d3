"""`accel transformer`: a block's operations counted and predicted, and on demand measured."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from accel_core.cli import transformer_text
from accel_core.cli.jobs import stored_peaks
from accel_core.cli.output import Answer
from accel_core.cli.transformer_run import measured, times_of, total_of
from accel_core.errors import BadInput
from accel_core.transformer import (
    BlockShape,
    Operation,
    Prediction,
    block_roofs,
    check_fits,
    faster,
    head,
    memory_of,
    operations,
    predict,
    preset,
    what_to_measure,
)


@dataclass(frozen=True, slots=True)
class Roofs:
    """The roofs of a prediction, and whether they are "typed in" or "measured"."""

    peak_flop_per_s: float
    bandwidth_byte_per_s: float
    source: str


def transformer(options: Namespace) -> Answer:
    """Count a block's operations, and predict them under roofs that are typed in or stored of this machine.

    `roofs`, `bound_by`, `predicted_s` and `share` (of the block's predicted time) are null where no roofs are
    known; `notes` then says what to measure. `faster` is null where nothing is asked. `model` is all blocks and
    the head, without what comes before the first block and the norm behind the last. With --measure each
    operation has its time (`time_s` with `low` and `high`, `ratio` to the predicted one, `time_share` of all)
    and `run` is the record; else these are null.
    """
    shape, base = _shape(options), preset(options.preset)
    _check_memory(shape, options)
    run = measured(shape, options)
    roofs = _roofs(options)
    missing = [] if roofs else [what_to_measure(options.dtype, options.threads)]
    if missing and options.faster:
        raise BadInput(f"Without roofs there is no time to make shorter. {missing[0]}")
    listed = operations(shape, options.products_only)
    predicted = predict(listed, roofs.peak_flop_per_s, roofs.bandwidth_byte_per_s) if roofs else ()
    whole_s = _sum_s(predicted) if predicted else None
    flop, moved = sum(one.counted.flop for one in listed), sum(one.counted.bytes for one in listed)
    blocks, last, holds = shape.layers * flop, head(shape).counted.flop, memory_of(shape)
    under_roofs = (roofs.peak_flop_per_s, roofs.bandwidth_byte_per_s) if roofs else None
    data = {
        "preset": base.name,
        "preset_source": base.source,
        "shape": asdict(shape),
        "products_only": options.products_only,
        "byte_convention": "least",
        "roofs": asdict(roofs) if roofs else None,
        "operations": [
            {**_counts(one), **_times(under, whole_s), **times}
            for one, under, times in zip_longest(listed, predicted, times_of(run, listed, under_roofs))
        ],
        "total": {
            "flop": flop,
            "bytes": moved,
            "intensity_flop_per_byte": flop / moved,
            "predicted_s": whole_s,
            **total_of(run, whole_s),
        },
        "run": run.to_dict() if run else None,
        "faster": _changed(predicted, dict(options.faster)),
        "memory": {**asdict(holds), "total_bytes": holds.total_bytes},
        "model": {"blocks_flop": blocks, "head_flop": last, "forward_flop": blocks + last},
        "notes": [*missing, *([run.disturbed_reason] if run and run.disturbed else [])],
    }
    return Answer(data, transformer_text.transformer(base, shape, data))


def _counts(one: Operation) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": one.kind,
        "flop": one.counted.flop,
        "bytes": one.counted.bytes,
        "intensity_flop_per_byte": one.counted.flop_per_byte,
        "derivation": one.counted.derivation,
        "source": one.counted.source,
    }


def _times(under: Prediction | None, whole_s: float | None) -> dict[str, Any]:
    if under is None or whole_s is None:
        return {"bound_by": None, "predicted_s": None, "share": None}
    share = under.predicted_s / whole_s
    return {"bound_by": under.bound_by, "predicted_s": under.predicted_s, "share": share}


def _shape(options: Namespace) -> BlockShape:
    if options.context is not None and not options.decode:
        raise BadInput("A context is what a decoded token looks at: add --decode, or give --sequence.")
    lengths = {
        "width": options.width,
        "heads": options.heads,
        "feed_forward": options.feed_forward,
        "sequence": options.sequence if options.context is None else options.context,
    }
    return preset(options.preset).shape(
        **{name: length for name, length in lengths.items() if length is not None},
        batch=options.batch,
        dtype=options.dtype,
        decode=options.decode,
        causal=options.causal,
    )


def _check_memory(shape: BlockShape, options: Namespace) -> None:
    """Refuse what does not fit; this machine's memory counts only where its own roofs do."""
    limit_bytes = options.memory
    if limit_bytes is None and options.peak is None:
        from accel_core.machine import detect

        limit_bytes = detect().memory_bytes
    if limit_bytes is not None:
        check_fits(shape, limit_bytes)


def _roofs(options: Namespace) -> Roofs | None:
    """Those that are typed in, else the stored ones of this machine; None without any."""
    if (options.peak is None) != (options.bandwidth is None):
        raise BadInput("One roof alone predicts nothing: give both --peak and --bandwidth, or none of them.")
    if options.peak is not None:
        return Roofs(options.peak, options.bandwidth, "typed in")
    from accel_core.pool import measured_machine

    here = measured_machine()
    known = stored_peaks(here)
    found = block_roofs(known.ceilings if known else (), options.dtype, options.threads)
    if found is None and not 1 <= options.threads <= here.cores.allowed:
        raise BadInput(
            f"threads is {options.threads}; a whole number from 1 to {here.cores.allowed} is allowed, "
            "or type --peak and --bandwidth."
        )
    return Roofs(found[0].value, found[1].value, "measured") if found else None


def _changed(predicted: tuple[Prediction, ...], factors: dict[str, float]) -> dict[str, Any] | None:
    """The block with some operations faster; None where nothing is asked."""
    if not factors:
        return None
    after_s = _sum_s(faster(predicted, factors))
    return {"factors": factors, "predicted_s": after_s, "speedup": _sum_s(predicted) / after_s}


def _sum_s(predicted: tuple[Prediction, ...]) -> float:
    return sum(one.predicted_s for one in predicted)
