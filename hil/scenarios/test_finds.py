"""Over buried targets: it stops over a find, and a lane driven to its end has found them all."""

import pytest

from hil.play.lane_run import LaneRun
from hil.testing.board import Board
from hil.testing.watched import WatchedRig
from hil.world.world import World, load_world
from sapper_host.limits import limit

AT_REST_WITHIN_M = 0.15  # of the target, before the verdict
PLACE_WITHIN_M = 0.12


def test_a_find_stops_the_rover_over_it(board: Board) -> None:
    world = board.world.world
    assert isinstance(world, World)
    target = min(world.file.targets, key=lambda each: each.x_m)
    board.sweep()
    board.until_state("CONTACT", within_s=15)
    board.run(1)
    s_m, _ = board.world.truth.coil_m[-1]
    assert abs(s_m - target.x_m) < AT_REST_WITHIN_M
    assert board.world.truth.speeds_m_s[-1] == pytest.approx((0, 0), abs=0.001)
    board.operator.must("mark")
    board.operator.must("verdict mine")
    board.until_state("ARMED", within_s=1)


@pytest.mark.needs("Time")
@pytest.mark.slow
def test_a_lane_is_driven_to_its_end_with_every_target_found_and_each_stop_in_time(rig: WatchedRig) -> None:
    run = LaneRun(rig, load_world("clean"))
    run.prepare()
    result = run.drive()
    assert result.ended == "lane" and not result.score.missed
    assert len(result.score.on_nothing) <= 1
    errors_m = [abs(found.error_m) for found in result.score.found]
    assert max(errors_m) <= PLACE_WITHIN_M, errors_m
    # To the tick that a clock can be told by from outside.
    assert max(stop.latency_ms for stop in result.stops) <= limit("ALERT_STOP_MS").value + 1
