"""Runs the pure modules over made-up inputs and prints what comes out: the same under both Pythons, or a bug.

`python both_ways.py PART` with the firmware and the fakes on the path. An integer that does not fit 31 or 32 bits, a
missing method, another rounding: all show as a difference.
"""

import sys
from array import array

import bench

from sapper.crypto.keys import to_hex
from sapper.crypto.signing import Signer
from sapper.detector.footprint import TAPS_EARLY, Footprint
from sapper.detector.footprint_kernels import EARLY_AHEAD
from sapper.detector.ground import Ground
from sapper.drive.odometry import Odometry
from sapper.drive.track_check import TrackCheck, TrackPair
from sapper.drive.velocity import MM_S, VelocityLoop, slide, window
from sapper.hardware import frame
from sapper.link import cobs, raw_frames
from sapper.link.event_log import WORDS, EventLog
from sapper.link.gate import Forged, Gate
from sapper.link.line import LineReader
from sapper.link.telemetry import FrameWriter
from sapper.safety import supervisor
from sapper.safety.rules import RULES
from sapper.shared import events, fields, settings, wire
from sapper.shared.limits import TIME_WRAP_MS
from sapper.shared.settings import SettingError, Settings
from sapper.shared.units import mv, temp_dc, vsys_mv

_state = 12345


def pick(low, high):
    """A number from low to high: the same row of them everywhere."""
    global _state
    _state = (_state * 1103515245 + 12345) & 0x3FFFFFFF
    return low + (_state >> 8) % (high - low + 1)


def decisions():
    for state in range(len(events.STATES)):
        print([supervisor.decide(state, 1 << bit) for bit in range(len(RULES))])
        print([supervisor.decide(state, pick(0, (1 << len(RULES)) - 1)) for _ in range(100)])


def lines():
    reader = LineReader()
    for _ in range(300):
        data = bytes([pick(0, 255) if pick(0, 3) == 0 else pick(8, 126) for _ in range(pick(1, 90))]) + b"\n"
        at = 0
        while at < len(data):
            at = reader.take(data, at, len(data))
            if reader.line is not None:
                print(repr(reader.line), reader.by_hand)
            if reader.error:
                print(reader.error, reader.too_long, reader.malformed)


def frames():
    writer = FrameWriter()
    for _ in range(60):
        for row in wire.MESSAGES:
            limits = {"B": 255, "H": 65535, "h": 32767, "I": 0x7FFFFFFF, "i": 0x7FFFFFFF}
            made = bytes(writer.make(row[0], *[pick(0, limits[field[1]]) for field in row[3]]))
            print(to_hex(made))
    for length in range(0, 250, 7):
        data = bytes([pick(0, 3) * pick(0, 60) for _ in range(length)])
        target = bytearray(length + 4)
        print(cobs.encode_into(data, length, target), to_hex(target))


def raw():
    for _ in range(50):
        target = bytearray(wire.FRAME_MAX_BYTES)
        frame = array("i", [pick(0, 65535) for _ in range(5)])
        rest = array("i", [pick(0, 255), pick(-65535, 65535), pick(-65535, 65535)])
        raw_frames.put_row(target, 12 + 11 * pick(0, 4), frame, rest)
        raw_frames.put_head(
            target, array("i", [5, pick(0, 255), pick(0, 0x7FFFFFFF), pick(0, 65535), 5000, -pick(0, 99)])
        )
        print(to_hex(target))


def averages():
    ring = array("H", [pick(0, 4095) for _ in range(frame.RING_SAMPLES)])
    out = array("i", [0] * 5)
    for _ in range(50):
        frame.average(ring, pick(0, frame.RING_SAMPLES - 1), out)
        print(list(out), [mv(value) for value in out], vsys_mv(out[3]), temp_dc(out[4]))


