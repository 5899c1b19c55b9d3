"""The bytes of each memory level: the laws that bind them, and which rungs have any."""

from __future__ import annotations

from dataclasses import replace

import pytest
from figure_records import machine, measurement

from accel_core.cache import CLASSROOM, Traversal, cpu_caches, rung_traversal, simulate, traffic

N = 48


@pytest.mark.parametrize("block", [None, 4, 8, 12])
@pytest.mark.parametrize("order", ["ijk", "ikj"])
def test_no_level_delivers_less_than_the_least_bytes(order: str, block: int | None) -> None:
    done = simulate(Traversal((N, N, N), order, block and (block,) * 3), CLASSROOM)
    delivered = traffic(done)
    assert list(delivered) == ["L1", "L2", "DRAM"]
    assert all(count >= done.traversal.least_bytes for count in delivered.values())
    assert delivered["DRAM"] == done.dram_bytes


@pytest.mark.parametrize("block", [4, 8, 12, 24])
def test_blocking_leaves_what_the_core_asks_for_but_for_c_once_a_block(block: int) -> None:
    plain, tiled = (
        traffic(simulate(Traversal((N, N, N), "ijk", sides), CLASSROOM)) for sides in (None, (block,) * 3)
    )
    rounds = N // block
    assert plain["L1"] == 4 * (2 * N**3 + 2 * N**2)
    assert tiled["L1"] - plain["L1"] == 4 * 2 * N**2 * (rounds - 1)


def test_blocking_takes_bytes_from_the_levels_behind_the_first() -> None:
    plain, tiled = (
        traffic(simulate(Traversal((N, N, N), "ijk", sides), CLASSROOM)) for sides in (None, (8, 8, 8))
    )
    assert tiled["DRAM"] < plain["DRAM"] / 2


def test_matrices_that_the_last_cache_holds_come_from_memory_once() -> None:
    caches = cpu_caches(machine())
    done = simulate(Traversal((64, 64, 64), "ijk"), caches)
    written = 64 * 64 * 4
    assert traffic(done)["DRAM"] == done.traversal.least_bytes + written  # c is read before it is written


def test_a_measured_rung_gives_its_own_traversal() -> None:
    tiled = rung_traversal(measurement("compiled_tiled", parameters={"block": 16}))
    assert tiled == Traversal((512, 512, 512), "ijk", (16, 16, 16))
    held = replace(measurement("compiled_ikj"), kernel="matmul/register_tile")
    assert rung_traversal(held) == Traversal((512, 512, 512), "ijk", tile=True)
    assert rung_traversal(measurement("compiled_ikj")) == Traversal((512, 512, 512), "ikj")


def test_a_rung_without_a_known_order_or_on_several_threads_has_none() -> None:
    assert rung_traversal(measurement("numpy")) is None
    assert rung_traversal(replace(measurement("compiled_ikj"), threads=2)) is None
