"""The words of the command line, and every way to mistype them said in one sentence.

Nothing slow is imported here.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from accel_core import __version__
from accel_core.cli.arena_words import add_arena
from accel_core.cli.homework_words import add_check, add_homework
from accel_core.cli.out_of_core import add_out_of_core
from accel_core.cli.pool_words import add_pool
from accel_core.cli.store_words import add_store
from accel_core.cli.transformer_words import add_transformer
from accel_core.errors import BadInput, quoted, unknown
from accel_core.model import require_dtype
from accel_core.model.limits import CALIBRATION_S, DISK_S, PEAKS_S, TUNING_S
from accel_core.model.words import WIDTH_IDEA
from accel_core.operations import operation_names

DEFAULT_BUDGET_S = 2.0


class Parser(argparse.ArgumentParser):
    """argparse whose complaint is one sentence (BadInput) and which takes no abbreviated option."""

    def __init__(self, **options: object) -> None:
        super().__init__(allow_abbrev=False, **options)  # type: ignore[arg-type]

    def error(self, message: str) -> NoReturn:
        """Raise BadInput with what Python's own parser says, shortened."""
        message = without_password(message).removeprefix("argument ")
        said = LONG_WORD.sub(lambda word: f"{word[0][:WORD]}...", message)
        said = said if len(said) <= LONGEST else f"{said[:LONGEST]}..."
        raise BadInput(f"{said[:1].upper()}{said[1:]}; `{self.prog} --help` shows what it takes.")


def without_password(text: str) -> str:
    """`text` with *** for the password of every URL in it."""
    return PASSWORD.sub(r"\1***@", text)


PASSWORD = re.compile(r"(://[^\s:/@]*:)\S+@")
LONGEST = 500
"""Letters of what Python's own parser says: it repeats all words that it does not know."""
WORD = 80
LONG_WORD = re.compile(rf"\S{{{WORD + 1},}}")
"""What was typed is repeated whole by Python's own parser."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The options of one command line; its `command` names the command. BadInput says what is wrong with it."""
    parser, names = _parser()
    word = next((w for w in argv if not w.startswith("-")), None)
    first = argv[0] if argv else None
    if word is None and first not in ("-h", "--help", "--version"):
        raise BadInput(f"No command given: name one of {', '.join(names)}; `accel --help` describes them.")
    if first == word and word not in names:
        raise BadInput(unknown("command", word, names, f"commands: {', '.join(names)}"))
    return parser.parse_args(list(argv))


# -- values ---------------------------------------------------------------------------------------------------


def whole_number(text: str) -> int:
    """`512`. Whether the value makes sense is for the registry to say."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a whole number such as 512") from None


def whole_numbers(text: str) -> tuple[int, ...]:
    """`512,1024`: one or more whole numbers, each kept once."""
    return tuple(dict.fromkeys(whole_number(part) for part in text.split(",")))


def sizes(text: str) -> tuple[int | tuple[int, ...], ...]:
    """`512,2000x300x700`: one or more sizes or shapes, each kept once."""
    shapes = (tuple(whole_number(length) for length in part.split("x")) for part in text.split(","))
    return tuple(dict.fromkeys(shape[0] if len(shape) == 1 else shape for shape in shapes))


def lengths(text: str) -> tuple[int, ...]:
    """`m,k,n`: one length for each axis, in the order that the option's help gives."""
    return tuple(whole_number(part) for part in text.split(","))


def over(text: str) -> tuple[str, tuple[int, ...]]:
    """`block=8,16,32`: what is swept and through which values."""
    name, sign, values = text.partition("=")
    if not sign or not name.strip() or not values.strip():
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not of the form block=8,16,32")
    return name.strip(), whole_numbers(values)


