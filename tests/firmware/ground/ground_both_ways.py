"""Runs the map of the ground over a made-up drive and prints what comes out: the same under both Pythons.

`python ground_both_ways.py` with the firmware on the path; `heap` prints `NAME BYTES TICKS`: what ticks leave on the
heap of MicroPython.
"""

import gc
import sys
from array import array

import micropython
from sapper.ground import rectangle, runs
from sapper.ground.cells import Cells
from sapper.ground.direction import direct, phase_of
from sapper.ground.outline import Swept
from sapper.ground.permission import Permission
from sapper.ground.release import Release
from sapper.ground.stand_off import StandOff
from sapper.ground.trust import Trust
from sapper.shared.sine import sine_table

ROVER = {
    "track_width_mm": 420,
    "track_breadth_mm": 80,
    "track_length_mm": 300,
    "coil_ahead_mm": 460,
    "swath_mm": 680,
    "ground_margin_mm": 30,
    "ground_reaction_ms": 40,
    "ground_stop_mm": 60,
    "stop_ramp_ms": 150,
    "speed_max_mm_s": 600,
}

_state = 12345


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103 + 12345) & 0x7FFFF
    return low + (_state >> 3) % (high - low + 1)


class Values:
    def get(self, name):
        return ROVER[name]


class Ground:
    """Everything, put together; round a place far from the origin."""

    def __init__(self, x_mm, y_mm):
        self.sine = sine_table()
        self.cells = Cells(50, 8, 7)
        self.trust = Trust(self.cells)
        self.swept = Swept(Values(), self.cells, self.trust, self.sine, 100)
        self.permission = Permission(Values(), self.cells, self.trust, self.sine)
        self.release = Release()
        self.cells.base_line(-20_000_000, 20_000_000)
        self.cells.begin(x_mm, y_mm)
        self.way = array("i", [0, 0])
        self.x_q = self.y_q = 0
        self.x0 = x_mm
        self.y0 = y_mm
        self.heading = 0
        self.allowed = 0

    @micropython.native
    def tick(self, v, w, sigma, absolute):
        """Ten milliseconds."""
        self.heading += w // 100
        direct(self.sine, phase_of(self.heading), self.way, 0)
        self.x_q += v * self.way[0] // 102400
        self.y_q += v * self.way[1] // 102400
        x = self.x0 + (self.x_q >> 4)
        y = self.y0 + (self.y_q >> 4)
        self.cells.follow(x, y)
        self.trust.tell(sigma, absolute)
        self.swept.step(x, y, self.heading)
        if self.permission.ask(v, w, x, y, self.heading, self.release):
            self.allowed += 1
        self.release.spend(10, 3000)


def spans():
    job, out, sine = rectangle.new_job(50), rectangle.new_spans(), sine_table()
    for i in range(1500):
        direct(sine, phase_of(pick(-400000, 400000)), job, rectangle.COS)
        job[rectangle.X], job[rectangle.Y] = pick(0, 49), pick(0, 49)
        job[rectangle.A0], job[rectangle.B0] = pick(-700, 500), pick(-700, 500)
        job[rectangle.A1] = job[rectangle.A0] + pick(-5, 700)
        job[rectangle.B1] = job[rectangle.B0] + pick(-5, 700)
        job[rectangle.WHOLE] = i & 1
        rows = rectangle.spans(job, out)
        print(rows, list(job)[:8], list(out)[: 4 + 2 * max(rows, 0)])


def drive():
    for x0, y0 in ((-600, 0), (1_200_000, -1_300_000), (-2_000_000, 3_000_000)):
        ground = Ground(x0, y0)
        stand_off = StandOff(ground.cells)
        for leg in range(24):
            v, w = pick(-600, 600), (0, 0, pick(-900, 900))[pick(0, 2)]
            sigma, absolute = (0, pick(0, 20), 20 + leg)[pick(0, 2)], pick(0, 1) == 1
            if pick(0, 6) == 0:
                ground.swept.lost()
                stand_off.add(ground.x0 + (ground.x_q >> 4), ground.y0 + (ground.y_q >> 4), pick(50, 900))
            if pick(0, 6) == 0:
                ground.release.give(500, 300, pick(0, 1) == 1)
            if pick(0, 9) == 0:
                print(stand_off.remove(0))
            for _ in range(100):
                ground.tick(v, w, sigma, absolute)
            p = ground.permission
            print(
                leg,
                ground.allowed,
                p.reason,
                p.where_x_mm(),
                p.where_y_mm(),
                ground.x_q,
                ground.y_q,
                list(ground.cells.shape),
            )
            print(hash_of(ground.cells.searched), hash_of(ground.cells.kept), list(ground.cells.blocks))
        teller = runs.Teller(ground.cells, ground.trust)
        buffer = bytearray(120)
        taken = Cells(50, 8, 7)
        taken.begin(ground.x0 + (ground.x_q >> 4), ground.y0 + (ground.y_q >> 4))
        while not teller.rounds:
            frame = bytes(buffer[: teller.frame_into(buffer, 120)])
            print(hash_of(frame), list(frame)[:24])
            runs.take(taken, frame)
        print(taken.searched == ground.cells.searched, taken.kept == ground.cells.kept)


def hash_of(values):
    total = 1
    for value in values:
        total = (total * 31 + value) & 0xFFFFFF
    return total


@micropython.native
def lane(ground, ticks, v, w):
    while ticks:
        ground.tick(v, w, 0, True)
        ticks -= 1


# name, speed, turn: after a lane, so that there is something to look at.
MOTIONS = (("lane", 300, 0), ("back", -300, 0), ("turn", 0, 1000), ("curve", 300, 400), ("scrolls", 1400, 0))


def heap():
    for name, v, w in MOTIONS:
        ground = Ground(1_000_000, -1_000_000)
        teller = runs.Teller(ground.cells, ground.trust)
        buffer = bytearray(200)
        lane(ground, 300, 300, 0)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        lane(ground, 600, v, w)
        used = gc.mem_alloc() - before
        if sys.argv[2:] == ["canary"]:
            used = gc.mem_alloc()
            for _ in range(600):
                bytes(1)
            used = gc.mem_alloc() - used
        gc.enable()
        print(name, used, 600)
        before = gc.mem_alloc()
        teller.frame_into(buffer, 200)
        teller.frame_into(buffer, 200)
        used = gc.mem_alloc() - before
        print(name + "_told", used, 2)


if __name__ == "__main__":
    {"spans": spans, "drive": drive, "heap": heap}[sys.argv[1]]()
