"""`sapper rig virtual` as a person uses it: other programs open its lines, keys turn its switches, nothing stays
behind.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from hil.rigs.firmware import default_uf2
from sapper_host.board.link import Link
from sapper_host.errors import SapperError
from tests.terminal import READY_S, Terminal

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(240)]
QUIET_S = 1.0
SAPPER = [sys.executable, "-m", "sapper_host"]


@dataclass
class Server:
    process: subprocess.Popen[str]
    usb: str
    radio: str
    environment: dict[str, str]

    def press(self, keys: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys)
        self.process.stdin.flush()


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """A rig with a run folder of its own, its lines open."""
    environment = os.environ | {"XDG_CACHE_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    environment.pop("SAPPER_CACHE", None)
    process = subprocess.Popen(
        [*SAPPER, "rig", "virtual", "--world", "clean", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    paths = dict(process.stdout.readline().split() for _ in range(2))
    one = Server(process, paths["usb"], paths["radio"], environment)
    try:
        yield one
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that answers, for the tests that leave it as it was."""
    with running(tmp_path_factory.mktemp("run")) as one:
        wait_until(lambda: "sapper=" in ask(one.usb, "version"))
        yield one


def wait_until(holds: Callable[[], bool], limit_s: float = READY_S) -> None:
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.2)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ask(port: str, line: str, timeout_s: float = 20.0) -> str:
    """The last line of the board's answer, or what went wrong in brackets: it may still be starting."""
    try:
        with Link.open(port) as link:
            return link.command(line, timeout_s).last
    except SapperError as error:
        return f"({error})"


def mpremote(port: str, *arguments: str) -> str:
    """What mpremote prints; it must end well. It does not wait for a port that another program has just let go."""
    end = time.monotonic() + READY_S
    while True:
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", port, *arguments],
            capture_output=True,
            text=True,
            timeout=READY_S,
            check=False,
        )
        if "failed to access" not in done.stderr or time.monotonic() > end:
            assert done.returncode == 0, (done.stdout, done.stderr)
            return done.stdout.strip()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A rig that has its BOOTSEL drive, for MicroPython's own tools."""
    folder = tmp_path_factory.mktemp("workshop")
    with running(folder, "--bootsel", str(folder / "RPI-RP2"), "--pace", "fast") as one:
        yield one


def in_safe(one: Server) -> None:
    # What is said to a board that is only starting is lost: better to ask again than to wait for its answer.
    wait_until(lambda: "state=SAFE" in ask(one.usb, "status", 2.0))
    # A Ctrl-C counts after 50 ms of the board's time without a byte, which on a busy machine pass later than here.
    time.sleep(QUIET_S)


def test_mpremote_works_on_a_board_in_safe_and_its_reset_starts_sapper_again(workshop: Server, tmp_path: Path) -> None:
    port = workshop.usb
    file = tmp_path / "notes.bin"
    file.write_bytes(bytes(range(256)) * 5)
    in_safe(workshop)
    assert mpremote(port, "exec", "print(6 * 7)") == "42"
    mpremote(port, "reset")
    in_safe(workshop)
    mpremote(port, "fs", "cp", str(file), ":notes.bin")
    mpremote(port, "reset")
    in_safe(workshop)
    assert "1280 notes.bin" in mpremote(port, "fs", "ls")
    mpremote(port, "reset")
    in_safe(workshop)
    mpremote(port, "fs", "cp", ":notes.bin", str(tmp_path / "back.bin"), "+", "fs", "rm", ":notes.bin")
    assert (tmp_path / "back.bin").read_bytes() == file.read_bytes()
    assert "notes.bin" not in mpremote(port, "fs", "ls")
    mpremote(port, "reset")
    in_safe(workshop)