def seconds(text: str) -> float:
    """A time budget above 0. How much is too much is for the runner to say."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:  # false for nan too
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a number of seconds above 0, such as 2")
    return value


def dtype(text: str) -> str:
    """The dtype called `text`, for the parser."""
    try:
        require_dtype(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None
    return text


# -- commands -------------------------------------------------------------------------------------------------


def _parser() -> tuple[Parser, tuple[str, ...]]:
    """The whole parser and the names of its commands."""
    parser = Parser(prog="accel", description="See, by measurement, why some code is fast on this computer.")
    parser.add_argument("--version", action="version", version=f"accel {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    def command(name: str, help: str, *options: Callable[[Parser], None]) -> Parser:
        child: Parser = commands.add_parser(name, help=help, description=help)
        for add in options:
            add(child)
        child.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
        return child

    command("machine", "What this machine is: cores, caches, vectors, libraries, with the source of each fact.")
    peaks = command("peaks", "Measure the roofs of this machine: compute, bandwidth, latency, clock.")
    peaks.add_argument("--dtype", type=dtype, help="float32 or float64 (both where left out)")
    peaks.add_argument("--threads", type=whole_numbers, help="1 or 1,2 (one and all cores where left out)")
    peaks.add_argument("--budget", type=seconds, default=PEAKS_S, help=f"seconds for all roofs ({PEAKS_S:.0f})")
    disk = command("disk", "Measure the disk under a folder: reading, writing, and how long one read takes.")
    disk.add_argument("folder", nargs="?", default=".", help="where a file is made and removed (this folder)")
    disk.add_argument("--budget", type=seconds, default=DISK_S, help=f"seconds in all ({DISK_S:.0f})")
    bench = command(
        "bench", "Time one kernel, verified against the reference.", _kernel, _size_or_shape, _setting
    )
    bench.add_argument("--block", type=whole_number, help="block size of a tiled kernel")
    bench.add_argument("--width", type=whole_number, help=WIDTH_IDEA)
    compare = command("compare", "Time two kernels in turns and give the ratio of their speeds.")
    compare.add_argument("a", help="first kernel, for instance matmul/compiled_ikj")
    compare.add_argument("b", help="second kernel, for instance matmul/numpy")
    compare.add_argument("--sizes", type=sizes, help="sizes, or whole shapes: 512,1024,2000x300x700")
    _setting(compare)
    ladder = command("ladder", "Time every kernel of a workload, from slow to fast.", _setting)
    ladder.add_argument("workload", help="for instance matmul")
    ladder.add_argument("--size", type=whole_number, help="see `accel bench`")
    _add_sweep(command("sweep", "Time kernels at several values of one setting.", _size_or_shape, _setting))
    _add_simulate(command("simulate", "Count the cache misses of a loop order, by simulation.", _size_or_shape))
    calibrate = command("calibrate", "Measure which backend is fastest at which shape, for the backend auto.")
    calibrate.add_argument("--operation", help=f"{operation_names()} (all where left out)")
    calibrate.add_argument("--dtype", type=dtype, help="float32 or float64 (both where left out)")
    calibrate.add_argument(
        "--budget", type=seconds, default=CALIBRATION_S, help=f"seconds for all shapes ({CALIBRATION_S:.0f})"
    )
    tune = command("tune", "Measure the fastest blocks and width of vectors here, to be used from now on.")
    tune.add_argument("--dtype", type=dtype, help="float32 or float64 (both where left out)")
    tune.add_argument("--budget", type=seconds, default=TUNING_S, help=f"seconds for all ({TUNING_S:.0f})")
    explain = command("explain", "Which backend auto would take for a shape, and why.")
    explain.add_argument("operation", help=operation_names())
    explain.add_argument("--shape", type=lengths, required=True, help="m,k,n (or batch,m,k,n), else that of x")
    explain.add_argument("--dtype", type=dtype, default="float32", help="float32 (default) or float64")
    explain.add_argument("--layout", default="C", help="C (default), transposed or strided: how operands lie")
    roofline = command("roofline", "Draw the stored measurements on this machine's roofs.")
    roofline.add_argument("--html", required=True, metavar="FILE", help="the page to write")
    roofline.add_argument("--dtype", type=dtype, default="float32", help="float32 (default) or float64")
    roofline.add_argument("--threads", type=whole_number, default=1, help="threads of the roofs (1)")
    roofline.add_argument(
        "--points",
        choices=("latest", "all"),
        default="latest",
        help="latest: the newest of each kernel, with its usual block (default); "
        "all: every measurement, of more than 1000 an even choice of the newest 10,000",
    )
    roofline.add_argument(
        "--named", metavar="WORKLOAD", default="", help="whose points carry names (the newest)"
    )
    roofline.add_argument(
        "--bytes",
        choices=("least", "counted"),
        default="least",
        help="least: what any kernel must move (default); counted: what its passes move, by hand count",
    )
    roofline.add_argument("--disk", action="store_true", help="the roof of the disk measured last, too")
    _add_intensity(command("intensity", "Count the FLOP and bytes of an operation, with the derivation."))
    add_transformer(
        command("transformer", "Predict a transformer block, operation by operation."), whole_number, seconds
    )
    add_out_of_core(
        command("out-of-core", "Multiply two matrices that lie on a disk, in less memory than they take."),
        dtype,
        whole_number,
        whole_numbers,
    )
    command("doctor", "What could disturb a measurement on this machine now, and what to do about it.")
    command("lessons", "The lessons: a question each, to be answered by a guess and then by a run.")
    lesson = command("lesson", "Run one lesson: what was guessed beside what is true on this machine.")
    lesson.add_argument("lesson", help="its name, see `accel lessons`")
    lesson.add_argument("--guess", help="what you expect, before it runs (left out: nothing)")
    add_check(command("check", "Check packs that students handed in, a row for each file."))
    homework = commands.add_parser("homework", help=HOMEWORK, description=HOMEWORK)
    actions = homework.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_homework(partial(_command, actions))
    arena = commands.add_parser("arena", help=ARENA, description=ARENA)
    actions = arena.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_arena(partial(_command, actions), actions)
    pool = commands.add_parser("pool", help=POOL, description=POOL)
    actions = pool.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_pool(partial(_command, actions), seconds)
    store = commands.add_parser("store", help=STORE, description=STORE)
    actions = store.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_store(partial(_command, actions), whole_number)
    return parser, tuple(commands.choices)


ARENA = "The arena: hand in a kernel, be judged by the roof."
POOL = "More than one machine: hosts that measure for this program."
STORE = "The records: where they are, copied into another store, old ones moved into an archive."
HOMEWORK = "Homework: an assignment, and the pack that a student hands in."


def _command(group: Any, name: str, help: str) -> Parser:
    """A command of a group, which answers with JSON where that is asked for."""
    child: Parser = group.add_parser(name, help=help, description=help)
    child.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return child


def _kernel(parser: Parser) -> None:
    parser.add_argument("kernel", help="workload/kernel, for instance matmul/numpy")


def _size_or_shape(parser: Parser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--size", type=whole_number, help="the one number that a workload's shape follows from")
    group.add_argument("--shape", type=lengths, help="every axis, for matmul m,k,n: a is (m, k), b is (k, n)")


def _setting(parser: Parser) -> None:
    parser.add_argument("--dtype", type=dtype, default="float32", help="float32 (default) or float64")
    parser.add_argument("--threads", type=whole_number, default=1, help="threads of the kernel (1)")
    usual_s = DEFAULT_BUDGET_S
    parser.add_argument(
        "--budget", type=seconds, default=usual_s, help=f"seconds for each kernel ({usual_s:.0f})"
    )


def _add_sweep(sweep: Parser) -> None:
    sweep.add_argument(
        "kernels", nargs="+", help="one or more, for instance matmul/compiled_tiled,matmul/numpy_tiled"
    )
    sweep.add_argument(
        "--over", type=over, required=True, help="block=8,16,32, or size=..., threads=..., width=1,128,256,512"
    )
    sweep.add_argument("--block", type=whole_number, help="block size where something else is swept")
    sweep.add_argument("--width", type=whole_number, help=WIDTH_IDEA)


def _add_simulate(simulate: Parser) -> None:
    add = simulate.add_argument
    add("workload", choices=("matmul",), help="matmul")
    add("--order", default="ijk", help="the loops from outside in: ijk (default), ikj, jik, jki, kij or kji")
    add("--block", type=lengths, help="8, or 8,8,4 for i, j and k (not blocked where left out)")
    add("--tile", action="store_true", help="keep 4 x 4 elements of c in registers (order ijk or jik)")
    add("--visit", help="order of the blocks of c: row, column, morton or hilbert")
    add("--layout", default="row", help="row (default) or column: which elements are neighbours in memory")
    add("--pad", type=whole_number, default=0, help="elements added to each row or column (0)")
    add("--dtype", type=dtype, default="float32", help="float32 (default) or float64")
    add("--cache", default="cpu", help="size:ways:line,... such as 32768:8:64, or classroom, or cpu (default)")
    add("--policy", default="lru", help="lru (default) or fifo")
    add("--write", default="back", help="back (default) or through")
    add("--inclusive", action="store_true", help="each level holds what those above it hold")
    add("--no-classify", dest="classify", action="store_false", help="conflict and capacity are not told apart")
    add("--reuse", action="store_true", help="count reuse distances too (slow)")
    add("--dump", metavar="FILE.npz", help="write address and is_write of every access to a file")


def _add_intensity(intensity: Parser) -> None:
    intensity.add_argument("model", help="the operation, for instance matmul")
    intensity.add_argument(
        "--shape", type=lengths, help="every axis, for matmul m,k,n (its own default otherwise)"
    )
    intensity.add_argument("--dtype", default="float32", help="float32 (default), float64, float16 or bfloat16")
    intensity.add_argument(
        "--convention", default="least", help="which bytes count: least (default), stream or write_allocate"
    )
