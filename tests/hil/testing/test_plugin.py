"""The pytest plugin in somebody's own repository: skips told by name, repetitions that count, what a failure leaves."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from hil.testing.book_file import Book
from sapper_host.recordings.mcap_file import McapReading
from tests.hil.testing.outside import Ran, run

pytestmark = [pytest.mark.sil, pytest.mark.usefixtures("micropython")]

GOOD_AND_BAD = """
import pytest

def test_good(board):
    assert board.state == "SAFE"

def test_bad(board):
    board.sweep()
    board.world.emergency_stop(True)
    board.until_state("CONTACT", within_s=0.5)  # it will be STOPPED

@pytest.mark.needs("Power", "Faults")
def test_for_another_rig(rig):
    raise AssertionError("not for sil")

def test_of_theirs():
    assert True
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(
        tmp_path_factory.mktemp("theirs"), {"test_theirs.py": GOOD_AND_BAD}, "--rig", "sil", "--junitxml", "j.xml"
    )


def test_it_runs_what_the_rig_offers_and_names_what_it_does_not(ran: Ran) -> None:
    assert ran.status == 1, ran.out
    assert "1 failed, 2 passed, 1 skipped" in ran.out
    assert "needs Power, Faults, which sil does not offer" in ran.out
    assert "CONTACT did not come within 0.5 s; the board is STOPPED" in ran.out
    assert "1 failed, 1 passed, 1 skipped; " in ran.out and "report.html" in ran.out


def test_a_failure_leaves_picture_recording_lines_and_facts(ran: Ran) -> None:
    folder = ran.report / "failures" / "test_theirs.py-test_bad-sil"
    assert (folder / "timeline.png").read_bytes().startswith(b"\x89PNG")
    lines = (folder / "console.txt").read_text().splitlines()
    assert any(line.endswith("> sweep 4000") for line in lines)
    assert any("reason=estop_open" in line and " < " in line for line in lines)
    reading = McapReading(folder / "session.mcap")
    topics = {message.topic for message in reading.messages()}
    assert reading.complete and {"/event", "/console", "/status"} <= topics
    assert reading.metadata["sapper-scenario"]["board"] == "53494c5249470001"
    assert not list((ran.report / "failures").glob("*good*"))


def test_junit_has_who_ran_what_on_which_board(ran: Ran) -> None:
    cases = {case.get("name"): case for case in ElementTree.parse(ran.folder / "j.xml").iter("testcase")}
    bad = {each.get("name"): each.get("value") for each in cases["test_bad[sil]"].iter("property")}
    known = "rig firmware board version git instrument firmware_file_sha256 timeline recording last_lines"
    assert {f"sapper_{name}" for name in known.split()} <= set(bad)
    assert (bad["sapper_rig"], bad["sapper_git"]) == ("sil", "not in git")
    assert "estop_open" in str(bad["sapper_last_lines"])
    good = {each.get("name"): each.get("value") for each in cases["test_good[sil]"].iter("property")}
    assert good["sapper_board"] == bad["sapper_board"] and "sapper_timeline" not in good
    assert not list(cases["test_of_theirs"].iter("property"))


def test_the_page_stands_alone_and_shows_the_failure(ran: Ran) -> None:
    page = ran.page
    assert page.count("data:image/png;base64,") == 1
    assert "<link" not in page and 'src="http' not in page and "<script" not in page
    assert "the board is STOPPED" in page and "estop_open" in page
    assert 'href="failures/test_theirs.py-test_bad-sil/session.mcap"' in page
    assert "test_of_theirs" not in page


def test_every_run_is_in_the_book_a_skipped_one_is_none(ran: Ran) -> None:
    rows = [(each.scenario, each.rig, each.outcome, each.board) for each in Book(ran.book).runs()]
    board = "53494c5249470001"
    assert sorted(rows) == [
        ("test_theirs.py::test_bad", "sil", "failed", board),
        ("test_theirs.py::test_good", "sil", "passed", board),
    ]


SOMETIMES = """
from pathlib import Path
import pytest

@pytest.mark.parametrize("what", ["a", "b"])
def test_sometimes(rig, what):
    runs = Path(f"runs-{what}")
    count = len(runs.read_text()) if runs.exists() else 0
    runs.write_text("x" * (count + 1))
    assert what == "b" or count != 1
"""


