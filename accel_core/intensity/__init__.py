"""How much an operation computes and how much it moves: FLOP and byte models with their derivation.

>>> model("matmul").estimate((1024, 1024, 1024), "float32", "least").flop_per_byte
170.66666666666666
"""

from __future__ import annotations

from accel_core.errors import BadInput, unknown
from accel_core.intensity.attention import ATTENTION
from accel_core.intensity.dense import DENSE
from accel_core.intensity.elementwise import ELEMENTWISE
from accel_core.intensity.neural import NEURAL
from accel_core.intensity.per_element import PER_ELEMENT
from accel_core.intensity.scientific import SCIENTIFIC
from accel_core.intensity.traffic import CONVENTIONS, Axis, Intensity, Model
from accel_core.model import ITEM_BYTES

__all__ = ["CONVENTIONS", "ITEM_BYTES", "MODELS", "Axis", "Intensity", "Model", "model"]

MODELS: tuple[Model, ...] = (*ELEMENTWISE, *DENSE, *NEURAL, *ATTENTION, *PER_ELEMENT, *SCIENTIFIC)


def model(name: str) -> Model:
    """The model called `name`; BadInput with the nearest name where there is none."""
    by_name = {m.name: m for m in MODELS}
    if name in by_name:
        return by_name[name]
    raise BadInput(unknown("model called", name, by_name, f"all models: {', '.join(by_name)}"))
