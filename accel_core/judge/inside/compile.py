"""Runs a submitted file and compiles its function: what comes out is an object file and a few words.

The argument is JSON: {"function", "dimensions", "dtype", "parallel", "output"}. The output's report is JSON:
{"error"} or {"entry", "size", "vector_bits", "threads"}; the object file lies behind it.
"""

from __future__ import annotations

import os

os.environ["NUMBA_CACHE_DIR"] = "/tmp/numba"

import json
import mmap
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import numba
from numba.core.registry import cpu_target
from numba.np.ufunc import parallel

from accel_core.judge.inside import pages
from accel_core.judge.inside.submitted import Refused, run_file, words
from accel_core.wall import inside

_UNWANTED = (
    "nopython",
    "nogil",
    "cache",
    "forceobj",
    "looplift",
    "inline",
    "no_cpython_wrapper",
    "pipeline_class",
)
_ALGEBRA = "is required for linear algebra"
"""In Numba's message where SciPy, from which it takes its products, is not installed."""
_WIDTHS = ((512, r"\bzmm\d"), (256, r"\bymm\d"), (128, r"\bxmm\d"))
_PACKED = re.compile(
    r"^\s*v?p?(?:add|sub|mul|div|fn?m(?:add|sub)\w*?|max|min|sqrt|rcp\w*|rsqrt\w*|madd\w*)[a-z0-9]*?(ps|pd|[bwdq])?\s+(.*)$"
)
_NEON = re.compile(r"^\s*f?(?:add|sub|mul|mla|mls|div|max|min|sqrt)\w*\s+v\d+\.\d+[bhsd]", re.MULTILINE)


def vector_bits(assembly: str) -> int | None:
    """Bits of the widest vectors that the instructions compute with; None where each has one number."""
    widest = 0
    for line in assembly.splitlines():
        found = _PACKED.match(line)
        if not found:
            continue
        kind, operands = found.groups()
        for bits, register in _WIDTHS:
            if bits > widest and re.search(register, operands) and (bits > 128 or kind in ("ps", "pd")):
                widest = bits
    if not widest and _NEON.search(assembly):
        widest = 128
    return widest or None


def _function(names: dict[str, Any], name: str, arguments: int, parallel: bool) -> tuple[Any, dict[str, Any]]:
    """The plain function `name`, and how its author wants it compiled: `parallel` where he says nothing."""
    found = names.get(name)
    options = dict(getattr(found, "targetoptions", {"parallel": parallel}))
    plain: Any = getattr(found, "py_func", found)
    if not isinstance(plain, FunctionType):
        raise Refused(
            f"It defines no function {name}: define one with the {arguments} arguments of the starter code."
        )
    if plain.__code__.co_argcount != arguments:
        raise Refused(
            f"{name} takes {plain.__code__.co_argcount} arguments: take the {arguments} of the starter code, "
            "the last of which is out."
        )
    return plain, {key: value for key, value in options.items() if key not in _UNWANTED}


def compiled(path: Path, told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What is said of the machine code, and the object file."""
    plain, options = _function(run_file(path), told["function"], len(told["dimensions"]), told["parallel"])
    dtype = getattr(numba.types, told["dtype"])
    arrays = tuple(numba.types.Array(dtype, number, "C") for number in told["dimensions"])
    try:
        bare: dict[str, Any] = {
            "no_cpython_wrapper": True,
            "no_cfunc_wrapper": True,
        }  # nothing that calls Python
        wrapped: Any = numba.njit(**bare | options)(plain)
        made = wrapped._compiler.compile(arrays, None)
    except BaseException as error:
        if _ALGEBRA in str(error):
            raise Refused(
                "It calls NumPy's linear algebra (np.dot, @), a library; in this division only code that Numba "
                "compiled from this file may run: write the loops yourself."
            ) from None
        raise Refused(f"Numba cannot compile it: {words(error, path, _numba_words(error))}.") from None
    if made.signature.return_type != numba.types.none:
        raise Refused(f"{told['function']} returns a value: write the result into out, and return nothing.")
    library = made.library
    library._ensure_finalized()
    if library.has_dynamic_globals:  # by their addresses in this process
        raise Refused(
            "It uses something by its address, a global array of more than 1 MB or a library's function: make "
            "the array smaller, and write the function yourself."
        )
    machine, module = cpu_target.target_context.codegen()._tm, library._final_module
    found = {"entry": made.fndesc.llvm_func_name, "vector_bits": vector_bits(machine.emit_assembly(module))}
    return found | {"parallel": bool(options.get("parallel"))}, machine.emit_object(module)


@numba.njit
def get_num_threads() -> int:
    """As Numba's own, which is called by its address in this process, and prints."""
    return parallel._iget_num_threads()  # type: ignore[call-arg]


def _numba_words(error: BaseException) -> str:
    """The first line of Numba's message that says something of the code."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip(" -•") for line in str(error).splitlines()]
    dull = (
        "Failed in",
        "During:",
        "File ",
        "There are",
        "<source",
        "No implementation of function",
        "This error",
    )
    telling = [line for line in lines if line and not line.startswith(dull)]
    if plain := re.match(r"Untyped global name '(\w+)'.*class 'function'", next(iter(telling), "")):
        return f"{plain[1]} is plain Python: put @njit above its definition"
    first = next((line for line in lines if line.startswith("No implementation of function")), "")
    return first or (telling[0] if telling else type(error).__name__)


def prepare() -> Callable[[], None]:
    """What compiles the file and hands it back."""
    told = json.loads(sys.argv[1])
    output = mmap.mmap(told["output"], 0)
    numba.get_num_threads = get_num_threads

    def hand_back() -> None:
        try:
            found, made = compiled(inside.job_file("submission.py"), told)
        except Refused as refused:
            found, made = {"error": str(refused)}, b""
        room = len(output) - pages.PAGE
        if len(made) > room:
            found = {"error": f"Its machine code has {len(made)} bytes; {room} are allowed: make it smaller."}
            made = b""
        said = json.dumps(found | {"size": len(made)}).encode()
        output[pages.PAGE : pages.PAGE + len(made)] = made
        shared = object.__new__(pages.Pages)
        shared.output = output
        shared.report(0, said)

    return hand_back


if __name__ == "__main__":
    inside.serve(prepare)
