"""The firmware drives through a small field on `sil`: it finds what lies in the plane, and the world tells the truth.

Known bad: a turn where nobody searched puts tracks on such ground, and that is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hil.play.field_loop import FieldLoop
from hil.play.operator import Operator
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.world.field.field_file import parse_field
from hil.world.field.field_world import FieldWorld

pytestmark = pytest.mark.sil

FIELD: dict[str, Any] = {
    "field": {"corners_m": [[0, 0], [5, 0], [5, -3], [0, -3]], "base_length_m": 3.0},
    "start": {"x_m": -0.6, "y_m": -0.4},
    "front_end": {"coils": 10},
    "relief": {"slope_deg": 1.0, "swell_mm": 5.0},
    "obstacle": [{"name": "tree", "x_m": 4.0, "y_m": -0.6, "radius_m": 0.2}],
    "target": [{"material": "steel", "x_m": 1.6, "y_m": -0.15, "depth_m": 0.05, "shape": "plate", "radius_m": 0.06}],
}


@dataclass
class Field:
    rig: Rig
    loop: FieldLoop
    operator: Operator

    @property
    def world(self) -> FieldWorld:
        return self.loop.field

    def sweep(self, mm: int, limit_s: float = 30) -> None:
        """To its end, or what ends it."""
        self.operator.must(f"sweep {mm}")
        self.operator.run(100 * NS_PER_MS)
        end_ns = self.rig.now_ns + int(limit_s * NS_PER_S)
        while self.operator.state == "SWEEP" and self.rig.now_ns < end_ns:
            self.operator.run(50 * NS_PER_MS)

    def drive(self, mm_s: int, mrad_s: int, seconds: float) -> None:
        """By hand."""
        end_ns = self.rig.now_ns + int(seconds * NS_PER_S)
        while self.rig.now_ns < end_ns:
            self.operator.must(f"drive {mm_s} {mrad_s}")
            self.operator.run(150 * NS_PER_MS)
        self.operator.must("drive 0 0")
        self.operator.run(600 * NS_PER_MS)


@pytest.fixture
def field() -> Iterator[Field]:
    """Armed before the base line; ground counts as searched in a sweep alone."""
    rig = open_rig("sil")
    try:
        loop = FieldLoop(rig, FieldWorld(parse_field(FIELD)))
        operator = Operator(rig, loop.run)
        loop.searching = lambda: operator.state == "SWEEP"
        operator.boot()
        operator.settle(0.5)
        operator.arm()
        yield Field(rig, loop, operator)
    finally:
        rig.close()


def test_a_lane_finds_what_lies_aside_of_it_and_searches_its_swath(field: Field) -> None:
    field.sweep(2400)
    assert field.operator.state == "CONTACT"
    world = field.world
    head_m = world.skid.coil_m[0]
    assert head_m == pytest.approx(1.6, abs=0.15)
    assert world.truth.trespasses == []
    truth = world.truth
    assert all(truth.searched_at(0.7, y) for y in (-0.05, -0.4, -0.75)), "the swath, once the head went over it"
    assert not truth.searched_at(0.7, -0.9) and not truth.searched_at(2.4, -0.4)
    assert truth.searched_share == pytest.approx((head_m - 0.0) * 0.9 / 15, rel=0.08)
    assert truth.nearest_m[0] > 0.3


def test_turning_where_nobody_searched_is_told_and_going_back_over_the_lane_is_not(field: Field) -> None:
    field.sweep(1300)
    assert field.operator.state in ("ARMED", "CONTACT")
    if field.operator.state == "CONTACT":
        field.operator.must("verdict clutter")
    field.drive(-200, 0, 1.5)
    truth = field.world.truth
    truth.flush()
    assert truth.trespasses == [], "on the lane"
    field.drive(0, 500, 3.0)
    field.drive(200, 0, 3.0)
    truth.flush()
    assert truth.trespasses and truth.trespasses[0].cells > 0
    first = truth.trespasses[0]
    assert not truth.searched_at(first.x_m, first.y_m)


def test_the_machine_stops_against_a_tree_and_that_is_told(field: Field) -> None:
    """The tracks stand against it; the board says what it makes of that."""
    operator, world = field.operator, field.world
    end_ns = field.rig.now_ns + 20 * NS_PER_S
    while field.rig.now_ns < end_ns and operator.ask("drive 300 0")[0].startswith("ok"):
        operator.run(150 * NS_PER_MS)
    operator.run(NS_PER_S)
    assert operator.state == "FAULT", "a track that is driven and stands"
    assert [each.obstacle for each in world.knocks][:1] == [0]
    front_m = world.skid.coil_m[0] + 0.07
    assert 3.75 < front_m < 3.81
    assert world.skid.speeds_m_s == (0.0, 0.0)


def test_the_receivers_bytes_come_on_the_boards_second_line(field: Field) -> None:
    sent: list[bytes] = []
    line = field.rig.uart[1]
    write = line.write
    line.write = lambda data: (sent.append(data), write(data))  # type: ignore[method-assign, assignment]
    field.operator.run(2 * NS_PER_S)
    text = b"".join(sent)
    assert text.count(b"GNGGA") == pytest.approx(10, abs=1)
    assert b",4," in text


class HeardImu:
    """What is given to a rig's port for the gyro's rows."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.rows: list[np.ndarray] = []

    def play(self, times_ns: np.ndarray, rows: np.ndarray) -> None:
        self.times += times_ns.tolist()
        self.rows.append(rows)


def test_a_rig_with_a_gyro_is_given_a_row_for_each_sample_once() -> None:
    rig: Any = open_rig("sil")
    try:
        heard = HeardImu()
        rig.imu.play = heard.play
        loop = FieldLoop(rig, FieldWorld(parse_field(FIELD)))
        for _ in range(200):
            loop.run(7 * NS_PER_MS + 123_000)
        times = heard.times
        assert times == sorted(set(times)) and len(times) == pytest.approx(104 * 200 * 0.007123, abs=2)
        rows = np.concatenate(heard.rows)
        assert rows.shape == (len(times), 7) and rows.dtype == np.int16
        assert rows[:, 6].mean() == pytest.approx(1 / 0.000061, rel=0.03)
    finally:
        rig.close()
