"""Situations of ports, boards and their states."""

from __future__ import annotations

import fcntl
import os

from hil.rigs.firmware import default_uf2
from sapper_host.connected.run_registry import registered
from sapper_host.errors import Status
from tests.host.fake_board import FakeBoard, SerialEnd
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation


@situation("board/serial_stream.py: there is no port {}")
def a_port_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("board/serial_stream.py: there is no port {}", "selftest", "--port", "/dev/ttyNOSUCH")
    _from_the_list(at, remedy)


@situation("board/serial_stream.py: {} is not a serial port")
def a_file_as_port(at: Stage) -> None:
    remedy = at.fails("board/serial_stream.py: {} is not a serial port", "selftest", "--port", "/dev/null")
    _from_the_list(at, remedy)


def _from_the_list(at: Stage, remedy: str) -> None:
    board = at.board()
    with registered("virtual", {"usb": board.port}):
        listed = at.obeys(remedy)
    assert board.port in listed
    at.works("log", "--port", board.port)


@situation("board/serial_stream.py: {} is in use by {}")
def a_port_that_another_has(at: Stage) -> None:
    board = at.board()
    holder = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        remedy = at.fails("board/serial_stream.py: {} is in use by {}", "log", "--port", board.port)
    finally:
        os.close(holder)
    assert remedy == "close it there first"
    at.works("log", "--port", board.port)


@situation("board/link.py: BoardError(line, answer.error_name, answer.text)")
def a_setting_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "board/link.py: BoardError(line, answer.error_name, answer.text)"
    change = ("settings", "set", "sweep_mm_s=250", "--port", board.port)
    at.obeys(at.fails(name, *change), "--port", board.port)
    at.works(*change)


@situation("board/selftest.py: BoardError('selftest', answer.error_name, answer.text)")
def a_self_test_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "board/selftest.py: BoardError('selftest', answer.error_name, answer.text)"
    at.obeys(at.fails(name, "selftest", "--port", board.port), "--port", board.port)
    status, out, _ = at.types("selftest", "--port", board.port)
    assert status in (Status.OK, Status.SHORTFALL) and "checks" in out


@situation("board/radio_key.py: BoardError(f'{command} ...', answer.error_name, answer.text)")
def a_key_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "board/radio_key.py: BoardError(f'{command} ...', answer.error_name, answer.text)"
    at.obeys(at.fails(name, "key", "--replace", "--port", board.port), "--port", board.port)
    at.works("key", "--replace", "--port", board.port)


@situation("operate/console_app.py: BoardError(line, name, reason)")
def a_command_that_its_state_forbids(at: Stage) -> None:
    board = at.board()
    board.say("stop")
    name = "operate/console_app.py: BoardError(line, name, reason)"
    remedy = at.fails(name, "console", "--port", board.port, keyboard="digest 0 256\n")
    at.obeys(remedy, "--port", board.port)
    at.works("console", "--port", board.port, keyboard="version\n")


@situation(
    "provision/provision.py: the board is in {}", "provision/provision.py: {} (at the step '{}'; done before it: {})"
)
def provisioning_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "provision/provision.py: {} (at the step '{}'; done before it: {})"
    work = ("provision", "--name", "rover-7", "--port", board.port, "--record", at.folder / "records")
    remedy = at.fails(name, *work)
    at.obeys(remedy, "--port", board.port)
    _, out, err = at.types(*work)
    assert board.flash.name == "rover-7", err


@situation("flash/targets.py: the rig at {} has no BOOTSEL drive")
def a_rig_without_a_drive(at: Stage) -> None:
    board = at.board()
    name = "flash/targets.py: the rig at {} has no BOOTSEL drive"
    with registered("virtual", {"usb": board.port}):
        assert "--bootsel" in at.fails(name, "flash", "--port", board.port, "--uf2", default_uf2())


@situation("board/greeting.py: nothing answers")
def a_board_that_is_silent(at: Stage) -> None:
    with FakeBoard() as silent:
        silent.mute = True
        remedy = at.fails("board/greeting.py: nothing answers", "log", "--port", silent.port)
    assert "is it the right port" in remedy
    at.works("log", "--port", at.board().port)


class Chatters(SerialEnd):
    """Something else that talks."""

    def _receive(self, data: bytes) -> None:
        self.send(b"$GPGGA,no fix\r\n")


@situation("board/greeting.py: something answers, but not as a Sapper does")
def a_port_of_something_else(at: Stage) -> None:
    with Chatters() as other:
        name = "board/greeting.py: something answers, but not as a Sapper does"
        remedy = at.fails(name, "log", "--port", other.port)
    assert "is it the right port" in remedy
    at.works("log", "--port", at.board().port)
