"""Of a board there is one verdict, and it says what is known; a board that has the firmware is left as it is."""

from __future__ import annotations

import errno
import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sapper_host.cli import main
from sapper_host.errors import SapperError, Status
from sapper_host.flash import copy as flash_copy
from sapper_host.flash import uf2
from sapper_host.flash.several_boards import flash_all, table
from sapper_host.flash.targets import Target
from tests.host.flash import test_flash
from tests.host.flash.test_flash import IMPATIENCE, Flash, FlashableBoard, flashable
from tests.host.flash.test_flash_drives import mount_at
from tests.host.flash.test_uf2 import firmware

pytestmark = pytest.mark.unit
alone, board, file, flash = test_flash.alone, test_flash.board, test_flash.file, test_flash.flash
root = test_flash.root
CUT_AT = 100_000


class CutBoard(FlashableBoard):
    """Its cable is pulled when it has had CUT_AT bytes, of a file that lies in the system's cache as a whole."""

    def wait_as_drive(self) -> None:
        self.mute = True
        self.show_drive()
        while not self._leave.wait(0.02):
            content = b"".join(path.read_bytes() for path in self.drive.glob("*.uf2"))
            if len(content) == 301 * uf2.BLOCK_BYTES:
                for at in range(uf2.BLOCK_BYTES, CUT_AT, uf2.BLOCK_BYTES):
                    block = uf2.parse_block(content[at : at + uf2.BLOCK_BYTES])
                    offset = block.address - uf2.FLASH_START
                    self.flash[offset : offset + 256] = block.payload
                return self.hide_drive()


def test_a_drive_that_went_early_while_the_system_had_the_whole_file_is_not_called_copied(
    tmp_path: Path, flash: Flash
) -> None:
    with flashable(tmp_path / "cut", CutBoard):
        status, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and not row["verified"]
    said = f"{row['error']} {row['state']}"
    assert "the whole file" not in said, said
    assert "not known" in row["state"] and "154112 bytes were handed to the system" in row["state"]


def failing_writes(monkeypatch: pytest.MonkeyPatch, error: int, at: int) -> None:
    """The system's writes fail once `at` bytes have gone."""
    sent = 0

    def write(file: int, data: Any) -> int:
        nonlocal sent
        if sent >= at:
            raise OSError(error, os.strerror(error))
        taken = os.write(file, data[: at - sent])
        sent += taken
        return taken

    monkeypatch.setattr(flash_copy, "os", SimpleNamespace(**{**vars(os), "write": write}))


