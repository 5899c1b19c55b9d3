"""Record this Linux host as a test fixture: `python tests/machines/record.py NAME`.

Writes NAME.json beside this file: every file that detection reads, with its text. /proc/cpuinfo is cut to its
first processor and long hexadecimal numbers (container ids) are blotted out, so that it names no host.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

from accel_core.machine.libraries import architecture
from accel_core.machine.linux import read_file
from accel_core.machine.sources import allowed_cpus, linux_partials


def record() -> dict[str, object]:
    files: dict[str, str] = {}

    def read(path: str) -> str | None:
        text = read_file(path)
        if text is not None:
            files[path] = text.partition("\n\n")[0] + "\n" if path == "/proc/cpuinfo" else text
        return text

    allowed = allowed_cpus()
    linux_partials(read, allowed)
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
