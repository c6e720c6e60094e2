"""Runs a pose over made-up drives and prints what it tells: the same under both Pythons.

`python pose_both_ways.py PART` with the firmware on the path; `heap` prints `NAME BYTES TICKS`: what ticks and fixes
leave on the heap of MicroPython.
"""

import gc
import sys

import micropython
from sapper.pose import roots
from sapper.pose.pose import Pose

ROVER = {
    "ticks_per_m": 977,
    "track_width_mm": 420,
    "antenna_ahead_mm": 120,
    "antenna_left_mm": -60,
    "antenna_up_mm": 400,
}
_state = 4711


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103 + 12345) & 0x7FFFF
    return low + (_state >> 3) % (high - low + 1)


class Values:
    def get(self, name):
        return ROVER[name]


def root():
    for n in range(400):
        n = pick(0, 500000) * pick(0, 2000)
        print(n, roots.root(n), roots.hypot(n >> 3, pick(0, 1 << 18)), roots.nearer(pick(1, 40000), n))


def show(pose):
    print(
        pose.x_mm,
        pose.y_mm,
        pose.heading_mrad,
        pose.sigma_mm,
        pose.sigma_mrad,
        pose.absolute,
        pose.gnss,
        pose.dropped,
        pose.gyro_dropped,
    )


def drives():
    """Legs that know nothing of where they go; fixes near where the pose thinks it is, some far off."""
    pose = Pose(Values())
    for x0, y0, heading in ((0, 0, 0), (3_900_000, -3_900_000, 3000), (-2_000_000, 1000, -700_000)):
        pose.place(x0, y0, heading, pick(0, 60), pick(0, 40))
        for leg in range(25):
            left, right = pick(-4, 6), pick(-4, 6)
            gyro, tilts, fixes = pick(0, 4), pick(0, 1), pick(0, 3)
            wrong_x, wrong_y, kind = pick(-30, 30), pick(-30, 30), (3, 3, 3, 2, 1)[pick(0, 4)]
            ramp = pick(-4, 4) if pick(0, 3) == 0 else 0
            if pick(0, 9) == 0:
                wrong_x += 500
            for tick in range(120):
                if gyro:
                    pose.turned((right - left) * (1500 if gyro > 1 else -900) + pick(-40, 40))
                if tilts:
                    pose.tilt(pick(-90, 90), pick(-60, 60))
                pose.step(left, right, 10 if tick % 50 else 20)
                if fixes and tick % (10 * fixes) == 7:
                    wrong_x += ramp
                    print(
                        pose.fix(
                            pose.x_mm + wrong_x + pick(-9, 9),
                            pose.y_mm + wrong_y + pick(-9, 9),
                            (0, 2000, 300, 14)[kind],
                            kind,
                            pick(0, 300),
                        )
                    )
                if tick % 10 == 9:
                    show(pose)
    pose.forget()
    show(pose)


@micropython.native
def _drive(pose, ticks, left, right, gyro, fixes, wrong):
    """fixes: one each so many ticks."""
    tick = 0
    while tick < ticks:
        if gyro:
            pose.turned((right - left) * 1500)
            pose.tilt(40, -30)
        pose.step(left, right, 10)
        if fixes and tick % fixes == 0:
            pose.fix(pose.x_mm + 120 + wrong, pose.y_mm - 60, 14, 3, 130)
        tick += 1


# name, counts of the tracks, gyro, a fix each so many ticks, how far that is off
CASES = (
    ("stand", 0, 0, True, 10, 0),
    ("straight", 3, 3, True, 10, 0),
    ("back", -4, -4, True, 100, 0),
    ("turn", -3, 3, True, 10, 0),
    ("curve", 2, 4, False, 10, 0),
    ("stuck", -3, 3, True, 0, 0),
    ("alone", 3, 3, False, 0, 0),
    ("lie", 3, 3, True, 10, 500),
)


def heap():
    for name, left, right, gyro, fixes, wrong in CASES:
        pose = Pose(Values())
        pose.place(1_000_000, -2_000_000, 500, 12, 5)
        _drive(pose, 300, left, right, gyro, fixes, 0)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        _drive(pose, 600, left, right, gyro, fixes, wrong)
        used = gc.mem_alloc() - before
        if sys.argv[2:] == ["canary"]:
            used = gc.mem_alloc()
            for _ in range(600):
                bytes(1)
            used = gc.mem_alloc() - used
        gc.enable()
        print(name, used, 600)


if __name__ == "__main__":
    {"root": root, "drives": drives, "heap": heap}[sys.argv[1]]()