def test_a_drive_that_goes_while_it_is_written_names_the_bytes_it_had(
    board: FlashableBoard, flash: Flash, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_writes(monkeypatch, errno.EIO, CUT_AT)
    status, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and "went away after 66560 of 154112 bytes" in row["error"]
    assert "not whole: 66560 of 154112 bytes" in row["state"] and row["sent"] == 66560 <= CUT_AT


def test_flash_that_differs_is_said_to_differ_by_error_and_verdict_alike(board: FlashableBoard, flash: Flash) -> None:
    board.changed = lambda content: content.__setitem__(70_000, content[70_000] ^ 1)
    _, report, _ = flash()
    [row] = report["boards"]
    assert "differs" in row["error"] and "is not the firmware of the file" in row["state"]
    assert "not confirmed" not in row["state"]


def test_a_board_that_waits_in_bootsel_again_is_said_to(board: FlashableBoard, flash: Flash) -> None:
    gone = board.hide_drive

    def go_and_come() -> None:
        gone()
        time.sleep(0.5)
        board.show_drive()

    board.hide_drive = go_and_come  # type: ignore[method-assign]
    board.comes_back = False
    status, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert status == Status.NO_DEVICE and "BOOTSEL again" in row["error"] and "BOOTSEL again" in row["state"]


def test_a_drive_that_cannot_be_written_leaves_the_old_firmware_and_says_how_to_mount_it(
    board: FlashableBoard, flash: Flash, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(flash_copy, "os", SimpleNamespace(**{**vars(os), "open": refuse}))
    _, report, _ = flash(limit=IMPATIENCE)
    [row] = report["boards"]
    assert "Read-only" in row["error"] and "remount,rw" in row["remedy"] and "old firmware is whole" in row["state"]


def test_how_to_mount_a_drive_can_be_typed_whatever_its_folder_is_called() -> None:
    folder = Path("/media/Ana's rover/RPI RP2")
    remedy = flash_copy._fault(folder, 0, 512, OSError(errno.EROFS, "Read-only file system")).remedy
    assert shlex.split(remedy.split("`")[1])[-1] == str(folder)


def test_a_file_that_lies_in_a_cache_until_it_is_closed_arrives_all_the_same(
    board: FlashableBoard, flash: Flash, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = bytearray()

    def close(file: int) -> None:
        os.write(file, kept)
        os.close(file)

    def write(_: int, data: Any) -> int:
        kept.extend(data)
        return len(data)

    monkeypatch.setattr(flash_copy, "os", SimpleNamespace(**{**vars(os), "write": write, "close": close}))
    status, report, _ = flash()
    assert status == Status.OK, report


def filled(board: FlashableBoard, file: Path) -> bytes:
    data = uf2.read_uf2(file).data
    board.flash[: len(data)] = data
    return data


def test_a_board_that_has_the_firmware_is_left_as_it_is_unless_forced(
    board: FlashableBoard, flash: Flash, file: Path
) -> None:
    filled(board, file)
    status, report, _ = flash()
    [row] = report["boards"]
    assert status == Status.OK and row["verified"] and row["verified_bytes"] == 300 * 256
    assert "already" in row["state"] and "bootloader" not in board.heard
    status, report, _ = flash("--force")
    [row] = report["boards"]
    assert status == Status.OK and row["verified"] and "bootloader" in board.heard and "already" not in row["state"]


def test_one_bit_less_is_not_the_firmware(board: FlashableBoard, flash: Flash, file: Path) -> None:
    board.flash[len(filled(board, file)) - 1] ^= 0x80
    status, _, _ = flash()
    assert status == Status.OK and "bootloader" in board.heard


@pytest.mark.parametrize("state", ["STOPPED", "FAULT"])
def test_a_board_that_may_not_hash_now_is_flashed(board: FlashableBoard, flash: Flash, file: Path, state: str) -> None:
    filled(board, file)
    board.state = state
    status, _, _ = flash()
    assert status == Status.OK and "bootloader" in board.heard


def test_the_table_has_one_verdict_a_board(
    board: FlashableBoard, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(board, file)
    assert main(["flash", "--uf2", str(file)]) == Status.OK
    out, _ = capsys.readouterr()
    assert "unknown build" in out.splitlines()[0]
    assert "verified, had it already" in out and "FAILED" not in out and "the board:" not in out


def test_two_boards_whose_places_nobody_knows_are_refused_before_either_is_touched(file: Path, tmp_path: Path) -> None:
    with FlashableBoard(tmp_path / "a") as one, FlashableBoard(tmp_path / "b") as two:
        with pytest.raises(SapperError, match="cannot be told") as caught:
            flash_all([Target(one.port), Target(two.port)], uf2.read_uf2(file), 2.0)
        assert caught.value.remedy.startswith("flash them one after the other: `sapper flash --port")
        assert one.heard == [] and two.heard == []


def test_of_two_drives_that_came_at_once_none_is_taken_for_the_board(
    root: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FlashableBoard(tmp_path / "one") as board:
        board.show_drive = lambda: [mount_at(root, f"/dev/sd{n}1", tmp_path / n) for n in "xy"]  # type: ignore
        [outcome] = flash_all([Target(board.port)], uf2.read_uf2(file), 20.0, root)
    assert "2 drives came" in outcome.error and "--drive DIR" in outcome.remedy
    assert not any(list((tmp_path / n).glob("*.uf2")) for n in "xy")


def test_what_the_table_says_of_a_failed_board_is_said_once(board: FlashableBoard, flash: Flash, file: Path) -> None:
    board.comes_back = False
    [outcome] = flash_all([Target(board.port, None, board.port)], uf2.read_uf2(file), 1.5)
    text = "\n".join(table([outcome]))
    assert text.count("the board: ") == 1 and "verified" not in text


COPY_FAULTS: dict[str, tuple[str, int, bool, str]] = {
    # name -> (which call, what it fails with, only at the end, what is said; '' when it went well)
    "no space while writing": ("write", errno.ENOSPC, False, "does not take the file, after 66560 of"),
    "no space at the last block": ("fsync", errno.ENOSPC, True, "does not take the file"),
    "gone at the last block": ("fsync", errno.EIO, True, ""),
    "gone before": ("fsync", errno.ENODEV, False, "went away after 1024 of"),
    "no space when it is closed": ("close", errno.ENOSPC, True, "does not take the file"),
    "gone when it is closed": ("close", errno.EIO, True, ""),
    "nothing to wait with": ("fsync", errno.EINVAL, False, ""),
    "nothing is taken": ("write", 0, False, "it takes no more"),
}


@pytest.mark.parametrize("name", COPY_FAULTS)
def test_what_the_system_says_of_a_drive_is_not_lost(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, error, last, said = COPY_FAULTS[name]
    content = bytes(firmware(600))
    total, written = 601 * 512, 0

    def failing(*arguments: Any) -> Any:
        nonlocal written
        if written >= (total if last else 66560):
            if call == "close":
                os.close(arguments[0])
            if not error:
                return 0
            raise OSError(error, os.strerror(error))
        return getattr(os, call)(*arguments)

    def write(file: int, data: Any) -> int:
        nonlocal written
        if call == "write" and written >= 66560:
            return int(failing(file, data))
        taken = os.write(file, data[:1000])  # short ones are the rule
        written += taken
        return taken

    fake = {**vars(os), call: failing, "write": write}
    monkeypatch.setattr(flash_copy, "os", SimpleNamespace(**fake))
    copy: Callable[[], None] = lambda: flash_copy.copy_to_drive(  # noqa: E731
        content,
        tmp_path,
        lambda done, total: None,
        SimpleNamespace(is_set=lambda: False),  # type: ignore[arg-type]
    )
    if said:
        with pytest.raises(SapperError, match=said) as caught:
            copy()
        assert caught.value.remedy and caught.value.status == Status.NO_DEVICE
    else:
        copy()
        assert (tmp_path / "sapper.uf2").read_bytes() == uf2.safe_order(content)
