"""The live machine: ask every source of this system, in order of trust, then decide."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence

from accel_core.machine import cpuinfo, darwin, kinds, libraries, linux, windows
from accel_core.machine.affinity import allowed_cpus
from accel_core.machine.decide import decide
from accel_core.machine.partial import Partial, Read
from accel_core.machine.places import ranked
from accel_core.model import Machine

Source = Callable[[], Partial]


def ask(sources: Sequence[Source]) -> list[Partial]:
    """The answers of `sources`; one that fails for whatever reason knows nothing."""
    answers = []
    for source in sources:
        try:
            answers.append(source())
        except Exception:  # a fact is missing then; the reader sees "unknown", not a traceback
            continue
    return answers


def linux_partials(read: Read, allowed: tuple[int, ...], architecture: str) -> list[Partial]:
    """All that the files of a Linux host say, as the processor sees it on which one thread is measured."""
    cpus, info = linux.processors(read, allowed), cpuinfo.parse(read("/proc/cpuinfo"))
    caches, cores = linux.cache_groups(read, cpus), linux.core_groups(read, cpus)
    caches += linux.shared_caches(info, caches)
    groups = kinds.kinds(read, cpus, caches, info)
    fast = groups[0] if len(groups) > 1 else ()
    # the machine is named after its fastest kind of core, whichever this process may run on
    named, cpu = (next(iter(ranked(some, cores, fast)), None) for some in (cpus, allowed or cpus))
    names = [kinds.core_name(read, group[0], info)[1] for group in groups if group]
    return ask(
        [
            lambda: linux.cores(cpus, cores, kinds.kind_facts(groups, cores or [[c] for c in cpus], names)),
            lambda: linux.caches(caches, cpu),
            lambda: linux.clock_limit(read, (cpu, *cpus)),
            lambda: linux.processor(read, info, named, cpu, architecture),
            lambda: linux.memory(read),
            lambda: linux.limits(read),
            lambda: linux.cache_size_line(read, info, architecture),
        ]
    )


def darwin_partials(text: str, architecture: str) -> list[Partial]:
    """All that one sysctl listing says."""
    return ask([lambda: darwin.sysctl(text, architecture)])


def windows_partials(
    buffer: bytes,
    present: Sequence[int],
    registry: dict[str, str | int],
    architecture: str,
    allowed: tuple[int, ...],
    native: str | None = None,
) -> list[Partial]:
    """All that the interfaces of Windows say; `native` is the architecture that it runs on itself."""
    return ask(
        [
            lambda: windows.topology(buffer, allowed),
            lambda: windows.registry(registry),
            lambda: windows.translation(registry, architecture, native),
            lambda: windows.features(present, architecture),
        ]
    )


def _system_sources(allowed: tuple[int, ...]) -> list[Partial]:
    system, architecture = platform.system(), libraries.architecture()
    if system == "Linux":
        return linux_partials(linux.read_file, allowed, architecture)
    if system == "Darwin":
        return darwin_partials(darwin.read_sysctl(), architecture)
    if system == "Windows":
        buffer, present = windows.read_topology(), windows.read_features()
        registry, native = windows.read_registry(), windows.read_native_architecture()
        return windows_partials(buffer, present, registry, architecture, allowed, native)
    return []


def detect() -> Machine:
    """The machine this process runs on. Never raises: what nobody knows is None.

    A process that is pinned sees fewer allowed processors, so detect before pinning; the fingerprint stays.
    """
    allowed = allowed_cpus()
    try:
        system = _system_sources(allowed)
    except Exception:
        system = []
    first = ask([libraries.platform_facts, lambda: libraries.affinity_facts(allowed)])
    last = (libraries.psutil_facts, libraries.llvm_facts, libraries.glibc_facts, libraries.definition_facts)
    return decide([*first, *system, *ask(last)])
