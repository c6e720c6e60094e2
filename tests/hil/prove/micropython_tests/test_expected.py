"""A test that does not end as it should is named, whichever way; what is listed and is no more so is, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.prove.micropython_tests.expected import Exemption, exemptions, stale, surprises
from hil.prove.micropython_tests.judge import RESULTS, Outcome
from hil.prove.micropython_tests.rooms import ROOMS

pytestmark = pytest.mark.unit

ROWS = [
    Exemption("failed", ("basics/known", "float/*_64"), "it has 32 bits"),
    Exemption("skipped", ("extmod/socket_*",), "no network"),
]


@pytest.mark.parametrize(
    ("name", "result", "told"),
    [
        ("basics/fine", "passed", ""),
        ("basics/known", "failed", ""),
        ("float/divide_64", "failed", ""),
        ("extmod/socket_tcp", "skipped", ""),
        ("basics/fine", "failed", "basics/fine failed; it printed\n1\n\ninstead of\n2\n"),
        ("basics/fine", "skipped", "basics/fine skipped, and should have passed"),
        ("basics/known", "passed", "basics/known passed, and should have failed: it has 32 bits"),
        ("extmod/socket_tcp", "passed", "extmod/socket_tcp passed, and should have skipped: no network"),
        (
            "extmod/socket_tcp",
            "failed",
            "should have skipped: no network; if that is no more so, mend expected.toml; it",
        ),
    ],
)
def test_a_test_that_ends_otherwise_is_named_with_what_it_printed(name: str, result: str, told: str) -> None:
    lines = surprises([Outcome(name, result, 0.1, "1\n", "2\n")], ROWS)
    assert len(lines) == bool(told)
    assert told in "".join(lines)


def test_a_pattern_that_no_test_has_is_told() -> None:
    names = ["basics/known", "extmod/socket_tcp"]
    assert stale(names, ROWS) == ["expected.toml: no test is named float/*_64"]
    assert stale([*names, "float/a_64"], ROWS) == []


def test_each_row_of_the_list_says_why_and_is_of_a_room_that_is_run() -> None:
    rows = exemptions()
    patterns = [pattern for row in rows for pattern in row.tests]
    assert len(patterns) == len(set(patterns)) > 50
    assert {row.result for row in rows} < set(RESULTS)
    assert all(len(row.why) > 20 and "\n" not in row.why for row in rows)
    assert {str(Path(pattern).parent) for pattern in patterns} <= set(ROOMS)
