"""The arena's desk: who hands in, what waits, what is judged, and the board that comes of it.

>>> one = hand_in(event("matmul-one"), "ada", "a passphrase", code)    # stored before anything is queued
>>> judge_waiting()                                                    # in fair turns, until nothing waits
>>> board(event("matmul-one"), machine.fingerprint)

Whoever runs the desk may be killed at any moment: an entry without its verdict waits, and the next one who
judges finds it.
"""

from accel_core.arena.files import event, events
from accel_core.studies.arena.board import BoardRow, Past, board, board_of, code_of, history
from accel_core.studies.arena.handing import check_code, hand_in, may_hand_in, try_job, try_out
from accel_core.studies.arena.judging import judge_waiting
from accel_core.studies.arena.keeping import background
from accel_core.studies.arena.people import is_known, sign_in, signed_in
from accel_core.studies.arena.presenting import is_hidden, rule
from accel_core.studies.arena.roofs import missing_roofs
from accel_core.studies.arena.standing import EntryStanding, ToJudge
from accel_core.studies.arena.today import RoofsToday, roofs_today, verdict_today

__all__ = [
    "BoardRow",
    "EntryStanding",
    "Past",
    "RoofsToday",
    "ToJudge",
    "background",
    "board",
    "board_of",
    "check_code",
    "code_of",
    "event",
    "events",
    "hand_in",
    "history",
    "is_hidden",
    "is_known",
    "judge_waiting",
    "may_hand_in",
    "missing_roofs",
    "roofs_today",
    "rule",
    "sign_in",
    "signed_in",
    "try_job",
    "try_out",
    "verdict_today",
]
