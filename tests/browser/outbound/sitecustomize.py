"""On a server's PYTHONPATH: notes whom it turns to outside this computer, and which page it shows a browser.

Each is a line of JSON in $OUTBOUND_LOG: [what, to whom]. Python tells of both before they happen.
"""

import ipaddress
import json
import os
import sys
from pathlib import Path

LOOKED_UP = {"socket.getaddrinfo", "socket.gethostbyname"}
SENT = {"socket.connect", "socket.sendto"}


def is_here(host: object) -> bool:
    """Whether a host, by name or number, is this computer."""
    if host in {None, "", "localhost", b"localhost"}:
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback or str(host) in {"0.0.0.0", "::"}
    except ValueError:
        return False


def note(event: str, arguments: tuple) -> None:
    if event in LOOKED_UP:
        to = arguments[0]
    elif event in SENT:  # a path (a socket of this computer) is no tuple
        to = arguments[1][0] if isinstance(arguments[1], tuple) else None
    elif event == "webbrowser.open":
        to = arguments[0]
    else:
        return
    if not is_here(to):
        with Path(os.environ["OUTBOUND_LOG"]).open("a", encoding="utf-8") as log:
            log.write(json.dumps([event, str(to)]) + "\n")


sys.addaudithook(note)
