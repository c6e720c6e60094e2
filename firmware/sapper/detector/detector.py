"""The detector: from frames of three gates to strength, alert and contacts. docs/detector.md explains and measures it.

A frame is an array('i') of [gate 0, gate 1, gate 2, vsys, temperature], each the mean of 10 ms in 1/16 ADC LSB
(0..65520, 65536 = 3300 mV). Integers only; nothing is allocated by `step` once constructed; causal.
Each new 20 mm of ground: bumps of the gates (footprint) -> bend and body (balance) -> their noise (noise) -> one
statistic (statistic) -> alert, at once and from what lies behind; contact (contact), later and from both sides.
"""

from array import array

import micropython
from micropython import const
from sapper.detector import footprint_kernels as kernels
from sapper.detector.alert import RISEN, SAME_BINS, Alert, is_in_sight
from sapper.detector.balance import Balance
from sapper.detector.body import Body
from sapper.detector.contact import (  # noqa: F401 - the classes are part of the interface
    CLASS_FERROUS,
    CLASS_MIXED,
    CLASS_NON_FERROUS,
    CLASS_NONE,
    Long,
    Peaks,
    class_at,
    strength_of,
)
from sapper.detector.false_alarms import ALERT_LEVELS, CONTACT_LEVELS, LATE_LEVELS, level_of
from sapper.detector.footprint import TAPS_EARLY, TAPS_FULL, Footprint
from sapper.detector.ground import BIN_MM, MASK, Ground
from sapper.detector.health import STUCK_GATE0, Health
from sapper.detector.noise import Noise
from sapper.detector.pinpoint import Pinpoint
from sapper.detector.roughness import Roughness
from sapper.detector.second_chance import BEYOND, SecondChance
from sapper.detector.statistic import BEND, Evidence

FLAG_ALERT, FLAG_CONTACT, FLAG_FAULT = 1, 2, 4

_AROUND = const(10)  # bins on both sides whose bodies matter for a contact
_KNOWN = kernels.AHEAD + 2 * _AROUND  # bins from the newest back to the last that is known to be a peak or none
_MOST = const(100000)  # the statistic's end, which a gate at its rail is
_EARLY_BEND_PERCENT = const(83)  # the early bend of a rock scatters more, so it weighs less
_FAR_BINS = const(1 << 20)


