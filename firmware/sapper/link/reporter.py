"""What the board tells over its links: events as text or frames, telemetry at its rates. Never at a tick's cost."""

import time
from struct import pack_into

import micropython
from micropython import const
from sapper.link.raw_frames import RawFrames
from sapper.link.status import aid, flags
from sapper.link.telemetry import FrameWriter
from sapper.shared.events import KIND_ROW
from sapper.shared.limits import TICK_MS
from sapper.shared.wire import DETECT, EVENT, FORMATS, GROUND, GROUND_WORDS, LOOP, STATUS, UNKNOWN_SIGMA

_TICKS_A_SECOND = 1000 // TICK_MS

# Of the detector's footprint_kernels.py, which a test holds them to: strength is the early estimate of so many bins
# behind the open one, and greatest where the metal lies at that bin's beginning, as it sees more of what is behind.
_BIN_MM = const(20)
_STRENGTH_BINS = const(4)

# What is due, most urgent first.
_LOOP_DUE = const(1)
_STATUS_DUE = const(2)
_DETECT_DUE = const(4)
_GROUND_DUE = const(8)
_GROUND_BYTES = 4 * GROUND_WORDS
_LONG_US = const(5000)  # of a tick: a STATUS frame takes 1.7 ms, an event's text 3.7
_WAITS_MOST_TICKS = const(8)


@micropython.viper
def _put_ground(target: ptr8, kind: int, sequence: int, t_ms: int, piece: ptr8, length: int):
    """A GROUND frame: type, sequence, time, length and the piece's bytes."""
    target[0] = kind
    target[1] = sequence
    target[2] = t_ms & 255
    target[3] = (t_ms >> 8) & 255
    target[4] = (t_ms >> 16) & 255
    target[5] = (t_ms >> 24) & 255
    target[6] = length
    i = 0
    while i < length:
        target[7 + i] = piece[i]
        i += 1
    while i < 96:  # GROUND_WORDS
        target[7 + i] = 0
        i += 1


class _Nowhere:
    """The pose of a board that is in no field."""

    x_mm = y_mm = heading_mrad = 0
    sigma_mm = -1
    sigma_mrad = UNKNOWN_SIGMA


_NOWHERE = _Nowhere()


