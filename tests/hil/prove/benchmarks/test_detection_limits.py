"""The rows of scenes, days, stops and starts: a detector as wanted keeps them, each known bad one misses its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from hil.prove.benchmarks import detection_limits as limits
from hil.prove.benchmarks.detection_limits import Measured, rows
from hil.prove.benchmarks.row import Row
from hil.prove.detector_lab.approaches import Stops
from hil.prove.detector_lab.bound import Known
from hil.prove.detector_lab.curves import Object
from hil.prove.detector_lab.found import ALERTS, BASELINES, CONTACTS, Found
from hil.prove.detector_lab.lanes import Lane
from hil.prove.detector_lab.run import RATE_SET, Result
from hil.prove.detector_lab.score import Find
from hil.traces.scenes import SCENES
from sapper.shared.events import FAULTS

pytestmark = pytest.mark.unit

PLACES = (2.0, 6.0, 10.0, 14.0, 18.0)
FALSE_M = (4.0, 8.0)
C = list(BASELINES)[-1]


def found(
    targets: Sequence[dict[str, Any]] | Sequence[float] = PLACES,
    contacts: Sequence[float] | None = None,
    alerts: Sequence[float] | None = None,
    *,
    faults: Sequence[str] = (),
    searched_from_m: float | None = 0.5,
    c: Sequence[float] = (),
    extent_m: float = 0.1,
    difficulty: str = "nominal",
) -> Found:
    """A lane on which all is found, unless said otherwise."""
    tables = [{"s_m": each} if isinstance(each, float) else each for each in targets]
    places = [table["s_m"] for table in tables]
    truth = {"lane_length_m": 20.0, "swath_m": 0.5, "difficulty": difficulty, "targets": tables, "hot_rocks": []}
    lane = Lane("made", np.zeros(0), np.zeros((0, 3)), np.zeros(0), truth)

    def finds(some: Sequence[float] | None) -> list[Find]:
        return [Find(place, 9.0, 0, extent_m) for place in (places if some is None else some)]

    said = Result(finds(contacts), finds(alerts), [(1.0, FAULTS.index(name)) for name in faults], searched_from_m)
    by = {CONTACTS: said.contacts, ALERTS: said.alerts} | dict.fromkeys(BASELINES, finds(c))
    return Found(lane, by, said, [Known(9.0, 1.0)] * len(tables))


def row_of(measured: Measured, name: str) -> Row:
    (row,) = [row for row in rows(measured) if name in row.name]
    return row


def of(name: str, *lanes: Found, control: Sequence[Found] = ()) -> Measured:
    return Measured(scenes={name: lanes} | ({f"{name}-control": control} if control else {}))


def test_every_scene_that_is_held_to_something_can_be_made() -> None:
    named = {*limits.CONTACTS_IN, *limits.FALSE_IN, *limits._OF_ONE_SCENE, *(n for n, _ in limits.SHORT_OF_CONTROL)}
    assert named <= set(SCENES)
    assert all(SCENES[name].stress for name, _ in limits.SHORT_OF_CONTROL)


@pytest.mark.parametrize("name", list(limits.CONTACTS_IN))
def test_a_deaf_detector_misses_a_scene_and_one_that_finds_all_does_not(name: str) -> None:
    assert row_of(of(name, found()), f"{name}: contacts").ok
    assert not row_of(of(name, found(contacts=())), f"{name}: contacts").ok


@pytest.mark.parametrize("name", list(limits.FALSE_IN))
def test_a_detector_that_calls_everything_breaks_the_rate(name: str) -> None:
    assert row_of(of(name, found()), f"{name}: false").ok
    assert not row_of(of(name, found(contacts=(*PLACES, *FALSE_M))), f"{name}: false").ok


@pytest.mark.parametrize(("name", "who"), list(limits.SHORT_OF_CONTROL))
def test_a_detector_that_the_stress_makes_deaf_is_short_of_its_control(name: str, who: str) -> None:
    less = found(contacts=PLACES[:4], alerts=PLACES[:4])
    for lane, ok in ((found(), True), (less, False)):
        assert row_of(of(name, lane, control=[found()]), f"{name}: {who} short").ok is ok
    assert row_of(of(name, less, control=[less]), f"{name}: {who} short").ok


def test_alerts_that_come_without_contacts_beside_and_a_deaf_one_are_told_apart() -> None:
    for difficulty in limits.PLAIN:
        kept = Measured(first=[found(difficulty=difficulty)])
        assert all(row.ok for row in rows(kept))
        silent = Measured(first=[found(alerts=(), difficulty=difficulty)])
        assert [row.ok for row in rows(silent)] == [True, True, False]
        deaf = Measured(first=[found(contacts=(), alerts=(), difficulty=difficulty)])
        assert [row.ok for row in rows(deaf)] == [False, True, True]
        wild = Measured(first=[found(contacts=(*PLACES, *FALSE_M), difficulty=difficulty)])
        assert [row.ok for row in rows(wild)] == [True, False, True]


def test_a_rover_that_drives_on_over_targets_misses_stop_mode() -> None:
    for difficulty in limits.STOPS:
        assert row_of(Measured(stops={difficulty: Stops(100, 98, 3)}), "stop mode").ok
        assert not row_of(Measured(stops={difficulty: Stops(100, 60, 3)}), "stop mode").ok
    assert row_of(Measured(stops={"recorded hard": Stops(100, 60, 3)}), "recorded hard, stop mode").limit == ""


def test_a_detector_whose_rate_goes_up_on_another_day_is_told() -> None:
    calm = [found(c=PLACES[:4]) for _ in range(20)]
    assert row_of(of("other_day", *calm), "times the rate set").ok
    loud = [found(contacts=(*PLACES, *FALSE_M)) for _ in range(20)]
    row = row_of(of("other_day", *loud), "times the rate set")
    assert not row.ok and row.value == pytest.approx(0.2 / RATE_SET)


def test_a_detector_that_finds_less_than_the_matched_filter_on_another_day_is_told() -> None:
    assert row_of(of("other_day", found(c=PLACES[:4])), C).ok
    assert not row_of(of("other_day", found(contacts=PLACES[:3], c=PLACES)), C).ok


def test_false_contacts_in_bursts_are_excused_by_a_named_fault_and_by_no_other() -> None:
    wild = {"contacts": (*PLACES, *FALSE_M)}
    for faults, ok in (((), False), (("noise",), True), (("saturated",), False)):
        lanes = of("burst", found(**wild, faults=faults), control=[found()])
        assert row_of(lanes, "burst: false").ok is ok


def test_an_object_at_the_start_is_found_or_the_ground_is_not_called_searched() -> None:
    at = [{"s_m": 0.1, "group": "at 0.10 m"}]
    for contacts, searched_m, ok in (
        ((0.1,), 0.0, True),
        ((), 0.42, True),
        ((), None, True),
        ((), 0.05, False),
    ):
        lane = found(at, contacts, contacts, searched_from_m=searched_m)
        assert row_of(of("start", lane), "start: 0 to 0.2").ok is ok


def test_one_that_needs_metres_to_learn_the_noise_again_misses_what_lies_soon() -> None:
    near, far = ([{"s_m": place, "group": f"after {place:g} m"}] for place in (1.2, 4.0))
    named = "soon, noise learned before: after 1.2 m"
    assert row_of(Measured(learned=[found(near), found(far)]), named).ok
    assert not row_of(Measured(learned=[found(near, ()), found(far)]), named).ok
    assert row_of(of("soon", found(near, ())), "soon, a first start: after 1.2 m").ok  # told, held to nothing


def rail(alerts: Sequence[float], contacts: Sequence[float], faults: Sequence[str] = ()) -> Measured:
    targets = [{"s_m": 3.0, "group": limits.LARGE}, {"s_m": 3.6, "group": limits.BEHIND_RAIL}]
    return of("rail", found(targets, contacts, alerts, faults=faults))


def test_one_that_is_silent_over_or_behind_large_metal_is_told() -> None:
    kept = rail((3.0, 3.6), (3.0, 3.6))
    assert all(row.ok for row in rows(kept))
    assert not row_of(rail((3.0,), (3.0, 3.6)), "rail: alerts 0.50 m behind").ok
    assert not row_of(rail((3.6,), (3.6,)), "that nothing tells of").ok
    assert not row_of(rail((3.0, 3.6), (3.0, 3.6), ["no_pulse"]), "rail: lanes of metal told as a fault").ok


def test_a_sheet_is_a_contact_of_its_length_and_no_fault() -> None:
    sheet = [{"s_m": 4.0, "group": "1 m long", "extent_m": 1.0}]
    for extent_m, ok in ((1.0, True), (0.75, True), (0.3, False), (2.0, False)):
        assert row_of(of("sheet", found(sheet, extent_m=extent_m)), "sheet: contacts with").ok is ok
    assert not row_of(of("sheet", found(sheet, faults=["saturated"])), "sheet: lanes of metal told as a fault").ok
    assert row_of(of("sheet", found(sheet, faults=["warming_up"])), "sheet: lanes of metal told as a fault").ok


def ladder(half: float) -> list[Object]:
    sizes = np.geomspace(1, 10, 60)
    return [
        Object("nominal soil", speed, size, size / 2, size > half, True, 0.5) for speed in (0.2, 0.4) for size in sizes
    ]


def test_one_that_needs_larger_objects_misses_the_size_of_which_half_is_found() -> None:
    for half, ok in ((3.0, True), (5.0, False)):
        kept = [row for row in rows(Measured(objects=ladder(half))) if "half the time" in row.name]
        assert [row.ok for row in kept] == [ok, ok]
        assert all(row.value == pytest.approx(half, rel=0.1) for row in kept)


def test_nothing_measured_gives_no_row() -> None:
    assert rows(Measured()) == []
