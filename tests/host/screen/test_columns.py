"""Columns are as wide as their widest cell, and nothing is cut."""

from __future__ import annotations

import pytest

from sapper_host.screen.columns import line, padded

pytestmark = pytest.mark.unit

ROWS = [("name", "was", "is"), ("a long name", "7", "1000"), ("b", "", "")]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert [line(cells) for cells in padded(ROWS)] == ["name         was  is", "a long name  7    1000", "b"]


def test_numbers_may_stand_on_the_right() -> None:
    assert [line(cells) for cells in padded(ROWS, right=(1, 2))] == [
        "name         was    is",
        "a long name    7  1000",
        "b",
    ]
    assert {len("  ".join(cells)) for cells in padded(ROWS, right=(1, 2))} == {22}


def test_no_rows_are_no_lines() -> None:
    assert padded([]) == []
