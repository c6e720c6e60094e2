"""`sapper stop` and `sapper reboot` against the real firmware on a rig, and what stands in their way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from serial.tools import list_ports as system_ports

from sapper_host.board.link import Link
from sapper_host.cli import main
from sapper_host.connected.choice import VARIABLE
from sapper_host.connected.run_registry import registered
from sapper_host.errors import AtPromptError, LinkError, Status
from tests.host.fake_board import FakeBoard
from tests.host.prompt_board import PromptBoard
from tests.host.rig_board import RigBoard

pytestmark = pytest.mark.usefixtures("own_cache", "nothing_else")
READY_S = 60.0
QUIET_S = 0.5  # a Ctrl-C is not meant right behind something else


@pytest.fixture
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_ports, "comports", lambda: [])
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def rover() -> Iterator[RigBoard]:
    with RigBoard("virtual") as made:
        ready(made)
        yield made


def ready(rover: RigBoard) -> None:
    """Sapper answers, in SAFE."""
    until = time.monotonic() + READY_S
    while True:
        try:
            with Link.open(rover.port) as link:
                link.identify(10)
                link.command("disarm", 10)
                time.sleep(QUIET_S)
                return
        except LinkError:
            if time.monotonic() > until:
                raise


def report(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


@pytest.mark.virtual
@pytest.mark.parametrize("line", ["usb", "radio"])
def test_stop_is_confirmed_by_the_board_on_usb_and_by_radio_without_a_key(
    rover: RigBoard, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(rover)
    port = rover.port if line == "usb" else rover.radio
    assert main(["stop", "--port", port, "--json"]) == Status.OK
    outcome = report(capsys)[0]
    assert outcome["confirmed"] and outcome["state"] == "STOPPED" and outcome["error"] == ""


@pytest.mark.virtual
@pytest.mark.parametrize(
    ("keys", "was"),
    [
        (b"", "sapper"),
        (b"\r\x03", "prompt"),
        (b"\r\x03|\r\x01|print(", "prompt"),
        (b"\r\x03|\x05x = 1\r", "prompt"),
        (b"\r\x03|while True: pass\r\r", "program"),
    ],
    ids=["sapper", "friendly prompt", "raw prompt", "paste mode", "a program"],
)
def test_reboot_brings_sapper_back_whatever_runs_there(
    rover: RigBoard, keys: bytes, was: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(rover)
    for part in keys.split(b"|"):
        rover.on_rig(lambda rig, part=part: rig.usb.write(part))
        time.sleep(1.0)
    assert main(["reboot", "--port", rover.port, "--json"]) == Status.OK, capsys.readouterr()
    outcome = report(capsys)[0]
    assert outcome["was"] == was and outcome["version"]["cause"] == "watchdog"


@pytest.mark.virtual
def test_a_board_at_the_prompt_is_told_of_by_every_verb_and_time_after_time(
    rover: RigBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    ready(rover)
    rover.on_rig(lambda rig: rig.usb.write(b"\r\x03"))
    time.sleep(1.0)
    with registered("virtual", {"usb": rover.port}):
        for verb in (["selftest"], ["log"], ["settings", "dump"], ["monitor"], ["update", "--factory"]) * 2:
            assert main(verb) == Status.NO_DEVICE
            said = capsys.readouterr().err
            assert "MicroPython's prompt answers" in said and "sapper reboot" in said, (verb, said)
        assert main(["stop"]) == Status.NO_DEVICE
        assert "left its motors off" in capsys.readouterr().err
        assert main(["reboot"]) == Status.OK, capsys.readouterr()


@pytest.mark.unit
def test_stop_without_a_port_stops_every_board_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        FakeBoard() as one,
        FakeBoard() as two,
        registered("virtual", {"usb": one.port}, board="aa"),
        registered("virtual", {"usb": two.port}, board="bb"),
    ):
        assert main(["stop", "--json"]) == Status.OK
        assert [outcome["port"] for outcome in report(capsys)] == [one.port, two.port]
        assert one.heard[0] == two.heard[0] == "stop", "said before anything is asked"


@pytest.mark.unit
def test_stop_goes_by_radio_where_usb_is_busy(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        FakeBoard() as usb,
        FakeBoard() as radio,
        registered("virtual", {"usb": usb.port, "radio": radio.port}, board="aa"),
        Link.open(usb.port),
    ):
        assert main(["stop", "--json"]) == Status.OK
        assert report(capsys)[0]["port"] == radio.port and radio.heard[0] == "stop"


@pytest.mark.unit
def test_a_stop_that_nobody_confirms_is_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    with FakeBoard() as board:
        board.mute = True
        assert main(["stop", "--port", board.port]) == Status.NO_DEVICE
        told = capsys.readouterr().err
        assert "NOT CONFIRMED" in told and "emergency-stop loop" in told
        assert board.heard[0] == "stop"


@pytest.mark.unit
def test_with_no_board_stop_and_reboot_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("stop", "reboot"):
        assert main([verb]) == Status.NO_DEVICE
        assert "no board found" in capsys.readouterr().err


@pytest.mark.unit
def test_reboot_of_one_of_two_has_to_be_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        FakeBoard() as one,
        FakeBoard() as two,
        registered("virtual", {"usb": one.port}, board="aa"),
        registered("virtual", {"usb": two.port}, board="bb"),
    ):
        assert main(["reboot"]) == Status.NO_DEVICE
        assert "--all" in capsys.readouterr().err and not one.heard and not two.heard


@pytest.mark.unit
def test_a_prompt_of_another_firmware_is_sent_to_flash() -> None:
    with PromptBoard(b"MicroPython v1.26.0 on 2025-08-09; Raspberry Pi Pico with RP2040\r\n>>> ") as board:
        with Link.open(board.port) as link, pytest.raises(AtPromptError) as caught:
            link.identify(0.3)
        assert "sapper flash" in caught.value.remedy
