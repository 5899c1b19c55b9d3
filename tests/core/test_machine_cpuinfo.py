"""The text of /proc/cpuinfo of many architectures, and emulators that give themselves away in it."""

from __future__ import annotations

import pytest
import recorded_hosts as hosts

from accel_core.machine import emulation
from accel_core.machine import partial as names
from accel_core.machine.cpuinfo import clock_hz, family, flags, parse, vendor_and_name, written_by
from accel_core.machine.recorded import machine_of
from accel_core.machine.simd import known_features, width_bits

# -- names, as lscpu has them --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "cpu", "vendor", "clock_hz", "architecture"),
    [
        ("linux-loongson", "Loongson-3A6000-HV", None, 2.5e9, "loongarch64"),
        ("linux-visionfive-2", "sifive,u74-mc", "0x489", None, "riscv64"),
        ("linux-power8-vm", "POWER8E (raw), altivec supported", None, 3.425e9, "ppc64le"),
        ("linux-z12-guest", "IBM/S390, machine type 2827", "IBM/S390", 5.504e9, "s390x"),
        ("linux-odroid-xu3", "ARM Cortex-A15", "ARM", 2.0e9, "armv7l"),
        ("linux-raspberry-pi-5", "ARM Cortex-A76", "ARM", 2.4e9, "arm64"),
        ("linux-kunpeng-920", "HiSilicon Kunpeng-920", "HiSilicon", None, "arm64"),
    ],
)
def test_a_processor_is_named_wherever_its_name_stands(
    host: str, cpu: str, vendor: str | None, clock_hz: float | None, architecture: str
) -> None:
    machine = hosts.machine(host)
    assert (machine.cpu, machine.vendor, machine.clock_hz) == (cpu, vendor, clock_hz)
    assert machine.architecture == architecture


OLD_ARM = """Processor\t: ARMv7 Processor rev 3 (v7l)
processor\t: 0
BogoMIPS\t: 1993.93

processor\t: 1
BogoMIPS\t: 1993.93

Features\t: swp half thumb fastmult vfp edsp neon vfpv3
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x3
CPU part\t: {part}
CPU revision\t: 3

Hardware\t: SAMSUNG SMDKC210
"""


@pytest.mark.parametrize(
    ("text", "vendor", "name"),
    [
        (OLD_ARM.format(part="0xc09"), "ARM", "ARM Cortex-A9"),
        (OLD_ARM.format(part="0xfff"), "ARM", "ARMv7 Processor rev 3 (v7l)"),
        ("Processor\t: ARM926EJ-S rev 5 (v5l)\nHardware\t: Atmel AT91\n", None, "ARM926EJ-S rev 5 (v5l)"),
        ("Hardware\t: Qualcomm Technologies, Inc SM8550\n", None, "Qualcomm Technologies, Inc SM8550"),
        (
            "cpu\t\t: POWER9 (architected), altivec supported\nrevision\t: 2.2 (pvr 004e 1202)\n"
            "\nmodel\t: IBM,9009-42A\n",
            None,
            "POWER9 (architected), altivec supported",
        ),
        ("system type\t: generic\nprocessor\t: 0\ncpu model\t: Loongson-3 V0.13\n", None, "Loongson-3 V0.13"),
        ("cpu\t\t: TI UltraSparc II  (BlackBird)\ntype\t\t: sun4u\n", None, "TI UltraSparc II  (BlackBird)"),
        ("processor : 0\nvendor_id : CentaurHauls\nmodel name : unknown\nflags : fpu\n", "CentaurHauls", None),
        ("processor\t: 0\nhart\t: 0\nisa\t: rv64imafdcv\nmvendorid\t: 0x5b7\n", "0x5b7", None),
        ("vendor_id : IBM/S390\n\ncpu number : 0\nmachine : 8561\n", "IBM/S390", "IBM/S390, machine type 8561"),
        ("", None, None),
        ("no colon in here\n\n : \nmodel name\t:\n", None, None),
    ],
)
def test_the_name_is_found_in_every_form_of_the_file(text: str, vendor: str | None, name: str | None) -> None:
    assert vendor_and_name(parse(text).of(0)) == (vendor, name)


