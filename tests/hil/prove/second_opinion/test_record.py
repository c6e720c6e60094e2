"""What was recorded is whole, of these scripts, without an unexplained difference; and docs/rigs.md shows it."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from hil.prove.second_opinion import page, record
from hil.prove.second_opinion.__main__ import unused_reasons
from hil.prove.second_opinion.compare import Row, rows
from hil.prove.second_opinion.explained import EXPLAINED
from hil.prove.second_opinion.figure import Edges, Figure
from hil.prove.second_opinion.units import UNITS, Heard, digests
from sapper_host.files.checkout import DOCS
from sapper_host.files.page import with_parts

pytestmark = pytest.mark.unit
AGAIN = "run `make second-opinion RECORD=1`"


@pytest.fixture(scope="module")
def kept() -> record.Record:
    return record.load()


def judged(kept: record.Record) -> list[Row]:
    return [row for unit in kept.units for row in rows(unit.ours, unit.theirs)]


def test_the_record_is_of_these_units_these_scripts_and_this_emulator(kept: record.Record) -> None:
    assert [unit.unit for unit in kept.units] == list(UNITS), AGAIN
    assert kept.scripts == digests(), AGAIN
    assert kept.emulator == version("rp2040py"), AGAIN


def test_every_difference_has_its_reason_and_every_reason_its_difference(kept: record.Record) -> None:
    found = judged(kept)
    assert [row.wrong for row in found if row.wrong] == []
    assert unused_reasons(list(UNITS), found) == []
    different = {row.name for row in found if row.explained}
    assert different | {name for name, reason in EXPLAINED.items() if reason.either_way} == set(EXPLAINED)


def test_a_reason_for_a_figure_that_is_not_there_is_told(kept: record.Record) -> None:
    found = [row for row in judged(kept) if row.name != next(iter(EXPLAINED))]
    (line,) = unused_reasons(list(UNITS), found)
    assert "take its reason out" in line


def test_the_page_shows_the_record() -> None:
    text = (DOCS / "rigs.md").read_text(encoding="utf-8")
    assert with_parts(text, page.PARTS) == text, "docs/rigs.md is stale: run `make docs`"


@pytest.mark.parametrize("unit", ["arithmetic", "timers", "interrupts", "pio", "pwm", "watchdog", "interlock"])
def test_a_unit_whose_time_goes_a_hundredth_fast_would_not_pass(kept: record.Record, unit: str) -> None:
    (heard,) = (each for each in kept.units if each.unit == unit)
    fast = [replace(figure, value=_faster(figure)) for figure in heard.theirs]
    assert any(row.wrong for row in rows(heard.ours, fast))


def _faster(figure: Figure) -> str | int | Edges:
    if isinstance(figure.value, tuple):
        return tuple((round(t_ns / 1.01), level) for t_ns, level in figure.value)
    return figure.value


def test_a_record_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    units = [Heard("pio", [Figure("a", 1), Figure("b", "x")], [Figure("c", ((0, 1), (5, 0))), Figure("d", ())])]
    record.keep(units, tmp_path / "r.json")
    assert list(record.load(tmp_path / "r.json").units) == units
    more = Heard("boot", [Figure("a", 1)], [Figure("a", 1)])
    record.keep([more], tmp_path / "r.json")
    assert list(record.load(tmp_path / "r.json").units) == [more, *units]
