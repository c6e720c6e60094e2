"""An IMU's rows -> the turn of this tick with the gyro's bias taken off, the tilt, and whether to believe them.

Axes: x ahead, y to the left, z up; a turn to the left is positive. Rows are (temp, gyro x, y, z, accel x, y, z): 8.75
mdps, 0.061 mg and 1/256 degree a digit, as an LSM6DSOX gives them at 250 dps and 2 g (data sheet DS12814).

The bias is learned whenever the rover stands for a second, by its encoders and by the spread of what the IMU itself
says: who carries the rover, or turns it, spreads the rows. It is believed less with every degree that it is warmer or
colder since, and with time. While the rover stands still all that the gyro shows is its bias, so the turn is 0.

What each row needs is viper code over one array; attributes are set where something has changed. On the virtual Pico
(48 clocks a cache miss, nothing of it in the hot set) a tick costs 0.1 ms, one a second 0.3, standing 0.55.
"""

from array import array

import micropython
from micropython import const

# Index into SENSOR_HOWS ("ok", "silent", "stale", "disagrees", "stuck", "unplugged", "noisy"): those told here.
OK = const(0)
SILENT = const(1)
STUCK = const(4)
UNPLUGGED = const(5)
NOISY = const(6)

_SILENT_MS = const(200)
_ROWS = const(100)  # of standing that are looked at together: a second
_SAME_MOST = const(10)  # rows that were the one before; the sensors' noise changes every one
_SAME_Z_MOST = const(50)  # of gyro z alone: with 3 digits of noise one in ten is as the one before
_WELL_ROWS = const(100)  # without such, or in range, until it is believed again
_RAIL = const(32_760)

# Of a second of standing. Noise spreads 100 rows over some 18 digits of the gyro and 60 of the accelerometer.
_STILL_GYRO = const(114)  # 1 dps
_STILL_ACCEL = const(820)  # 50 mg
_NOISY_STEP = const(229)  # 2 dps from one row to the next, in the mean
_NOISY_SECONDS = const(2)
# While it stands still a row further from the bias is a turn.
_STILL_Q6 = const(40 * 64)

# The bias. Zero-rate level: 1 dps typical, 0.010 dps a degree (data sheet 4.1); ten times that is no bias.
_BIAS_MOST_Q6 = const(1143 * 64)
_UNKNOWN_URAD_S = const(17_453)  # 1 dps
_FLOOR_URAD_S = const(30)  # of what standing longer does not better: it wanders by some degrees an hour
_A_DEGREE_URAD_S = const(175)
_SECONDS_A_URAD_S = const(4)  # 15 urad/s a minute: chosen, from published Allan deviations of such parts
_AGE_MOST_URAD_S = const(600)
_BELIEVED_URAD_S = const(800)  # of a new mean beside three sigma: what one second's noise and a nudge may do
_STRANGE_SECONDS = const(10)  # of means that agree with each other and not with the bias: it has jumped
_WEIGHT_MOST = const(16)

# Indices into the state.
_SAME = const(0)
_SAME_Z = const(1)
_STUCK_LEFT = const(2)
_RAIL_LEFT = const(3)
_BIAS = const(4)  # of gyro z, 1/64 digit
_RATE = const(5)  # of the last row, urad/s
_REST = const(6)  # of the turn, 1/2000 urad
_STILL = const(7)
_COUNT = const(8)  # rows of this second of standing
_SUM_Z = const(9)
_STEPS_Z = const(10)  # sum of the steps from row to row
_TILT = const(11)  # the accelerometer smoothed, 1/64 digit: x, y, z; after them whether it has begun
_BEGUN = const(14)
_LEAST = const(15)  # of the six
_MOST = const(21)
_PITCH = const(27)
_ROLL = const(28)
_GAP_MS = const(29)  # since the last row
_AGE_MS = const(30)  # of this second
_KNOWN = const(31)  # whether the bias is
_NOISY_FOR = const(32)  # seconds
_NEWS = const(33)  # what is to be looked at: see NEWS
_SHOWN = const(34)  # state, bit 3 trusted, bit 4 still, as the attributes have them
_WORDS = const(35)
# NEWS: a second is over; one of standing; a state is another; there was no row for long.
_SECOND = const(1)
_STOOD = const(2)
_CHANGED = const(4)
_SILENCE = const(8)


