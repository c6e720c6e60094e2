"""Situations of recorded sessions: maps and traces made of them."""

from __future__ import annotations

from pathlib import Path

from tests.host.fake_board import FakeBoard
from tests.host.remedies.stage import Stage
from tests.host.remedies.table import situation
from tests.host.test_cli import talking


def _session(at: Stage, name: str = "s.mcap") -> Path:
    path = at.folder / name
    with FakeBoard() as board, talking(board):
        at.works("monitor", "--port", board.port, "--seconds", "2", "--record", path)
    return path


@situation("recordings/trace_mcap.py: NotATraceError(self.path)")
def a_session_as_trace(at: Stage) -> None:
    session = _session(at, "lane 4, noon.mcap")
    picture = at.folder / "lane.png"
    at.obeys(at.works("trace", "info", session))
    session.with_suffix(".csv").unlink()
    remedy = at.fails("recordings/trace_mcap.py: NotATraceError(self.path)", "trace", "plot", session, "-o", picture)
    at.obeys(remedy)
    at.works("trace", "plot", session.with_suffix(".csv"), "-o", picture)


@situation("verbs/trace/from_session.py: {} exists already")
def a_trace_made_again(at: Stage) -> None:
    session = _session(at)
    there = at.file("s.csv", "mine")
    remedy = at.fails("verbs/trace/from_session.py: {} exists already", "trace", "from", session)
    assert remedy == "give a name with --out" and there.read_text() == "mine"
    at.works("trace", "from", session, "--out", at.folder / "t.csv")


@situation("verbs/trace/from_session.py: {} is the session itself")
def a_trace_over_its_session(at: Stage) -> None:
    session = _session(at)
    name = "verbs/trace/from_session.py: {} is the session itself"
    assert at.fails(name, "trace", "from", session, "-o", session) == "give the trace another name"
    at.works("trace", "from", session, "-o", at.folder / "t.mcap")


@situation("verbs/map.py: {} exists already")
def a_list_of_finds_over_another(at: Stage) -> None:
    session = _session(at)
    there = at.file("finds.csv", "mine")
    remedy = at.fails("verbs/map.py: {} exists already", "map", session, "--csv", there)
    assert remedy == "give another name, or remove it first" and there.read_text() == "mine"
    at.works("map", session, "--csv", at.folder / "others.csv")
    there.unlink()
    at.works("map", session, "--csv", there)


@situation("verbs/options.py: {} without --record")
def an_operator_without_a_recording(at: Stage) -> None:
    work = ("monitor", "--seconds", "1", "--operator", "Ana", "--port")
    with FakeBoard() as board, talking(board):
        remedy = at.fails("verbs/options.py: {} without --record", *work, board.port)
        assert remedy == "add --record F.mcap"
        at.works(*work, board.port, "--record", at.folder / "F.mcap")
