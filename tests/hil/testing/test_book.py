"""The book of runs: what is flaky is told, nothing that was written is lost, a spoilt file is set aside and told."""

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hil.errors import HilError
from hil.testing import book as table
from hil.testing.book import BROKEN, FLAKY, NOT_YET, RUNS_TO_TELL, STEADY, verdicts
from hil.testing.book_file import FAILED, PASSED, UNFINISHED, Book, Run

pytestmark = pytest.mark.unit


def run(outcome: str = PASSED, scenario: str = "test_stop", firmware: str = "aa", rig: str = "virtual") -> Run:
    return Run(0.0, scenario, rig, firmware, "b0", "", outcome, 1.0, "it broke" if outcome != PASSED else "")


def write(book: Book, outcomes: list[str], scenario: str = "test_stop", firmware: str = "aa") -> None:
    for outcome in outcomes:
        book.end(book.begin(scenario, "virtual", firmware), outcome, 0.5, "b0", "it broke")


def test_flaky_is_what_passes_and_fails_on_the_same_firmware_and_rig_however_few_the_runs() -> None:
    [verdict] = verdicts([run(), run(FAILED)])
    assert (
        verdict.flaky
        and verdict.verdict == FLAKY
        and (verdict.low, verdict.high) == pytest.approx((0.095, 0.905), abs=1e-3)
    )
    assert verdict.why == ("it broke",)


@pytest.mark.parametrize("differs", ["firmware", "rig", "scenario"])
def test_a_failure_of_another_firmware_rig_or_scenario_makes_nothing_flaky(differs: str) -> None:
    found = verdicts([run(), run(FAILED, **{differs: "other"})])
    assert len(found) == 2 and not any(each.flaky for each in found)


def test_steady_and_broken_are_said_after_as_many_runs_as_bear_it_and_no_sooner() -> None:
    for outcome, word in ((PASSED, STEADY), (FAILED, BROKEN)):
        assert verdicts([run(outcome)] * (RUNS_TO_TELL - 1))[0].verdict == NOT_YET
        assert verdicts([run(outcome)] * RUNS_TO_TELL)[0].verdict == word
    assert verdicts([run()] * RUNS_TO_TELL)[0].high < 0.1


def test_the_table_names_flaky_ones_first_and_its_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "book.sqlite"
    book = Book(path)
    write(book, [PASSED] * 3, "test_a")
    assert table.main([str(path)]) == 0
    write(book, [PASSED, FAILED, PASSED], "test_b")
    capsys.readouterr()
    assert table.main([str(path)]) == table.FLAKY_FOUND
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("FLAKY") and lines[0].endswith("test_b") and lines[1].strip() == "it broke"
    assert lines[-1] == "6 runs of 2; 1 flaky"
    assert table.main([str(path), "--json"]) == table.FLAKY_FOUND
    [first, _] = json.loads(capsys.readouterr().out)
    assert (first["runs"], first["failed"], first["boards"]) == (3, 1, ["b0"])
    assert table.main([str(tmp_path / "none")]) == 2


KILLED = """
import sys, time
from pathlib import Path
from hil.testing.book_file import Book
book = Book(Path(sys.argv[1]))
while True:
    number = book.begin("test_long", "virtual", "aa")
    print(number, flush=True)
    book.end(number, "passed", 0.1)
    print("ended", number, flush=True)
"""


def test_what_was_told_as_written_is_there_after_kill_9_and_a_run_cut_short_is_unfinished(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    for pause in (0.05, 0.13, 0.31):
        before = Book(path).runs()
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline()]
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
            lines += process.stdout.readlines()
        book = Book(path)
        after = book.runs()
        assert not book.told
        passed = [each for each in after if each.outcome == PASSED]
        ended = sum(line.startswith("ended") for line in lines)
        assert len(passed) - sum(each.outcome == PASSED for each in before) >= ended > 0
        assert sum(each.outcome == UNFINISHED for each in after) <= sum(r.outcome == UNFINISHED for r in before) + 1
    # One that certainly was under way
    number = Book(path).begin("test_mine", "virtual", "aa")
    assert not [each for each in Book(path).runs() if each.scenario == "test_mine"]  # this process lives
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE runs SET process_began = process_began - 1000 WHERE id = ?", (number,))
    [mine] = [each for each in Book(path).runs() if each.scenario == "test_mine"]
    assert mine.outcome == UNFINISHED and verdicts([mine])[0].failed == 1


def _many(path: str, name: str) -> None:
    book = Book(Path(path))
    for _ in range(20):
        book.end(book.begin(name, "virtual", "aa"), PASSED, 0.1)


def test_many_processes_write_at_once_and_no_run_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_many, args=(str(path), f"test_{i}")) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert {(v.scenario, v.runs) for v in verdicts(Book(path).runs())} == {(f"test_{i}", 20) for i in range(4)}


@pytest.mark.parametrize("spoil", ["no database", "a page in the middle", "cut short"])
def test_a_spoilt_file_is_set_aside_told_and_a_new_one_begun(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "book.sqlite"
    write(Book(path), [PASSED] * 200)
    data = path.read_bytes()
    assert len(data) > 3 * 4096
    bad = {
        "no database": b"not a database at all" * 100,
        "a page in the middle": data[:8192] + os.urandom(4096) + data[12288:],
        "cut short": data[: len(data) // 2],
    }[spoil]
    path.write_bytes(bad)
    path.with_name("book.sqlite-journal").write_bytes(b"of the spoilt one")
    book = Book(path)
    assert "was set aside as book.sqlite.spoilt-" in book.told
    [aside] = [each for each in tmp_path.glob("*.spoilt-*") if "journal" not in each.name]
    assert aside.read_bytes() == bad
    assert not path.with_name("book.sqlite-journal").exists()
    assert book.runs() == [] and not Book(path).told
    write(book, [PASSED])
    assert len(Book(path).runs()) == 1


def test_a_run_ends_once_and_a_skipped_one_was_none(tmp_path: Path) -> None:
    book = Book(tmp_path / "book.sqlite")
    number = book.begin("test_stop", "sil", "aa")
    book.end(number, FAILED, 1.0)
    with pytest.raises(HilError, match="not under way"):
        book.end(number, PASSED, 1.0)  # as a silent repetition would have it
    book.forget(number)
    assert [each.outcome for each in book.runs()] == [FAILED]
    book.forget(book.begin("test_stop", "sil", "aa"))
    assert len(book.runs()) == 1


def test_a_book_that_cannot_be_written_names_another_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HilError, match="name another place"):
        Book(tmp_path / "file" / "book.sqlite")
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(HilError, match="another version"):
        Book(newer)