def test_lines_before_the_first_processor_and_after_the_last_hold_for_all() -> None:
    info = parse(OLD_ARM.format(part="0xc09"))
    assert sorted(info.each) == [0, 1]
    assert info.of(1)["cpu part"] == "0xc09"
    assert info.of(7) == info.of(None) == info.of(0)


def test_processors_without_a_blank_line_between_them_are_kept_apart() -> None:
    info = parse("cpu number : 0\ncpu MHz static : 5504\ncpu number : 1\ncpu MHz static : 5000\n")
    assert [info.of(cpu)["cpu mhz static"] for cpu in (0, 1)] == ["5504", "5000"]


# -- clock and vectors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "hz"),
    [
        ("cpu MHz\t: 2901.000", 2.901e9),
        ("clock\t: 3425.000000MHz", 3.425e9),
        ("cpu MHz static\t: 5000", 5.0e9),
        ("cpu MHz\t: 0.000", None),
        ("cpu MHz\t:", None),
        ("cpu MHz\t: unknown", None),
        ("clock\t: 1.2.3MHz", None),
        ("bogomips\t: 10", None),
    ],
)
def test_a_clock_of_zero_or_none_is_unknown(line: str, hz: float | None) -> None:
    assert clock_hz(parse(line).of(None)) == hz


@pytest.mark.parametrize(
    ("line", "width"),
    [
        ("Features : cpucfg fpu lsx lasx", 256),
        ("Features : cpucfg fpu lsx", 128),
        ("features : esan3 zarch vx", 128),
        ("cpu : POWER9, altivec supported", 128),
        ("isa : rv64imafdcv_zicsr", 128),
        ("isa : rv64imafdc_zve32x", None),
        ("isa : mips1 mips2", None),
    ],
)
def test_vectors_of_other_architectures_are_known(line: str, width: int | None) -> None:
    assert width_bits(known_features(flags(parse(line).of(None)))) == width


# -- emulators -----------------------------------------------------------------------------------------------


def test_a_process_under_qemu_keeps_its_own_architecture() -> None:
    machine = hosts.machine("linux-qemu-user-arm64")
    assert (machine.cpu, machine.architecture, machine.vendor) == ("emulated arm64", "arm64", None)
    assert (machine.simd.features, machine.simd.width_bits) == (("neon",), 128)
    assert machine.clock_hz is None
    told = str(machine.fact(names.EMULATION))
    assert "emulated" in told
    assert "i7-7820HQ" in told


X86 = "processor : 0\nvendor_id : {vendor}\ncpu family : 6\nmodel : 44\nmodel name : {name}\nflags : fpu sse2\n"
ARM = "processor : 0\nFeatures : fp asimd\nCPU implementer : {}\nCPU part : 0x051\n"


LOONGSON = (
    "system type : generic-loongson-machine\n\nprocessor : 0\nCPU Family : Loongson-64bit\nModel Name : {}\n"
)
S390 = (
    "vendor_id : IBM/S390\n# processors : 1\nbogomips per cpu: {}\nfeatures\t: esan3 zarch\n"
    "processor 0: version = 00,  identification = 000000,  machine = 8561\n\ncpu number : 0\n"
)
POWER = "processor : 0\ncpu : POWER9 (raw), altivec supported\nrevision : 2.2 (pvr 004e 1202)\n\nmachine : {}\n"
RISCV = "processor : 0\nhart : 0\nisa : rv64imafdch\nmmu : sv57\nmvendorid : {}\nmarchid : {}\n"
M68K = "CPU:\t\t68040\nMMU:\t\t68040\nFPU:\t\t68040\n"
PSERIES = POWER.format("CHRP IBM pSeries (emulated by qemu)")
TREE = "/proc/device-tree"
PRODUCT = "/sys/class/dmi/id/product_name"


