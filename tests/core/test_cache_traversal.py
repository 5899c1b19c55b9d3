"""Traversals: the stream is that of the kernels' loop nests, and each block is visited once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_cache import Recorder

from accel_core.cache import Traversal, nest_text
from accel_core.cache.accesses import accesses
from accel_core.cache.stream.traversal import ORDERS
from accel_core.cache.stream.visits import VISITS, visit_order
from accel_core.errors import BadInput
from accel_core.kernels.matmul import compiled as matmul_compiled
from accel_core.kernels.matmul import interpreted as matmul_interpreted
from accel_core.kernels.matmul import register as matmul_register
from accel_core.kernels.matmul.workload import MATMUL

Access = tuple[str, int, int, bool]
SHAPES = [(5, 4, 6), (8, 8, 8), (1, 7, 3), (4, 1, 1), (9, 10, 11)]


def streamed(traversal: Traversal) -> list[Access]:
    """Operand, row, column and write of every access."""
    found = []
    for part in accesses(traversal, 100):
        for address, number, write in zip(part.address, part.operand, part.is_write, strict=True):
            operand = traversal.operands[number]
            element = operand.element(int(address))
            assert element is not None
            found.append((operand.name, *element, bool(write)))
    return found


def recorded(kernel: Callable[..., None], shape: tuple[int, int, int], *parameters: int) -> list[Access]:
    """Every element access of a kernel's Python source."""
    m, k, n = shape
    stream: list[Access] = []
    extents: Sequence[tuple[str, int, int]] = [("A", m, k), ("B", k, n), ("C", m, n)]
    kernel(*(Recorder(name, range(r), range(c), stream) for name, r, c in extents), *parameters)
    return stream


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", [matmul_interpreted.python_loops, matmul_compiled.compiled_ijk.py_func])
def test_the_ijk_stream_is_access_for_access_that_of_the_kernels(kernel: Any, shape: Any) -> None:
    assert streamed(Traversal(shape, "ijk")) == recorded(kernel, shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("block", [1, 3, 4, 16])
def test_the_blocked_ijk_stream_is_access_for_access_that_of_the_tiled_kernel(
    monkeypatch: pytest.MonkeyPatch, shape: Any, block: int
) -> None:
    monkeypatch.setattr(matmul_compiled, "compiled_ijk", matmul_compiled.compiled_ijk.py_func)
    tiled = recorded(matmul_compiled.compiled_tiled.py_func, shape, block)
    assert streamed(Traversal(shape, "ijk", (block,) * 3)) == tiled


@pytest.mark.parametrize("shape", [(4, 1, 4), (8, 5, 12), (16, 16, 8)])
def test_the_register_tiled_stream_is_access_for_access_that_of_the_kernel(
    monkeypatch: pytest.MonkeyPatch, shape: Any
) -> None:
    monkeypatch.setattr(matmul_register, "compiled_ijk", lambda a, b, c: None)  # nothing is left for the edges
    kernel = recorded(matmul_register.register_tile.py_func, shape)
    assert streamed(Traversal(shape, "ijk", tile=True)) == kernel


@pytest.mark.parametrize("shape", SHAPES)
def test_the_ikj_stream_is_that_of_the_kernel_once_a_has_moved_into_a_register(shape: Any) -> None:
    """The source names a[i, p] in each step of the inner loop; in machine code it is read once, before it."""
    kernel = recorded(matmul_compiled.compiled_ikj.py_func, shape)
    expected: list[Access] = []
    for at in range(0, len(kernel), 4 * shape[2]):
        inner = kernel[at : at + 4 * shape[2]]  # one turn of the middle loop: c, a, b, c at each j
        (in_register,) = {access for access in inner if access[0] == "A"}
        expected += [in_register, *(access for access in inner if access[0] != "A")]
    assert streamed(Traversal(shape, "ikj")) == expected


traversals = st.builds(
    lambda shape, order, block, visit, tile, layout, pad: Traversal(
        shape, order, block, tile and order[2] == "k", visit if block else None, layout, pad
    ),
    st.tuples(*[st.integers(1, 11)] * 3),
    st.sampled_from(ORDERS),
    st.none() | st.tuples(*[st.integers(1, 6)] * 3),
    st.none() | st.sampled_from(VISITS),
    st.booleans(),
    st.sampled_from(["row", "column"]),
    st.integers(0, 5),
)


@settings(max_examples=300)
@given(traversals.filter(lambda traversal: not traversal.tile))
def test_a_machine_with_one_register_an_operand_computes_the_product_from_the_stream(
    traversal: Traversal,
) -> None:
    m, k, n = traversal.shape
    a, b = np.arange(m * k).reshape(m, k) + 1, np.arange(k * n).reshape(k, n) % 7 - 3
    c, memory, register = np.zeros((m, n), int), {"A": a, "B": b}, {"A": 0, "B": 0, "C": 0}
    for name, row, column, write in streamed(traversal):
        if write:
            product = 0 if traversal.order[2] == "k" else register["A"] * register["B"]
            c[row, column] = register["C"] + product
        else:
            register[name] = {**memory, "C": c}[name][row, column]
            if name == "B" and traversal.order[2] == "k":
                register["C"] += register["A"] * register["B"]
    assert (c == a @ b).all()


@settings(max_examples=200)
@given(traversals)
def test_the_indices_of_each_access_say_which_element_it_is(traversal: Traversal) -> None:
    length = 0
    for part in accesses(traversal, 64):
        length += len(part.address)
        for operand, address, index in zip(part.operand, part.address, part.index, strict=True):
            element = traversal.operands[operand].element(int(address))
            i, j, p = index.tolist()
            expected = ((i, p), (p, j), (i, j))[operand]
            if traversal.tile:
                assert element is not None and all(
                    0 <= x - y < 4 for x, y in zip(element, expected, strict=True)
                )
            else:
                assert element == expected
    assert length == traversal.accesses


@settings(max_examples=100)
@given(st.sampled_from(VISITS), st.integers(1, 13), st.integers(1, 13))
def test_every_visit_goes_through_each_block_once(name: str, rows: int, columns: int) -> None:
    visited = visit_order(name, rows, columns)
    assert sorted(map(tuple, visited.tolist())) == [(r, c) for r in range(rows) for c in range(columns)]


@pytest.mark.parametrize("side", [2, 4, 8, 16, 32])
def test_hilberts_curve_goes_from_each_block_to_one_beside_it(side: int) -> None:
    steps = np.abs(np.diff(visit_order("hilbert", side, side), axis=0)).sum(axis=1)
    assert (steps == 1).all()


def test_mortons_curve_is_a_z_of_zs() -> None:
    z = [(0, 0), (0, 1), (1, 0), (1, 1)]
    expected = [(2 * a + c, 2 * b + d) for a, b in z for c, d in z]
    assert list(map(tuple, visit_order("morton", 4, 4).tolist())) == expected
    assert visit_order("column", 2, 3).tolist() == [[0, 0], [1, 0], [0, 1], [1, 1], [0, 2], [1, 2]]


def test_blocks_of_c_are_visited_in_the_order_that_was_asked_for() -> None:
    for visit in VISITS:
        stream = streamed(Traversal((8, 8, 8), "ikj", (2, 2, 4), visit=visit))
        seen = list(dict.fromkeys((row // 2, column // 2) for name, row, column, _ in stream if name == "C"))
        assert seen == list(map(tuple, visit_order(visit, 4, 4).tolist()))


def test_a_register_tile_reads_four_of_a_and_four_of_b_for_sixteen_products() -> None:
    stream = streamed(Traversal((4, 3, 4), "ijk", tile=True))
    c = [("C", i, j, False) for i in range(4) for j in range(4)]
    assert stream[:16] == c
    assert stream[16:24] == [("A", i, 0, False) for i in range(4)] + [("B", 0, j, False) for j in range(4)]
    assert stream[-16:] == [(*access[:3], True) for access in c]
    assert len(stream) == 16 + 3 * 8 + 16


def test_arrays_lie_one_after_another_on_page_boundaries() -> None:
    a, b, c = Traversal((100, 30, 50), dtype="float64", pad=2).operands
    assert (a.base, a.leading, a.size_bytes) == (0, 32, 100 * 32 * 8)
    assert (b.base, b.leading, b.size_bytes) == (7 * 4096, 52, 30 * 52 * 8)
    assert (c.base, c.leading) == (11 * 4096, 52)
    column = Traversal((100, 30, 50), layout="column").operands[0]
    assert (column.row_bytes, column.column_bytes, column.leading) == (4, 400, 100)


def test_the_text_of_a_nest_names_the_line_of_each_access() -> None:
    for order in ORDERS:
        for block, tile in ((None, False), ((2, 2, 2), False), ((4, 4, 4), order[2] == "k")):
            traversal = Traversal((4, 4, 4), order, block, tile)
            text = nest_text(traversal)
            part = next(accesses(traversal))
            for operand, line in zip(part.operand, part.text_line, strict=True):
                assert ("tile" in text[line]) or "ABC"[operand] + "[" in text[line]
    assert nest_text(Traversal((4, 4, 4), "ikj")) == (
        "for i in range(m):",
        "    for k in range(K):",
        "        x = A[i, k]",
        "        for j in range(n):",
        "            C[i, j] += x * B[k, j]",
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"order": "iij"},
        {"shape": (0, 1, 1)},
        {"shape": (1, 1)},
        {"shape": (1 << 20, 1 << 20, 1 << 20)},
        {"shape": (30000, 30000, 30000)},
        {"block": (0, 1, 1)},
        {"block": 8},
        {"visit": "hilbert"},
        {"visit": "spiral", "block": (2, 2, 2)},
        {"tile": True, "order": "ikj"},
        {"layout": "diagonal"},
        {"pad": -1},
        {"pad": True},
        {"dtype": "int8"},
        {"speed": 1},
    ],
)
def test_an_impossible_traversal_is_refused_in_one_sentence(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        Traversal.from_dict({"shape": (4, 4, 4), **changed})
    assert str(refused.value).count("\n") == 0 and str(refused.value).endswith(".")


@given(traversals)
def test_a_traversal_comes_back_from_its_plain_data(traversal: Traversal) -> None:
    assert Traversal.from_dict(traversal.to_dict()) == traversal
    as_json = {**traversal.to_dict(), "shape": list(traversal.shape)}
    assert Traversal.from_dict(as_json) == traversal


def test_the_ladder_still_has_the_orders_that_are_compared_here() -> None:
    assert {"compiled_ijk", "compiled_tiled", "compiled_ikj", "register_tile"} <= {
        kernel.name for kernel in MATMUL.kernels
    }
