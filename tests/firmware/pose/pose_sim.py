"""Drives of a skid steered rover over a field of 14 x 10 m, made up: what its tracks, gyro and accelerometer say, what
GNSS says, and where it truly is. Written for these tests alone, apart from the firmware's arithmetic.

Of each drive a seed picks slip, effective width, gyro, slopes and receiver within what `Model` allows; NOMINAL and
WORST are two of them. The rover is steered by the truth, as somebody would who sees it.
"""

import math
import random
from dataclasses import dataclass, field, replace

TICK_MS = 10
ROVER = {
    "ticks_per_m": 1000,
    "track_width_mm": 420,
    "antenna_ahead_mm": 120,
    "antenna_left_mm": -60,
    "antenna_up_mm": 400,
}


class Values:
    """Settings as a store has them."""

    def __init__(self, **values):
        self.values = {**ROVER, **values}

    def get(self, name):
        return self.values[name]


@dataclass(frozen=True)
class Model:
    """One sigma, but for what says `most`. m, rad, s."""

    scale: float = 0.005  # of the odometer
    slip: float = 0.01  # of each track, coming and going over 0.5 m
    loose: float = 0.0  # most, of one track more, over stretches of 1.5 m
    wide: tuple = (1.3, 1.9)  # effective width by built width
    pivot: float = 0.01  # a turn on the spot is about a point so far off
    gyro_scale: float = 0.004
    gyro_bias: float = 50e-6
    gyro_noise: float = 70e-6  # rad in the root of a second
    slope: float = 0.03  # most
    bump: float = 0.004
    lean: float = 0.003  # the accelerometer's own error
    crab: float = 0.02  # sideways by the roll
    gnss: float = 0.007  # along each axis: what hangs together for some minutes
    gnss_white: float = 0.005
    late: float = 0.005  # error of a fix's age
    place: float = 0.012
    heading: float = 0.006


NOMINAL = Model()
WORST = Model(
    scale=0.009,
    slip=0.02,
    loose=0.04,
    wide=(1.2, 2.3),
    pivot=0.02,
    gyro_scale=0.008,
    gyro_bias=90e-6,
    gyro_noise=200e-6,
    slope=0.1,
    bump=0.012,
    lean=0.008,
    crab=0.05,
    gnss=0.0095,
    gnss_white=0.006,
    late=0.012,
)
# On ground as loose as the world's worst (hil/world/field: loose_slip, loose_drag_m_s): a metre or two on which a track
# stays behind by up to a fifth.
LOOSE = replace(WORST, loose=0.2)


@dataclass
class Drive:
    """rows: (left, right, gyro urad, pitch mrad, roll mrad, and true x, y, heading, pitch, roll: m, rad) a tick; fixes:
    by tick, (x mm, y mm, sigma mm, kind, age ms); start: what `place` is told."""

    rows: list = field(default_factory=list)
    fixes: dict = field(default_factory=dict)
    start: tuple = ()


class Wander:
    """A Gauss-Markov walk: values that hang together over `reach`."""

    def __init__(self, rnd, sigma, reach):
        self._rnd, self._sigma, self._reach = rnd, sigma, reach
        self.value = rnd.gauss(0, sigma)

    def step(self, by):
        if by:
            keep = math.exp(-by / self._reach)
            self.value = self.value * keep + self._rnd.gauss(0, self._sigma) * math.sqrt(1 - keep * keep)
        return self.value


def lanes(count, length=14.0, apart=0.7, speed=0.3):
    """Legs of `count` lanes, out and back, and the shifts between: (what, value, speed)."""
    legs = [("stand", 2.0, 0)]
    for n in range(count):
        legs += [("drive", length, speed), ("stand", 1.0, 0), ("drive", -length, speed)]
        if n + 1 < count:
            legs += [("turn", math.pi / 2, 0), ("drive", apart, speed), ("turn", 0.0, 0), ("stand", 1.0, 0)]
    return legs