@micropython.viper
def turned(s: ptr32, row: ptr16, last: ptr16, fresh: int, elapsed_ms: int, standing: int) -> int:
    """A tick, with a fresh row or without. The turn since the last row, urad."""
    gap_ms = elapsed_ms
    if gap_ms > _SILENT_MS:
        gap_ms = _SILENT_MS + 1
    s[30] = s[30] + gap_ms
    if s[30] >= 1000:
        s[30] = s[30] - 1000
        s[33] = s[33] | _SECOND
    gap_ms += s[29]
    heard = 1
    if gap_ms > _SILENT_MS:
        gap_ms = _SILENT_MS + 1
        heard = 0
    if fresh == 0:
        s[29] = gap_ms
        if heard == 0:
            s[33] = s[33] | _SILENCE
        return 0
    s[29] = 0
    if heard == 0:
        gap_ms = 0  # nobody knows what was between
    # What repeats, and what cannot be larger
    same = 1
    i = 0
    while i < 7:
        if row[i] != last[i]:
            same = 0
        i += 1
    z = row[3]
    if z > 32767:
        z -= 65536
    before = last[3]
    if before > 32767:
        before -= 65536
    step = z - before if z > before else before - z
    s[1] = s[1] + 1 if step == 0 else 0
    if same:
        s[0] = s[0] + 1
    else:
        s[0] = 0
        if s[2] > 0:
            s[2] = s[2] - 1
        i = 0
        while i < 7:
            last[i] = row[i]
            i += 1
    if s[0] >= _SAME_MOST or s[1] >= _SAME_Z_MOST:
        s[2] = _WELL_ROWS
        s[0] = _SAME_MOST
    if z > _RAIL or z < 0 - _RAIL:
        s[3] = _WELL_ROWS
    elif s[3] > 0:
        s[3] = s[3] - 1
    # The second of standing
    if standing:
        s[8] = s[8] + 1
        s[9] = s[9] + z
        s[10] = s[10] + step
        i = 0
        while i < 6:
            value = row[i + 1]
            if value > 32767:
                value -= 65536
            if s[8] == 1 or value < s[15 + i]:
                s[15 + i] = value
            if s[8] == 1 or value > s[21 + i]:
                s[21 + i] = value
            i += 1
    else:
        s[7] = 0
        s[8] = 0
    if s[8] < 2:
        s[9] = z
        s[10] = 0
    # The turn. 152.716 urad/s a digit, so 2 + 173 / 448 a 64th of one, to 11 millionths.
    off = z * 64 - s[4]
    if off > _STILL_Q6 or off < 0 - _STILL_Q6:
        s[7] = 0
    rate = 2 * off + (off * 173 + 224) // 448
    both = rate + s[5]
    s[5] = rate
    urad = 0
    if s[7] == 0:
        rest = s[6]
        while gap_ms > 0:
            part = gap_ms if gap_ms < 100 else 100
            gap_ms -= part
            rest += both * part
            whole = rest // 2000
            rest -= whole * 2000
            urad += whole
        s[6] = rest
    # What is to be believed
    state = OK
    if s[2] > 0:
        state = STUCK
    elif s[3] > 0 or s[32] >= _NOISY_SECONDS:
        state = NOISY
    shown = state
    if heard == 1 and state == OK and s[31] > 0:
        shown += 8
    if s[7] > 0:
        shown += 16
    news = s[33]
    if shown != s[34]:
        s[34] = shown
        news |= _CHANGED
    if s[8] >= _ROWS:
        news |= _STOOD
    s[33] = news
    return urad if state == OK else 0


@micropython.viper
def tilted(s: ptr32, row: ptr16):
    """The accelerometer smoothed over 0.6 s, and the angles that it shows."""
    i = 0
    while i < 3:
        value = row[i + 4]
        if value > 32767:
            value -= 65536
        value *= 64
        if s[14]:
            value = s[11 + i] + ((value - s[11 + i]) >> 6)
        s[11 + i] = value
        i += 1
    s[14] = 1
    up = s[13] >> 6
    if up < 4096:
        up = 4096
    i = 0
    while i < 2:
        ratio = (s[11 + i] >> 6) * 1000 // up
        if ratio > 1000:
            ratio = 1000
        elif ratio < -1000:
            ratio = -1000
        # atan(r) = r / (1 + 0.28 r^2), to 5 mrad
        s[27 + i] = ratio * 1000 // (1000 + 28 * ratio * ratio // 100000)
        i += 1


