"""Blocks that were run on this machine, and the button that runs one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from accel_core.errors import BadInput
from accel_core.model.blocks import BlockRun
from accel_core.readings import transformer
from accel_core.readings.estimates import time_text
from accel_core.runner.kinds import KINDS
from accel_core.studies.record import Record
from accel_core.units import format_time
from app.parts import components
from app.parts.components import literal
from app.session import cached, jobs
from app.transformer.controls import Asked
from app.transformer.roofs import Roofs, is_typed

KIND = "transformer"


def job(asked: Asked) -> dict[str, Any]:
    """What the button starts."""
    shape = asdict(asked.shape)
    return {"kind": KIND, "shape": shape, "state": asked.state, "threads": asked.threads}


def why_not(own: Record, asked: Asked, roofs: Roofs) -> str:
    """Why the block cannot be run here and held against these roofs, in a sentence; empty where it can."""
    own_only = "A run is held against this machine's own roofs"
    if is_typed():
        return f"{own_only}, and these are typed in."
    try:
        KINDS[KIND].check(job(asked), own.machine)
    except BadInput as wrong:
        return str(wrong)
    return "" if roofs.are_of(own) else f"{own_only}: measure them first."


def button(own: Record, asked: Asked, roofs: Roofs) -> None:
    """Run the block on real arrays, each operation by itself and all as one."""
    empty = why_not(own, asked, roofs)
    components.job_button("Run the block", job(asked), key="measure", type="primary", empty=empty)


def shown(own: Record, asked: Asked, roofs: Roofs) -> BlockRun | None:
    """The newest run of this shape by this program on the machine of these roofs; None where there is none."""
    if roofs.record is None:
        return None
    shape = asdict(asked.shape)
    return next(
        (
            one
            for one in _known(own, roofs.record)
            if dict(one.shape) == shape and (one.state, one.threads) == (asked.state, asked.threads)
        ),
        None,
    )


def _known(own: Record, record: Record) -> list[BlockRun]:
    """All runs of a machine, newest first: of this one those of the store and of this session."""
    if record.sample:
        sample = cached.sample_blocks()
        return list(sample.runs) if sample else []
    fresh = [one for one in jobs.results()[1] if isinstance(one, BlockRun)]
    stored = cached.block_runs(own.machine.fingerprint)
    return sorted([*fresh, *stored], key=lambda one: one.created, reverse=True)


def sentences(run: BlockRun | None, own: Record, asked: Asked, roofs: Roofs) -> list[str]:
    """The parts beside the block run as one, and how well they were predicted, or what is lacking."""
    if run is None:
        known, lacking = "The roofs know the operations and not the program", why_not(own, asked, roofs)
        return [f"{known}.", lacking] if lacking else [f"{known}: run the block to see what that costs."]
    parts_s = sum(one.time_s.median for one in run.operations)
    whole = f"run as one, the block takes {time_text(run.whole_s)}"
    found = _held_against(run, roofs)
    return [
        f"One by one the operations take {format_time(parts_s)}; {whole}.",
        transformer.summary(found) if found else "",
        f"Disturbed: {run.disturbed_reason}" if run.disturbed else "",
    ]


def reasons(run: BlockRun | None, roofs: Roofs) -> None:
    """Why operations took longer or less than predicted, as far as that is known."""
    found = [one for one in _held_against(run, roofs) if one.reason] if run else []
    if found:
        with st.expander("Why measured and predicted times differ", icon=":material/difference:"):
            lines = [f"- **{literal(one.operation.name)}**: {literal(one.reason)}" for one in found]
            st.markdown("\n".join(lines))


def _held_against(run: BlockRun, roofs: Roofs) -> tuple[transformer.Row, ...]:
    """Every operation of the run beside its prediction; none where there are no roofs."""
    record, pair = roofs.record, roofs.pair
    if record is None or record.peaks is None or pair is None:
        return ()
    return transformer.rows(run, record.machine, record.peaks.ceilings, pair[0].value, pair[1].value)
