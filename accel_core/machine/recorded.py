"""Recorded hosts: what the sources of one computer answered, as plain data, becomes the machine it was.

`tests/machines/README.md` describes the format; `accel machine --json` is the other one that is read.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from accel_core.errors import BadInput, printable
from accel_core.machine.bounds import check_entries, check_sums
from accel_core.machine.decide import decide
from accel_core.machine.libraries import affinity_facts
from accel_core.machine.partial import ARCHITECTURE, SYSTEM, Partial
from accel_core.machine.simd import baseline_facts
from accel_core.machine.sources import darwin_partials, linux_partials, windows_partials
from accel_core.model import CacheLevel, Machine

Host = Mapping[str, Any]
_MISFITS = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, struct.error)
"""What reading a host raises where a part is missing or of another kind."""


def read_machine(path: Path) -> Machine:
    """The machine in a file; its name stands in `pretended`. BadInput where the file holds none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadInput(
            f"The recorded machine {path} cannot be read ({error.strerror or error}): "
            "name a file such as those in tests/machines, or what `accel machine --json` printed."
        ) from None
    except (ValueError, RecursionError):
        raise _no_machine(path) from None
    try:
        return replace(machine_of(data), pretended=printable(path.name))
    except _MISFITS as error:
        raise _no_machine(path) from error


def _no_machine(path: Path) -> BadInput:
    return BadInput(
        f"{path} is no recorded machine: give JSON such as the files in tests/machines, "
        "or what `accel machine --json` printed."
    )


def machine_of(data: Mapping[str, Any]) -> Machine:
    """The machine of a recorded host, or the one that `accel machine --json` told of; else one of _MISFITS."""
    if "machine" in data:
        given = _known(Machine, data["machine"])
        told = {**given, "caches": [_known(CacheLevel, cache) for cache in given["caches"]]}
    else:
        told = decide(partials(data)).to_dict()
    check_entries(told)
    found = Machine.from_dict(told)
    check_sums(found)
    return found


def _known(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `kind` in `data`: beside them the command prints what was measured."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


def partials(host: Host) -> list[Partial]:
    """What detection would hear on this host, without any library's second opinion."""
    allowed, architecture = tuple(host["allowed"]), host["architecture"]
    if host["system"] == "Linux":
        found = linux_partials(host["files"].get, allowed, architecture)
    elif host["system"] == "Darwin":
        found = darwin_partials("\n".join(host["sysctl"]), architecture)
    else:
        buffer = topology_bytes(host["cores"], host["caches"])
        found = windows_partials(
            buffer, host["present"], host["registry"], architecture, allowed, host.get("native")
        )
    return [
        Partial("platform", {ARCHITECTURE: architecture, SYSTEM: host["system"]}),
        affinity_facts(allowed),
        *found,
        Partial("definition of the architecture", baseline_facts(architecture), role="fallback"),
    ]


def _mask(cpus: Sequence[int]) -> bytes:
    """One GROUP_AFFINITY: 8-byte mask, 2-byte group, three reserved words."""
    return struct.pack("<QH6x", sum(1 << cpu % 64 for cpu in cpus), cpus[0] // 64)


def topology_bytes(cores: Sequence[Host], caches: Sequence[Host]) -> bytes:
    """The buffer of GetLogicalProcessorInformationEx, by winnt.h."""
    buffer = b""
    for core in cores:
        body = struct.pack("<BB20xH", len(core["cpus"]) > 1, core["efficiency"], 1) + _mask(core["cpus"])
        buffer += struct.pack("<II", 0, 8 + len(body)) + body
    for cache in caches:
        head = (cache["level"], cache["ways"], cache["line_bytes"], cache["size_bytes"], cache["kind"])
        body = struct.pack("<BBHII18xH", *head, 1) + _mask(cache["cpus"])
        buffer += struct.pack("<II", 2, 8 + len(body)) + body
    return buffer
