"""FLOP and least traffic of a workload, taken from the model of its operation (`accel_core.intensity`)."""

from __future__ import annotations

from collections.abc import Callable

from accel_core.intensity import model
from accel_core.model import Shape


def flop_of(name: str, model_shape: Callable[[Shape], Shape] = tuple) -> Callable[[Shape], int]:
    """shape -> FLOP by the model called `name`; `model_shape` makes the model's shape out of the workload's."""
    operation = model(name)
    return lambda shape: operation.work(model_shape(shape), 1).flop


def least_bytes_of(name: str, model_shape: Callable[[Shape], Shape] = tuple) -> Callable[[Shape, str], int]:
    """(shape, dtype) -> bytes by the convention "least" of the model called `name`."""
    operation = model(name)
    return lambda shape, dtype: operation.bytes_moved(model_shape(shape), dtype, "least")


def moved_bytes_of(name: str, model_shape: Callable[[Shape], Shape] = tuple) -> Callable[[Shape, str], int]:
    """(shape, dtype) -> bytes by the convention "stream", all passes counted, of the model called `name`."""
    operation = model(name)
    return lambda shape, dtype: operation.bytes_moved(model_shape(shape), dtype, "stream")


def moved_text_of(name: str, model_shape: Callable[[Shape], Shape] = tuple) -> Callable[[Shape, str], str]:
    """(shape, dtype) -> how these bytes come about."""
    operation = model(name)
    return lambda shape, dtype: operation.estimate(model_shape(shape), dtype, "stream").derivation
