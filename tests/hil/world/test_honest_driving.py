"""No false fault: minutes of driving over grades, loose ground and stones, with machines of many kinds, by seed."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from driven import Driven, Told

pytestmark = pytest.mark.unit

_SECONDS = 30.0


def machine(random: Random) -> Driven:
    """One from the corners: what the world's motor, encoder and supply may be, the settings that fit it."""
    friction = random.choice((0.03, 0.06, 0.09))
    per_m = random.choice((300, 1000, 1000, 3000, 8000))
    heavy = random.choice((40.0, 90.0, 150.0, 200.0))
    no_load = random.choice((1.0, 1.15, 1.3))
    at_zero = random.choice(("brake", "coast"))
    reversed_ = [random.choice((0, 1)) for _ in range(2)]
    spec: dict[str, Any] = {
        "mechanical_ms": heavy,
        "electrical_ms": random.choice((0.5, 1.0, 5.0)),
        "coast_ms": random.choice((100.0, 220.0) if at_zero == "coast" else (100.0, 220.0, 500.0)),
        "at_zero_duty": at_zero,
        "friction_m_s": friction,
        "stiction_m_s": friction + random.choice((0.02, 0.03, 0.05)),
        "no_load_m_s": no_load,
        "mismatch": random.choice((0.0, 0.01, 0.03, 0.05)),
        "slip": random.choice((0.0, 0.1, 0.3)),
        "ticks_per_m": float(per_m),
        "left_reversed": reversed_[0],
        "right_reversed": reversed_[1],
    }
    settings = {
        "ticks_per_m": per_m,
        "left_reversed": reversed_[0],
        "right_reversed": reversed_[1],
        # An acceleration that the motor can follow; the duty that just overcomes friction.
        "accel_mm_s2": random.choice((600, 800, 2500) if heavy < 100 else (600, 800)),
        "motor_min_pm": max(60, int(1000 * (friction + 0.02) / no_load)),
    }
    rover = Driven(spec, settings, random.choice((5000.0, 5000.0, 4600.0)), random.randrange(1 << 30))
    rover.late_ticks = random.choice((0.0, 0.02, 0.05))
    return rover


