"""`make mutants`: what is changed and excused, and what fails; the list dies; nothing is left behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hil.errors import HilError
from hil.prove.mutants.__main__ import EQUIVALENT, KEPT
from hil.prove.mutants.mutant import Excuse, Mutant, excuses, kept
from hil.prove.mutants.operators import mutants
from hil.prove.mutants.report import Report
from hil.prove.mutants.rooms import FLOORS, FOLDER
from hil.prove.mutants.trial import Map, Outcome, as_they_are
from sapper_host.errors import Status
from sapper_host.files.checkout import ROOT

NOTICED = """
[[mutant]]
name = "the key is never off"
file = "firmware/sapper/safety/watch.py"
line = "            bits |= _KEY_OFF"
becomes = "            pass"
tests = ["tests/firmware/safety/test_watch.py::test_alone_it_stops_at_its_tick_by_its_name"]
"""
UNNOTICED = """
[[mutant]]
name = "another comment"
file = "firmware/sapper/shared/units.py"
line = "# 65,536 sixteenths are 3300 mV"
becomes = "# nobody reads this"
tests = ["tests/firmware/safety/test_supervisor.py::test_no_event_at_all_stays"]
"""


def changes(source: str) -> list[str]:
    """What each mutant of a source makes of its lines."""
    return [mutant.texts(source.encode())[1] for mutant in mutants("x.py", source.encode())]


@pytest.mark.unit
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = a < b", ["x = a <= b"]),
        ("x = a >= b", ["x = a > b"]),
        ("x = a == b != c", ["x = a != b != c", "x = a == b == c"]),
        ("x = a is not b", ["x = a is b"]),
        ("x = a not in b", ["x = a in b"]),
        ("x = (a) + (b)", ["x = (a) - (b)"]),
        ("x = a // b << c", ["x = a * b << c", "x = a // b >> c"]),
        ('x = "%d" % a', []),
        ("x = a and b or c", ["x = a or b or c", "x = a and b and c"]),
        ("x = not a", ["x = a"]),
        ("x = -a", ["x = a"]),
        ("x = 7", ["x = 8"]),
        ("x = 3000", ["x = 6000"]),
        ("x = True", ["x = False"]),
        ("x = 'text'", []),
        ("x = max(a, b)", ["x = min(a, b)"]),
        ("x = a if b else c", ["x = a if not (b) else c"]),
        ("x = (1, 2, 3, 4, 5, 6, 7, 8, 9)", ["x = (2, 2, 3, 4, 5, 6, 7, 8, 9)", "x = (1, 2, 3, 4, 5, 6, 7, 8, 10)"]),
        ("a += b", ["pass", "a -= b"]),
    ],
)
def test_each_operator_changes_what_it_says(line: str, expected: list[str]) -> None:
    assert sorted(changes(line)) == sorted(expected)


@pytest.mark.unit
def test_statements_go_one_by_one_but_not_what_init_sets_nor_text_nor_decorators() -> None:
    source = '''
class A:
    """Text."""

    def __init__(self):
        self.a = 0
        self.b = other(3)

    @micropython.native
    def step(self, x: int, y=2):
        """Text."""
        self.a = x
        local = x
        call(local)
        while x:
            break
        if x > 4:
            raise ValueError("no")
        return x
'''
    assert changes(source) == [
        "self.b = other(4)",
        "def step(self, x: int, y=3):",
        "pass",
        "pass",
        "while not (x):",
        "pass",
        "if not (x > 4):",
        "if x >= 4:",
        "if x > 5:",
        "pass",
        "return None",
    ]


# Nothing but rows, each of which tests/firmware/safety/test_supervisor.py expects by itself.
TABLES = ("rules.py",)


@pytest.mark.unit
def test_every_file_of_the_rooms_has_mutants_that_parse_and_differ() -> None:
    for room in FLOORS:
        files = [path for path in (ROOT / FOLDER / room).glob("*.py") if path.stat().st_size > 1000]
        files = [path for path in files if path.name not in TABLES]
        assert files
        for path in files:
            source = path.read_bytes()
            made = mutants(path.name, source)
            assert len(made) >= 5 and len({mutant.apply(source) for mutant in made}) == len(made), path


@pytest.mark.unit
def test_every_row_of_the_list_still_stands_once_in_its_file() -> None:
    assert len(kept(KEPT, ROOT)) >= 20


@pytest.mark.unit
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("bits |= _KEY_OFF", "bits |= _GONE"), "stale: its line stands 0 times"),
        (('"            bits |= _KEY_OFF"', '"        app = self._app"'), "stale: its line stands 4 times"),
        (('"            bits |= _KEY_OFF"', '"bits |= _KEY_OFF"'), "stale: its line stands 0 times"),
        (("watch.py", "watcher.py"), "stale"),
        (('"            pass"', '"            bits |= _KEY_OFF"'), "changes nothing"),
        (("becomes", "instead"), "name, file, line, becomes and tests"),
    ],
)
def test_a_row_that_fits_no_more_is_an_error_not_a_pass(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text(NOTICED.replace(*change, 1))
    with pytest.raises(HilError, match=said):
        kept(path, ROOT)


@pytest.mark.unit
def test_excuses_are_of_lines_that_are_there_and_say_why() -> None:
    for excuse in excuses(EQUIVALENT):
        lines = {" ".join(line.split()) for line in (ROOT / excuse.file).read_text().splitlines()}
        assert excuse.was in lines, excuse
        assert excuse.becomes != excuse.was and len(excuse.why) > 15


SOURCE = b"a = 1\nb = 2\nc = 3\nd = 4\n"
FILE = "firmware/sapper/safety/x.py"


def outcome(line: int, how: str) -> Outcome:
    at = 6 * (line - 1) + 4
    return Outcome(Mutant(FILE, at, at + 1, b"9", "constant"), how, "", 3)


@pytest.mark.unit
def test_the_score_leaves_out_what_is_excused_and_tells_survivors_by_line() -> None:
    report = Report({"safety": 70.0}, [Excuse(FILE, "d = 4", "d = 9", "it is never read")], lambda file: SOURCE)
    for line, how in ((1, "test"), (2, "time"), (4, "survived")):
        assert report.add(outcome(line, how)) == ""
    room = report.rooms["safety"]
    assert room.ok and room.score == 100 and room.excused == 1 and report.stale() == []
    assert report.add(outcome(3, "survived")).startswith(f"{FILE}:3: constant (3 tests ran it)")
    assert round(room.score, 1) == 66.7 and not room.ok
    assert room.survivors[0] | {"was": "c = 3", "becomes": "c = 9", "line": 3} == room.survivors[0]


@pytest.mark.unit
def test_an_excuse_for_what_the_tests_notice_is_stale() -> None:
    excuse = Excuse(FILE, "d = 4", "d = 9", "it is never read")
    report = Report({"safety": 70.0}, [excuse], lambda file: SOURCE)
    report.add(outcome(4, "test"))
    assert report.stale() == [excuse]
    assert Report({"drive": 70.0}, [excuse], lambda file: SOURCE).stale() == [], "of a room that was not tried"


@pytest.mark.unit
def test_tests_are_those_of_the_line_a_function_each_first_within_the_budget() -> None:
    lines = {FILE: {1: [""], 2: ["f[1]", "f[2]", "g"], 3: ["g"]}}
    tests = Map(lines, {"f[1]": 1.0, "f[2]": 1.0, "g": 3.0})
    assert tests.tests(outcome(3, "").mutant, SOURCE, 10) == ["g"]
    assert tests.tests(outcome(2, "").mutant, SOURCE, 10) == ["f[1]", "g", "f[2]"]
    assert tests.tests(outcome(2, "").mutant, SOURCE, 2) == ["f[1]"]
    assert set(tests.tests(outcome(1, "").mutant, SOURCE, 10)) == {"f[1]", "f[2]", "g"}, "run at import"
    assert Map({}, {}).tests(outcome(1, "").mutant, SOURCE, 10) == []


class FailsAnyway:
    """A copy whose tests fail, whatever is changed."""

    def ask(self, **job: object) -> dict[str, object]:
        return {"status": 1, "failed": "tests/x.py::test_y", "seconds": {}, "lines": {}}


@pytest.mark.unit
def test_a_test_that_fails_without_a_mutant_kills_none() -> None:
    with pytest.raises(HilError, match="before anything is changed.*test_y"):
        as_they_are(FailsAnyway(), ["tests/x.py"])  # type: ignore[arg-type]


def command(tmp_path: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    """The command as a program of its own, whose copies lie in tmp_path/copies."""
    (tmp_path / "copies").mkdir()
    line = [
        sys.executable,
        "-m",
        "hil.prove.mutants",
        "--list-only",
        "--jobs",
        "1",
        "--out",
        str(tmp_path / "out.json"),
    ]
    return [*line, *words], os.environ | {"TMPDIR": str(tmp_path / "copies"), "PYTHONPATH": f"{ROOT}:{ROOT / 'host'}"}


def state_of_the_tree() -> str:
    """Every file that the mutants could touch, in one hash."""
    found = hashlib.sha256()
    for path in sorted((ROOT / FOLDER).rglob("*.py")):
        found.update(path.read_bytes())
    return found.hexdigest()


@pytest.mark.slow
def test_what_no_test_notices_fails_and_what_one_does_is_told_with_it(tmp_path: Path) -> None:
    before = state_of_the_tree()
    listed = tmp_path / "list.toml"
    listed.write_text(NOTICED + UNNOTICED)
    words, environment = command(tmp_path, "--list", str(listed))
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == Status.SHORTFALL, done.stderr
    assert "SURVIVED another comment" in done.stdout and "killed   the key is never off" in done.stdout
    rows = {row["name"]: row for row in json.loads((tmp_path / "out.json").read_text())["list"]}
    assert rows["the key is never off"]["ok"] and not rows["another comment"]["ok"]
    assert rows["the key is never off"]["by"].startswith("tests/firmware/safety/test_watch.py::")
    assert state_of_the_tree() == before and list((tmp_path / "copies").iterdir()) == []


@pytest.mark.slow
def test_a_row_whose_test_is_gone_is_an_error_not_a_kill(tmp_path: Path) -> None:
    listed = tmp_path / "list.toml"
    listed.write_text(NOTICED.replace("test_alone_it_stops", "test_gone"))
    words, environment = command(tmp_path, "--list", str(listed))
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == Status.ERROR and "are not there" in done.stderr


def workers_in(folder: Path) -> list[psutil.Process]:
    """Processes whose working directory is in there."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_however_it_is_ended_no_process_of_it_is_left_and_but_for_a_kill_no_copy(
    how: signal.Signals, status: int, tmp_path: Path
) -> None:
    words, environment = command(tmp_path)
    process = subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().startswith(b"killed")
        assert workers_in(tmp_path)
        process.send_signal(how)
        assert process.wait(60) == status
    end = time.monotonic() + 60
    while (left := workers_in(tmp_path)) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []
    assert how == signal.SIGKILL or list((tmp_path / "copies").iterdir()) == []
    assert not (tmp_path / "out.json").exists()


@pytest.mark.slow
def test_the_whole_list_dies(tmp_path: Path) -> None:
    words, environment = command(tmp_path)
    words[words.index("--jobs") + 1] = "2"
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=290, check=False)
    assert done.returncode == Status.OK, done.stdout + done.stderr
