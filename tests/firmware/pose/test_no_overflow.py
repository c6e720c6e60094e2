"""No integer of the pose leaves 30 bits, wherever and however the rover goes, and whatever GNSS and gyro say."""

import importlib
import random

import pytest
import watched
from pose_sim import Values
from watched import GrownError, Watched, WatchedArray

from sapper.pose import pose as pose_module
from sapper.shared.sine import sine_table

pytestmark = pytest.mark.unit

ROVERS = (
    {},
    {"ticks_per_m": 100, "track_width_mm": 100, "antenna_ahead_mm": 2000, "antenna_left_mm": -2000},
    {"ticks_per_m": 10_000, "track_width_mm": 2000, "antenna_up_mm": 2000},
)
FAR = (0, 3_999_000, -3_999_000)


@pytest.fixture
def watching(monkeypatch):
    for name in ("reckoning", "spread", "records", "gyro_check", "aiding"):
        monkeypatch.setattr(importlib.import_module(f"sapper.pose.{name}"), "array", WatchedArray)
    table = [Watched(one if one >= 0 else one + 65536) for one in sine_table()]
    monkeypatch.setattr(importlib.import_module("sapper.pose.reckoning"), "sine_table", lambda: table)


@pytest.mark.parametrize("rover", range(len(ROVERS)))
def test_thirty_bits_suffice(watching, rover):
    rnd = random.Random(rover)
    pose = pose_module.Pose(Values(**ROVERS[rover]))
    per_mm = ROVERS[rover].get("ticks_per_m", 1000) / 1000
    used = 0
    for _ in range(6):
        pose.place(
            Watched(rnd.choice(FAR)), Watched(rnd.choice(FAR)), Watched(rnd.choice((0, 3141, -3142, 10_000_000))),
            Watched(rnd.choice((0, 14, 5000, 100_000))), Watched(rnd.choice((0, 6, 900, 5000))),
        )  # fmt: skip
        for _ in range(14):
            fast = rnd.choice((0, 3, 15, -15, 400))
            left, right = (round(fast * per_mm * rnd.uniform(0.5, 1)) for _ in range(2))
            gyro = rnd.choice((None, 0, 10_000, -10_000, 30_000_000, -30_000_000))
            kind = rnd.choice((0, 1, 2, 3, 3, 3))
            off = rnd.choice((0, 0, 40, 500, -20_000, 500_000_000))
            elapsed = rnd.choice((10, 10, 20, 500))
            for tick in range(60):
                if gyro is not None:
                    pose.turned(Watched(gyro))
                pose.tilt(Watched(rnd.choice((0, 100, -3000, 3000))), Watched(rnd.choice((0, -100, 500))))
                pose.step(Watched(left), Watched(right), Watched(elapsed))
                if kind and tick % 5 == 0:
                    used += pose.fix(
                        Watched(pose.x_mm + off + rnd.randrange(-9, 9)), Watched(pose.y_mm + off),
                        Watched((14, 14, 300, 14)[kind] * rnd.choice((1, 1, 1000))), Watched(kind),
                        Watched(rnd.randrange(400)),
                    )  # fmt: skip
    assert used > 50


def test_a_drive_of_hours_stays_within_them(watching):
    """Counters go round."""
    pose = pose_module.Pose(Values())
    pose.place(0, 0, 0, 10, 5)
    words = pose._reckoning.words
    for name in ("WALKED", "WALKED_URAD", "WAY_MM", "TURNED_MRAD"):
        pose._spread.words[getattr(importlib.import_module("sapper.pose.spread"), name)] = (1 << 28) - 50
    words[5] = (1 << 28) - 500
    for tick in range(400):
        pose.turned(Watched(20))
        pose.step(Watched(3), Watched(3), Watched(10))
        if tick % 10 == 9:
            assert pose.fix(pose.x_mm + 120, pose.y_mm - 60, Watched(14), Watched(3), Watched(0)) or tick < 100
    assert pose.absolute and not pose.dropped


def test_the_watch_sees(watching):
    pose = pose_module.Pose(Values())
    pose.place(Watched(0), Watched(0), Watched(0), Watched(0), Watched(0))
    with pytest.raises(GrownError):
        pose.step(Watched(0), Watched(0), Watched(watched.LIMIT - 1))
        pose.step(Watched(0), Watched(0), Watched(watched.LIMIT - 1))
