"""A board is found by its port, name or number; where none can be used, it is said what is there and why."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
from serial.tools import list_ports as system_ports

from sapper_host import cli
from sapper_host.board.link import Link
from sapper_host.connected import choice, ports, run_registry
from sapper_host.connected.ports import Port
from sapper_host.errors import LinkError, PortForbiddenError, Status
from tests.host.connected.test_ports import usb
from tests.host.fake_board import VERSION_ANSWER, FakeBoard
from tests.host.prompt_board import PromptBoard

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]

OTHER = "e6614c775b000002"


def called(name: str, number: str = "e6614c775b000001") -> str:
    return VERSION_ANSWER.replace("e6614c775b000001", number) + f" name={name}"


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """What the system lists."""
    rows: list[SimpleNamespace] = []
    monkeypatch.setattr(system_ports, "comports", lambda: rows)
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    return rows


def test_a_board_is_meant_by_its_name_its_number_or_its_numbers_beginning(connected: list[SimpleNamespace]) -> None:
    with FakeBoard(version=called("rover-7")) as seven, FakeBoard(version=called("rover-8", OTHER)) as eight:
        connected += [usb(seven.port, "e6614c775b000001"), usb(eight.port, OTHER)]
        for word, board in (("rover-7", seven), ("rover-8", eight), (OTHER, eight), (OTHER.upper(), eight)):
            assert choice.find_port(word) == board.port
        assert choice.find_port(seven.port) == seven.port
        assert choice.find_port("/dev/not-there") == "/dev/not-there", "a port stays a port"
        with pytest.raises(LinkError, match="2 boards are called e6614c") as several:
            choice.find_port("e6614c")
        assert f"rover-7 ({seven.port})" in several.value.message and f"rover-8 ({eight.port})" in several.value.message
        with pytest.raises(LinkError, match="there is no board rover-9") as none:
            choice.find_port("rover-9")
        assert f"rover-8 ({eight.port})" in none.value.remedy


def test_the_environment_names_the_board_where_nothing_else_does(
    connected: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeBoard(version=called("rover-7")) as seven, FakeBoard(version=called("rover-8", OTHER)) as eight:
        connected += [usb(seven.port, "e6614c775b000001"), usb(eight.port, OTHER)]
        monkeypatch.setenv(choice.VARIABLE, "rover-8")
        assert choice.find_port(None) == eight.port
        assert choice.find_port("rover-7") == seven.port


def test_two_boards_of_one_name_are_refused_with_the_list(connected: list[SimpleNamespace]) -> None:
    with FakeBoard(version=called("rover")) as one, FakeBoard(version=called("rover", OTHER)) as two:
        connected += [usb(one.port, "e6614c775b000001"), usb(two.port, OTHER)]
        with pytest.raises(LinkError, match="2 boards are called rover") as caught:
            choice.find_port("rover")
        assert one.port in caught.value.message and two.port in caught.value.message


def test_a_rigs_board_is_known_by_its_number_and_by_its_usb_line(connected: list[SimpleNamespace]) -> None:
    with (
        FakeBoard() as line,
        FakeBoard() as radio,
        run_registry.registered("virtual", {"usb": line.port, "radio": radio.port}, board=OTHER),
    ):
        assert choice.find_port(OTHER) == line.port
        assert not line.heard, "nothing is asked where the number tells"


def test_a_board_that_is_busy_is_said_to_be_and_by_whom(connected: list[SimpleNamespace]) -> None:
    with FakeBoard() as board, Link.open(board.port):
        connected.append(usb(board.port))
        with pytest.raises(LinkError, match="no board can be used: .* is in use by") as caught:
            choice.find_port(None)
        assert "close it there" in caught.value.remedy and caught.value.status == Status.NO_DEVICE


def test_a_board_at_the_prompt_is_said_to_be_there_every_time(connected: list[SimpleNamespace]) -> None:
    with PromptBoard() as board:
        connected.append(usb(board.port))
        for _ in range(3):
            with pytest.raises(LinkError, match="MicroPython's prompt answers") as caught:
                choice.find_port(None)
            assert "sapper reboot" in caught.value.remedy and "Ctrl-D" in caught.value.remedy
            assert board.line == b"", "and is left as a person wants to find it"


def test_a_port_that_may_not_be_opened_says_who_may(
    connected: list[SimpleNamespace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(port: str) -> Link:
        raise PortForbiddenError(f"no permission to open {port}", "join the group that may: `sudo usermod -aG dialout`")

    monkeypatch.setattr(ports.Link, "open", refuse)
    connected.append(usb("/dev/ttyACM7"))
    with pytest.raises(LinkError, match="no board can be used: no permission to open /dev/ttyACM7") as caught:
        choice.find_port(None)
    assert "dialout" in caught.value.remedy


@pytest.mark.parametrize(
    ("vid", "pid", "what"),
    [
        (0x2E8A, 0x000A, "a Pico with another firmware"),
        (0x2E8A, 0x000C, "a debug probe"),
        (0x239A, 0x80F4, "a board of Adafruit"),
        (0x10C4, 0xEA60, "no board by its numbers"),
    ],
)
def test_what_is_no_board_of_ours_is_named(connected: list[SimpleNamespace], vid: int, pid: int, what: str) -> None:
    connected.append(usb("/dev/ttyACM7", vid=vid, pid=pid, manufacturer="Maker", product="Thing"))
    with pytest.raises(LinkError, match=f"no board found: /dev/ttyACM7 is {what}") as caught:
        choice.find_port(None)
    assert caught.value.remedy


def test_a_silent_board_may_run_a_program_of_its_own(connected: list[SimpleNamespace]) -> None:
    with FakeBoard() as board:
        board.mute = True
        connected.append(usb(board.port))
        with pytest.raises(LinkError, match="nothing answers") as caught:
            choice.find_port(None)
        assert f"`sapper reboot --port {board.port}`" in caught.value.remedy


def test_devices_show_names(connected: list[SimpleNamespace], capsys: pytest.CaptureFixture[str]) -> None:
    with FakeBoard(version=called("rover-7")) as board:
        connected.append(usb(board.port, "e6614c775b000001"))
        assert cli.main(["devices"]) == Status.OK
    head, row = capsys.readouterr().out.splitlines()
    assert row[head.index("name") :].startswith("rover-7")


def test_ports_and_numbers_are_completed(connected: list[SimpleNamespace]) -> None:
    connected.append(usb("/dev/ttyACM0", "e6614c775b000001"))
    assert [word for word, _ in choice.complete_port("/dev/")] == ["/dev/ttyACM0"]
    assert choice.complete_port("e66") == [("e6614c775b000001", "/dev/ttyACM0")]


def test_boards_are_asked_at_once() -> None:
    together = threading.Barrier(3, timeout=5)

    def wait(port: Port) -> Port:
        together.wait()
        return port

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "probe", wait)
        assert len(choice.probe_all([Port(str(i), "usb", "board") for i in range(3)])) == 3
