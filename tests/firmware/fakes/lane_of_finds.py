"""The application in memory over ground with a find in it, driven by the lines of the command table.

`forms(state)` makes lines of every command that is legal in a state from the table's own usage, so that a command that
is added is tried without a word here; a new kind of argument has to be given values, or it fails.
"""

import re

from bench import Acquisition, Bench

from sapper.crypto.signing import Signer
from sapper.safety.supervisor import ARMED, CONTACT, FAULT, GRANTS, MOVES, STOPPED, SWEEP, TELEOP
from sapper.shared.commands import COMMANDS, allowed
from sapper.shared.events import STATES

USB, RADIO = 0, 1
KEY = bytes(range(32))
FAR_MM = 10**9
_MV = 65536 / 3300
_DEPTH = tuple(-80 * _MV * share for share in (1.0, 0.6, 0.2))  # a strong find, as `make safety` puts in
_HALF_MM = 110
# Lines that are repeated as an operator repeats them: ticks between, and how often.
_REPEATED = {"drive": (20, 5)}

# What stands for the words in capitals of a usage, by command and word.
VALUES = {
    ("help", "COMMAND"): ("drive",),
    ("drive", "MM_S MRAD_S"): ("600 0", "-600 0", "0 900"),
    ("sweep", "MM"): ("5000",),
    ("get", "NAME"): ("sweep_mm_s",),
    ("set", "NAME VALUE"): ("sweep_mm_s 450", "teleop_blind 1", "det_far_per_100m2 50"),
    ("log", "COUNT"): ("5",),
    ("key", "HEX"): (KEY.hex(),),
    ("name", "NAME"): ("rover-7",),
    ("clock", "EPOCH_S"): ("1790000000",),
    ("digest", "OFFSET LENGTH"): ("0 256",),
    ("nonce", "CHALLENGE"): ("0123456789abcdef",),
    ("teamkey", "HEX"): (KEY.hex(),),
    ("teamkey", "PROOF"): (KEY.hex(),),
    # Of a field, far before its base line: none of them leaves safe ground.
    ("place", "X_MM Y_MM HEADING_MRAD SIGMA_MM SIGMA_MRAD"): ("-20000 0 0 5 3",),
    ("origin", "LAT_DEG LAT_BILLIONTHS LON_DEG LON_BILLIONTHS HEIGHT_MM BEARING_MRAD"): (
        "-33 -868800000 151 209300000 40000 -700",
    ),
    ("base", "RIGHT_MM LEFT_MM"): ("-6000 6000",),
    ("searched", "X0_MM Y0_MM X1_MM Y1_MM SIGMA_MM"): ("0 -700 4000 0 20",),
    ("avoid", "X_MM Y_MM RADIUS_MM"): ("-14000 3000 300",),
    ("avoid", "free NUMBER"): ("free 0",),
    ("release", "MS"): ("5000",),
    ("rtcm", "BASE64"): ("0wAEPtAAAYP21A==",),
    ("lane", "X_MM Y_MM"): ("-15000 0",),
    ("back", "X_MM Y_MM"): ("-20300 0",),
    ("ahead", "X_MM Y_MM"): ("-19500 0",),
    ("turn", "HEADING_MRAD"): ("900",),
    ("shift", "Y_MM"): ("100",),
}
# Two lines in one: the code is the board's answer to the first.
ARM = "arm"


def lines_of(name, usage):
    """Every well-written form of a command: `[A|b]` with each choice and without, words in capitals by VALUES; of a
    choice `A [B]` both."""
    rest = usage[len(name) :].strip()
    if name == ARM or not rest:
        return [name]
    optional = rest.startswith("[")
    inner = rest[1:-1] if optional else rest
    choices = [inner] if not re.search(r"[a-z]", inner) and "|" not in inner else inner.split("|")
    lines = [name] if optional else []
    for choice in choices:
        first, _, more = choice.rstrip("]").partition(" [")
        for line in _filled(name, first):
            lines.append(f"{name} {line}")
            lines += [f"{name} {line} {last}" for last in (_filled(name, more) if more else ())]
    return lines


def _filled(name, word):
    return (word,) if word.islower() or "_" in word and word[0].islower() else VALUES[name, word]


def forms(state):
    """The lines that the table makes legal in `state`."""
    return [line for row in COMMANDS if allowed(row, state) for line in lines_of(row[0], row[1])]


class Ground(Acquisition):
    """Frames over quiet ground with one find in it, in the odometer's millimetres."""

    def __init__(self):
        super().__init__()
        self.find_mm = FAR_MM
        self.s_mm = lambda: 0

    def take(self):
        taken = super().take()
        off = (self.s_mm() - self.find_mm) / _HALF_MM
        if taken and abs(off) < 4:
            for gate in range(3):
                self.frame[gate] += int(_DEPTH[gate] / (1 + off * off) ** 3)
        return taken


