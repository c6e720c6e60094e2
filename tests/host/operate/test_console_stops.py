"""Whatever happens to disk, screen or terminal while the rover sweeps: the operator's `stop` is on the line at once.

The `sapper` command itself, on a terminal; the board counts what it hears.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sapper.shared.limits import LET_GO_MS, TICK_MS
from sapper_host.operate.drive_keys import HOLD_S, QUIET_S
from tests.host.board.test_link import wait_for
from tests.host.fake_board import FakeBoard
from tests.terminal import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
# Until `stop` has come: a busy machine's own, far from what any of the hindrances takes.
SOON_S = 8.0

# What goes wrong in the console's process, before it is started.
FAULTS = {
    "nothing": "",
    "disk full": "os.fsync = lambda fd: fail(errno.ENOSPC)",
    "disk broken": "os.fsync = lambda fd: fail(errno.EIO)",
    "disk slow": "os.fsync = lambda fd: time.sleep(10)",
    "history full": "prompt_toolkit.history.FileHistory.store_string = lambda *_: fail(errno.ENOSPC)",
    "events not printed": "console_screen.describe = lambda event: fail(errno.EPIPE)",
    "events printed slowly": "console_screen.describe = lambda event: time.sleep(20) or 'x'",
}
_SCREEN_FAULTS = {
    "toolbar": "MonitorState.snapshot = late(MonitorState.snapshot)",
    "prompt": "console_screen.HTML = late(console_screen.HTML)",
    "renderer": "prompt_toolkit.renderer.Renderer.render = late(prompt_toolkit.renderer.Renderer.render)",
}
_PROGRAM = """
import errno, os, sys, time
import prompt_toolkit.history, prompt_toolkit.renderer
import sapper_host.operate.console_screen as console_screen
from sapper_host.operate.monitor_state import MonitorState
from sapper_host.operate import operator
synced = os.fsync
armed = []
follow = operator.Operator._follow
def following(self, state):
    follow(self, state)
    if state == 'SWEEP': armed.append(time.monotonic())
operator.Operator._follow = following
def sweeping(): return armed and time.monotonic() - armed[0] > 1
def fail(number): raise OSError(number, os.strerror(number))
def late(draw):
    def failing(*values, **more):
        if sweeping(): raise RuntimeError('deque mutated during iteration')
        return draw(*values, **more)
    return failing
def begin():
    FAULT
if RECORDED:
    from sapper_host.recordings import recorder
    made = recorder.Recorder.__init__
    def making(self, *values):
        made(self, *values)
        begin()
    recorder.Recorder.__init__ = making
else:
    begin()