def drive(seed, model, legs, start=(0.0, 0.0, 0.0)):
    """Truth and what is sensed of it."""
    rnd = random.Random(seed)
    made = Drive()
    x, y, heading = start
    made.start = (
        round(1000 * (x + rnd.gauss(0, model.place))),
        round(1000 * (y + rnd.gauss(0, model.place))),
        round(1000 * (heading + rnd.gauss(0, model.heading))),
        round(1000 * model.place) + 2,
        round(1000 * model.heading) + 1,
    )
    width = ROVER["track_width_mm"] / 1000
    wide = rnd.uniform(*model.wide)
    scale = 0.006 + rnd.gauss(0, model.scale) if model.scale else 0.0
    of_track = [rnd.gauss(0, model.slip / 3) for _ in range(2)]
    slips = [Wander(rnd, model.slip, 0.5) for _ in range(2)]
    loose = [rnd.uniform(0, model.loose) for _ in range(2)]
    loose_at = [rnd.uniform(0, 6) for _ in range(2)]
    pivot = rnd.gauss(0, model.pivot)
    gyro_scale = 1 + rnd.gauss(0, model.gyro_scale)
    gyro_bias = rnd.gauss(0, model.gyro_bias)
    lean = [rnd.gauss(0, model.lean) for _ in range(2)]
    slopes = [(rnd.uniform(0, model.slope), rnd.uniform(2, 9), rnd.uniform(0, 6.3)) for _ in range(2)]
    bumps = [Wander(rnd, model.bump, 0.15) for _ in range(2)]
    counts = [0.0, 0.0]
    told = [0, 0]
    gyro_rest = 0.0
    v = w = travelled = 0.0
    dt = TICK_MS / 1000
    noise = model.gyro_noise * math.sqrt(dt)
    course = start[2]
    for what, value, top in legs:
        went = 0.0
        waited = 0.0
        line = (x, y)
        goal = value
        if what == "turn":
            course = goal
        while True:
            if what == "stand":
                if waited >= value and v == 0:
                    break
                waited += dt
                v = w = 0.0
            elif what == "drive":
                left = abs(value) - went
                if left <= 0.002:
                    v = 0.0
                    break
                sign = 1 if value > 0 else -1
                want = min(top, math.sqrt(2 * 0.5 * left) + 0.01)
                v = sign * min(want, abs(v) + 0.8 * dt)
                cross = -(x - line[0]) * math.sin(course) + (y - line[1]) * math.cos(course)
                off = _wrap(heading - course)
                w = max(-0.4, min(0.4, -1.5 * off - 2.0 * sign * cross))
            else:
                left = _wrap(goal - heading)
                if abs(left) < 0.01:
                    w = 0.0
                    break
                v = 0.0
                w = max(-0.8, min(0.8, 3 * left + math.copysign(0.05, left)))
            # Tracks that turn it so, and what becomes of it.
            half = w * width * wide / 2
            surface = [v - half, v + half]
            ground = []
            for k in range(2):
                by = abs(surface[k]) * dt
                slip = scale + of_track[k] + slips[k].step(by)
                if (travelled + loose_at[k]) % 6 < 1.5:
                    slip += loose[k]
                ground.append(surface[k] * (1 - slip))
                counts[k] += surface[k] * dt * ROVER["ticks_per_m"]
            ahead = (ground[0] + ground[1]) / 2
            turn = (ground[1] - ground[0]) / width / wide * dt
            slope = [a * math.sin(travelled / long + at) for a, long, at in slopes]
            pitch, roll = (slope[k] + bumps[k].step(abs(ahead) * dt) for k in range(2))
            way = ahead * dt * math.cos(pitch)
            side = -model.crab * roll * abs(way) - pivot * turn
            middle = heading + turn / 2
            x += way * math.cos(middle) - side * math.sin(middle)
            y += way * math.sin(middle) + side * math.cos(middle)
            heading = _wrap(heading + turn)
            went += abs(way)
            travelled += abs(way)
            ticks = []
            for k in range(2):
                whole = math.floor(counts[k])
                ticks.append(whole - told[k])
                told[k] = whole
            moving = any(surface)
            gyro_rest += 1e6 * (
                turn * gyro_scale + gyro_bias * dt + rnd.gauss(0, noise if moving else min(noise, 70e-6 * 0.1))
            )
            gyro = round(gyro_rest)
            gyro_rest -= gyro
            made.rows.append(
                (
                    ticks[0],
                    ticks[1],
                    gyro,
                    round(1000 * (pitch + lean[0] + rnd.gauss(0, 0.002))),
                    round(1000 * (roll + lean[1] + rnd.gauss(0, 0.002))),
                    x,
                    y,
                    heading,
                    pitch,
                    roll,
                )
            )
    return made


