"""Drives with one thing wrong, by name: what the simulator is told, and how a pose came through it."""

import importlib
import math
import random
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path

from pose_sim import LOOSE, NOMINAL, WORST, Values, drive, gnss, lanes, run

from sapper.pose import pose as pose_module

ROOM = Path(pose_module.__file__).parent
MODELS = {"nominal": NOMINAL, "worst": WORST, "loose": LOOSE}
# What may be wrong. The last three drive without GNSS.
FAULTS = (
    "none",
    "outage",
    "lie",
    "flicker",
    "ramp",
    "multipath",
    "frozen",
    "float",
    "no gyro",
    "stuck gyro",
    "wild gyro",
    "alone",
    "far",
)


def mutant(*changes):
    """The class Pose of a room with lines changed: (file's name, old, new); each has to be there."""
    kept = {name: module for name, module in sys.modules.items() if name.startswith("sapper.pose")}
    try:
        for name in ("roots", "reckoning", "spread", "records", "gyro_check", "taking", "aiding", "pose"):
            text = (ROOM / f"{name}.py").read_text()
            for file, old, new in changes:
                if file == name:
                    assert old in text, old
                    text = text.replace(old, new)
            made = types.ModuleType(f"sapper.pose.{name}")
            made.__file__ = str(ROOM / f"{name}.py")
            sys.modules[made.__name__] = made
            setattr(importlib.import_module("sapper.pose"), name, made)
            exec(compile(text, made.__file__, "exec"), made.__dict__)
        return made.Pose
    finally:
        for name, module in kept.items():
            sys.modules[name] = module
            if name.count(".") == 2:
                setattr(importlib.import_module("sapper.pose"), name.rsplit(".", 1)[1], module)


@dataclass
class Course:
    """A drive with a fault between two times (s), and how often fixes come."""

    made: object
    begins: float
    ends: float
    every_ms: int
    gyro: object = True
    legs: list = field(default_factory=list)


def course(fault, seed, model, count=1, length=None, every_ms=None):
    """A drive out and back in `count` lanes, or 30 m out (`far`)."""
    rnd = random.Random(seed * 31 + 5)
    if fault == "far":
        legs = [("stand", 2.0, 0), ("drive", 30.0, 0.3)]
    else:
        legs = lanes(count, length or rnd.choice((6.0, 10.0, 14.0)), speed=rnd.choice((0.2, 0.3, 0.4)))
    made = drive(seed, model, legs)
    lasts = len(made.rows) / 100
    begins = rnd.uniform(min(15, lasts / 3), max(16, lasts - 30))
    ends = begins + rnd.choice((5, 15, 30))
    way = rnd.uniform(0, 2 * math.pi)
    ux, uy = math.cos(way), math.sin(way)
    every_ms = every_ms or rnd.choice((100, 100, 200, 1000))
    frozen = {}

    def wrong(t, east, north):
        if fault == "ramp" and t > begins:
            by = 0.05 * min(40.0, t - begins)
        elif not begins < t < ends:
            return east, north
        elif fault == "lie" or (fault == "flicker" and round(t * 1000 / every_ms) % 7 == 0):
            by = 0.5
        elif fault == "multipath":
            by = 0.3
        elif fault == "frozen":
            return frozen.setdefault("at", (east, north))
        else:
            return east, north
        return east + by * ux, north + by * uy

    def kind(t):
        if fault in ("alone", "far") or (fault == "outage" and begins < t < ends):
            return 0
        return rnd.choice((1, 2)) if fault == "float" and begins < t < ends else 3

    gnss(made, seed, model, every_ms, kind, wrong)
    gyro = True
    if fault == "no gyro":
        gyro = False
    elif fault in ("stuck gyro", "wild gyro"):
        more = 2000 if fault == "wild gyro" else None

        def gyro(tick, urad):
            return urad if tick < begins * 100 else 0 if more is None else urad + more

    return Course(made, begins, ends, every_ms, gyro, legs)


class Watch:
    """Sigma that falls without GNSS, and when it was dropped."""

    def __init__(self, seen=None):
        self.fell = 0
        self.dropped_at = None
        self._seen = [] if seen is None else seen
        self._sigma = -1
        self._absolute = False

    def __call__(self, tick, pose):
        if not pose.absolute and not self._absolute and pose.sigma_mm < self._sigma:
            self.fell += 1
        self._sigma, self._absolute = pose.sigma_mm, pose.absolute
        self._seen.append(pose.dropped or pose.gyro_dropped)
        if pose.dropped and self.dropped_at is None:
            self.dropped_at = tick / 100


def through(fault, seed, model, made_by=pose_module.Pose, settings=None, gyro=True, seen=None, **how):
    """(Told, Course, Watch) of a pose that went through it. seen: is given, a tick, whether GNSS or gyro is out."""
    at = course(fault, seed, model, **how)
    watch = Watch(seen)
    told = run(made_by(settings or Values()), at.made, gyro and at.gyro, watch=watch)
    return told, at, watch


def uncovered_m(told, times=3):
    """How far the place was beyond three sigma, at the worst."""
    return max(row[0] - times * row[1] for row in told.rows)
