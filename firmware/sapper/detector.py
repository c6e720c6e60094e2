"""The detector: from frames of three gates to strength, alert and contacts. docs/detector.md explains it.

Frames are array('i') of [gate 0, gate 1, gate 2, vsys, temperature] in 1/16 ADC LSB (0..65520, 65536 = 3300 mV).
"""

from array import array

from sapper import footprint_kernels as k
from sapper.footprint import MASK, TAPS_EARLY, TAPS_FULL, Footprint
from sapper.health import Health

CLASS_NONE, CLASS_FERROUS, CLASS_NON_FERROUS, CLASS_MIXED = range(4)
FLAG_ALERT, FLAG_CONTACT, FLAG_FAULT = 1, 2, 4

BALANCE_ONE_BITS = 12
BALANCE_NOMINAL = 4260  # gate 2 over gate 1 of a 1/t soil: 0.9173 / 0.8821
STATISTIC_MAX = 100000
HYSTERESIS_PERCENT = 60
PEAK_BINS = 6
SHADOW_BINS = 25


class Contact:
    """One object: place of its peak and extent (mm), strength 0..1000, signal-to-noise x 10, class."""

    def __init__(self):
        self.s_mm = 0
        self.extent_mm = 0
        self.strength = 0
        self.snr_x10 = 0
        self.class_hint = CLASS_NONE