class Lane:
    """A bench over such ground. Every tick is looked at: nothing moves in a state that does not grant it, and nothing
    counts as searched while the detector does not search."""

    def __init__(self, port=USB):
        self.ground = Ground()
        self.bench = Bench(acquisition=self.ground)
        self.app = self.bench.app
        self.port = port
        self.counter = 0
        # Brisk, so that a sweep to a find takes few ticks; the way to a stop is longer by as much.
        self.app.settings.set_many(
            (
                ("sweep_mm_s", 600),
                ("accel_mm_s2", 5000),
                ("travel_mm_s", 600),
                ("travel_mrad_s", 1000),
                ("coil_ahead_mm", 600),
            )
        )
        self.app.configure()
        self.bench.say("place -20000 0 0 5 3")  # so that it has a place for the moves of VALUES
        self.app.gate.set_key(KEY)
        self.ground.s_mm = lambda: self.app.drive.odometry.s_mm
        self.bench.board.inputs.key = 1
        self.tick(50)

    @property
    def state(self):
        return self.app.state

    def tick(self, count=1):
        app, board = self.app, self.bench.board
        for _ in range(count):
            self.bench.tick()
            if not GRANTS[app.state] & MOVES:
                assert not any(motor.duty_pm for motor in board.motors), f"moves in {STATES[app.state]}"
            if app.watch.searched:
                blind = app.pinpointing or app.detector.health.fault
                assert app.state == SWEEP and not blind, f"searched in {STATES[app.state]}" + " blind" * bool(blind)

    def say(self, line, ticks=3):
        """One line over this lane's link, signed on the radio; what the board said."""
        sent = self.bench.ports[self.port]
        sent.sent = b""
        if self.port == RADIO:
            self.counter += 1
            line = Signer(KEY, self.app.gate.nonce).sign(self.counter, line)
        sent.waiting += line.encode() + b"\n"
        self.tick(ticks + (6 if self.port == RADIO else 0))
        return sent.sent.decode("latin-1")

    def do(self, line):
        """A line as an operator says it: `arm` with its code, `drive` for a second and until the tracks rest."""
        if line == ARM:
            code = re.search(r"code=(\d+)", self.say("arm"))
            if code:
                self.say("arm " + code[1])
            return
        ticks, times = _REPEATED.get(line.split()[0], (0, 1))
        for _ in range(times):
            self.say(line)
            self.tick(ticks)
        if times > 1:
            self.tick(50)

    def to(self, state):
        """From SAFE to `state`, by the operator's and the world's means."""
        if state in (ARMED, TELEOP, SWEEP, CONTACT):
            self.do(ARM)
        if state == TELEOP:
            self.say("drive 300 0")
        elif state == SWEEP:
            self.say("sweep 5000")
        elif state == CONTACT:
            self.ground.find_mm = self.app.drive.odometry.s_mm + 650
            self.say("sweep 5000")
            self.until(lambda: self.state != SWEEP, 600)
            self.ground.find_mm = FAR_MM
        elif state == STOPPED:
            self.say("stop")
        elif state == FAULT:
            self.app.raise_event("exception")
        assert self.state == state, STATES[self.state]
        return self

    def until(self, ended, ticks):
        """Time passes, pinged, until ended() or for so many ticks."""
        for count in range(ticks):
            if ended():
                return
            if count % 40 == 0:
                self.say("ping", 1)
            else:
                self.tick()

    def sweeps_past(self, ahead_mm=650):
        """In SWEEP: a find so far ahead; how far past its middle (mm) the coil was when it stopped, None: it went on.

        A rover that has stopped for another reason did not go past.
        """
        odometry = self.app.drive.odometry
        self.ground.find_mm = find_mm = odometry.s_mm + ahead_mm
        self.until(lambda: self.state != SWEEP or odometry.s_mm > find_mm + 400, 2000)
        self.ground.find_mm = FAR_MM
        return None if self.state == SWEEP else odometry.s_mm - find_mm


def enabled(lane):
    """Whether a further `sweep` may begin from here once the tracks rest."""
    lane.until(lambda: lane.state != TELEOP, 300)
    return lane.state == ARMED


def acting(state):
    """Those of `forms` whose command does something, beside one of each kind that only looks."""
    acts = {row[0] for row in COMMANDS if row[3] in ("link", "usb") or row[0] == "stop"} | {
        "status",
        "log",
        "telemetry",
    }
    return [line for line in forms(state) if line.split()[0] in acts and line not in ("log 5", "log saved")]