class Detector:
    """Feed `step` every frame; read the outputs after it.

    strength 0..1000, class_hint (CLASS_*), statistic and level (1/100 sigma), alert 0 or 1, alert_late (after
    FLAG_ALERT), fault_code (index into events.FAULTS), contact (after FLAG_CONTACT), contact_level (1/100 sigma),
    health. pinpointing: strength is against a level, nothing is sought.
    """

    def __init__(self, settings):
        """`settings`: any object whose get(name) gives the integers of detector_settings.TUNING."""
        self._settings = settings
        self.health = Health(settings)
        self.ground = Ground()
        self.footprint = Footprint(self.ground)
        self.balance = Balance(self.ground)
        self.roughness = Roughness(self.balance)
        self.noise = Noise(False)
        self._early_noise = Noise(True)
        self._late = Evidence(_AROUND, _AROUND, kernels.AHEAD, self.roughness.rings)
        self._soon = Evidence(_AROUND, 0, 0, self.roughness.rings)
        self._peaks = Peaks()
        self._second_chance = SecondChance()
        self._body = Body(self.ground, self.balance)
        self._alert = Alert(self._body)
        self._pinpoint = Pinpoint(self.balance)
        self._bump = array("i", [0, 0, 0])
        self.contact = self._peaks.contact
        self._long = Long(self.contact)
        self._pinpointed = self._resumes = False
        self.fault_code = 0
        self.configure()
        self.reset()

    def configure(self):
        """Read the settings again; only while disarmed. What was learned of the soil's ratio is forgotten."""
        get = self._settings.get
        rate = get("det_far_per_100m2")
        self.level = get("det_alert_x100") or level_of(rate, ALERT_LEVELS)
        self._late_level = get("det_alert_x100") or level_of(rate, LATE_LEVELS)
        self.contact_level = get("det_level_x100") or level_of(rate, CONTACT_LEVELS)
        self.balance.configure(get("det_ground1_pm"), get("det_ground2_pm"))
        self._late.configure(get("det_bend_percent"), get("det_rock_pm"))
        self._soon.configure(get("det_bend_percent") * _EARLY_BEND_PERCENT // 100, get("det_rock_pm"))
        self.health.configure()

    def reset(self):
        """Start of a sweep, or after a jump: the ground is learned anew. Faults stay."""
        self.ground.reset()
        self._late.reset()
        self._soon.reset()
        self._peaks.reset()
        self._second_chance.reset()
        self._body.reset()
        self._alert.reset()
        self._long.reset()
        self._pinpoint.reset()
        self.pinpointing = False
        self.roughness.restart()
        self.noise.restart()
        self._early_noise.restart()
        self.health.restart()
        self.strength = 0
        self.class_hint = CLASS_NONE
        self.statistic = 0
        self.alert = self.alert_mm = self.alert_statistic = self.alert_level = 0
        self._due = self._peaked = self._passed = self.alert_late = False
        self._last = self._peak_bin = 0
        self._seen_bin = -_FAR_BINS

    @micropython.native
    def searched_ok(self):
        """Whether the ground under the coil counts as searched: enough ground known behind it, no fault, no gate at its
        rail, where a body may hide another, and no pinpointing, which seeks nothing."""
        health = self.health
        return self.ground.bins > kernels.BACK and health.fault == 0 and not health.rail.held and not self.pinpointing

    @micropython.native
    def step(self, frame, t_ms, s_mm, speed_mm_s, inhibit=0):
        """One frame at time t_ms with the coil's odometer at s_mm -> FLAG_* bits. With `inhibit` no new alert is
        raised.

        speed_mm_s only tells a moving coil from a standing one; the kernels take their speed from the bins.
        """
        flags = 0
        health = self.health
        if health.step(frame, t_ms, s_mm, self._last - self._seen_bin <= SAME_BINS):
            self.fault_code = health.fault
            flags = FLAG_FAULT
        if health.relearn:
            health.relearn = False
            self.reset()
        if self._pinpointed:
            self._pinpointed = False
            flags |= FLAG_CONTACT
        if health.blind:
            self.strength = 0
            return flags
        if health.rail.held:
            self.strength = 1000
        if self.pinpointing:
            self.statistic = self._pinpoint.step(frame, self.noise.factor_x100(), s_mm)
            if not health.rail.held:
                self.strength = strength_of(self.statistic)
            self.class_hint = self._pinpoint.class_hint
            return flags
        if self._resumes:
            self._resumes = False
            if s_mm // BIN_MM != self.ground.open:
                self.reset()  # what was passed meanwhile is not known
        done = self.ground.step(frame, t_ms, s_mm)
        if done > 0:
            self.roughness.close(self.ground.open - 1, done)
        self.roughness.step(frame)
        if not done:
            if self._due:
                return flags | self._seek_contact(inhibit)
            if self._peaked:
                flags |= self._describe()
            elif self._passed:
                self._passed = False
                if self._body.open:
                    self._body.advance(self._last)
                if self._long.due(self._last - _KNOWN):
                    flags |= FLAG_CONTACT
            return flags
        if done < 0:
            self.reset()
            return flags
        while done > 0:
            if self._due:
                flags |= self._seek_contact(inhibit)
            if self._peaked:
                flags |= self._describe()
            flags |= self._seek_alert(self.ground.open - done, inhibit)
            done -= 1
        return flags

    def _seek_alert(self, last, inhibit):
        """First part of a completed bin's work, at once: the early estimate, which stops the rover."""
        bins = self.ground.bins
        if bins < TAPS_EARLY:
            return 0
        row = self.footprint.row(last - kernels.EARLY_AHEAD, last)
        body = self._body
        self.footprint.early(last, row, self._bump, body.valley)
        noise = self._early_noise
        if bins == TAPS_EARLY:
            self._suppose()
        noise.next_bin(row)
        health = self.health
        statistic = self._soon.judge(last, self._bump, self.balance.state, noise.state, health.fault != STUCK_GATE0, 0)
        self._due = bins >= TAPS_FULL
        self._last = last
        held = health.rail.held
        seen = is_in_sight(statistic, self.level)
        if body.step(last, seen if body.open else statistic >= self.level, held, noise.state[0]):
            self._long.ends(body)
        self.statistic = _MOST if held else statistic
        self.strength = 1000 if held else strength_of(statistic)
        if seen or held or body.over:
            self._seen_bin = last
        if not (self.alert or held or statistic >= self.level):
            return 0
        alert = self._alert
        told = alert.step(last, statistic, self.level, abs(self._soon.state[BEND + (last & MASK)]), row, inhibit)
        self.alert = alert.on
        if not alert.on:
            self.class_hint = CLASS_NONE
        elif told:
            self.class_hint = class_at(self._soon.state, last, noise.state)
            if told == RISEN:
                self.alert_late = False
                return self._raise(last - kernels.EARLY_AHEAD, statistic, self.level, self.class_hint)
        return 0

    def _suppose(self):
        """At a first start, before any ground was seen: the noise that the frames show."""
        bend = self.roughness.usual(0)
        early = self.roughness.usual(1)
        self.noise.suppose(bend, early)
        self._early_noise.suppose(bend, early)

    def _seek_contact(self, inhibit):
        """Second part, in the next frame, so that no frame has to do it all: the full estimate and its peaks."""
        self._due = False
        last = self._last
        here = last - kernels.AHEAD
        row = self.footprint.row(here, last)
        self.footprint.full(last, row, self._bump)
        noise = self.noise
        noise.next_bin(row)
        statistic = self._late.judge(
            here, self._bump, self.balance.state, noise.state, self.health.fault != STUCK_GATE0, self.contact_level
        )
        self.balance.learn(last, self.ground.bins)
        here -= _AROUND
        if self._peaks.put(here, statistic, self.contact_level):
            self._peaked = True
            self._peak_bin = here - _AROUND
        self._passed = True
        here = last - kernels.AHEAD - BEYOND
        statistic = self._second_chance.put(
            self._late.again(here, BEYOND, noise.state, self._late_level),
            self._late_level,
            self.statistic,
            here - 1,
            self._alert.last - kernels.EARLY_AHEAD,
            self._alert.top,
        )
        if not statistic or inhibit or self.alert or self._body.runs_out:
            return 0
        self.alert_late = True
        return self._raise(here - 1, statistic, self._late_level, class_at(self._late.state, here - 1, noise.state))

    def _raise(self, at, statistic, level, class_hint):
        """The outputs of an alert about bin `at`, which is late or not."""
        self.alert_mm = at * BIN_MM + BIN_MM // 2
        self.alert_statistic = statistic
        self.strength = max(self.strength, strength_of(statistic))
        self.alert_level = level
        self.class_hint = class_hint
        self._alert.rose = at + kernels.EARLY_AHEAD
        return FLAG_ALERT

    def _describe(self):
        """Third part, in the frame after that, where a peak is complete: its contact."""
        self._peaked = False
        self._peaks.describe(self._peak_bin, self._late.state, self.noise.state)
        return 0 if self._long.keeps(self._peak_bin, self._body) else FLAG_CONTACT

    def pinpoint_begin(self):
        """The coil stands (or creeps over an object): from here on strength is against the present level."""
        self._pinpoint.begin()
        self.pinpointing = True

    def pinpoint_end(self):
        """Back to the search. What was strong enough is a contact: the next `step` flags it."""
        if not self.pinpointing:
            return
        self.pinpointing = False
        self._resumes = True
        self.strength = 0
        if self._pinpoint.best >= self.contact_level:
            self._pinpoint.describe(self.contact)
            self._pinpointed = True
