"""Rows of PARTS that hold a transformer block that was run."""

from __future__ import annotations

from accel_core.model import BlockRun
from accel_core.store.moments import utc
from accel_core.store.sound import decoded
from accel_core.transformer import BlockShape, operations, state


def row_name(run: BlockRun) -> str:
    """The name of its row: the state, and the id, so that two of one moment are two."""
    return f"{run.state} {run.id}"


def block_run(stored: str) -> BlockRun:
    """The run of a stored text; one of sound.DAMAGE where it is none: a reader finds its shape and state."""
    made = BlockRun.from_dict(decoded(stored))
    state(made.state)
    counted = [one.name for one in operations(BlockShape(**made.shape))]
    if [one.name for one in made.operations] != counted:
        raise ValueError("other operations than those of its shape")
    utc(made.created)
    return made
