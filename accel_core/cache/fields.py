"""Where things lie in the plain arrays that the compiled simulator works on: column numbers, said once.

table   int64 (levels, fields of Level)        what each level is, see engine/levels.py
cells   int32                                 the sets and lists of every level, and the log, one after another
marks   uint8                                 one byte a line and level: DIRTY, SEEN
counts  int64 (levels, operands, COUNTS)      what is counted
sweeps  int64 (rows, SWEEP_FIELDS)            a piece of the access stream, see stream/sweeps.py
"""

from __future__ import annotations

# -- marks: a line in a level -------------------------------------------------------------------------------

DIRTY = 1
SEEN = 2
"""Touched at some time: its next miss is not compulsory."""

# -- counts: a level and an operand -------------------------------------------------------------------------

ACCESSES = 0
COMPULSORY = 1
CAPACITY_MISSES = 2
"""Where misses are not classified, all that are not compulsory."""
CONFLICT = 3
BYTES_IN = 4
BYTES_OUT = 5
COUNTS = 6
HIT = 0
"""The outcome of an access is HIT or the column of the miss it counts as."""

# -- log: one access to one level ---------------------------------------------------------------------------

LOG_LEVEL = 0
LOG_LINE = 1
LOG_WRITE = 2
LOG_OUTCOME = 3
LOG_EVICTED = 4
"""The line that had to leave for this one, -1 where none did."""
LOG_DIRTY = 5
"""1 where that line was written back."""
LOG_FIELDS = 6

# -- sweeps -------------------------------------------------------------------------------------------------

STEPS = 0
REFERENCES = 1
TEXT_LINE = 2
"""Line of the loop nest's text."""
AXIS = 3
"""Index that moves by one at each step: 0 i, 1 j, 2 k; -1 where none does."""
INDEX = 4
"""i, j, k at the first step, in three columns."""
FIRST_REFERENCE = 7
ADDRESS = 0
"""Columns of one reference, from FIRST_REFERENCE + REFERENCE_FIELDS * its number."""
MOVE = 1
"""Bytes from one step to the next."""
KIND = 2
"""2 * operand + 1 where it writes."""
REFERENCE_FIELDS = 3
MOST_REFERENCES = 8
SWEEP_FIELDS = FIRST_REFERENCE + REFERENCE_FIELDS * MOST_REFERENCES
