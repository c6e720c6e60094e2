"""Does the right thing run? A board that says the right version and has or runs something else is caught."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hil.errors import HilError
from hil.rigs.firmware import default_uf2
from hil.rigs.registry import open_rig
from hil.rigs.virtual import VirtualPico
from hil.testing import job as module
from hil.testing.job import Flashable, UnderTest, WrongFirmwareError, begin, under_test
from hil.testing.kernel_log import KernelLog
from hil.testing.session import Rigs, UsbTroubleError
from sapper_host.flash.uf2 import FLASH_START

virtual = pytest.mark.virtual
# A word of help that the console prints on demand: to change it changes nothing that a start does.
HELP = b"says the operator is there"


def changed_image() -> bytes:
    """The flash of a board with the firmware under test, but for one bit of one byte."""
    with VirtualPico(default_uf2(), power=False) as pico:
        image = bytearray(pico.flash.image())
    at = image.index(HELP)
    image[at] ^= 1
    return bytes(image)


@virtual
def test_a_board_with_the_firmware_under_test_is_read_back_whole() -> None:
    wanted = under_test("virtual")
    with VirtualPico(default_uf2()) as pico:
        job = begin(pico, wanted)
        assert len(pico.reset_causes()) == 2 and job.facts["restarted"] == "power off and on"
    assert wanted.image is not None and int(job.facts["verified_bytes"]) == 256 * len(wanted.image.pages)
    assert job.board == job.version["board"] == job.facts["board"] != ""
    assert job.facts["settings_not_default"] == "none"


@virtual
def test_one_byte_of_flash_that_differs_is_caught_though_the_board_says_the_right_version() -> None:
    wanted = under_test("virtual")
    said = "the version under test, and has something else in its flash"
    with VirtualPico(None, flash_image=changed_image()) as pico, pytest.raises(WrongFirmwareError, match=said):
        begin(pico, wanted)


class Taking:
    """A rig whose board takes a UF2, as the bench's: `writes` is what really gets into its flash."""

    def __init__(self, pico: VirtualPico, writes: Path | None) -> None:
        self._pico = pico
        self._writes = writes
        self.flashed: list[Path] = []

    def flash_uf2(self, uf2: Path) -> None:
        self.flashed.append(uf2)
        if self._writes is not None:
            self._pico.flash.program_uf2(self._writes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pico, name)


@virtual
def test_a_rig_that_can_be_flashed_is_flashed_and_one_that_only_says_so_is_caught() -> None:
    wanted = under_test("virtual")
    for writes, caught in ((default_uf2(), False), (None, True)):
        with VirtualPico(None, flash_image=changed_image()) as pico:
            rig: Any = Taking(pico, writes)
            assert isinstance(rig, Flashable)
            if caught:
                with pytest.raises(WrongFirmwareError):
                    begin(rig, wanted)
            else:
                assert begin(rig, wanted).facts["flashed"] == "through BOOTSEL"
            assert rig.flashed == [default_uf2()]


class Answering:
    """An operator whose board answers so."""

    def __init__(self, **answers: str) -> None:
        self._answers = answers

    def must(self, line: str, limit_ms: int = 0) -> str:
        return self._answers[line.split()[0]]

    def run(self, duration_ns: int) -> None:
        pass


@pytest.mark.unit
def test_a_board_of_another_version_or_one_that_runs_an_update_is_caught_before_its_flash_is_read() -> None:
    wanted = under_test("virtual")
    assert wanted.image is not None and wanted.image.build is not None
    right = {"sapper": wanted.image.build.version, "git": wanted.image.build.git}
    for version, said in (
        (right | {"git": "0000000000"}, "the board says it runs"),
        (right | {"source": "slot_a", "why": "newest"}, "runs the update in slot_a"),
        (right | {"source": "factory"}, "something else in its flash"),
    ):
        job = module.Job(wanted, version)
        operator: Any = Answering(digest=f"sha256={'0' * 64}")
        with pytest.raises(WrongFirmwareError, match=said):
            module._check(operator, job, wanted.image)


@pytest.mark.unit
def test_another_file_is_another_firmware_in_the_book_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    data = bytearray(default_uf2().read_bytes())
    at = data.index(HELP)
    data[at] ^= 1
    other = tmp_path / "other.uf2"
    other.write_bytes(data)
    with pytest.raises(HilError, match="does not hold what its build"):
        under_test("virtual", other)
    assert under_test("virtual").hash == under_test("virtual", default_uf2()).hash
    assert under_test("virtual").image is not None and under_test("virtual").image.start == FLASH_START  # type: ignore[union-attr]


# A session's rigs


class OnUsb:
    """A sil rig that is said to hang on a real port of USB."""

    usb_places = ("1-1.2",)

    def __init__(self) -> None:
        self._rig = open_rig("sil")
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rig, name)

    def close(self) -> None:
        self.closed = True
        self._rig.close()


@pytest.mark.sil
@pytest.mark.usefixtures("micropython")
def test_an_error_of_usb_while_a_test_runs_is_loud_and_one_of_before_or_elsewhere_is_not(tmp_path: Path) -> None:
    path = tmp_path / "kmsg"
    path.write_text("3,1,1,-;usb 1-1.2: device descriptor read/64, error -71\n")
    rig: Any = OnUsb()
    rigs = Rigs(lambda name, firmware: rig, log=lambda: KernelLog(path))
    lent, _ = rigs.lend("sil")
    rigs.check_usb(lent)
    with path.open("a") as file:
        file.write("3,2,2,-;usb 1-1.4: device descriptor read/64, error -71\n")
    rigs.check_usb(lent)
    with path.open("a") as file:
        file.write("3,3,3,-;usb 1-1-port2: over-current condition\n")
    with pytest.raises(UsbTroubleError, match=r"1-1.2.*so no result stands.*over-current condition"):
        rigs.check_usb(lent)
    rigs.close()
    assert rig.closed


@pytest.mark.sil
@pytest.mark.usefixtures("micropython")
def test_without_the_kernels_log_a_rig_on_usb_is_not_lent(tmp_path: Path) -> None:
    rigs = Rigs(lambda name, firmware: OnUsb(), log=lambda: KernelLog(tmp_path / "none"))  # type: ignore[arg-type, return-value]
    for again in ("would go unseen", "not tried again in this session"):
        with pytest.raises(HilError, match=again):
            rigs.lend("sil")


@pytest.mark.sil
@pytest.mark.usefixtures("micropython")
def test_a_rig_is_opened_once_restarted_for_each_and_made_anew_after_it_broke() -> None:
    opened: list[str] = []

    def open_it(name: str, firmware: Path | None) -> Any:
        opened.append(name)
        return open_rig(name, firmware)

    rigs = Rigs(open_it)
    starts = [len(rigs.lend("sil")[0].reset_causes()) for _ in range(3)]  # type: ignore[attr-defined]
    assert opened == ["sil"] and starts[1] == starts[0] + 1 and starts[2] == starts[1] + 1
    rigs.drop("sil")
    rigs.lend("sil")
    assert opened == ["sil", "sil"]
    rigs.close()


@pytest.mark.unit
def test_sources_have_a_hash_of_their_own() -> None:
    wanted = under_test("sil")
    assert isinstance(wanted, UnderTest) and wanted.image is None and len(wanted.hash) == 16
