"""What the page Fusion is made of: the rungs of GELU, and in-place against allocating vectors."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from accel_core import registry
from accel_core.bench.memory import QUICK_S
from accel_core.figures import sweep_figure
from accel_core.figures.fusion import fusion_figure
from accel_core.figures.fusion_roofline import fusion_roofline_figure
from accel_core.model import Case, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion import fusion_alt, fusion_claims, fusion_reading
from accel_core.readings.scene import copy_roof, fusion_roofline_alt, fusion_scene
from accel_core.readings.stream import ALLOCATING, IN_PLACE, ONE_PASS, THREADS, stream_reading
from accel_core.readings.sweep import cache_marks, sweep_alt
from accel_core.studies import experiments
from accel_core.studies.experiments import Experiment, Setup, Shown
from accel_core.studies.record import Record
from accel_core.units import format_bytes
from app.parts import answers, components, tables, theme
from app.session import drawings, jobs, records, settings

GELU = registry.workload("gelu")
STREAMS = ("add", "scale", "triad")
KERNELS = (ALLOCATING, IN_PLACE, ONE_PASS, THREADS)
OPERATION = settings.Choice(
    "operation", "Operation", STREAMS, "add", "add: z = x + y. scale: y = 3 x. triad: z = x + 3 y."
)
BEYOND = 4
"""At first the sweep ends where the arrays are so many times as large as the largest cache."""


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the rungs, by name; all threads at first, so that the last rung shows what they bring."""
    threads = settings.threads(machine.cores.allowed)
    return {
        "size": settings.size(GELU.sizes, GELU.default_size, GELU.size_means),
        "dtype": settings.DTYPE,
        "threads": replace(threads, default=threads.options[-1], help="Cores that the threaded rung may use."),
        "budget": settings.BUDGET,
    }


def sweep_controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the sweep, by name."""
    sizes = registry.workload(STREAMS[0]).sizes
    return {
        "operation": OPERATION,
        "upto": settings.Choice(
            "upto",
            "Elements up to",
            sizes,
            first_end(machine),
            "The sweep takes every size up to this one: elements of each vector.",
        ),
        "point": replace(settings.BUDGET, key="point", label="Time per point (s)", default=0.5),
    }


def first_end(machine: Machine) -> int:
    """The smallest offered size whose float32 arrays are BEYOND times the largest cache; else the largest."""
    add = registry.workload("add")
    largest = max((c.size_bytes for c in machine.caches), default=0)
    fits = [n for n in add.sizes if add.least_bytes(add.shape(n), "float32") >= BEYOND * largest]
    return fits[0] if fits and largest else add.sizes[-2]


def experiment(setup: Setup) -> Experiment:
    """All rungs of GELU at one setup."""
    return Experiment(GELU, tuple(k.name for k in GELU.kernels), "none", setup)


def cases(asked: Experiment) -> list[Case]:
    """What to measure: the rungs, and those too long to be traced at a smaller size too, for their memory."""
    found = asked.cases()
    return found + [smaller for case in found if (smaller := _traceable(case))]


def _traceable(case: Case) -> Case | None:
    """`case` at the largest offered size whose call is surely traced; None where its own is."""
    if registry.predicted_s(case) <= QUICK_S:
        return None
    sizes = [replace(case, size=n) for n in GELU.sizes if n < case.size]
    return next((c for c in reversed(sizes) if registry.predicted_s(c) <= QUICK_S / 2), None)


def elsewhere(record: Record) -> list[Measurement]:
    """The rungs of GELU at every size: their memory stands in where a call was too long to be traced."""
    return [m for m in record.measurements if m.workload == GELU.name]


def sweep(operation: str, setup: Setup) -> Experiment:
    """Allocating, in place, compiled and threaded, at every size up to the setup's."""
    return Experiment(registry.workload(operation), KERNELS, "size", setup)


def roof(record: Record, shown: Shown) -> Ceiling | None:
    """The copy roof that the rungs are held against: of all threads that one of them used."""
    if record.peaks is None:
        return None
    threads = max((m.threads for m in shown.measurements), default=shown.setup.threads)
    return copy_roof(record.peaks.ceilings, threads)


def picture(record: Record, shown: Shown) -> None:
    """The rungs with time, bandwidth and arrays, and what they say."""
    ceiling = roof(record, shown)
    theme.show(
        drawings.drawn(
            fusion_figure,
            GELU,
            shown.measurements,
            theme.current_look(),
            roof=ceiling,
            elsewhere=elsewhere(record),
            stale=components.whose(record, shown.stale, shown.setup.sentence()),
        ),
        alt=fusion_alt(GELU, shown.measurements, elsewhere(record)),
        key="fusion",
        filename="fusion",
    )
    said = fusion_reading(GELU, shown.measurements, roof=ceiling, elsewhere=elsewhere(record))
    components.reading("\n".join(f"- {text}" for text in said) if len(said) > 1 else said[0])
    answers.remarks(shown)
    if shown.measurements:
        _how_counted(shown)


