"""Each track is held to what that track was told: nothing of one side's passes for the other's."""

import pytest
from bench import Encoder, Motor

from sapper.drive.drive import Drive
from sapper.shared.limits import ENCODER_STOP_MS, TICK_MS
from sapper.shared.settings import Settings

pytestmark = pytest.mark.unit

LEFT, RIGHT = 0, 1
COAST_MS = 700
sides = pytest.mark.parametrize("side", [LEFT, RIGHT], ids=["left", "right"])


class Tracks:
    """A drive whose tracks roll as they are driven, but for `rolls[side]`: ticks a frame in the place of that."""

    def __init__(self, **changes):
        settings = Settings()
        settings.set_many(list(changes.items()))
        self.motors, self.encoders = (Motor(), Motor()), (Encoder(), Encoder())
        self.drive = Drive(settings, self.motors, self.encoders)
        self.drive.engage()
        self.rolls = [None, None]

    def turn_about(self, side):
        """One frame of a turn that leaves this track at rest: the other does 400 mm/s."""
        for at in (LEFT, RIGHT):
            rolled = self.rolls[at]
            self.encoders[at].ticks = round(self.motors[at].duty_pm / 100) if rolled is None else rolled
        self.drive.sense()
        half_mm = 210
        turn_mrad_s = 200 * 1000 // half_mm + 1
        self.drive.act(200, turn_mrad_s if side == LEFT else -turn_mrad_s + 1)


@sides
def test_a_track_at_rest_has_no_duty_while_the_other_drives(side):
    tracks = Tracks()
    for _ in range(100):
        tracks.turn_about(side)
    assert tracks.motors[side].duty_pm == 0 and tracks.motors[1 - side].duty_pm > 200
    assert tracks.drive.fault_side == -1


@sides
def test_a_track_that_moves_undriven_is_its_own_fault_while_the_other_is_driven(side):
    tracks = Tracks()
    for _ in range(COAST_MS // TICK_MS + 10):
        tracks.turn_about(side)
    tracks.rolls[side] = 3
    for frame in range(1, 100):
        tracks.turn_about(side)
        if tracks.drive.fault_side >= 0:
            break
    assert tracks.drive.fault_side == side and frame * TICK_MS <= ENCODER_STOP_MS


@sides
def test_a_track_that_stands_though_driven_is_its_own_fault_while_the_other_rests(side):
    tracks = Tracks()
    tracks.rolls[1 - side] = 0
    for frame in range(1, 100):
        tracks.turn_about(side)
        if tracks.drive.fault_side >= 0:
            break
    assert tracks.drive.fault_side == 1 - side and frame * TICK_MS <= ENCODER_STOP_MS + 100


@sides
def test_a_reversed_side_is_reversed_alone(side):
    plain, turned = Tracks(), Tracks(**{("left_reversed", "right_reversed")[side]: 1})
    for _ in range(30):
        plain.turn_about(1 - side)
        turned.turn_about(1 - side)
    assert turned.motors[side].duty_pm == -plain.motors[side].duty_pm != 0
    assert turned.motors[1 - side].duty_pm == plain.motors[1 - side].duty_pm
    assert [turned.drive.duty(at) for at in (LEFT, RIGHT)] == [plain.drive.duty(at) for at in (LEFT, RIGHT)]
    assert turned.drive.odometry.heading_mrad == plain.drive.odometry.heading_mrad != 0
