"""`sapper provision`: what it puts in is there after a restart; run again it changes nothing; a cut is completed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sapper.crypto.keys import key_id
from sapper.storage import settings_file
from sapper_host.board.key_store import KeyStore
from sapper_host.cli import main
from sapper_host.errors import Status
from sapper_host.provision import provision
from sapper_host.provision.provision import Found
from sapper_host.provision.record import make, markdown
from tests.host.memory_board import BOARD, TEAM_KEY, Flash, MemoryBoard

pytestmark = pytest.mark.unit
Run = Callable[..., tuple[int, str, str]]
TEAM = bytes(range(32))
SETTINGS = "sweep_mm_s = 250\npulse_us = 80\n"


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.setattr(provision, "IMAGE_BYTES", 131072)
    monkeypatch.setattr(provision, "_RETRY_S", 0.01)
    (tmp_path / "r7.txt").write_text(SETTINGS)
    (tmp_path / "team.key").write_text(TEAM.hex() + "\n")


@pytest.fixture
def board() -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Everything that can be asked for, and what more is given."""

    def call(board: MemoryBoard, *more: object) -> tuple[int, str, str]:
        words = ["--name", "rover-7", "--settings", tmp_path / "r7.txt", "--team-key", tmp_path / "team.key"]
        status = main(["provision", *map(str, [*words, *more]), "--port", board.port])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def is_complete(flash: Flash) -> bool:
    return (
        flash.name == "rover-7"
        and {"sweep_mm_s = 250", "pulse_us = 80"} <= set(flash.settings)
        and flash.key == KeyStore().load(BOARD) != b""
        and flash.team_key == TEAM
    )


def test_all_of_it_is_on_the_board_and_in_the_record(run: Run, board: MemoryBoard, tmp_path: Path) -> None:
    status, out, _ = run(board, "--record", tmp_path / "records")
    assert status == Status.OK and is_complete(board.flash) and board.boots == 2
    assert board.clock_is_set
    [record_path] = (tmp_path / "records").glob("rover-7-e6614c775b000001-*.json")
    record = json.loads(record_path.read_text())
    assert record["board"] == BOARD and record["name"] == "rover-7" and record["passed"] is True
    assert record["settings"]["not_default"] == {"pulse_us": 80, "sweep_mm_s": 250}
    assert record["settings"]["weaken_stops"] == [] and "weakened" not in record_path.with_suffix(".md").read_text()
    weak = make(Found(settings={"sweep_marks": 1, "coast_ms": 3000}), 0.0)
    assert weak["settings"]["weaken_stops"] == ["sweep_marks", "coast_ms"]
    assert "| **weakened stops** | sweep_marks, coast_ms |" in markdown(weak)
    assert record["keys"] == {"radio": key_id(board.flash.key), "radio_held_by_this_laptop": True, "team": key_id(TEAM)}
    assert len(record["flash"]["pieces_sha256"]) == 2
    page = record_path.with_suffix(".md").read_text()
    assert "| result | **passed** |" in page and "| `pulse_us` | 80 |" in page
    assert str(record_path) in out
    settings = record_path.with_suffix(".settings.txt")
    assert settings.read_text().splitlines() == board.flash.settings
    everything = out + "".join(path.read_text() for path in (tmp_path / "records").iterdir())
    assert board.flash.key.hex() not in everything and TEAM.hex() not in everything, "a record never holds a key"


