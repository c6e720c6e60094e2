"""The transmit pulse and the three gate strobes: two PWM slices started together, falling edges on the 8 ns grid, no
CPU.

Slice 4: A the pulse, B gate 0's strobe; slice 5: gates 1 and 2. All rise with the counter's wrap; the pulse falls after
`pulse_us`, each strobe `gateN_ns` later, and that is where the analogue board samples.
"""

from machine import Pin

from micropython import const
from sapper.hardware.registers import peek, poke
from sapper.shared.pins import GPIO

_CLOCK_NS = const(8)
# RP2040 datasheet 4.5.3
_CSR = (0x40050050, 0x40050064)
_DIV = (0x40050054, 0x40050068)
_CTR = (0x40050058, 0x4005006C)
_CC = (0x4005005C, 0x40050070)
_TOP = (0x40050060, 0x40050074)
_EN_SET = 0x400520A0
_EN_CLEAR = 0x400530A0
_BOTH = const(0b110000)
_DIV_ONE = const(1 << 4)
_SIGNALS = ("COIL_TX", "STROBE_0", "STROBE_1", "STROBE_2")


class Pulser:
    """Stopped, all four pins low, until `start`."""

    def __init__(self):
        self.stop()

    def start(self, settings):
        """Take rate, length and delays from the settings (checked there) and run."""
        self.stop()
        top = 1_000_000_000 // settings.get("pulse_rate_hz") // _CLOCK_NS - 1
        pulse = settings.get("pulse_us") * 1000 // _CLOCK_NS
        gates = [pulse + settings.get("gate%d_ns" % i) // _CLOCK_NS for i in range(3)]
        for i in range(2):
            poke(_CSR[i], 0)
            poke(_DIV[i], _DIV_ONE)
            poke(_TOP[i], top)
            poke(_CTR[i], top)  # beyond every edge: the signals are low until both count, and begin with a whole pulse
        poke(_CC[0], gates[0] << 16 | pulse)
        poke(_CC[1], gates[2] << 16 | gates[1])
        for signal in _SIGNALS:
            Pin(GPIO[signal], Pin.ALT, alt=Pin.ALT_PWM)
        poke(_EN_SET, _BOTH)

    def stop(self):
        """Pins low as plain outputs, then the slices off: the coil is never left on."""
        for signal in _SIGNALS:
            Pin(GPIO[signal], Pin.OUT, value=0)
        poke(_EN_CLEAR, _BOTH)

    def running(self):
        """True when both slices count."""
        return peek(_CSR[0], 0, 1) == 1 and peek(_CSR[1], 0, 1) == 1
