"""What phones in a lecture hall are served: a page of a few kilobytes, the state of the hall, and the vote.

No part of Streamlit, no figure and no kernel is loaded for it. A phone is known by a random number in a cookie
that is sent to its hall only; nothing else about it is asked, kept or logged.

The server imports this file before it says where it is, so halls, which know all lessons, are imported when the
first phone asks.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import secrets
import time
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from accel_core.errors import AccelError, BadInput, quoted

if TYPE_CHECKING:
    from starlette.requests import Request

    from accel_core.hall import Hall

JOIN = "/join"
VOTE = "/vote"
COOKIE = "accel_phone"
VOTER = re.compile(r"[\w-]{16,32}", re.ASCII)
COOKIE_S = 7 * 24 * 3600
LONGEST_VOTE = 2000
"""Bytes of a vote as it is sent."""
BODY_S = 5.0
HOLD_S = 4.0
"""A phone that has seen the newest is answered so much later, unless something changes; a server that is ended
waits for the last of these answers."""
LOOK_S = 0.25
MOST_HELD = 400
"""Requests that are held at once; one more is answered at once, and its phone waits itself."""
AGAIN_S = 4.0
QUIET = {"cache-control": "no-store"}
_held = 0


def base() -> str:
    """The path under which the server's pages lie: empty, or "/class"."""
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""


def routes() -> list[Route]:
    """All that phones ask for."""
    at = base() + JOIN
    return [
        Route(at, entrance),
        Route(f"{at}/{{code}}", page),
        Route(f"{at}/{{code}}/state", state),
        Route(f"{at}/{{code}}{VOTE}", vote, methods=["POST"]),
    ]


def is_phones(path: str) -> bool:
    """Whether a path is one of these."""
    at = base() + JOIN
    return path == at or path.startswith(f"{at}/")


def is_vote(path: str) -> bool:
    """Whether a path is that of a vote, the one thing that anybody may send."""
    return re.fullmatch(rf"{re.escape(base() + JOIN)}/\w{{1,8}}{VOTE}", path, re.ASCII) is not None


# -- pages ---------------------------------------------------------------------------------------------------


async def entrance(request: Request) -> Response:
    """Where a code is typed; a code that is known leads on."""
    code = request.query_params.get("code", "")
    if not code:
        return _entrance()
    hall = await _hall(code)
    return RedirectResponse(f"{base()}{JOIN}/{hall.code}", 303) if hall is not None else _entrance(code)


async def page(request: Request) -> Response:
    """A hall's page, and the phone's number where it has none."""
    hall = await _hall(request.path_params["code"])
    if hall is None:
        return _entrance(request.path_params["code"])
    if request.path_params["code"] != hall.code:  # the cookie's path tells capitals from small letters
        return RedirectResponse(f"{base()}{JOIN}/{hall.code}", 303)
    answer = _html("phone", code=hall.code)
    if not _voter(request):
        _give_number(answer, hall)
    return answer


def _entrance(unknown: str = "") -> Response:
    said = "Type the code that is shown in the hall."
    if unknown:
        said = f"There is no hall {quoted(unknown[:20])} here. {said}"
    return _html("entrance", 404 if unknown else 200, said=html.escape(said), at=base() + JOIN)


def _html(name: str, status: int = 200, **words: str) -> Response:
    text, policy = _page(name)
    for word, value in words.items():
        text = text.replace(f"{{{{{word}}}}}", value)
    return HTMLResponse(text, status, {**QUIET, "content-security-policy": policy})


@cache
def _page(name: str) -> tuple[str, str]:
    """A page with its style and script in it, and the policy that lets the browser run these alone."""
    here = Path(__file__).with_name("phone_page")
    style, text = ((here / file).read_text(encoding="utf-8") for file in ("phone.css", f"{name}.html"))
    script = (here / "phone.js").read_text(encoding="utf-8") if "<script>" in text else ""
    text = text.replace("<style>", f"<style>{style}").replace("<script>", f"<script>{script}")
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return text, (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; connect-src 'self'; "
        "img-src data:; form-action 'self'; base-uri 'none'"
    )


# -- state and vote ------------------------------------------------------------------------------------------


async def state(request: Request) -> Response:
    """What the phone is to show; held back while it has seen that already."""
    hall = await _hall(request.path_params["code"])
    if hall is None:
        return _refused("This hall is closed.", 404)
    from accel_core.hall.view import view

    voter = _voter(request)
    if voter:
        hall.see(voter, time.monotonic())
    seen = request.query_params.get("seen", "")
    again_s = 0.0
    if seen == str(hall.turn) and not await _changed(hall, seen):
        again_s = AGAIN_S if _held >= MOST_HELD else 0.0
    answer = JSONResponse(view(hall, voter) | {"again_s": again_s}, headers=QUIET)
    if not voter:
        _give_number(answer, hall)
    return answer


async def _changed(hall: Hall, seen: str) -> bool:
    """Wait until the hall moves on from what was seen, HOLD_S at the most; whether it did."""
    global _held
    if _held >= MOST_HELD:
        return False
    _held += 1
    try:
        until = time.monotonic() + HOLD_S
        while str(hall.turn) == seen and time.monotonic() < until:
            await asyncio.sleep(LOOK_S)
    finally:
        _held -= 1
    return str(hall.turn) != seen


async def vote(request: Request) -> Response:
    """Take a guess; it lies in the hall's file before the phone hears that it was taken."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _refused("A vote is sent as JSON.", 415)
    hall, voter = await _hall(request.path_params["code"]), _voter(request)
    if hall is None:
        return _refused("This hall is closed.", 404)
    if not voter:
        return _refused("Your browser sends no cookie, by which a vote could be changed: allow it.", 403)
    from accel_core.hall import HALLS, Closed

    try:
        sent = await asyncio.wait_for(_body(request), BODY_S)
        taken = hall.vote(voter, sent.get("at"), sent.get("step"), sent.get("said"))
    except Closed as fault:
        return _refused(str(fault), 409)
    except (BadInput, ValueError, RecursionError) as fault:
        return _refused(str(fault) if isinstance(fault, AccelError) else "That is no vote.", 400)
    except TimeoutError:
        return _refused("The vote did not arrive.", 408)
    hall.see(voter, time.monotonic())
    await asyncio.to_thread(HALLS.keep, hall)
    return JSONResponse({"said": taken}, headers=QUIET)


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent. ValueError where it is none, or too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_VOTE:
            raise ValueError("too long")
    sent = json.loads(body)
    if not isinstance(sent, dict):
        raise ValueError("no object")
    return sent


# -- who asks ------------------------------------------------------------------------------------------------


async def _hall(code: str) -> Hall | None:
    """The hall of a code, beside the loop: the first one costs an import, a wrong one a look into a folder."""
    return await asyncio.to_thread(_find, code)


def _find(code: str) -> Hall | None:
    from accel_core.hall import HALLS

    return HALLS.find(code)


def _voter(request: Request) -> str:
    """The phone's number; empty where it sent none of ours."""
    sent = request.cookies.get(COOKIE, "")
    return sent if VOTER.fullmatch(sent) else ""


def _give_number(answer: Response, hall: Hall) -> None:
    at = f"{base()}{JOIN}/{hall.code}"
    secure = bool(st.get_option("server.sslCertFile"))
    number = secrets.token_urlsafe(16)
    # a strict one is not sent where a link on another site is followed: its phone would count as another
    answer.set_cookie(COOKIE, number, COOKIE_S, path=at, secure=secure, httponly=True, samesite="lax")


def _refused(sentence: str, status: int) -> Response:
    return JSONResponse({"fault": sentence}, status, QUIET)
