"""Runs the IMU's arithmetic over made-up rows and prints what comes out, the same under CPython and MicroPython.

With the argument `heap` it locks the heap in each tick instead (MicroPython only); `canary`: and allocates in one.
"""

import sys

from inertial_kit import Imu, pick

import micropython
from sapper.sensors.inertial import Inertial

_ENDS = (0, 1, -1, 32_767, -32_768, 1143, 16_384)
_FAULTS = ("bus", "unplugged", "", "starting")


def scene(inertial, imu, n, locked=False):
    """One tick of an eventful life."""
    chapter = n // 130 % 12
    standing = chapter in (0, 1, 4, 5, 6, 8)
    if n % 130 == 0:
        imu.spread = 350 if chapter == 8 else 3
        imu.bias = pick(-200, 200) if chapter == 0 else imu.bias
        imu.temp = pick(-3000, 3000) if chapter == 3 else imu.temp
        imu.accel = (pick(-16_384, 16_384), pick(-16_384, 16_384), pick(-4000, 16_384))
    imu.turn = pick(-9000, 9000) if chapter in (2, 3) else 60 if chapter == 5 else 0
    if chapter == 7 and n % 130 > 100:
        imu.none(_FAULTS[n // 1560 % 4])
    elif chapter == 9 and n % 130 > 90:
        pass  # stuck
    elif chapter == 10:
        imu.felt()
        for i in range(7):
            imu.row[i] = _ENDS[pick(0, 6)]
    elif not (chapter == 11 and n % 3):
        imu.felt()
    else:
        imu.none("bus")
    elapsed_ms = pick(0, 300) if n % 97 == 0 else 10
    if locked:
        micropython.heap_lock()
    try:
        inertial.take(imu, standing, elapsed_ms)
        if "canary" in sys.argv and n == 5000:
            list((elapsed_ms, n))
    finally:
        if locked:
            micropython.heap_unlock()


def lives():
    inertial, imu = Inertial(), Imu(40)
    for n in range(16_000):
        scene(inertial, imu, n)
        if n % 7 == 0 or inertial.state:
            print(
                n, inertial.turn_urad, inertial.pitch_mrad, inertial.roll_mrad, inertial.state, inertial.trusted,
                inertial.still, inertial.sigma_bias_urad_s, inertial.bias_urad_s,
            )  # fmt: skip


def heap():
    inertial, imu = Inertial(), Imu(40)
    states = set()
    for n in range(16_000):
        scene(inertial, imu, n, n > 1000)
        states.add(inertial.state)
    print(sorted(states), "locked")


if __name__ == "__main__":
    heap() if "heap" in sys.argv else lives()
