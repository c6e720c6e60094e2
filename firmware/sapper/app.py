"""The application: the 100 Hz tick over the board's parts, and what a change of state does."""

import gc
import os

import micropython
from sapper import safety, shared
from sapper.console.console import Console
from sapper.crypto.line_mac import NONCE_BYTES
from sapper.detector.detector import Detector
from sapper.drive.drive import Drive
from sapper.drive.motion import BROKEN, LOOK_LOST, LOOKED, MOVED, RESTED, Motion
from sapper.hardware import heap
from sapper.identity import reset_cause
from sapper.link import rtcm_line
from sapper.link.event_log import EventLog
from sapper.link.gate import Gate
from sapper.link.link import Link
from sapper.link.radio_link import RadioLink
from sapper.link.refusals import Refusals
from sapper.link.reporter import Reporter
from sapper.loop_stats import LoopStats
from sapper.safety import checks
from sapper.safety.arming import Arming
from sapper.safety.piece_check import PieceCheck
from sapper.safety.supervisor import ARMED, ENABLED, EVENT_BIT, FAULT, GRANTS, MOVES, SAFE, SWEEP, TELEOP, decide
from sapper.safety.watch import Watch
from sapper.shared import weakened
from sapper.shared.events import FAULTS, KIND_ID, REASON_NAMES
from sapper.shared.forget import forget
from sapper.shared.limits import TICK_MS, TIME_WRAP_MS
from sapper.shared.settings import Settings
from sapper.shared.text import Text
from sapper.storage import kept, key_file, log_file, settings_file
from sapper.storage.team_key import TeamKey
from sapper.update import running

_TABLES = ((shared, ("detector_settings", "limits", "pins", "wire")), (safety, ("rules",)))

_LOG_SAVED_AFTER = 2  # upkeeps, 2.5 to 5 s: the operator is told of a stop first, and may act upon it

_SWEPT = EVENT_BIT["swept"]
_ENDS = {
    RESTED: EVENT_BIT["rested"],
    LOOKED: EVENT_BIT["alert"],
    LOOK_LOST: EVENT_BIT["look_lost"],
    MOVED: EVENT_BIT["moved"],
    BROKEN: EVENT_BIT["drive_stale"],
}
_RESTED = _ENDS[RESTED]
_STALE = EVENT_BIT["drive_stale"]

_TIME_MASK = TIME_WRAP_MS - 1

_FAULT_EVENT = KIND_ID["fault"]
_HEAP_EVENT = KIND_ID["heap_full"]
_STATE_EVENT = KIND_ID["state"]
_STOP_EVENT = KIND_ID["stop"]
_SWEEP_EVENT = KIND_ID["sweep"]


def forget_tables():
    """Whoever needs a value of these has taken it, and none holds anything else: 10 kB where a slot brought them. Where
    they are gone already nothing happens."""
    for package, names in _TABLES:
        for name in names:
            forget(package, name)


