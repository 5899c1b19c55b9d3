"""All operations of a block, in the order in which they run."""

from __future__ import annotations

from accel_core.bench.block.attention import attention
from accel_core.bench.block.steps import Desk, Step


def block(desk: Desk) -> tuple[Step, ...]:
    """All operations of a block; "feed-forward residual" is its output, (rows, width)."""
    gate = [desk.product("gate", "feed-forward norm")] if desk.shape.gated else []
    return (
        *attention(desk),
        desk.norm("feed-forward norm", "attention residual"),
        *gate,
        desk.product("up", "feed-forward norm"),
        desk.activation(),
        desk.product("down", "SwiGLU" if desk.shape.gated else "GELU"),
        desk.residual("feed-forward residual", "attention residual", "down"),
    )
