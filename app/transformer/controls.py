"""What the page Transformer lets one choose: a published shape and its lengths, what runs, what is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from accel_core.errors import BadInput
from accel_core.model import ITEM_BYTES, Machine
from accel_core.transformer import PRESETS, STATES, BlockShape, Operation, Preset, operations, preset
from app.parts import theme
from app.session import settings

KEPT = "transformer preset"
PREFILL, DECODE = "prefill", "decode"
PRESET = settings.Choice(
    "preset",
    "Model",
    tuple(one.name for one in PRESETS),
    PRESETS[0].name,
    "A published shape. " + "; ".join(f"{one.name}: {one.described}" for one in PRESETS) + ".",
)
PASS = settings.Choice(
    "pass",
    "Pass",
    (PREFILL, DECODE),
    PREFILL,
    "prefill: all tokens of the sequence at once; decode: one token more, which looks at all before it.",
)
STATE = settings.Choice(
    "state",
    "Program",
    tuple(STATES),
    "numpy",
    "What computes it: " + "; ".join(f"{one.name}: {one.title}" for one in STATES.values()) + ". Products are "
    "the library's in all of them.",
)
DTYPE = settings.Choice(
    "type", "Number type", tuple(ITEM_BYTES), "float32", "Only float32 and float64 can be measured here."
)
COUNTED = settings.Choice(
    "counted",
    "Count",
    ("all", "products"),
    "all",
    "all: the element-wise operations too; products: matrix products only, as nanoGPT's notebook does.",
)
CAUSAL = settings.Choice(
    "causal",
    "Leave out the scores of later tokens",
    ("false", "true"),
    "false",
    "About half of QK^T, softmax and PV; whoever counts all of them counts as nanoGPT's notebook does.",
)
MOST = {"width": 100_000, "heads": 1_000, "feed_forward": 1_000_000, "sequence": 1_000_000, "batch": 10_000}
FIRST_TOKENS = 512
"""At first at most so many: a softmax in Python then still takes less than a few seconds."""
SEQUENCE_PX, PRESET_PX = 130, 170


@dataclass(frozen=True)
class Asked:
    """What the controls say."""

    base: Preset
    shape: BlockShape
    state: str
    threads: int
    products_only: bool

    @property
    def listed(self) -> tuple[Operation, ...]:
        """The operations that are counted."""
        return operations(self.shape, self.products_only)


def base() -> Preset:
    """The chosen preset, before its widget is drawn; a new one brings all its lengths along."""
    chosen = preset(str(given(PRESET)))
    if st.session_state.get(KEPT, chosen.name) != chosen.name:
        for field in lengths(chosen).values():
            st.session_state[field.key] = int(field.default)
    st.session_state[KEPT] = chosen.name
    return chosen


def given(setting: settings.Setting) -> object:
    """The setting's value before its widget is drawn: the session's, the (checked) link's, else the default."""
    return st.session_state.get(setting.key, st.query_params.get(setting.key, setting.default))


def lengths(base: Preset) -> Mapping[str, settings.Number]:
    """The fields of the shape, by name; at first those of the preset."""
    told = {
        "width": ("Width", base.width, "Elements of a token."),
        "heads": ("Heads", base.heads, "They divide the width."),
        "feed_forward": ("Feed-forward width", base.feed_forward, "Elements of a token in between."),
        "sequence": (
            "Tokens",
            min(base.sequence, FIRST_TOKENS),
            "Of a sequence; where one is decoded, those that it looks at.",
        ),
        "batch": ("Batch", 1, "Sequences at once."),
    }
    return {
        name: settings.Number(name, label, 1, MOST[name], default, whole=True, help=help)
        for name, (label, default, help) in told.items()
    }


def settings_of(machine: Machine, base: Preset) -> tuple[settings.Setting, ...]:
    """All of them but the preset."""
    threads = settings.threads(machine.cores.allowed)
    return (*lengths(base).values(), PASS, STATE, DTYPE, COUNTED, CAUSAL, threads)


def draw(machine: Machine, base: Preset) -> tuple[Asked | None, str]:
    """The controls in a row, and what they say; a sentence where that is no shape."""
    fields = lengths(base)
    with theme.field(PRESET_PX):
        settings.select(PRESET)
    with theme.field(SEQUENCE_PX):
        sequence = settings.number(fields["sequence"])
    decode = settings.segments(PASS) == DECODE
    state = str(settings.segments(STATE))
    with st.popover("Shape, threads, counting"):
        typed = {name: settings.number(fields[name]) for name in ("width", "heads", "feed_forward", "batch")}
        dtype = str(settings.segments(DTYPE))
        threads = int(settings.slider(settings.threads(machine.cores.allowed)))
        products_only = settings.segments(COUNTED) == "products"
        causal = settings.switch(CAUSAL)
        st.caption(f"Shape: {base.source}.")
    whole = {name: int(value) for name, value in {**typed, "sequence": sequence}.items()}
    try:
        shape = base.shape(**whole, dtype=dtype, decode=decode, causal=causal)
    except BadInput as wrong:
        return None, str(wrong)
    return Asked(base, shape, state, threads, products_only), ""
