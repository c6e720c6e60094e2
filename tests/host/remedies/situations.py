"""The situations in which errors arise that can be set up here: each error is brought about, its remedy carried out as
it reads, and the first command then works. Named by the error's site (sites.py).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable

from hil.rigs.firmware import default_uf2
from hil.rigs.sil import process
from sapper_host.connected.run_registry import registered
from sapper_host.errors import Status
from sapper_host.files.checkout import ROOT
from sapper_host.recordings.mcap_file import McapTopics
from sapper_host.recordings.recorder import Recorder
from sapper_host.update import compiling
from tests.host.fake_board import FakeBoard
from tests.host.remedies.stage import CSV, Situation, Stage
from tests.host.test_cli import talking
from tests.host.update.test_bundle import compiled as made_up_modules

SITUATIONS: dict[str, list[Situation]] = {}


def _of(*names: str) -> Callable[[Situation], Situation]:
    def add(situation: Situation) -> Situation:
        for name in names:
            SITUATIONS.setdefault(name, []).append(situation)
        return situation

    return add


# Ports


@_of("board/serial_stream.py: there is no port {}")
def a_port_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("board/serial_stream.py: there is no port {}", "selftest", "--port", "/dev/ttyNOSUCH")
    _from_the_list(at, remedy)


@_of("board/serial_stream.py: {} is not a serial port")
def a_file_as_port(at: Stage) -> None:
    remedy = at.fails("board/serial_stream.py: {} is not a serial port", "selftest", "--port", "/dev/null")
    _from_the_list(at, remedy)


def _from_the_list(at: Stage, remedy: str) -> None:
    board = at.board()
    with registered("virtual", {"usb": board.port}):
        listed = at.obeys(remedy)
    assert board.port in listed
    at.works("log", "--port", board.port)


@_of("board/serial_stream.py: {} is in use by {}")
def a_port_that_another_has(at: Stage) -> None:
    board = at.board()
    holder = os.open(board.port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        remedy = at.fails("board/serial_stream.py: {} is in use by {}", "log", "--port", board.port)
    finally:
        os.close(holder)
    assert remedy == "close it there first"
    at.works("log", "--port", board.port)


# States: the remedy comes from the command table


@_of("board/link.py: BoardError(line, answer.error_name, answer.text)")
def a_setting_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "board/link.py: BoardError(line, answer.error_name, answer.text)"
    change = ("settings", "set", "sweep_mm_s=250", "--port", board.port)
    at.obeys(at.fails(name, *change), "--port", board.port)
    at.works(*change)


@_of("board/selftest.py: BoardError('selftest', answer.error_name, answer.text)")
def a_self_test_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "board/selftest.py: BoardError('selftest', answer.error_name, answer.text)"
    at.obeys(at.fails(name, "selftest", "--port", board.port), "--port", board.port)
    status, out, _ = at.types("selftest", "--port", board.port)
    assert status in (Status.OK, Status.SHORTFALL) and "checks" in out


@_of(
    "board/dialog.py: BoardError(command, answer.error_name, answer.text)",
    "update/update.py: the bundle is made for another {} than the board has",
)
def an_update_in_stopped(at: Stage) -> None:
    board = at.board()
    board.say("stop")
    at.patch.setattr(compiling, "compiled", lambda: made_up_modules(at.folder))
    work = ("update", "--port", board.port)
    told = at.fails("board/dialog.py: BoardError(command, answer.error_name, answer.text)", *work)
    assert "update is not for STOPPED" in told
    at.obeys(told, "--port", board.port)
    assert board.state == "SAFE"
    at.fails("update/update.py: the bundle is made for another {} than the board has", *work)  # it takes updates again


@_of("operate/console_app.py: BoardError(failed[0], name, reason)")
def a_command_that_its_state_forbids(at: Stage) -> None:
    board = at.board()
    board.say("stop")
    name = "operate/console_app.py: BoardError(failed[0], name, reason)"
    remedy = at.fails(name, "console", "--port", board.port, keyboard="digest 0 256\n")
    at.obeys(remedy, "--port", board.port)
    at.works("console", "--port", board.port, keyboard="version\n")


@_of("provision/provision.py: the board is in {}", "provision/provision.py: {} (at the step '{}'; done before it: {})")
def provisioning_while_armed(at: Stage) -> None:
    board = at.board()
    board.arm()
    name = "provision/provision.py: {} (at the step '{}'; done before it: {})"
    work = ("provision", "--name", "rover-7", "--port", board.port, "--record", at.folder / "records")
    remedy = at.fails(name, *work)
    at.obeys(remedy, "--port", board.port)
    _, out, err = at.types(*work)
    assert board.flash.name == "rover-7", err


# Files


@_of("update/team_key.py: {} cannot be read ({})")
def a_radio_keys_file_that_is_not_there(at: Stage) -> None:
    board = at.board()
    work = ["provision", "--name", "r7", "--port", board.port, "--record", at.folder / "r", "--key", at.folder / "none"]
    remedy = at.fails("update/team_key.py: {} cannot be read ({})", *work)
    assert "radio key" in remedy and "--key new" in remedy
    at.types(*work[:-1], "new")
    assert board.flash.key
    remedy = at.fails("update/team_key.py: {} cannot be read ({})", "provision", "--name", "r7", "--team-key", "none")
    assert "team's key" in remedy


@_of("update/team_key.py: {} holds no key")
def a_file_with_no_key_in_it(at: Stage) -> None:
    board = at.board()
    file = at.file("radio.key", "secret")
    work = ["provision", "--name", "r7", "--port", board.port, "--record", at.folder / "r", "--key", file]
    assert "64 lower-case hex digits" in at.fails("update/team_key.py: {} holds no key", *work)
    file.write_text("0123456789abcdef" * 4)
    at.types(*work)
    assert board.flash.key


@_of("recordings/recorder.py: {} exists already")
def a_recording_over_another(at: Stage) -> None:
    board = at.board()
    kept = at.file("s.mcap", "kept")
    work = ("monitor", "--port", board.port, "--seconds", "1", "--record")
    remedy = at.fails("recordings/recorder.py: {} exists already", *work, kept)
    assert remedy == "give another name, or remove it first" and kept.read_text() == "kept"
    at.works(*work, at.folder / "t.mcap")


@_of("recordings/recorder.py: {} cannot be written: {}")
def a_recording_where_nothing_can_be(at: Stage) -> None:
    board = at.board()
    work = ("monitor", "--port", board.port, "--seconds", "1", "--record")
    remedy = at.fails("recordings/recorder.py: {} cannot be written: {}", *work, at.folder / "no" / "s.mcap")
    assert remedy == "give another place"
    at.works(*work, at.folder / "s.mcap")


@_of("recordings/session.py: no status in it")
def a_map_of_no_session(at: Stage) -> None:
    at.works("trace", "convert", at.trace(), at.folder / "lane.mcap")
    remedy = at.fails("recordings/session.py: no status in it", "map", at.folder / "lane.mcap")
    with FakeBoard() as board, talking(board):
        at.obeys(remedy, "--port", board.port, "--seconds", "2", **{"F.mcap": at.folder / "F.mcap"})
    at.works("map", at.folder / "F.mcap")


@_of("recordings/trace_mcap.py: unfinished or damaged after row {}: {}")
def a_recording_that_was_cut_off(at: Stage) -> None:
    at.works("trace", "convert", at.trace(), at.folder / "lane one.mcap")
    cut = at.folder / "lane one.mcap"
    cut.write_bytes(cut.read_bytes()[:-40])
    whole = at.folder / "WHOLE.mcap"
    remedy = at.fails("recordings/trace_mcap.py: unfinished or damaged after row {}: {}", "trace", "info", cut)
    at.obeys(remedy, **{"WHOLE.mcap": whole})
    at.works("trace", "info", whole)


@_of("recordings/trace_mcap.py: no trace in it: it is {}")
def a_session_as_trace(at: Stage) -> None:
    session = at.folder / "s.mcap"
    with FakeBoard() as board, talking(board):
        at.works("monitor", "--port", board.port, "--seconds", "2", "--record", session)
    at.obeys(at.fails("recordings/trace_mcap.py: no trace in it: it is {}", "trace", "info", session))


@_of("recordings/mcap_file.py: not an MCAP file")
def a_map_of_a_table(at: Stage) -> None:
    remedy = at.fails("recordings/mcap_file.py: not an MCAP file", "map", at.trace())
    assert ".mcap" in remedy
    recording = at.folder / "empty.mcap"
    with recording.open("wb") as file:
        McapTopics(file).writer.finish()
    at.works("trace", "repair", recording, at.folder / "again.mcap")


@_of("recordings/mcap_file.py: exists already")
def a_repair_over_another(at: Stage) -> None:
    Recorder(at.folder / "s.mcap").close()
    at.file("t.mcap", "kept")
    name = "recordings/mcap_file.py: exists already"
    at.fails(name, "trace", "repair", at.folder / "s.mcap", at.folder / "t.mcap")
    at.works("trace", "repair", at.folder / "s.mcap", at.folder / "u.mcap")


@_of("recordings/trace.py: '{}' is no format of a trace")
def a_trace_of_another_kind(at: Stage) -> None:
    name = "recordings/trace.py: '{}' is no format of a trace"
    assert at.fails(name, "trace", "convert", at.trace(), at.folder / "lane.txt") == "name it .csv or .mcap"
    at.works("trace", "convert", at.trace(), at.folder / "lane.mcap")


@_of("recordings/trace_csv.py: cannot be opened: {}")
def a_trace_that_is_not_there(at: Stage) -> None:
    remedy = at.fails("recordings/trace_csv.py: cannot be opened: {}", "trace", "info", at.folder / "line.csv")
    assert "check the file's name" in remedy
    at.works("trace", "info", at.trace())


@_of("recordings/trace_rows.py: {} is outside {}")
def a_cell_out_of_range(at: Stage) -> None:
    bad = at.file("bad.csv", CSV + "0.09,1,2,9999,5000,20,9,9\n")
    assert at.fails("recordings/trace_rows.py: {} is outside {}", "trace", "info", bad) == "correct it there"
    bad.write_text(CSV + "0.09,1,2,999,5000,20,9,9\n")
    at.works("trace", "info", bad)


@_of("pictures/style.py: '{}' is no format of a picture")
def a_picture_of_another_kind(at: Stage) -> None:
    remedy = at.fails(
        "pictures/style.py: '{}' is no format of a picture", "trace", "plot", at.trace(), "-o", at.folder / "lane.gif"
    )
    for ending in (".png", ".svg", ".pdf"):
        assert ending in remedy
        at.works("trace", "plot", at.trace(), "-o", at.folder / f"lane{ending}")


@_of("files/place.py: NotWrittenError(path, error)")
def a_place_that_cannot_be_written(at: Stage) -> None:
    block = at.file("file")
    name = "files/place.py: NotWrittenError(path, error)"
    assert "name another place" in at.fails(name, "trace", "plot", at.trace(), "-o", block / "lane.png")
    at.works("trace", "plot", at.trace(), "-o", at.folder / "lane.png")


@_of("board/settings_text.py: cannot be read ({})")
def settings_that_are_not_there(at: Stage) -> None:
    board = at.board()
    name = "board/settings_text.py: cannot be read ({})"
    remedy = at.fails(name, "settings", "load", at.folder / "r7.txt", "--port", board.port)
    assert "check the file's name" in remedy
    at.works("settings", "load", at.file("r7.txt", "sweep_mm_s = 250\n"), "--port", board.port)


# The command line itself


@_of("verbs/update.py: --all means every board")
def all_and_one(at: Stage) -> None:
    remedy = at.fails("verbs/update.py: --all means every board", "update", "--all", "--port", "/dev/x")
    assert remedy == "leave --port away"


@_of("verbs/flash.py: --all means every board")
def all_and_one_to_flash(at: Stage) -> None:
    remedy = at.fails("verbs/flash.py: --all means every board", "flash", "--all", "--port", "/dev/x")
    assert remedy == "leave --port and --drive away"


@_of("verbs/trace/plot.py: --against {}?")
def an_axis_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/trace/plot.py: --against {}?", "trace", "plot", at.trace(), "--against", "place")
    for word in remedy.split("'")[1::2]:
        at.works("trace", "plot", at.trace(), "--against", word)


@_of("verbs/trace/synth.py: --difficulty {}?")
def a_difficulty_that_is_none(at: Stage) -> None:
    work = ("trace", "synth", "--count", "1", "--out", at.folder / "lanes", "--difficulty")
    remedy = at.fails("verbs/trace/synth.py: --difficulty {}?", *work, "easy")
    at.works(*work, remedy.removeprefix("it is one of ").split(", ")[0])


@_of("verbs/replay.py: --set {}: {}")
def a_setting_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/replay.py: --set {}: {}", "replay", at.trace(), "--set", "swep_mm_s=1")
    board = at.board()
    assert "sweep_mm_s" in at.obeys(remedy, "--port", board.port)


@_of("verbs/rigs.py: --rig {}: {}")
def a_rig_that_is_none(at: Stage) -> None:
    remedy = at.fails("verbs/rigs.py: --rig {}: {}", "replay", at.trace(), "--rig", "sill")
    able = remedy.removeprefix("use ").split(" or ")
    assert "sil" in able and "virtual" in able


@_of("verbs/provision.py: '{}' is no name for a board")
def a_name_that_is_none(at: Stage) -> None:
    board = at.board()
    work = ["provision", "--port", board.port, "--record", at.folder / "r", "--name"]
    remedy = at.fails("verbs/provision.py: '{}' is no name for a board", *work, "rover 7")
    assert "1 to 24 letters, digits" in remedy
    at.types(*work, "rover-7")
    assert board.flash.name == "rover-7"


@_of("verbs/bundle.py: --show tells of a file")
def a_bundle_to_show_without_its_name(at: Stage) -> None:
    assert at.fails("verbs/bundle.py: --show tells of a file", "bundle", "--show") == "name it"


# Several boards


@_of("connected/ports.py: there are {} boards: {}")
def two_boards(at: Stage) -> None:
    one, other = at.board(), at.board()
    with registered("virtual", {"usb": one.port}), registered("virtual", {"usb": other.port}):
        remedy = at.fails("connected/ports.py: there are {} boards: {}", "log")
        assert remedy == "choose one with --port"
        at.works("log", "--port", other.port)


@_of("connected/ports.py: no board found")
def no_board(at: Stage) -> None:
    """What `sapper rig virtual` does to the list is done here without the minute that starting one takes."""
    remedy = at.fails("connected/ports.py: no board found", "log")
    assert "`sapper rig virtual`" in remedy
    board = at.board()
    with registered("virtual", {"usb": board.port}):
        at.works("log")


@_of("flash/targets.py: the rig at {} has no BOOTSEL drive")
def a_rig_without_a_drive(at: Stage) -> None:
    board = at.board()
    name = "flash/targets.py: the rig at {} has no BOOTSEL drive"
    with registered("virtual", {"usb": board.port}):
        assert "--bootsel" in at.fails(name, "flash", "--port", board.port, "--uf2", default_uf2())


# The toolchain's


@_of("verbs/rigs.py: SapperError(what or remedy, remedy if what else '')")
def sil_without_its_micropython(at: Stage) -> None:
    at.patch.setattr(process, "BUILD", at.folder)
    name = "verbs/rigs.py: SapperError(what or remedy, remedy if what else '')"
    remedy = at.fails(name, "replay", at.trace(), "--rig", "sil")
    # The target that makes that very file: its recipe says so.
    assert remedy == "run `make micropython`"
    assert "micropython: ## build/micropython" in (ROOT / "Makefile").read_text(encoding="utf-8")


@_of("verbs/replay.py: {} is not there")
def a_firmware_that_is_not_there(at: Stage) -> None:
    name = "verbs/replay.py: {} is not there"
    remedy = at.fails(name, "replay", at.trace(), "--firmware", at.folder / "firmware.uf2")
    assert "`make firmware`" in remedy
