"""The figures of the step: one that stops nothing is told, and fails."""

import pytest

from hil.errors import HilError
from hil.prove.benchmarks.step import Step, rows

pytestmark = pytest.mark.unit

GOOD = Step(40.0, 2.0)


def failing(*steps: Step | None) -> list[str]:
    return [row.name for row in rows(list(steps)) if not row.ok]


def test_steps_that_all_stopped_it_in_time_pass() -> None:
    assert failing(GOOD, GOOD, GOOD) == []


def test_one_without_an_alert_fails_and_is_not_left_out() -> None:
    assert failing(GOOD, None, GOOD) == ["such steps that stopped nothing within 400 ms"]


@pytest.mark.parametrize("steps", [[], [None], [None, None]])
def test_none_at_all_is_no_figure(steps: list[None]) -> None:
    with pytest.raises(HilError, match="no step raised an alert"):
        rows(list(steps))
