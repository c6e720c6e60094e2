"""Tables by scene and day: a control beside its scene, levels that keep the rate, a rate that doubles shows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hil.prove.detector_lab import days, scenes
from hil.prove.detector_lab.found import ALERTS, BASELINES, BOUND, CONTACTS, Found, find, groups, levels, tally, totals
from hil.prove.detector_lab.lanes import of_wish
from hil.prove.detector_lab.run import RATE_SET
from hil.prove.detector_lab.score import Find
from hil.prove.detector_lab.soon import find_learned
from hil.prove.detector_lab.tables import as_markdown, as_screen, day_table, group_table, scene_table
from hil.traces.scenes import SCENES
from hil.traces.synth import Wish
from tests.hil.prove.detector_lab.white_lane import white_lane

pytestmark = pytest.mark.unit

PLACES = (4.0, 9.0, 14.0)


@pytest.fixture(scope="module")
def plain() -> list[Found]:
    """What is found is what lies there: a false alarm of the noise would be another lane's tomorrow."""
    found = [find(white_lane(seed, PLACES, times=1.0)) for seed in range(4)]
    return [
        replace(each, finds=each.finds | {who: near(each.finds[who]) for who in (CONTACTS, ALERTS)}) for each in found
    ]


def near(finds: list[Find]) -> list[Find]:
    return [one for one in finds if any(abs(one.s_m - place) <= 0.5 for place in PLACES)]


def with_contacts(found: Found, *places_m: float) -> Found:
    contacts = [*found.finds[CONTACTS], *(Find(place, 9.0) for place in places_m)]
    return replace(found, finds=found.finds | {CONTACTS: contacts})


def test_everyone_is_counted_and_baselines_keep_the_firmwares_rate(plain) -> None:
    loud = [with_contacts(each, 2.0) for each in plain]
    level = levels(loud)
    counts = tally("loud", loud, level)
    assert counts.targets == 12 and counts.found[CONTACTS] == counts.found[ALERTS] == 12
    assert counts.found[BOUND] == pytest.approx(12, abs=0.1)
    assert counts.false_alarms[CONTACTS] == 4 and level.rate == pytest.approx(0.1)
    assert all(counts.false_per_m2(name) <= 0.1 for name in BASELINES)


def test_where_the_firmware_has_no_false_alarm_the_rate_is_the_one_set(plain) -> None:
    assert totals(plain, CONTACTS).false_alarms == 0
    assert levels(plain).rate == RATE_SET


def test_a_control_stands_beside_its_scene_and_its_lanes_set_the_levels(plain) -> None:
    found = {"swing": [with_contacts(each, 2.0, 6.0) for each in plain], "swing-control": plain, "empty": []}
    level = scenes.level_of_calm(found)
    assert level.rate == RATE_SET
    head, rows = scene_table(scenes.tallies({name: lanes for name, lanes in found.items() if lanes}, level))
    assert [row[0] for row in rows] == ["swing"] and len(rows[0]) == len(head)
    assert rows[0][head.index("control: contacts")].startswith("1.00 (")
    assert rows[0][head.index("false contacts / m2")].startswith("0.200 (")
    deaf = [replace(each, finds=each.finds | {CONTACTS: [], ALERTS: []}) for each in plain]
    (row,) = scene_table([tally("swing", deaf, level)])[1]
    assert row[2].startswith("0.00 (0.00..") and row[head.index("control: contacts")] == "-"


def test_a_detector_whose_rate_doubles_on_another_day_shows_it(plain) -> None:
    table = day_table(days.tallies({"first": plain, "other": [with_contacts(each, 2.0) for each in plain]}))
    column = table[0].index("times the rate set")
    assert [row[column] for row in table[1]] == ["0.0", f"{0.1 / RATE_SET:.1f}"]
    assert len({len(row) for row in table[1]} | {len(table[0])}) == 1


def test_targets_of_one_group_are_counted_together(plain) -> None:
    for each in plain:
        each.lane.truth["targets"][0]["group"] = "near"
    (near,) = groups({"x": plain})
    assert (near.targets, near.contacts, near.alerts) == (4, 4, 4)
    assert "near" in as_markdown(*group_table([near]))
    assert as_screen("x", *group_table([near])).row_count == 1


def test_own_days_are_the_development_set_and_the_scenes_of_another_day(plain) -> None:
    made = {name: plain for name in days.OWN_DAYS}
    by_day = days.own_days(plain, made)
    assert len(by_day) == 2 + len(days.OWN_DAYS)
    assert {name.removesuffix(scenes.CONTROL) for name in days.OWN_DAYS} <= set(SCENES)


def test_recorded_days_that_are_not_there_are_left_out(tmp_path) -> None:
    with ThreadPoolExecutor(1) as pool:
        assert days.recorded_days(tmp_path, pool) == {}


def test_scenes_are_made_with_their_controls_and_named_after_them() -> None:
    with ThreadPoolExecutor(1) as pool:
        made = scenes.made_scenes(pool, lanes=1, only="tone_2")
    assert list(made) == ["tone_2", "tone_2-control"] and len(made["tone_2"]) == 1
    assert [scenes.scene_of(white_lane(1))] == ["white_1"]


def test_a_detector_that_knows_the_noise_starts_from_it() -> None:
    lane = of_wish(scenes.SEED, 0, Wish(scene="start"))
    learned = find_learned(lane)
    assert learned.lane is lane and learned.said.contacts
    assert all(contact.s_m <= 4.2 for contact in learned.said.contacts)
