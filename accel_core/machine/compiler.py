"""The compiler, Numba: asked for once, and refused in a sentence where its settings let it compile nothing.

Numba reads variables that begin with NUMBA_ when it is imported, and then fails in its own ways: it raises for
0 threads, prints a traceback for a value that it cannot read, and hands plain Python functions on where it is
switched off.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping

from accel_core.errors import AccelError, BadInput

MOST_THREADS = 8192
"""The most processors that Linux can be built for on x86-64 (CONFIG_NR_CPUS)."""
_LAYERS = ("default", "safe", "threadsafe", "forksafe", "tbb", "omp", "workqueue")
_UNREAD = re.compile(r"Environment variable '(\w+)' is defined but its associated value '(.*)' could not be")
_AGAIN = "then start again"
_refused: list[AccelError] = []
"""The first refusal: a second import of Numba in one process fails in ways of its own."""


def require_compiler() -> None:
    """Import Numba; BadInput for a setting under which it compiles nothing, AccelError where it cannot be."""
    if _refused:
        raise type(_refused[0])(*_refused[0].args)
    try:
        require_settings()
        _import()
    except AccelError as error:
        _refused.append(error)
        raise


def require_settings() -> None:
    """BadInput for a variable under which Numba compiles nothing; it is not imported to know that."""
    if said := refusal(os.environ):
        raise BadInput(said)


def refusal(variables: Mapping[str, str]) -> str:
    """Why Numba compiles nothing under `variables`, in a sentence; empty where it does."""
    off = variables.get("NUMBA_DISABLE_JIT", "").strip()
    if re.fullmatch(r"[+-]?\d+", off) and int(off):
        return _switched_off(f"NUMBA_DISABLE_JIT={off}")
    threads = variables.get("NUMBA_NUM_THREADS", "1").strip()
    if not re.fullmatch(r"\+?\d{1,9}", threads) or not 1 <= int(threads) <= MOST_THREADS:
        return (
            f"NUMBA_NUM_THREADS={threads} is no number of threads: unset it, or give a whole number from 1 to "
            f"{MOST_THREADS}, {_AGAIN}."
        )
    layer = variables.get("NUMBA_THREADING_LAYER", "default").strip()
    if layer.lower() not in _LAYERS:
        known = ", ".join(_LAYERS)
        return (
            f"NUMBA_THREADING_LAYER={layer} is no layer of Numba's ({known}): unset it or name one, {_AGAIN}."
        )
    return ""


def _switched_off(setting: str) -> str:
    return f"{setting} is set, so Numba compiles nothing: unset it, {_AGAIN}."


def _import() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            import numba
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            given = " and ".join(name for name in os.environ if name.startswith("NUMBA_"))
            again = (
                "install it again with pip" if isinstance(error, ImportError) else "allow it what it asks for"
            )
            remedy = f"unset {given}" if given else again
            raise AccelError(
                f"Numba cannot be imported ({type(error).__name__}: {said}): {remedy}, {_AGAIN}."
            ) from error
    for warning in heard:
        if unread := _UNREAD.match(str(warning.message)):
            raise BadInput(
                f"{unread[1]}={unread[2]} is no value that Numba can read: unset or correct it, {_AGAIN}."
            )
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if vars(numba.config)["DISABLE_JIT"]:  # by its file of settings, or by a program
        raise BadInput(_switched_off("NUMBA_DISABLE_JIT (or disable_jit in .numba_config.yaml)"))
