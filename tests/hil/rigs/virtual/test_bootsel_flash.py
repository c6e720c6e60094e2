"""`sapper flash` against boards that run: from the console, through BOOTSEL, to flash that is read back; its faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hil.rigs.firmware import default_uf2
from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.flash import prompt as flash_repl
from sapper_host.flash.board import BoardFlash
from sapper_host.flash.uf2 import read_uf2

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(280)]
# For a board that does what it is asked: a loaded machine is slow. And for what never comes.
PATIENCE = "120"
GIVEN_UP_S = 5.0
AS_IT_COMES = {"INFO_UF2.TXT", "INDEX.HTM"}  # what is on a drive before anything is copied to it


@dataclass
class Rig:
    usb: str
    drive: Path
    process: subprocess.Popen[str]


@contextmanager
def rig(folder: Path, *options: str) -> Iterator[Rig]:
    """A virtual rover of its own, as fast as it goes, with a drive; the run folder is the test's."""
    drive = folder / "RPI-RP2"
    command = [sys.executable, "-m", "sapper_host", "rig", "virtual", "--world", "clean", "--pace", "fast", "--json"]
    process = subprocess.Popen(
        [*command, "--bootsel", str(drive), *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        yield Rig(json.loads(process.stdout.readline())["usb"], drive, process)
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Only the rigs of this file are to be found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAPPER_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def rover(own_cache: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One for the tests that leave a board which runs."""
    with rig(tmp_path_factory.mktemp("rover")) as one:
        yield one


Flash = Callable[..., tuple[int, dict[str, Any], str]]


@pytest.fixture
def flash(capsys: pytest.CaptureFixture[str]) -> Flash:
    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        status = main(["flash", "--json", *map(str, arguments)])
        out, err = capsys.readouterr()
        return status, json.loads(out) if out else {}, err

    return call


@pytest.fixture
def give_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[Rig, str], None]:
    """Of one board, in one phase, what never comes is not waited for as long as what does."""
    looking = BoardFlash._looking
    hopeless: set[tuple[str, str]] = set()

    def soon(self: BoardFlash) -> Iterator[None]:
        if (self.outcome.name, self.outcome.phase) in hopeless:
            self._limit_s = GIVEN_UP_S
        return looking(self)

    monkeypatch.setattr(BoardFlash, "_looking", soon)
    return lambda one, phase: hopeless.add((one.usb, phase))


def version_of(port: str) -> dict[str, str]:
    with Link.open(port) as link:
        return link.identify(100)


def test_a_board_that_runs_is_flashed_and_verified_over_its_own_port(rover: Rig, flash: Flash, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    status, said, err = flash("--port", rover.usb, "--force", "--limit", PATIENCE, "--report", report)
    assert status == Status.OK, (said.get("boards"), err)
    assert json.loads(report.read_text()) == said
    [board] = said["boards"]
    image = read_uf2(default_uf2())
    assert board["verified"] and board["verified_bytes"] == 256 * len(image.pages) == said["file"]["flash_bytes"]
    assert board["after"]["cause"] == "watchdog" and board["after"]["board"] == board["before"]["board"]
    assert set(board["seconds"]) == {"ask", "drive", "copy", "return", "verify"}
    assert not rover.drive.exists()
    assert version_of(rover.usb)["board"] == board["board"]


def test_a_board_that_has_the_firmware_is_not_flashed_anew(rover: Rig, flash: Flash) -> None:
    """It says so of its own flash; the build's mark in the file is the same that the board tells."""
    before = version_of(rover.usb)
    status, said, err = flash("--port", rover.usb)
    assert status == Status.OK, (said.get("boards"), err)
    [board] = said["boards"]
    assert board["verdict"] == "unchanged" and board["verified"] and set(board["seconds"]) == {"ask"}
    assert board["verified_bytes"] == said["file"]["flash_bytes"]
    assert said["file"]["build"] == f"{before['sapper']}+{before['git']}"
    assert version_of(rover.usb) == before


def test_without_a_choice_the_only_board_is_taken_and_found_at_micropythons_prompt(rover: Rig, flash: Flash) -> None:
    with Link.open(rover.usb) as link:
        link.identify(100)
        link.command("repl")
    status, said, err = flash("--force", "--limit", PATIENCE)
    assert status == Status.OK, (said.get("boards"), err)
    [board] = said["boards"]
    assert set(board["before"]) == {"micropython", "board"} and board["after"]["sapper"]
    assert board["name"] == rover.usb and board["before"]["board"] == board["after"]["board"]


def test_a_board_that_was_put_into_bootsel_is_found_by_itself(rover: Rig, flash: Flash) -> None:
    with Link.open(rover.usb) as link:
        link.identify(100)
        link.command("bootloader")
    wait_for_drive(rover)
    status, said, err = flash("--limit", PATIENCE)
    assert status == Status.OK, (said.get("boards"), err)
    assert said["boards"][0]["name"] == str(rover.drive) and "ask" not in said["boards"][0]["seconds"]


def on_the_drive(one: Rig) -> set[str]:
    """Names of what is on it; nothing while there is none, or where it goes just now."""
    try:
        return {path.name for path in one.drive.iterdir()}
    except FileNotFoundError:
        return set()


def wait_for_drive(one: Rig, fresh: bool = False) -> None:
    """fresh: one that nothing was copied to."""
    end = time.monotonic() + 100
    while not (there := on_the_drive(one)) or (fresh and there != AS_IT_COMES):
        assert time.monotonic() < end, "no drive came"
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data[:-700], "cut short"),
        (lambda data: data[:5120] + b"\0" * 512 + data[5632:], "block 10 is damaged"),
        (lambda data: data[:28] + b"\x59\xff\x8b\xe4" + data[32:], "a Pico 2"),
    ],
    ids=["truncated", "corrupt", "wrong chip"],
)
def test_a_file_that_is_no_firmware_for_it_leaves_the_board_alone(
    rover: Rig, flash: Flash, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    before = version_of(rover.usb)
    path = tmp_path / "bad.uf2"
    path.write_bytes(damage(default_uf2().read_bytes()))
    status, said, err = flash("--port", rover.usb, "--uf2", path)
    assert status == Status.BAD_INPUT and said == {} and reason in err and "do: " in err
    assert version_of(rover.usb) == before


def test_a_port_in_use_is_named_with_its_user(rover: Rig, flash: Flash) -> None:
    with Link.open(rover.usb):
        status, said, _ = flash("--port", rover.usb)
    assert status == Status.NO_DEVICE
    [board] = said["boards"]
    assert "in use" in board["error"] and board["state"] == "as it was: nothing was changed"


def test_two_boards_at_once(rover: Rig, flash: Flash, tmp_path: Path) -> None:
    """One runs, the other is blank, as it comes from the box."""
    with rig(tmp_path, "--blank") as blank:
        wait_for_drive(blank)
        status, said, err = flash("--all", "--force", "--limit", PATIENCE)
        assert status == Status.OK, (said.get("boards"), err)
        assert {board["name"] for board in said["boards"]} == {rover.usb, str(blank.drive)}
        assert all(board["verified"] for board in said["boards"])
        assert version_of(blank.usb)["sapper"] == version_of(rover.usb)["sapper"]


def test_a_drive_that_vanishes_a_board_that_never_comes_back_and_a_good_one(
    rover: Rig, flash: Flash, give_up: Callable[[Rig, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All at once: each has its own end, and the good one is none the worse for it."""
    monkeypatch.setattr(flash_repl, "ENTER_LIMIT_S", 1.0)
    folders = [tmp_path / "pulled", tmp_path / "dead"]
    for folder in folders:
        folder.mkdir()
    with (
        rig(folders[0], "--bootsel-fault", "vanish:100000") as pulled,
        rig(folders[1], "--bootsel-fault", "no-return") as dead,
    ):
        for one in (rover, pulled, dead):
            version_of(one.usb)
        for one in (pulled, dead):
            give_up(one, "return")
        status, said, _ = flash("--all", "--force", "--limit", PATIENCE)
        boards = {board["name"]: board for board in said["boards"]}
        assert status == Status.NO_DEVICE and boards[rover.usb]["verified"], boards
        cut = boards[pulled.usb]
        assert cut["verdict"] in ("partly", "unheard") and cut["remedy"] and not cut["verified"]
        assert "not whole" in cut["state"] or "not known" in cut["state"]
        assert "whole file" not in cut["error"] + cut["state"]
        lost = boards[dead.usb]
        assert lost["phase"] == "return" and "not heard of" in lost["error"] and "not heard of" in lost["state"]
        assert not any(one.drive.exists() for one in (rover, pulled, dead))


def test_a_board_that_lost_its_power_on_the_way_is_said_to_wait_and_takes_the_firmware_next_time(
    flash: Flash, give_up: Callable[[Rig, str], None], tmp_path: Path
) -> None:
    with rig(tmp_path, "--bootsel-fault", "cut:100000") as cut:
        version_of(cut.usb)
        give_up(cut, "copy")
        give_up(cut, "return")
        status, said, _ = flash("--port", cut.usb, "--force", "--limit", PATIENCE)
        wait_for_drive(cut, fresh=True)  # cut off and back; a busy machine takes its time over that
        [board] = said["boards"]
        assert status in (Status.NO_DEVICE, Status.SHORTFALL) and not board["verified"]
        assert board["verdict"] in ("partly", "bootsel")
        assert "BOOTSEL" in board["error"] + board["state"] + board["remedy"]
        assert "whole file" not in board["error"] + board["state"]
        status, said, err = flash("--drive", cut.drive, "--limit", PATIENCE)
        assert status == Status.OK, (said.get("boards"), err)
        assert said["boards"][0]["verdict"] == "verified"


def test_ctrl_c_ends_it_with_every_board_accounted_for(rover: Rig, tmp_path: Path) -> None:
    """Sent while the drive programs what it has; the board finishes by itself."""
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "sapper_host", "flash", "--port", rover.usb, "--force", "--report", str(report)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    ) as process:
        wait_for_drive(rover)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    assert process.returncode == Status.INTERRUPTED, (out, err)
    [board] = json.loads(report.read_text())["boards"]
    assert board["error"] == "stopped with Ctrl-C" and board["state"] in out, (board, out, err)
    assert "Traceback" not in err
