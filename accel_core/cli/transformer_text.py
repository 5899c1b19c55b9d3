"""A block for a person: a row an operation, predicted and measured, then its memory and the whole model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accel_core.cli.output import pairs, table
from accel_core.transformer import BlockShape, Preset, state
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_ratio, format_time

_HEADER = ("operation", "FLOP", "bytes", "FLOP/B", "bound by", "predicted", "share")
_MEASURED = ("measured", "measured/predicted", "of all", "how")


def transformer(base: Preset, shape: BlockShape, data: Mapping[str, Any]) -> str:
    """`data` is the command's JSON."""
    run = data["run"]
    block = {**data["total"], "bound_by": None, "share": None, "time_share": None, "how": None}
    listed = [*data["operations"], {**block, "name": "block"}]
    rows = [_row(row["name"], row) + (_measured(row) if run else ()) for row in listed]
    header = _HEADER + (_MEASURED if run else ())
    reasons = [(row["name"], row["reason"]) for row in data["operations"] if row["reason"]]
    told = [f"Where measured and predicted differ by more than 20 %:\n{pairs(reasons)}"] if reasons else []
    parts = (_title(base, shape, run), table(header, rows), *told, pairs(_summary(shape, data)), *data["notes"])
    return "\n\n".join(parts)


def _title(base: Preset, shape: BlockShape, run: Mapping[str, Any] | None) -> str:
    how = f"one token with a context of {shape.sequence}" if shape.decode else f"a sequence of {shape.sequence}"
    return (
        f"One block of {base.title}: width {shape.width}, {shape.heads} heads, feed-forward "
        f"{shape.feed_forward}, {how}, batch {shape.batch}, {shape.dtype}{', causal' if shape.causal else ''}. "
        f"{_told(run)}\nShape: {base.source}."
    )


def _told(run: Mapping[str, Any] | None) -> str:
    """Whether it was measured, and how."""
    if run is None:
        return "Predicted, not measured."
    return f"Predicted, and measured on {format_count(run['threads'], 'thread')}: {state(run['state']).title}."


def _measured(row: Mapping[str, Any]) -> tuple[str, ...]:
    share, ratio = row["time_share"], row["ratio"]
    return (
        format_time(row["time_s"]),
        "" if ratio is None else format_number(ratio),
        "" if share is None else f"{share:.1%}",
        row["how"] or "",
    )


def _row(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    share, seconds = row["share"], row["predicted_s"]
    return (
        name,
        f"{row['flop']:,}",
        f"{row['bytes']:,}",
        format_number(row["intensity_flop_per_byte"], 4),
        row["bound_by"] or "",
        "" if seconds is None else format_time(seconds),
        "" if share is None else f"{share:.1%}",
    )


def _summary(shape: BlockShape, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    memory, model, roofs, changed = (data[name] for name in ("memory", "model", "roofs", "faster"))
    rows = []
    if (run := data["run"]) is not None:
        rows.append(("run as one", _whole(data["total"])))
        rows.append(("error", f"{run['max_relative_error']:.1e} of the largest entry, against float64"))
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


def _whole(total: Mapping[str, Any]) -> str:
    """The block run as one, beside the sum of its parts."""
    low, high = total["whole_low"], total["whole_high"]
    between = "" if low is None else f" ({format_time(low)} to {format_time(high)})"
    return f"{format_time(total['whole_s'])}{between}; the parts, one by one: {format_time(total['time_s'])}"