def _wrap(angle):
    return (angle + math.pi) % (2 * math.pi) - math.pi


# What a receiver tells of each kind: its sigma, and how it truly is, along an axis.
KINDS = {3: (0.014, None), 2: (0.35, 0.25), 1: (2.0, 1.4)}


def gnss(made, seed, model, every_ms=100, kind=None, bad=None, latency_ms=140):
    """Put fixes into a drive. kind(t): 0..3, bad(t, east, north, truth): a fix that somebody made wrong, or None for
    none; t in s."""
    rnd = random.Random(seed + 77)
    reach = rnd.uniform(40, 200)
    near = [Wander(rnd, model.gnss, reach) for _ in range(2)]
    far = {k: [Wander(rnd, KINDS[k][1], rnd.uniform(20, 90)) for _ in range(2)] for k in (1, 2)}
    late_s = rnd.gauss(0, model.late)
    mount = [rnd.gauss(0, 0.002) for _ in range(2)]
    ahead, left, up = (ROVER[f"antenna_{n}_mm"] / 1000 for n in ("ahead", "left", "up"))
    step = every_ms // TICK_MS
    for taken in range(30 + seed % step, len(made.rows), step):
        t = taken * TICK_MS / 1000
        for walks in (near, far[1], far[2]):
            for walk in walks:
                walk.step(every_ms / 1000)
        how = kind(t) if kind else 3
        if not how:
            continue
        wander = near if how == 3 else far[how]
        x, y, heading, pitch, roll = made.rows[taken][5:]
        a = ahead * math.cos(pitch) - up * math.sin(pitch) + mount[0]
        b = left * math.cos(roll) - up * math.sin(roll) + mount[1]
        east = x + a * math.cos(heading) - b * math.sin(heading) + wander[0].value + rnd.gauss(0, model.gnss_white)
        north = y + a * math.sin(heading) + b * math.cos(heading) + wander[1].value + rnd.gauss(0, model.gnss_white)
        place = (east, north)
        if bad:
            place = bad(t, east, north)
            if place is None:
                continue
        age = latency_ms + rnd.choice((-20, -10, 0, 0, 10, 20))
        at = taken + round(age / TICK_MS)
        told_age = max(0, round(age + 1000 * late_s + rnd.gauss(0, 2)))
        if at < len(made.rows):
            sigma = round(1000 * KINDS[how][0] * rnd.uniform(0.95, 1.1))
            made.fixes[at] = (round(1000 * place[0]), round(1000 * place[1]), sigma, how, told_age)
    return made


@dataclass
class Told:
    """What a pose told each tick: place's error (m, radial), sigma (m), heading's error and sigma (rad), absolute."""

    rows: list = field(default_factory=list)
    used: int = 0

    def within(self, times, after=0):
        """Share of ticks with the place's error below `times` sigma."""
        rows = self.rows[after:]
        return sum(r[0] <= times * r[1] for r in rows) / len(rows)

    def heading_within(self, times):
        return sum(abs(r[2]) <= times * r[3] for r in self.rows) / len(self.rows)


def run(pose, made, gyro=True, tilt=True, watch=None):
    """Drive a pose; watch(tick, pose) after each."""
    told = Told()
    pose.place(*made.start)
    for tick, row in enumerate(made.rows):
        if gyro:
            pose.turned(row[2] if gyro is True else gyro(tick, row[2]))
        if tilt and tick % 2 == 0:
            pose.tilt(row[3], row[4])
        pose.step(row[0], row[1], TICK_MS)
        fix = made.fixes.get(tick)
        if fix:
            told.used += pose.fix(*fix)
        error = math.hypot(pose.x_mm / 1000 - row[5], pose.y_mm / 1000 - row[6])
        sigma = pose.sigma_mm / 1000 if pose.sigma_mm >= 0 else 99.0
        told.rows.append(
            (
                error,
                sigma,
                _wrap(pose.heading_mrad / 1000 - row[7]),
                pose.sigma_mrad / 1000,
                pose.absolute,
                pose.dropped,
            )
        )
        if watch:
            watch(tick, pose)
    return told