def test_run_again_it_leaves_all_as_it_is(run: Run, board: MemoryBoard) -> None:
    assert run(board)[0] == Status.OK
    before = dict(board.flash.files), list(board.flash.pages)
    board.heard.clear()
    status, out, _ = run(board)
    assert status == Status.OK and (board.flash.files, board.flash.pages) == before
    assert out.count("as it was") == 3 and "as they were" in out
    assert not [line for line in board.heard if line.startswith(("set ", "key ", "teamkey ", "name "))]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_at_any_line_is_told_and_running_again_completes_it(
    run: Run, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every line of a whole run in turn; the enumeration ends with the run that no cut reached.

    A line not carried out leaves the flash as the line before it did: of those only every third is tried.
    """
    cuts = 0
    while True:
        with MemoryBoard() as board:
            board.cut_at = (cuts, when)
            monkeypatch.setattr(provision, "_RESTART_S", 1.0)  # a board cut off during its restart never comes
            status, _, err = run(board)
            if status == Status.OK:
                break
            assert status == Status.NO_DEVICE, (cuts, err)
            assert "run the same command again" in err, (cuts, err)
        cuts += 1 if when == "after" else 3
        monkeypatch.setattr(provision, "_RESTART_S", 60.0)
        with MemoryBoard(board.flash) as again:
            assert run(again)[0] == Status.OK, cuts
            assert is_complete(again.flash), cuts
    assert cuts > 20 and is_complete(board.flash)


def test_a_failed_self_test_is_filed_as_failed(run: Run, board: MemoryBoard, tmp_path: Path) -> None:
    board.supply(4100)
    status, out, _ = run(board, "--record", tmp_path / "records")
    assert status == Status.SHORTFALL and "FAIL supply: 4100 mV" in out
    [page] = (tmp_path / "records").glob("*.md")
    assert "**FAILED**" in page.read_text() and "**FAIL**: 4100 mV" in page.read_text()


def test_key_keep_new_and_from_a_file(run: Run, board: MemoryBoard, tmp_path: Path) -> None:
    theirs = bytes(range(100, 132))
    assert board.say("key " + theirs.hex()) == "ok key=" + key_id(theirs)
    status, _, err = run(board)
    assert status == Status.REFUSED and "does not hold" in err and "--key" in err
    assert board.flash.key == theirs, "another laptop's key is not taken out unasked"
    assert run(board, "--key", "keep")[0] == Status.OK and board.flash.key == theirs
    (tmp_path / "r.key").write_text("ab" * 32)
    assert run(board, "--key", tmp_path / "r.key")[0] == Status.OK
    assert board.flash.key == KeyStore().load(BOARD) == b"\xab" * 32
    status, out, _ = run(board, "--key", "new")
    assert status == Status.OK and "as it was" in out, "the same command again locks nobody out"
    assert board.flash.key == KeyStore().load(BOARD) == b"\xab" * 32
    board.say("key none")
    status, out, _ = run(board, "--key", "new")
    assert status == Status.OK and board.flash.key == KeyStore().load(BOARD) != b"\xab" * 32
    [kept] = KeyStore().kept(BOARD)
    assert kept.read_text().strip() == "ab" * 32 and str(kept) in out


def test_a_new_key_is_for_a_board_that_has_none(run: Run, board: MemoryBoard) -> None:
    theirs = bytes(range(100, 132))
    board.say("key " + theirs.hex())
    status, _, err = run(board, "--key", "new")
    assert status == Status.REFUSED and "sapper key import" in err and "sapper key --replace" in err
    assert board.flash.key == theirs, "other laptops sign with it"


def test_a_board_that_lost_its_key_gets_the_one_again_that_the_team_holds(run: Run, board: MemoryBoard) -> None:
    assert run(board)[0] == Status.OK
    key = board.flash.key
    board.say("key none")
    status, out, _ = run(board)
    assert status == Status.OK and "put in again" in out and board.flash.key == key == KeyStore().load(BOARD)


def test_a_board_that_knows_no_team_key_says_so(run: Run, board: MemoryBoard) -> None:
    board.refuse["teamkey"] = "err unknown: no command 'teamkey'; `help` lists them"  # so says one that is older
    status, _, err = run(board)
    assert status == Status.REFUSED and "knows no team key" in err and "update it first" in err


@pytest.mark.parametrize(
    ("line", "fails", "says"),
    [
        ("key ", {"full": ("/radio.key",)}, "flash: 28"),
        ("teamkey ", {"full": (TEAM_KEY,)}, "flash: 28"),
        ("key ", {}, "kept another key"),
    ],
)
def test_no_error_shows_a_key(
    run: Run, board: MemoryBoard, line: str, fails: dict[str, tuple[str, ...]], says: str
) -> None:
    board.flash = replace(board.flash, **fails)
    if not fails:
        board.refuse[line] = "ok key=00000000"  # one of the line's garbled answers
    status, out, err = run(board)
    assert status != Status.OK and says in err
    sent = next(heard for heard in board.heard if heard.startswith(line)).split()[1]
    assert sent not in out + err and TEAM.hex() not in out + err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["--name", "a b"], Status.USAGE, "no name for a board"),
        (["--name", "none"], Status.USAGE, "no name for a board"),
        (["--name", "x" * 25], Status.USAGE, "no name for a board"),
        (["--key", "nothing.key"], Status.BAD_INPUT, "nothing.key"),
        (["--settings", "nothing.txt"], Status.BAD_INPUT, "nothing.txt"),
        (["--settings", "team.key"], Status.BAD_INPUT, "line 1, column 1"),
        (["--team-key", "r7.txt"], Status.BAD_INPUT, "no key"),
    ],
)
def test_bad_input_is_refused_before_the_board_is_spoken_to(
    run: Run, board: MemoryBoard, tmp_path: Path, words: list[str], status: Status, says: str
) -> None:
    option, value = words
    path = value if option == "--name" else tmp_path / value
    got, _, err = run(board, option, path)
    assert got == status and says in err
    assert board.heard == []


@pytest.mark.parametrize(("state", "port"), [("ARMED", "usb"), ("STOPPED", "usb"), ("SAFE", "radio")])
def test_only_disarmed_and_over_usb(run: Run, state: str, port: str) -> None:
    with MemoryBoard(port_name=port) as board:
        if state == "ARMED":
            board.arm()
        elif state == "STOPPED":
            board.say("stop")
        assert board.state == state
        KeyStore().save(BOARD, TEAM)
        status, _, err = run(board)
        assert status != Status.OK and ("USB" in err or "disarm" in err)
        assert board.flash == Flash()


def test_a_board_that_does_not_come_back_is_told(run: Run, board: MemoryBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provision, "_RESTART_S", 0.2)
    board.refuse["reboot"] = "ok rebooting"  # and it does not
    status, _, err = run(board)
    assert status == Status.NO_DEVICE and "did not come back" in err and is_complete(board.flash)


def test_a_flash_that_forgets_is_found_by_the_restart(run: Run, board: MemoryBoard) -> None:
    board.flash.forgets = (settings_file.PATH,)
    status, _, err = run(board)
    assert status == Status.ERROR and "after a restart the board has another settings" in err
