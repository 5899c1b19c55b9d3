"""Versions that can change a measurement while the hardware stays the same."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from accel_core import __version__
from accel_core.machine.blas import loaded_blas
from accel_core.machine.overrides import held
from accel_core.model import Environment


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _llvm() -> str | None:
    try:
        from llvmlite import binding

        return ".".join(map(str, binding.llvm_version_info))
    except Exception:
        return None


def environment() -> Environment:
    """The versions in this process, without importing Numba. Names neither host nor user. Never raises."""
    return Environment(
        accel=__version__,
        python=platform.python_version(),
        numpy=_version("numpy"),
        numba=_version("numba"),
        llvm=_llvm(),
        system=f"{platform.system()} {platform.release()}".strip() or "unknown",
        blas=loaded_blas(),
        overrides=held(),
    )
