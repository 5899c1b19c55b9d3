"""The hosts of the pool that ACCEL_POOL names, and which of them this session chose. Without a pool this is not
imported, and pages are of the computer that runs the app.

All sessions share one look at the pool, made beside them: no page waits for a pool that does not answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from accel_core.errors import AccelError
from accel_core.model import Machine
from accel_core.model.hosts import Host, Wanted
from accel_core.units import format_count
from app.session import cached, settings

FRESH_S = 2.0
FIRST_S = 15.0
"""The first look is waited for so long: the engine is imported, and the pool spoken to."""
KEY = "host"
ANY = "any like "


@dataclass(frozen=True)
class Seen:
    """The pool at one moment."""

    hosts: tuple[Host, ...] = ()
    fault: str = ""
    """Why nothing is known of it now, in a sentence; `hosts` are then those of before."""


class Watcher:
    """Looks at the pool when somebody asks and the last look is FRESH_S old; any thread may ask."""

    def __init__(self, ask: Callable[[], Sequence[Host]], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask, self._clock = ask, clock
        self._lock = threading.Lock()
        self._first = threading.Event()
        self._looked_s = float("-inf")
        self._looking = False
        self._seen = Seen(fault="The pool has not answered yet: this page looks again by itself.")

    def look(self) -> Seen:
        """What is known of the pool; a newer look may be under way."""
        with self._lock:
            if not self._looking and self._clock() - self._looked_s >= FRESH_S:
                self._looking = True
                threading.Thread(target=self._look, name="look at the pool", daemon=True).start()
        self._first.wait(FIRST_S)
        return self._seen

    def _look(self) -> None:
        try:
            self._seen = Seen(tuple(self._ask()))
        except AccelError as fault:
            self._seen = Seen(self._seen.hosts, str(fault))
        except Exception as fault:
            self._seen = Seen(self._seen.hosts, f"The pool could not be asked ({type(fault).__name__}).")
        finally:
            with self._lock:
                self._looking, self._looked_s = False, self._clock()
            self._first.set()


def seen() -> Seen:
    """The pool, as all sessions know it."""
    return cached.pool().look()


@dataclass(frozen=True)
class HostChoice(settings.Choice):
    """One of the pool's hosts; a name that is like another one is never taken for it."""

    def admit(self, given: Sequence[str]) -> tuple[list[str], str | None]:
        """What the URL should say for `given`, and a sentence where that is something else."""
        text = given[-1].strip()
        return ([text], None) if text in self.options else ([str(self.default)], self.gone(text))

    def gone(self, name: str) -> str:
        """That the pool has no such host, and what to do."""
        return (
            f"The pool has no host “{settings.short(name)}” now: choose another one under Host, or start it "
            f"again by `accel pool worker`. Shown is {self.default}."
        )


def choice(hosts: Sequence[Host]) -> HostChoice:
    """What can be chosen among `hosts`, at least one: any of those that are alike, or one by name."""
    together = [ANY + alike[0].name for alike in _alike(hosts) if len(alike) > 1]
    options = tuple(dict.fromkeys([*together, *(host.name for host in hosts)]))
    return HostChoice(
        KEY,
        "Host",
        options,
        options[0],
        "Whose machine and records are shown, and who measures what you start.",
    )


def choose() -> None:
    """The control that chooses a host, where there are some."""
    if hosts := seen().hosts:
        offered = choice(hosts)
        st.selectbox(offered.label, offered.options, key=KEY, help=offered.help, bind="query-params")


def admit() -> None:
    """Before `choose`: say which host of a link, or of before, is not there."""
    known = seen()
    with settings.place():
        if known.fault:
            st.error(known.fault)
        elif not known.hosts:
            st.warning("The pool has no host yet: `accel pool worker` on a computer adds one, see the README.")
    if not known.hosts:
        return
    offered = choice(known.hosts)
    kept = st.session_state.get(KEY)
    if kept is not None and kept not in offered.options:
        st.session_state[KEY] = offered.default
        with settings.place():
            st.warning(offered.gone(str(kept)), icon=":material/link_off:")
    settings.admit(offered)


def chosen() -> tuple[str, Sequence[Host]]:
    """What this session chose, and which hosts that are now; none where there is no choice."""
    if get_script_run_ctx() is None:  # a thread of the server: it belongs to no session
        return "", ()
    hosts = seen().hosts
    said = str(st.session_state.get(KEY) or (choice(hosts).default if hosts else ""))
    for alike in _alike(hosts):
        if said == ANY + alike[0].name:
            return said, alike
    return said, [host for host in hosts if host.name == said]


def machine() -> Machine | None:
    """The machine that this session looks at; of alike hosts one with the fewest cores, as any may measure."""
    _, hosts = chosen()
    return min(hosts, key=lambda host: host.machine.cores.allowed).machine if hosts else None


def wanted() -> Wanted | None:
    """Which host measures what this session starts; None where none is there."""
    said, hosts = chosen()
    if not hosts:
        return None
    if said.startswith(ANY) and len(hosts) > 1:
        return Wanted(fingerprint=hosts[0].machine.fingerprint, alike=True)
    return Wanted(name=said)


def whose() -> str:
    """Whose machine pages show, in a sentence; empty where no host is chosen."""
    said, hosts = chosen()
    if not hosts:
        return ""
    one = hosts[0].machine
    shares = " It shares its computer with other hosts, which disturb it." if hosts[0].shares else ""
    cores = format_count(one.cores.allowed, "core")
    if len(hosts) > 1:
        return f"Shown and measured: any of {len(hosts)} alike hosts of the pool ({one.cpu})."
    return f"Shown and measured: host {said} of the pool ({one.cpu}, {cores}).{shares}"


def doing(host: Host) -> str:
    """What a host does now, with who waits there."""
    waiting = f", {host.waiting} waiting" if host.waiting else ""
    return host.does + waiting


def _alike(hosts: Sequence[Host]) -> list[tuple[Host, ...]]:
    """The hosts by their hardware, as jobs ask for it; the most numerous first."""
    found: dict[str, list[Host]] = {}
    for host in hosts:
        found.setdefault(host.machine.fingerprint, []).append(host)
    return sorted(map(tuple, found.values()), key=lambda alike: -len(alike))
