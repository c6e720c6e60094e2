"""Names and lines out of files reach a terminal as letters: it is told nothing that it would obey."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from sapper_host.cli import main
from sapper_host.errors import SapperError
from sapper_host.screen.progress import bar, counting, waiting
from tests.host.memory_board import MemoryBoard

pytestmark = pytest.mark.unit

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b1m\u202egnp [/] [bold] $\\q$ _a^b"
ROWS = "".join(f"{i / 100:.2f},1595.{i % 10},1576.45,1564.07,4966,19.28,{3 * i},{3 * i}\n" for i in range(600))
COLUMNS = "t_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks"
CSV = f"# sapper-trace 1\n# {HOSTILE}\n{COLUMNS}\n{ROWS}"
TRUTH = {"lane_length_m": 1.8, "swath_m": 0.5, "speed_m_s": 0.3, "targets": [{"s_m": 0.5, "name": HOSTILE}]}


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """A trace whose name, provenance and truth are hostile."""
    path = tmp_path / (HOSTILE.replace("/", "|") + ".csv")
    path.write_text(CSV, encoding="utf-8")
    (path.with_name(path.stem + ".truth.json")).write_text(json.dumps(TRUTH))
    return path


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    text = out + err
    assert all(letter.isprintable() or letter == "\n" for letter in text), ascii(text)
    return status, text


def test_trace_verbs_and_their_errors(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, text = said(["trace", "info", str(trace)], capsys)
    assert status == 0 and "?]0;title??[2J" in text and "[bold] $\\q$ _a^b" in text
    assert said(["trace", "convert", str(trace), str(trace.with_suffix(".mcap"))], capsys)[0] == 0
    assert said(["trace", "info", str(trace.with_suffix(".mcap"))], capsys)[0] == 0
    assert said(["trace", "repair", str(trace.with_suffix(".mcap")), str(trace.with_suffix(".2.mcap"))], capsys)[0] == 0
    assert said(["trace", "plot", str(trace), "--out", str(trace.with_suffix(".png"))], capsys)[0] == 0
    status, text = said(["trace", "info", str(trace.with_suffix(".nowhere.csv"))], capsys)
    assert status == 5 and "cannot be opened" in text
    assert said(["map", str(trace.with_suffix(".mcap"))], capsys)[0] == 5


def test_an_error_holds_no_control_characters_whoever_prints_it() -> None:
    error = SapperError(f"{HOSTILE}\nand more", HOSTILE)
    for text in (error.message, error.remedy, str(error), error.args[0]):
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert error.message.endswith("\nand more")


def test_what_is_waited_for_is_shown_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for wait in (lambda: waiting(HOSTILE), lambda: counting(HOSTILE, "rows"), lambda: bar(HOSTILE, 2.0, "m")):
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        with wait() as tell:
            if tell is not None:
                tell(1)
        assert "\x07" not in screen.getvalue() and "]0;title\x07" not in screen.getvalue()
        assert "\x1b]0;" not in screen.getvalue() and "\u202e" not in screen.getvalue()


def test_files_of_settings_and_keys_are_told_letter_by_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / HOSTILE.replace("/", "|")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    file = str(folder / "rover.txt")
    with MemoryBoard() as board:
        for verb in ("settings dump", "settings diff"):
            status, text = said([*verb.split(), file, "--port", board.port], capsys)
            assert status == 0 and "rover.txt" in text and "]0;title" in text
        for words in (["key"], ["key", "--replace"], ["key", "show"]):
            status, text = said([*words, "--port", board.port], capsys)
            assert status == 0 and "]0;title" in text
    status, text = said(["trace", "from", str(folder / "none.mcap")], capsys)
    assert status == 5 and "]0;title" in text
