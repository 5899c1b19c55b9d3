"""Record every lesson on this machine: `python tests/lessons/record.py NAME --label "held to one processor"`.

Writes NAME.json.gz beside this file, anew after each lesson. It names the hardware, and neither host nor user.
`--add --only LESSON` adds a new lesson to a file of the same machine, held to the same condition.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import recorded_lessons

from accel_core.lessons import LESSONS, lesson
from accel_core.machine import detect
from accel_core.runner import run


def main() -> None:
    read = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    read.add_argument("name", help="of the file, without its ending")
    read.add_argument("--label", help="under which condition it is made, in words")
    read.add_argument("--add", action="store_true", help="to a file that is there, which keeps its label")
    read.add_argument("--only", help="names of lessons, comma between them; left out: all")
    read.add_argument("--folder", type=Path, default=recorded_lessons.FOLDER)
    asked = read.parse_args()
    chosen = [lesson(name) for name in asked.only.split(",")] if asked.only else LESSONS
    path = asked.folder / f"{asked.name}{recorded_lessons.SUFFIX}"
    machine = detect()
    told: dict[str, object] = {}
    label = asked.label
    if asked.add:
        known = recorded_lessons.read(path)
        if known.machine != machine:
            read.error(f"{path.name} was made on another machine, or held to another condition")
        told, label = dict(known.lessons), label or known.label
    elif not label:
        read.error("--label is needed for a file that is made anew")
    for one in chosen:
        data = recorded_lessons.record(label, machine, [one], lambda job: run(job, owner="record"))
        told |= data["lessons"]
        path.write_bytes(recorded_lessons.written({**data, "lessons": told}))
    print(f"{path}: {len(told)} lessons, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