class Reporter:
    """`step` once a tick. waited: for how many ticks something waits to be told."""

    def __init__(self, app, links):
        self._app = app
        self._links = links
        self._writer = FrameWriter()
        self._raw = RawFrames(app, self._writer)
        self.raw_link = None
        self._piece = bytearray(_GROUND_BYTES)
        self._count = self._due = 0
        self._start_us = None
        self.waited = 0
        self.configure()

    def configure(self):
        """Take the rates. What is due is sent one a tick, and not in the tick of an event: each takes a millisecond."""
        get = self._app.settings.get
        self._status_every = _TICKS_A_SECOND // get("telemetry_status_hz")
        rate = get("telemetry_detect_hz")
        self._detect_every = _TICKS_A_SECOND // rate if rate else 0
        rate = get("telemetry_ground_hz")
        self._ground_every = _TICKS_A_SECOND // rate if rate else 0

    def tell_raw(self, link, on):
        """Every frame of the detector on this link from now on, or no longer."""
        if on:
            self.raw_link = link
            self._raw.begin()
        elif self.raw_link is link:
            self.raw_link = None

    def step(self, second, start_us=None):
        """second: 1 once a second, when the loop's figures are fresh; the rates are counted from it. start_us: when the
        tick began, of a rover that moves: what is told is then one thing a tick, an event on one link, a frame or a
        line of an answer, and waits for another tick where this one has taken long already, but not for long.
        """
        self._count = count = 1 if second else self._count + 1
        self._start_us = None if self.waited >= _WAITS_MOST_TICKS else start_us
        wanted = told = waits = False
        for link in self._links:
            if link.next_event < self._app.log.next and not told:
                if self._is_long():
                    waits = True
                else:
                    told = self._event_to(link)
            if start_us is None:
                link.flush()
            else:
                link.flush(0)
            wanted = wanted or link.telemetry
        due = self._due
        if wanted:
            if self.raw_link:
                view = self._raw.step(count)
                if view:
                    self.raw_link.send_frame(view)
            if second:
                due |= _LOOP_DUE
            if count % self._status_every == 0:
                due |= _STATUS_DUE
            if self._detect_every and count % self._detect_every == 1:
                due |= _DETECT_DUE
            if self._ground_every and count % self._ground_every == 3 and self._ground_on():
                due |= _GROUND_DUE
            if due and not told:
                if self._is_long():
                    waits = True
                else:
                    due = self._tell(due)
                    told = True
            self._due = due
        if start_us is not None:
            for link in self._links:
                if told or link.idle():
                    continue
                if self._is_long():
                    waits = True
                else:
                    told = link.flush(1) > 0
        self.waited = self.waited + 1 if waits and not told else 0

    def _is_long(self):
        return self._start_us is not None and time.ticks_diff(time.ticks_us(), self._start_us) > _LONG_US

    def _tell(self, due):
        """One frame of those that are due; what is left."""
        if due & _LOOP_DUE:
            self._send(self._loop())
            return due & ~_LOOP_DUE
        if due & _STATUS_DUE:
            self._send(self._status())
            return due & ~_STATUS_DUE
        if due & _DETECT_DUE:
            self._send(self._detect())
            return due & ~_DETECT_DUE
        self._send(self._ground())
        return 0

    def _send(self, view):
        for link in self._links:
            if link.telemetry:
                link.send_frame(view)

    @micropython.native
    def _event_to(self, link):
        """The next event: an alert comes with three, and its tick is the longest there is. Whether it was told."""
        log = self._app.log
        link.next_event = max(link.next_event, log.oldest())
        if link.next_event >= log.next or not link.idle():
            return False
        number = link.next_event
        link.next_event += 1
        if link.telemetry:
            link.send_frame(self._event(number))
        else:
            text = self._app.text
            log.put(number, text)
            link.answer(text)
        return True

    def _event(self, number):
        log = self._app.log
        rows = log.rows
        at = log.at(number)
        writer = self._writer
        pack_into(
            FORMATS[EVENT],
            writer.raw,
            0,
            EVENT,
            writer.sequence(),
            number & 0xFFFF,
            rows[at + 1],
            rows[at + 2],
            rows[at + 3],
            rows[at + 4],
            rows[at + 5],
            rows[at + 6],
            rows[at + 7],
            rows[at + 8],
        )
        return writer.seal(EVENT)

    def _status(self):
        app = self._app
        drive = app.drive
        odometry = drive.odometry
        field = app.field
        pose = _NOWHERE if field is None else field.place.pose
        sigma = pose.sigma_mm
        writer = self._writer
        pack_into(
            FORMATS[STATUS],
            writer.raw,
            0,
            STATUS,
            writer.sequence(),
            app.t_ms,
            app.state,
            app.reason,
            app.detector.health.fault,
            flags(app),
            odometry.s_mm,
            odometry.x_um // 1000,
            odometry.y_um // 1000,
            odometry.status_heading_mrad(),
            clip(drive.speed_mm_s),
            drive.duty(0),
            drive.duty(1),
            app.watch.vsys_mv,
            app.watch.temp_dc,
            app.boot,
            pose.x_mm,
            pose.y_mm,
            pose.heading_mrad,
            sigma if 0 <= sigma < UNKNOWN_SIGMA else UNKNOWN_SIGMA,
            min(pose.sigma_mrad, UNKNOWN_SIGMA),
            0 if field is None else aid(app),
            0 if field is None else field.tracks.reason,
            app.motion.kind,
        )
        return writer.seal(STATUS)

    def _ground_on(self):
        field = self._app.field
        return field is not None and field.tracks.on

    def _ground(self):
        """A piece of the ground's map."""
        writer = self._writer
        piece = self._piece
        length = self._app.field.tracks.teller.frame_into(piece, _GROUND_BYTES)
        _put_ground(writer.raw, GROUND, writer.sequence(), self._app.t_ms, piece, length)
        return writer.seal(GROUND)

    def _detect(self):
        app = self._app
        detector = app.detector
        frame = app.board.acquisition.frame
        writer = self._writer
        pack_into(
            FORMATS[DETECT],
            writer.raw,
            0,
            DETECT,
            writer.sequence(),
            app.t_ms,
            app.drive.odometry.s_mm,
            detector.strength,
            detector.class_hint,
            detector.statistic,
            detector.level,
            frame[0],
            frame[1],
            frame[2],
            self._behind_mm(detector),
        )
        return writer.seal(DETECT)

    def _behind_mm(self, detector):
        """How far behind the coil the place of the strength lies. Pinpointing, it is of now and here."""
        if detector.pinpointing:
            return 0
        return clip(self._app.drive.odometry.s_mm - (detector.ground.open - _STRENGTH_BINS) * _BIN_MM)

    def _loop(self):
        app = self._app
        stats = app.stats
        writer = self._writer
        pack_into(
            FORMATS[LOOP],
            writer.raw,
            0,
            LOOP,
            writer.sequence(),
            app.t_ms,
            stats.ticks,
            stats.load_pm,
            min(stats.tick_max_us, 65535),
            min(stats.jitter_max_us, 65535),
            app.board.acquisition.missed & 0xFFFF,
            (self._links[0].dropped + self._links[1].dropped) & 0xFFFF,  # sum() would make a generator
            app.heap_free,
            app.refused & 0xFFFF,
        )
        return writer.seal(LOOP)


def clip(value):
    """Within 16 bits, signed."""
    return max(-32768, min(32767, value))


if max(len(row[2]) for row in KIND_ROW.values()) > 5:
    raise ValueError("an event has at most five arguments")
