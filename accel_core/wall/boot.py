"""The first lines of a child: `python -I boot.py ROOT TOLD SCRIPT ARGUMENT…`."""

import json
import runpy
import sys

if __name__ == "__main__":
    _, root, told, *sys.argv = sys.argv
    sys.path.insert(0, root)
    from accel_core.wall.inside import begin

    known = json.loads(told)
    sys.path += [place for place in known["places"] if place not in sys.path]
    begin(known)
    runpy.run_path(sys.argv[0], run_name="__main__")
