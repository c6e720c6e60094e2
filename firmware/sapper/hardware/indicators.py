"""What the board shows and does beside driving: LED, buzzer, marker."""

from machine import PWM, Pin

import micropython
from micropython import const
from sapper.shared.events import STATES
from sapper.shared.pins import GPIO

# Blink code: (period in ticks, ticks lit), in the order of STATES
_BLINK = ((200, 10), (50, 25), (20, 10), (20, 18), (10, 5), (100, 90), (8, 4))
_TONE_LOW_HZ = const(200)
_TONE_SPAN_HZ = const(1800)
_AUDIBLE = const(100)  # strengths below this are silent

if len(_BLINK) != len(STATES):
    raise ValueError("a blink code for every state")


class Indicators:
    """`tick` once a control tick; nothing here waits."""

    def __init__(self):
        self._led = Pin(GPIO["LED"], Pin.OUT, value=0)
        self._marker = Pin(GPIO["MARKER"], Pin.OUT, value=0)
        self._buzzer = PWM(Pin(GPIO["BUZZER"]), freq=1000, duty_u16=0)
        self._count = 0
        self._marker_ticks = 0
        self._tone = 0

    def mark(self, length_ms):
        """Fire the marker for so long."""
        self._marker_ticks = max(1, length_ms // 10)
        self._marker.value(1)

    @micropython.native
    def tick(self, state, strength, audio):
        """LED by state, buzzer by the detector's strength (0..1000) where audio is on, marker off when its time is
        up."""
        period, lit = _BLINK[state]
        count = self._count + 1
        self._count = count
        phase = count % period
        if phase == 0:
            self._led.value(1)
        elif phase == lit:
            self._led.value(0)
        if self._marker_ticks:
            self._marker_ticks -= 1
            if not self._marker_ticks:
                self._marker.value(0)
        step = strength // 50 if audio and strength >= _AUDIBLE else 0
        if step != self._tone and count % 4 == 0:
            self._tone = step
            if step:
                self._buzzer.freq(_TONE_LOW_HZ + step * _TONE_SPAN_HZ // 20)
                self._buzzer.duty_u16(32768)
            else:
                self._buzzer.duty_u16(0)

    def off(self):
        """Marker and buzzer off."""
        self._marker_ticks = 0
        self._marker.value(0)
        self._buzzer.duty_u16(0)
        self._tone = 0
