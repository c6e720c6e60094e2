"""On MicroPython: what is said and told while the rover moves, and how many bytes of heap each leaves behind.

Run with the firmware and the fakes on the path; prints `PATH BYTES` a line. With the argument `canary` each tick makes
one object, as a slice or a tuple in it would.
"""

import gc
import sys
from binascii import b2a_base64

import bench

import micropython
from sapper.crypto.signing import Signer
from sapper.drive import moves

KEY = bytes(range(32))
TIMES = 20  # of each, after as many that do not count: a list may grow to its size first
TICKS = 5  # behind each, more than a line waits
FLOOD_TICKS = 600  # a line is answered each twentieth, once the first lot are
TOLD = ("covered", "detect", "contact", "mark", "link", "refused")


FORGED = Signer(bytes(32), bytes(16))
FLOODS = (
    ("forged", b"".join([(FORGED.sign(n, "drive 300 0") + "\n").encode() for n in range(1, 200, 7)])),
    ("forged by hand", b"@9 0123456789abcdef stop\r"),
    ("counter", b"@1 0123456789abcdef drive 300 0\n"),
    ("no counter", b"@x 0123456789abcdef drive 300 0\n"),
    ("garbled", b"@12 0123456789a cdef drive 300 0\n@\n@@@ @\n@7 0123456789abcdef\n"),
    ("unsigned", b"drive 300 0\narm\ndisarm\nsweep 1000\nset speed_max_mm_s 900\ndrive 9999 x\nkey none\n"),
    ("long answers", b"dump\nhelp\nlog 64\nget\n"),
    ("unknown", b"q\nstopp\nar m\n" + b"z" * 150 + b"\n"),
    ("empty", b"\r\n\r"),
    ("noise", bytes([n * 73 % 256 for n in range(997)])),
    ("too long", b"x" * 400 + b"\n"),
)


def rtcm(length):
    """A frame of corrections with so long a payload."""
    data = bytes([0xD3, length >> 8, length & 255]) + bytes(length)
    crc = 0
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return data + bytes([crc >> 16, crc >> 8 & 255, crc & 255])


LONG = rtcm(260)
DROPPED = ("noise", "too long")  # without an answer


class Quiet:
    """A port that allocates nothing by itself. room: bytes it takes a call."""

    def __init__(self):
        self.room = 1000
        self.taken = 0
        self._data = b""
        self._at = 0

    def put(self, data):
        self._data = data
        self._at = 0

    @micropython.native
    def read_into(self, buffer):
        data = self._data
        count = 0
        while self._at < len(data) and count < len(buffer):
            buffer[count] = data[self._at]
            self._at += 1
            count += 1
        return count

    def peek(self, buffer):
        return 0

    @micropython.native
    def write(self, buffer, at=0, most=-1):
        count = len(buffer) - at if most < 0 else most
        if count > self.room:
            count = self.room
        self.taken += count
        return count

    def interruptible(self, on):
        pass


class Frames(bench.Acquisition):
    """Gates with some noise, made in place."""

    @micropython.native
    def take(self):
        for i in range(3):
            self._noise = (self._noise * 1103 + 12345) & 0x7FFFF
            self.frame[i] = 32768 + (self._noise >> 13)
        return 1


class Wasteful(bench.Indicators):
    """The lamps, with an object made in each tick."""

    def tick(self, state, strength, audio):
        self.made = bytes(1)


@micropython.native
def turns(app, count, second):
    """So many turns of the loop, the tracks rolling as driven, the last one with a second's figures."""
    board = app.board
    while count:
        count -= 1
        for side in range(2):
            board.encoders[side].ticks = board.motors[side].duty_pm // 100
        app.tick(10)
        app.report(second if count == 0 else 0)
        app.feed()


def heap_b(app, port, lines, second=0, kind=None):
    """Bytes that TIMES of it leave. lines: what is said, one each time, again from the first on at the end."""
    used = 0
    for i in range(2 * TIMES):
        if i == TIMES:
            used = gc.mem_alloc()
        if lines:
            port.put(lines[i % len(lines)])
        if kind is not None:
            app.emit(kind, 1, 2, 3)
        turns(app, TICKS, second)
        app.watch.heard(app.owner)
    return gc.mem_alloc() - used


class Flood(Quiet):
    """A radio at its full rate: 57 bytes of these in each tick, again and again."""

    def __init__(self, data):
        super().__init__()
        self.put(data)

    @micropython.native
    def read_into(self, buffer):
        data = self._data
        for i in range(57):
            buffer[i] = data[self._at]
            self._at = (self._at + 1) % len(data)
        return 57


class Typed(Flood):
    """As a person's: four bytes a tick."""

    @micropython.native
    def read_into(self, buffer):
        data = self._data
        for i in range(4):
            buffer[i] = data[self._at]
            self._at = (self._at + 1) % len(data)
        return 4


