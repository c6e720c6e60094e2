"""The console, on a terminal, at a virtual rover that sweeps: Ctrl-C stops the real firmware, disk or no disk."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from sapper_host.board.link import Link
from sapper_host.recordings.mcap_file import McapReading
from tests.host.operate.test_console_stops import FAULTS, console
from tests.terminal import READY_S, Terminal

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(300)]


@contextmanager
def virtual_rover(cache: Path) -> Iterator[dict[str, str]]:
    """Its lines, by name: usb, radio."""
    environment = os.environ | {"SAPPER_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "sapper_host", "rig", "virtual", "--json", "--world", "clean", "--key-on"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        lines = json.loads(process.stdout.readline())
        try:
            with Link.open(lines["usb"]) as link:
                link.identify(timeout_s=READY_S)  # it may still be starting
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The USB line of a virtual rover."""
    with virtual_rover(tmp_path_factory.mktemp("cache")) as lines:
        yield lines["usb"]


def arm(terminal: Terminal) -> None:
    """Until it is armed: just started it cannot see yet, and on a busy machine a code may come back too late."""
    for _ in range(20):
        said = len(terminal.said)
        terminal.type(b"disarm\rarm\r")
        with suppress(AssertionError):
            terminal.wait_for("ok code=", since=said, limit_s=5)
            terminal.wait_for(" type", since=said, limit_s=5)
            code = re.search(r"ok code=(\d+)", terminal.said[said:])
            assert code is not None
            terminal.type(b"arm " + code[1].encode() + b"\r")
            terminal.wait_for("ok state=ARMED", since=said, limit_s=5)
            return
    pytest.fail(terminal.said[-1500:])


@pytest.mark.parametrize("fault", ["nothing", "disk full", "disk slow"])
def test_ctrl_c_stops_the_rover(fault: str, port: str, tmp_path: Path) -> None:
    with closing(console(port, tmp_path, FAULTS[fault])) as terminal:
        arm(terminal)
        said = len(terminal.said)
        terminal.type(b"sweep 20000\r")
        terminal.wait_for("ok state=SWEEP", since=said)
        time.sleep(random.Random(fault).random() * 2)
        terminal.type(b"\x03")
        terminal.wait_for("STOP: operator", since=said)
        terminal.wait_for("SWEEP -> STOPPED", since=said)
        if fault == "disk full":
            terminal.wait_for("NOT RECORDED", since=said)
        terminal.type(b"exit\r")
        assert terminal.status() == (1 if fault == "disk full" else 0)
    reading = McapReading(tmp_path / "session.mcap")
    topics = [message.topic for message in reading.messages()]
    assert (fault == "disk full") != (reading.complete and "/status" in topics)