class Inertial:
    """`take` once a tick, behind the IMU's `read`.

    turn_urad: of this tick, to the left; 0 while it is not to be used. sigma_bias_urad_s: one sigma of what is wrong
    with its rate. pitch_mrad: nose up, roll_mrad: left side up; within 785. state: see OK. trusted: the bias is known
    and the state OK. still: it stands, and nothing of it moves.
    """

    def __init__(self):
        self.turn_urad = 0
        self.state = UNPLUGGED
        self.trusted = False
        self.still = False
        self._s = array("i", [0] * _WORDS)
        self._last = array("h", [0] * 7)
        self._forget()

    def _forget(self):
        """What was learned may be another part's."""
        self._weight = 0
        self._learned_urad_s = 0
        self._learned_at = 0  # temperature
        self._age_s = 0
        self._strange = 0  # seconds, and their mean
        self._stranger_q6 = 0
        self.sigma_bias_urad_s = _UNKNOWN_URAD_S
        s = self._s
        for i in range(_WORDS):
            s[i] = 0
        s[_SHOWN] = self.state

    @property
    def pitch_mrad(self):
        """Nose up."""
        return self._s[_PITCH]

    @property
    def roll_mrad(self):
        """Left side up."""
        return self._s[_ROLL]

    @property
    def bias_urad_s(self):
        """What is taken off."""
        return self._s[_BIAS] * 173 // 448 + 2 * self._s[_BIAS]

    @micropython.native
    def take(self, imu, standing, elapsed_ms):
        """imu: `fresh`, `row`, and `fault` where it is not fresh, as hardware/imu.py has them. standing: by the
        encoders. Returns turn_urad."""
        s = self._s
        row = imu.row
        fresh = imu.fresh
        self.turn_urad = urad = turned(s, row, self._last, fresh, elapsed_ms, standing)
        if fresh:
            tilted(s, row)
        if s[_NEWS]:
            self._look(imu, s[_NEWS])
        return urad

    @micropython.native
    def _look(self, imu, news):
        s = self._s
        s[_NEWS] = 0
        if news & _STOOD:
            self._learn()
            s[_COUNT] = 0
        if news & _SECOND:
            self._grow()
        if news & _SILENCE:
            self._fall_silent(imu.fault)
        elif imu.fresh:
            shown = s[_SHOWN]
            self.state = shown & 7
            self.trusted = shown & 8 != 0
            self.still = shown & 16 != 0

    @micropython.native
    def _fall_silent(self, fault):
        if self.state == UNPLUGGED:
            return
        self.trusted = self.still = False
        s = self._s
        s[_STILL] = s[_COUNT] = s[_BEGUN] = 0
        if fault == "unplugged" or fault == "wrong_id":
            self.state = UNPLUGGED
            self._forget()
            s[_GAP_MS] = _SILENT_MS + 1
        else:
            self.state = SILENT
        s[_SHOWN] = self.state

    @micropython.native
    def _grow(self):
        """A second older: the bias has wandered, with time and temperature."""
        if not self._s[_KNOWN]:
            return
        if self._age_s < _SECONDS_A_URAD_S * _AGE_MOST_URAD_S:
            self._age_s += 1
        apart = self._last[0] - self._learned_at
        if apart < 0:
            apart = -apart
        sigma = self._learned_urad_s + self._age_s // _SECONDS_A_URAD_S + (apart * _A_DEGREE_URAD_S >> 8)
        self.sigma_bias_urad_s = sigma if sigma < _UNKNOWN_URAD_S else _UNKNOWN_URAD_S

    @micropython.native
    def _learn(self):
        """A second of standing is over."""
        s = self._s
        s[_STILL] = 0
        s[_NOISY_FOR] = s[_NOISY_FOR] + 1 if s[_STEPS_Z] > _NOISY_STEP * _ROWS else 0
        if s[_NOISY_FOR] or s[_STUCK_LEFT] or s[_RAIL_LEFT]:
            return
        for i in range(6):
            if s[_MOST + i] - s[_LEAST + i] > (_STILL_GYRO if i < 3 else _STILL_ACCEL):
                return
        mean_q6 = s[_SUM_Z] * 64 // _ROWS
        if not -_BIAS_MOST_Q6 <= mean_q6 <= _BIAS_MOST_Q6:
            return
        off = mean_q6 - s[_BIAS]
        if off < 0:
            off = -off
        known = s[_KNOWN]
        if known and 2 * off + off * 173 // 448 > 3 * self.sigma_bias_urad_s + _BELIEVED_URAD_S:
            # It turns slowly, or its bias has jumped.
            if not -256 <= mean_q6 - self._stranger_q6 <= 256:
                self._strange = 0
            self._stranger_q6 = mean_q6
            self._strange += 1
            if self._strange < _STRANGE_SECONDS:
                return
            known = 0
        if not known or self.sigma_bias_urad_s > 2 * self._learned_urad_s:
            self._weight = 0
        self._strange = 0
        s[_KNOWN] = 1
        self._weight += 1 if self._weight < _WEIGHT_MOST else 0
        s[_BIAS] += (mean_q6 - s[_BIAS] + self._weight // 2) // self._weight
        # Of a mean of white noise: its rms, 0.89 of the mean step, by the root of the number of rows.
        root = 1 if self._weight < 4 else 2 if self._weight < 9 else 3 if self._weight < 16 else 4
        self._learned_urad_s = _FLOOR_URAD_S + s[_STEPS_Z] * 14 // (_ROWS * root)
        self._learned_at = self._last[0]
        self._age_s = 0
        self.sigma_bias_urad_s = self._learned_urad_s
        s[_STILL] = 1
