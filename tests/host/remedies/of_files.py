"""Situations of files that are not there, not what they are said to be, or in the way."""

from __future__ import annotations

from sapper_host.recordings.mcap_file import McapTopics
from sapper_host.recordings.recorder import Recorder
from tests.host.fake_board import FakeBoard
from tests.host.remedies.stage import CSV, Stage
from tests.host.remedies.table import situation
from tests.host.test_cli import talking


@situation("update/team_key.py: {} cannot be read ({})")
def a_radio_keys_file_that_is_not_there(at: Stage) -> None:
    board = at.board()
    work = ["provision", "--name", "r7", "--port", board.port, "--record", at.folder / "r", "--key", at.folder / "none"]
    remedy = at.fails("update/team_key.py: {} cannot be read ({})", *work)
    assert "radio key" in remedy and "--key new" in remedy
    at.types(*work[:-1], "new")
    assert board.flash.key
    remedy = at.fails("update/team_key.py: {} cannot be read ({})", "provision", "--name", "r7", "--team-key", "none")
    assert "team's key" in remedy


@situation("update/team_key.py: {} holds no key")
def a_file_with_no_key_in_it(at: Stage) -> None:
    board = at.board()
    file = at.file("radio.key", "secret")
    work = ["provision", "--name", "r7", "--port", board.port, "--record", at.folder / "r", "--key", file]
    assert "64 lower-case hex digits" in at.fails("update/team_key.py: {} holds no key", *work)
    file.write_text("0123456789abcdef" * 4)
    at.types(*work)
    assert board.flash.key


@situation("recordings/recorder.py: {} exists already")
def a_recording_over_another(at: Stage) -> None:
    board = at.board()
    kept = at.file("s.mcap", "kept")
    work = ("monitor", "--port", board.port, "--seconds", "1", "--record")
    remedy = at.fails("recordings/recorder.py: {} exists already", *work, kept)
    assert remedy == "give another name, or remove it first" and kept.read_text() == "kept"
    at.works(*work, at.folder / "t.mcap")


@situation("recordings/recorder.py: {} cannot be written: {}")
def a_recording_where_nothing_can_be(at: Stage) -> None:
    board = at.board()
    work = ("monitor", "--port", board.port, "--seconds", "1", "--record")
    remedy = at.fails("recordings/recorder.py: {} cannot be written: {}", *work, at.folder / "no" / "s.mcap")
    assert remedy == "give another place"
    at.works(*work, at.folder / "s.mcap")


@situation("recordings/session.py: no status in it")
def a_map_of_no_session(at: Stage) -> None:
    at.works("trace", "convert", at.trace(), at.folder / "lane.mcap")
    remedy = at.fails("recordings/session.py: no status in it", "map", at.folder / "lane.mcap")
    with FakeBoard() as board, talking(board):
        at.obeys(remedy, "--port", board.port, "--seconds", "2", **{"F.mcap": at.folder / "F.mcap"})
    at.works("map", at.folder / "F.mcap")


@situation("recordings/trace_mcap.py: unfinished or damaged after row {}: {}")
def a_recording_that_was_cut_off(at: Stage) -> None:
    at.works("trace", "convert", at.trace(), at.folder / "lane one.mcap")
    cut = at.folder / "lane one.mcap"
    cut.write_bytes(cut.read_bytes()[:-40])
    whole = at.folder / "WHOLE.mcap"
    remedy = at.fails("recordings/trace_mcap.py: unfinished or damaged after row {}: {}", "trace", "info", cut)
    at.obeys(remedy, **{"WHOLE.mcap": whole})
    at.works("trace", "info", whole)


@situation("recordings/mcap_file.py: not an MCAP file")
def a_map_of_a_table(at: Stage) -> None:
    remedy = at.fails("recordings/mcap_file.py: not an MCAP file", "map", at.trace())
    assert ".mcap" in remedy
    recording = at.folder / "empty.mcap"
    with recording.open("wb") as file:
        McapTopics(file).writer.finish()
    at.works("trace", "repair", recording, at.folder / "again.mcap")


@situation("recordings/mcap_file.py: exists already")
def a_repair_over_another(at: Stage) -> None:
    Recorder(at.folder / "s.mcap").close()
    at.file("t.mcap", "kept")
    name = "recordings/mcap_file.py: exists already"
    at.fails(name, "trace", "repair", at.folder / "s.mcap", at.folder / "t.mcap")
    at.works("trace", "repair", at.folder / "s.mcap", at.folder / "u.mcap")


@situation("recordings/trace.py: '{}' is no format of a trace")
def a_trace_of_another_kind(at: Stage) -> None:
    name = "recordings/trace.py: '{}' is no format of a trace"
    assert at.fails(name, "trace", "convert", at.trace(), at.folder / "lane.txt") == "name it .csv or .mcap"
    at.works("trace", "convert", at.trace(), at.folder / "lane.mcap")


@situation("recordings/trace_csv.py: cannot be opened: {}")
def a_trace_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("recordings/trace_csv.py: cannot be opened: {}", "trace", "info", at.folder / "line.csv")
    assert "check the file's name" in remedy
    at.works("trace", "info", at.trace())


@situation("recordings/trace_rows.py: {} is outside {}")
def a_cell_out_of_range(at: Stage) -> None:
    bad = at.file("bad.csv", CSV + "0.09,1,2,9999,5000,20,9,9\n")
    assert at.fails("recordings/trace_rows.py: {} is outside {}", "trace", "info", bad) == "correct it there"
    bad.write_text(CSV + "0.09,1,2,999,5000,20,9,9\n")
    at.works("trace", "info", bad)


@situation("pictures/style.py: '{}' is no format of a picture")
def a_picture_of_another_kind(at: Stage) -> None:
    remedy = at.fails(
        "pictures/style.py: '{}' is no format of a picture", "trace", "plot", at.trace(), "-o", at.folder / "lane.gif"
    )
    for ending in (".png", ".svg", ".pdf"):
        assert ending in remedy
        at.works("trace", "plot", at.trace(), "-o", at.folder / f"lane{ending}")


@situation("files/place.py: NotWrittenError(path, error)")
def a_place_that_cannot_be_written(at: Stage) -> None:
    block = at.file("file")
    name = "files/place.py: NotWrittenError(path, error)"
    assert "name another place" in at.fails(name, "trace", "plot", at.trace(), "-o", block / "lane.png")
    at.works("trace", "plot", at.trace(), "-o", at.folder / "lane.png")


@situation("board/settings_text.py: cannot be read ({})")
def settings_that_are_not_there(at: Stage) -> None:
    board = at.board()
    name = "board/settings_text.py: cannot be read ({})"
    remedy = at.fails(name, "settings", "load", at.folder / "r7.txt", "--port", board.port)
    assert "check the file's name" in remedy
    at.works("settings", "load", at.file("r7.txt", "sweep_mm_s = 250\n"), "--port", board.port)


@situation("verbs/settings.py: {} is there already")
def settings_over_a_file(at: Stage) -> None:
    board = at.board()
    there = at.file("r7.txt", "mine")
    remedy = at.fails("verbs/settings.py: {} is there already", "settings", "dump", there, "--port", board.port)
    assert "--force" in remedy and there.read_text() == "mine"
    at.works("settings", "dump", there, "--force", "--port", board.port)
