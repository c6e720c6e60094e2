"""The Node process ends however Python does; programs use the pseudo-terminals as serial ports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import serial

from hil.rigs.virtual import Event, VirtualPico
from hil.rigs.virtual.pty import SerialBridge, ptys, run_with_ptys
from sapper_host.files.checkout import ROOT

pytestmark = pytest.mark.virtual
MS = 1_000_000


def alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def ends_soon(process_id: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(process_id)


def test_close_and_exceptions_end_the_process(uf2):
    with pytest.raises(ZeroDivisionError), VirtualPico(uf2) as pico:
        process_id = pico.process_id
        assert alive(process_id)
        raise ZeroDivisionError
    assert not alive(process_id)
    pico.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_python_is_killed_in_the_middle_of_a_run(uf2, how):
    code = (
        "import sys\nfrom hil.rigs.virtual import VirtualPico\n"
        "pico = VirtualPico(sys.argv[1])\nprint(pico.process_id, flush=True)\n"
        "while True: pico.run(10_000_000_000)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in (".", "firmware", "host"))}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(uf2)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as python:
        assert python.stdout is not None
        process_id = int(python.stdout.readline())
        time.sleep(0.5)
        assert alive(process_id)
        python.send_signal(how)
        python.wait(20)
    assert ends_soon(process_id)


@pytest.fixture
def lines(repl):
    """The shared board's pseudo-terminals, running in the background as fast as it goes."""
    stop = threading.Event()
    with ptys(repl.pico) as bridge:
        thread = threading.Thread(target=bridge.run, kwargs={"pace": "fast", "stop": stop})
        thread.start()
        try:
            yield bridge
        finally:
            stop.set()
            thread.join()
    repl.pico.usb.dtr = True
    repl.pico.usb.rts = True


def mpremote(path: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mpremote", "connect", path, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)


def test_mpremote_executes_through_the_pseudo_terminal(lines, tmp_path):
    result = mpremote(lines.usb.path, "exec", "print(6 * 7)")
    assert (result.returncode, result.stdout.strip()) == (0, "42"), result.stderr
    file = tmp_path / "data.bin"
    file.write_bytes(bytes(range(256)) * 8)
    result = mpremote(lines.usb.path, "fs", "cp", str(file), ":sent.bin", "+", "sha256sum", ":sent.bin")
    assert result.returncode == 0, result.stderr
    result = mpremote(lines.usb.path, "fs", "cp", ":sent.bin", str(tmp_path / "back.bin"), "+", "rm", ":sent.bin")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "back.bin").read_bytes() == file.read_bytes()


def test_what_is_written_as_the_port_is_opened_is_not_lost() -> None:
    """Between the look whether somebody has it open and the reading of what they wrote, they open it and write."""
    sent: list[bytes] = []

    class Usb:
        dtr = rts = False
        write = sent.append

    class Pico:
        usb = Usb()
        uart_backlog = (0, 0)
        program = -1

        @property
        def usb_backlog(self) -> int:
            if self.program < 0:
                self.program = os.open(bridge.usb.path, os.O_RDWR | os.O_NOCTTY)
                os.write(self.program, b"version\r")
            return 0

    pico: Any = Pico()
    bridge = SerialBridge(pico)
    bridge.pump_in()
    os.close(pico.program)
    assert sent == [b"version\r"] and pico.usb.dtr


def test_opening_and_closing_the_terminal_opens_and_closes_the_port(lines):
    assert not lines.usb.is_open
    with serial.Serial(lines.usb.path, 115200, timeout=5) as port:
        port.write(b"\r\x02")
        assert b">>>" in port.read_until(b">>> ")
        assert lines.usb.is_open
    time.sleep(0.2)
    assert not lines.usb.is_open


def test_real_pace_does_not_run_ahead_of_the_wall(repl):
    pico = repl.pico
    stop = threading.Event()
    start_ns, start = pico.now_ns, time.monotonic()

    def until_enough(_events: list[Event]) -> None:
        if pico.now_ns - start_ns >= 300 * MS:
            stop.set()

    run_with_ptys(pico, pace="real", on_slice=until_enough, stop=stop)
    pico.usb.dtr = True
    pico.usb.rts = True
    assert time.monotonic() - start >= 0.29


def test_exchanges_are_cheap(repl):
    """One exchange per 5 ms of emulated time must not cost what matters: 0.15 ms of this process's own time."""
    pico = repl.pico
    pico.run(50 * MS)
    times = [pico.now_ns + i * 2 * MS for i in range(3)]
    used = time.process_time()
    rounds = 300
    for _ in range(rounds):
        pico.pin(4).drive_edges(times, [1, 0, 1])
        pico.adc.play(0, times, [1000, 1001, 1002])
        pico.run(10_000)
        pico.pwm(12).duty  # noqa: B018 -- costs no exchange of its own
    assert (time.process_time() - used) / rounds < 0.3e-3
