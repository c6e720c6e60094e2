"""What GNSS may do to the place: fixes taken, refused, and a receiver dropped.

A fix is held against dead reckoning twice: by where it is, and by how it went since each of the last fixes
(records.py). What passes moves the place by a part of what it differs, and each half second the heading and the
odometer's scale are put right by the way that was driven.

What does not pass is refused. When that goes on, the receiver is dropped until it has gone as the tracks do for 10 s
and is where dead reckoning may have got to, or the place is told anew. Unless it began with a jump, the place goes back
to where the fixes of the last records had not moved it yet, as a liar moves it little by little.

After an outage a fix that is 64 mm off or more is taken, but not believed all at once: receivers fix wrongly by half a
metre and say that they are good. Half of what it was off by is told as doubt for a minute, so that two sigma cover
either.
"""

from array import array

import micropython
from micropython import const
from sapper.pose import records, taking
from sapper.pose.records import Records
from sapper.pose.roots import hypot, root

NONE, SINGLE, FLOAT, FIXED = range(4)

_HELD_MS = const(2000)
_REFUSED_MS = const(1500)  # so long refused is dropped; so long astray, in how it went:
_ASTRAY_MS = const(500)
_AGREES_MS = const(10_000)
_DOUBT_MS = const(60_000)
_GATE = const(4000)  # 250 mm: after an outage no fix moves the place by more at once,
_OWN = const(320)  # but for what it does not know itself, above 20 mm
_DOUBTED = const(1024)
_DOUBT_MOST = const(60_000)
_SETTLE_MS = const(400)  # the place follows fixes about as fast
_H_ASTRAY = const(256)  # 8 mrad
_SCALE_MOST = const(6500)  # 10 %

# What is left to do of a fix that was used.
_NOTHING = const(0)
_KEEP = const(1)
_FIND = const(2)
_WEIGH = const(3)
_BEND = const(4)

# As in reckoning.py, spread.py and taking.py.
_X = const(0)
_Y = const(1)
_HEADING = const(2)
_CX = const(3)
_CY = const(4)
_CLOCK = const(5)
_CLOCK_MASK = const(0xFFFFFFF)
_A = const(0)
_B = const(1)
_DOUBT = const(3)
_SIGMA_HEADING = const(4)
_SCALE = const(8)
_WAY_MM = const(11)
_KIND = const(3)
_OFF = const(10)
_SIGMA = const(11)
_TOLD = const(12)
_LOOSE = const(13)
_TURN = const(14)
_STRETCH = const(15)
_SCALE_VAR = const(16)


