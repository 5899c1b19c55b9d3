"""The words of `accel transformer`. Nothing slow is imported here."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from accel_core.errors import quoted

GREATEST = 1e30
"""No roof, size or factor that is typed in is greater, and none is less than its inverse."""


def add_transformer(
    parser: argparse.ArgumentParser, whole_number: Callable[[str], int], seconds: Callable[[str], float]
) -> None:
    """The options of `accel transformer`; `whole_number` and `seconds` read one."""
    parser.description = f"{parser.description} Its time follows from two roofs; --measure runs it too."
    add = parser.add_argument
    add(
        "--preset",
        default="gpt2-small",
        help="gpt2-small (default), bert-base, bert-large, llama-2-7b, shakespeare",
    )
    add("--sequence", type=whole_number, help="tokens of a sequence (the preset's longest)")
    add("--batch", type=whole_number, default=1, help="sequences (1)")
    add("--dtype", default="float32", help="float32 (default), float64, float16 or bfloat16")
    add("--width", type=whole_number, help="width of the block in place of the preset's")
    add("--heads", type=whole_number, help="heads in place of the preset's")
    add("--feed-forward", type=whole_number, help="feed-forward width in place of the preset's")
    add(
        "--decode",
        action="store_true",
        help="one token of each sequence, with keys and values of the rest stored",
    )
    add(
        "--context", type=whole_number, help="with --decode: tokens that it looks at, itself too (the sequence)"
    )
    add("--causal", action="store_true", help="leave out the scores of later tokens, about half of them")
    add(
        "--products-only",
        action="store_true",
        help="leave out what is element-wise, as nanoGPT's notebook does",
    )
    add(
        "--peak",
        type=positive,
        metavar="FLOP/s",
        help="compute roof, such as 117.7e9 (this machine's, if measured)",
    )
    add(
        "--bandwidth",
        type=positive,
        metavar="B/s",
        help="memory roof, such as 35e9 (this machine's, if measured)",
    )
    add("--threads", type=whole_number, default=1, help="threads of this machine's roofs and of the run (1)")
    add("--memory", type=positive, metavar="BYTES", help="memory that the block must fit in (this machine's)")
    add("--measure", action="store_true", help="run the block on this machine, operation by operation")
    add(
        "--state",
        help="with --measure, what computes softmax, norms ...: python-softmax, numpy (default) or compiled",
    )
    add("--budget", type=seconds, help="with --measure: seconds for all rounds (5)")
    add(
        "--faster",
        type=factor,
        action="append",
        default=[],
        metavar="OPERATION=K",
        help="what if an operation were K times as fast, such as feed-forward=2 (may be repeated)",
    )


def positive(text: str) -> float:
    """`117.7e9`: a positive number, not so far from 1 that a quotient of two would be nothing or infinite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 / GREATEST <= value <= GREATEST:  # false for nan too
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is not a positive number such as 35e9, below {GREATEST:g}"
        )
    return value


def factor(text: str) -> tuple[str, float]:
    """`feed-forward=2`: an operation and how many times as fast it is to be."""
    name, sign, value = text.rpartition("=")
    if not sign or not name.strip():
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not of the form feed-forward=2")
    return name.strip(), positive(value)
