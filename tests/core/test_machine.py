"""Sources, decisions and the environment, on recorded text and on numbers."""

from __future__ import annotations

import pytest
import recorded_hosts as hosts

from accel_core.machine import detect as live
from accel_core.machine import partial as names
from accel_core.machine.blas import choose_blas
from accel_core.machine.cpuinfo import parse
from accel_core.machine.decide import decide, installed_gib
from accel_core.machine.environment import environment
from accel_core.machine.linux import processor
from accel_core.machine.partial import Partial, format_cores, format_cpu_list, parse_cores, parse_cpu_list
from accel_core.machine.recorded import partials
from accel_core.machine.simd import known_features, width_bits
from accel_core.machine.sources import ask, darwin_partials
from accel_core.machine.windows import Core, parse_entries, registry, translation
from accel_core.model import Blas, CacheGroup, Environment, Fact, Machine

KIB, MIB, GIB = 1024, 1024**2, 1024**3


def linux_processor(text: str, architecture: str = "x86_64") -> Partial:
    return processor({}.get, parse(text), None, None, architecture)


def fact(machine: Machine, name: str) -> Fact:
    return next(f for f in machine.facts if f.name == name)


# -- words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-2,8", (0, 1, 2, 8)), ("5", (5,)), ("0-1\n", (0, 1)), ("", ()), (None, ()), ("a-b", ())],
)
def test_a_list_of_processors_is_read(text: str | None, cpus: tuple[int, ...]) -> None:
    assert parse_cpu_list(text) == cpus


@pytest.mark.parametrize("cpus", [(), (3,), (0, 1, 2, 8), (0, 2, 4)])
def test_a_list_of_processors_survives_writing(cpus: tuple[int, ...]) -> None:
    assert parse_cpu_list(format_cpu_list(cpus)) == cpus


def test_cores_survive_writing() -> None:
    assert parse_cores(format_cores([(0, 8), (1, 9)])) == ((0, 8), (1, 9))


# -- macOS ---------------------------------------------------------------------------------------------------


def test_an_apple_processor_is_described_by_its_performance_cores() -> None:
    machine = hosts.machine("darwin-m1")
    assert (machine.cpu, machine.vendor, machine.architecture) == ("Apple M1", "Apple", "arm64")
    assert [(c.level, c.size_bytes, c.line_bytes, c.ways) for c in machine.caches] == [
        ("L1", 128 * KIB, 128, None),
        ("L2", 12 * MIB, 128, None),
    ]
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (4, 4)
    assert (machine.simd.features, machine.simd.width_bits) == (("neon",), 128)
    assert machine.cores.cpus_allowed == ()
    assert machine.cores.allowed == 8
    assert machine.clock_hz is None


def test_clusters_of_performance_cores_have_a_cache_each() -> None:
    assert fact(hosts.machine("darwin-m3-max"), names.CACHES).value == (
        "12 x L1 128 KiB, 4 x L1 64 KiB, 2 x L2 16 MiB, 1 x L2 4 MiB"
    )


def test_an_intel_mac_is_read_from_the_plain_names() -> None:
    machine = hosts.machine("darwin-haswell")
    assert (machine.cores.physical, machine.cores.logical) == (4, 8)
    assert [(c.level, c.size_bytes, c.ways, c.instances) for c in machine.caches] == [
        ("L1", 32 * KIB, None, 4),
        ("L2", 256 * KIB, 8, 4),
        ("L3", 6 * MIB, None, 1),
    ]
    assert machine.simd.features == ("sse2", "avx", "avx2", "fma")
    assert machine.clock_hz == 2.2e9


@pytest.mark.parametrize("line", ["sysctl.proc_translated: 1", "hw.optional.arm64: 1", ""])
def test_a_translated_python_is_told_so_and_gets_no_foreign_vectors(line: str) -> None:
    host = hosts.load("darwin-m1")
    lines = [*host["sysctl"], "hw.optional.sse2: 1", line]
    machine = decide(partials({**host, "architecture": "x86_64", "sysctl": lines}))
    assert machine.simd.features == ("sse2",)
    assert machine.cpu == "Apple M1 (emulated x86_64)"
    assert "Rosetta" in str(machine.fact(names.EMULATION))


@pytest.mark.parametrize("name", ["darwin-m1", "darwin-haswell"])
def test_a_native_python_on_a_mac_is_not_called_emulated(name: str) -> None:
    assert hosts.machine(name).fact(names.EMULATION) is None


# -- Windows -------------------------------------------------------------------------------------------------


def test_a_windows_topology_is_taken_apart_from_its_bytes() -> None:
    core = bytes.fromhex(
        "00000000 30000000"  # RelationProcessorCore, 48 bytes
        "01 01" + "00" * 20 + "0100"  # SMT, efficiency class 1, one group
        "0300000000000000 0100 000000000000"  # processors 0 and 1 of group 1
    )
    package = bytes.fromhex("03000000 10000000" + "00" * 8)
    cache = bytes.fromhex(
        "02000000 38000000"  # RelationCache, 56 bytes
        "01 0C 4000 00C00000 02000000"
        + "00"
        * 18
        + "0000"  # L1, 12 ways, 64 bytes a line, 48 KiB, data; count 0
        "0300000000000000 0000 000000000000"
    )
    entries = list(parse_entries(core + package + cache + cache[:20]))
    assert entries == [Core(1, (64, 65)), CacheGroup(1, 48 * KIB, 12, 64, (0, 1))]


