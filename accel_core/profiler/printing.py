"""What a profile says: a line, or up to five."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from accel_core.errors import BadInput
from accel_core.units import format_rate, format_time


def print_profile(result: Mapping[str, Any], show_details: bool) -> None:
    """Print its lines; a terminal that lacks a character is given a question mark."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(describe(result, show_details).encode(encoding, "replace").decode(encoding))


def describe(result: object, show_details: bool) -> str:
    """The lines of one profile. What it does not hold, or holds as None, is left out.

    Raises BadInput for what is no profile.
    """
    if not isinstance(result, Mapping) or not isinstance(result.get("wall_time"), (int, float)):
        kind = type(result).__name__
        raise BadInput(
            f"result is a {kind} that holds no profile; give the dictionary that profile(...) returned."
        )
    return "\n".join([_headline(result), *(_details(result) if show_details else ())])


def _headline(result: Mapping[str, Any]) -> str:
    line = f"{result.get('name', 'function')}: {format_time(result['wall_time'])}"
    if result.get("interval") is None:
        return line
    low, high = map(format_time, result["interval"])
    return f"{line} ({low} to {high}, n = {result.get('n')})"


def _details(result: Mapping[str, Any]) -> Iterator[str]:
    """In the words and the order of the material that the names come from."""
    delta, peak = result.get("memory_delta_mb"), result.get("peak_memory_mb")
    if delta is not None and peak is not None:
        yield f"   Memory: {delta:.2f}MB delta, {peak:.2f}MB peak"
    shape, size = result.get("result_shape"), result.get("result_size_mb")
    if shape is not None and size is not None:
        yield f"   Output: {shape} ({size:.2f}MB)"
    share, cores = result.get("cpu_efficiency"), result.get("cores")
    if share is not None:
        yield f"   CPU: {share:.2f} efficiency" + ("" if cores is None else f", of {cores} cores")
    if result.get("flop_per_s") is not None:
        yield f"   Rate: {format_rate(result['flop_per_s'], 'FLOP/s')}"
