"""One track's motor behind its H-bridge: 20 kHz duty and a direction pin."""

import time

from machine import PWM, Pin

import micropython
from micropython import const
from sapper.shared.pins import GPIO

_PWM_HZ = const(20_000)
_PERIOD_US = const(50)
_SIDES = ("LEFT", "RIGHT")


class Motor:
    """side: 0 left, 1 right. Made with its pin low and not on PWM; `engage` before driving, `release` after."""

    def __init__(self, side):
        self._pwm_pin = GPIO["MOTOR_" + _SIDES[side]]
        self._direction = Pin(GPIO["DIR_" + _SIDES[side]], Pin.OUT, value=0)
        self._forward = 0
        self._pwm = None
        self.duty_pm = 0
        Pin(self._pwm_pin, Pin.OUT, value=0)

    def engage(self):
        """Put the pin on PWM, at duty 0."""
        self.duty_pm = 0
        self._pwm = PWM(Pin(self._pwm_pin), freq=_PWM_HZ, duty_u16=0)

    @micropython.native
    def drive(self, duty_pm):
        """Signed duty in thousandths; does nothing but duty 0 while not engaged."""
        if duty_pm == self.duty_pm:
            return
        pwm = self._pwm
        if pwm is None:
            return
        if duty_pm:
            forward = 1 if duty_pm > 0 else 0
            if forward != self._forward:
                pwm.duty_u16(0)
                self._direction.value(forward)
                self._forward = forward
        self.duty_pm = duty_pm
        pwm.duty_u16((duty_pm if duty_pm >= 0 else -duty_pm) * 65535 // 1000)

    def release(self):
        """Duty 0, one period for the counter to take it, then a plain output, low: PWM.deinit may leave the pin
        high."""
        if self._pwm is not None:
            self._pwm.duty_u16(0)
            time.sleep_us(_PERIOD_US + 5)
            self._pwm = None
        self.duty_pm = 0
        Pin(self._pwm_pin, Pin.OUT, value=0)
