"""Whatever is mistyped on the command line ends with status 2, one line on standard error and no output."""

from __future__ import annotations

import pytest

from accel_core.cli import main
from accel_core.cli.arena import ACTIONS as ARENA
from accel_core.cli.commands import COMMANDS
from accel_core.cli.homework import ACTIONS as HOMEWORK

NUMPY = "matmul/numpy"
BAD = {
    "no command": ([], "bench"),
    "a command that is nearly one": (["bensh"], "'bench'"),
    "a command like none": (["xyzzy"], "ladder"),
    "an option of no command": (["machine", "--verbose"], "--verbose"),
    "an abbreviated option": (["bench", NUMPY, "--siz", "64"], "--siz"),
    "no kernel": (["bench"], "kernel"),
    "an unknown kernel": (["bench", "matmul/nunpy", "--size", "16"], "numpy"),
    "an unknown workload": (["bench", "matmull/numpy", "--size", "16"], "matmul"),
    "a kernel without its workload": (["bench", "numpy", "--size", "16"], "matmul/numpy"),
    "an unknown ladder": (["ladder", "matmull", "--size", "16"], "matmul"),
    "size 0": (["bench", NUMPY, "--size", "0"], "0"),
    "a negative size": (["bench", NUMPY, "--size", "-1"], "-1"),
    "a size that fits no memory": (["bench", NUMPY, "--size", "1000000000"], "1000000000"),
    "a size of a hundred digits": (["bench", NUMPY, "--size", "9" * 100], "size"),
    "a size in words": (["bench", NUMPY, "--size", "large"], "'large'"),
    "a size as a float": (["bench", NUMPY, "--size", "1e9"], "'1e9'"),
    "size and shape at once": (["bench", NUMPY, "--size", "16", "--shape", "1,2,3"], "--shape"),
    "a ladder of size 0": (["ladder", "matmul", "--size", "0"], "0"),
    "a ladder that fits no memory": (["ladder", "matmul", "--size", "1000000000"], "1000000000"),
    "a block that is no number": (["bench", "matmul/numpy_tiled", "--size", "16", "--block", "nan"], "'nan'"),
    "block 0": (["bench", "matmul/numpy_tiled", "--size", "16", "--block", "0"], "block"),
    "a negative block": (["bench", "matmul/numpy_tiled", "--size", "16", "--block", "-8"], "block"),
    "a block for a kernel without one": (["bench", NUMPY, "--size", "16", "--block", "8"], "block"),
    "more threads than cores": (["bench", NUMPY, "--size", "16", "--threads", "9999"], "9999"),
    "no threads": (["bench", NUMPY, "--size", "16", "--threads", "0"], "0"),
    "threads in words": (["bench", NUMPY, "--size", "16", "--threads", "all"], "'all'"),
    "roofs of more threads than cores": (["peaks", "--threads", "9999"], "9999"),
    "an unknown dtype": (["bench", NUMPY, "--size", "16", "--dtype", "float16"], "'float16'"),
    "roofs of an unknown dtype": (["peaks", "--dtype", "int8"], "'int8'"),
    "no budget": (["bench", NUMPY, "--size", "16", "--budget", "0"], "'0'"),
    "a budget that is no number": (["bench", NUMPY, "--size", "16", "--budget", "nan"], "'nan'"),
    "an endless budget": (["bench", NUMPY, "--size", "16", "--budget", "inf"], "'inf'"),
    "a budget of years": (["bench", NUMPY, "--size", "16", "--budget", "1e9"], "budget"),
    "a shape with too few axes": (["bench", NUMPY, "--shape", "16,16"], "3"),
    "a shape with a negative axis": (["bench", NUMPY, "--shape", "16,-1,16"], "-1"),
    "a shape in words": (["bench", NUMPY, "--shape", "a,b,c"], "'a'"),
    "an empty list of sizes": (["compare", NUMPY, NUMPY, "--sizes", ""], "--sizes"),
    "only one kernel to compare": (["compare", NUMPY, "--sizes", "16"], "b"),
    "a comparison with an unknown kernel": (["compare", NUMPY, "matmul/nunpy", "--sizes", "16"], "numpy"),
    "a comparison at size 0": (["compare", NUMPY, NUMPY, "--sizes", "0,16"], "0"),
    "a sweep over nothing": (["sweep", NUMPY], "--over"),
    "a sweep without values": (["sweep", NUMPY, "--over", "block="], "block="),
    "a sweep over an unknown setting": (["sweep", NUMPY, "--over", "colour=1,2"], "colour"),
    "a sweep over block 0": (["sweep", "matmul/compiled_tiled", "--over", "block=0,8"], "0"),
    "a sweep over a given size": (["sweep", NUMPY, "--over", "size=8,16", "--size", "8"], "size"),
    "a sweep over a given block": (
        ["sweep", "matmul/numpy_tiled", "--over", "block=8", "--block", "8"],
        "block",
    ),
    "a sweep over threads that do not exist": (["sweep", NUMPY, "--over", "threads=1,9999"], "9999"),
    "a roofline without a file": (["roofline"], "--html"),
    "a missing output folder": (["roofline", "--html", "missing/folder/page.html"], "folder"),
    "a folder in place of a file": (["roofline", "--html", "."], "folder"),
    "a file's name of thousands of letters": (["roofline", "--html", "9" * 5000], "folder"),
    "a file's name with a zero in it": (["roofline", "--html", "a\0b"], "folder"),
    "a dump of such a name": (["simulate", "matmul", "--size", "8", "--dump", "9" * 5000], "folder"),
    "an unknown operation": (["intensity", "matmull"], "matmul"),
    "an operation's shape with too few axes": (["intensity", "matmul", "--shape", "16,16"], "m, k, n"),
    "an unknown byte convention": (["intensity", "matmul", "--convention", "most"], "least"),
    "an unknown dtype of an operation": (["intensity", "matmul", "--dtype", "text"], "float32"),
    "an unknown preset": (["transformer", "--preset", "gtp2-small"], "gpt2-small"),
    "heads that do not divide the width": (["transformer", "--heads", "7"], "6 and 8"),
    "a sequence of nothing": (["transformer", "--sequence", "0"], "sequence is 0"),
    "a huge sequence": (["transformer", "--sequence", "9" * 5000], "--sequence"),
    "a width in words": (["transformer", "--width", "wide"], "'wide'"),
    "an unknown dtype of a block": (["transformer", "--dtype", "int8"], "float16"),
    "one roof of two": (["transformer", "--peak", "1e11"], "--bandwidth"),
    "a roof of nothing": (["transformer", "--peak", "0", "--bandwidth", "1e9"], "'0'"),
    "a roof beyond all machines": (["transformer", "--peak", "1e300", "--bandwidth", "1e9"], "1e+30"),
    "a context without a token to decode": (["transformer", "--context", "16"], "--decode"),
    "an operation without a factor": (["transformer", "--faster", "softmax"], "feed-forward=2"),
    "a faster operation that there is not": (
        ["transformer", "--peak", "1e11", "--bandwidth", "1e9", "--faster", "sofmax=2"],
        "'softmax'",
    ),
    "a faster operation without roofs": (["transformer", "--dtype", "float16", "--faster", "PV=2"], "float16"),
    "a block that does not fit": (["transformer", "--memory", "1e8"], "612"),
}


