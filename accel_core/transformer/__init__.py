"""A transformer block as data: what each of its operations computes, moves and would take under given roofs.

Everything here is counted and predicted; nothing is measured.

>>> gpt2 = preset("gpt2-small").shape()
>>> sum(operation.counted.flop for operation in operations(gpt2, products_only=True))
17716740096
"""

from __future__ import annotations

from accel_core.transformer.block import Operation, head, operations
from accel_core.transformer.memory import Memory, check_fits, longest_sequence, memory_of
from accel_core.transformer.prediction import LARGE_FLOP, WITHIN, Prediction, faster, predict
from accel_core.transformer.presets import PRESETS, Preset, preset
from accel_core.transformer.roofs import block_roofs, what_to_measure
from accel_core.transformer.shape import BlockShape
from accel_core.transformer.shares import shares
from accel_core.transformer.states import STATES, State, state

__all__ = [
    "LARGE_FLOP",
    "PRESETS",
    "STATES",
    "WITHIN",
    "BlockShape",
    "Memory",
    "Operation",
    "Prediction",
    "Preset",
    "State",
    "block_roofs",
    "check_fits",
    "faster",
    "head",
    "longest_sequence",
    "memory_of",
    "operations",
    "predict",
    "preset",
    "shares",
    "state",
    "what_to_measure",
]
