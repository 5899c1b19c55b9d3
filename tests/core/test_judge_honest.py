"""Honest code of the kinds that people write is accepted, and what is not allowed is called by its name."""

from __future__ import annotations

import sys

import pytest
from judged import tried

from accel_core.model.arena import ACCEPTED, REFUSED

PACKED = """
import numpy as np

def matmul(a, b, out):
    m, k = a.shape
    n = b.shape[1]
    turned = np.empty((n, k), np.float32)
    rows = [np.empty(k, np.float32) for _ in range(2)]
    for j in range(n):
        turned[j] = b[:, j]
    for i in range(m):
        row = rows[i % 2]
        row[:] = a[i]
        for j in range(n):
            total = np.float32(0)
            for p in range(k):
                total += row[p] * turned[j, p]
            out[i, j] = total
"""
BY_THREAD = """
import numba
import numpy as np
from numba import njit, prange

@njit(parallel=True)
def matmul(a, b, out):
    sums = np.empty((numba.get_num_threads(), b.shape[1]), np.float32)
    for i in prange(a.shape[0]):
        row = sums[numba.get_thread_id()]
        row[:] = 0
        for p in range(a.shape[1]):
            row += a[i, p] * b[p]
        out[i] = row
"""
RECORDS = """\ufefffrom __future__ import annotations\r
\r
from dataclasses import dataclass\r
\r
import numpy as np\r
\r
@dataclass(frozen=True)\r
class Blocks:\r
\trows: int = 8\r
\r
BLOCKS = Blocks()\r
\r
def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:\r
\tfor i in range(0, len(a), BLOCKS.rows):\r
\t\tnp.matmul(a[i : i + BLOCKS.rows], b, out=out[i : i + BLOCKS.rows])\r
\r
if __name__ == "__main__":\r
\traise SystemExit(1)\r
"""
HALVES = """
from numba import njit

@njit
def rows(a, b, out, low, high):
    if high - low > 8:
        middle = (low + high) // 2
        rows(a, b, out, low, middle)
        rows(a, b, out, middle, high)
        return
    for i in range(low, high):
        out[i] = 0
        for p in range(a.shape[1]):
            out[i] += a[i, p] * b[p]

@njit
def matmul(a, b, out):
    rows(a, b, out, 0, a.shape[0])
"""
HONEST = {
    "buffers": ("one", PACKED),
    "by thread": ("all", BY_THREAD),
    "records": ("open", RECORDS),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_code_is_accepted(name: str) -> None:
    division, code = HONEST[name]
    found = tried(code, division)
    assert found.verdict == ACCEPTED, found.reason


def test_a_function_that_calls_itself_is_told_to_be_a_loop() -> None:
    found = tried(HALVES)
    assert (found.verdict, "calls itself" in found.reason) == (REFUSED, True), found.reason


@pytest.mark.parametrize("division", ["one", "open"])
def test_an_error_does_not_tell_where_python_is_installed(division: str) -> None:
    found = tried("from numba import nothing_of_this_name\n", division)
    assert "ImportError: cannot import name 'nothing_of_this_name'" in found.reason
    assert sys.prefix not in found.reason and "/numba/__init__.py" in found.reason


def test_a_product_of_the_library_is_called_by_its_name() -> None:
    found = tried("import numpy as np\ndef matmul(a, b, out):\n    out[:] = np.dot(a, b)\n")
    assert (found.verdict, "write the loops yourself" in found.reason) == (REFUSED, True), found.reason


NUMBA = "import numpy as np\nfrom numba import prange\ndef matmul(a, b, out):\n    "


@pytest.mark.parametrize(
    ("code", "division", "says"),
    [
        (
            "out[:, :] = np.zeros((3, 3))",
            "one",
            "ValueError (as out[:] = x does where the shapes differ) at size",
        ),
        (
            "out[:] = a + b",
            "one",
            "It raises ValueError: unable to broadcast argument 1 to output array at size",
        ),
        (
            "for i in prange(1):\n        out[i] = np.zeros(9)",
            "all",
            "An error inside prange is not told: try range",
        ),
    ],
)
def test_arrays_of_another_shape_are_named_where_that_can_be_known(code: str, division: str, says: str) -> None:
    found = tried(f"{NUMBA}{code}\n", division)
    assert found.verdict == "refused" and says in found.reason and "File" not in found.reason, found.reason
