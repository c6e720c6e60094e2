"""A place that cannot be written is told before the work that is to go into it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from sapper_host import cli, processes
from sapper_host.errors import Status
from sapper_host.files.checkout import ROOT
from sapper_host.files.place import check_file, check_folder
from sapper_host.files.whole_file import NotWrittenError
from sapper_host.recordings.mcap_file import McapTopics
from tests.host.fake_board import FakeBoard

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("own_cache")]

CSV = "# sapper-trace 1\nt_s,gate0_mv,gate1_mv,gate2_mv,vsys_mv,temp_c,left_ticks,right_ticks\n" + "".join(
    f"{i / 100:.2f},1,2,3,5000,20,{i},{i}\n" for i in range(9)
)

AREA = "[area]\ncorners_m = [[0, 0], [3, 0], [3, -2], [0, -2]]\nbase_line_m = [[0, 0], [0, -2]]\n"


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A path below a file: nobody, not even root, can make it."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "below"


@pytest.mark.parametrize("check", [check_file, check_folder])
def test_a_good_place_is_left_as_it_was(check: Callable[[Path], None], tmp_path: Path) -> None:
    check(tmp_path / "new" / "deep" / "name")
    check(tmp_path / "name")
    assert os.listdir(tmp_path) == []


def test_what_is_there_already_is_kept(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")
    check_file(tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "old" and os.listdir(tmp_path) == ["kept"]
    check_file(Path("/dev/null"))


@pytest.mark.parametrize("check", [check_file, check_folder])
def test_a_place_below_a_file_is_none(check: Callable[[Path], None], blocked: Path) -> None:
    with pytest.raises(NotWrittenError, match="is no folder"):
        check(blocked)
    with pytest.raises(NotWrittenError, match="is no folder"):
        check(blocked / "deeper")


@pytest.mark.parametrize("check", [check_file, check_folder])
def test_a_folder_that_cannot_be_written_is_none(check: Callable[[Path], None], tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(NotWrittenError, match="Permission denied") as told:
            check(tmp_path / "x")
    finally:
        tmp_path.chmod(0o700)
    assert told.value.remedy == "make the folder yours, or name another place"


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path: Path) -> None:
    with pytest.raises(NotWrittenError, match="it is a folder"):
        check_file(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWrittenError, match="is no folder"):
        check_folder(tmp_path / "file")


# Verbs with an option or argument that says where something goes: as typed, with OUT for the place.
VERBS = (
    "trace plot TRACE -o OUT.png",
    "trace convert TRACE OUT.csv",
    "trace repair RECORDING OUT.mcap",
    "trace synth --out OUT",
    "trace from RECORDING -o OUT.csv",
    "map TRACE -o OUT.png",
    "map RECORDING --csv OUT",
    "key export OUT",
    "replay TRACE --rig virtual --record OUT.mcap",
    "campaign FOLDER --out OUT",
    "field plan AREA --picture OUT.png",
    "field plan AREA --mission OUT",
    "field map AREA --picture OUT.png",
    "field teach OUT.toml --base-line-m 6 --port PORT",
    "provision --name rover-7 --port PORT --record OUT",
    "calibrate --rig sil --out OUT",
    "settings dump OUT --port PORT",
    "flash --port PORT --report OUT",
    "update --port PORT --report OUT",
    "bundle OUT",
    "bench silicon --rig virtual --out OUT",
    "bench init --yes --out OUT",
    "bench wiring --out OUT.svg",
    "monitor --port PORT --record OUT.mcap",
    "console --port PORT --record OUT.mcap",
)
MAKERS = {
    "hil.prove.benchmarks.__main__": "--out OUT",
    "hil.prove.fields.__main__": "--out OUT",
    "hil.prove.hot_set.__main__": "--out OUT",
    "hil.prove.updates.__main__": "--out OUT",
    "hil.prove.soak": "--out OUT",
    "hil.prove.compare_rigs": "FOLDER --out OUT",
    "hil.prove.mutants.__main__": "--out OUT",
    "hil.prove.safety.__main__": "--output OUT",
    "hil.prove.detector_lab.figures": "--out OUT",
    "hil.serve.bench_demo": "--out OUT",
    "hil.serve.demo": "--out OUT",
    "hil.serve.field_demo": "--out OUT",
}
# What a board is asked only once the place was looked at: nothing of these.
CHANGING = ("name", "key", "teamkey", "clock", "set", "save", "bootloader", "update", "reboot")


def filled(line: str, tmp_path: Path, out: Path, port: str = "") -> list[str]:
    trace, recording = tmp_path / "lane.csv", tmp_path / "lane.mcap"
    trace.write_text(CSV)
    McapTopics(recording.open("wb")).writer.finish()
    area = tmp_path / "meadow.toml"
    area.write_text(AREA)
    words = {"AREA": area, "TRACE": trace, "RECORDING": recording, "FOLDER": tmp_path, "PORT": port, "OUT": out}
    for name, path in words.items():
        line = line.replace(name, str(path))
    return line.split()


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever costs time is an error."""

    def worked(*_: Any, **__: Any) -> Any:
        pytest.fail("the work began before the place was looked at")

    from hil.play import replay
    from sapper_host.flash import several_boards
    from sapper_host.update import compiling

    monkeypatch.setattr(replay, "replay", worked)
    monkeypatch.setattr(compiling, "compiled", worked)
    monkeypatch.setattr(several_boards, "flash_all", worked)
    monkeypatch.setattr("sapper_host.field.plan.plan_of", worked)
    monkeypatch.setattr("hil.traces.synth.write_lanes", worked)
    monkeypatch.setattr("hil.prove.campaign.campaign.Campaign.run", worked)
    monkeypatch.setattr("sapper_host.board.settings.read", worked)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("line", VERBS)
