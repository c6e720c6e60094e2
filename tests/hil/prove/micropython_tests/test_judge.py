"""What a test must print is recorded, or comes from CPython; what it printed is compared with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.prove.micropython_tests import benchmarks, judge
from hil.prove.micropython_tests.rooms import Case

pytestmark = pytest.mark.unit

COUNTED = b"test_one (Test) ... ok\n" + b"-" * 70 + b"\nRan 1 tests\n\n"
BENCHMARK = """
bm_params = {(50, 25): (2,), (100, 100): (3,), (1000, 1000): (4,)}


def bm_setup(params):
    return lambda: None, lambda: (1, params[0] * 7)
"""


def case(folder: Path, text: str, room: str = "basics") -> Case:
    path = folder / "sample.py"
    path.write_text(text)
    return Case(room, path)


def test_what_a_test_must_print_is_recorded_or_comes_from_cpython(tmp_path: Path) -> None:
    test = tmp_path / "sample.py"
    test.write_text("print(1 + 1)\n")
    assert judge.expected_output(test) == b"2\n"
    test.write_text("print(1)\nraise ValueError\n")
    assert judge.expected_output(test).endswith(b"CRASH")
    (tmp_path / "sample.py.exp").write_bytes(b"recorded\r\n")
    assert judge.expected_output(test) == b"recorded\n"


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
    assert judge.matches(printed, wanted) == same


@pytest.mark.parametrize(
    ("printed", "result"),
    [
        (b"3\n", "passed"),
        (b"2\n", "failed"),
        (b"3\nCRASH", "failed"),
        (b"SKIP\n", "skipped"),
        (b"3\nSKIP\n", "failed"),
        (COUNTED + b"OK\n", "passed"),
        (COUNTED + b"OK (skipped=1)\n", "passed"),
        (COUNTED + b"FAILED (failures=1, errors=0)\n", "failed"),
        (COUNTED + b"OK\nCRASH", "failed"),
    ],
)
def test_a_test_passes_by_what_it_prints_or_by_its_own_count(tmp_path: Path, printed: bytes, result: str) -> None:
    outcome = judge.judged(case(tmp_path, "print(3)\n"), printed, 0.25)
    assert (outcome.name, outcome.result, outcome.emulated_s) == ("basics/sample", result, 0.25)


@pytest.mark.parametrize(
    ("printed", "result", "took_us"),
    [
        (b"1234 1 21\n", "passed", 1234),
        (b"1234 1 None\n", "passed", 1234),
        (b"1234 1 28\n", "failed", 0),
        (b"-1 -1 SKIP: no matching params\n", "skipped", 0),
        (b"Traceback (most recent call last):\n  SKIP\nCRASH", "failed", 0),
        (b"", "failed", 0),
    ],
)
def test_a_benchmarks_result_has_to_be_cpythons_for_the_same_size(
    tmp_path: Path, printed: bytes, result: str, took_us: int
) -> None:
    bench = case(tmp_path, BENCHMARK, "perf_bench")
    (tmp_path / "benchrun.py").write_text(
        "def bm_run(N, M):\n    run, result = bm_setup(bm_params[N, M])\n    run()\n    print(5, *result())\n"
    )
    outcome = benchmarks.judged(bench, printed, 0.5)
    assert (outcome.result, outcome.measured_us) == (result, took_us)
