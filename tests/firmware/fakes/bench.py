"""A whole board in memory, so that the real Application runs under CPython and MicroPython's unix port.

`Bench` makes one: set its inputs, put bytes on its lines, `tick`, and look at motors, interlock and answers.
"""

import gc
from array import array

if not hasattr(gc, "mem_free"):  # CPython: what free memory the board has is the virtual Pico's to tell
    gc.mem_free = lambda: 150_000

import key_places

from sapper.app import Application
from sapper.safety.supervisor import ARMED, CONTACT, FAULT, STOPPED, SWEEP, TELEOP
from sapper.shared import events, fields
from sapper.shared.limits import FEED_HOLD_MS

AIR = (32768, 32768, 32768, 33100, 14022)  # gates mid-scale, 5.0 V supply, 27 C, in 1/16 LSB
COPPER = (-1200, -700, -240)  # what an object under the coil does to the gates


class Port:
    """One serial line's board end. `room`: bytes it takes a call; 0 is a host that does not read."""

    def __init__(self):
        self.waiting = b""
        self.sent = b""
        self.room = 1000
        self.interrupts = None

    def read_into(self, buffer):
        count = min(len(buffer), len(self.waiting))
        if self.interrupts and b"\x03" in self.waiting[:count]:
            count = self.waiting.index(b"\x03") + 1
        buffer[:count] = self.waiting[:count]
        self.waiting = self.waiting[count:]
        return count

    def peek(self, buffer):
        count = min(len(buffer), len(self.waiting))
        buffer[:count] = self.waiting[:count]
        return count

    def write(self, buffer, at=0, most=-1):
        count = min(self.room, len(buffer) - at if most < 0 else most)
        self.sent += bytes(buffer[at : at + count])
        return count

    def interruptible(self, on):
        self.interrupts = on


class Inputs:
    def __init__(self):
        self.loop = 1
        self.key = 0
        self.latched = 0

    def loop_closed(self):
        return self.loop

    def loop_opened(self):
        opened, self.latched = self.latched, 0
        return opened

    def key_on(self):
        return self.key


class Interlock:
    """As the real one by its promises: up by `arm` alone, down by `drop` or without feeding. cut: it cannot rise."""

    def __init__(self):
        self.up = 0
        self.feeds = 0
        self.cut = False
        self._held_ms = 0

    def arm(self):
        self.up = 0 if self.cut else 1
        self._held_ms = FEED_HOLD_MS

    def feed(self):
        self.feeds += 1
        self._held_ms = FEED_HOLD_MS

    def drop(self):
        self.up = 0

    def enabled(self):
        return self.up

    def elapse(self, ms):
        """Time passes, which only this part keeps by itself."""
        self._held_ms -= ms
        if self._held_ms <= 0:
            self.up = 0


class Motor:
    def __init__(self):
        self.duty_pm = 0
        self.engaged = False

    def engage(self):
        self.duty_pm = 0
        self.engaged = True

    def drive(self, duty_pm):
        if self.engaged:
            self.duty_pm = duty_pm

    def release(self):
        self.duty_pm = 0
        self.engaged = False


class Encoder:
    def __init__(self):
        self.ticks = 0
        self.count = 0

    def delta(self):
        ticks, self.ticks = self.ticks, 0
        self.count = (self.count + ticks) & 0xFFFF
        return ticks


class Acquisition:
    def __init__(self):
        self.frame = array("i", AIR)
        self.missed = 0
        self.overflows = 0
        self.alive = True
        self.under = (0, 0, 0)  # added to the gates: an object under the coil
        self._noise = 1

    def start(self):
        pass

    def renew(self):
        pass

    def take(self):
        if not self.alive:
            return 0
        for i in range(3):
            self._noise = (self._noise * 1103515245 + 12345) & 0x3FFFFFFF
            self.frame[i] = AIR[i] + self.under[i] + (self._noise >> 16) % 9 - 4
        return 1


class Pulser:
    def __init__(self):
        self.on = False

    def start(self, settings):
        self.on = True

    def stop(self):
        self.on = False

    def running(self):
        return self.on


class Indicators:
    def __init__(self):
        self.marks = 0

    def tick(self, state, strength, audio):
        pass

    def mark(self, length_ms):
        self.marks += 1


class Watchdog:
    def __init__(self):
        self.running = True

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


