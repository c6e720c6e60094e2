"""`sapper flash` whole, on boards that are threads: what each kind of board and each mishap comes to."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from serial.tools import list_ports as system_ports

from sapper_host.cli import main
from sapper_host.connected.run_registry import registered
from sapper_host.errors import Status
from sapper_host.files.checkout import DOCS, ROOT
from sapper_host.flash import board as flash_board
from sapper_host.flash import prompt as flash_repl
from sapper_host.flash import uf2
from sapper_host.flash.outcome import VERDICTS, Outcome
from sapper_host.flash.several_boards import flash_all, status_of, table
from sapper_host.flash.targets import Target, choose
from sapper_host.flash.verify import PIECE_BYTES, pieces
from tests.host.fake_board import VERSION_ANSWER, FakeBoard
from tests.host.flash.test_flash_drives import INFO, plug_in, program
from tests.host.flash.test_flash_drives import root as root  # noqa: F401 -- a fixture
from tests.host.flash.test_uf2 import ADDRESS_AT, firmware, with_word

pytestmark = pytest.mark.unit
# A board that does its part does it in a moment; a busy machine may take longer.
PATIENCE = "60"
IMPATIENCE = "1.5"


class FlashableBoard(FakeBoard):
    """A FakeBoard with flash and a drive: takes a whole UF2 from it, and has `changed` done to it on the way."""

    def __init__(self, drive: Path, version: str = VERSION_ANSWER) -> None:
        super().__init__(version)
        self.drive = drive
        self.flash = bytearray(b"\xff" * uf2.FLASH_BYTES)
        self.changed: Callable[[bytearray], object] = lambda flash: None
        self.comes_back = True
        self.version_after = version
        self.digest_known = True
        self.boot_rom: threading.Thread | None = None

    def _bootloader(self, words: list[str]) -> str:
        if self.state not in ("SAFE", "STOPPED", "FAULT"):
            return "err state: bootloader is not for " + self.state
        self.boot_rom = threading.Thread(target=self.wait_as_drive, daemon=True)
        self.boot_rom.start()
        return "ok into BOOTSEL"

    def wait_as_drive(self) -> None:
        self.mute = True
        self.show_drive()
        while True:
            if self._leave.wait(0.02):
                return
            content = b"".join(path.read_bytes() for path in self.drive.glob("*.uf2"))
            blocks = {}
            for at in range(0, len(content) - 511, 512):
                try:
                    block = uf2.parse_block(content[at : at + 512])
                except uf2.BlockFault:
                    continue
                blocks[block.number] = block
            if blocks and len(blocks) == next(iter(blocks.values())).count:
                break
        for block in blocks.values():
            offset = block.address - uf2.FLASH_START
            self.flash[offset : offset + 256] = block.payload
        self.changed(self.flash)
        self.hide_drive()
        self.version = self.version_after
        self.mute = not self.comes_back

    def show_drive(self) -> None:
        self.drive.mkdir()
        (self.drive / "INFO_UF2.TXT").write_text(INFO)

    def hide_drive(self) -> None:
        shutil.rmtree(self.drive)

    def _digest(self, words: list[str]) -> str:
        if not self.digest_known:
            return "err unknown: no command 'digest'; `help` lists them"
        if self.state != "SAFE":
            return "err state: digest is not for " + self.state
        offset, length = map(int, words)
        return "ok sha256=" + hashlib.sha256(self.flash[offset : offset + length]).hexdigest()


class PluggedInBoard(FlashableBoard):
    """One that USB shows: at port 1-2, its drive as a disk, mounted by nobody."""

    def __init__(self, root: Path, drive: Path) -> None:
        super().__init__(drive)
        self.root = root
        self.disk = "sdb"

    def show_drive(self) -> None:
        super().show_drive()
        plug_in(self.root, "1-2", self.disk)

    def hide_drive(self) -> None:
        super().hide_drive()
        (self.root / "sys/bus/usb/devices/1-2/idProduct").write_text("0005\n")

    def listed(self) -> SimpleNamespace:
        """As pyserial lists its port."""
        return SimpleNamespace(
            device=self.port, vid=0x2E8A, pid=0x0005, manufacturer="Sapper", product="rover", description="x",
            serial_number="e6614c775b000001", location="1-2:1.0",
        )  # fmt: skip


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No boards and no rigs but the test's."""
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(system_ports, "comports", lambda: [])
    monkeypatch.setattr(flash_repl, "ENTER_LIMIT_S", 0.5)  # none of them has MicroPython's prompt


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "new.uf2"
    path.write_bytes(firmware(300))
    return path


