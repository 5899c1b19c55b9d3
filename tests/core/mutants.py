"""Submissions that nobody wrote: files changed at random, and files that are no text at all."""

from __future__ import annotations

import ast
import io
import os
import random
import tokenize
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ODD = (
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\r", b"\x0c", b"\x1a", b"\x1b[2J", "\u202e".encode(), b"\xed\xa0\x80",
    b"'''", b"(" * 300, b"-" * 3000, b"lambda:" * 500, b"\\\n", b"\t", "é".encode("utf-16"), b"<script>",
)  # fmt: skip
CONSTANTS = (0, 1, -1, 2**63, 10**300, 0.0, -0.0, 1e308, float("inf"), "", "x" * 1000, b"\x00", None, ..., True)


def mutants(pick: random.Random, texts: Sequence[str], count: int) -> Iterator[tuple[str, str, bytes]]:
    """(what was done, one of `texts`, the file that came of it) so many times."""
    ways: Sequence[Callable[[random.Random, str, Sequence[str]], bytes]] = (
        flipped, shuffled, truncated, with_odd_bytes, spliced, edited, edited, edited,
    )  # fmt: skip
    for _ in range(count):
        way, text = pick.choice(ways), pick.choice(texts)
        yield way.__name__, text, way(pick, text, texts)


def flipped(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """Some bits turned over."""
    data = bytearray(text.encode())
    for _ in range(pick.choice((1, 1, 3, 30))):
        data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
    return bytes(data)


def shuffled(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """Some tokens in each other's places."""
    tokens = [token[:2] for token in tokenize.generate_tokens(io.StringIO(text).readline)]
    words = [at for at, (kind, _) in enumerate(tokens) if kind in (tokenize.NAME, tokenize.NUMBER, tokenize.OP)]
    for _ in range(pick.choice((1, 2, 20))):
        one, other = pick.choice(words), pick.choice(words)
        tokens[one], tokens[other] = tokens[other], tokens[one]
    return tokenize.untokenize(tokens).encode()


def truncated(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """Cut off somewhere."""
    data = text.encode()
    return data[: pick.randrange(len(data))]


def with_odd_bytes(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """Something that does not belong there, put in somewhere."""
    data = text.encode()
    at = pick.randrange(len(data))
    return data[:at] + pick.choice(ODD) + data[at:]


def spliced(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """The first lines of one and the last of another."""
    head, tail = text.splitlines(), pick.choice(texts).splitlines()
    return "\n".join([*head[: pick.randrange(len(head))], *tail[pick.randrange(len(tail)) :]]).encode()


def edited(pick: random.Random, text: str, texts: Sequence[str]) -> bytes:
    """Another program that Python can read: statements left out or twice, operators and constants changed."""
    tree = ast.parse(text)
    for _ in range(pick.choice((1, 1, 2, 5))):
        _edit(pick, pick.choice(list(ast.walk(tree))))
    try:
        return ast.unparse(ast.fix_missing_locations(tree)).encode("utf-8", "surrogatepass")
    except (ValueError, TypeError, AttributeError, RecursionError):  # no program any more
        return truncated(pick, text, texts)


def _edit(pick: random.Random, node: ast.AST) -> None:
    match node:
        case ast.Module(body=body) | ast.FunctionDef(body=body) | ast.For(body=body) | ast.If(body=body) if (
            body
        ):
            at = pick.randrange(len(body))
            if pick.random() < 0.5:
                body[at:at] = [body[at]]
            else:
                body[at] = ast.Pass()
        case ast.BinOp():
            node.op = pick.choice((ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Pow, ast.LShift))()
            if pick.random() < 0.3:
                node.left, node.right = node.right, node.left
        case ast.Compare():
            node.ops = [pick.choice((ast.Lt, ast.Gt, ast.Eq, ast.Is, ast.In))()]
            node.comparators = node.comparators[:1]
        case ast.Constant():
            node.value = pick.choice(CONSTANTS)
        case ast.Name() | ast.arg() | ast.Attribute():
            field = {ast.Name: "id", ast.arg: "arg", ast.Attribute: "attr"}[type(node)]
            setattr(node, field, pick.choice(("a", "b", "out", "x", "i", "np", "__class__", "matmul", "é")))
        case ast.Call():
            node.args = node.args[::-1] if pick.random() < 0.5 else [*node.args, *node.args]
        case ast.Subscript():
            node.slice = ast.Constant(value=pick.choice((0, -1, 2**62, None)))


def odd_files(folder: Path) -> dict[str, Path]:
    """Files that are no submission: by what is wrong with them."""
    made = {
        "not UTF-8": b"def matmul(a, b, out):\n    '\xff\xfe'\n",
        "a NUL": b"def matmul(a, b, out):\n    pass\0\n",
        "10 MB": b"#" * 10_000_000,
        "nested": b"x = " + b"(" * 100_000 + b")" * 100_000 + b"\ndef matmul(a, b, out):\n    pass\n",
        "nested short": b"x = " + b"[" * 30_000 + b"]" * 30_000 + b"\ndef matmul(a, b, out):\n    pass\n",
        "nothing": b"",
        "a zip bomb": _zip_bomb(),
    }
    paths = {}
    for number, (name, data) in enumerate(made.items()):
        paths[name] = folder / f"odd{number}.py"
        paths[name].write_bytes(data)
    paths["a folder"] = folder / "folder.py"
    paths["a folder"].mkdir()
    if os.name == "posix":
        paths["a link to a device"] = folder / "device.py"
        paths["a link to a device"].symlink_to("/dev/zero")
        paths["a pipe"] = folder / "pipe.py"
        os.mkfifo(paths["a pipe"])
        paths["a link to itself"] = folder / "itself.py"
        paths["a link to itself"].symlink_to("itself.py")
    return paths


def _zip_bomb() -> bytes:
    """50 kB that unpack to 50 MB; Python would run it for its `__main__.py`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", "print('unpacked')")
        archive.writestr("zeros", bytes(50_000_000))
    return packed.getvalue()
