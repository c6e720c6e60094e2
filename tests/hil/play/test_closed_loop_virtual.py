"""The real firmware on the virtual Pico drives a rover through a world: it moves, counts, finds, stops."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from hil.play.closed_loop import ClosedLoop
from hil.play.operator import Operator
from hil.rigs.capabilities import power_of
from hil.rigs.registry import open_rig
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.world.world import load_world
from sapper.shared.pins import GPIO
from sapper.shared.settings import Settings

pytestmark = [pytest.mark.virtual, pytest.mark.slow, pytest.mark.xdist_group("virtual"), pytest.mark.timeout(240)]

SETTINGS = Settings()


@dataclass
class Drive:
    rig: Rig
    loop: ClosedLoop
    operator: Operator

    def states(self) -> list[str]:
        return [str(event.args["to"]) for event in self.operator.heard.events if event.kind == "state"]

    def run_until(self, state: str, limit_s: float) -> None:
        end = self.rig.now_ns + int(limit_s * NS_PER_S)
        while state not in self.states():
            assert self.rig.now_ns < end, f"no {state} within {limit_s} s: {self.states()}"
            self.operator.run(50 * NS_PER_MS)


@pytest.fixture
def drive() -> Iterator[Drive]:
    """Armed, in the clean world, standing at its start."""
    rig = open_rig("virtual")
    try:
        loop = ClosedLoop(rig, load_world("clean"))
        operator = Operator(rig, loop.run)
        operator.boot()
        operator.settle(0.5)
        operator.arm()
        yield Drive(rig, loop, operator)
    finally:
        rig.close()


def test_a_sweep_stops_over_the_first_object(drive: Drive) -> None:
    first = drive.loop.world.file.targets[0]
    drive.operator.must("sweep 4000")
    drive.run_until("CONTACT", 12)
    stop = drive.loop.truth.stops[-1]
    assert -0.10 < stop.s_m - first.x_m < 0.10
    # as fast as it swept, or slower already, as the statistic came near an alert
    assert 0.9 * SETTINGS.get("sweep_slow_mm_s") / 1000 < stop.speed_m_s < 1.06 * 0.3
    drive.operator.run(NS_PER_S // 2)
    assert drive.loop.truth.speeds_m_s[-1] == (0.0, 0.0)
    status = dict(pair.split("=") for pair in drive.operator.must("status").split())
    # no slip in this world: the board's odometer is the truth
    assert int(status["s_mm"]) == pytest.approx(1000 * drive.loop.truth.coil_m[-1][0], abs=5)
    assert abs(int(status["y_mm"])) < 20


def test_the_emergency_stop_ends_all_motion(drive: Drive) -> None:
    drive.operator.must("sweep 4000")
    drive.operator.run(NS_PER_S)
    assert drive.loop.world.rover.contactor_closed and min(drive.loop.truth.speeds_m_s[-1]) > 0.2
    enable = drive.rig.pin(GPIO["MOTOR_EN"])
    pressed_ns = drive.rig.now_ns
    drive.loop.emergency_stop(True)
    drive.loop.run(2 * NS_PER_MS)
    assert enable.level == 0
    drive.operator.run(NS_PER_S)
    at_press, at_rest = drive.loop.truth.coil_at(pressed_ns)[0], drive.loop.truth.coil_m[-1][0]
    assert drive.loop.truth.speeds_m_s[-1] == (0.0, 0.0)
    assert at_rest - at_press < 0.05
    assert "STOPPED" in drive.states()
    # closing the loop again moves nothing
    drive.loop.emergency_stop(False)
    drive.operator.run(NS_PER_S // 2)
    assert drive.loop.truth.coil_m[-1][0] == at_rest and enable.level == 0


def test_places_go_on_over_two_armings_and_each_reset_has_a_boot_number_of_its_own(drive: Drive) -> None:
    rig, operator = drive.rig, drive.operator

    def status() -> dict[str, int]:
        operator.must("telemetry on")
        count = len(operator.heard.frames)
        operator.run(NS_PER_S // 2)
        return dict([frame.fields for frame in operator.heard.frames[count:] if frame.name == "STATUS"][-1])

    for lane in (1, 2):
        operator.must("sweep 300")
        operator.run(4 * NS_PER_S)
        operator.must("disarm")
        seen = status()
        assert seen["s_mm"] == pytest.approx(300 * lane, abs=15), lane
        assert seen["x_mm"] == pytest.approx(1000 * drive.loop.truth.coil_m[-1][0], abs=5)
        operator.arm()
    boots = [seen["boot"]]
    operator.keep_alive(False)
    for restart in ("reboot", "power"):
        if restart == "power":
            power_of(rig).power_cut()
            rig.run(NS_PER_S)
            power_of(rig).power_on()
        else:
            operator.must("disarm")
            operator.must("reboot")
        rig.run(NS_PER_S)
        operator.boot()
        seen = status()
        assert (seen["s_mm"], seen["x_mm"], seen["y_mm"], seen["heading_mrad"]) == (0, 0, 0, 0)
        boots.append(seen["boot"])
    assert boots[1] == boots[0] + 1 and boots[2] not in (boots[0], boots[1], boots[1] + 1)
