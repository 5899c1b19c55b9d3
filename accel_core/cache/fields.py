"""Where things lie in the plain arrays that the compiled simulator works on: column numbers, said once.

table   int64 (levels, LEVEL_FIELDS)          what each level is, and where its parts begin in cells, marks
cells   int32                                 the sets and lists of every level, and the log, one after another
marks   uint8                                 one byte a line and level: DIRTY, SEEN
counts  int64 (levels, operands, COUNTS)      what is counted
sweeps  int64 (rows, SWEEP_FIELDS)            a piece of the access stream, see sweeps.py
"""

from __future__ import annotations

# -- table: a level -----------------------------------------------------------------------------------------

SHIFT = 0
"""log2 of the line's bytes."""
SETS = 1
MASK = 2
"""sets - 1 where their number is a power of two, else -1: then the set is the remainder."""
WAYS = 3
STRIDE = 4
"""Cells from one set to the next: the ways padded to whole groups of lanes, or a list's header."""
LISTED = 5
"""1 where sets are linked lists (many ways), 0 where they are ordered cells."""
FIFO = 6
THROUGH = 7
"""1: write-through without allocation; 0: write-back with."""
INCLUSIVE = 8
CELLS = 9
"""Offset in `cells` of the sets."""
LINKS = 10
"""Offset in `cells` of the links of a listed level."""
MARKS = 11
"""Offset in `marks`."""
SHADOW = 12
"""Offset in `cells` of the header of the fully associative twin, -1 where misses are not classified."""
SHADOW_LINKS = 13
CAPACITY = 14
"""Lines in all."""
FIRST_B = 15
"""Number of the first line of the second operand."""
FIRST_C = 16
LOG = 17
"""Offset in `cells` of the log, -1 where none is kept; in the first row only."""
SURE = 18
"""A sweep of so many references or fewer leaves its lines held, see feeding.py; in the first row only."""
LEVEL_FIELDS = 19

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
