"""The steps of a lecture: each question is asked, guessed, discussed, guessed again, run and revealed."""

JOIN, ASK, COMMIT, DISCUSS, AGAIN, RUN, REVEAL, END = (
    "join",
    "ask",
    "commit",
    "discuss",
    "again",
    "run",
    "reveal",
    "end",
)
STEPS = (ASK, COMMIT, DISCUSS, AGAIN, RUN, REVEAL)
"""Of each question. JOIN comes before the first one, END after the last."""
VOTING = (COMMIT, AGAIN)
"""The steps in which guesses are taken."""
