"""How many tabs this server has open, and how seldom each of them asks it anything by itself then."""

from __future__ import annotations

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

ASKED_PER_S = 10.0
"""All tabs together, of what each shows in passing: one asking takes some milliseconds of a processor."""
_tabs = 0


def see(tabs: int) -> None:
    """The server's door says how many are open."""
    global _tabs
    _tabs = tabs


def every_s(usual_s: float) -> float:
    """How often one tab asks for what all of them show in passing: more seldom the more there are."""
    return max(usual_s, _tabs / ASKED_PER_S)


def ask_again_in(interval_s: float) -> None:
    """Have the browser ask for the fragment that runs so often from now on, whatever it was told before.

    Streamlit tells it once, while the whole page is drawn; a browser keeps the last that it was told.
    """
    context = get_script_run_ctx()
    if context is None or (fragment := ThreadState.get().fragment_id) is None:
        return
    message = ForwardMsg()
    message.auto_rerun.interval, message.auto_rerun.fragment_id = interval_s, fragment
    context.enqueue(message)
