"""A measured block beside its prediction: who agrees, and what is said where one does not."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from figure_records import ENVIRONMENT, machine

from accel_core.model import BlockRun, Ceiling, Estimate, Machine, OperationTime, Series
from accel_core.readings.transformer import Row, promised, rows, summary
from accel_core.transformer import BlockShape, operations, predict, preset

PEAK, BANDWIDTH = 100e9, 10e9
SERIES = Series(1, "", "")
GPT2 = preset("gpt2-small").shape(sequence=512)


def roof(kind: str, value: float, level: str | None = None, threads: int = 1) -> Ceiling:
    return Ceiling(
        kind,
        f"{kind}_{level}_{threads}t",
        level,
        512,
        "float32",
        threads,
        "fma" if kind == "compute" else "load",
        None if kind == "compute" else "least",
        1,
        value,
        value,
        value,
        9,
        "FLOP/s" if kind == "compute" else "byte/s",
        "measured",
        "",
    )


ROOFS = (
    roof("compute", PEAK),
    roof("memory", BANDWIDTH, "DRAM"),
    roof("memory", 2 * BANDWIDTH, "L3"),
    roof("compute", 2 * PEAK, threads=2),
    roof("memory", 2 * BANDWIDTH, "DRAM", threads=2),
)


def a_run(shape: BlockShape, ratios: dict[str, float], **changed: Any) -> BlockRun:
    """Every operation as predicted, but for those in `ratios`."""
    hows = changed.pop("hows", {})
    calls = changed.pop("calls", {})
    under = predict(operations(shape), PEAK * changed.get("threads", 1), BANDWIDTH * changed.get("threads", 1))
    timed = []
    for one in under:
        name = one.operation.name
        seconds = one.predicted_s * ratios.get(name, 1.0)
        how = hows.get(name, "library" if one.operation.product else "compiled")
        timed.append(OperationTime(name, how, Estimate(seconds, None, None, 1), SERIES, calls.get(name)))
    plain = {"state": "numpy", "threads": 1, "whole_s": timed[0].time_s, "whole": SERIES} | {
        "max_relative_error": 1e-7,
        "disturbed": False,
        "disturbed_reason": "",
        "fingerprint": "f",
        "environment": ENVIRONMENT,
        "created": "2026-01-01T00:00:00+00:00",
        "id": "1",
    }
    return BlockRun(shape=asdict(shape), operations=tuple(timed), **plain | changed)


def found(run: BlockRun, here: Machine | None = None, threads: int = 1) -> dict[str, Row]:
    listed = rows(run, here or machine(), ROOFS, PEAK * threads, BANDWIDTH * threads)
    return {row.operation.name: row for row in listed}


@pytest.mark.parametrize(("ratio", "agrees"), [(0.79, False), (0.81, True), (1.19, True), (1.21, False)])
def test_within_a_fifth_it_agrees_and_no_reason_is_given(ratio: float, agrees: bool) -> None:
    row = found(a_run(GPT2, {"up": ratio}))["up"]
    assert row.agrees == agrees == (not row.reason) and row.ratio == pytest.approx(ratio)
    assert all(other.agrees for name, other in found(a_run(GPT2, {"up": ratio})).items() if name != "up")


def test_shares_are_of_all_times_together() -> None:
    listed = found(a_run(GPT2, {"softmax": 40}))
    assert sum(row.share for row in listed.values()) == pytest.approx(1)
    assert max(listed.values(), key=lambda row: row.share).operation.name == "softmax"


def test_a_slow_library_explains_a_large_product() -> None:
    row = found(a_run(GPT2, {"up": 1.65}, library_flop_per_s=0.6 * PEAK))["up"]
    said = "The library reached 60.0 GFLOP/s in a square product of 1024 meanwhile, 60 % of the roof."
    assert row.reason.startswith(said) and "not explained" not in row.reason
    assert row.expected_s == pytest.approx(row.predicted_s / 0.6)
    row = found(a_run(GPT2, {"up": 3.0}, library_flop_per_s=0.6 * PEAK))["up"]
    assert row.reason.endswith(" times that: shown, not explained.")


def test_bytes_that_are_not_moved_meanwhile_are_put_behind_the_arithmetic() -> None:
    row = found(a_run(GPT2, {"QK^T": 1.7}))["QK^T"]
    flop, moved = row.operation.counted.flop, row.operation.counted.bytes + row.operation.result_bytes
    assert row.expected_s == pytest.approx(flop / PEAK + moved / BANDWIDTH)
    assert "before or after the arithmetic" in row.reason


def test_the_steps_of_numpy_move_an_array_several_times() -> None:
    row = found(a_run(GPT2, {"softmax": 4.1}, hows={"softmax": "numpy"}))["softmax"]
    assert row.reason == "NumPy's 5 steps move 4.00 times the least bytes. With that 10.1 ms are expected."
    assert row.expected_s == pytest.approx(4 * row.operation.counted.bytes / BANDWIDTH)


def test_the_steps_of_a_gated_block_are_its_own() -> None:
    """RMS norm reads four arrays and writes three; the gate of a SwiGLU reads seven and writes five."""
    llama = preset("llama-2-7b").shape(sequence=512, joined=False)
    hows = {"attention norm": "numpy", "SwiGLU": "numpy"}
    listed = found(a_run(llama, {"attention norm": 3.5, "SwiGLU": 4.1}, hows=hows))
    norm, gate = listed["attention norm"], listed["SwiGLU"]
    assert norm.reason.startswith("NumPy's 4 steps move 3.50 times the least bytes.")
    assert norm.expected_s == pytest.approx(7 * norm.operation.result_bytes / BANDWIDTH)
    assert gate.reason.startswith("NumPy's 5 steps move 4.00 times the least bytes.")
    assert gate.expected_s == pytest.approx(12 * gate.operation.result_bytes / BANDWIDTH)


def test_a_store_reads_the_line_that_it_writes() -> None:
    row = found(a_run(GPT2, {"attention residual": 1.35}))["attention residual"]
    assert row.reason.startswith("Regular stores read each line before they write it.")
    assert row.expected_s == pytest.approx(row.predicted_s * 4 / 3)


def test_a_call_takes_its_time_with_nothing_to_compute() -> None:
    decode = preset("gpt2-small").shape(decode=True)
    row = found(a_run(decode, {"GELU": 20}, calls={"GELU": 45e-6}))["GELU"]
    assert "Its call takes 45.0 µs there even on rows of four numbers." in row.reason
    assert row.expected_s == pytest.approx(row.predicted_s + 45e-6)
    row = found(a_run(decode, {"GELU": 20}, calls={"GELU": 1e-9}))["GELU"]
    assert "call" not in row.reason


def test_what_is_faster_lay_in_a_cache_that_holds_it() -> None:
    decode, caches = preset("gpt2-small").shape(decode=True), machine().caches
    assert [cache.level for cache in caches][-2:] == ["L2", "L3"]
    run = a_run(decode, {"down": 0.5})
    large = replace(machine(), caches=(*caches[:-1], replace(caches[-1], size_bytes=64 << 20)))
    row = found(run, large)["down"]
    assert row.reason.startswith("All arrays of the block, 33.1 MiB, fit the L3 of 64 MiB, whose roof is 20.0")
    assert row.expected_s == pytest.approx(row.predicted_s / 2)
    near = replace(machine(), caches=(*caches[:-2], replace(caches[-2], size_bytes=64 << 20)))
    assert found(run, near)["down"].reason.endswith("How much that brings is not known.")
    small = replace(machine(), caches=caches[:1])
    told = "0.500 times the prediction: shown, not explained, for no known reason applies."
    assert found(run, small)["down"].reason == told


def test_one_thread_is_held_against_the_roofs_of_one() -> None:
    run = a_run(GPT2, {"GELU": 2.1}, hows={"GELU": "compiled"}, threads=2)
    assert "It runs on one thread, and the roofs are of 2 threads." in found(run, threads=2)["GELU"].reason
    run = a_run(GPT2, {"GELU": 2.1}, hows={"GELU": "compiled_threads"}, threads=2)
    assert "one thread" not in found(run, threads=2)["GELU"].reason


def test_python_is_told_by_the_number() -> None:
    row = found(a_run(GPT2, {"softmax": 100}, hows={"softmax": "python_loops"}))["softmax"]
    assert row.reason.startswith("Loops in Python took ") and "for each of 3,145,728 numbers." in row.reason


def test_a_disturbed_run_says_so_where_it_differs() -> None:
    run = a_run(GPT2, {"up": 9.0}, disturbed=True, disturbed_reason="Something else was running.")
    assert found(run)["up"].reason.endswith("The run was disturbed.") and not found(run)["down"].reason


def test_it_is_promised_of_large_products_and_of_what_outgrows_the_last_cache() -> None:
    here = machine()
    last = here.caches[-1].size_bytes
    shapes = [preset("gpt2-small").shape(sequence=sequence) for sequence in (128, 4096)]
    for one in (one for shape in shapes for one in operations(shape)):
        if one.product:
            assert promised(one, here) == (one.counted.flop >= 50_000_000)
        else:
            assert promised(one, here) == (one.counted.bytes > last)
    tiny = tuple(found(a_run(preset("shakespeare").shape(decode=True), {})).values())
    assert "has neither" in summary(tiny)
    told = summary(tuple(found(a_run(GPT2, {"up": 1.65, "down": 9}, library_flop_per_s=0.6 * PEAK)).values()))
    assert " agree with it within 20 %; with the reasons that are known " in told