def _how_counted(shown: Shown) -> None:
    """The formula of the bandwidth with this reader's numbers, and what an allocated array is."""
    m = shown.measurements[0]
    st.caption(
        f"Effective bandwidth = (read x + write y) / time = {m.least_bytes:,} B / time, for every rung alike. "
        f"Arrays allocated = the greatest extra memory of one call, measured in a separate untimed pass, "
        f"divided by one array ({format_bytes(m.least_bytes / 2)})."
    )


def claims(record: Record, shown: Shown) -> None:
    """What is often said, beside what was measured here."""
    found = fusion_claims(GELU, shown.measurements, elsewhere(record))
    if not found:
        return
    st.subheader("Often said, and measured", anchor=False)
    places = [place for _ in found[::2] for place in st.columns(2)]
    for claim, place in zip(found, places, strict=False):
        verdict = (
            ":green[:material/check_circle:] Here too:" if claim.holds else ":red[:material/cancel:] Not here:"
        )
        measured = claim.measured.replace("*", r"\*")
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"*“{claim.said}”*\n\n{verdict} {measured}")


def roofline(record: Record, shown: Shown) -> None:
    """The same rungs under the roofs; without roofs, where to measure them."""
    st.subheader("The same rungs under the roofs", anchor=False)
    ceilings = record.peaks.ceilings if record.peaks else ()
    threads = max((m.threads for m in shown.measurements), default=1)
    first = next(iter(shown.measurements), None)
    if first is not None and not fusion_scene(record.machine, ceilings, first.dtype, threads, first):
        st.markdown("Measure the roofs first: then each rung is a point under what this machine can do.")
        st.page_link("machine/machine.py", label="Measure the roofs", icon=":material/memory:")
        return
    theme.show(
        drawings.drawn(
            fusion_roofline_figure,
            record.machine,
            ceilings,
            GELU,
            shown.measurements,
            theme.current_look(),
            threads=threads,
            stale=components.whose(record, shown.stale, shown.setup.sentence()),
        ),
        alt=fusion_roofline_alt(record.machine, ceilings, GELU, shown.measurements, threads=threads),
        key="fusion roofline",
        filename="fusion-roofline",
    )
    if first is not None and first.intensity_flop_per_byte:
        st.caption(
            "The problem and its least bytes are the same for all rungs, so every point stands at the same "
            "intensity and a better rung only rises. Red and dashed: a change that made it slower."
        )


def sweep_picture(record: Record, asked: Experiment, shown: Shown) -> None:
    """Bandwidth against the bytes of all arrays, with the caches marked, and what it says."""
    top = max((m.least_bytes for m in shown.measurements), default=0)
    marks = cache_marks(record.machine, shown.setup.dtype, "bytes", top * 1.2)
    figure = drawings.drawn(
        sweep_figure,
        asked.workload,
        shown.measurements,
        "bytes",
        theme.current_look(),
        marks=marks,
        stale=components.whose(record, shown.stale, shown.setup.sentence("size")),
    )
    theme.show(
        figure,
        key="streams",
        alt=sweep_alt(asked.workload, shown.measurements, "bytes"),
        filename=f"fusion-{asked.workload.name}",
    )
    said = stream_reading(asked.workload, shown.measurements, marks)
    components.reading("\n".join(f"- {text}" for text in said) if len(said) > 1 else said[0])
    answers.remarks(shown)


def sweep_button(asked: Experiment, point_s: float) -> None:
    """Start the sweep."""
    components.job_button(
        f"Sweep {asked.workload.name}",
        experiments.bench_job(asked.cases(), point_s),
        key="sweep streams",
        width="stretch",
    )


def record_for(own: Record, workload: Workload) -> Record:
    """This machine's record, or the sample where it alone has a rung of `workload`."""
    if answers.any_measured(own, workload):
        return own
    sample = records.or_sample(own, lacking=True)
    return sample if answers.any_measured(sample, workload) else own


def sweeping() -> bool:
    """Whether this session's job is a sweep: then its progress stands beside the sweep's button."""
    job = jobs.current()
    asked = (job.data.get("cases") if job else None) or []
    return any(case["kernel"].partition("/")[0] in STREAMS for case in asked)


def sweep_notes(record: Record, shown: Shown, asked: Experiment) -> None:
    """Whose points these are, and how many of those asked for are missing."""
    if shown.stale and not record.sample:
        components.stale_label(shown.setup.sentence("size"))
    if (missing := len(experiments.rest(shown, asked))) and not jobs.active():
        points = f"{missing} of {len(asked.cases())} points are not measured at these settings"
        st.caption(f":material/rule: {points}: sweep again to measure all.")


def details(rungs: Shown, streams: Shown) -> None:
    """On demand: the table, the ladder with its code, and how each number was measured."""
    with st.expander("All measurements as a table", icon=":material/table:"):
        found = [*rungs.measurements, *streams.measurements]
        tables.table(tables.measurement_rows(found), "fusion", alt="Rungs of GELU and the sweep")
    answers.how_measured(rungs)
    st.page_link(
        "ladder/ladder.py",
        label="Read the code of each rung on the Ladder",
        icon=":material/stairs:",
        query_params={"workload": GELU.name, "size": str(rungs.setup.size), "dtype": rungs.setup.dtype},
    )
    components.words("bandwidth", "arithmetic intensity", "roof", "working set")