class Detector:
    """Feed `step` every frame; read the outputs after it."""

    def __init__(self, settings):
        self._settings = settings
        self.footprint = Footprint()
        self.health = Health(settings)
        self._balanced = array("i", bytes(4 * (MASK + 1)))
        self.contact = Contact()
        self.configure()
        self.reset()

    def configure(self):
        """Read the settings again; only while disarmed."""
        self.level = self._settings.get("det_alert_x100")
        self._contact_level = self._settings.get("det_level_x100")
        self.health.configure()

    def reset(self):
        """Start of a sweep, or after a jump: learn the ground anew."""
        self.footprint.reset()
        self.strength = 0
        self.class_hint = CLASS_NONE
        self.statistic = 0
        self.alert = 0
        self.fault_code = 0
        self._pinpoint = False
        self._level_g1 = 0
        self._level_g2 = 0
        self._fast_r = 0
        self._noise_q8 = 256
        self._peak = 0
        self._peak_bin = 0
        self._first_bin = 0
        self._last_peak = 0
        self._last_bin = -1000
        self.health.reset()

    def searched_ok(self):
        """Whether ground passed now counts as searched: warmed up and seeing."""
        return self.footprint.bins >= TAPS_FULL and self.health.fault == 0

    def step(self, frame, t_ms, s_mm, speed_mm_s, inhibit=0):
        """One frame of 10 ms; returns FLAG_* bits. `inhibit`: no new alert is raised."""
        flags = 0
        if self.health.step(frame, t_ms):
            self.fault_code = self.health.fault
            flags |= FLAG_FAULT
        if self._pinpoint:
            self._pinpoint_step(frame)
            return flags
        fp = self.footprint
        done = fp.update(frame, t_ms, s_mm)
        if done < 0:
            self.reset()
            return flags
        r1 = fp.rings[1]
        r2 = fp.rings[2]
        for i in range(done):
            at = (fp.bin - done + i) & MASK
            self._balanced[at] = r2[at] - ((BALANCE_NOMINAL * (r1[at] >> 1)) >> (BALANCE_ONE_BITS - 1))
        if done and fp.bins >= TAPS_FULL:
            flags |= self._bin(fp.bin - 1, inhibit)
        return flags

    def _bin(self, last, inhibit):
        flags = 0
        fp = self.footprint
        index = fp.speed_index(last, TAPS_EARLY)
        amplitude = fp.early(self._balanced, last, index)
        z = self._over(amplitude, k.EARLY_KERNELS_SIGMA[index])
        self.statistic = z
        self.strength = strength_of(z)
        if (
            z >= self.level
            and not self.alert
            and not inhibit
            and (last - k.EARLY - self._last_bin > SHADOW_BINS or z > self._last_peak)
        ):
            self.alert = 1
            flags |= FLAG_ALERT
            self.class_hint = self._class(last, index)
        elif self.alert and z * 100 < self.level * HYSTERESIS_PERCENT:
            self.alert = 0
        index = fp.speed_index(last, TAPS_FULL)
        amplitude = fp.full(self._balanced, last, index)
        z = self._over(amplitude, k.FULL_SIGMA[index])
        self._track_noise(z)
        if self._find_peak(z, last, index):
            flags |= FLAG_CONTACT
        return flags

    def _over(self, amplitude, sigma):
        """Amplitude in 1/100 of the present sigma."""
        limit = 4000000
        amplitude = max(-limit, min(limit, amplitude))
        return max(-STATISTIC_MAX, min(STATISTIC_MAX, amplitude * 100 // (sigma * self._noise_q8 >> 8)))

    def _track_noise(self, z):
        """Robust scale: the noise factor rises when |z| is over its median in Gauss noise (0.6745 sigma), else falls."""
        step = 1 + (self._noise_q8 >> 6)
        self._noise_q8 += step if z > 67 or z < -67 else -step
        self._noise_q8 = max(128, min(4096, self._noise_q8))

    def _find_peak(self, z, last, index):
        """True when a peak is complete; self.contact then has it."""
        here = last - k.AHEAD
        if z >= self._contact_level and z > self._peak:
            if not self._peak:
                self._first_bin = here
            self._peak = z
            self._peak_bin = here
            self._peak_class = self._class(last, index)
        elif self._peak and here - self._peak_bin >= PEAK_BINS:
            peak, at = self._peak, self._peak_bin
            self._peak = 0
            if at - self._last_bin <= SHADOW_BINS and peak < self._last_peak:
                return False
            self._last_peak, self._last_bin = peak, at
            c = self.contact
            c.s_mm = at * k.BIN_MM + k.BIN_MM // 2
            c.extent_mm = 2 * (at - self._first_bin + 1) * k.BIN_MM
            c.strength = strength_of(peak)
            c.snr_x10 = peak // 10
            c.class_hint = self._peak_class
            return True
        return False

    def _class(self, last, index):
        """Ferrous metal answers with the soil's opposite sign growing late, non-ferrous against it, most at early gates."""
        a1 = self.footprint.full(self.footprint.rings[1], last, index)
        a2 = self.footprint.full(self.footprint.rings[2], last, index)
        if a1 > 0:
            return CLASS_FERROUS
        if a2 * 4 > -a1 * 1 and a2 > 0:
            return CLASS_MIXED
        return CLASS_NON_FERROUS

    def pinpoint_begin(self):
        """Stand still: from here on strength is against the present level."""
        self._pinpoint = True
        self._level_r = None

    def pinpoint_end(self):
        """Back to the search."""
        self._pinpoint = False

    def _pinpoint_step(self, frame):
        r = frame[2] - ((BALANCE_NOMINAL * (frame[1] >> 1)) >> (BALANCE_ONE_BITS - 1))
        self._fast_r = r if self._level_r is None else self._fast_r + (r - self._fast_r >> 3)
        if self._level_r is None:
            self._level_r = r
        self.statistic = self._over((self._fast_r - self._level_r) * 16, k.FULL_SIGMA[2])
        self.strength = strength_of(self.statistic)


def strength_of(z):
    """0..1000 from a statistic in 1/100 sigma: 0 at 1 sigma, then 145 for every doubling."""
    z = z if z > 0 else -z
    strength = 0
    floor = 100
    while z >= 2 * floor and strength < 1000:
        floor *= 2
        strength += 145
    if z > floor:
        strength += 145 * (z - floor) // floor
    return min(1000, strength)