class Cache:
    def __init__(self):
        self.counts = (0, 0)

    def taken(self):
        counts, self.counts = self.counts, (0, 0)
        return counts


class Imu:
    """None is fitted."""

    row = array("h", [0] * 7)
    fresh = present = seen = False
    fault = "unplugged"

    def read(self):
        return False

    def self_test(self):
        return ""


class Board:
    def __init__(self, acquisition=None):
        self.watchdog = Watchdog()
        self.inputs = Inputs()
        self.interlock = Interlock()
        self.motors = (Motor(), Motor())
        self.encoders = (Encoder(), Encoder())
        self.acquisition = acquisition or Acquisition()
        self.pulser = Pulser()
        self.indicators = Indicators()
        self.usb = Port()
        self.radio = Port()
        self.gnss = Port()
        self.imu = Imu()
        self.cache = Cache()

    def open_field(self, gnss_baud):
        pass


class Bench:
    """The application on a board in memory. key_pages: where a team's key may lie already. acquisition: instead of
    the usual one."""

    def __init__(self, key_pages=None, acquisition=None):
        key_places.use(key_pages or key_places.InMemory())
        self.board = Board(acquisition)
        self.app = Application(self.board)
        self.ports = (self.board.usb, self.board.radio)

    def tick(self, count=1, elapsed_ms=10, feed=True):
        """So many ticks; tracks roll as their motors are driven (1 tick of encoder a frame and 100 of duty). feed:
        whether the loop comes to its last act, feeding the interlock."""
        for _ in range(count):
            self.board.interlock.elapse(elapsed_ms)
            for side in (0, 1):
                motor, encoder = self.board.motors[side], self.board.encoders[side]
                encoder.ticks = motor.duty_pm // 100 if motor.duty_pm >= 0 else -(-motor.duty_pm // 100)
            self.app.tick(elapsed_ms)
            self.app.report(0)
            if feed:
                self.app.feed()

    def say(self, line, port=0, ticks=3):
        """Put a line on a port, tick, and return all that the board said there."""
        self.ports[port].sent = b""
        self.ports[port].waiting += line.encode() + b"\n"
        self.tick(ticks)
        return self.ports[port].sent.decode()

    def last(self, line, port=0, ticks=3):
        """As `say`: the answer's last line."""
        lines = [text for text in self.say(line, port, ticks).split("\r\n") if text.startswith(("ok", "err "))]
        return lines[-1] if lines else ""

    def told(self, kind):
        """Events of this kind that were logged, their values by name."""
        log = self.app.log
        lines = [fields.parse_line(log.text(number)) for number in range(log.oldest(), log.next)]
        return [line for line in lines if line["kind"] == kind]

    def until_changed(self, most=400):
        """Ticks until the state is another: (how many, state, reason); None when it is not, in so many."""
        state = self.app.state
        for count in range(1, most + 1):
            self.tick()
            if self.app.state != state:
                return count, events.STATES[self.app.state], events.REASON_NAMES[self.app.reason]
        return None

    def still(self):
        """Whether nothing can move: MOTOR_EN low, both motors off."""
        return not self.board.interlock.up and not any(m.engaged or m.duty_pm for m in self.board.motors)

    def arm(self):
        """Key on, a settled detector, `arm` and its code: ARMED."""
        self.board.inputs.key = 1
        self.tick(5)
        for _ in range(40):
            answer = self.last("arm")
            if answer.startswith("ok code="):
                return self.last("arm " + answer[8:12])
            self.tick(20)
        return answer

    def to(self, state):
        """From SAFE into a state by what the operator and the world do alone, and there as soon as can be."""
        app = self.app
        if state in (ARMED, TELEOP, SWEEP, CONTACT):
            self.arm()
        if state == TELEOP:
            self.say("drive 200 0", ticks=1)
        elif state in (SWEEP, CONTACT):
            self.say("sweep 100000", ticks=1)
        if state == CONTACT:
            self.tick(140)
            self.board.acquisition.under = COPPER
            for _ in range(100):
                if app.state == CONTACT:
                    break
                self.say("", ticks=1)
            self.board.acquisition.under = (0, 0, 0)
        elif state == STOPPED:
            self.say("stop", ticks=1)
        elif state == FAULT:
            app.fail(ValueError("injected"))
        assert app.state == state, app.state
        return self
