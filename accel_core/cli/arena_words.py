"""The words of `accel arena`. Nothing slow is imported here."""

from __future__ import annotations

from typing import Any

from accel_core.cli.homework_words import Command

PASSPHRASE = "ACCEL_ARENA_PASSPHRASE"
"""Names the passphrase where nobody can be asked for it: an argument could be read by everybody on the host."""
ASKED = f"the passphrase is asked for, or that of {PASSPHRASE} is taken"
CHECK = "Run the proofs of an event file."


def add_arena(command: Command, actions: Any) -> None:
    """`accel arena events`, `try`, `submit`, `board`, `judge`, `rule`, `code`, `history` and `event check`."""
    events = command("events", "The events there are, or the statement of one of them with its starter code.")
    events.add_argument("name", nargs="?", help="its name (all events where left out)")
    events.add_argument(
        "--starter", action="store_true", help="print the starter code of NAME and nothing else"
    )
    tried = command("try", "Judge a file of yours now: printed sizes, little time, nothing is kept of it.")
    tried.add_argument("file", metavar="FILE", help="the submission; - reads standard input")
    tried.add_argument("--event", required=True, metavar="NAME", help="see `accel arena events`")
    submit = command(
        "submit",
        f"Hand a file in; {ASKED}. Whoever is first has a nickname.",
    )
    submit.add_argument("file", metavar="FILE", help="the submission; - reads standard input")
    submit.add_argument("--event", required=True, metavar="NAME", help="see `accel arena events`")
    submit.add_argument("--nickname", required=True, metavar="NAME", help="under which it stands on the board")
    submit.add_argument("--open", action="store_true", help="everybody may read the code at once")
    submit.add_argument("--built-on", default="", metavar="ENTRY", help="id of the entry that it is built on")
    board = command("board", "The board of an event on this machine: the best confirmed entry of each person.")
    board.add_argument("--event", required=True, metavar="NAME", help="see `accel arena events`")
    board.add_argument("--machine", metavar="FINGERPRINT", help="of another machine, see `accel machine`")
    judge = command("judge", "Judge what waits, fair between people, until nothing waits.")
    judge.add_argument("--watch", action="store_true", help="and then wait for more, until Ctrl-C")
    judge.add_argument(
        "--again", action="store_true", help="also what was given up because the machine was disturbed"
    )
    judge.add_argument("--elsewhere", action="store_true", help="also what another machine has judged")
    _add_entries(command)
    event = actions.add_parser("event", help=CHECK, description=CHECK)
    checks = event.add_subparsers(dest="check", metavar="check", required=True)
    check = checks.add_parser("check", help=CHECK, description=CHECK)
    check.add_argument("file", metavar="FILE", help="the event file, in TOML")
    check.add_argument("--json", action="store_true", help="print one JSON object and nothing else")


def _add_entries(command: Command) -> None:
    """What is done with an entry, or those of one person."""
    rule = command("rule", "Hide or annul an entry, with a reason that all see, or restore it.")
    rule.add_argument("entry", metavar="ENTRY", help="its id, see `accel arena board`")
    what = rule.add_mutually_exclusive_group(required=True)
    for name, help in (
        ("hide", "its name and its code are not shown; its rank stays"),
        ("annul", "it does not count, and stands last on the board"),
        ("restore", "what was decided before holds no longer"),
    ):
        what.add_argument(f"--{name}", dest="what", action="store_const", const=name, help=help)
    rule.add_argument("--reason", required=True, metavar="TEXT", help="why, for everybody to read")
    code = command(
        "code", "The code of an entry: after the deadline, or where its author said at once, or one's own."
    )
    code.add_argument("entry", metavar="ENTRY", help="its id, see `accel arena board`")
    code.add_argument("--nickname", default="", metavar="NAME", help=f"whose it is; {ASKED}")
    history = command("history", f"What somebody handed in, newest first, and what became of it; {ASKED}.")
    history.add_argument("nickname", metavar="NICKNAME", help="as it stands on the board")
    history.add_argument("--event", metavar="NAME", help="to this event only, see `accel arena events`")
    history.add_argument("--machine", metavar="FINGERPRINT", help="of another machine, see `accel machine`")
