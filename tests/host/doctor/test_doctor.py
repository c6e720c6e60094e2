"""`sapper doctor` on machines that are not there: each thing that can be wrong is named, with its remedy."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from serial.tools import list_ports as system_ports

from sapper_host.cli import main
from sapper_host.connected.ports import Port, probe
from sapper_host.connected.run_registry import registered
from sapper_host.doctor import checks
from sapper_host.doctor.boards import NOTE, OK, OTHERS, WRONG, Row
from sapper_host.doctor.checks import Machine, examine, status_of
from sapper_host.errors import Status
from tests.host.fake_board import FakeBoard
from tests.host.flash.test_flash_drives import mount_at, plug_in
from tests.host.flash.test_flash_drives import root as root  # noqa: F401 -- a fixture
from tests.host.prompt_board import PromptBoard

pytestmark = pytest.mark.unit
SAPPER = {"sapper": "0.1.0", "git": "abc1234", "board": "e661", "source": "factory"}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(system_ports, "comports", lambda: [])


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Machine:  # noqa: F811
    """One where all is well, and Sapper answers on every port; nothing is plugged in."""

    def ask(port: Port) -> Port:
        return replace(port, what="sapper", version=SAPPER)

    return Machine(root, {"dialout"}, lambda port: True, ask, tmp_path / "cache")


def plug_in_running(machine: Machine, place: str, tty: str = "ttyACM0", product: str = "0005") -> str:
    """A board that runs, with a serial port or ('') without; returns the port."""
    plug_in(machine.root, place, product=product)
    device = machine.root / "sys/devices/usb1" / place
    (device / "product").write_text("Sapper rover\n")
    (device / "serial").write_text("e661\n")
    if tty:
        (device / f"{place}:1.0/tty" / tty).mkdir(parents=True)
        (machine.root / "dev" / tty).touch()
    return str(machine.root / "dev" / tty)


def board(machine: Machine) -> Row:
    """The only row about boards."""
    [row] = [row for row in examine(machine) if row.what.startswith(("board", "rig"))]
    return row


def test_a_board_that_answers_is_told_with_its_version(machine: Machine) -> None:
    port = plug_in_running(machine, "1-2")
    row = board(machine)
    assert (row.what, row.state) == (f"board {port}", OK)
    assert "0.1.0 abc1234, board e661, from factory" in row.found and status_of(examine(machine)) == Status.OK


def test_no_board_names_the_cable_and_the_button(machine: Machine) -> None:
    (machine.root / "dev/ttyUSB0").touch()
    row = board(machine)
    assert row.state == WRONG and row.found == "no board on USB; there are serial adapters: ttyUSB0 (a radio?)"
    assert "only charges" in row.remedy and "BOOTSEL" in row.remedy
    assert status_of(examine(machine)) == Status.NO_DEVICE


def test_a_board_without_a_port_names_the_driver(machine: Machine) -> None:
    plug_in_running(machine, "1-2", tty="")
    row = board(machine)
    assert row.state == WRONG and "without a serial port" in row.found and "modprobe cdc_acm" in row.remedy


def test_no_permission_names_the_rule_and_the_group(machine: Machine) -> None:
    port = plug_in_running(machine, "1-2")
    row = board(replace(machine, may_open=lambda asked: asked != port))
    assert row.state == WRONG and "no permission" in row.found
    assert "--udev-rule" in row.remedy and "usermod -aG dialout" in row.remedy


@pytest.mark.parametrize(("name", "remedy"), [("minicom", "close it there"), ("ModemManager", "--udev-rule")])
def test_a_port_in_use_names_who_has_it(machine: Machine, name: str, remedy: str) -> None:
    port = plug_in_running(machine, "1-2")
    process = machine.root / "proc/4711"
    (process / "fd").mkdir(parents=True)
    (process / "fd/3").symlink_to(port)
    (process / "comm").write_text(name + "\n")
    row = board(machine)
    assert row.state == WRONG and row.found == f"in use by {name} (pid 4711)" and remedy in row.remedy


@pytest.mark.parametrize("product", sorted(OTHERS))
def test_another_device_of_the_same_maker_is_named(machine: Machine, product: str) -> None:
    plug_in_running(machine, "1-2", product=product)
    row = board(machine)
    assert row.state == WRONG and row.found.startswith(OTHERS[product][0]) and row.remedy == OTHERS[product][1]


@pytest.mark.parametrize(
    ("mounted", "disk", "state", "found"),
    [
        (True, "sdb", NOTE, "its drive is mounted"),
        (False, "sdb", NOTE, "its drive is not mounted"),
        (False, "", WRONG, "shows no drive of it"),
    ],
)
def test_a_board_in_bootsel_is_told_with_its_drive(
    machine: Machine, tmp_path: Path, mounted: bool, disk: str, state: str, found: str
) -> None:
    device = plug_in(machine.root, "1-2", disk)
    if mounted:
        mount_at(machine.root, device, tmp_path / "RPI-RP2")
    row = board(machine)
    assert row.state == state and "in BOOTSEL" in row.found and found in row.found and "sapper flash" in row.remedy


def test_a_board_that_is_no_sapper_now(machine: Machine) -> None:
    plug_in_running(machine, "1-2")
    with PromptBoard() as prompt, FakeBoard() as silent:
        silent.mute = True
        for board_there, state, remedy in ((prompt, NOTE, "sapper reboot"), (silent, WRONG, "sapper flash")):
            port = board_there.port
            row = board(replace(machine, ask=lambda asked, port=port: probe(replace(asked, device=port))))
            assert row.state == state and remedy in row.remedy


def test_a_running_rig_is_asked_as_a_board_is(machine: Machine) -> None:
    with FakeBoard() as fake, registered("virtual", {"usb": fake.port}):
        row = board(machine)
    assert (row.what, row.state) == (f"rig {fake.port}", OK)


def permission(machine: Machine) -> Row:
    return next(row for row in examine(machine) if row.what == "permission")


def test_permission_comes_from_a_group_or_a_rule_or_is_missing(machine: Machine) -> None:
    assert permission(machine).state == OK
    stranger = replace(machine, groups={"users"})
    row = permission(stranger)
    assert row.state == NOTE and "--udev-rule" in row.remedy
    rules = machine.root / "etc/udev/rules.d"
    rules.mkdir(parents=True)
    (rules / checks.UDEV_FILE).write_text(checks.UDEV_RULE)
    assert permission(stranger).state == OK and checks.UDEV_FILE in permission(stranger).found


def test_a_cache_that_cannot_be_written_or_is_full(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def cache(machine: Machine) -> Row:
        return next(row for row in examine(machine) if row.what == "cache")

    assert cache(machine).state == OK
    (machine.root / "file").touch()
    row = cache(replace(machine, cache=machine.root / "file" / "cache"))
    assert row.state == WRONG and "SAPPER_CACHE" in row.remedy and row.status == Status.ERROR
    monkeypatch.setattr(checks, "CACHE_LEAST_MB", 10**12)
    assert cache(machine).state == NOTE


def tool(machine: Machine, name: str) -> Row:
    return next(row for row in examine(machine) if row.what == name)


def test_tools_that_are_missing_or_old_are_notes(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tool(machine, "picotool").state == NOTE and tool(machine, "udisksctl").state == NOTE
    for name, text in (("picotool", ""), ("old-node", "v18.1.0"), ("new-node", "v22.1.0")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {text}\n")
        (tmp_path / name).chmod(0o755)
    assert tool(machine, "picotool").found == str(tmp_path / "picotool")
    monkeypatch.setenv("SAPPER_NODE", str(tmp_path / "old-node"))
    assert tool(machine, "Node").state == NOTE and "20 or later" in tool(machine, "Node").found
    monkeypatch.setenv("SAPPER_NODE", str(tmp_path / "new-node"))
    assert tool(machine, "Node").state == OK


def test_a_missing_library_is_wrong(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LIBRARIES", ("rich", "no-such-library"))
    row = tool(machine, "libraries")
    assert row.state == WRONG and "no-such-library" in row.found and "make setup" in row.remedy


def test_the_command_prints_rows_json_and_the_rule(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "Machine", lambda: machine)
    assert main(["doctor"]) == Status.NO_DEVICE
    out = capsys.readouterr().out
    assert "wrong  no board on USB" in out and "do: plug one in" in out
    port = plug_in_running(machine, "1-2")
    assert main(["doctor", "--json"]) == Status.OK
    rows = json.loads(capsys.readouterr().out)
    assert rows[-1]["what"] == f"board {port}" and set(rows[-1]) == {"what", "state", "found", "remedy", "status"}
    assert {(row["state"] == "wrong", row["status"] != Status.OK) for row in rows} == {(False, False)}
    assert main(["doctor", "--udev-rule"]) == Status.OK
    assert capsys.readouterr().out == checks.UDEV_RULE
