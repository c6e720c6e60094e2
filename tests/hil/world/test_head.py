"""A head of several coils in a row: it searches wider, and each coil costs all of them a share of what one alone feels.

Known bad: one coil where the row is asked for sees nothing 0.4 m aside.
"""

from typing import Any

import numpy as np
import pytest

from hil.world.detector_model import DetectorModel
from hil.world.world_file import parse_world

pytestmark = pytest.mark.unit

QUIET: dict[str, Any] = {
    "front_end": {"noise_mv": [0.0, 0.0, 0.0], "wander_mv": [0.0, 0.0, 0.0]},
    "drift": {"thermal_mv": [0.0, 0.0, 0.0]},
}
ROW = {"front_end": {**QUIET["front_end"], "coils": 9, "coil_pitch_m": 0.1}}


def deepest_mv(head: dict[str, Any], what: dict[str, Any], y_m: float) -> float:
    """How far gate 0 is pulled down by what lies at 0.5 m, the head passing `y_m` left of it."""
    model = DetectorModel(parse_world(QUIET | {"world": {"swath_m": 1.0}} | head | what))
    x = np.arange(0.0, 1.0, 0.005)
    gates = model.voltages_mv((np.arange(len(x)) * 500_000).astype(np.int64), np.stack([x, 0 * x + y_m], axis=1))
    return float(1650 - gates[:, 0].min())


PLATE = {"target": [{"material": "copper", "x_m": 0.5, "depth_m": 0.05, "radius_m": 0.03}]}
ROCK = {"hot_rock": [{"x_m": 0.5, "strength_mv": 100.0}]}


@pytest.mark.parametrize("what", [PLATE, ROCK], ids=["target", "hot rock"])
def test_a_row_of_nine_feels_the_mean_of_what_its_coils_feel(what: dict[str, Any]) -> None:
    alone = [deepest_mv({}, what, 0.1 * k) for k in range(-4, 5)]
    assert deepest_mv(ROW, what, 0.0) == pytest.approx(np.mean(alone), rel=0.02)


def test_a_row_of_nine_sees_the_edge_of_its_swath_and_one_coil_does_not() -> None:
    middle = deepest_mv(ROW, PLATE, 0.0)
    assert deepest_mv(ROW, PLATE, 0.4) > 0.5 * middle
    assert deepest_mv({}, PLATE, 0.4) < 0.02 * middle


def test_the_ground_is_felt_in_full_by_a_row() -> None:
    soil = {"soil": {"strength_mv": 80.0, "variation": 0.0, "height_mm": 0.0}}
    assert deepest_mv(ROW, soil, 0.0) == pytest.approx(deepest_mv({}, soil, 0.0))


def test_one_coil_is_where_the_rover_is() -> None:
    assert parse_world({}).front_end.across_m == (0.0,)
    assert parse_world(ROW).front_end.across_m == pytest.approx(np.arange(-4, 5) / 10)
