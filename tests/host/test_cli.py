"""The command: what each verb prints, and the status it leaves with, on a board that behaves and on everything else."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer

from sapper.shared import wire
from sapper.shared.version import VERSION
from sapper_host.cli import build, main
from sapper_host.connected import run_registry
from sapper_host.errors import Status
from sapper_host.recordings.mcap_file import McapReading
from tests.host.fake_board import FakeBoard

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]

CSV = "# sapper-trace 1\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n0.00,1,2,3,5000,20,0,0\n"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_version_is_the_projects(run: Run) -> None:
    assert run("--version") == (Status.OK, f"sapper {VERSION}\n", "")


def verbs(group: Any, before: str = "") -> Iterator[str]:
    """Each verb as it is typed, those of groups too."""
    for name, command in group.commands.items():
        yield before + name
        if hasattr(command, "commands"):
            yield from verbs(command, f"{before}{name} ")


@pytest.mark.parametrize("verb", list(verbs(typer.main.get_command(build()))))
def test_every_verb_has_help_with_an_example_or_verbs_of_its_own(run: Run, verb: str) -> None:
    status, out, _ = run(*verb.split(), "--help")
    assert status == Status.OK
    assert "Example" in out or "Commands" in out


@pytest.mark.parametrize("words", [["bogus"], ["trace", "convert"], ["monitor", "--nosuch"], ["map"]])
def test_wrong_usage_has_its_own_status(run: Run, words: list[str]) -> None:
    status, _, err = run(*words)
    assert status == Status.USAGE and "Usage" in err


def test_help_comes_at_once() -> None:
    begin = time.monotonic()
    heavy = (
        "import sys; from sapper_host.cli import main; main(['--help']); "
        "print([m for m in ('numpy', 'matplotlib', 'mcap', 'serial', 'prompt_toolkit') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout.splitlines()[-1] == "[]"
    assert time.monotonic() - begin < 5  # 0.3 s on an idle machine; the list above is the real check


def environment() -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))


def test_console_from_a_pipe_prints_answers_and_ends_well(
    run: Run, board: FakeBoard, type_in: Callable[[str], None]
) -> None:
    type_in("status\n\n# a comment\nhelp arm\n")
    status, out, err = run("console", "--port", board.port)
    assert status == Status.OK and err == ""
    assert out.splitlines()[0].startswith("ok state=SAFE") and out.splitlines()[-1] == "ok"
    assert "stop" not in board.heard


def test_console_tells_a_refusal_by_its_status(run: Run, board: FakeBoard, type_in: Callable[[str], None]) -> None:
    type_in("dance\nstatus\n")
    status, out, err = run("console", "--port", board.port)
    assert status == Status.REFUSED and "no command 'dance'" in err
    assert "ok state=SAFE" in out, "the lines after it are still sent"


def test_leaving_the_console_stops_an_armed_rover(run: Run, board: FakeBoard, type_in: Callable[[str], None]) -> None:
    type_in("arm\narm 4821\nsweep 5000\n")
    status, _, err = run("console", "--port", board.port)
    assert status == Status.OK and board.heard[-1] == "stop" and board.state == "STOPPED"
    assert "state s_mm=0 to=ARMED" in err


def test_who_only_looks_on_neither_keeps_a_rover_alive_nor_stops_it(
    run: Run, board: FakeBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(io.StringIO):
        def __iter__(self) -> Iterator[str]:  # type: ignore[override]
            yield "status\n"
            time.sleep(1.2)
            yield "drive 100 0\n"

    board.state = "SWEEP"
    board._drive = lambda words: "err owner: armed over radio; use that link"  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stdin", Slow())
    assert run("console", "--port", board.port)[0] == Status.REFUSED
    assert "ping" not in board.heard and "stop" not in board.heard and board.state == "SWEEP"


def test_console_says_when_the_board_goes(run: Run, board: FakeBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.StringIO):
        def __iter__(self) -> Iterator[str]:  # type: ignore[override]
            yield "status\n"
            board.vanish()
            yield "status\n"

    monkeypatch.setattr(sys, "stdin", Slow())
    status, _, err = run("console", "--port", board.port)
    assert status == Status.NO_DEVICE and "went away" in err and "do: " in err


@contextmanager
def talking(board: FakeBoard) -> Iterator[None]:
    """Telemetry while it is asked for, and now and then an event."""
    leave = threading.Event()

    def go() -> None:
        turn = 0
        while not leave.wait(0.05):
            if board.telemetry:
                turn += 1
                board.frame(wire.STATUS, t_ms=board.t_ms, state=3, s_mm=1000, speed_mm_s=300, vsys_mv=5000)
                board.frame(wire.DETECT, t_ms=board.t_ms, strength=321, level=100)
                if turn % 5 == 0:
                    board.event("mark", 1000, 1)

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        leave.set()
        thread.join()


def test_monitor_without_a_terminal_prints_lines_and_records(run: Run, board: FakeBoard, tmp_path: Path) -> None:
    with talking(board):
        status, out, err = run("monitor", "--port", board.port, "--seconds", 2.5, "--record", tmp_path / "s.mcap")
    assert status == Status.OK and "recorded" in err
    assert "SWEEP" in out and "strength 321" in out and "mark at 1.00 m count=1" in out
    reading = McapReading(tmp_path / "s.mcap")
    topics = {message.topic for message in reading.messages()}
    assert {"/status", "/detect", "/event", "/console"} <= topics and reading.complete
    assert board.heard[-1] == "telemetry off"


def test_monitor_json_is_one_object_a_line(run: Run, board: FakeBoard) -> None:
    with talking(board):
        status, out, _ = run("monitor", "--port", board.port, "--seconds", 2, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == Status.OK and rows[0]["topic"] == "host" and rows[0]["version"]["sapper"] == "0.1.0"
    assert any(row["topic"] == "/status" and row["state_name"] == "SWEEP" for row in rows)


def test_monitor_waits_for_a_board_that_vanished(run: Run, board: FakeBoard, tmp_path: Path) -> None:
    port = tmp_path / "tty"
    port.symlink_to(board.port)
    replacement = FakeBoard()

    def swap() -> None:
        board.vanish()
        time.sleep(0.7)
        port.unlink()
        port.symlink_to(replacement.port)

    threading.Timer(0.8, swap).start()
    with replacement:
        status, out, _ = run("monitor", "--port", port, "--seconds", 4)
    assert status == Status.OK
    assert "link lost" in out and out.count("link to Sapper") == 2


def test_monitor_on_a_link_without_telemetry_asks_for_status(run: Run, board: FakeBoard) -> None:
    board._telemetry = lambda words: "err unsigned: telemetry changes state"  # type: ignore[assignment, method-assign]
    status, out, _ = run("monitor", "--port", board.port, "--seconds", 6)
    assert status == Status.OK and "no telemetry on this link" in out and "SAFE" in out.splitlines()[-1]


@pytest.mark.parametrize("verb", ["monitor", "console"])
def test_a_port_in_use_or_missing_is_said_with_the_remedy(
    run: Run, board: FakeBoard, verb: str, type_in: Callable[[str], None]
) -> None:
    import fcntl

    type_in("")
    holder = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        status, _, err = run(verb, "--port", board.port)
    finally:
        os.close(holder)
    assert status == Status.NO_DEVICE and "in use" in err and "do: close it there first" in err
    status, _, err = run(verb, "--port", "/dev/ttyNOSUCH")
    assert status == Status.NO_DEVICE and "there is no port" in err and "sapper devices" in err


def test_devices_lists_a_running_rig_and_what_answers(run: Run, board: FakeBoard) -> None:
    with run_registry.registered("virtual", {"usb": board.port}, "lane.toml"):
        status, out, _ = run("devices", "--json")
        rows = [row for row in json.loads(out) if row["device"] == board.port]
        assert status == Status.OK
        assert rows[0]["ours"] and rows[0]["version"]["board"] == "e6614c775b000001" and rows[0]["kind"] == "usb"
        status, out, _ = run("devices")
        assert "sapper" in out and "lane.toml" in out
        assert run("devices", "--no-probe")[0] == Status.OK
    _, out, _ = run("devices", "--json")
    assert board.port not in out


def test_a_rig_that_died_is_forgotten(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    folder = tmp_path / "cache" / "run"
    folder.mkdir(parents=True)
    row = {"pid": process.pid, "rig": "virtual", "ports": {"usb": "/dev/pts/99"}}
    (folder / "virtual-x.json").write_text(json.dumps(row))
    (folder / "broken.json").write_text("{")
    assert run_registry.running_rigs() == []
    assert [path.name for path in folder.iterdir()] == ["broken.json"]


def test_the_only_board_needs_no_port(run: Run, board: FakeBoard, type_in: Callable[[str], None]) -> None:
    type_in("status\n")
    with run_registry.registered("virtual", {"usb": board.port}):
        status, out, _ = run("console")
    assert status == Status.OK and out.startswith("ok state=SAFE")
    type_in("status\n")
    status, _, err = run("console")
    assert status == Status.NO_DEVICE and "no board found" in err


def test_trace_verbs_and_their_statuses(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lane.csv"
    path.write_text(CSV + "0.01,1,2,3,5000,20,1,1\n")
    assert run("trace", "convert", path, tmp_path / "lane.mcap")[0] == Status.OK
    status, out, _ = run("trace", "info", tmp_path / "lane.mcap", "--json")
    assert status == Status.OK and json.loads(out)["rows"] == 2
    assert "100.0 Hz" in run("trace", "info", path)[1]
    path.write_text(CSV + "0.01,1,2,9999,5000,20,1,1\n")
    status, _, err = run("trace", "info", path)
    assert status == Status.BAD_INPUT and "line 4, gate2_mv: 9999 is outside 0..3300 mV" in err
    assert run("trace", "convert", path, tmp_path / "lane.txt")[0] == Status.BAD_INPUT
    assert run("trace", "repair", tmp_path / "lane.mcap", tmp_path / "lane.mcap")[0] == Status.BAD_INPUT


def test_replay_refuses_what_cannot_be_before_it_starts_anything(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lane.csv"
    path.write_text(CSV)
    assert run("replay", tmp_path / "none.csv")[0] == Status.BAD_INPUT
    status, _, err = run("replay", path, "--set", "sweep_mm_s=9999")
    assert status == Status.USAGE and "outside" in err
    assert run("replay", path, "--set", "nosuch=1")[0] == Status.USAGE
    assert run("replay", path, "--set", "sweep_mm_s")[0] == Status.USAGE
    status, _, err = run("replay", path, "--rig", "nosuch")
    assert status == Status.ERROR and "nosuch" in err
    assert run("replay", path, "--on-detect", "dance")[0] != Status.OK


def test_ctrl_c_ends_the_monitor_with_its_status_and_leaves_nothing_behind(board: FakeBoard, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sapper_host", "monitor", "--port", board.port, "--record", tmp_path / "s.mcap"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, env=environment(), text=True) as process:  # type: ignore[call-overload]
        assert "link to Sapper" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
        assert process.returncode == Status.INTERRUPTED
    assert "recorded" in err and err.endswith("stopped\n") and "Traceback" not in err and "Aborted" not in err
    reading = McapReading(tmp_path / "s.mcap")
    assert list(reading.messages()) and reading.complete
    assert board.heard[-1] == "telemetry off"
    with FakeBoard() as other:
        assert other.port
    from sapper_host.board.link import Link

    Link.open(board.port).close()


def test_a_reader_that_leaves_is_no_crash(board: FakeBoard) -> None:
    command = f"{sys.executable} -m sapper_host monitor --port {board.port} --json --seconds 3 | head -1"
    with talking(board):
        done = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), text=True, timeout=60)
    assert "Traceback" not in done.stderr and done.stdout.count("\n") == 1


def test_completion_offers_verbs() -> None:
    extra = {"_SAPPER_COMPLETE": "complete_bash", "COMP_WORDS": "sapper mo", "COMP_CWORD": "1"}
    code = "import sys; sys.argv = ['sapper']; from sapper_host.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment() | extra, check=False
    )
    assert done.stdout.split() == ["monitor"]