@pytest.mark.parametrize(("argv", "word"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_bad_input_ends_with_one_sentence(capsys, monkeypatch, tmp_path, argv, word, form):
    monkeypatch.chdir(tmp_path)
    status = main([*argv, *form])
    printed = capsys.readouterr()
    assert status == 2, printed.err
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert printed.err.startswith("accel: ")
    assert printed.err.endswith(".\n")
    assert "Traceback" not in printed.err
    assert word in printed.err


WITH_ACTIONS = [
    *(["pool", action] for action in ("start", "worker", "status", "certificates", "roofs")),
    *(["store", action] for action in ("info", "copy", "thin")),
    *(["homework", action] for action in HOMEWORK),
    *(["arena", *{"event": ("event", "check")}.get(action, (action,))] for action in ARENA),
]


@pytest.mark.parametrize(
    "words",
    [*([name] for name in COMMANDS if name not in ("homework", "arena", "pool", "store")), *WITH_ACTIONS],
    ids=" ".join,
)
def test_every_command_explains_itself(capsys, words):
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_what_was_typed_is_cut_where_the_parser_itself_repeats_it(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (
        ["simulate", "x" * 5000],
        ["roofline", "--html", "a.html", "--points", "y" * 5000],
        ["simulate", "ab " * 3000],
        ["machine", *["word"] * 3000],
    ):
        assert main(words) == 2
        said = capsys.readouterr().err
        assert ("invalid choice" in said or "Unrecognized" in said) and len(said) < 700


@pytest.mark.parametrize(
    ("typed", "meant"), [("BENCH", "bench"), ("bensh", "bench"), ("list", ""), ("records", "")]
)
def test_a_command_is_only_taken_for_one_that_is_spelled_like_it(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([typed]) == 2
    assert (f"did you mean '{meant}'" in capsys.readouterr().err) == bool(meant)
