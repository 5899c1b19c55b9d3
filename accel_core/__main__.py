"""`python -m accel_core` is the `accel` command."""

import sys

from accel_core.cli import main

if __name__ == "__main__":  # a worker process that is spawned imports this file and must not run it
    sys.exit(main())
