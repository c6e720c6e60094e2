"""A board's figures beside the model's."""

from __future__ import annotations

import pytest

from sapper_host.silicon.compare import ROWS, compare
from sapper_host.silicon.model import MODEL

pytestmark = pytest.mark.unit


def test_the_model_is_within_itself_and_every_row_has_its_figure() -> None:
    compared = list(compare(MODEL, MODEL))
    assert [row.what for row in compared if row.within is not True or row.set] == []
    assert len(compared) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.figure)
def test_each_row_notices_a_board_that_is_a_little_too_far_off_and_says_what_to_do(row) -> None:  # type: ignore[no-untyped-def]
    theirs = MODEL[row.figure]
    if isinstance(theirs, bool):
        near, far = theirs, not theirs
    elif isinstance(theirs, str):
        near, far = theirs, theirs + "?"
    else:
        most = max(row.within, row.share * abs(theirs))
        near, far = theirs + 0.99 * most, theirs + 1.01 * most + 1e-6
    found = {each.what: each for each in compare(MODEL | {row.figure: near}, MODEL)}
    assert found[row.what].within is True
    found = {each.what: each for each in compare(MODEL | {row.figure: far}, MODEL)}
    assert [each.what for each in found.values() if not each.within] == [row.what]
    assert found[row.what].set and "{" not in found[row.what].set


def test_what_was_not_measured_is_neither_within_nor_outside() -> None:
    without = {name: value for name, value in MODEL.items() if name != "load_percent"}
    (row,) = [each for each in compare(without, MODEL) if each.within is None]
    assert row.what == "CPU load of a sweep" and row.board is None and not row.set
