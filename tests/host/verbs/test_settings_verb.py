"""`sapper settings`: all or none, checked before it is sent, read back; and files that say where they are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sapper.shared.settings import TABLE, SettingError, Settings
from sapper.storage import settings_file
from sapper_host.board import settings as board_settings
from sapper_host.board import settings_text
from sapper_host.board.settings_text import SettingsFileError
from sapper_host.cli import main
from sapper_host.errors import Status
from tests.host.memory_board import MemoryBoard

pytestmark = pytest.mark.unit
DEFAULTS = {row[0]: row[1] for row in TABLE}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def board() -> Iterator[MemoryBoard]:
    with MemoryBoard() as made:
        yield made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], board: MemoryBoard) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        status = main(["settings", *map(str, arguments), "--port", board.port])
        out, err = capsys.readouterr()
        return status, out, err

    return call


def said(board: MemoryBoard, *names: str) -> list[str]:
    return [line for line in board.heard if line.split()[:1] and line.split()[0] in names]


def test_get_shows_one_with_its_bounds_or_all(run: Run) -> None:
    status, out, _ = run("get", "sweep_mm_s")
    assert status == Status.OK and "sweep_mm_s = 300 mm/s" in out and "150..600, default 300" in out
    status, out, _ = run("get")
    assert len(out.splitlines()) == len(TABLE)
    assert json.loads(run("get", "--json")[1]) == DEFAULTS


def test_what_is_set_is_on_the_board_and_saved(run: Run, board: MemoryBoard) -> None:
    status, out, err = run("set", "sweep_mm_s=250", "pulse_us = 80")
    assert status == Status.OK and "2 settings changed, saved" in err
    assert [line.split() for line in out.splitlines()[1:]] == [["sweep_mm_s", "300", "250"], ["pulse_us", "100", "80"]]
    assert board.settings.diff() == [("pulse_us", 80, 100), ("sweep_mm_s", 250, 300)]
    assert board.flash.settings == board.settings.dump_lines()


def test_what_weakens_a_stop_is_said_and_nothing_else(run: Run) -> None:
    err = run("set", "sweep_marks=1", "sweep_mm_s=250")[2]
    assert [line for line in err.splitlines() if line.startswith("weakened:")] == [
        "weakened: sweep_marks=1: an alert does not stop a sweep"
    ]
    assert "weakened" not in run("set", "sweep_marks=0", "coast_ms=800")[2]


def test_what_is_unsafe_together_is_refused_before_anything_is_sent(run: Run, board: MemoryBoard) -> None:
    status, _, err = run("set", "speed_max_mm_s=200")
    assert status == Status.USAGE and "sweep_mm_s" in err and not said(board, "set")


def test_settings_that_bind_each_other_are_sent_in_an_order_that_the_board_takes(run: Run, board: MemoryBoard) -> None:
    slow = ["accel_mm_s2=200", "speed_max_mm_s=200", "sweep_mm_s=200"]
    fast = ["sweep_mm_s=600", "speed_max_mm_s=1500", "accel_mm_s2=1500"]
    for wanted in (slow, fast, slow[::-1], fast[::-1]):
        assert run("set", *wanted)[0] == Status.OK
        assert all(f"{name} = {value}" in board.settings.dump_lines() for name, value in (w.split("=") for w in wanted))


def test_no_save_leaves_the_flash_alone(run: Run, board: MemoryBoard) -> None:
    assert run("set", "sweep_mm_s=250", "--no-save")[0] == Status.OK
    assert board.settings.get("sweep_mm_s") == 250 and board.flash.settings == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["sweep_mm_s=9000"], "outside 150..600"),
        (["sweep_mm_s=250", "speed=1"], "no setting 'speed'"),
        (["sweep_mm_s=fast"], "no whole number"),
        (["sweep_mm_s"], "NAME=VALUE"),
        (["=5"], "NAME=VALUE"),
        (["sweep_mm_s=250", "sweep_mm_s=260"], "twice"),
        (["pulse_us=250", "pulse_rate_hz=4000"], "the gate falls behind the next pulse"),
    ],
)
def test_what_the_table_refuses_is_never_sent(run: Run, board: MemoryBoard, words: list[str], says: str) -> None:
    status, out, err = run("set", *words)
    assert status == Status.USAGE and says in err and out == ""
    assert said(board, "set", "save") == []


def test_when_the_board_refuses_one_the_others_are_put_back(run: Run, board: MemoryBoard) -> None:
    board.refuse["set audio"] = "err setting: no"
    status, _, err = run("set", "sweep_mm_s=250", "pulse_us=80", "audio=0")
    assert status == Status.REFUSED and "as they were" in err
    assert board.settings.diff() == [] and board.flash.settings == []


def test_when_it_cannot_be_saved_all_is_put_back(run: Run, board: MemoryBoard) -> None:
    board.flash.full = (settings_file.PATH,)
    assert run("set", "sweep_mm_s=250", "pulse_us=80")[0] == Status.REFUSED
    assert board.settings.diff() == []


def test_a_pulled_plug_is_told_with_how_far_it_was(run: Run, board: MemoryBoard) -> None:
    board.cut_at = (6, "after")
    status, _, err = run("set", "sweep_mm_s=250", "pulse_us=80", "audio=0")
    assert status == Status.NO_DEVICE and "of 3 settings" in err and "run it again" in err
    assert board.flash.settings == []


def test_a_dump_loads_into_another_board_and_compares_equal(
    run: Run, board: MemoryBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r7.txt"
    run("set", "sweep_mm_s=250", "pulse_rate_hz=2500")
    assert run("dump", file)[0] == Status.OK
    assert run("dump")[1] == file.read_text() == "\n".join(board.settings.dump_lines()) + "\n"
    with MemoryBoard() as other:
        assert main(["settings", "load", str(file), "--dry-run", "--port", other.port]) == Status.OK
        assert other.settings.diff() == [] and "would change" in capsys.readouterr().err
        assert main(["settings", "load", str(file), "--save", "--port", other.port]) == Status.OK
        assert other.flash.settings == board.flash.settings
        assert main(["settings", "diff", str(file), "--port", other.port]) == Status.OK


def test_load_without_save_is_until_the_next_start(run: Run, board: MemoryBoard, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("audio = 0\n")
    status, _, err = run("load", tmp_path / "f")
    assert status == Status.OK and "until the board's next start" in err
    assert board.settings.get("audio") == 0 and board.flash.settings == []


def test_diff_names_what_differs_and_tells_it_by_its_status(run: Run, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("audio = 0\nsweep_mm_s = 300\n")
    assert run("diff")[:2] == (Status.OK, "all settings are at their defaults\n")
    status, out, _ = run("diff", tmp_path / "f", "--json")
    assert status == Status.SHORTFALL and json.loads(out) == [{"name": "audio", "board": 1, "file": 0}]
    run("set", "audio=0")
    assert run("diff", tmp_path / "f")[0] == Status.OK
    assert json.loads(run("diff", "--json")[1]) == [{"name": "audio", "board": 0, "default": 1}]


@pytest.mark.parametrize(
    ("data", "line", "column", "reason"),
    [
        (b"audio 1\n", 1, 1, "expected `name = value`"),
        (b"# c\n\n  audio = on\n", 3, 11, "no whole number"),
        (b"audio = 1\naudio = 0\n", 2, 1, "line 1 already"),
        (b"audio = 2\n", 1, 9, "outside 0..1"),
        (b"loudness = 2\n", 1, 1, "no setting 'loudness'"),
        (b"audio == 1\n", 1, 8, "no whole number"),
        (b"audio = 1_0\n", 1, 9, "no whole number"),
        ("audio = \u0661\n".encode(), 1, 9, "does not belong"),
        (b"audio = 1\n\xff\n", 2, 1, "no UTF-8"),
        (b"audio = 1\nau\x00dio = 1\n", 2, 3, "does not belong"),
        (b"Audio = 1\n", 1, 1, "no setting's name"),
        (b"= 1\n", 1, 1, "no setting's name"),
        (b"audio =\n", 1, 8, "no whole number"),
        (b"audio = 99999999999999999999\n", 1, 9, "outside 0..1"),
        (b"", 0, 0, "no settings"),
        (b"# nothing\n", 0, 0, "no settings"),
        (b"#" * 70000, 0, 0, "more than"),
    ],
)
def test_a_malformed_file_is_refused_with_line_column_and_reason(
    run: Run, board: MemoryBoard, tmp_path: Path, data: bytes, line: int, column: int, reason: str
) -> None:
    file = tmp_path / "bad.txt"
    file.write_bytes(data)
    with pytest.raises(SettingsFileError, match=reason) as caught:
        settings_text.read(file)
    assert (caught.value.line, caught.value.column) == (line, column)
    for verb in (["load", file], ["diff", file]):
        status, out, err = run(*verb)
        assert status == Status.BAD_INPUT and reason in err and "bad.txt" in err and out == ""
    assert board.heard == [], "the file is checked before the board is spoken to"


def test_a_file_that_does_not_fit_the_boards_other_settings_is_refused(
    run: Run, board: MemoryBoard, tmp_path: Path
) -> None:
    (tmp_path / "f").write_text("gate2_ns = 200000\npulse_rate_hz = 4000\npulse_us = 50\n")
    status, _, err = run("load", tmp_path / "f", "--save")
    assert status == Status.BAD_INPUT and "f: with the board's other settings: gate2_ns" in err
    assert said(board, "set", "save") == []


def test_a_file_that_is_not_there_or_cannot_be_written(run: Run, tmp_path: Path) -> None:
    assert run("load", tmp_path / "none.txt")[0] == Status.BAD_INPUT
    status, _, err = run("dump", "/proc/none.txt")
    assert status == Status.ERROR and "/proc/none.txt" in err


def test_windows_line_ends_a_mark_and_comments_are_taken() -> None:
    text = b"\xef\xbb\xbfaudio = 0\r\n\tsweep_mm_s=250 # slow\r\n"
    assert settings_text.parse(text.decode("utf-8-sig"), Path("f")).values == {"audio": 0, "sweep_mm_s": 250}


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("audio=0 1#\n\t\r-x_\x00é"), max_size=60))
def test_any_text_is_taken_or_refused_as_a_settings_file(text: str) -> None:
    try:
        values = settings_text.parse(text, Path("f")).values
    except SettingsFileError:
        return
    store = Settings()
    store.load_text(text)  # what is taken here, the board's own reader takes alike
    assert all(store.get(name) == value for name, value in values.items())


def valid(values: dict[str, int]) -> bool:
    try:
        Settings().set_many(values.items())
    except SettingError:
        return False
    return True


near = st.fixed_dictionaries(
    {
        "pulse_rate_hz": st.integers(1908, 4000),
        "pulse_us": st.integers(5, 150),
        "gate0_ns": st.integers(1000, 200000),
        "gate1_ns": st.integers(1000, 200000),
        "gate2_ns": st.integers(1000, 200000),
        "coil_duty_max_pm": st.integers(10, 400),
    }
).filter(valid)


@hypothesis_settings(max_examples=150, deadline=None)
@given(near, near)
def test_from_any_good_settings_to_any_other_every_step_is_one_the_board_takes(
    begin: dict[str, int], end: dict[str, int]
) -> None:
    board = Settings()
    board.set_many(begin.items())
    before = {row[0]: board.get(row[0]) for row in TABLE}
    for name, value in board_settings.in_order(before, end):
        board.set(name, value)
    assert {name: board.get(name) for name in end} == end


@pytest.mark.parametrize("verb", ["set", "load"])
@pytest.mark.parametrize("twice", [False, True])
def test_set_and_load_say_alike_whether_they_saved_and_how_to(
    run: Run, board: MemoryBoard, tmp_path: Path, verb: str, twice: bool
) -> None:
    (tmp_path / "f").write_text("audio = 0\n")
    words = [verb, "audio=0" if verb == "set" else tmp_path / "f"]
    for _ in range(1 + twice):
        err = run(*words, "--no-save")[2]
    assert "NOT SAVED" in err and "--save" in err and "next start" in err
    assert board.flash.settings == []
    for _ in range(1 + twice):
        err = run(*words, "--save")[2]
    assert ", saved" in err and "NOT SAVED" not in err
    assert "audio = 0" in board.flash.settings


def test_a_dump_overwrites_a_file_only_when_told(run: Run, board: MemoryBoard, tmp_path: Path) -> None:
    file = tmp_path / "r7.txt"
    file.write_text("mine")
    status, _, err = run("dump", file)
    assert status == Status.ERROR and "--force" in err and file.read_text() == "mine"
    assert board.heard == [], "it is seen before the board is spoken to"
    assert run("dump", file, "--force")[0] == Status.OK
    assert file.read_text().splitlines() == board.settings.dump_lines()
    assert run("dump", "/dev/null")[0] == Status.OK, "what is no file is written into"


@pytest.mark.parametrize(
    "words",
    [
        ["sweep_mm_s", "250", "audio", "0"],
        ["sweep_mm_s=250", "audio", "0"],
        ["sweep_mm_s", "=", "250", "audio = 0"],
        ["sweep_mm_s =250", "audio=", "0"],
    ],
)
def test_a_name_and_its_value_are_taken_however_they_are_put(run: Run, board: MemoryBoard, words: list[str]) -> None:
    assert run("set", *words)[0] == Status.OK
    assert (board.settings.get("sweep_mm_s"), board.settings.get("audio")) == (250, 0)


def test_a_value_below_nothing_is_no_option(run: Run, board: MemoryBoard) -> None:
    assert run("set", "coil_ahead_mm", "-120", "--no-save")[0] == Status.OK
    assert board.settings.get("coil_ahead_mm") == -120 and board.flash.settings == []
    status, _, err = run("set", "audio", "0", "--no-sav")
    assert status == Status.USAGE and "--no-sav" in err, "an option that there is not"


@pytest.mark.parametrize(
    ("typed", "meant"), [("sweep_mms", "sweep_mm_s"), ("swep_mm_s", "sweep_mm_s"), ("vsys", "vsys_low_mv")]
)
def test_a_name_that_there_is_not_brings_the_closest(
    run: Run, board: MemoryBoard, tmp_path: Path, typed: str, meant: str
) -> None:
    (tmp_path / "f").write_text(f"{typed} = 1\n")
    for words in (["get", typed], ["set", typed, "1"], ["set", f"{typed}=1"], ["load", tmp_path / "f"]):
        status, _, err = run(*words)
        assert status in (Status.USAGE, Status.BAD_INPUT) and f"no setting '{typed}'" in err, words
        assert "did you mean" in err and meant in err and "`sapper settings get`" in err, words
    assert "did you mean" not in run("get", "qqqqq")[2]
    assert board.heard == []


def completed(*words: str) -> list[str]:
    """What the shell is offered for the last word."""
    extra = {"_SAPPER_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    code = "import sys; sys.argv = ['sapper']; from sapper_host.cli import main; sys.exit(main())"
    environment = os.environ | extra | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    return done.stdout.split()


def test_the_shell_completes_names_of_settings() -> None:
    names = [row[0] for row in TABLE if row[0].startswith("sweep")]
    assert len(names) > 1
    assert completed("sapper", "settings", "get", "sweep") == names
    assert completed("sapper", "settings", "set", "sweep") == names
    assert completed("sapper", "settings", "set", "audio", "0", "sweep") == names
    assert completed("sapper", "settings", "set", "sweep_mm_s", "") == ["300"], "its default"
