"""Which backend is in use here: by name or as an object, for this thread or task alone.

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
from difflib import get_close_matches

from accel_core.backends.interface import ComputeBackend
from accel_core.errors import BadInput, shown

Named = str | ComputeBackend
DEFAULT = "auto"

_current: ContextVar[ComputeBackend | None] = ContextVar("accel_backend", default=None)
_known: dict[str, ComputeBackend | Callable[[], ComputeBackend]] = {}
_made: dict[str, ComputeBackend] = {}
"""Those of `_known` that exist already."""
_lock = threading.RLock()  # making a backend may ask for another one


def register_backend(
    name: str, backend: ComputeBackend | Callable[[], ComputeBackend], *, replace: bool = False
) -> None:
    """Make `backend` known as `name`: an object, or a class or function that makes it when it is first asked
    for.

    Raises BadInput for a name that is no word or is taken (unless `replace`), and for something that is no
    backend.
    """
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        raise BadInput(f"A backend's name is {shown(name)}; give a word, for instance 'mine'.")
    if isinstance(backend, type) and not issubclass(backend, ComputeBackend):
        raise BadInput(
            f"{backend.__name__} is no backend; give a subclass of ComputeBackend or an object of one."
        )
    if not isinstance(backend, ComputeBackend) and not callable(backend):
        raise BadInput(
            f"{shown(backend)} is no backend; give a subclass of ComputeBackend or an object of one."
        )
    with _lock:
        if name in _known and not replace:
            raise BadInput(
                f"There is a backend called {shown(name)} already; take another name, or say replace=True."
            )
        _known[name] = backend
        _made.pop(name, None)


def backend_names() -> tuple[str, ...]:
    """The names of all backends, in the order in which they were registered."""
    return tuple(_known)


def find_backend(backend: Named) -> ComputeBackend:
    """The backend called `backend`, or `backend` itself where it is one; BadInput with the known names else."""
    if isinstance(backend, ComputeBackend):
        return backend
    known = _known.get(backend) if isinstance(backend, str) else None
    if known is None:
        near = get_close_matches(str(backend)[:100], _known, n=1)
        meant = f"did you mean {near[0]!r}? There" if near else "there"
        raise BadInput(f"There is no backend {shown(backend)}; {meant} are: {', '.join(_known)}.")
    return _made.get(str(backend)) or _make(str(backend))


def _make(name: str) -> ComputeBackend:
    """The backend registered as `name`, made now unless another thread has just done so."""
    with _lock:
        if name not in _made:
            known = _known[name]
            made = known if isinstance(known, ComputeBackend) else known()
            if not isinstance(made, ComputeBackend):
                raise BadInput(f"What was registered as {shown(name)} made {shown(made)}, which is no backend.")
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
