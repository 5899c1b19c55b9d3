"""The turn of the host, for something short that this process does itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from accel_core.errors import AccelError
from accel_core.runner.queue import Ticket
from accel_core.runner.tickets import TicketFolder, open_queue

POLL_S = 0.2
log = logging.getLogger(__name__)


@contextmanager
def host_turn(owner: str, wanted: Callable[[], bool], tell: Callable[[int], None]) -> Iterator[bool]:
    """Wait in the queue as `owner` and give True once nothing else is measured on this host; then give it back.

    Gives False as soon as nobody has `wanted` it; `tell` gets how many jobs go first. Where there is no queue
    nothing is measured either, so there is nothing to wait for.
    """
    try:
        queue = open_queue()
        ticket = queue.enter(owner)
    except (AccelError, OSError):
        log.exception("no queue: %s does not wait for a turn", owner)
        yield True
        return
    try:
        yield _waited(queue, ticket, wanted, tell)
    finally:
        try:
            queue.leave(ticket)
        except (AccelError, OSError):
            log.exception("the ticket of %s could not be removed", owner)


def _waited(
    queue: TicketFolder, ticket: Ticket, wanted: Callable[[], bool], tell: Callable[[int], None]
) -> bool:
    while wanted():
        try:
            place = queue.places(max_age_s=POLL_S).get(ticket.id, 0)
            if place == 0 and queue.take_turn(ticket):
                tell(0)
                return True
        except (AccelError, OSError):
            log.exception("the queue does not answer: what waits in it goes on")
            return True
        tell(place)
        time.sleep(POLL_S)
    return False
