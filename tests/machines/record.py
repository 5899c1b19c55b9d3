"""Record this Linux host as a test fixture: `python tests/machines/record.py NAME`.

Writes NAME.json beside this file: every file that detection reads, with its text. /proc/cpuinfo is cut to its
first processor where all are of one kind, serial numbers are left out, and long hexadecimal numbers (container
ids) are blotted out, so that it names no host.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

from accel_core.machine import allowed_cpus
from accel_core.machine.cpuinfo import identity, parse
from accel_core.machine.libraries import architecture
from accel_core.machine.linux import read_file
from accel_core.machine.sources import linux_partials


def _trimmed(path: str, text: str) -> str:
    """What is kept of a file: what detection reads of it, and nothing that names one computer."""
    if path == "/proc/meminfo":
        return next(line for line in text.splitlines(keepends=True) if line.startswith("MemTotal"))
    if path != "/proc/cpuinfo":
        return text
    text = re.sub(r"(?im)^serial.*\n", "", text)
    kinds = {identity(fields) for fields in parse(text).each.values()}
    return text if len(kinds) > 1 else text.partition("\n\n")[0] + "\n"


def record() -> dict[str, object]:
    files: dict[str, str] = {}

    def read(path: str) -> str | None:
        text = read_file(path)
        if text is not None:
            files[path] = _trimmed(path, text)
        return text

    allowed = allowed_cpus()
    linux_partials(read, allowed, architecture())
    return {
        "origin": "recorded",
        "system": platform.system(),
        "architecture": architecture(),
        "allowed": allowed,
        "files": files,
    }


if __name__ == "__main__":
    text = json.dumps(record(), indent=1, sort_keys=True)
    text = re.sub(r"[0-9a-f]{24,}", "0", text)
    Path(__file__).with_name(f"{sys.argv[1]}.json").write_text(text + "\n", encoding="utf-8")
