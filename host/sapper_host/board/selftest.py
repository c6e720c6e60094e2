"""The board's self-test, as rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sapper_host.board.link import Link
from sapper_host.errors import BoardError

# It writes flash, for which the data sheet allows 400 ms a sector.
_SELFTEST_S = 20.0
_PASS = "pass"


@dataclass(frozen=True)
class Check:
    """One check of the self-test: `text` is 'pass', or what is wrong and what to do."""

    name: str
    passed: bool
    text: str

    def as_dict(self) -> dict[str, Any]:
        """For `--json` and records."""
        return asdict(self)


def run(link: Link) -> list[Check]:
    """Have the board test itself. BoardError when it refuses to; LinkError when the line goes."""
    answer = link.command("selftest", timeout_s=_SELFTEST_S, check=False)
    if not answer.ok and answer.error_name != "selftest":
        raise BoardError("selftest", answer.error_name, answer.text)
    rows = (line.partition(": ") for line in answer.lines)
    checks = [Check(name, text == _PASS, text) for name, colon, text in rows if colon]
    if not answer.ok and all(check.passed for check in checks):
        # The line that told it was lost on the way; the last line names it again.
        name, _, text = answer.text.partition(": ")
        checks.append(Check(name, False, text))
    return checks


def passed(checks: list[Check]) -> bool:
    """Whether the board is well: it told at least one check, and all of them pass."""
    return bool(checks) and all(check.passed for check in checks)