class Application:
    """Made in SAFE. `tick` every 10 ms; run.py keeps the time, feeds the watchdog, makes safe at the end."""

    def __init__(self, board):
        self.board = board
        self.settings = Settings()
        self.settings_error = settings_file.load(self.settings)
        words = kept.words()
        self.log = EventLog(words)
        self.boot = kept.boot_number(words)
        self.text = Text()  # the one line that is being written; whoever is handed it takes it at once
        self.stats = LoopStats()
        self.arming = Arming()
        self.detector = Detector(self.settings)
        self.drive = Drive(self.settings, board.motors, board.encoders)
        self.motion = Motion(self.settings, self.drive)
        self.field = None
        self.piece_check = PieceCheck(self)
        self.watch = Watch(self)
        self.gate = Gate(key_file.RADIO.load(), os.urandom(NONCE_BYTES))
        self.links = (Link(0, board.usb, True), RadioLink(1, board.radio, self.gate))
        self.team_key = TeamKey()
        self._load_team_key()
        self.refusals = Refusals(self._tell_refused)
        for link in self.links:
            link.next_event = self.log.next  # what an earlier run left is the console's `log` to show
        rtcm_line.begin(None)
        self.console = Console(self)
        self.reporter = Reporter(self, self.links)
        self.state = SAFE
        self.reason = REASON_NAMES.index("reset")
        self.owner = 0
        self.leave_for = ""
        self.t_ms = 0
        self._marks = 0
        self._sweep_mm = 0
        self._collect_next = False
        self._log_due = 0
        self.heap_free = gc.mem_free()
        self._collections = heap.collections()
        self.settings_audio = self.settings.get("audio")
        self.weakened = weakened.bits(self.settings.get)
        board.pulser.start(self.settings)
        board.acquisition.start()
        self._interruptible(True)
        self.emit("boot", reset_cause(), running.source())

    # The tick

    @micropython.native
    def tick(self, elapsed_ms, start_us=None):
        """One control tick. elapsed_ms: since the last one, 10 when all is well; start_us: when it began, if it is
        to be short."""
        self.t_ms = (self.t_ms + elapsed_ms) & _TIME_MASK
        self.drive.sense()
        field = self.field
        if field is None:
            happened = self.watch.look(elapsed_ms)
        else:
            field.place.sense(elapsed_ms, self.t_ms)
            happened = self.watch.look(elapsed_ms) | field.look(elapsed_ms)
        if happened:
            self._settle(happened)
        ended = self.motion.step(self.state, elapsed_ms)
        if ended:
            self._end_motion(ended)
        self.board.indicators.tick(self.state, self.detector.strength, self.settings_audio)
        self.arming.elapse(elapsed_ms)
        if self.piece_check.active:
            self.piece_check.step()
        self.links[1].gives_way = self.reporter.waited > 0
        for link in self.links:
            line = link.read_line(start_us)
            if line is not None:
                self.console.handle(link, line)
            self.refusals.look(link)

    def _end_motion(self, ended):
        """What `motion.step` returned, as the supervisor's event."""
        if ended == LOOKED:
            self.watch.looked()
        self._settle(_ENDS.get(ended) or (_SWEPT if self.state == SWEEP else _STALE))

    def told(self):
        """True when every answer has left."""
        return self.links[0].idle() and self.links[1].idle()

    def report(self, second, start_us=None):
        """The tick's last work before feeding: events and telemetry; start_us: as `tick` takes it."""
        if second:
            self._look_at_heap()
            if self.field is not None:
                self.field.place.look()
        self.reporter.step(second, start_us if self.stats.moving else None)
        self.refusals.elapse(TICK_MS)  # here: what it adds is told in the next tick

    def _look_at_heap(self):
        """Tell of a collection that nobody asked for, where it may have been in the way."""
        count = heap.collections()
        if count != self._collections:
            self._collections = count
            if GRANTS[self.state] & ENABLED:
                self.add(_HEAP_EVENT, heap.took_us())

    def _collect(self):
        gc.collect()
        self._collections = heap.collections()

    def upkeep(self):
        """Now and then, and never while moving: look at the heap (8 ms) or collect it (15 ms), in turn; renew the
        DMA.

        Both measured on the virtual Pico with 150 kB free. In motion hardly anything is allocated (a command that is
        said once), so that it ends long before the heap is full (limits.HEAP_MOTION_MIN);
        should it fill, one tick is late, and `heap_full` tells.
        """
        if GRANTS[self.state] & MOVES:
            self._collect_next = False
            return
        self.piece_check.age()
        self._collect_next = not self._collect_next
        if self._collect_next:
            self.heap_free = gc.mem_free()
        else:
            self._collect()
            self.board.acquisition.renew()
        if self._log_due and not GRANTS[self.state] & ENABLED:
            self._log_due -= 1
            if not self._log_due:
                self._save_log()

    def _save_log(self):
        """After a mission, disarmed: what happened in it outlives the power, too. Takes half a second, and leaves 7 kB
        of text behind, which go at once."""
        try:
            self.on_flash(lambda: log_file.save(self.log))
        except OSError:
            return  # `selftest` and `storage` tell why
        finally:
            self._collect()
        self.emit("log", (self.log.next - 1) & 0xFFFF)  # as its line tells it

    def on_flash(self, work):
        """work(), which writes flash: only disarmed, and without the watchdog, as slow flash may take seconds.

        MOTOR_EN is down then and cannot rise by itself. RuntimeError when armed: no command should come this far.
        """
        if GRANTS[self.state] & ENABLED:
            raise RuntimeError("flash is not written while armed")
        self.board.watchdog.stop()
        try:
            return work()
        finally:
            self.board.watchdog.start()

    @micropython.native
    def feed(self):
        """The last act of a completed tick."""
        if GRANTS[self.state] & ENABLED:
            self.board.interlock.feed()

    # States

    def raise_event(self, name):
        """An operator's event, decided at once."""
        self._settle(EVENT_BIT[name])

    def _settle(self, happened):
        """Carry out what the supervisor makes of these event bits: the old state's grants end first."""
        decision = decide(self.state, happened)
        if decision < 0:
            return
        old = self.state
        new = decision >> 8
        self.reason = decision & 255
        if self.field is not None and old in (TELEOP, SWEEP) and new != old:
            self.field.motion_ended(happened, new)
        if not GRANTS[new] & ENABLED:
            self.board.interlock.drop()
            self.drive.release()
            self.motion.halt()
            self._log_due = _LOG_SAVED_AFTER
        elif not GRANTS[old] & ENABLED:
            self._power_up()
        elif new not in (TELEOP, SWEEP):
            self.drive.halt()
            self.motion.halt()
        self.state = new
        self.stats.moving = GRANTS[new] & MOVES
        self.links[1].reader.moves = self.stats.moving
        if new == SAFE or old == SAFE:
            self._interruptible(new == SAFE)
        if old == SWEEP:
            self.watch.end_search()
        if not GRANTS[new] & ENABLED:
            self.detector.pinpoint_end()
        if old in (TELEOP, SWEEP) and new not in (TELEOP, SWEEP) and happened != _RESTED:  # it stood: nothing to stop
            self.add(_STOP_EVENT, self.reason, happened)
        if new == FAULT and self.drive.fault_side >= 0:
            self.add(_FAULT_EVENT, FAULTS.index("encoder_left") + self.drive.fault_side, self.drive.fault_how)
        self.add(_STATE_EVENT, new, old, self.reason)
        if happened & _SWEPT and old == SWEEP and new == ARMED:
            self.add(_SWEEP_EVENT, self._sweep_mm, 1)

    def _power_up(self):
        """SAFE -> ARMED: the motors stand at duty 0, MOTOR_EN rises.

        The heap is collected first (15 ms): a mission begins on a whole heap, which lasts for hours of motion.
        """
        self._collect()
        self.motion.halt()
        self.drive.engage()
        self.detector.reset()
        self.motion.strayed = False
        self.watch.begin()
        self.board.interlock.arm()

    def begin_sweep(self, length_mm, lane=False):
        """ARMED -> SWEEP over so many millimetres; lane: along motion.moves' line. It ends pinpointing, and what lies
        behind counts only if the rover came straight ahead from there; over a find without a verdict it stops at once.
        """
        detector = self.detector
        found = self.watch.unjudged()
        detector.pinpoint_end()
        if self.motion.strayed:
            detector.reset()
            self.watch.second_look.reset()
        self.motion.sweep(length_mm, lane)
        self.raise_event("cmd_sweep")
        self._sweep_mm = length_mm
        self.add(_SWEEP_EVENT, length_mm, 0)
        if found:
            self.raise_event("alert")
        else:
            self.watch.look_on()

    def fail(self, error):
        """An exception in a tick: FAULT, wherever it came from."""
        self.raise_event("exception")
        self.log_fault(FAULTS.index("exception"))
        for link in self.links:
            link.answer("* exception %s: %s" % (type(error).__name__, error))

    def clear_faults(self):
        """The operator's `disarm` clears latched faults; nothing moves."""
        self.detector.health.clear()
        self.drive.fault_side = -1

    # Services for the console

    def begin_field(self):
        """In SAFE: room for a field, for who uses one. MemoryError: there is none; then call `end_field`."""
        self._collect()
        from sapper.field.field import Field

        self._collect()
        self.field = Field(self)
        rtcm_line.begin(self.field.place.corrections.take)
        forget_tables()
        self._collect()

    def end_field(self):
        """What `begin_field` could not finish goes."""
        self.field = None
        rtcm_line.begin(None)
        self.motion.take_moves(None, None)
        self._collect()

    def configure(self):
        """Settings changed, standing: everyone takes them again."""
        self.detector.configure()
        self.drive.configure()
        self.motion.configure()
        if self.field is not None:
            self.field.configure()
        self.reporter.configure()
        self.board.pulser.start(self.settings)
        self.settings_audio = self.settings.get("audio")
        self.weakened = weakened.bits(self.settings.get)
        self.watch.configure()
        self.piece_check.configure()

    def offer_code(self, link):
        """A fresh arming code for this link."""
        random = os.urandom(3)
        return self.arming.offer(
            link.index, random[0] << 16 | random[1] << 8 | random[2], self.settings.get("arm_code_ms")
        )

    def owns(self, link):
        """Whether this link may change state now: any while nothing is armed, then the one that armed."""
        return not GRANTS[self.state] & ENABLED or link.index == self.owner

    def heard(self, link):
        """A valid operator message came in."""
        if self.owns(link):
            self.watch.heard(link.index)

    def pinged(self):
        """A `ping` came: the operator's program keeps the link alive."""
        self.watch.pinged()

    def refuse(self, link, why):
        """Count a refused line; it is told soon."""
        self.refusals.add(link.index, why)

    def _tell_refused(self, port, why, count):
        self.emit("refused", port, why, count)

    @property
    def refused(self):
        """Lines refused since the start."""
        return self.refusals.count

    def new_key(self, key):
        """Put in the radio key (b'' for none), on flash and at once. OSError when flash refuses: the old one stays."""
        self.on_flash(lambda: key_file.RADIO.save(key))
        self.gate.set_key(key)
        self.links[1].forget_proved()

    def new_team_key(self, key):
        """Put in the team's key, which updates must be signed with (b'' for none). OSError when flash refuses."""
        self.on_flash(lambda: self.team_key.save(key))

    def _load_team_key(self):
        try:
            self.team_key.load()
        except OSError:
            pass  # one of its two copies cannot be made whole again; the other one holds

    def prove(self):
        """An update on trial, a moment after its loop began: kept if its self-test passes, else tried again.

        A trial that cannot prove itself, for whatever reason, is ended by slot_choice.TRIES_MOST starts.
        """
        if not running.on_trial():
            return
        wrong = checks.failures(checks.TRIAL, self)
        if wrong:
            self.links[0].answer("* update failed its self-test: %s: %s" % wrong[0])
            self.leave_for = "reboot"
        else:
            self.on_flash(running.keep)
        self.emit("update", running.source(), 0 if wrong else 1)

    def mark(self):
        """Fire the marker."""
        self._marks += 1
        self.board.indicators.mark(self.settings.get("marker_ms"))
        self.emit("mark", self._marks)

    def pinpoint(self, on):
        """Strength against the level now, or back to the search."""
        if on:
            self.detector.pinpoint_begin()
        else:
            self.detector.pinpoint_end()

    @property
    def pinpointing(self):
        """Whether the detector pinpoints."""
        return self.detector.pinpointing

    def emit(self, kind, a=0, b=0, c=0, d=0, e=0):
        """Log an event of this kind (name)."""
        self.add(KIND_ID[kind], a, b, c, d, e)

    def add(self, kind, a=0, b=0, c=0, d=0, e=0):
        """Log an event of this kind (number)."""
        self.log.add(self.t_ms, kind, self.drive.odometry.s_mm, a, b, c, d, e)

    def log_fault(self, fault):
        """A named fault (index into FAULTS)."""
        self.add(_FAULT_EVENT, fault)
        self.piece_check.fault()

    def fault_name(self, fault):
        """Its name."""
        return FAULTS[fault]

    def _interruptible(self, on):
        for link in self.links:
            link.interruptible(on)
