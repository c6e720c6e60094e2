"""`sapper log` on the firmware's own application: what an earlier start left is told apart from what is now."""

from __future__ import annotations

import json
from array import array

import pytest

from sapper.storage import kept
from sapper_host.cli import main
from sapper_host.errors import Status
from tests.host.memory_board import MemoryBoard

pytestmark = pytest.mark.unit


def test_a_line_stands_where_places_begin_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = array("i", [0] * kept.WORDS)
    monkeypatch.setattr(kept, "words", lambda: words)
    with MemoryBoard() as board:
        assert main(["log", "--port", board.port]) == Status.OK
        before = capsys.readouterr().out
        board.arm()
        board.say("disarm")
        assert main(["log", "--port", board.port]) == Status.OK
        armed = capsys.readouterr().out
        board._start_anew()
        assert main(["log", "--port", board.port]) == Status.OK
        lines = capsys.readouterr().out.splitlines()
        assert main(["log", "--port", board.port, "--json"]) == Status.OK
        parts = [(event["kind"], event["part"]) for event in json.loads(capsys.readouterr().out)]
    assert "---" not in before and "---" not in armed
    [at] = [i for i, line in enumerate(lines) if line.startswith("--- the board started anew")]
    assert " boot " in lines[at + 1] and "ARMED" in "".join(lines[:at]) and len(lines) > at + 1 > 3
    assert [part for kind, part in parts if kind == "boot"] == [1, 2] and ("state", 1) in parts