def test_a_cache_of_several_windows_processor_groups_has_them_all() -> None:
    masks = "0100000000000000 0000 000000000000" + "0200000000000000 0100 000000000000"
    cache = bytes.fromhex("02000000 48000000 03 10 4000 00000002 00000000" + "00" * 18 + "0200" + masks)
    assert list(parse_entries(cache)) == [CacheGroup(3, 32 * MIB, 16, 64, (0, 65))]


def test_a_windows_host_is_known_completely() -> None:
    machine = hosts.machine("windows-ryzen-2700x")
    assert machine.cpu == "AMD Ryzen 7 2700X Eight-Core Processor"
    assert (machine.cores.physical, machine.cores.logical) == (8, 16)
    assert machine.cache("L3").instances == 2  # type: ignore[union-attr]
    assert machine.cache("L3").shared_cpus == tuple(range(8, 16))  # type: ignore[union-attr]
    assert machine.simd.width_bits == 256
    assert machine.clock_hz == 3.693e9


def test_a_hybrid_windows_host_names_both_kinds_of_cores() -> None:
    machine = hosts.machine("windows-alder-lake")
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (4, 8)
    assert machine.cache("L2").size_bytes == 1280 * KIB  # type: ignore[union-attr]


def test_an_x64_python_on_arm_is_told_that_windows_translates_it() -> None:
    machine = hosts.machine("windows-snapdragon-x-emulated")
    assert machine.architecture == "x86_64"
    assert machine.cpu.endswith("Oryon(TM) CPU (emulated x86_64)")
    assert "emulated" in str(machine.fact(names.EMULATION))
    assert machine.simd.width_bits == 256


@pytest.mark.parametrize(
    ("architecture", "native", "identifier", "emulated"),
    [
        ("x86_64", "arm64", "", True),
        ("x86", "arm64", "", True),
        ("x86_64", None, "ARMv8 (64-bit) Family 8 Model 1 Revision 201", True),
        ("x86_64", "x86_64", "AMD64 Family 25 Model 33 Stepping 2", False),
        ("arm64", "arm64", "ARMv8 (64-bit) Family 8 Model 1 Revision 201", False),
        ("x86_64", None, "", False),
    ],
)
def test_windows_translates_only_x86_on_arm(
    architecture: str, native: str | None, identifier: str, emulated: bool
) -> None:
    told = translation({"Identifier": identifier}, architecture, native).facts[names.EMULATION]
    assert bool(told) == emulated


# -- CPUID's numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("linux-zen5-vm", (26, 2, 1)),
        ("linux-alder-lake", (6, 151, None)),
        ("linux-graviton3-container", (None, None, None)),
        ("darwin-haswell", (6, 70, 1)),
        ("darwin-m1", (None, None, None)),
        ("windows-ryzen-2700x", (23, 8, 2)),
        ("windows-alder-lake", (6, 154, 3)),
    ],
)
def test_the_numbers_of_an_x86_processor_are_known_on_every_system(
    name: str, numbers: tuple[int | None, ...]
) -> None:
    facts = {fact.name: fact.value for fact in hosts.machine(name).facts}
    assert tuple(facts.get(n) for n in (names.FAMILY, names.MODEL, names.STEPPING)) == numbers


def test_a_stepping_of_zero_is_a_stepping() -> None:
    lines = ("family: 6", "model: 158", "stepping: 0")
    mac = darwin_partials("\n".join(f"machdep.cpu.{line}" for line in lines), "x86_64")
    windows = registry({"Identifier": "Intel64 Family 6 Model 158 Stepping 0"})
    text = "processor : 0\ncpu family : 6\nmodel : 158\nmodel name : x\nstepping : 0\n"
    linux = linux_processor(text)
    for partial in (*mac, windows, linux):
        assert [partial.facts[n] for n in (names.FAMILY, names.MODEL, names.STEPPING)] == [6, 158, 0]


@pytest.mark.parametrize(
    "text", ["ARMv8 (64-bit) Family 8 Model D4B Revision   0", "Intel64 Family 6", "", "AMD64 Family x"]
)
def test_an_identifier_of_another_form_gives_no_numbers(text: str) -> None:
    assert names.FAMILY not in registry({"Identifier": text}).facts


def test_words_where_numbers_belong_are_unknown() -> None:
    text = "cpu family : Loongson-64bit\nmodel : POWER9\nstepping : unknown\n"
    facts = linux_processor(text, "loongarch64").facts
    assert [facts[n] for n in (names.FAMILY, names.MODEL, names.STEPPING)] == [None, None, None]


