"""The rover's place in the field: what tracks, gyro and GNSS say each tick, into the pose; and what of them fails."""

import math

import micropython
from micropython import const
from sapper.pose.pose import Pose
from sapper.sensors.fix import DEAD_RECKONING, FIXED, FLOAT, Fix
from sapper.sensors.inertial import Inertial
from sapper.sensors.origin import Origin, scaled
from sapper.sensors.receiver import Receiver
from sapper.sensors.rtcm import Corrections
from sapper.shared.events import KIND_ID, SENSOR_HOWS
from sapper.shared.limits import TIME_WRAP_MS

_BUFFER_BYTES = const(128)  # at 38,400 baud 77 come in two ticks
_SEND_BYTES = const(64)
_BILLION = const(1_000_000_000)
_TIME_MASK = TIME_WRAP_MS - 1
# From the moment that a fix is of to its first byte: what receivers take at 5 Hz (u-blox ZED-F9P integration manual:
# 30 to 100 ms) and the half of what NMEA's first sentence waits.
_LATENCY_MS = const(80)
_SIGMA_MOST_MM = const(100_000)

_GNSS = const(0)
_GYRO = const(1)
_SENSOR = KIND_ID["sensor"]
_PLACE = KIND_ID["place"]
_OK = SENSOR_HOWS.index("ok")
_SILENT = SENSOR_HOWS.index("silent")
_STALE = SENSOR_HOWS.index("stale")
_DISAGREES = SENSOR_HOWS.index("disagrees")


class Place:
    """`sense` once a tick, after the drive has sensed. pose: a pose.Pose in the field's frame.

    tell: function(kind, a, b, c, d) that logs an event. gnss, gyro: what is the matter with each (SENSOR_HOWS); told
    when it changes, and not before a sensor was there at all.
    """

    def __init__(self, settings, board, drive, tell):
        self.pose = Pose(settings)
        self.receiver = Receiver()
        self.corrections = Corrections()
        self.inertial = Inertial()
        self.gnss = _SILENT
        self.gyro = SENSOR_HOWS.index("unplugged")
        self._drive = drive
        self._imu = board.imu
        self._port = board.gnss
        self._tell = tell
        self._origin = Origin()
        self._sine = 0
        self._cosine = 0
        self._buffer = bytearray(_BUFFER_BYTES)
        self._out = bytearray(_SEND_BYTES)
        self._out_at = 0
        self._out_end = 0
        self._turn = False
        self._came = False  # a whole fix that the pose was not told of: in a tick of its own, as either takes its time

    def configure(self, settings):
        """Take the settings again."""
        self.pose.configure(settings)

    def put(self, x_mm, y_mm, heading_mrad, sigma_mm, sigma_mrad):
        """The rover stands there, as sure as that."""
        self.pose.place(x_mm, y_mm, heading_mrad, sigma_mm, sigma_mrad)
        self._tell(_PLACE, x_mm, y_mm, heading_mrad, sigma_mm)

    def origin(self, latitude_deg, latitude_billionths, longitude_deg, longitude_billionths, height_mm, bearing_mrad):
        """Where the field's origin is on earth, and its x, clockwise from true north. ValueError: no such place."""
        fix = Fix()
        fix.put_place(*_floor(latitude_deg, latitude_billionths), *_floor(longitude_deg, longitude_billionths))
        fix.height_mm = height_mm
        fix.valid = True
        self._origin.set(fix)
        self._sine = round(math.sin(bearing_mrad / 1000) * (1 << 24))
        self._cosine = round(math.cos(bearing_mrad / 1000) * (1 << 24))

    def forget_origin(self):
        """GNSS says nothing of the field."""
        self._origin.is_set = False

    @property
    def has_origin(self):
        """Whether GNSS counts."""
        return self._origin.is_set

    @micropython.native
    def sense(self, elapsed_ms, now_ms):
        """One tick: the pose is where the rover is now. GNSS is read in every other one, and told to the pose
        in those between."""
        drive = self._drive
        ticks = drive.ticks
        pose = self.pose
        imu = self._imu
        inertial = self.inertial
        imu.read()
        inertial.take(imu, ticks[0] == 0 and ticks[1] == 0 and drive.speed_mm_s == 0, elapsed_ms)
        if inertial.trusted:
            pose.turned(inertial.turn_urad)
        pose.step(ticks[0], ticks[1], elapsed_ms)
        self._turn = not self._turn
        if self._turn:
            self._receive(now_ms)
            return
        if inertial.trusted:
            pose.tilt(inertial.pitch_mrad, inertial.roll_mrad)
        if self._came:
            self._came = False
            self._fix(now_ms)
        elif self.corrections.waiting or self._out_at < self._out_end:
            self._send()

    @micropython.native
    def _receive(self, now_ms):
        receiver = self.receiver
        buffer = self._buffer
        count = self._port.read_into(buffer)
        if count and receiver.take(buffer, count, now_ms):
            self._came = True
        receiver.elapse(now_ms)

    @micropython.native
    def _fix(self, now_ms):
        """What came in the tick before, if it is valid, turned into the field's frame."""
        fix = self.receiver.fix
        origin = self._origin
        # What the receiver reckons without satellites is nothing that the tracks do not know better.
        if not fix.valid or fix.kind == DEAD_RECKONING or not origin.is_set or not origin.offset(fix):
            return
        east = 4 * origin.east_mm
        north = 4 * origin.north_mm
        kind = fix.kind
        sigma = fix.horizontal_mm
        if sigma > _SIGMA_MOST_MM:
            sigma = _SIGMA_MOST_MM
        self.pose.fix(
            scaled(east, self._sine) + scaled(north, self._cosine),
            scaled(north, self._sine) - scaled(east, self._cosine),
            sigma,
            3 if kind == FIXED else 2 if kind == FLOAT else 1,
            ((now_ms - fix.received_ms) & _TIME_MASK) + _LATENCY_MS,
        )

    def _send(self):
        """Corrections, as many as the line takes now; the rest of them first when it takes more."""
        if self._out_at == self._out_end:
            self._out_at = 0
            self._out_end = self.corrections.give(self._out, _SEND_BYTES)
        self._out_at += self._port.write(self._out, self._out_at, self._out_end - self._out_at)

    def look(self):
        """Now and then: tell which sensor fails, or can be used again."""
        receiver = self.receiver
        how = _SILENT if receiver.silent else _STALE if receiver.stale else _DISAGREES if self.pose.dropped else _OK
        if how != self.gnss:
            self.gnss = how
            self._tell(_SENSOR, _GNSS, how)
        how = self.inertial.state
        if how != self.gyro:
            self.gyro = how
            self._tell(_SENSOR, _GYRO, how)


def _floor(degrees, billionths):
    """Whole degrees rounded down, and what is above: as a Fix has them."""
    return (degrees - 1, billionths + _BILLION) if billionths < 0 else (degrees, billionths)
