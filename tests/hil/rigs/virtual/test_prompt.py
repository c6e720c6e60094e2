"""MicroPython's prompt on the board: what leads there, who recognises it, and that Sapper comes back by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from hil.prove.updates.board import SimulatedBoard
from hil.rigs.firmware import default_uf2
from hil.rigs.virtual import VirtualPico
from sapper.shared.limits import PROMPT_LEFT_MS
from sapper.shared.pins import GPIO
from sapper_host.errors import AtPromptError, LinkError
from sapper_host.update.update import identify

pytestmark = pytest.mark.virtual

MS = 1_000_000
LEFT_NS = PROMPT_LEFT_MS * MS
TOLD = f"Nobody typed for {PROMPT_LEFT_MS // 1000} s: Sapper starts again.".encode()
MOTOR_PINS = ("MOTOR_EN", "MOTOR_LEFT", "MOTOR_RIGHT")
# What stands at the prompt, and the keys that lead there from the friendly one.
STANDS = {
    "friendly": b"",
    "raw, left by an aborted mpremote": b"\r\x01",
    "raw, after a soft reset": b"\r\x01\x04",
    "paste mode": b"\x05x = 1\r",
    "a half-typed line": b"pri",
    "a continued line": b"if True:\r",
    "a program that waits for input": b"input()\r",
}


class Board:
    """A virtual Pico, its USB said and heard. Starts in SAFE."""

    def __init__(self, pico: VirtualPico) -> None:
        self.pico = pico
        self.run(700)
        self.hear()

    def run(self, ms: float) -> None:
        self.pico.run(int(ms * MS))

    def hear(self) -> bytes:
        return b"".join(data for _, data in self.pico.usb.read())

    def say(self, data: bytes, ms: float = 100) -> bytes:
        """What comes within so long."""
        self.pico.usb.write(data)
        self.run(ms)
        return self.hear()

    def to_prompt(self) -> None:
        assert b">>> " in self.say(b"\r\x03", 200)

    def state(self) -> bytes:
        return self.say(b"\nstatus\n", 50)


@pytest.fixture
def board() -> Iterator[Board]:
    with VirtualPico(default_uf2(), seed=11) as pico:
        yield Board(pico)


@pytest.mark.parametrize("stands", STANDS)
def test_a_prompt_that_nobody_types_at_gives_way_to_sapper_which_is_told_before(board: Board, stands: str) -> None:
    board.to_prompt()
    board.say(STANDS[stands], 600)
    watched = [board.pico.pin(GPIO[name]) for name in MOTOR_PINS]
    for pin in watched:
        pin.watch()
    board.run(PROMPT_LEFT_MS - 2000)
    assert TOLD not in board.hear()
    board.run(2000 + 1000)
    told = board.hear()
    assert told.count(TOLD) == 1 and told.index(TOLD) < told.index(b" boot "), told
    assert b"ok state=SAFE" in board.state()
    assert all(level == 0 for pin in watched for _, level in pin.edges())


def test_whoever_types_now_and_then_keeps_the_prompt(board: Board) -> None:
    board.to_prompt()
    for _ in range(3):
        board.run(PROMPT_LEFT_MS * 0.9)
        assert board.say(b"6 * 7\r").count(b"42") == 1


@pytest.mark.parametrize(
    "program",
    [
        f"import time\rtime.sleep({PROMPT_LEFT_MS // 1000 * 2})\r",
        f"import time\rfor _ in range({PROMPT_LEFT_MS // 1000 * 2}): time.sleep(1); print('*', end='')\r\r",
    ],
    ids=["sleeps", "tells"],
)
def test_a_program_that_runs_is_let_be_however_long_it_takes(board: Board, program: str) -> None:
    board.to_prompt()
    board.say(program.encode())
    board.run(PROMPT_LEFT_MS * 1.9)
    assert TOLD not in board.hear()
    assert b">>> " in board.say(b"\x03")


def test_bytes_of_an_update_that_nobody_takes_any_more_leave_the_application_running(board: Board) -> None:
    random.seed(3)
    for _ in range(40):
        data = random.randbytes(120).replace(b"\0", b"\x03")
        heard = board.say(b"S" + data, 60)
        assert b">>>" not in heard and b"Sapper stopped" not in heard, heard
    assert b"ok state=SAFE" in board.state()


def test_a_stopped_board_tells_a_tool_what_to_do_and_keeps_its_reason(board: Board) -> None:
    board.say(b"stop\n")
    heard = board.say(b"\r\x03\r\x01", 300)
    assert b"err prompt: MicroPython's prompt is for SAFE alone" in heard and b">>>" not in heard
    assert b"state=STOPPED reason=operator" in board.state()


STANDS_FOR_HOST = STANDS | {"what an older program has said": b"versionversionversion"}


@pytest.mark.parametrize("stands", sorted(set(STANDS_FOR_HOST) - {"a program that waits for input"}))
def test_every_prompt_is_recognised_every_time_and_left_clean(board: Board, stands: str) -> None:
    board.to_prompt()
    board.say(STANDS_FOR_HOST[stands], 600)
    for _ in range(3):
        with pytest.raises(AtPromptError) as told:
            identify(SimulatedBoard(board.pico), 1.0)
        assert "sapper reboot" in told.value.remedy
    assert board.say(b"6 * 7\r").replace(b"6 * 7\r\n", b"").startswith(b"42\r\n>>> ")
    board.say(b"\x04", 900)
    assert b"ok state=SAFE" in board.state()


def test_a_program_that_runs_at_the_prompt_is_not_interrupted_by_whoever_looks_for_a_board(board: Board) -> None:
    board.to_prompt()
    board.say(b"import time\rtime.sleep(30)\r")
    with pytest.raises(LinkError, match="nothing answers|something answers"):
        identify(SimulatedBoard(board.pico), 1.0)
    assert b">>> " not in board.hear()
    assert b">>> " in board.say(b"\x03")


def test_an_application_that_is_taken_for_a_prompt_takes_no_harm(board: Board) -> None:
    for before in (b"", b"stat", b"status\r"):
        board.say(before)
        SimulatedBoard(board.pico).dialog.look_for_prompt(7)
        heard = board.say(b"\nlog\n", 100)
        assert b"refused" not in heard and b" stop " not in heard and heard.count(b" boot ") == 1, heard
    assert b"ok state=SAFE" in board.state()
