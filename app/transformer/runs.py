"""Blocks that were run on this machine, and the button that runs one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from accel_core.errors import BadInput
from accel_core.model.blocks import BlockRun
from accel_core.runner.kinds import KINDS
from accel_core.studies.record import Record
from app.parts import components
from app.session import cached, jobs
from app.transformer.controls import Asked
from app.transformer.roofs import Roofs

KIND = "transformer"


def job(asked: Asked) -> dict[str, Any]:
    """What the button starts."""
    shape = asdict(asked.shape)
    return {"kind": KIND, "shape": shape, "state": asked.state, "threads": asked.threads}


def why_not(own: Record, asked: Asked) -> str:
    """Why the block cannot be run here, in a sentence; empty where it can."""
    try:
        KINDS[KIND].check(job(asked), own.machine)
    except BadInput as wrong:
        return str(wrong)
    return ""


def button(own: Record, asked: Asked) -> None:
    """Run the block on real arrays, each operation by itself and all as one."""
    components.job_button("Run the block", job(asked), key="measure", type="primary", empty=why_not(own, asked))


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


def told(run: BlockRun | None, own: Record, asked: Asked) -> None:
    """What disturbed a run; why there is none, where there cannot be one."""
    if run is not None and run.disturbed:
        st.caption(f":orange[:material/warning:] Disturbed: {run.disturbed_reason}")
    if run is None:
        st.caption("The roofs know the operations and not the program: run the block to see what that costs.")
        if fault := why_not(own, asked):
            st.caption(f":material/block: {fault}")
