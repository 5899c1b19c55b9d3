"""Some dozens of random links, command lines, jobs and messages: the short form of tests/faults/fuzz.py."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import fuzz
import pytest


@pytest.mark.parametrize(
    ("kind", "number"), [(fuzz.links, 20), (fuzz.commands, 60), (fuzz.jobs, 150), (fuzz.messages, 40)]
)
def test_nothing_that_is_given_ends_in_a_traceback(
    kind: Callable[[random.Random, int], fuzz.Row],
    number: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # some command lines name a file to write
    row = kind(random.Random(9), number)
    assert row.tried == number and not row.failures, row.failures[:3]


def test_a_fault_is_found_and_named() -> None:
    def answer(given: int) -> str:
        return "odd" if given % 2 else "" * (1 // given)

    row = fuzz.tried("numbers", 3, iter([2, 1, 0]).__next__, answer)
    assert [given for given, _ in row.failures] == [1, 0]
    assert "ZeroDivisionError" in row.failures[1][1]
