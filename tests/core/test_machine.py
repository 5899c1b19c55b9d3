"""Sources, decisions and the environment, on recorded text and on numbers."""

from __future__ import annotations

import pytest
import recorded_hosts as hosts

from accel_core.machine import detect as live
from accel_core.machine import partial as names
from accel_core.machine.arm import arm_processor
from accel_core.machine.cgroup import memory_left, memory_limit, quota
from accel_core.machine.cpuinfo import parse
from accel_core.machine.decide import decide, installed_gib
from accel_core.machine.environment import choose_blas, environment
from accel_core.machine.linux import processor, processors
from accel_core.machine.partial import Partial, format_cores, format_cpu_list, parse_cores, parse_cpu_list
from accel_core.machine.recorded import partials
from accel_core.machine.simd import known_features, width_bits
from accel_core.machine.sources import ask, darwin_partials
from accel_core.machine.windows import Core, parse_records, registry
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


# -- Linux ---------------------------------------------------------------------------------------------------


def test_the_recorded_linux_host_is_known_completely() -> None:
    machine = hosts.machine("linux-zen5-vm")
    assert (machine.cpu, machine.vendor, machine.system) == ("AMD EPYC", "AuthenticAMD", "Linux")
    assert (machine.cores.physical, machine.cores.logical, machine.cores.allowed) == (2, 2, 2)
    assert [(c.level, c.size_bytes, c.ways, c.line_bytes, c.instances) for c in machine.caches] == [
        ("L1", 48 * KIB, 12, 64, 2),
        ("L2", 1 * MIB, 16, 64, 2),
        ("L3", 32 * MIB, 16, 64, 1),
    ]
    assert machine.cache("L3").shared_cpus == (0, 1)  # type: ignore[union-attr]
    assert machine.simd.width_bits == 512
    assert machine.memory_bytes == 24684092 * KIB


def test_the_cache_size_line_never_becomes_the_l3_but_is_shown_beside_it() -> None:
    l3 = fact(hosts.machine("linux-zen5-vm"), "L3 size")
    assert l3.value == 32 * MIB
    assert l3.others == (("/proc/cpuinfo, line 'cache size'", 1 * MIB),)
    assert "cache size" in l3.reason
    host = hosts.load("linux-zen5-vm")
    files = {path: text for path, text in host["files"].items() if "/cache/" not in path}
    assert decide(partials({**host, "files": files})).caches == ()


def test_a_hybrid_linux_host_names_both_kinds_of_cores() -> None:
    machine = hosts.machine("linux-alder-lake")
    assert (machine.cores.physical, machine.cores.logical) == (10, 16)
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (6, 4)
    assert fact(machine, names.CACHES).value == (
        "6 x L1 48 KiB 12-way, 4 x L1 32 KiB 8-way, "
        "1 x L2 2 MiB 16-way, 6 x L2 1.25 MiB 10-way, 1 x L3 20 MiB 10-way"
    )


def test_caches_are_those_of_a_performance_core_unless_only_others_are_allowed() -> None:
    host = hosts.load("linux-alder-lake")
    mixed = decide(partials({**host, "allowed": [15, 14, 10]}))
    slow = decide(partials({**host, "allowed": [14, 15]}))
    assert mixed.cache("L1").size_bytes == 48 * KIB  # type: ignore[union-attr]
    assert slow.cache("L1").size_bytes == 32 * KIB  # type: ignore[union-attr]
    assert slow.cache("L2").shared_cpus == (12, 13, 14, 15)  # type: ignore[union-attr]


def test_arm_capacities_tell_performance_from_efficiency_cores() -> None:
    host = hosts.load("linux-graviton3-container")
    capacity = {
        f"/sys/devices/system/cpu/cpu{i}/cpu_capacity": c for i, c in enumerate(["400\n"] * 2 + ["1024\n"] * 2)
    }
    machine = decide(partials({**host, "files": {**host["files"], **capacity}}))
    assert fact(machine, names.FAST_LIST).value == "2-3"
    assert (fact(machine, names.FAST_CORES).value, fact(machine, names.SLOW_CORES).value) == (2, 2)


def test_an_arm_processor_is_named_by_its_numbers() -> None:
    machine = hosts.machine("linux-graviton3-container")
    assert (machine.cpu, machine.vendor) == ("ARM Neoverse-V1", "ARM")
    assert machine.simd.features == ("neon", "sve")
    assert machine.simd.width_bits == 128
    assert arm_processor("0x41", "0xfff") == ("ARM", "ARM part 0xfff")
    assert arm_processor("0x99", "0x001") == (None, "0x99 part 0x001")
    assert arm_processor("", "") == (None, None)


def test_a_kernel_without_cache_files_leaves_the_caches_unknown() -> None:
    machine = hosts.machine("linux-odroid-c2")
    assert machine.caches == ()
    assert machine.cpu == "ARM Cortex-A53"
    assert machine.memory_bytes is None
    assert fact(machine, names.CACHES).value is None
    assert machine.clock_hz == 1.536e9


def test_the_clock_limit_is_believed_before_the_clock_of_the_moment() -> None:
    clock = fact(hosts.machine("linux-alder-lake"), names.CLOCK)
    assert clock.value == 4.9e9
    assert ("/proc/cpuinfo", 800e6) in clock.others
    assert "hint" in clock.reason