def test_each_verb_tells_it_before_the_work(
    line: str, blocked: Path, tmp_path: Path, board: FakeBoard, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(filled(line, tmp_path, blocked, board.port))
    _, err = capsys.readouterr()
    assert "cannot be written" in err and "do: " in err and len(err.splitlines()) == 2
    assert status in (Status.ERROR, Status.BAD_INPUT)
    assert not [said for said in board.heard if said.split()[0] in CHANGING]


@pytest.mark.parametrize("module", MAKERS)
def test_each_maker_tells_it_before_the_work(
    module: str, blocked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(module).main
    monkeypatch.setattr(sys, "argv", ["maker", *filled(MAKERS[module], tmp_path, blocked)])
    status = processes.command(lambda: main())
    _, err = capsys.readouterr()
    assert status == Status.ERROR and "is no folder" in err and "do: " in err


def test_every_maker_that_writes_where_it_is_told_is_here() -> None:
    telling = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "hil").rglob("*.py")
        if 'add_argument("--out' in path.read_text(encoding="utf-8")
    }
    assert telling == set(MAKERS)


def test_every_verb_that_writes_where_it_is_told_is_here() -> None:
    def commands(group: Any, before: str = "") -> Any:
        for name, command in group.commands.items():
            if hasattr(command, "commands"):
                yield from commands(command, f"{before}{name} ")
            else:
                yield before + name, command

    def tells_where(parameter: Any) -> bool:
        return parameter.name in ("out", "csv", "record", "report_file", "target", "picture", "mission")

    verbs = list(commands(typer.main.get_command(cli.build())))
    telling = [name for name, command in verbs if any(map(tells_where, command.params))]
    assert len(telling) > 9
    assert not [name for name in telling if not any(line.startswith(f"{name} ") for line in VERBS)]


def test_a_recording_of_nothing_is_not_left_in_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert (
            cli.main(["monitor", "--port", "/dev/ttyNOSUCH", "--record", str(tmp_path / "s.mcap")]) == Status.NO_DEVICE
        )
        assert "there is no port" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_a_repair_of_what_is_not_there_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert cli.main(["trace", "repair", str(tmp_path / "no.mcap"), str(tmp_path / "out.mcap")]) == Status.BAD_INPUT
        assert "no.mcap: cannot be opened" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_a_key_that_is_not_there_is_told_before_modules_are_compiled(
    no_work: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for verb in ("update", "bundle"):
        assert cli.main([verb, "--key", str(tmp_path / "no.key")]) == Status.BAD_INPUT
        assert "no.key cannot be read" in capsys.readouterr().err


def test_a_repair_that_cannot_be_finished_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sapper_host.recordings import mcap_file

    source, target = tmp_path / "whole.mcap", tmp_path / "out.mcap"
    (tmp_path / "lane.csv").write_text(CSV)
    assert cli.main(["trace", "convert", str(tmp_path / "lane.csv"), str(source)]) == Status.OK

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mcap_file.Writer, "add_message", full)
    assert cli.main(["trace", "repair", str(source), str(target)]) == Status.ERROR
    assert not target.exists()