# -- vectors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "width"),
    [
        (["avx512f", "avx2"], 512),
        (["avx2", "avx"], 256),
        (["avx"], 256),
        (["sse2"], 128),
        (["asimd"], 128),
        (["fp"], None),
        ([], None),
    ],
)
def test_the_width_follows_the_widest_set(flags: list[str], width: int | None) -> None:
    assert width_bits(known_features(flags)) == width


# -- decisions -----------------------------------------------------------------------------------------------


def test_no_source_at_all_is_an_unknown_machine_and_no_error() -> None:
    machine = decide([])
    assert (machine.cpu, machine.architecture, machine.caches) == ("unknown processor", "unknown", ())
    assert (machine.cores.physical, machine.cores.allowed) == (None, 1)
    assert machine.simd.features == ()
    assert fact(machine, names.MEMORY).value is None


def test_the_first_source_is_chosen_and_those_that_disagree_are_named() -> None:
    answers = [
        Partial("one", {names.PHYSICAL: 8}),
        Partial("two", {names.PHYSICAL: 8}),
        Partial("three", {names.PHYSICAL: 4}),
    ]
    assert fact(decide(answers), names.PHYSICAL) == Fact(
        names.PHYSICAL, 8, "one", others=(("three", 4),), reason="The topology that the system schedules by."
    )


def test_clocks_within_one_per_cent_agree() -> None:
    near, far = Partial("near", {names.CLOCK: 2.61e9}), Partial("far", {names.CLOCK: 3.0e9})
    assert fact(decide([Partial("a", {names.CLOCK: 2.6e9}), near, far]), names.CLOCK).others == (
        ("far", 3.0e9),
    )


def test_a_definition_is_used_only_where_nobody_else_knows() -> None:
    definition = Partial("definition", {names.WIDTH: 128}, role="fallback")
    assert decide([definition]).simd.width_bits == 128
    known = fact(decide([definition, Partial("system", {names.WIDTH: 512})]), names.WIDTH)
    assert (known.value, known.source, known.others) == (512, "system", ())


@pytest.mark.parametrize(
    ("reported_gib", "installed"),
    [(23.54, 24), (23.45, 24), (15.4, 16), (125.6, 128), (7.6, 8), (94.0, 96), (0.9, 1), (16.0, 16), (3.7, 4)],
)
def test_memory_in_the_fingerprint_is_what_was_installed(reported_gib: float, installed: float) -> None:
    assert installed_gib(int(reported_gib * GIB)) == installed
    assert installed_gib(None) is None


def test_a_source_that_fails_knows_nothing() -> None:
    def broken() -> Partial:
        raise RuntimeError("no such interface")

    assert ask([broken, lambda: Partial("whole")]) == [Partial("whole")]


def test_detection_survives_a_system_whose_sources_all_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Partial:
        raise OSError("forbidden")

    for name in ("platform_facts", "psutil_facts", "llvm_facts", "glibc_facts"):
        monkeypatch.setattr(f"accel_core.machine.libraries.{name}", broken)
    monkeypatch.setattr("os.sched_getaffinity", broken, raising=False)
    monkeypatch.setattr("accel_core.machine.sources._system_sources", broken)
    assert live().cores.allowed == 1


# -- environment ---------------------------------------------------------------------------------------------


def test_the_environment_survives_a_round_trip_and_knows_its_blas() -> None:
    here = environment()
    assert Environment.from_dict(here.to_dict()) == here
    assert here.numpy[0].isdigit()
    assert here.numba[0].isdigit()
    assert here.blas is not None


def test_numpys_own_blas_is_chosen_before_scipys() -> None:
    loaded = [
        {
            "user_api": "blas",
            "internal_api": "mkl",
            "filepath": "/scipy.libs/x.so",
            "version": "1",
            "num_threads": 1,
        },
        {
            "user_api": "blas",
            "internal_api": "openblas",
            "filepath": "/numpy.libs/y.so",
            "version": "2",
            "num_threads": 4,
        },
    ]
    blas = choose_blas(loaded, {})
    assert blas is not None
    assert (blas.name, blas.version, blas.threads) == ("OpenBLAS", "2", 4)
    assert (blas.architecture, blas.source, blas.title) == (None, "threadpoolctl", "OpenBLAS 2")


def test_the_kernels_that_blas_chose_are_named() -> None:
    loaded = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.31", "num_threads": 2}
    blas = choose_blas([{**loaded, "threading_layer": "pthreads", "architecture": "SkylakeX"}], {})
    assert blas == Blas("OpenBLAS", "0.3.31", 2, "threadpoolctl (pthreads)", "SkylakeX")
    assert blas.title == "OpenBLAS 0.3.31, its SkylakeX kernels"


def test_accelerate_is_known_from_numpys_build_and_has_no_thread_count() -> None:
    blas = choose_blas([], {"name": "accelerate", "found": True, "version": "unknown"})
    assert blas is not None
    assert (blas.name, blas.version, blas.threads, blas.source) == (
        "Accelerate",
        None,
        None,
        "numpy.show_config",
    )


def test_no_blas_is_none() -> None:
    assert choose_blas([{"user_api": "openmp"}], {}) is None