def tracks():
    values = Settings()
    loop, counts, odometry = VelocityLoop(values), window(), Odometry(values)
    checks = (TrackCheck(values), TrackCheck(values))
    pair = TrackPair(checks[0], checks[1])
    target = 0
    for n in range(800):
        if n % 40 == 0:
            target = pick(-600, 600) if pick(0, 4) else 0
        left, right = pick(-6, 6), pick(-2, 6)
        speed = slide(counts, left) * MM_S // 1000
        duty = loop.step(target, speed)
        odometry.step(left, right)
        place = (odometry.s_mm, odometry.x_um, odometry.y_um, odometry.heading_mrad)
        pair.step((target, target), (duty, duty // 2), (left, right), (speed, 100 * right))
        print(duty, pair.side, pair.how, list(checks[0].state), list(checks[1].state), place)


def texts():
    log = EventLog(array("i", [0] * WORDS))
    for _ in range(200):
        row = events.KINDS[pick(0, len(events.KINDS) - 1)]
        log.add(pick(0, 1 << 29), row[0], pick(-9999, 9999), *[pick(-5, 20) for _ in range(5)])
        line = log.text(log.next - 1)
        try:
            print(line, len(fields.parse_line(line)))
        except ValueError as error:
            print(line, error)
    store = Settings()
    for row in settings.TABLE:
        for value in (row[2] - 1, row[2], row[3], row[3] + 1, "x"):
            try:
                print(store.set(row[0], value))
            except SettingError as error:
                print(error)
    print(store.dump_lines())


def macs():
    signer = Signer(bytes(range(32)), bytes(range(16)))
    gate = Gate(bytes(range(32)), bytes(range(16)))
    for n in range(1, 50):
        line = signer.sign(n, "drive " + str(pick(-600, 600)) + " " + str(pick(-900, 900)))
        spoilt = line if pick(0, 2) else line[: pick(0, len(line))] + "x"
        try:
            print(line, gate.open(spoilt) if spoilt[:1] == "@" else "")
        except Forged as forged:
            print(line, forged.args)


def whole():
    """The application through an operator's day, its answers and events as text."""
    rig = bench.Bench()
    rig.app.gate.nonce = bytes(range(16))
    rig.app.gate.set_key(bytes(range(32)))
    rig.app.offer_code = lambda link: rig.app.arming.offer(link.index, 4821, 5000)
    signer = Signer(bytes(range(32)), bytes(range(16)))
    rig.tick(300)
    rig.board.inputs.key = 1
    for n, line in enumerate(
        ("status", "arm", "arm 4821", "sweep 900", "status", "drive 1 1", "stop", "disarm", "arm", "arm 4821",
         "drive 200 50", "ping", "", "fly", "get coast_ms", "telemetry on", "set audio 0", "log 40", "diff")
    ):  # fmt: skip
        print(
            rig.say(line, 0, 40) if not line.startswith("telemetry") else "", rig.say(signer.sign(n + 1, "ping"), 1, 2)
        )
    rig.board.encoders[0].ticks = 5
    rig.tick(200)
    print(rig.say("log 64", 0, 60), rig.app.t_ms, [motor.duty_pm for motor in rig.board.motors])


def weeks():
    """Over the wrap of board time: the coil's speed over the last bins, and what is told."""
    for bin_ms in (10, 40, 100, 200, 400, 9000):
        for start in (0, TIME_WRAP_MS - 5 * bin_ms):
            ground = Ground()
            for i in range(TAPS_EARLY + 2):
                ground.step(array("i", [32768] * 5), (start + i * bin_ms) % TIME_WRAP_MS, 20 * i)
            print(Footprint(ground).row(ground.open - 1 - EARLY_AHEAD, ground.open - 1))
    rig = bench.Bench()
    rig.app.t_ms = TIME_WRAP_MS - 30
    print(rig.say("ping", 0, 2), rig.say("stop", 0, 5), rig.say("log 3", 0, 9), rig.app.t_ms)


PARTS = {f.__name__: f for f in (decisions, lines, frames, raw, averages, tracks, texts, macs, whole, weeks)}

if __name__ == "__main__":
    PARTS[sys.argv[1]]()
