"""Which tests fail or do not apply here, and why: expected.toml. Whatever is not in it passes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hil.prove.micropython_tests.judge import FAILED, PASSED, SKIPPED, Outcome

EXPECTED = Path(__file__).parent / "expected.toml"


@dataclass(frozen=True)
class Exemption:
    """Tests (shell patterns over ROOM/TEST) that end with this result instead of 'passed', and why."""

    result: str
    tests: tuple[str, ...]
    why: str

    def is_of(self, name: str) -> bool:
        """Whether it is about that test."""
        return any(fnmatchcase(name, pattern) for pattern in self.tests)


def exemptions(path: Path = EXPECTED) -> list[Exemption]:
    """The file's rows."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return [
        Exemption(result, tuple(row["tests"]), row["why"])
        for result in (FAILED, SKIPPED)
        for row in told.get(result, [])
    ]


def surprises(outcomes: Sequence[Outcome], rows: Sequence[Exemption]) -> list[str]:
    """Tests that did not end as they should, each with what it printed."""
    lines = []
    for outcome in outcomes:
        row = next((row for row in rows if row.is_of(outcome.name)), None)
        should = row.result if row else PASSED
        if outcome.result == should:
            continue
        line = f"{outcome.name} {outcome.result}"
        if row:
            line += f", and should have {should}: {row.why}; if that is no more so, mend {EXPECTED.name}"
        if outcome.result == FAILED:
            line += f"; it printed\n{outcome.printed}\ninstead of\n{outcome.expected}"
        elif not row:
            line += ", and should have passed"
        lines.append(line)
    return lines


def stale(names: Iterable[str], rows: Sequence[Exemption]) -> list[str]:
    """Patterns that no test has, of a run of all."""
    known = list(names)
    return [
        f"{EXPECTED.name}: no test is named {pattern}"
        for row in rows
        for pattern in row.tests
        if not any(fnmatchcase(name, pattern) for name in known)
    ]