@pytest.mark.parametrize(
    ("text", "architecture"),
    [
        (X86.format(vendor="GenuineIntel", name="Intel(R) Core(TM) i7"), "arm64"),
        (X86.format(vendor="AuthenticAMD", name="AMD EPYC"), "riscv64"),
        (X86.format(vendor="AuthenticAMD", name="AMD EPYC"), "s390x"),
        (ARM.format("0x61"), "x86_64"),  # Rosetta for Linux shows the kernel's own file
        (ARM.format("0x00"), "arm64"),  # QEMU's own processor
        ("processor : 0\nhart : 1\nisa : rv64imafdc\n", "x86_64"),
        (X86.format(vendor="VirtualApple", name="VirtualApple @ 2.50GHz"), "x86_64"),
        (X86.format(vendor="GenuineIntel", name="Box64 on Cortex-A76 @2400 MHz"), "x86_64"),
        (X86.format(vendor="AuthenticAMD", name="FEX-2408"), "x86_64"),
        (X86.format(vendor="GenuineIntel", name="QEMU TCG CPU version 2.5+"), "x86_64"),
        ("processor : 0\nhart : 0\nisa : rv64imafdc_zicsr\nmmu : sv48\nuarch : qemu\n", "riscv64"),
        (LOONGSON.format("QEMU_user-v11.0.0"), "loongarch64"),
        (LOONGSON.format("QEMU Loongson-3A5000"), "loongarch64"),
        ("cpu : QEMU UltraSparc T1\nfpu : UltraSparc T1 integrated FPU\ntype : sun4v\n", "sparc64"),
        ("type\t\t: sun4u\n", "sparc64"),
        (S390.format("13370.00"), "s390x"),
        ("system type : Qemu\nprocessor : 0\ncpu model : MIPS 24Kc V0.0  FPU V0.0\n", "mips64"),
        ("system type : MIPS Malta\nprocessor : 0\ncpu model : QEMU\n", "mips"),
        ("processor : 0\nmodel name : QEMU TCG processor\n", "openrisc"),
        (POWER.format("PowerNV IBM PowerNV (emulated by qemu)"), "ppc64le"),
    ],
)
def test_an_emulator_is_recognised_and_takes_no_part_of_the_machine(text: str, architecture: str) -> None:
    host = {"system": "Linux", "architecture": architecture, "allowed": [0], "files": {"/proc/cpuinfo": text}}
    machine = machine_of(host)
    assert machine.cpu == f"emulated {architecture}"
    assert machine.architecture == architecture
    assert "emulated" in str(machine.fact(names.EMULATION))
    assert machine.vendor is None
    assert machine.simd.width_bits <= 128


@pytest.mark.parametrize(
    ("text", "architecture"),
    [
        (X86.format(vendor="GenuineIntel", name="Intel(R) Xeon(R)"), "x86_64"),
        (X86.format(vendor="AuthenticAMD", name="QEMU Virtual CPU version 2.5+"), "x86_64"),  # a KVM guest
        (X86.format(vendor="GenuineIntel", name="Intel(R) Core(TM)2"), "i686"),
        (ARM.format("0x41"), "arm64"),
        (ARM.format("0x41"), "armv7l"),
        (ARM.format("0x61"), "aarch64"),
        ("", "arm64"),
        ("processor : 0\n", "mips64"),
        (PSERIES, "ppc64le"),  # a guest of KVM says so too
        (S390.format("3033.00"), "s390x"),
        (RISCV.format("0x0", "0x0"), "riscv64"),  # a core that nobody numbered
        (M68K, "m68k"),
        ("cpu : TI UltraSparc II  (BlackBird)\ntype : sun4u\n", "sparc64"),
        ("processor : 0\nHardware : QEMU board\nCPU implementer : 0x41\nCPU part : 0xd08\n", "arm64"),
    ],
)
def test_no_emulator_is_suspected_where_none_is(text: str, architecture: str) -> None:
    assert emulation.from_cpuinfo(parse(text).of(0), architecture) is None


