"""Runs the detector over a made-up lane, the same under CPython and MicroPython, and prints all it says.

Integers only, so that both make the same lane: noise from a linear congruential generator, objects as (1 +
x^2/a^2)^-3 in 1/4096.
With the argument `heap` it locks the heap in each step instead (MicroPython only).
"""

import sys
from array import array

from sapper.detector.detector import Detector
from sapper.shared.detector_settings import TUNING

SPEEDS_MM_S = (150, 300, 600)
# place mm, gates 0..2 in frame units: steel, copper, a hot rock, brass far away
OBJECTS = ((1500, 200, 1200, 2800), (3000, -2400, -1300, -900), (4500, -1000, -882, -917), (6000, -400, -160, 60))
LANE_MM = 7500
STANDS = (2200, 150)  # place mm, frames
FOOT_MM = 138


class Tuning:
    """The default settings."""

    def __init__(self):
        self._values = {row[0]: row[1] for row in TUNING}

    def get(self, name):
        return self._values[name]


class Noise:
    """About Gaussian, rms as asked, from sums of four uniform numbers."""

    def __init__(self, seed):
        self._seed = seed

    def next(self, rms):
        total = 0
        for _ in range(4):
            self._seed = (self._seed * 1103515 + 12345) & 0xFFFFFF
            total += (self._seed >> 8) - 32768
        return total * rms // 37837


def foot(x_mm):
    """4096 (1 + x^2/a^2)^-3, integer."""
    over = 4096 + x_mm * x_mm * 4096 // (FOOT_MM * FOOT_MM)
    return 4096 * 4096 // over * 4096 // over * 4096 // over


def lane(speed_mm_s):
    """Yields (frame, t_ms, s_mm); the frame is one array, filled anew."""
    noise = Noise(speed_mm_s)
    frame = array("i", [0, 0, 0, 33000, 14000])
    t_ms = 0
    travelled = 0  # in 1/100 mm
    standing = 60
    stood = False
    while travelled < LANE_MM * 100:
        s_mm = travelled // 100
        for g in range(3):
            frame[g] = 32000 + noise.next((430, 41, 36)[g]) - s_mm // 20
        for place in OBJECTS:
            if abs(s_mm - place[0]) < 600:
                f = foot(s_mm - place[0])
                for g in range(3):
                    frame[g] += place[1 + g] * f >> 12
        yield frame, t_ms, s_mm
        t_ms += 10
        if s_mm >= STANDS[0] and not stood:
            stood = True
            standing = STANDS[1]
        if standing:
            standing -= 1
        else:
            travelled += speed_mm_s


def say(speed_mm_s):
    """Print contacts, alerts, faults and a digest of every output of every frame."""
    detector = Detector(Tuning())
    digest = 0
    for frame, t_ms, s_mm in lane(speed_mm_s):
        flags = detector.step(frame, t_ms, s_mm, speed_mm_s)
        for value in (flags, detector.strength, detector.statistic, detector.alert, detector.class_hint):
            digest = (digest * 31 + value) & 0xFFFFFF
        if flags:
            c = detector.contact
            print(speed_mm_s, t_ms, s_mm, flags, detector.fault_code, detector.statistic)
            if flags & 2:
                print("contact", c.s_mm, c.extent_mm, c.strength, c.snr_x10, c.class_hint)
    print("digest", digest, detector.searched_ok(), detector.balance.tilt_pm(), detector.noise.factor_x100())


def heap(speed_mm_s):
    """Every `step` of the lane with the heap locked: one that allocates ends in a MemoryError. Pinpointing included."""
    import gc

    import micropython

    detector = Detector(Tuning())
    frames = 0
    for frame, t_ms, s_mm in lane(speed_mm_s):
        frames += 1
        if frames == 200:
            detector.pinpoint_begin()
        if frames == 230:
            detector.pinpoint_end()
        if frames % 50 == 0:
            gc.collect()
        micropython.heap_lock()
        try:
            detector.step(frame, t_ms, s_mm, speed_mm_s)
        finally:
            micropython.heap_unlock()
    print("frames", frames, "locked")


for speed in SPEEDS_MM_S:
    (heap if "heap" in sys.argv else say)(speed)
