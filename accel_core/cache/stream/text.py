"""A traversal as a person reads it: its loop nest in text."""

from __future__ import annotations

from accel_core.cache.stream.traversal import AXES, TILE, Traversal

_ENDS = {"i": "m", "j": "n", "k": "K"}
_STARTS = {"i": "ii", "j": "jj", "k": "kk"}


def nest_text(traversal: Traversal) -> tuple[str, ...]:
    """The lines of the loop nest, indented as in Python; blocks begin at ii, jj, kk."""
    lines = _block_loops(traversal)
    depth = len(lines)
    for axis in traversal.order[:2]:
        lines.append(_indent(depth) + _loop(traversal, axis))
        depth += 1
    inner = _loop(traversal, traversal.order[2])
    before, body, after = _body(traversal)
    lines += [_indent(depth) + before, _indent(depth) + inner, _indent(depth + 1) + body]
    return tuple([*lines, _indent(depth) + after] if after else lines)


def text_lines(traversal: Traversal) -> tuple[int, int, int]:
    """Numbers of the lines that hold what is read before the inner loop, its body, what is written after it."""
    first = len(_block_loops(traversal)) + 2
    return first, first + 2, first + 3


def _block_loops(traversal: Traversal) -> list[str]:
    if traversal.block is None:
        return []
    if traversal.visit is None:
        return [_indent(depth) + _block_loop(traversal, axis) for depth, axis in enumerate(traversal.order)]
    i, j, _ = traversal.blocks
    return [f"for ii, jj in {traversal.visit}_order(m, n, {i}, {j}):", _indent(1) + _block_loop(traversal, "k")]


def _block_loop(traversal: Traversal, axis: str) -> str:
    length = traversal.blocks[AXES.index(axis)]
    return f"for {_STARTS[axis]} in range(0, {_ENDS[axis]}, {length}):"


def _loop(traversal: Traversal, axis: str) -> str:
    step = f", {TILE}" if traversal.tile and axis != "k" else ""
    if traversal.block is None:
        return f"for {axis} in range({'0, ' if step else ''}{_ENDS[axis]}{step}):"
    start, length = _STARTS[axis], traversal.blocks[AXES.index(axis)]
    return f"for {axis} in range({start}, min({start} + {length}, {_ENDS[axis]}){step}):"


def _body(traversal: Traversal) -> tuple[str, str, str]:
    """Before the inner loop, in it, and after it ("" where nothing is)."""
    if traversal.tile:
        tile = f"C[i:i+{TILE}, j:j+{TILE}]"
        return f"tile = {tile}", f"tile += outer(A[i:i+{TILE}, k], B[k, j:j+{TILE}])", f"{tile} = tile"
    if traversal.order[2] == "k":
        return "total = C[i, j]", "total += A[i, k] * B[k, j]", "C[i, j] = total"
    if traversal.order[2] == "j":
        return "x = A[i, k]", "C[i, j] += x * B[k, j]", ""
    return "x = B[k, j]", "C[i, j] += A[i, k] * x", ""


def _indent(depth: int) -> str:
    return "    " * depth
