"""What each tick looks at: inputs, frame, supply, detector and the operator's silence -> the supervisor's events."""

import micropython
from micropython import const
from sapper.detector.detector import FLAG_ALERT, FLAG_CONTACT, FLAG_FAULT
from sapper.safety.second_look import NOWHERE, SecondLook
from sapper.safety.supervisor import ENABLED, EVENT_BIT, GRANTS, MOVES, SWEEP
from sapper.shared.events import FAULTS, KIND_ID, LOOK_STEPS
from sapper.shared.limits import NO_FRAME_MS, OVERRUN_MS, SUPPLY_LOW_MS, TICK_MS, TIME_WRAP_MS
from sapper.shared.units import temp_dc, vsys_mv

_NO_FRAME_TICKS = NO_FRAME_MS // TICK_MS
_AGE_MOST_MS = TIME_WRAP_MS // 2
_SUPPLY_TICKS = SUPPLY_LOW_MS // TICK_MS

_ESTOP_OPEN = EVENT_BIT["estop_open"]
_KEY_OFF = EVENT_BIT["key_off"]
_INTERLOCK = EVENT_BIT["interlock"]
_OVERRUN = EVENT_BIT["overrun"]
_ENCODER = EVENT_BIT["encoder"]
_ACQUISITION = EVENT_BIT["acquisition"]
_SUPPLY = EVENT_BIT["supply"]
_BLIND = EVENT_BIT["blind"]
_BLIND_TELEOP = EVENT_BIT["blind_teleop"]
_ALERT = EVENT_BIT["alert"]
_LINK_LOST = EVENT_BIT["link_lost"]
_PINGS_LOST = EVENT_BIT["pings_lost"]
_IDLE = EVENT_BIT["idle"]

_DETECT = KIND_ID["detect"]
_CONTACT = KIND_ID["contact"]
_COVERED = KIND_ID["covered"]
_LOOK = KIND_ID["look"]
_NO_FRAMES = FAULTS.index("acquisition")
_BEGUN = LOOK_STEPS.index("begun")
_OVER_IT = LOOK_STEPS.index("over_it")
_NOT_BACKED = LOOK_STEPS.index("not_backed")
# An alert is of ground so far behind the coil, three bins and a half (detector/footprint_kernels.py).
_ALERT_BEHIND_MM = const(70)
# From this share of an alert's level on the sweep goes slowly, until the full estimate of that ground is known. At half
# of it noise alone keeps the rover slow for most of the way.
_SLOW_PERCENT = const(70)
_SLOW_MM = const(300)


