"""The command against the real firmware: replayed into, watched and spoken to on the rigs."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.traces.synthetic import synthetic_trace
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.recordings.session import read_session
from sapper_host.recordings.trace import write_trace
from sapper_host.verbs.options import complete_rig

_COMMAND = [sys.executable, "-m", "sapper_host"]


def environment() -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))


@pytest.mark.parametrize(
    "rig", [pytest.param("sil", marks=pytest.mark.sil), pytest.param("virtual", marks=pytest.mark.virtual)]
)
@pytest.mark.parametrize("ending", [".csv", ".mcap"])
def test_a_replay_gives_the_json_that_is_described_and_a_recording(
    rig: str, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, record = tmp_path / f"lane{ending}", tmp_path / "run.mcap"
    write_trace(synthetic_trace("lane", 4.5, 0.4, (3.0,)), path)
    status = main(["replay", str(path), "--rig", rig, "--json", "--check", "--record", str(record)])
    result = json.loads(capsys.readouterr().out)
    assert status == Status.OK
    assert {"rig", "firmware", "trace", "duration_s", "events", "outputs", "cpu_load", "heap_free_min"} <= set(result)
    assert result["rig"] == rig and result["trace"] == "lane" and result["ended"] == "stop"
    [detect] = [event for event in result["events"] if event["kind"] == "detect"]
    assert {"t_s", "s_m", "kind"} <= set(detect) and detect["s_m"] == pytest.approx(3.0, abs=0.2)
    assert result["score"]["found"] == 1 and result["score"]["false_alarms"] == []
    session = read_session(record)
    assert session.problem == "" and session.truth is not None and len(session.status["t_ms"]) > 20
    assert main(["map", str(record)]) == Status.OK
    assert "1 of 1 targets found" in capsys.readouterr().out


@pytest.fixture
def rig_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The USB line of a virtual rover that runs for one test."""
    monkeypatch.setenv("SAPPER_CACHE", str(tmp_path / "cache"))
    command = [*_COMMAND, "rig", "virtual", "--json", "--world", "clean", "--key-on"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["usb"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == Status.OK


@pytest.mark.virtual
@pytest.mark.slow
def test_a_running_rover_is_found_spoken_to_and_watched(
    rig_port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "version\nstatus\nset sweep_mm_s 9999\n"
    console = [*_COMMAND, "console"]
    done = subprocess.run(console, input=lines, capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == Status.REFUSED
    assert done.stdout.splitlines()[0].startswith("ok sapper=") and "ok state=SAFE" in done.stdout
    assert "sweep_mm_s" in done.stderr, "the refusal names the setting"

    assert main(["devices", "--json"]) == Status.OK
    [row] = [row for row in json.loads(capsys.readouterr().out) if row["device"] == rig_port]
    assert row["ours"] and row["kind"] == "usb"

    record = tmp_path / "s.mcap"
    status = main(["monitor", "--port", rig_port, "--seconds", "6", "--json", "--record", str(record)])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == Status.OK
    states = [row["state_name"] for row in rows if row["topic"] == "/status"]
    assert states and set(states) == {"SAFE"}
    assert len(read_session(record).detect["t_ms"]) > len(states)


@pytest.mark.unit
def test_a_rig_without_pseudo_terminals_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> tuple[int, int]:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))

    monkeypatch.setattr(os, "openpty", none)
    assert main(["rig", "virtual"]) == Status.ERROR
    told = capsys.readouterr().err
    assert "no pseudo-terminal" in told and "/dev/pts" in told and "Traceback" not in told


@pytest.mark.unit
def test_rigs_that_a_trace_can_be_played_on_are_completed() -> None:
    assert sorted(complete_rig()) == ["bench", "sil", "virtual"]
