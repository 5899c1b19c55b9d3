"""The intensity calculator: a predicted point on the picture before anything is run, with its derivation."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core.errors import BadInput
from accel_core.intensity import CONVENTIONS, MODELS, Intensity, Model, model
from accel_core.model import LEVELS, Ceiling, Machine
from accel_core.readings.roofline import Prediction
from accel_core.roofline import attainable, bound_by, limiting_memory_level, select_roofs
from accel_core.units import format_bytes, format_number, format_rate
from app.roofline.controls import given
from app.session import settings

NONE = "none"
MOST = 10**12
MODEL = settings.Choice(
    "model",
    "Operation",
    (NONE, *(m.name for m in MODELS)),
    NONE,
    "Its FLOP and bytes are counted by formula; nothing is run.",
)
CONVENTION = settings.Choice(
    "convention",
    "Bytes counted",
    CONVENTIONS,
    "least",
    "least: every input read once, every output written once. "
    "stream: each pass counts what it reads and writes. "
    "write_allocate: lines are also read before they are written.",
)


def axes(chosen: Model) -> tuple[settings.Number, ...]:
    """The entries of the model's shape; each model keeps its own numbers."""
    return tuple(
        settings.Number(
            f"{chosen.name}.{axis.name}",
            axis.name,
            axis.low,
            min(axis.high, MOST),
            axis.default,
            whole=True,
            help=axis.meaning,
        )
        for axis in chosen.parameters
    )


def asked() -> tuple[settings.Setting, ...]:
    """All settings of the calculator that the page must check: the fields of the chosen model among them."""
    name = given(MODEL)
    fields = axes(model(str(name))) if name in MODEL.options and name != NONE else ()
    return (MODEL, CONVENTION, *fields)


def estimate(dtype: str) -> tuple[Model, Intensity] | None:
    """What the calculator's fields say; None where no operation is chosen."""
    name = str(given(MODEL))
    if name == NONE:
        return None
    chosen = model(name)
    shape = tuple(int(float(str(given(axis)))) for axis in axes(chosen))
    return chosen, chosen.estimate(shape, dtype, str(given(CONVENTION)))


def prediction(
    machine: Machine, ceilings: Sequence[Ceiling], dtype: str, threads: int
) -> tuple[Prediction, str] | None:
    """The predicted point, as fast as its roofs allow, and a sentence on it.

    None where no operation is chosen, it moves nothing, or its roofs are not known.
    """
    try:
        found = estimate(dtype)
    except BadInput:
        return None
    if found is None or not found[1].flop_per_byte:
        return None
    chosen, counted = found
    compute, memory = _roofs(machine, ceilings, dtype, threads, counted.bytes)
    if compute is None or memory is None:
        return None
    intensity = counted.flop / counted.bytes
    speed = attainable(intensity, compute.value, memory.value)
    bound = bound_by(intensity, compute.value, memory.value)
    roof = f"{memory.level} roof of {format_rate(memory.value, 'B/s')}" if bound == "memory" else "compute roof"
    text = f"{chosen.title} can reach {format_rate(speed, 'FLOP/s')} at the most: the {roof} holds it."
    return Prediction(chosen.title, intensity, speed, counted.derivation), text


def _roofs(
    machine: Machine, ceilings: Sequence[Ceiling], dtype: str, threads: int, working_set_bytes: int
) -> tuple[Ceiling | None, Ceiling | None]:
    """The highest compute roof, and the highest of the nearest level that holds the bytes and has a roof."""
    known = [c for c in ceilings if c.source != "theory"]
    roofs = select_roofs(known, dtype, threads)
    first = LEVELS.index(limiting_memory_level(machine, working_set_bytes))
    by_level = {level: [c for c in roofs.memory if c.level == level] for level in LEVELS}
    near = next((by_level[level] for level in LEVELS[first:] if by_level[level]), [])
    return (
        max(roofs.compute, key=lambda c: c.value, default=None),
        max(near, key=lambda c: c.value, default=None),
    )


def form(dtype: str) -> None:
    """The calculator's fields and the derivation with the numbers put in."""
    with st.container(border=True):
        st.markdown("**Calculator: predict a point**")
        name = str(settings.select(MODEL))
        if name == NONE:
            st.caption("Choose an operation: its predicted point stands on the picture before anything is run.")
            return
        chosen = model(name)
        st.caption(f"{chosen.title}: {chosen.formula}")
        fields = axes(chosen)
        with st.container(horizontal=True):
            for axis in fields:
                settings.number(axis)
        settings.segments(CONVENTION)
        try:
            found = estimate(dtype)
        except BadInput as fault:
            st.error(str(fault))
            return
        if found is None:
            return
        counted = found[1]
        st.markdown(
            f"**{format_number(counted.flop_per_byte or 0)} FLOP/B**: {format_rate(counted.flop, 'FLOP')} "
            f"on {format_bytes(counted.bytes)}"
        )
        st.caption(f"{counted.derivation} Source: {counted.source}")
