"""The roofs that a block is predicted under: typed in, this machine's, or the sample's until there are some."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from accel_core.errors import BadInput
from accel_core.model import DRAM, Ceiling
from accel_core.roofline import typed_machine
from accel_core.studies.record import Record
from accel_core.transformer import BlockShape, block_roofs, check_fits
from accel_core.units import format_count
from app.parts import components, peaks
from app.parts.typed import PEAK, TYPED, bandwidth
from app.session import cached, settings
from app.transformer.controls import Asked, given

BANDWIDTH = bandwidth(DRAM)
SETTINGS: tuple[settings.Setting, ...] = (TYPED, PEAK, BANDWIDTH)
Pair = tuple[Ceiling, Ceiling]
BUDGET_S = 20.0


@dataclass(frozen=True)
class Roofs:
    """Two roofs, and whose they are."""

    pair: Pair | None
    record: Record | None
    """The machine's that was measured; None for a typed-in one."""

    def are_of(self, own: Record) -> bool:
        """Whether they are known and this machine's."""
        return self.pair is not None and self.record is own

    @property
    def label(self) -> str:
        """What stands in a grey picture; empty for this machine and a typed-in one."""
        return components.whose(self.record, False, "") if self.record and self.record.sample else ""


def form() -> None:
    """The fields of a typed-in machine."""
    with st.popover("Other roofs"):
        if settings.switch(TYPED):
            settings.number(PEAK)
            settings.number(BANDWIDTH)
        else:
            st.caption("Type the peak and the bandwidth of any computer to see a block's time there.")


def button(own: Record, roofs: Roofs, asked: Asked) -> None:
    """Measure this machine's roofs, where they are lacking and can be measured."""
    measurable = not is_typed() and asked.shape.dtype in settings.DTYPE.options
    if measurable and not roofs.are_of(own):
        components.job_button("Measure the roofs", peaks.job(own.machine, BUDGET_S), key="measure roofs")


def is_typed() -> bool:
    """Whether the roofs are typed in."""
    return given(TYPED) in (True, "true")


def chosen(own: Record, asked: Asked) -> Roofs:
    """The roofs for this type and number of threads."""
    if is_typed():
        peak, slope = (float(str(given(field))) * 1e9 for field in (PEAK, BANDWIDTH))
        typed = typed_machine(peak, {DRAM: slope}, asked.shape.dtype, asked.threads) if slope else ()
        return Roofs(block_roofs(typed, asked.shape.dtype, asked.threads), None)
    known = cached.sample_blocks()
    if (own.peaks and own.peaks.ceilings) or known is None:
        return Roofs(_of(own, asked), own)
    sample = Record(known.machine, known.peaks, (), sample=True)
    return Roofs(_of(sample, asked), sample)


def _of(record: Record, asked: Asked) -> Pair | None:
    ceilings = record.peaks.ceilings if record.peaks else ()
    return block_roofs(ceilings, asked.shape.dtype, asked.threads)


def missing(own: Record, roofs: Roofs, asked: Asked) -> None:
    """Whose roofs these are, where they are not this machine's, or what to do where there are none."""
    if is_typed() and roofs.pair is None:
        st.warning("The typed-in machine has no bandwidth: give one above 0 under Other roofs.")
    elif is_typed() or roofs.are_of(own):
        return
    elif asked.shape.dtype not in settings.DTYPE.options:
        st.info(f"No roofs of {asked.shape.dtype} can be measured here: type some in under Other roofs.")
    elif roofs.pair is not None and roofs.record is not None:
        components.sample_label(roofs.record)
    else:
        of = f"{asked.shape.dtype} on {format_count(asked.threads, 'thread')}"
        st.info(f"No roofs of {of} are known: measure them, or type some in under Other roofs.")


def fits(own: Record, shape: BlockShape) -> bool:
    """Whether a block fits this machine's memory; a sentence with the largest that does where it does not."""
    if own.machine.memory_bytes is None or is_typed():
        return True
    try:
        check_fits(shape, own.machine.memory_bytes)
    except BadInput as wrong:
        st.warning(str(wrong), icon=":material/memory_alt:")
        return False
    return True
