"""What a virtual rover shows a person: pseudo-terminals that programs open and leave, keys, switches."""

import os
import pty
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hil.serve.panel import HELP, KEYS, Keyboard, Panel
from hil.serve.terminal_line import TerminalLine

pytestmark = pytest.mark.unit


@pytest.fixture
def line() -> Iterator[TerminalLine]:
    with closing(TerminalLine()) as one:
        yield one


def open_end(line: TerminalLine) -> int:
    return os.open(line.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def test_bytes_pass_both_ways_unchanged(line: TerminalLine) -> None:
    every = bytes(range(256))
    end = open_end(line)
    try:
        line.give(every)
        assert os.read(end, 1000) == every
        os.write(end, every)
        assert line.take() == every
        assert line.take() == b""
    finally:
        os.close(end)


def test_it_knows_when_a_program_comes_and_goes(line: TerminalLine) -> None:
    assert not line.open
    for _ in range(2):
        end = open_end(line)
        assert line.open
        os.close(end)
        assert not line.open


def test_what_nobody_hears_is_lost_not_kept_for_the_next(line: TerminalLine) -> None:
    line.give(b"said to nobody")
    end = open_end(line)
    try:
        line.give(b"hello")
        assert os.read(end, 100) == b"hello"
    finally:
        os.close(end)


def test_a_program_that_does_not_read_fills_it_and_loses_only_the_oldest(line: TerminalLine) -> None:
    end = open_end(line)
    try:
        for k in range(600):
            line.give(b"%06d\n" % k * 20)
        assert line.full
        got = b""
        quiet = 0
        while quiet < 20:
            line.give(b"")
            try:
                got += os.read(end, 4096)
                quiet = 0
            except BlockingIOError:
                quiet += 1
                time.sleep(0.01)
        assert not line.full
        # 84 kB were said: the newest are there, whole; what was dropped was older than all of them
        assert got.endswith(b"000599\n" * 20)
        assert 16000 < len(got) < 84000
    finally:
        os.close(end)


def test_a_kilobyte_at_a_time_is_taken(line: TerminalLine) -> None:
    end = open_end(line)
    try:
        os.write(end, b"x" * 3000)
        assert len(line.take()) <= 1024
    finally:
        os.close(end)


def test_keys_turn_the_switches() -> None:
    panel = Panel()
    assert (panel.key_on, panel.stop_pressed, panel.quit) == (False, False, False)
    for key in "ke":
        panel.press(key)
    assert (panel.key_on, panel.stop_pressed) == (True, True)
    assert str(panel) == "key ON, emergency stop PRESSED"
    for key in "keq":
        panel.press(key)
    assert (panel.key_on, panel.stop_pressed, panel.quit) == (False, False, True)
    assert all(f"{key} = " in HELP for key in KEYS)


def test_a_pipe_gives_its_letters_and_then_no_more() -> None:
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as source, Keyboard(source) as keyboard:
        os.write(write_end, b"k\nx?e\n")
        assert keyboard.pressed() == "ke"
        os.close(write_end)
        assert keyboard.pressed() == ""
        assert not keyboard.listens


def test_no_input_at_all_is_no_keys(tmp_path: Path) -> None:
    with open(os.devnull) as source, Keyboard(source) as keyboard:
        assert keyboard.pressed() == ""


def test_a_terminal_has_its_settings_back_afterwards() -> None:
    """In a process of its own, with the terminal as its controlling one, as a shell would start it."""
    pid, master = pty.fork()
    if pid == 0:  # the child
        status = 1
        try:
            before = termios.tcgetattr(0)
            with os.fdopen(0) as terminal, Keyboard(terminal) as keyboard:
                inside = termios.tcgetattr(0)
                os.write(1, b"ready")
                pressed, end = "", time.monotonic() + 10
                while not pressed and time.monotonic() < end:
                    pressed = keyboard.pressed()
                    time.sleep(0.01)
            restored = termios.tcgetattr(1) == before
            single = not inside[3] & termios.ICANON and bool(inside[3] & termios.ISIG)
            status = 0 if restored and single and pressed == "k" else 1
        finally:
            os._exit(status)
    assert b"ready" in os.read(master, 100)
    os.write(master, b"k")
    _, status = os.waitpid(pid, 0)
    os.close(master)
    assert os.waitstatus_to_exitcode(status) == 0