from sapper_host.cli import main
sys.exit(main(sys.argv[1:]))
"""


def console(port: str, folder: Path, fault: str = "", record: bool = True) -> Terminal:
    """`sapper console` on a terminal, in which something goes wrong."""
    program = _PROGRAM.replace("FAULT", fault or "pass").replace("RECORDED", str(record))
    environment = os.environ | {"SAPPER_CACHE": str(folder), "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm"}
    command = [sys.executable, "-c", program, "console", "--port", port]
    if record:
        command += ["--record", str(folder / "session.mcap")]
    terminal = Terminal(command, environment)
    terminal.wait_for("lists commands")
    return terminal


@contextmanager
def sweeping(folder: Path, fault: str, record: bool = True) -> Iterator[tuple[FakeBoard, Terminal]]:
    """A board that sweeps, armed from a console on a terminal."""
    with FakeBoard() as board, closing(console(board.port, folder, fault, record)) as terminal:
        for line, said in (("arm", "code=4821"), ("arm 4821", "state=ARMED"), ("sweep 1000", "state=SWEEP")):
            terminal.type(line.encode() + b"\r")
            terminal.wait_for(said)
        assert "stop" not in board.heard and board.state == "SWEEP"
        yield board, terminal


def heard_stop_in(board: FakeBoard) -> float:
    """Seconds until the board hears `stop`."""
    begin = time.monotonic()
    wait_for(lambda: "stop" in board.heard, SOON_S)
    return time.monotonic() - begin


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("fault", FAULTS)
def test_ctrl_c_at_any_moment_is_a_stop_whatever_goes_wrong_beside(fault: str, seed: int, tmp_path: Path) -> None:
    with sweeping(tmp_path, FAULTS[fault]) as (board, terminal):
        board.event("mark", 100, 1)
        time.sleep(random.Random(f"{fault}{seed}").random() * 1.5)
        terminal.type(b"\x03")
        heard_stop_in(board)
        assert terminal.process.poll() is None, "the session goes on"
        if fault.startswith("disk") and fault != "disk slow":
            terminal.wait_for("NOT RECORDED")
        terminal.type(b"status\r")
        wait_for(lambda: board.heard.count("status") == 2, 30)
        assert "Press ENTER" not in terminal.said


@pytest.mark.parametrize("fault", _SCREEN_FAULTS)
def test_an_error_of_the_screen_stops_an_armed_rover_first(fault: str, tmp_path: Path) -> None:
    with sweeping(tmp_path, _SCREEN_FAULTS[fault], record=False) as (board, terminal):
        end = time.monotonic() + SOON_S + 2
        while "stop" not in board.heard:
            assert time.monotonic() < end, terminal.said[-1500:]
            terminal._hear(0.1)
        terminal.type(b"\r\r")
        assert terminal.status() == 1
        assert "Press ENTER" not in terminal.said and "the screen failed" in terminal.said


def test_ctrl_c_is_a_stop_while_the_terminal_shows_nothing_any_more(tmp_path: Path) -> None:
    """Its other end does not read: whatever draws there stands still."""
    with sweeping(tmp_path, "") as (board, terminal):
        for number in range(3000):
            board.send(b"a line of the board's that is shown as it is %d\r\n" % number)
        time.sleep(1.0)
        terminal.type(b"\x03")
        heard_stop_in(board)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_is_a_stop_first(ending: signal.Signals, tmp_path: Path) -> None:
    with sweeping(tmp_path, "") as (board, terminal):
        terminal.process.send_signal(ending)
        heard_stop_in(board)
        if ending != signal.SIGINT:
            assert terminal.status() == 128 + ending


def test_a_terminal_that_is_closed_is_a_stop(tmp_path: Path) -> None:
    with sweeping(tmp_path, "") as (board, terminal):
        os.close(terminal._master)
        terminal._master = os.open(os.devnull, os.O_RDWR)
        heard_stop_in(board)


def test_leaving_is_a_stop_and_ctrl_d_as_well(tmp_path: Path) -> None:
    for leave in (b"exit\r", b"\x04"):
        (tmp_path / "session.mcap").unlink(missing_ok=True)
        with sweeping(tmp_path, "") as (board, terminal):
            terminal.type(leave)
            heard_stop_in(board)
            assert terminal.status() == 0


def test_the_terminal_gets_its_keyboard_back_however_the_console_ends(tmp_path: Path) -> None:
    for ending in (b"\x04", signal.SIGTERM):
        with sweeping(tmp_path, "", record=False) as (_, terminal):
            terminal.type(b"\x1bOQ")
            terminal.wait_for("\x1b[?u")
            terminal.type(b"\x1b[?0u")
            terminal.wait_for("\x1b[>11u")
            terminal.type(b"\x1b[?11u")
            terminal.wait_for("tells when a key is let go")
            assert "\x1b[<u" not in terminal.said
            if isinstance(ending, bytes):
                terminal.type(ending + ending)
            else:
                terminal.process.send_signal(ending)
            terminal.status()
            assert terminal.said.count("\x1b[>11u") == terminal.said.count("\x1b[<u") == 1
            assert "\x1b[?1004l" in terminal.said and terminal.settings == terminal.before


def test_a_suspended_console_stops_first_and_gives_the_keyboard_back_meanwhile(tmp_path: Path) -> None:
    with sweeping(tmp_path, "", record=False) as (board, terminal):
        terminal.type(b"\x1bOQ")
        terminal.wait_for("\x1b[?u")
        terminal.type(b"\x1b[?0u")
        terminal.wait_for("\x1b[>11u")
        terminal.process.send_signal(signal.SIGTSTP)
        heard_stop_in(board)
        terminal.wait_for("\x1b[<u")
        state = Path(f"/proc/{terminal.process.pid}/stat")
        wait_for(lambda: state.read_text().rpartition(")")[2].split()[0] == "T", 30)
        assert terminal.settings == terminal.before
        terminal.process.send_signal(signal.SIGCONT)
        # What is typed before it has gone on is still for the drive mode, and lost: so it is typed again.
        terminal.wait_for("ok state=STOPPED reason", typing=b"status\r")
        terminal.type(b"\x04")
        assert terminal.status() == 0


def test_a_pipe_that_nobody_reads_any_more_is_a_stop(tmp_path: Path) -> None:
    environment = os.environ | {"SAPPER_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    with FakeBoard() as board:
        command = [sys.executable, "-m", "sapper_host", "console", "--port", board.port]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write(b"arm\narm 4821\nsweep 1000\n")
            process.stdin.flush()
            wait_for(lambda: board.state == "SWEEP", 60)
            process.stdout.close()
            process.stdin.write(b"status\n")
            process.stdin.flush()
            wait_for(lambda: "stop" in board.heard, SOON_S)
            process.stdin.close()


def test_a_tap_of_an_arrow_key_on_a_terminal_is_a_stand_soon_after(tmp_path: Path) -> None:
    """From the byte in the terminal to the line at the board, in wall time; the best of some: a machine may be busy."""
    took_s: list[float] = []
    with FakeBoard() as board, closing(console(board.port, tmp_path, record=False)) as terminal:
        terminal.type(b"\x1bOQ")
        terminal.wait_for("pauses")
        assert "a held key nudges, pauses" in " ".join(terminal.said.split())
        for _ in range(30):
            time.sleep(QUIET_S + 0.1)
            stands = board.heard.count("drive 0 0")
            begin = time.monotonic()
            terminal.type(b"\x1b[A")
            # On a machine that stood still the tap is not taken for one of now: nothing moves, and it is tapped again.
            while board.heard.count("drive 0 0") == stands and time.monotonic() < begin + 1:
                time.sleep(0.001)
            if board.heard.count("drive 0 0") > stands:
                took_s.append(time.monotonic() - begin)
            if len(took_s) == 5:
                break
        moved = [line for line in board.heard if line.startswith("drive") and line != "drive 0 0"]
        assert len(moved) >= len(took_s) > 0
    print([f"{1000 * each:.0f} ms" for each in took_s])
    assert HOLD_S - 0.01 < min(took_s) < (LET_GO_MS - 2 * TICK_MS) / 1000