@contextmanager
def flashable(folder: Path, kind: type[FlashableBoard] = FlashableBoard, **options: Any) -> Iterator[FlashableBoard]:
    """A board and its drive, found as a rig's are."""
    folder.mkdir(exist_ok=True)
    board = kind(folder / "RPI-RP2", **options)
    with board, registered("virtual", {"usb": board.port}, bootsel=str(board.drive)):
        yield board


@pytest.fixture
def board(tmp_path: Path) -> Iterator[FlashableBoard]:
    with flashable(tmp_path / "one") as made:
        yield made


@pytest.fixture
def flash(file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, dict[str, Any], str]]:
    def call(*arguments: object, limit: str = PATIENCE) -> tuple[int, dict[str, Any], str]:
        status = main(["flash", "--json", "--uf2", str(file), "--limit", limit, *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else {}, err

    return call


Flash = Callable[..., tuple[int, dict[str, Any], str]]


def test_a_board_goes_the_whole_way(board: FlashableBoard, flash: Flash, file: Path) -> None:
    status, report, err = flash()
    assert status == Status.OK, (report, err)
    [row] = report["boards"]
    assert row["verified"] and row["verified_bytes"] == 300 * 256 and row["board"] == "e6614c775b000001"
    assert report["file"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert board.flash[: 300 * 256] == uf2.read_uf2(file).data


def test_flash_that_differs_by_a_bit_is_found_and_named(board: FlashableBoard, flash: Flash) -> None:
    def flip(flash: bytearray) -> None:
        flash[70_000] ^= 1

    board.changed = flip
    status, report, _ = flash()
    [row] = report["boards"]
    assert status == Status.SHORTFALL and row["phase"] == "verify" and not row["verified"]
    assert "between 0x10010000 and 0x10012bff" in row["error"] and "again" in row["remedy"]


def test_a_cable_pulled_while_verifying_leaves_it_unconfirmed(board: FlashableBoard, flash: Flash) -> None:
    def pull(words: list[str]) -> str:
        threading.Thread(target=board.vanish, daemon=True).start()
        return "  never mind"

    board._digest = pull  # type: ignore[method-assign]
    status, report, _ = flash("--force")
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and (row["phase"], row["state"]) == ("verify", VERDICTS["unread"])
    assert "went away" in row["error"] and row["remedy"]


def test_another_board_on_the_same_port_is_noticed(board: FlashableBoard, flash: Flash) -> None:
    board.version_after = VERSION_ANSWER.replace("board=e66", "board=fff")
    status, report, _ = flash()
    assert status == Status.ERROR and "another board came back" in report["boards"][0]["error"]


def test_an_armed_board_refuses_and_stays_as_it_was(board: FlashableBoard, flash: Flash) -> None:
    board.state = "ARMED"
    status, report, _ = flash()
    [row] = report["boards"]
    assert status == Status.REFUSED and "bootloader is not for ARMED" in row["error"]
    assert row["state"] == VERDICTS["untouched"] and not board.drive.exists()


def test_a_board_that_comes_up_in_fault_is_disarmed_to_be_verified(board: FlashableBoard, flash: Flash) -> None:
    board.state = "FAULT"
    status, report, err = flash()
    assert status == Status.OK, (report, err)
    assert "disarm" in board.heard


def test_a_board_that_is_not_heard_of_again(board: FlashableBoard, flash: Flash) -> None:
    board.comes_back = False
    status, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and row["phase"] == "return" and row["verdict"] == "unheard"
    assert "plug it in again" in row["remedy"] and "BOOTSEL" in row["remedy"]


def test_a_drive_that_never_comes_names_the_button(board: FlashableBoard, flash: Flash) -> None:
    board.wait_as_drive = lambda: None  # type: ignore[method-assign]
    status, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and "hold its BOOTSEL button" in row["remedy"]
    assert row["state"] == VERDICTS["waiting"]


def test_something_else_on_the_port_is_not_touched_further(tmp_path: Path, flash: Flash) -> None:
    with FakeBoard(version="$GPGGA,123519,4807.038,N") as gps:
        status, report, _ = flash("--port", gps.port)
    assert status == Status.NO_DEVICE
    assert "neither Sapper nor MicroPython" in report["boards"][0]["error"]
    assert report["boards"][0]["state"] == VERDICTS["untouched"]


def test_two_at_once_with_one_bad_gives_both_their_due(tmp_path: Path, flash: Flash) -> None:
    other = VERSION_ANSWER.replace("000001", "000002")
    with flashable(tmp_path / "a") as good, flashable(tmp_path / "b", version=other) as bad:
        bad.changed = lambda flash: flash.__setitem__(0, 0x55)
        status, report, _ = flash("--all", "--report", tmp_path / "r.json")
        rows = {row["name"]: row for row in report["boards"]}
        assert rows[good.port]["verified"] and not rows[bad.port]["verified"] and status == Status.SHORTFALL
        assert json.loads((tmp_path / "r.json").read_text()) == report


def test_of_two_boards_one_must_be_chosen_and_none_is_no_device(tmp_path: Path, flash: Flash) -> None:
    status, _, err = flash()
    assert status == Status.NO_DEVICE and "no board found" in err and "sapper doctor" in err
    with flashable(tmp_path / "a") as first, flashable(tmp_path / "b"):
        status, _, err = flash()
        assert status == Status.NO_DEVICE and "there are 2 boards" in err and "--all" in err
        assert flash("--port", first.port)[0] == Status.OK


def test_a_board_that_waits_is_taken_by_its_drive_and_counted_once(board: FlashableBoard, flash: Flash) -> None:
    threading.Thread(target=board.wait_as_drive, daemon=True).start()
    end = time.monotonic() + 30
    while not (board.drive / "INFO_UF2.TXT").exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    status, report, err = flash("--drive", board.drive)
    assert status == Status.OK, (report, err)
    assert [row["name"] for row in report["boards"]] == [str(board.drive)]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--all", "--port", "/dev/x"), Status.USAGE, "--all means every board"),
        (("--port", "/dev/nothing"), Status.NO_DEVICE, "there is no port"),
        (("--drive", "/"), Status.NO_DEVICE, "no board in BOOTSEL"),
        (("--uf2", "/nonexistent.uf2"), Status.BAD_INPUT, "is not there"),
        (("--report", "/dev/null/r.json"), Status.ERROR, "/dev/null is no folder"),
    ],
)
def test_a_command_that_cannot_be_says_why(flash: Flash, arguments: tuple[str, ...], status: int, said: str) -> None:
    found, report, err = flash(*arguments)
    assert found == status and said in err + json.dumps(report)


def test_a_rig_without_a_drive_says_how_to_start_it(flash: Flash) -> None:
    with FakeBoard() as made, registered("virtual", {"usb": made.port}):
        status, _, err = flash()
    assert status == Status.USAGE and "--bootsel" in err


def test_a_real_boards_place_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    row = SimpleNamespace(
        device="/dev/ttyACM3", vid=0x2E8A, pid=0x0005, manufacturer="Sapper", product="rover", description="x",
        serial_number="e661", location="1-4.2:1.0",
    )  # fmt: skip
    monkeypatch.setattr(system_ports, "comports", lambda: [row])
    assert choose("/dev/ttyACM3", [], False) == [Target("/dev/ttyACM3", None, "1-4.2", "e661")]


@pytest.fixture
def plugged_in(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PluggedInBoard]:  # noqa: F811
    """A real board, as far as /sys, /dev, /proc and pyserial tell; the other board is somebody else's."""
    with PluggedInBoard(root, tmp_path / "RPI-RP2") as board:
        other = SimpleNamespace(
            **{**vars(board.listed()), "device": "/dev/other", "location": "1-9", "serial_number": ""}
        )
        monkeypatch.setattr(system_ports, "comports", lambda: [other] if board.mute else [other, board.listed()])
        monkeypatch.setattr(flash_board, "_MOUNT_GRACE_S", 0.1)
        monkeypatch.setattr(flash_board, "_PICOTOOL_GRACE_S", 0.1)
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
        yield board


def flash_it(board: PluggedInBoard, file: Path, limit_s: float = 60.0) -> Outcome:
    target = Target(board.port, None, "1-2", "e6614c775b000001")
    [outcome] = flash_all([target], uf2.read_uf2(file), limit_s, board.root)
    return outcome


def test_a_board_on_usb_is_followed_by_its_place_and_its_drive_mounted(
    plugged_in: PluggedInBoard, file: Path, tmp_path: Path
) -> None:
    said = program(tmp_path, "udisksctl", f"echo Mounted at {plugged_in.drive}")
    plug_in(plugged_in.root, "1-7", "sdd")  # somebody else's, in BOOTSEL all the time
    outcome = flash_it(plugged_in, file)
    assert outcome.verified, outcome
    assert said.read_text() == f"mount --no-user-interaction --block-device {plugged_in.root}/dev/sdb1\n"


def test_a_drive_that_nobody_mounts_leaves_the_board_whole_and_says_how(
    plugged_in: PluggedInBoard, file: Path, tmp_path: Path
) -> None:
    program(tmp_path, "udisksctl", "echo Not authorized >&2; exit 1")
    outcome = flash_it(plugged_in, file)
    assert outcome.phase == "drive" and "sudo mount" in outcome.remedy.replace("mkdir -p /mnt/pico && ", "")
    assert outcome.state == VERDICTS["waiting"] and outcome.status == Status.NO_DEVICE


def test_without_a_drive_picotool_does_it(plugged_in: PluggedInBoard, file: Path, tmp_path: Path) -> None:
    plugged_in.disk = ""
    said = program(tmp_path, "picotool", f"cp {file} {plugged_in.drive}")
    outcome = flash_it(plugged_in, file)
    assert outcome.verified, outcome
    assert said.read_text() == f"load -v -x {file} -t uf2 --bus 1 --address 2\n"


def test_without_a_drive_and_without_picotool_it_is_said(
    plugged_in: PluggedInBoard, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugged_in.disk = ""
    monkeypatch.setattr(flash_board, "find_picotool", lambda: None)
    outcome = flash_it(plugged_in, file)
    assert outcome.phase == "drive" and "install picotool" in outcome.remedy


def test_pieces_cover_every_page_once_and_stop_at_gaps(tmp_path: Path) -> None:
    path = tmp_path / "gap.uf2"
    content = firmware(600)
    for number in range(592, 600):
        content = with_word(uf2.FLASH_START + 0x80000 + 256 * (number - 592), ADDRESS_AT, number)(content)
    path.write_bytes(content)
    image = uf2.read_uf2(path)
    found = pieces(image)
    assert found == [(0, PIECE_BYTES), (PIECE_BYTES, PIECE_BYTES), (2 * PIECE_BYTES, 80 * 256), (0x80000, 8 * 256)]
    assert sum(length for _, length in found) == 256 * len(image.pages)


def test_the_status_for_several_boards() -> None:
    def ended(status: Status) -> Outcome:
        return Outcome("x", verdict="verified" if status == Status.OK else "untouched", status=status)

    def of(*statuses: Status) -> Status:
        return status_of([ended(status) for status in statuses])

    assert of(Status.OK, Status.OK) == Status.OK
    assert of(Status.OK, Status.REFUSED) == of(Status.REFUSED, Status.REFUSED) == Status.REFUSED
    assert of(Status.REFUSED, Status.NO_DEVICE) == Status.ERROR
    assert of(Status.REFUSED, Status.INTERRUPTED) == Status.INTERRUPTED


def test_the_table_says_what_went_wrong_what_to_do_and_how_the_board_is_left() -> None:
    bad = Outcome("/dev/ttyACM0", phase="ask", error="busy", remedy="close it", status=4)
    good = Outcome(
        "/dev/ttyACM1",
        board="e661",
        phase="done",
        verdict="verified",
        after={"sapper": "1", "git": "abc", "source": "a"},
    )
    text = "\n".join(table([bad, good]))
    assert "FAILED while asking" in text and "do: close it" in text and "the board: as it was" in text
    assert "verified " in text and "sapper 1 abc a" in text and "note: the file is the factory image" in text


def test_the_technicians_page_quotes_messages_that_there_are() -> None:
    page = (DOCS / "technician.md").read_text()
    part = page.split("| it says | it means |")[1].split("##")[0]
    quotes = [quote for row in part.splitlines() for quote in re.findall(r"`(.*?)`", row.partition(" | ")[0])]
    sources = "".join(path.read_text() for path in (ROOT / "host" / "sapper_host").rglob("*.py"))
    pieces = [piece for quote in quotes for piece in re.split(r"\(pid N\)|\b[A-Z]+\b|[()]", quote) if len(piece) > 6]
    assert len(quotes) >= 10 and len(pieces) >= 10
    assert [piece for piece in pieces if piece.strip() not in sources] == []