class Watch:
    """`look` once a tick, after the drive has sensed; allocates nothing.

    app: the application, for its state, board, drive and detector. vsys_mv, temp_dc: as of the last frame; frame_age:
    ticks since it; searched: 1 while ground is being searched; find_mm: where the find lies, along the track, that
    the rover stops for.
    """

    def __init__(self, app):
        self._app = app
        board = app.board
        self._inputs = board.inputs
        self._interlock = board.interlock
        self._acquisition = board.acquisition
        self._drive = app.drive
        self._detector = app.detector
        self._motion = app.motion
        self.second_look = SecondLook()
        self.find_mm = 0
        self._health = app.detector.health
        self.frame_age = 1
        self.vsys_mv = 0
        self.temp_dc = 0
        self.searched = 0
        self._judged = False
        self._unused_ms = 0
        self._heard_age_ms = 0
        self._heard_next = 1
        self._pinged = False
        self._link_lost = False
        self._enabled_ticks = 0
        self._supply_low = 0
        self.configure()

    def configure(self):
        """Take the settings again, standing."""
        get = self._app.settings.get
        self._link_timeout_ms = get("link_timeout_ms")
        self._idle_ms = get("arm_idle_s") * 1000
        self._critical_mv = get("vsys_critical_mv")
        self._marks_on = get("sweep_marks")
        self._teleop_blind = get("teleop_blind")
        self._looks = get("sweep_look") and not self._marks_on

    def begin(self):
        """SAFE -> ARMED: what was before does not count."""
        self._enabled_ticks = 0
        self._unused_ms = 0
        self._pinged = False
        self._judged = False
        self.second_look.reset()
        self._app.board.inputs.loop_opened()

    def heard(self, port):
        """A valid message came from the link that may change state.

        After a loss, all that happened since the last one is told again: what was sent meanwhile may not have arrived.
        """
        app = self._app
        if self._link_lost:
            self._link_lost = False
            link = app.links[port]
            link.next_event = min(link.next_event, self._heard_next)
            app.emit("link", port, 1, self._heard_age_ms)
        self._heard_next = app.log.next
        self._heard_age_ms = 0

    def used(self):
        """The operator did something with the rover (shared/commands.py tells what counts)."""
        self._unused_ms = 0

    def judged(self):
        """The operator's verdict: the alert that stands is no reason to stop again."""
        self._judged = True

    def unjudged(self):
        """Whether an alert stands that stops a sweep, without a verdict."""
        return self._app.detector.alert and not self._judged and not self._marks_on

    def end_search(self):
        """The sweep is over: from here on nothing is searched."""
        if self.searched:
            self.searched = 0
            self._app.add(_COVERED, self._app.drive.odometry.s_mm, 0)

    def pinged(self):
        """The operator's program keeps the link alive: from now on its silence is a stop standing, too, not only
        moving.

        A person at a bare terminal does not ping, and may take time to read between two lines while the rover stands.
        """
        self._pinged = True

    @micropython.native
    def look(self, elapsed_ms):
        """Event bits for the supervisor. elapsed_ms: since the last tick."""
        app = self._app
        grants = GRANTS[app.state]
        enabled = grants & ENABLED
        moves = grants & MOVES
        bits = 0
        inputs = self._inputs
        if not inputs.loop_closed() or inputs.loop_opened():
            bits |= _ESTOP_OPEN
        if not inputs.key_on():
            bits |= _KEY_OFF
        if self._drive.fault_side >= 0:
            bits |= _ENCODER
        if elapsed_ms > OVERRUN_MS:
            bits |= _OVERRUN
        age_ms = self._heard_age_ms + elapsed_ms
        if age_ms >= self._link_timeout_ms:
            if age_ms > _AGE_MOST_MS:
                age_ms = _AGE_MOST_MS
            bits |= _LINK_LOST
            if self._pinged:
                bits |= _PINGS_LOST
            if not self._link_lost and (moves or enabled and self._pinged):
                self._link_lost = True
                app.emit("link", app.owner, 0, age_ms)
        self._heard_age_ms = age_ms
        if enabled:
            unused_ms = 0 if moves else self._unused_ms + elapsed_ms
            self._unused_ms = unused_ms
            if unused_ms >= self._idle_ms:
                bits |= _IDLE
            ticks = self._enabled_ticks + 1
            self._enabled_ticks = ticks
            if ticks > 2 and not self._interlock.enabled():
                bits |= _INTERLOCK
        acquisition = self._acquisition
        if acquisition.take():
            self.frame_age = 0
            bits |= self._detect(acquisition.frame)
        else:
            self.frame_age += 1
            if self.frame_age >= _NO_FRAME_TICKS:
                bits |= _ACQUISITION
                if self.frame_age == _NO_FRAME_TICKS:
                    app.log_fault(_NO_FRAMES)
        if self._health.fault:
            bits |= _BLIND
            if not self._teleop_blind:
                bits |= _BLIND_TELEOP
        return bits

    def _alert(self, detector):
        """An alert has risen: event bits. Of a late one the place lies so far behind the coil that the rover goes back
        over it."""
        app = self._app
        motion = self._motion
        look = self.second_look
        place_mm = detector.alert_mm
        if motion.looks and not look.wanted(place_mm):
            return 0  # it is being looked at
        self._judged = False
        self.find_mm = place_mm
        look.alert(place_mm, True)
        app.add(_DETECT, detector.strength, detector.class_hint, detector.alert_statistic, detector.alert_level)
        if self._marks_on:
            return 0
        if not detector.alert_late or not self._looks or app.state != SWEEP or motion.looks:
            return _ALERT
        self._begin_look(place_mm)
        return 0

    def _begin_look(self, place_mm):
        self.find_mm = place_mm
        self.second_look.begin(place_mm)
        self._motion.look(place_mm)
        self._app.add(_LOOK, place_mm, _BEGUN)

    def _look_at(self, contact):
        """A contact in a sweep: if no alert was near it, nor anybody has looked, the motors are off from here on, and
        the rover goes back to it."""
        if self._motion.looks or not self.second_look.wanted(contact.s_mm):
            return
        statistic = contact.snr_x10 * 10
        level = self._detector.contact_level
        self._app.add(_DETECT, contact.strength, contact.class_hint, statistic, level)
        self._begin_look(contact.s_mm)

    def look_on(self):
        """A sweep begins: what was to be looked at, when an alert came in between, comes first."""
        place_mm = self.second_look.pending
        if place_mm != NOWHERE:
            self._motion.look(place_mm)
            self._app.add(_LOOK, place_mm, _BEGUN)

    def looked(self):
        """The rover stands for its second look."""
        self._app.add(_LOOK, self.second_look.pending, _OVER_IT if self._motion.backed else _NOT_BACKED)
        self.second_look.over_it()

    @micropython.native
    def _detect(self, frame):
        """One frame through supply, temperature and detector."""
        app = self._app
        bits = 0
        supply_mv = vsys_mv(frame[3])
        self.vsys_mv = supply_mv
        self.temp_dc = temp_dc(frame[4])
        if supply_mv < self._critical_mv:
            self._supply_low += 1
            if self._supply_low >= _SUPPLY_TICKS:
                bits |= _SUPPLY
        elif self._supply_low:
            self._supply_low = 0
        detector = self._detector
        drive = self._drive
        flags = detector.step(frame, app.t_ms, drive.odometry.s_mm, drive.speed_mm_s, 0)
        if flags:
            if flags & FLAG_FAULT:
                app.log_fault(detector.health.fault)
            if flags & FLAG_ALERT:
                bits |= self._alert(detector)
            if flags & FLAG_CONTACT:
                contact = detector.contact
                app.add(
                    _CONTACT,
                    contact.s_mm,
                    contact.extent_mm,
                    contact.strength,
                    contact.snr_x10,
                    contact.class_hint,
                )
                if app.state == SWEEP and not contact.pinpointed:
                    if self._marks_on:
                        app.mark()
                    elif self._looks and not bits:
                        self._look_at(contact)
        if detector.alert and not detector.pinpointing and not self._motion.looks:
            self.second_look.alert(drive.odometry.s_mm - _ALERT_BEHIND_MM, False)
        if app.state == SWEEP and detector.statistic * 100 >= detector.level * _SLOW_PERCENT:
            s_mm = drive.odometry.s_mm
            if self.second_look.wanted(s_mm - _ALERT_BEHIND_MM):
                self._motion.slow_to(s_mm + _SLOW_MM)
        searched = 1 if app.state == SWEEP and detector.searched_ok() else 0
        if searched != self.searched:
            self.searched = searched
            app.add(_COVERED, drive.odometry.s_mm, searched)
        return bits