class Aiding:
    """`fix`: words of taking.py, set by whoever has one. held: a fix was used within 2 s. gnss: the kind of the last
    that agreed, 0 when older. dropped."""

    def __init__(self, reckoning, spread):
        self.fix = array("i", [0] * taking.WORDS)
        self._reckoning = reckoning
        self._spread = spread
        self._words = reckoning.words
        self._grown = spread.words
        self._records = Records()
        self.fix[_SCALE_VAR] = self._grown[_SCALE] * self._grown[_SCALE]
        self.begin()

    def begin(self):
        """The place was told, or lost."""
        self.held = False
        self.gnss = NONE
        self.dropped = False
        self._held_at = 0
        self._seen_at = 0
        self._refused = False
        self._refused_at = 0
        self._jumped = False
        self._astray = False
        self._astray_at = 0
        self._doubt_at = 0
        self.compare_anew()

    def compare_anew(self):
        """How it went before does not count."""
        self._learns = _NOTHING
        self._records.clear()

    @micropython.native
    def elapse(self):
        """What is old does not count."""
        now = self._words[_CLOCK]
        if self.held and (now - self._held_at) & _CLOCK_MASK > _HELD_MS:
            self.held = False
        if self.gnss and (now - self._seen_at) & _CLOCK_MASK > _HELD_MS:
            self.gnss = NONE

    @micropython.native
    def take(self, dx, dy):
        """The fix in `fix`; the antenna was reckoned to be at dx, dy then. Returns whether it was used."""
        fix = self.fix
        words = self._words
        grown = self._grown
        kept = self._records
        taking.measure(fix, words, grown, kept.now, dx, dy)
        now = words[_CLOCK]
        astray = kept.look(words[_HEADING], now, grown)
        off = fix[_OFF]
        sigma = fix[_SIGMA]
        held = self.held
        if self.dropped:
            if not self._agrees(astray, now):
                return False
            held = False
        else:
            most = 3 * (sigma + fix[_LOOSE])
            if not held:
                most = 3 * (hypot(sigma, grown[_A]) + fix[_LOOSE] + grown[_DOUBT])
                cap = _GATE
                if sigma > _OWN:
                    cap += 3 * (sigma - _OWN)
                if most > cap:
                    most = cap
            if astray or off > most:
                self._refuse(astray, now, off > 2 * most)
                return False
        self._refused = self._astray = False
        self._seen_at = now
        self.gnss = fix[_KIND]
        told = fix[_TOLD]
        if sigma > told + (told >> 2) + 32:
            return False
        times = 1
        if held:
            since = (now - self._held_at) & _CLOCK_MASK
            if since < _SETTLE_MS:
                times = _SETTLE_MS // (since if since > 50 else 50)
        elif off > _DOUBTED:
            if grown[_DOUBT] < off >> 1:
                grown[_DOUBT] = off >> 1
            self._doubt_at = now
        taking.take(fix, words, grown, times)
        self._spread.begin(words[_X], words[_Y])
        if self._learns == _NOTHING:
            self._learns = _KEEP
        self.held = True
        self._held_at = now
        return True

    @micropython.native
    def _agrees(self, astray, now):
        """A dropped receiver: may it come back?"""
        kept = self._records
        words = self._words
        if astray:
            if not self._astray:
                self._astray = True
                self._astray_at = now
            elif (now - self._astray_at) & _CLOCK_MASK >= _ASTRAY_MS:
                self._astray = False
                kept.clear()
            return False
        self._astray = False
        kept.take(words[_CX], words[_CY])
        fix = self.fix
        grown = self._grown
        most = 3 * hypot(hypot(fix[_SIGMA], grown[_A]), fix[_LOOSE] + grown[_DOUBT])
        if kept.age_ms() < _AGREES_MS or fix[_OFF] > most:
            return False
        self.dropped = False
        return True

    @micropython.native
    def _refuse(self, astray, now, jump):
        """Neither here nor there: for how long? One that came with a jump has not moved the place before."""
        if not self._refused:
            self._refused = True
            self._refused_at = now
            self._jumped = jump
        if not astray:
            self._astray = False
        elif not self._astray:
            self._astray = True
            self._astray_at = now
        if (
            self._astray
            and (now - self._astray_at) & _CLOCK_MASK >= _ASTRAY_MS
            or (now - self._refused_at) & _CLOCK_MASK >= _REFUSED_MS
        ):
            self._drop(now)

    @micropython.native
    def _drop(self, now):
        """Back to where the fixes of the records had not moved the place; which of both is right, is in doubt."""
        words = self._words
        grown = self._grown
        kept = self._records
        at = kept.oldest()
        if at >= 0 and not self._jumped:
            x = kept.ring[at + records.OLD_X] - words[_CX]
            y = kept.ring[at + records.OLD_Y] - words[_CY]
            self._reckoning.move(x, y)
            way = (grown[_WAY_MM] - kept.ring[at + records.OLD_WAY]) & _CLOCK_MASK
            # What dead reckoning has lost since: by heading, scale and 0.5 % of slip. 16 / 32000 = 1 / 2000
            share = hypot(hypot(grown[_SIGMA_HEADING], grown[_SCALE] >> 1), 160)
            grown[_B] += min(20_000, way) * min(32_000, share) // 2000
            grown[_DOUBT] = min(_DOUBT_MOST, max(grown[_DOUBT], hypot(x >> 5, y >> 5)))
            self._doubt_at = now
            if grown[_SIGMA_HEADING] < _H_ASTRAY:
                self._spread.turned(_H_ASTRAY * _H_ASTRAY)
        self._refused = self._astray = False
        self.dropped = True
        self.held = False
        self.gnss = NONE
        self.compare_anew()

    @micropython.native
    def learn(self):
        """In each tick: after a fix that was used its record, after a new record heading, scale and bias; a part of the
        work a tick."""
        stage = self._learns
        if stage == _NOTHING:
            return
        kept = self._records
        fix = self.fix
        if stage == _KEEP:
            words = self._words
            self._learns = _NOTHING
            if kept.take(words[_CX], words[_CY]):
                if fix[_KIND] == FIXED:
                    self._learns = _FIND
                grown = self._grown
                if grown[_DOUBT] and (words[_CLOCK] - self._doubt_at) & _CLOCK_MASK > _DOUBT_MS:
                    grown[_DOUBT] -= (grown[_DOUBT] >> 5) + 1
        elif stage == _FIND:
            kept.find()
            self._learns = _WEIGH
        elif stage == _WEIGH:
            variance = taking.weigh(fix, self._words, self._grown, kept.now)
            self._learns = _NOTHING
            if variance:
                self._reckoning.turn(fix[_TURN] * 15625 >> 8)
                self._spread.turned(variance)
                self._learns = _BEND
        else:
            self._learns = _NOTHING
            stretch = fix[_STRETCH]
            if stretch:
                scale = self._reckoning.scale + 2 * stretch
                if not -_SCALE_MOST < scale < _SCALE_MOST:
                    stretch = 0
                self._reckoning.stretch(2 * stretch)
                self._grown[_SCALE] = root(fix[_SCALE_VAR])
            kept.bend(fix[_TURN], stretch)