@pytest.mark.parametrize(
    ("text", "architecture", "files", "emulated"),
    [
        (RISCV.format("0x0", "0x0"), "riscv64", {f"{TREE}/model": "riscv-virtio,qemu\0"}, True),
        (
            "processor : 0\nhart : 0\nisa : rv64imafdc\n",
            "riscv64",
            {f"{TREE}/model": "riscv-virtio,qemu\0"},
            True,
        ),
        (RISCV.format("0x0", "0xa0200"), "riscv64", {PRODUCT: "QEMU Virtual Machine\n"}, True),
        (RISCV.format("0x0", "0x0"), "riscv64", {f"{TREE}/model": "a board\0"}, False),
        (RISCV.format("0x489", "0x1"), "riscv64", {f"{TREE}/model": "riscv-virtio,qemu\0"}, False),  # of KVM
        (
            RISCV.format("0x0", "0x0"),
            "riscv64",
            {f"{TREE}/model": "riscv-virtio,qemu\0", PRODUCT: "KVM Virtual Machine\n"},
            False,
        ),
        (LOONGSON.format("virt-9.2"), "loongarch64", {PRODUCT: "QEMU Virtual Machine\n"}, True),
        (LOONGSON.format("virt-9.2"), "loongarch64", {PRODUCT: "KVM Virtual Machine\n"}, False),
        (PSERIES, "ppc64le", {f"{TREE}/model": "IBM pSeries (emulated by qemu)\0"}, True),
        (
            PSERIES,
            "ppc64le",
            {
                f"{TREE}/model": "IBM pSeries (emulated by qemu)\0",
                f"{TREE}/hypervisor/compatible": "linux,kvm\0",
            },
            False,
        ),
        (S390.format("3033.00"), "s390x", {"/proc/sysinfo": "Manufacturer:         QEMU\nType: 8561\n"}, True),
        (S390.format("3033.00"), "s390x", {"/proc/sysinfo": "Manufacturer:         IBM\nType: 8561\n"}, False),
        (M68K, "m68k", {"/proc/hardware": "Model:\t\tQEMU Virtual M68K Machine (8.2.0)\n"}, True),
        (M68K, "m68k", {"/proc/hardware": "Model:\t\tqemu-m68k\n"}, True),
        (M68K, "m68k", {"/proc/hardware": "Model:\t\tAtari Falcon\n"}, False),
        (S390.format("3033.00"), "s390x", {"/proc/sys/kernel/arch": "x86_64\n"}, True),
        (ARM.format("0x41"), "aarch64", {"/proc/sys/kernel/arch": "x86_64\n"}, True),
        (ARM.format("0x41"), "armv7l", {"/proc/sys/kernel/arch": "aarch64\n"}, False),
        (X86.format(vendor="GenuineIntel", name="Intel"), "i686", {"/proc/sys/kernel/arch": "x86_64\n"}, False),
        ("processor : 0\n", "parisc", {"/proc/sys/kernel/arch": "parisc64\n"}, False),
        (ARM.format("0x61"), "arm64", {PRODUCT: "QEMU Virtual Machine\n"}, False),  # under macOS' hypervisor
        (X86.format(vendor="AuthenticAMD", name="QEMU Virtual CPU"), "x86_64", {PRODUCT: "QEMU\n"}, False),
    ],
)
def test_a_kernel_or_a_board_gives_an_emulator_away_and_no_guest_of_kvm(
    text: str, architecture: str, files: dict[str, str], emulated: bool
) -> None:
    host = {
        "system": "Linux",
        "architecture": architecture,
        "allowed": [0],
        "files": {"/proc/cpuinfo": text, **files},
    }
    machine = machine_of(host)
    assert ("emulated" in str(machine.fact(names.EMULATION))) is emulated
    assert (machine.cpu == f"emulated {architecture}") is emulated


EMULATED = ("linux-qemu-user-arm64", "windows-snapdragon-x-emulated")


@pytest.mark.parametrize("name", [name for name in hosts.NAMES if name not in EMULATED])
def test_no_other_recorded_host_is_called_emulated(name: str) -> None:
    assert hosts.machine(name).fact(names.EMULATION) is None


@pytest.mark.parametrize("name", [name for name in hosts.NAMES if name.startswith("linux-")])
def test_a_recorded_cpuinfo_is_of_the_family_of_its_host(name: str) -> None:
    host = hosts.load(name)
    fields = parse(host["files"]["/proc/cpuinfo"]).of(None)
    same = written_by(fields) == family(host["architecture"])
    assert same == (name != "linux-qemu-user-arm64")
