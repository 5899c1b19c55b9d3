"""A pack as one page to read and print: no script, nothing from a network, and every word escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from accel_core.homework.assignment import Assignment
from accel_core.homework.members import guessed
from accel_core.homework.pack import LessonDone, Pack
from accel_core.homework.pictures import bars_svg, guesses_svg, roofline_svg
from accel_core.homework.progress import own_guesses
from accel_core.lessons import lesson
from accel_core.readings.members import Guessed
from accel_core.readings.moved import AT_LEAST_BYTES
from accel_core.units import format_bytes, format_rate

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #16202B; background: #FFFFFF;
  font: 16px/1.5 "Helvetica Neue", Helvetica, Arial, sans-serif; }}
h1, h2, h3 {{ line-height: 1.25; }}
h2 {{ margin-top: 2.5rem; border-bottom: 1px solid #C9D2DC; }}
svg {{ width: 100%; height: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ border-bottom: 1px solid #E3E8EE; padding: .3rem .6rem .3rem 0; text-align: left;
  vertical-align: top; }}
blockquote {{ margin: .5rem 0; padding: .2rem 1rem; border-left: 4px solid #C9D2DC; white-space: pre-wrap;
  overflow-wrap: anywhere; }}
.quiet {{ color: #556270; }}
@media print {{ h2, svg {{ break-inside: avoid; }} }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def pack_html(pack: Pack, assignment: Assignment | None = None) -> str:
    """The page. With the `assignment` its questions stand beside the answers."""
    title = f"{pack.title}: {pack.student}"
    parts = [
        f"<h1>{_plain(pack.title)}</h1>",
        f"<p><b>{_plain(pack.student)}</b>, begun {_moment(pack.begun)}, packed {_moment(pack.created)}.</p>",
        *_missing(pack),
        *_lessons(pack.lessons),
        *_experiments(pack),
        *_answers(pack, assignment),
        *_provenance(pack),
    ]
    return PAGE.format(title=_plain(title), body="\n".join(parts))


def _plain(text: object) -> str:
    return html.escape(str(text))


def _moment(text: str) -> str:
    return _plain(f"{text[:16].replace('T', ' ')} UTC")


def _missing(pack: Pack) -> list[str]:
    return ["<p>Missing:</p>", _list(pack.missing)] if pack.missing else []


def _list(said: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{_plain(one)}</li>' for one in said)}</ul>"


def _table(rows: Sequence[tuple[str, ...]], head: Sequence[str] = ()) -> str:
    first = f"<tr>{''.join(f'<th>{_plain(cell)}</th>' for cell in head)}</tr>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{_plain(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{first}{body}</table>"


def _lessons(done: Sequence[LessonDone]) -> list[str]:
    if not done:
        return []
    parts = ["<h2>Guesses and what was found</h2>", guesses_svg(own_guesses(tuple(done)))]
    for one in done:
        said = "" if one.guess is None else one.guess.said
        value = guessed(one.lesson, said, one.run)
        if value is None:
            parts.append(f"<p>{_plain(one.lesson)}: its run lacks a result.</p>")
            continue
        parts.append(_lesson(one, value))
    return parts


def _lesson(one: LessonDone, value: Guessed) -> str:
    known = lesson(one.lesson)
    guess = None if value.said == "" else value.said
    when = (
        f"Guessed {_moment(one.guess.committed)}, found {_moment(one.created)}." if one.guess else "No guess."
    )
    return (
        f"<h3>{_plain(known.title)}</h3><p>{_plain(known.question)}</p>"
        f'<p>{_plain(known.reveal(guess, one.run))}</p><p class="quiet">{when}</p>'
    )


def _experiments(pack: Pack) -> list[str]:
    parts = []
    for done in pack.experiments:
        if not done.measurements and not done.refusals:
            continue  # roofs stand below
        parts.append(f"<h2>{_plain(done.id)}</h2>")
        parts.append(bars_svg(done.measurements))
        if done.refusals:
            parts.append(_list(dict.fromkeys(refusal.reason for refusal in done.refusals)))
    if roofs := roofline_svg(pack):
        parts += ["<h2>Roofline</h2>", roofs, f'<p class="quiet">{_plain(AT_LEAST_BYTES)}</p>']
    return parts


def _answers(pack: Pack, assignment: Assignment | None) -> list[str]:
    asked = {one.id: one.text for one in assignment.questions} if assignment else {}
    if not pack.answers:
        return []
    parts = ["<h2>Answers</h2>"]
    for name, said in pack.answers.items():
        parts.append(f"<p><b>{_plain(asked.get(name, name))}</b></p><blockquote>{_plain(said)}</blockquote>")
    return parts


def _provenance(pack: Pack) -> list[str]:
    machine, versions = pack.machine, pack.environment
    caches = ", ".join(f"{c.level} {format_bytes(c.size_bytes)}" for c in machine.caches)
    clock = pack.peaks.clock if pack.peaks else None
    rows = [
        ("Processor", machine.cpu),
        ("Threads in use", str(machine.cores.allowed)),
        ("Caches", caches or "unknown"),
        ("Clock, measured", format_rate(clock.clock_hz.median, "Hz") if clock else "not measured"),
        ("System", versions.system),
        (
            "Versions",
            f"accel {versions.accel}, Python {versions.python}, NumPy {versions.numpy}, "
            f"Numba {versions.numba}, {versions.blas.title if versions.blas else 'an unknown BLAS'}",
        ),
        ("Assignment", pack.assignment_hash),
        ("Seed", str(pack.seed)),
        ("Computed for the seed", f"{pack.fixed.traversal}: {pack.fixed.misses} misses"),
    ]
    checks = [(check.name, "ok" if check.ok else "look", check.detail) for check in pack.checks]
    disturbed = [m for m in pack.measurements() if m.disturbed]
    quiet = f"{len(disturbed)} of {len(pack.measurements())} measurements were disturbed."
    return [
        "<h2>How it was measured</h2>",
        _table(rows),
        f"<p>{_plain(quiet)} Speeds are medians; every sample stands in pack.json.</p>",
        *(["<h3>Checks of this computer</h3>", _table(checks)] if checks else []),
    ]
