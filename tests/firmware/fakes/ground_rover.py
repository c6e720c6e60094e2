"""Where the tracks may go, on a rover that goes exactly as it is asked: `Tracks` with a pose and a drive in memory."""

import math

from rolling import Pose

from sapper.field.tracks import Tracks
from sapper.shared.events import KIND_ID, KINDS
from sapper.shared.settings import Settings

TICK_MS = 10
NAMES = {number: (name, fields) for number, name, fields, _ in KINDS}


class Odometry:
    s_mm = 0


class Drive:
    """What the tracks do."""

    def __init__(self):
        self.odometry = Odometry()
        self.speed_mm_s = 0
        self.turning = 0
        self.ticks = [0, 0]  # left and right, of the last tick

    def turn_mrad_s(self):
        return self.turning


class Rover:
    """At a place (mm, mm, mrad), with a base line. `events`: what was told, (kind, {name: value})."""

    def __init__(self, x=-700, y=-350, heading=0, base=(-6000, 0), **changes):
        self.settings = Settings()
        self.settings.set_many(list(changes.items()))
        self.x, self.y, self.heading = float(x), float(y), heading / 1000
        self.s = 0.0
        self.counted = [0.0, 0.0]
        self.pose = Pose()
        self.drive = Drive()
        self.events = []
        self.tracks = Tracks(self.settings, self.pose, self.drive, self.tell)
        self.here()
        if base:
            assert self.tracks.begin(*base) == ""

    def tell(self, kind, *values):
        name, fields = NAMES[kind]
        self.events.append((name, dict(zip(fields, values, strict=False))))

    def told(self, name):
        assert name in KIND_ID
        return [values for kind, values in self.events if kind == name]

    def here(self):
        pose = self.pose
        pose.x_mm, pose.y_mm = round(self.x), round(self.y)
        pose.heading_mrad = (round(self.heading * 1000) + 3142) % 6283 - 3142
        self.drive.odometry.s_mm = round(self.s)

    def tick(self, v=0, w=0, searches=False, asked=None, moves=True):
        """Ten milliseconds at v mm/s and w mrad/s; whether it has to stop. asked: where that is not what it does."""
        self.heading += w / 100_000
        self.x += v / 100 * math.cos(self.heading)
        self.y += v / 100 * math.sin(self.heading)
        self.s += v / 100
        self.drive.speed_mm_s, self.drive.turning = v, w
        aside = w * self.settings.get("track_width_mm") // 2000
        for side, speed in enumerate((v - aside, v + aside)):
            was = self.counted[side]
            self.counted[side] += speed * TICK_MS * self.settings.get("ticks_per_m") / 1e6
            self.drive.ticks[side] = round(self.counted[side]) - round(was)
        self.here()
        self.tracks.mark(searches, TICK_MS)
        return moves and self.tracks.stops(*((v, w) if asked is None else asked))

    def go(self, v, w, way, searches=False):
        """Over so many mm, or mrad on the spot; whether it never had to stop."""
        return not any(self.tick(v, w, searches) for _ in range(round(abs(way / (v or w)) * 100)))

    def lane(self, way=5000, v=300):
        return self.go(v, 0, way, True)

    def searched(self):
        return cells_of(self.tracks.cells, self.tracks.cells.searched)

    def kept(self):
        return cells_of(self.tracks.cells, self.tracks.cells.kept)


def cells_of(cells, bits):
    """(column, row) of each cell of the window whose bit is set."""
    shape = cells.shape
    found = set()
    for word, value in enumerate(bits):
        for bit in range(16):
            if value >> bit & 1:
                col = (word & ((1 << shape[4]) - 1)) * 16 + bit
                row = word >> shape[4]
                found.add((shape[0] + ((col - shape[0]) & shape[2]), shape[1] + ((row - shape[1]) & shape[3])))
    return found
