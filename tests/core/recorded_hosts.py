"""Recorded hosts, and the way to let one answer as a live one does (tests/machines/README.md)."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core.machine.decide import decide
from accel_core.machine.libraries import affinity_facts
from accel_core.machine.partial import ARCHITECTURE, SYSTEM, Partial
from accel_core.machine.simd import baseline_facts
from accel_core.machine.sources import darwin_partials, linux_partials, windows_partials
from accel_core.model import Machine

FOLDER = Path(__file__).parents[1] / "machines"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return data


def partials(host: Mapping[str, Any]) -> list[Partial]:
    """What detection would hear on this host, without any library's second opinion."""
    allowed, architecture = tuple(host["allowed"]), host["architecture"]
    if host["system"] == "Linux":
        found = linux_partials(host["files"].get, allowed)
    elif host["system"] == "Darwin":
        found = darwin_partials("\n".join(host["sysctl"]), architecture)
    else:
        buffer = topology_bytes(host["cores"], host["caches"])
        found = windows_partials(buffer, host["present"], host["registry"], architecture, allowed)
    return [
        Partial("platform", {ARCHITECTURE: architecture, SYSTEM: host["system"]}),
        affinity_facts(allowed),
        *found,
        Partial("definition of the architecture", baseline_facts(architecture), role="fallback"),
    ]


def machine(name: str) -> Machine:
    return decide(partials(load(name)))


def _mask(cpus: list[int]) -> bytes:
    """One GROUP_AFFINITY: 8-byte mask, 2-byte group, three reserved words."""
    return struct.pack("<QH6x", sum(1 << cpu % 64 for cpu in cpus), cpus[0] // 64)


def topology_bytes(cores: list[dict[str, Any]], caches: list[dict[str, Any]]) -> bytes:
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
