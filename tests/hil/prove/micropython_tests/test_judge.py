"""MicroPython's own tests pass on our image in the emulator: a sample here, all with `make micropython-tests`."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.prove import micropython_tests as runner
from hil.prove.micropython_tests import Outcome
from hil.rigs.firmware import default_uf2
from toolchain import sources

# Every 15th of the 540, so that every kind is in it.
STRIDE = 15


@pytest.mark.virtual
@pytest.mark.slow
@pytest.mark.skipif(sources.present() is None, reason="no sources in the cache: run 'make firmware'")
def test_a_sample_of_micropythons_own_tests_passes() -> None:
    tests = runner.select(runner.tests_folder(), [])[::STRIDE]
    outcomes = runner.run_tests(tests, default_uf2())
    assert [outcome.name for outcome in outcomes] == [test.stem for test in tests]
    assert runner.verdict(outcomes) == []
    assert sum(outcome.result == "passed" for outcome in outcomes) > 0.9 * len(tests)


@pytest.mark.unit
def test_a_failure_is_shown_and_one_that_is_known_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "EXPECTED_FAILURES", {"known": "because"})
    failed = Outcome("new", "failed", 0.1, "1\n", "2\n")
    assert runner.verdict([Outcome("fine", "passed", 0.1), Outcome("known", "failed", 0.1, "x", "y")]) == []
    assert "new failed; it printed\n1\n\ninstead of\n2" in runner.verdict([failed])[0]
    assert "take it out" in runner.verdict([Outcome("known", "passed", 0.1)])[0]


@pytest.mark.unit
def test_what_a_test_must_print_is_recorded_or_comes_from_cpython(tmp_path: Path) -> None:
    test = tmp_path / "sample.py"
    test.write_text("print(1 + 1)\n")
    assert runner.expected_output(test) == b"2\n"
    test.write_text("print(1)\nraise ValueError\n")
    assert runner.expected_output(test).endswith(b"CRASH")
    (tmp_path / "sample.py.exp").write_bytes(b"recorded\r\n")
    assert runner.expected_output(test) == b"recorded\n"


@pytest.mark.unit
def test_tests_are_chosen_by_pattern(tmp_path: Path) -> None:
    for name in ("list1", "list2", "set1"):
        (tmp_path / f"{name}.py").touch()
    assert [test.stem for test in runner.select(tmp_path, ["list*"])] == ["list1", "list2"]
    assert len(runner.select(tmp_path, [])) == 3


@pytest.mark.unit
@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        (b"1\n2\n", b"1\n2\n", True),
        (b"1\n", b"1\n2\n", False),
        (b"help text\nmore\ndone\n", b"########\ndone\n", True),
        (b"done\n", b"########\ndone\n", True),
        (b"False\nFalse\n", b"########\nFalse\n########\nFalse\n", True),
        (b"False\nTrue\n", b"########\nFalse\n########\nFalse\n", False),
        (b"a.c\n", b"a\\.c\n", False),
        (b"", b"1\n", False),
    ],
)
def test_output_is_compared_whole_but_for_lines_that_may_be_any(printed: bytes, wanted: bytes, same: bool) -> None:
    assert runner.matches(printed, wanted) == same
