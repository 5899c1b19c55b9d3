"""Memory for panels and probes is this process's own, and may lie on huge pages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from accel_core.kernels.pages import HUGE_PAGE_BYTES, fresh

SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.parametrize("size_bytes", [1, HUGE_PAGE_BYTES, 3 * HUGE_PAGE_BYTES - 1])
def test_it_begins_on_a_huge_page_and_has_whole_ones(size_bytes: int) -> None:
    memory = fresh(size_bytes)
    assert memory.ctypes.data % HUGE_PAGE_BYTES == 0 == memory.nbytes % HUGE_PAGE_BYTES
    assert size_bytes <= memory.nbytes < size_bytes + HUGE_PAGE_BYTES
    assert not memory.any()


def test_no_room_is_a_memory_error() -> None:
    with pytest.raises(MemoryError, match="no room"):
        fresh(1 << 56)


@pytest.mark.skipif(not SETTING.exists(), reason="this system has no transparent huge pages")
def test_the_system_may_lay_it_on_huge_pages() -> None:
    memory = fresh(4 * HUGE_PAGE_BYTES)
    address, inside = memory.ctypes.data, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if span := re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line):
            inside = int(span[1], 16) <= address < int(span[2], 16)
        elif inside and line.startswith("THPeligible:"):
            assert int(line.split()[1]) == ("[never]" not in SETTING.read_text())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_parent_and_its_forked_children_multiply_at_once() -> None:
    """Each in panels of its own: a child that shared them would overwrite what its parent reads."""
    script = """
import os, sys
import numpy as np
from accel_core.kernels.matmul.packed import matmul_packed
a = np.random.default_rng(0).random((200, 200))
right = matmul_packed(a, a, kc=50)
def wrong(x):
    exact = x @ x
    return sum(not np.allclose(matmul_packed(x, x, kc=50), exact, rtol=1e-10) for _ in range(100))
children = []
for factor in (2, 3):
    child = os.fork()
    if not child:
        os._exit(min(wrong(factor * a), 99))
    children.append(child)
print(wrong(a), *[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
"""
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["0", "0", "0"]


def test_views_keep_it_alive() -> None:
    view = fresh(HUGE_PAGE_BYTES)[:8].view(np.float64)
    view[0] = 7.0
    assert view[0] == 7.0
