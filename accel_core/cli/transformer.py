"""`accel transformer`: a block's operations counted and predicted. Nothing is measured."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict, dataclass
from typing import Any

from accel_core.cli import transformer_text
from accel_core.cli.jobs import stored_peaks
from accel_core.cli.output import Answer
from accel_core.errors import BadInput
from accel_core.transformer import (
    BlockShape,
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
    """The roofs of a prediction, and where they come from; None where there are none."""

    peak_flop_per_s: float | None
    bandwidth_byte_per_s: float | None
    source: str
    """ "typed in", "measured" or, where there are none, what to do about it."""


def transformer(options: Namespace) -> Answer:
    """Count a block's operations, and predict them under roofs that are typed in or stored of this machine.

    `bound_by`, `predicted_s` and `share` (of the block's predicted time) are null without roofs; `notes` then
    says what to measure. `faster` is null where nothing is asked. `model` is all blocks and the head, without
    what comes before the first block and the norm behind the last.
    """
    shape = _shape(options)
    roofs, limit_bytes = _roofs(options)
    if limit_bytes is not None:
        check_fits(shape, limit_bytes)
    listed = operations(shape, options.products_only)
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "kind": one.kind,
            "flop": one.counted.flop,
            "bytes": one.counted.bytes,
            "intensity_flop_per_byte": one.counted.flop_per_byte,
            "bound_by": None,
            "predicted_s": None,
            "share": None,
            "derivation": one.counted.derivation,
            "source": one.counted.source,
        }
        for one in listed
    ]
    total: dict[str, Any] = {name: sum(row[name] for row in rows) for name in ("flop", "bytes")}
    total |= {"intensity_flop_per_byte": total["flop"] / total["bytes"], "predicted_s": None}
    changed = None
    if roofs.peak_flop_per_s is not None and roofs.bandwidth_byte_per_s is not None:
        predicted = predict(listed, roofs.peak_flop_per_s, roofs.bandwidth_byte_per_s)
        total["predicted_s"] = whole_s = _sum_s(predicted)
        for row, one in zip(rows, predicted, strict=True):
            share = one.predicted_s / whole_s
            row |= {"bound_by": one.bound_by, "predicted_s": one.predicted_s, "share": share}
        changed = _changed(predicted, dict(options.faster))
    elif options.faster:
        raise BadInput(f"Without roofs there is no time to make shorter. {roofs.source}")
    holds = memory_of(shape)
    last = head(shape).counted.flop
    data = {
        "preset": preset(options.preset).name,
        "shape": asdict(shape),
        "products_only": options.products_only,
        "roofs": asdict(roofs),
        "operations": rows,
        "total": total,
        "faster": changed,
        "memory": {**asdict(holds), "total_bytes": holds.total_bytes},
        "model": {
            "blocks_flop": shape.layers * total["flop"],
            "head_flop": last,
            "forward_flop": shape.layers * total["flop"] + last,
        },
        "notes": [] if total["predicted_s"] is not None else [roofs.source],
    }
    return Answer(data, transformer_text.transformer(preset(options.preset), shape, data))


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


def _roofs(options: Namespace) -> tuple[Roofs, float | None]:
    """The roofs, and the bytes that a block must fit in: this machine's only where its own roofs count."""
    if (options.peak is None) != (options.bandwidth is None):
        raise BadInput("One roof alone predicts nothing: give both --peak and --bandwidth, or none of them.")
    if options.peak is not None:
        return Roofs(options.peak, options.bandwidth, "typed in"), options.memory
    from accel_core.machine import detect

    here = detect()
    known = stored_peaks(here)
    found = block_roofs(known.ceilings if known else (), options.dtype, options.threads)
    limit_bytes = here.memory_bytes if options.memory is None else options.memory
    if found is None:
        return Roofs(None, None, what_to_measure(options.dtype, options.threads)), limit_bytes
    compute, memory = found
    return Roofs(compute.value, memory.value, "measured"), limit_bytes


def _changed(predicted: tuple[Prediction, ...], factors: dict[str, float]) -> dict[str, Any] | None:
    """The block with some operations faster; None where nothing is asked."""
    if not factors:
        return None
    after_s = _sum_s(faster(predicted, factors))
    return {"factors": factors, "predicted_s": after_s, "speedup": _sum_s(predicted) / after_s}


def _sum_s(predicted: tuple[Prediction, ...]) -> float:
    return sum(one.predicted_s for one in predicted)
