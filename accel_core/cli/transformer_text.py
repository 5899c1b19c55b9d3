"""A predicted block for a person: a row an operation, then the block, its memory and the whole model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.cli.output import pairs, table
from accel_core.transformer import BlockShape, Preset
from accel_core.units import format_bytes, format_number, format_rate, format_ratio, format_time

_HEADER = ("operation", "FLOP", "bytes", "FLOP/B", "bound by", "predicted", "share")


def transformer(base: Preset, shape: BlockShape, data: Mapping[str, Any]) -> str:
    """`data` is the command's JSON."""
    rows = [_row(row["name"], row) for row in data["operations"]]
    rows.append(_row("block", {**data["total"], "bound_by": None, "share": None}))
    parts = (_title(base, shape), table(_HEADER, rows), pairs(_summary(shape, data)), *data["notes"])
    return "\n\n".join(parts)


def _title(base: Preset, shape: BlockShape) -> str:
    how = f"one token with a context of {shape.sequence}" if shape.decode else f"a sequence of {shape.sequence}"
    return (
        f"One block of {base.title}: width {shape.width}, {shape.heads} heads, feed-forward "
        f"{shape.feed_forward}, {how}, batch {shape.batch}, {shape.dtype}{', causal' if shape.causal else ''}. "
        f"Predicted, not measured.\nShape: {base.source}."
    )


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    share, seconds = row["share"], row["predicted_s"]
    return (
        name,
        f"{row['flop']:,}",
        f"{row['bytes']:,}",
        format_number(row["intensity_flop_per_byte"]),
        row["bound_by"] or "",
        "" if seconds is None else format_time(seconds),
        "" if share is None else f"{share:.1%}",
    )


def _summary(shape: BlockShape, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    memory, model, roofs, changed = (data[name] for name in ("memory", "model", "roofs", "faster"))
    rows = []
    if roofs is not None:
        peak, bandwidth = roofs["peak_flop_per_s"], roofs["bandwidth_byte_per_s"]
        told = f"{format_rate(peak, 'FLOP/s')} and {format_rate(bandwidth, 'B/s')}, {roofs['source']}"
        rows.append(("roofs", told))
    if changed is not None:
        factors = ", ".join(
            f"{name} {format_number(by)} times as fast" for name, by in changed["factors"].items()
        )
        gain = format_ratio(changed["speedup"])
        rows.append(("what if", f"{factors}: {format_time(changed['predicted_s'])}, {gain}"))
    parts = {
        "weights": "weights_bytes",
        "activations": "activations_bytes",
        "keys and values": "keys_values_bytes",
    }
    told = " + ".join(f"{format_bytes(memory[key])} {name}" for name, key in parts.items())
    rows.append(("memory", f"{format_bytes(memory['total_bytes'])} = {told}"))
    blocks = f"{shape.layers} blocks {model['blocks_flop']:,} + head {model['head_flop']:,}"
    rows.append(("whole model", f"{blocks} = {model['forward_flop']:,} FLOP"))
    rows.append(("derivations", "with --json, for each operation"))
    return rows
