"""What is connected is found and named for what it is; errors of ports name the remedy."""

from __future__ import annotations

import errno
import fcntl
import time
from types import SimpleNamespace

import pytest
import serial
from serial.tools import list_ports as system_ports

from sapper_host.board.decoder import Frame
from sapper_host.board.link import Happening, Link
from sapper_host.board.serial_stream import open_error
from sapper_host.connected import ports, reconnect, run_registry
from sapper_host.connected.choice import find_port
from sapper_host.connected.ports import Port
from sapper_host.connected.reconnect import SteadyLink
from sapper_host.errors import LinkError, LinkGoneError, Status
from tests.host.board.test_link import wait_for
from tests.host.fake_board import FakeBoard
from tests.host.prompt_board import PromptBoard

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]


def usb(device: str, serial_number: str = "", **values: object) -> SimpleNamespace:
    usual = {"vid": 0x2E8A, "pid": 0x0005, "manufacturer": "Sapper", "product": "Sapper rover", "description": "x"}
    return SimpleNamespace(device=device, serial_number=serial_number, **{**usual, **values})


def test_ports_are_told_apart_by_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        usb("/dev/ttyACM0", "e661"),
        usb("/dev/ttyUSB0", vid=0x0403, pid=0x6001, manufacturer="FTDI", product="FT232R"),
        usb("/dev/ttyS0", vid=None, pid=None, manufacturer=None, product=None, description="n/a"),
    ]
    monkeypatch.setattr(system_ports, "comports", lambda: rows)
    found = [(port.device, port.kind, port.what, port.serial_number) for port in ports.list_ports()]
    assert found == [
        ("/dev/ttyACM0", "usb", "board", "e661"),
        ("/dev/ttyS0", "serial", "other", ""),
        ("/dev/ttyUSB0", "usb", "other", ""),
    ]


def test_only_ports_that_may_be_ours_are_opened(board: FakeBoard) -> None:
    other = ports.probe(Port(board.port, "usb", "other"))
    assert other.what == "other" and board.heard == []
    assert ports.probe(Port(board.port, "usb", "board")).ours


def test_probing_tells_micropython_busy_and_silence() -> None:
    with PromptBoard() as prompt:
        assert ports.probe(Port(prompt.port, "usb", "board")).what == "micropython"
    with FakeBoard() as board:
        with Link.open(board.port):
            assert ports.probe(Port(board.port, "usb", "board")).what == "busy"
        board.mute = True
        assert ports.probe(Port(board.port, "usb", "board")).what == "no answer"


def test_with_two_boards_one_must_be_chosen(board: FakeBoard) -> None:
    with FakeBoard() as other, run_registry.registered("virtual", {"usb": board.port}):
        assert find_port(None) == board.port and find_port("/dev/x") == "/dev/x"
        with (
            run_registry.registered("virtual", {"usb": other.port}),
            pytest.raises(LinkError, match="2 boards") as caught,
        ):
            find_port(None)
        assert "--port" in caught.value.remedy


@pytest.mark.parametrize(
    ("number", "what", "remedy"),
    [
        (errno.ENOENT, "there is no port", "sapper devices"),
        (errno.EACCES, "no permission", "usermod -aG"),
        (errno.EBUSY, "in use", "close it"),
        (errno.EIO, "nothing is behind", "plug the board in"),
        (errno.ENOTTY, "not a serial port", "sapper devices"),
        (errno.EMFILE, "cannot be opened (Too many open files)", "sapper devices"),
    ],
)
def test_each_error_of_opening_has_words_and_a_remedy(number: int, what: str, remedy: str) -> None:
    error = open_error("/dev/ttyACM9", serial.SerialException(number, "could not open port"))
    assert what in error.message and remedy in error.remedy and error.status == Status.NO_DEVICE
    assert isinstance(error, LinkGoneError) == (number == errno.EIO)


def test_a_board_that_comes_back_elsewhere_is_known_by_its_number(
    board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Happening] = []
    found: list[dict[str, str]] = []
    lost: list[str] = []
    other = FakeBoard()
    rows: list[SimpleNamespace] = []
    monkeypatch.setattr(system_ports, "comports", lambda: rows)
    steady = SteadyLink(board.port, heard.append, found.append, lost.append, lambda link: None)
    try:
        board.vanish()
        wait_for(lambda: lost)
        with other:
            rows.append(usb(other.port, "e6614c775b000001"))
            wait_for(lambda: len(found) == 2, 8)
            other.frame(1, t_ms=5)
            wait_for(lambda: any(isinstance(item, Frame) for item in heard))
    finally:
        steady.close()


def test_a_prompt_is_left_alone_until_it_gives_way_or_another_program_had_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "_RETRY_S", 0.05)
    found: list[dict[str, str]] = []
    lost: list[str] = []
    with FakeBoard() as board, PromptBoard() as prompt:
        steady = SteadyLink(board.port, lambda item: None, found.append, lost.append, lambda link: None)
        try:
            steady._port = prompt.port  # as if it stood there
            board.vanish()
            wait_for(lambda: any("sapper reboot" in reason for reason in lost), 10)
            prompt.said = b""
            time.sleep(1.0)
            assert prompt.said == b"", "each byte would keep it there"
            with open(prompt.port, "rb") as other:
                fcntl.flock(other, fcntl.LOCK_EX)  # as another program has it
                wait_for(lambda: "in use" in lost[-1])
            wait_for(lambda: b"version" in prompt.said)
        finally:
            steady.close()
