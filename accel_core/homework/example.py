"""An assignment to begin with: commented, and right as it stands."""

from __future__ import annotations

from pathlib import Path

from accel_core.errors import AccelError, BadInput

NAME = "assignment.toml"
EXAMPLE = '''# An assignment. Change what you like, then run: accel homework check-assignment assignment.toml
# Lines that begin with # are remarks.

title = "Why is the library fast?"

# What students read first.
text = """
Guess before you measure: a wrong guess costs nothing, and a changed one teaches nothing.
Close other programs, and plug in the charger of a laptop.
"""

# Lessons by their names, which `accel lessons` lists. Each is a guess, and then a run of a few seconds.
lessons = ["library", "order", "power-of-two"]

# What may be left out, by its name or id. All else is required.
optional = ["power-of-two"]

# An experiment is measured, not guessed. This one times every kernel of a workload, from slow to fast.
[[experiments]]
kind = "ladder"
id = "ladder"
workload = "matmul"
size = 256            # left out: the workload's own
dtype = "float32"     # or "float64"
threads = 1           # or "all"
budget_s = 0.5        # seconds for each kernel
text = "Which rung brings most, and why?"

# This one times kernels at several values of one setting: "size", "threads", or a parameter such as "block".
[[experiments]]
kind = "sweep"
id = "blocks"
kernels = ["matmul/compiled_tiled"]
over = "block"
values = [8, 16, 32, 64, 128]
size = 512
budget_s = 0.5

# This one measures the roofs of the machine.
[[experiments]]
kind = "roofline"
id = "roofs"
dtypes = ["float32"]
threads = [1]         # [1, "all"] where left out
budget_s = 20

# A question is answered in the student's own words.
[[questions]]
id = "three"
text = "Which three things does the library do that the loops do not?"
'''


def write_example(path: str | Path) -> Path:
    """Write the example into a file that is not there yet; BadInput where it is."""
    to = Path(path)
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE)
    except FileExistsError:
        raise BadInput(f"{to} is there already and stays as it is: name another file.") from None
    except OSError as error:
        raise AccelError(
            f"{to} cannot be written ({error.strerror}): name a file in a folder of yours."
        ) from None
    return to