def test_each_repetition_counts_and_what_fails_now_and_then_is_told_flaky(tmp_path: Path) -> None:
    ran = run(tmp_path, {"test_theirs.py": SOMETIMES}, "--rig", "sil", "--count", "3")
    assert ran.status == 1 and "1 failed, 5 passed" in ran.out, ran.out
    assert (tmp_path / "runs-a").read_text() == (tmp_path / "runs-b").read_text() == "xxx"
    assert "test_sometimes[a-sil-2of3]" in ran.out or "test_sometimes[sil-2of3-a]" in ran.out
    told = [line for line in ran.out.splitlines() if line.startswith("FLAKY")]
    assert len(told) == 1 and "1 of 3" in told[0] and told[0].endswith("test_theirs.py::test_sometimes[a]")
    assert "FLAKY" in ran.page and "1 of 3" in ran.page


def test_workers_of_xdist_make_one_report_and_one_book(tmp_path: Path) -> None:
    ran = run(tmp_path, {"test_theirs.py": GOOD_AND_BAD}, "--rig", "sil", "-n", "2")
    assert ran.status == 1 and "1 failed, 2 passed, 1 skipped" in ran.out, ran.out
    assert ran.page.count("data:image/png;base64,") == 1 and "test_good[sil]" in ran.page
    assert len(Book(ran.book).runs()) == 2


HARMLESS = """
import sys
import pytest

@pytest.fixture
def rig():
    return "a rig of their own"

@pytest.fixture
def world(rig):
    return rig + " in a world"

def test_theirs(world):
    assert world == "a rig of their own in a world"
    loaded = [name for name in sys.modules if name.partition(".")[0] in ("numpy", "scipy", "matplotlib", "serial")]
    assert not loaded and "hil.rigs" not in sys.modules
"""


def test_where_nobody_asks_for_a_rig_it_is_not_noticed(tmp_path: Path) -> None:
    ran = run(tmp_path, {"test_theirs.py": HARMLESS}, "--strict-markers", "-W", "error")
    assert ran.status == 0 and "1 passed" in ran.out, ran.out
    assert "rigs" not in ran.out and not (tmp_path / "build").exists() and not (tmp_path / "state").exists()


def test_scenarios_without_a_rig_are_skipped_with_what_to_say(tmp_path: Path) -> None:
    ran = run(tmp_path, {"test_theirs.py": "def test_one(board): pass\n"})
    assert ran.status == 0 and "1 skipped" in ran.out and "--rig sil, --rig virtual or --rig bench" in ran.out, ran.out


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (("--rig", "sli"), "", "no rig 'sli'; there are sil, virtual"),
        (("--rig", "sil", "--count", "0"), "", "give 1 or more"),
        (("--rig", "sil", "--rig-config", "none.toml"), "", "there is no file none.toml"),
        (("--rig", "sil"), "@pytest.mark.needs('Powr')\n", "needs Powr; there are Lines, Pins"),
    ],
)
def test_what_cannot_be_is_said_before_anything_runs(
    tmp_path: Path, words: tuple[str, ...], text: str, said: str
) -> None:
    ran = run(tmp_path, {"test_theirs.py": f"import pytest\n{text}def test_one(rig): pass\n"}, *words)
    assert ran.status == 4 and said in ran.out and "Traceback" not in ran.out, ran.out


def test_a_place_of_a_farm_that_nobody_opens_is_told_for_each_and_tried_once(tmp_path: Path) -> None:
    theirs = {"test_theirs.py": "def test_one(rig): pass\ndef test_two(rig): pass\n"}
    ran = run(tmp_path, theirs, "--rig", "sil", "--place", "bench-7")
    assert ran.status == 1 and "2 errors" in ran.out and "nobody here opens a farm's rigs" in ran.out, ran.out
    assert ran.out.count("not tried again in this session") >= 1
    assert [each.outcome for each in Book(ran.book).runs()] == ["error", "error"]


OF_A_FARM = """
from hil.rigs.registry import open_rig

def pytest_sapper_open_rig(config, name, firmware, options):
    print("opened at", config.getoption("--place"))
    return open_rig(name, firmware, **options)
"""


def test_a_farm_opens_the_rig_where_a_place_is_given(tmp_path: Path) -> None:
    theirs = {"conftest.py": OF_A_FARM, "test_theirs.py": "def test_one(board): assert board.state == 'SAFE'\n"}
    ran = run(tmp_path, theirs, "--rig", "sil", "--place", "bench-7", "-s")
    assert ran.status == 0 and "opened at bench-7" in ran.out, ran.out


def test_a_spoilt_book_is_told_and_the_runs_go_on(tmp_path: Path) -> None:
    (tmp_path / "book.sqlite").write_bytes(b"no book" * 1000)
    ran = run(tmp_path, {"test_theirs.py": "def test_one(rig): pass\n"}, "--rig", "sil")
    assert ran.status == 0 and "was spoilt" in ran.out and "set aside as book.sqlite.spoilt-" in ran.out, ran.out
    assert "was spoilt" in ran.page and len(Book(ran.book).runs()) == 1