def flooded(name, port, least=TIMES):
    """Tell what FLOOD_TICKS of it in a sweep leave, of which so many lines at least are answered."""
    app, _, _ = begin(bench.SWEEP)
    app.links[1]._port = port
    app.console.handle = answers = Counted(app.console.handle)
    used = 0
    for i in range(2 * FLOOD_TICKS // TICKS):
        if i == FLOOD_TICKS // TICKS:
            answers.count = 0
            used = gc.mem_alloc()
        turns(app, TICKS, 0)
        app.watch.heard(app.owner)
    used = gc.mem_alloc() - used
    if answers.count < least:
        raise ValueError(name, answers.count)
    tell(name, app, bench.SWEEP, used, True)


class Counted:
    """A function, and how often it was called."""

    def __init__(self, function):
        self._function = function
        self.count = 0

    def __call__(self, link, line):
        self.count += 1
        self._function(link, line)


def begin(state, owner=0):
    """(application, its USB and its radio port), in motion, told nothing so far."""
    rig = bench.Bench(acquisition=Frames())
    app = rig.app
    app.begin_field()
    app.field.place._port = Quiet()
    app.gate.set_key(KEY)
    rig.to(state)
    app.owner = owner
    ports = (Quiet(), Quiet())
    for link in app.links:
        link._port = ports[link.index]
    if sys.argv[1:] == ["canary"]:
        app.board.indicators = Wasteful()
    return app, ports[0], ports[1]


def in_a_field(name, owner=0):
    """As `begin`, told its place and its base line, with a move of the board's own under way, or a lane."""
    app, usb, radio = begin(bench.ARMED, owner)
    app.field.place.put(-20000, 0, 0, 5, 3)
    if app.field.tracks.begin(-6000, 6000):
        raise ValueError("base")
    own = app.motion.moves
    if name == "turn":
        own.turn(3000)
    elif own.straight(getattr(moves, name.upper()), -24000 if name == "back" else -16000, 0):
        raise ValueError(name)
    if name == "lane":
        app.field.begin_lane()
    else:
        app.field.begin_move()
    for link in app.links:
        link.telemetry = True
    for _ in range(4):
        turns(app, 50, 1)
        app.watch.heard(owner)
    return app, usb, radio


def tell(name, app, state, used, floods=False):
    if app.state != state or not floods and (app.links[0].lost_lines or app.links[1].lost_lines):
        raise ValueError(name, app.state, app.reason)
    print(name.replace(" ", "_"), used)


def signed(app, texts):
    signer = Signer(KEY, app.gate.nonce)
    return [(signer.sign(i + 1, texts[i % len(texts)]) + "\n").encode() for i in range(2 * TIMES)]


def main():
    gc.disable()
    drives = [("drive %d %d" % (200 + i, -3 * i)) for i in range(7)]  # as from a joystick: each another one
    for telemetry in (False, True):
        app, usb, radio = begin(bench.SWEEP)
        told = "frames" if telemetry else "text"
        app.links[0].telemetry = app.links[1].telemetry = telemetry
        tell("tick, told in " + told, app, bench.SWEEP, heap_b(app, usb, ()))
        tell("second, told in " + told, app, bench.SWEEP, heap_b(app, usb, (), 1))
        for kind in TOLD:
            taken = radio.taken
            tell("event %s in %s" % (kind, told), app, bench.SWEEP, heap_b(app, usb, (), 0, kind))
            if radio.taken == taken:
                raise ValueError(kind)
    app, usb, radio = begin(bench.SWEEP)
    app.links[0].telemetry = True
    app.reporter.tell_raw(app.links[0], True)
    tell("raw", app, bench.SWEEP, heap_b(app, usb, ()))
    usb.room = 20
    tell("raw to a slow host", app, bench.SWEEP, heap_b(app, usb, (b"ping\n",)))
    usb.room = 0
    tell("ping by a host that does not read", app, bench.SWEEP, heap_b(app, usb, (b"ping\n",)))
    for state in (bench.SWEEP, bench.TELEOP):
        for said in ("ping", "", "status") + (("drive",) if state == bench.TELEOP else ()):
            texts = drives if said == "drive" else [said]
            name = "%s in %s" % (said or "empty line", "SWEEP" if state == bench.SWEEP else "TELEOP")
            app, usb, radio = begin(state)
            if state == bench.TELEOP:
                app.motion._stale_ms = 1 << 29
            tell(name, app, state, heap_b(app, usb, [(text + "\n").encode() for text in texts]))
            if not said:
                continue  # there is no signed empty line
            app, usb, radio = begin(state, 1)
            if state == bench.TELEOP:
                app.motion._stale_ms = 1 << 29
            tell(name + " signed", app, state, heap_b(app, radio, signed(app, texts)))
    for name in ("lane", "back", "ahead", "turn"):
        state = bench.SWEEP if name == "lane" else bench.TELEOP
        app, usb, radio = in_a_field(name)
        tell("tick of " + name, app, state, heap_b(app, usb, ()))
    # A receiver's corrections: a frame in one line, one over three, and what is none.
    pieces = [b"rtcm " + b2a_base64(data, newline=False) for data in (rtcm(4), LONG[:90], LONG[90:180], LONG[180:])]
    pieces.append(b"rtcm AAAAAAAAAAAA")
    app, usb, radio = in_a_field("lane")
    tell("rtcm", app, bench.SWEEP, heap_b(app, usb, [piece + b"\n" for piece in pieces]))
    app, usb, radio = in_a_field("lane", 1)
    tell("rtcm signed", app, bench.SWEEP, heap_b(app, radio, signed(app, [str(piece, "ascii") for piece in pieces])))
    if app.field.place.corrections.frames < 2 * TIMES // 5 * 2 - 2:
        raise ValueError(app.field.place.corrections.frames)
    app, usb, radio = begin(bench.SWEEP)
    tell("status by anybody", app, bench.SWEEP, heap_b(app, radio, (b"status\n",)))
    for name, data in FLOODS:
        flooded("flood, " + name, Flood(data), 0 if name in DROPPED else TIMES)
    flooded("typed", Typed(b"arm\r  \x08a b\r"))


main()
