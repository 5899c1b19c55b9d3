"""Compute the simulations that the page Traversal shows at first (app/session/recorded.py).

    python assets/record_traversal.py

Writes assets/first_traversal.npz. What a cache makes of them is the same on every machine.
"""

from app.session.recorded import RECORD, compute, write

if __name__ == "__main__":
    write(*compute())
    print(f"{RECORD}: {RECORD.stat().st_size / 1024:.0f} KiB")