def test_mpremote_on_a_stopped_board_shows_what_to_do_and_loses_no_reason(
    workshop: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    port = workshop.usb
    in_safe(workshop)
    assert "state=STOPPED" in ask(port, "stop")
    transport = SerialTransport(port)
    transport.serial.timeout = 0.5  # on a pseudo-terminal mpremote waits without end, on a USB port for ten seconds
    with closing(transport), pytest.raises(TransportError, match="could not enter raw repl"):
        transport.enter_raw_repl(timeout_overall=5)
    shown = capsys.readouterr().out
    assert "err prompt:" in shown and "disarm" in shown
    wait_until(lambda: "state=STOPPED reason=operator" in ask(port, "status"))
    ask(port, "disarm")
    in_safe(workshop)


def test_mpremote_sends_a_board_in_safe_into_bootsel(workshop: Server) -> None:
    drive = Path(workshop.environment["XDG_CACHE_HOME"]) / "RPI-RP2"
    in_safe(workshop)
    mpremote(workshop.usb, "bootloader")
    wait_until(lambda: (drive / "INFO_UF2.TXT").exists())
    shutil.copy(default_uf2(), drive)
    wait_until(lambda: not drive.exists())
    in_safe(workshop)


@pytest.mark.skipif(shutil.which("picocom") is None, reason="picocom is not installed")
def test_picocom_gives_a_console(server: Server) -> None:
    with closing(Terminal(["picocom", "-q", server.usb], dict(os.environ))) as terminal:
        # what is typed before picocom has the port is lost, so it is typed again
        terminal.wait_for("ok state=SAFE", typing=b"status\r")
        terminal.type(b"\x01\x18")
        assert terminal.status() == 0


def test_keys_reach_the_board(server: Server) -> None:
    wait_until(lambda: " loop=1 " in ask(server.usb, "status"))
    assert " key=0 " in ask(server.usb, "status")
    server.press("k")
    wait_until(lambda: " key=1 " in ask(server.usb, "status"))
    server.press("e")
    wait_until(lambda: " loop=0 " in ask(server.usb, "status"))
    server.press("ke")
    wait_until(lambda: " key=0 " in ask(server.usb, "status"))


def test_it_is_listed_while_it_runs_and_not_after_q(tmp_path: Path) -> None:
    def listed(server: Server) -> list[str]:
        done = subprocess.run(
            [*SAPPER, "devices", "--json", "--no-probe"],
            capture_output=True,
            text=True,
            env=server.environment,
            check=False,
        )
        return [port["device"] for port in json.loads(done.stdout)]

    with running(tmp_path) as one:
        assert {one.usb, one.radio} <= set(listed(one))
        one.press("q")
        assert one.process.wait(READY_S) == 0
        assert not {one.usb, one.radio} & set(listed(one))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda s: s.name)
def test_no_process_stays_behind(tmp_path: Path, ending: signal.Signals) -> None:
    with running(tmp_path) as one:
        children = children_of(one.process.pid)
        assert children, "the emulator runs in a process of its own"
        one.process.send_signal(ending)
        assert one.process.wait(READY_S) == (0 if ending != signal.SIGKILL else -signal.SIGKILL)
        wait_until(lambda: not any(is_alive(child) for child in children))


def test_a_program_may_leave_and_another_come(server: Server) -> None:
    for _ in range(3):
        assert "state=SAFE" in ask(server.usb, "status")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--world", "nowhere"], "the examples are"),
        (["--pace", "slow"], "real, fast"),
        (["--firmware", "/nonexistent.uf2"], "nonexistent.uf2"),
        (["--bootsel", "/"], "not an empty folder"),
        (["--bootsel-fault", "fire"], "vanish:BYTES, cut:BYTES and no-return"),
        (["--flash-wear", "2"], "it must be 0..1"),
    ],
)
def test_what_it_cannot_do_it_says_and_ends(arguments: list[str], said: str) -> None:
    done = subprocess.run(
        [*SAPPER, "rig", "virtual", *arguments], capture_output=True, text=True, timeout=READY_S, check=False
    )
    assert done.returncode not in (0, 130)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_at_a_terminal_ends_it_cleanly(tmp_path: Path) -> None:
    """The terminal sends SIGINT to the emulator's process as well; and has its settings back."""
    command = [*SAPPER, "rig", "virtual", "--world", "clean"]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    with closing(Terminal(command, environment)) as terminal:
        terminal.wait_for("Ctrl-C ends it")
        terminal.wait_for("motors off")  # the line that is kept up to date: it ticks
        assert terminal.settings != terminal.before, "its keys work without Enter"
        terminal.type(b"\x03")
        assert terminal.status() == 0, terminal.said
        assert terminal.settings == terminal.before
        assert "Traceback" not in terminal.said