def test_processors_that_lxcfs_counts_anew_are_known_by_the_affinity_mask() -> None:
    machine = hosts.machine("linux-lxcfs-cpuset")
    assert (machine.cores.physical, machine.cores.logical, machine.cores.allowed) == (2, 4, 4)
    assert fact(machine, names.CORE_LIST).value == "8,24; 9,25"
    assert [(c.level, c.size_bytes, c.shared_cpus) for c in machine.caches[:2]] == [
        ("L1", 32 * KIB, (9, 25)),
        ("L2", 1 * MIB, (9, 25)),
    ]
    assert machine.cache("L3").size_bytes == 11 * MIB  # type: ignore[union-attr]


@pytest.mark.parametrize(("group", "logical"), [("known", 4), ("unknown", 1)])
def test_a_pinned_process_of_such_a_container_asks_its_control_group(group: str, logical: int) -> None:
    host = hosts.load("linux-lxcfs-cpuset")
    files = {path: text for path, text in host["files"].items() if group == "known" or "cgroup" not in path}
    machine = decide(partials({**host, "files": files, "allowed": [25]}))
    assert (machine.cores.logical, machine.cores.allowed) == (logical, 1)
    assert machine.cache("L1").shared_cpus == (9, 25)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("online", "cpuset", "mask", "expected"),
    [
        ("0-3", "", (1, 3), (0, 1, 2, 3)),
        ("0-3", "0-3", (1, 3), (0, 1, 2, 3)),
        ("0-1", "4-5", (5,), (4, 5)),
        ("0-1", "6-7", (5,), (5,)),
        ("0-1", "", (4, 5), (4, 5)),
        ("", "", (4, 5), (4, 5)),
        ("", "", (), ()),
    ],
)
def test_the_processors_are_those_online_unless_the_mask_has_others(
    online: str, cpuset: str, mask: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    files = {
        "/sys/devices/system/cpu/online": f"{online}\n",
        "/proc/self/cgroup": "5:cpuset:/box\n",
        "/sys/fs/cgroup/cpuset/box/cpuset.effective_cpus": f"{cpuset}\n",
    }
    assert processors(files.get, mask) == expected


# -- control groups ------------------------------------------------------------------------------------------


def test_a_quota_of_one_and_a_half_processors_allows_one_thread_and_says_why() -> None:
    machine = hosts.machine("linux-graviton3-container")
    assert machine.cores.quota == 1.5
    assert machine.cores.allowed == 1
    assert "1.5 of 4 processors" in fact(machine, names.ALLOWED).reason
    assert fact(machine, names.MEMORY_LIMIT).value == 2 * GIB


@pytest.mark.parametrize(
    ("granted", "allowed"), [(0.5, 1), (1.0, 1), (2.9, 2), (3.0, 3), (3.5, 3), (4.0, 4), (64.0, 4)]
)
def test_a_quota_is_rounded_down_to_whole_processors_but_at_least_one(granted: float, allowed: int) -> None:
    answers = [Partial("test", {names.LOGICAL: 4, names.ALLOWED_LIST: "0-3", names.QUOTA: granted})]
    assert decide(answers).cores.allowed == allowed


def test_the_smallest_quota_on_the_way_to_the_root_counts() -> None:
    files = {
        "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/a/cpu.max": "200000 100000\n",
        "/sys/fs/cgroup/cpu.max": "400000 100000\n",
    }
    assert quota(files.get) == 2.0


def test_version_one_quota_and_memory_are_read() -> None:
    files = {
        "/proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/x\n",
        "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "300000\n",
        "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
        "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1000\n",
        "/sys/fs/cgroup/memory/x/memory.usage_in_bytes": "400\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert quota(files.get) == 3.0
    assert memory_limit(files.get) == 1000
    assert memory_left(files.get) == 600


def test_version_one_writes_no_limit_as_a_huge_number() -> None:
    files = {
        "/proc/self/cgroup": "4:memory:/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    assert (memory_limit(files.get), memory_left(files.get)) == (None, None)


def test_without_control_groups_nothing_is_limited() -> None:
    assert (quota({}.get), memory_limit({}.get), memory_left({}.get)) == (None, None, None)


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


def test_a_translated_python_is_told_so_and_gets_no_foreign_vectors() -> None:
    host = hosts.load("darwin-m1")
    lines = [*host["sysctl"], "hw.optional.sse2: 1", "sysctl.proc_translated: 1"]
    machine = decide(partials({**host, "architecture": "x86_64", "sysctl": lines}))
    assert machine.simd.features == ("sse2",)
    assert "Rosetta" in str(fact(machine, names.EMULATION).value)


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
    records = list(parse_records(core + package + cache + cache[:20]))
    assert records == [Core(1, (64, 65)), CacheGroup(1, 48 * KIB, 12, 64, (0, 1))]


def test_a_cache_of_several_windows_processor_groups_has_them_all() -> None:
    masks = "0100000000000000 0000 000000000000" + "0200000000000000 0100 000000000000"
    cache = bytes.fromhex("02000000 48000000 03 10 4000 00000002 00000000" + "00" * 18 + "0200" + masks)
    assert list(parse_records(cache)) == [CacheGroup(3, 32 * MIB, 16, 64, (0, 65))]


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
