"""What was found, one row a thing: its place, what the operator said of it, and whether it was marked."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from sapper_host.recordings.contacts import Contact, Joined, join
from sapper_host.recordings.contacts_csv import contacts_csv
from sapper_host.recordings.parts import parts_of
from sapper_host.recordings.score import finds_of
from sapper_host.recordings.session import read_session
from tests.host.recorded_rover import RecordedRover

pytestmark = pytest.mark.unit


@pytest.fixture
def rover(tmp_path: Path) -> RecordedRover:
    return RecordedRover(tmp_path / "s.mcap")


def joined(rover: RecordedRover) -> Joined:
    session = read_session(rover.recorder.path)
    parts = parts_of(session)
    found = join(parts)
    if len(parts) == 1:
        assert sorted(contact.s_mm / 1000 for contact in found.contacts) == finds_of(session.events)
    assert [contact.number for contact in found.contacts] == list(range(1, len(found.contacts) + 1))
    return found


def attend(
    rover: RecordedRover, verdict: str, marks: int = 1, contact: bool = True, class_name: str = "ferrous"
) -> None:
    """An alert, so many marks, a verdict, and on, past the thing."""
    rover.alert(class_name)
    for _ in range(marks):
        rover.mark()
    rover.verdict(verdict)
    rover.to("SWEEP")
    rover.drive(400)
    if contact:
        rover.contact(behind_mm=350, class_name=class_name)


def test_alert_contact_verdict_and_mark_of_one_thing_are_one_row(rover: RecordedRover) -> None:
    with rover:
        rover.drive(1000)
        attend(rover, "mine")
        rover.drive(1000)
        attend(rover, "clutter", marks=0, class_name="non_ferrous")
    first, second = joined(rover).contacts
    ahead = first.x_mm - first.s_mm if first.x_mm is not None else 0
    assert (first.source, first.s_mm, first.y_mm, first.class_name) == ("contact", 1050, 0, "ferrous") and ahead > 100
    assert (first.verdict, first.marks, first.marked, first.statistic) == ("mine", (1,), True, 1500)
    assert (second.verdict, second.marks, second.class_name, second.s_mm) == ("clutter", (), "non_ferrous", 2450)
    assert second.x_mm == 2450 + ahead


def test_an_alert_that_was_never_passed_is_a_find_of_its_own(rover: RecordedRover) -> None:
    with rover:
        rover.drive(1000)
        rover.alert()
        rover.mark()
        rover.verdict("mine")
        rover.to("SAFE")
    [contact] = joined(rover).contacts
    assert (contact.source, contact.s_mm, contact.verdict, contact.marks) == ("alert", 1000, "mine", (1,))
    assert (contact.strength, contact.statistic, contact.extent_mm) == (700, 900, None)


def test_a_verdict_is_of_the_alert_that_stands_not_of_a_contact_told_meanwhile(rover: RecordedRover) -> None:
    """The coil has just passed one thing far enough to describe it when it stops over the next."""
    with rover:
        rover.drive(1000)
        attend(rover, "clutter", contact=False)
        rover.drive(200)
        rover.alert("non_ferrous")
        rover.contact(behind_mm=580)
        rover.mark()
        rover.verdict("mine")
    first, second = joined(rover).contacts
    assert (first.s_mm, first.verdict, first.marks) == (1020, "clutter", (1,))
    assert (second.s_mm, second.verdict, second.marks) == (1600, "mine", (2,))


def test_a_verdict_whose_alert_was_lost_is_not_of_a_thing_far_away(rover: RecordedRover) -> None:
    with rover:
        rover.drive(1000)
        attend(rover, "mine")
        rover.drive(2000)
        said_ms = rover.t_ms + 10
        rover.verdict("clutter")
    found = joined(rover)
    assert [contact.verdict for contact in found.contacts] == ["mine"]
    assert found.loose_verdicts == ((1, said_ms),)


def test_a_sweep_that_marks_by_itself_marks_the_contact_of_the_same_tick(rover: RecordedRover) -> None:
    with rover:
        rover.drive(1000)
        rover.event("detect", strength=700, statistic=900, level=300, **{"class": "ferrous"})
        rover.drive(600)
        rover.event("detect", strength=500, statistic=500, level=300, **{"class": "mixed"})
        rover.contact(behind_mm=590)
        rover.t_ms -= 10  # the mark is of the contact's own tick
        rover.mark()
        rover.drive(400)
    first, second = joined(rover).contacts
    assert (first.s_mm, first.marks) == (1010, (1,)) and (second.s_mm, second.marks) == (1600, ())


def test_a_mark_far_from_any_find_and_a_verdict_on_nothing_are_kept_as_that(rover: RecordedRover) -> None:
    with rover:
        rover.verdict("unknown")
        rover.drive(1000)
        rover.alert()
        rover.verdict("clutter")
        rover.drive(2000)
        rover.mark()
    found = joined(rover)
    assert [(mark.number, mark.contact, mark.s_mm) for mark in found.marks] == [(1, None, 3000)]
    assert found.contacts[0].marks == () and len(found.loose_verdicts) == 1


def test_the_same_place_along_the_track_on_other_ground_is_another_thing(rover: RecordedRover) -> None:
    """A contact; then back, a turn, and an alert at the same s, over a metre away: it must not vanish."""
    with rover:
        rover.drive(2000)
        rover.contact(behind_mm=0)
        rover.drive(-1500)
        rover.turn(1571)
        rover.drive(1500)
        rover.alert()
        rover.mark()
    found = join(parts_of(read_session(rover.recorder.path)))
    first, second = found.contacts
    assert (first.s_mm, first.source, first.marks) == (2000, "contact", ())
    assert (second.s_mm, second.source, second.marks) == (2000, "alert", (1,))
    assert first.y_mm == 0 and second.y_mm is not None and second.y_mm > 1500


def test_finds_of_parts_stay_in_their_parts(tmp_path: Path) -> None:
    rover = RecordedRover(tmp_path / "s.mcap", boot=None)
    with rover:
        for verdict in ("mine", "clutter"):
            rover.to("ARMED")
            rover.drive(1000)
            attend(rover, verdict)
            rover.to("SAFE")
    first, second = joined(rover).contacts
    assert (first.part, first.verdict, first.s_mm) == (1, "mine", 1050)
    assert (second.part, second.verdict, second.s_mm) == (2, "clutter", 1050)
    assert [(mark.part, mark.contact) for mark in joined(rover).marks] == [(1, 1), (2, 2)]


class TestCsv:
    def test_it_says_the_same_in_columns_with_units(self, rover: RecordedRover) -> None:
        with rover:
            rover.drive(1000)
            attend(rover, "mine")
        [row] = csv.DictReader(io.StringIO(contacts_csv(joined(rover).contacts)))
        assert (row["number"], row["part"], row["boot"], row["s_mm"], row["y_mm"]) == ("1", "1", "4711", "1050", "0")
        assert (row["class"], row["verdict"], row["marked"], row["statistic_sigma"]) == (
            "ferrous",
            "mine",
            "yes",
            "15.0",
        )

    @pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1"])
    def test_text_is_no_formula_and_numbers_stay_numbers(self, text: str) -> None:
        contact = Contact(1, 1, None, "contact", 10, -5, -20, None, text, 1, 100, None)
        [row] = csv.DictReader(io.StringIO(contacts_csv([contact])))
        assert row["class"] == "'" + text and row["s_mm"] == "-5" and row["x_mm"] == "-20" and row["y_mm"] == ""
