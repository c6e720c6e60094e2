"""`monitor` and `console` record which board it is and what was in force; a session is told from a trace."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.recordings.mcap_file import McapReading
from tests.host.memory_board import BOARD, MemoryBoard

pytestmark = pytest.mark.unit

Said = tuple[int, str, str]
Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Said:
        status = main([str(word) for word in words])
        return status, *capsys.readouterr()

    return run


def metadata(path: Path) -> dict[str, dict[str, str]]:
    reading = McapReading(path)
    for _ in reading.messages():
        pass
    assert reading.complete
    return reading.metadata


def recorded(run: Run, board: MemoryBoard, path: Path, *words: object) -> Said:
    return run("monitor", "--port", board.port, "--seconds", 0.5, "--record", path, *words)


def test_a_session_has_board_firmware_settings_and_operator(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with MemoryBoard() as board:
        board.say("set sweep_mm_s 250")
        assert recorded(run, board, path, "--operator", "R. Deminer")[0] == Status.OK
        telling = [line for line in board.heard if line.startswith("telemetry")]
        asked = board.heard.index("dump"), board.heard.index("telemetry on")
    facts = metadata(path)
    assert asked[0] < asked[1] and board.heard.count("dump") == 1 and telling == ["telemetry on", "telemetry off"]
    assert facts["sapper-session"]["operator"] == "R. Deminer"
    assert {"firmware": "0.1.0", "board": BOARD, "git": "unbuilt"}.items() <= facts["sapper-board"].items()
    assert facts["sapper-settings"]["sweep_mm_s"] == "250" and facts["sapper-settings"]["ticks_per_m"] == "1000"
    status, out, _ = run("trace", "info", path)
    assert status == Status.OK and "this is a session, not a trace: `sapper trace from" in out
    assert "operator = R. Deminer" in out and "sweep_mm_s = 250" in out and f"board = {BOARD}" in out
    status, out, _ = run("trace", "info", path, "--json")
    assert json.loads(out)["metadata"] == facts


def test_an_armed_rover_is_not_asked_for_its_settings(run: Run, tmp_path: Path) -> None:
    with MemoryBoard() as board:
        board.arm()
        assert recorded(run, board, tmp_path / "s.mcap")[0] == Status.OK
        assert "dump" not in board.heard
    assert metadata(tmp_path / "s.mcap")["sapper-settings"] == {"unknown": "not asked: the rover was ARMED"}


@pytest.mark.parametrize(
    ("answer", "told"), [("err flash: worn out", "worn out"), ("  sweep_mm_s = 250\r\n  x = 1e9\r\nok", "")]
)
def test_what_the_board_does_not_tell_is_unknown(run: Run, tmp_path: Path, answer: str, told: str) -> None:
    with MemoryBoard() as board:
        board.refuse = {"dump": answer}
        assert recorded(run, board, tmp_path / "s.mcap")[0] == Status.OK
    facts = metadata(tmp_path / "s.mcap")
    settings = facts["sapper-settings"]
    assert facts["sapper-board"]["board"] == BOARD
    if told:
        assert told in settings["unknown"]
    else:
        assert settings["sweep_mm_s"] == "250" and settings["ticks_per_m"] == "unknown" and "x" not in settings


def test_raw_asks_for_every_frame_and_is_about_a_recording(run: Run, tmp_path: Path) -> None:
    with MemoryBoard() as board:
        assert recorded(run, board, tmp_path / "s.mcap", "--raw")[0] == Status.OK
        assert [line for line in board.heard if line.startswith("telemetry")] == [
            "telemetry on",
            "telemetry raw",
            "telemetry off",
        ]
        for words in (("monitor", "--raw"), ("console", "--operator", "me")):
            status, _, err = run(*words, "--port", board.port)
            assert status == Status.USAGE and "without --record" in err


def test_raw_where_there_is_none_is_told(run: Run, tmp_path: Path) -> None:
    with MemoryBoard() as board:
        board.refuse = {"telemetry raw": "err link: raw telemetry is told over USB only"}
        status, _, err = recorded(run, board, tmp_path / "s.mcap", "--raw")
    assert status == Status.REFUSED and "raw telemetry is told over USB only" in err


def test_the_console_records_the_same(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("status\n"))
    with MemoryBoard() as board:
        words = ("console", "--port", board.port, "--record", tmp_path / "s.mcap", "--raw", "--operator", "me")
        assert run(*words)[0] == Status.OK
        assert board.heard.index("telemetry raw") < board.heard.index("telemetry off")
    facts = metadata(tmp_path / "s.mcap")
    assert facts["sapper-board"]["board"] == BOARD and facts["sapper-session"]["operator"] == "me"
    assert "sweep_mm_s" in facts["sapper-settings"]


@pytest.mark.parametrize("words", [("replay",), ("trace", "plot"), ("trace", "convert")], ids=" ".join)
def test_a_session_is_told_to_be_none_of_a_trace(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    path = tmp_path / "s.mcap"
    with MemoryBoard() as board:
        recorded(run, board, path)
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(path.read_bytes()[:-200])
    for each in (path, cut):
        more = (tmp_path / "out.csv",) if words[-1] == "convert" else ()
        status, _, err = run(*words, each, *more)
        assert status == Status.BAD_INPUT and "this is a session, not a trace" in err
        assert f"`sapper trace from {each}`" in err


def test_a_session_without_frames_makes_no_trace_and_none_is_overwritten_unasked(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "s.mcap"
    with MemoryBoard() as board:
        board.refuse = {"telemetry": "ok telemetry=off"}
        recorded(run, board, path)
    status, _, err = run("trace", "from", path)
    assert status == Status.BAD_INPUT and "no detector frames in it" in err and not (tmp_path / "s.csv").exists()
    (tmp_path / "s.csv").write_text("mine")
    status, _, err = run("trace", "from", path)
    assert status == Status.ERROR and "exists already" in err and (tmp_path / "s.csv").read_text() == "mine"
    assert run("trace", "from", path, "-o", path)[0] == Status.ERROR
