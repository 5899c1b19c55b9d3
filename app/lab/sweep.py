"""What the Lab sweeps: its controls, the cases that they ask for, and what these leave out."""

from __future__ import annotations

import streamlit as st

from accel_core import registry
from accel_core.model import Machine
from accel_core.readings.sweep import cache_marks
from accel_core.studies.experiments import OVER, Experiment, Setup, block_choices
from app.parts import answers
from app.session import settings

WORKLOAD = registry.workload("matmul")
BUTTONS = {
    "block": "Sweep the block",
    "size": "Sweep the size",
    "threads": "Sweep the threads",
    "none": "Measure once",
}
SIZE = 512
"""At first: large enough that a tile falls out of a cache."""
TILED = ("numpy_tiled", "compiled_tiled")
BLOCKS = tuple(block_choices(WORKLOAD))
NAMES = tuple(k.name for k in WORKLOAD.kernels)
KERNELS = settings.Several("kernels", "Kernels", NAMES, tuple(n for n in TILED if n in NAMES))


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the page that are one choice, by name."""
    return {
        "over": settings.Choice(
            "over", "Sweep over", OVER, "block", "What to vary; none: each kernel once, as set below."
        ),
        **answers.controls(machine, WORKLOAD),
        "size": settings.size(WORKLOAD.sizes, SIZE, WORKLOAD.size_means),
        "budget": answers.POINT,
        "block": settings.block(BLOCKS, 64),
    }


def experiment(machine: Machine, kernels: tuple[str, ...], over: str, setup: Setup) -> Experiment:
    """What the controls ask for."""
    counts = tuple(int(t) for t in settings.threads(machine.cores.allowed).options)
    return Experiment(WORKLOAD, kernels, over, setup, counts)


def nothing_to_do(asked: Experiment) -> str:
    """Why the sweep has no case; empty where it has some."""
    if asked.cases():
        return ""
    can = [k.name for k in WORKLOAD.kernels if asked.varies(k)]
    return f"None of the chosen kernels has {asked.over} to vary: choose {' or '.join(can) or 'another sweep'}."


def left_out(asked: Experiment) -> None:
    """Name the chosen kernels that the sweep cannot vary."""
    without = [name for name in asked.kernels if not asked.varies(WORKLOAD.kernel(name))]
    if not asked.cases():
        st.warning(nothing_to_do(asked), icon=":material/tune:")
    elif without:
        verb = "has" if len(without) == 1 else "have"
        thing = "one thread only" if asked.over == "threads" else f"no {asked.over}"
        st.caption(f"Left out: {', '.join(without)} {verb} {thing}.")


def cache_caption(machine: Machine, dtype: str) -> None:
    """The blocks and sizes at which three of them fill each cache."""
    marks = cache_marks(machine, dtype, "block")
    if marks:
        fills = ", ".join(f"{mark.level} at {mark.value:.0f}" for mark in marks)
        st.caption(f"Three {dtype} blocks, or three whole matrices, of this side fill {fills}.")
