"""Which backends there are, which one is in use here, and the operations as plain functions that ask it.

The choice lives in a context variable. So it holds for the thread or the asyncio task that made it and for what
that calls; a task started later begins with a copy of it, a thread started later begins with the default
("auto"), and neither changes it for the one that started it. `contextvars.copy_context().run` takes a choice
into a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import entry_points
from typing import Any

from numpy.typing import ArrayLike, NDArray

from accel_core.backends.interface import ComputeBackend
from accel_core.errors import BadInput, quoted, unknown
from accel_core.kernels.streaming import functions as streaming_functions

Named = str | ComputeBackend
DEFAULT = "auto"
ENTRY_POINTS = "accel_core.backends"
"""The group in which an installed package names its backends."""

_current: ContextVar[ComputeBackend | None] = ContextVar("accel_backend", default=None)
_known: dict[str, ComputeBackend | Callable[[], ComputeBackend]] = {}
_made: dict[str, ComputeBackend] = {}
"""Those of `_known` that exist already."""
_installed: set[str] = set()
"""Those of `_known` that an installed package names and nobody has registered."""
_lock = threading.Lock()
_making: dict[str, threading.RLock] = {}
"""A lock for each that is made."""


def register_backend(
    name: str, backend: ComputeBackend | Callable[[], ComputeBackend], *, replace: bool = False
) -> None:
    """Make `backend` known as `name`: an object, or a class or function that makes it when it is first asked
    for.

    Raises BadInput for a name that is no word or is taken (unless `replace`), and for something that is no
    backend.
    """
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise BadInput(f"A backend's name is {quoted(name)}; give a word, for instance 'mine'.")
    fits = issubclass(backend, ComputeBackend) if isinstance(backend, type) else callable(backend)
    if not fits and not isinstance(backend, ComputeBackend):
        raise BadInput(
            f"{quoted(backend)} is no backend; give a subclass of ComputeBackend or an object of one."
        )
    with _lock:
        if name in _known and name not in _installed and not replace:
            raise BadInput(
                f"There is a backend called {quoted(name)} already; take another name, or say replace=True."
            )
        _known[name] = backend
        _made.pop(name, None)
        _installed.discard(name)  # a package may name its backend and register it, too


def register_installed() -> None:
    """Make the backends of installed packages known: each an entry point that names a class, or a function that
    makes one. So they are known in every process, and `accel calibrate` times them.

    Nothing of them is imported before it is asked for. A name that is taken stays with whom it belongs to.
    """
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name not in _known:
            register_backend(entry.name, lambda entry=entry: entry.load()())  # type: ignore[misc]
            _installed.add(entry.name)


def backend_names() -> tuple[str, ...]:
    """The names of all backends, in the order in which they were registered."""
    return tuple(_known)


def find_backend(backend: Named) -> ComputeBackend:
    """The backend called `backend`, or `backend` itself where it is one; BadInput with the known names else."""
    if isinstance(backend, ComputeBackend):
        return backend
    known = _known.get(backend) if isinstance(backend, str) else None
    if known is None:
        raise BadInput(unknown("backend", backend, _known, f"there are: {', '.join(_known)}"))
    return _made.get(str(backend)) or _make(str(backend))


def _make(name: str) -> ComputeBackend:
    """The backend registered as `name`, made now unless another thread has just done so."""
    with _making.setdefault(name, threading.RLock()):  # of its own: what is imported here may register another
        if name not in _made:
            known = _known[name]
            made = known if isinstance(known, ComputeBackend) else known()
            if not isinstance(made, ComputeBackend):
                raise BadInput(
                    f"What was registered as {quoted(name)} made {quoted(made)}, which is no backend."
                )
            _made[name] = made
        return _made[name]


def set_backend(backend: Named) -> ComputeBackend:
    """Use `backend`, a name or an object, from here on in this thread or asyncio task; returns the object."""
    found = find_backend(backend)
    _current.set(found)
    return found


def get_backend() -> ComputeBackend:
    """The backend in use in this thread or asyncio task: the last one set here, else "auto"."""
    found = _current.get()
    return found if found is not None else _made.get(DEFAULT) or _make(DEFAULT)


@contextmanager
def use_backend(backend: Named) -> Iterator[ComputeBackend]:
    """Use `backend`, a name or an object, within the block, then the one from before, whatever happens."""
    found = find_backend(backend)
    token = _current.set(found)
    try:
        yield found
    finally:
        _current.reset(token)


# -- plain functions: user code stays as it is, the backend in use does the work ------------------------------


def plain_function(operation: str) -> Callable[..., Any]:
    """The function of this module called like `operation`; where none is written here, one that asks as they
    do."""

    def ask(*arrays: Any, **options: Any) -> Any:
        return getattr(get_backend(), operation)(*arrays, **options)

    ask.__name__, ask.__doc__ = operation, getattr(ComputeBackend, operation).__doc__
    return globals().get(operation) or ask


def matmul(a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
    """a (..., m, k), b (..., k, n) -> (..., m, n), as np.matmul has it.

    float32 where both are float32, else float64. Raises BadInput (a ValueError) for shapes that do not match
    and for data types it cannot take.
    """
    return get_backend().matmul(a, b)


def gelu(x: ArrayLike) -> NDArray[Any]:
    """x (any shape) -> same shape: the tanh form of GELU. Raises BadInput for data types it cannot take."""
    return get_backend().gelu(x)


def add(x: ArrayLike, y: ArrayLike, out: NDArray[Any] | None = None) -> NDArray[Any]:
    """x and y (shapes that broadcast) -> their common shape: the sum, element by element.

    Backends make new arrays, so with `out` (which may be x or y) the compiled sum is written there whatever the
    backend. Raises BadInput for what it cannot take.
    """
    return get_backend().add(x, y) if out is None else streaming_functions.add(x, y, out)


def softmax(x: ArrayLike) -> NDArray[Any]:
    """x (..., columns) -> same shape: softmax along the last axis. Raises BadInput for what it cannot take."""
    return get_backend().softmax(x)


def layer_norm(
    x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
) -> NDArray[Any]:
    """x (..., columns) -> same shape: gamma (x - mean) / √(variance + eps) + beta along the last axis.

    gamma and beta have shape (columns,), 1 and 0 where left out. Raises BadInput for what it cannot take.
    """
    return get_backend().layer_norm(x, gamma, beta, eps)