class Day:
    """Manoeuvres, drawn; each gives the fault that it was told, or None. Speeds in mm/s, turns in mrad/s."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.rover = machine(self.random)
        spec = self.rover.rover.spec
        self.brakes = spec.at_zero_duty == "brake"
        self.friction = spec.friction_m_s
        self.manoeuvres: tuple[Callable[[int, int], Told | None], ...] = (
            self.sweep, self.straight, self.turn, self.curve, self.jerks, self.nudges, self.loose, self.stone,
            self.uphill, self.downhill, self.stop_on_a_grade, self.pivot, self.reverse, self.stop,
        )  # fmt: skip

    def run(self) -> tuple[str, Told] | None:
        """The manoeuvre that ended in a fault, and the fault."""
        while self.rover.t_ns < _SECONDS * 1e9:
            manoeuvre = self.random.choice(self.manoeuvres)
            told = manoeuvre(self.random.choice((60, 100, 200, 250, 400, 600)), self.random.choice((1, -1)))
            if told:
                return manoeuvre.__name__, told
        return None

    def steps(self, *steps: tuple[float, int, int]) -> Told | None:
        """(seconds, speed, turn) one after the other."""
        return next((told for step in steps if (told := self.rover.drive_for(*step))), None)

    def onto(self, grade: float) -> None:
        """From here the ground rises along the way that it goes now."""
        self.rover.rover.heading_rad = 0.0
        self.rover.grade = grade

    def sweep(self, speed: int, sign: int) -> Told | None:
        rover = self.rover
        rover.grade = rover.rover.slope_m_s = 0.0
        told = rover.rest_for(0.4) or rover.sweep_for(2.0)
        rover.motion.halt()
        return told

    def straight(self, speed: int, sign: int) -> Told | None:
        return self.steps((1.5, sign * speed, 0))

    def turn(self, speed: int, sign: int) -> Told | None:
        return self.steps((1.2, 0, sign * self.random.choice((300, 600, 1000))))

    def curve(self, speed: int, sign: int) -> Told | None:
        return self.steps((1.2, sign * speed, self.random.choice((-1000, -300, 300, 1000))))

    def pivot(self, speed: int, sign: int) -> Told | None:
        return self.steps((1.0, sign * 210, 1000))

    def jerks(self, speed: int, sign: int) -> Told | None:
        random = self.random
        speeds, turns = (-600, -250, 0, 250, 600), (-1000, 0, 1000)
        return self.steps(*((random.uniform(0.05, 0.3), random.choice(speeds), random.choice(turns)) for _ in range(8)))

    def nudges(self, speed: int, sign: int) -> Told | None:
        return next(
            (t for _ in range(5) if (t := self.steps((0.15, sign * speed, 0)) or self.rover.rest_for(0.3))), None
        )

    def reverse(self, speed: int, sign: int) -> Told | None:
        return self.steps((0.8, sign * speed, 0), (0.8, -sign * speed, 0))

    def stop(self, speed: int, sign: int) -> Told | None:
        return self.steps((0.6, sign * speed, 0)) or self.rover.rest_for(1.2)

    def drag(self, side: int, m_s: float) -> None:
        (self.rover.rover.left, self.rover.rover.right)[side].drag_m_s = m_s

    def loose(self, speed: int, sign: int) -> Told | None:
        """One track rolls half as hard again, or twice as hard."""
        side = self.random.choice((0, 1))
        told = self.steps((0.8, sign * speed, 0))
        self.drag(side, self.random.uniform(0.02, 0.06))
        told = told or self.steps((1.0, sign * speed, 0))
        self.drag(side, 0.0)
        return told

    def stone(self, speed: int, sign: int) -> Told | None:
        side = self.random.choice((0, 1))
        told = self.steps((0.8, sign * speed, 0))
        self.drag(side, 0.15)
        told = told or self.steps((0.06, sign * speed, 0))
        self.drag(side, 0.0)
        return told or self.steps((0.5, sign * speed, 0))

    def grade(self, speed: int, grade: float, turn: int) -> Told | None:
        told = self.steps((0.8, speed, 0))
        self.onto(grade)
        told = told or self.steps((2.5, speed, turn))
        self.onto(0.0)
        return told or self.steps((2.0, speed, 0))

    def uphill(self, speed: int, sign: int) -> Told | None:
        """Up to what takes 0.45 m/s of the motor's 1.15."""
        turn = self.random.choice((0, 0, 300)) if speed >= 200 else 0
        return self.grade(sign * speed, sign * self.random.uniform(0.1, 0.45), turn)

    def downhill(self, speed: int, sign: int) -> Told | None:
        """As steep as its brake holds it to its speed; one that coasts is held by its friction alone."""
        steepest = min(0.45, 0.8 * speed / 1000 + self.friction) if self.brakes else self.friction
        return self.grade(sign * speed, -sign * self.random.uniform(0.02, steepest), 0)

    def stop_on_a_grade(self, speed: int, sign: int) -> Told | None:
        """One that it can stand on: there and back, turning on the spot, standing, starting."""
        self.onto(0.0)
        told = self.steps((0.8, 250, 0))
        self.onto(self.random.uniform(-0.9, 0.9) * self.friction)
        told = told or self.steps((2.0, 250, 0), (0.8, -250, 0), (0.8, 0, 1000), (0.5, 100, 0))
        told = told or self.rover.rest_for(1.0) or self.steps((0.5, sign * speed, 0)) or self.rover.rest_for(1.0)
        self.onto(0.0)
        return told or self.steps((2.0, 200, 0))


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("mm_s", [60, -60, 100, -150, 250, 400])
@pytest.mark.parametrize("no_load", [1.0, 1.15, 1.3])
def test_loose_ground_under_one_track_may_go_on_for_long(no_load, mm_s, side):
    """As loose as the corpus has it, for eight seconds, under the weaker motor (0) and under the stronger, at the
    supply's nominal."""
    spec = {"no_load_m_s": no_load, "mismatch": 0.05, "mechanical_ms": 150.0}
    rover = Driven(spec, {"motor_min_pm": max(60, int(80 / no_load))})
    rover.late_ticks = 0.05
    assert rover.drive_for(1.0, mm_s) is None
    (rover.rover.left, rover.rover.right)[side].drag_m_s = 0.06
    assert rover.drive_for(8.0, mm_s) is None


# The default sample, and machines that a narrower slack tells at once: motors 17 to 23 % stronger than set, tracks at
# different speeds, accelerations as slow as they may be, a halt while they roll.
_SAMPLE = (*range(12), 103, 121, 178, 251, 305, 337, 1217, 1268)


@pytest.mark.parametrize("seed", _SAMPLE)
def test_half_a_minute_of_honest_driving_is_no_fault(seed):
    assert Day(seed).run() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=[] if seed in (100, 220) else [pytest.mark.whole]) for seed in range(100, 340, 20)],
)
def test_ten_minutes_of_honest_driving_on_twenty_machines_are_no_fault(seed):
    assert [(n, told) for n in range(seed, seed + 20) if (told := Day(n).run())] == []
