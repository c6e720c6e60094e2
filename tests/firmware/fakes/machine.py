"""A `machine` without hardware: what sapper's identity and motor need of it, for CPython and MicroPython alike."""

WDT_RESET = 3
PWRON_RESET = 1


def unique_id():
    return b"\xe6\x61\x4c\x77\x5b\x00\x00\x01"


def reset_cause():
    return PWRON_RESET


class RTC:
    """A clock that takes any time and keeps none."""

    def datetime(self, moment):
        assert len(moment) == 8


class Pin:
    """Remembers, by number, what each pin was last made: `Pin.made[12]` is ('out', 0) or ('pwm', 300)."""

    IN, OUT, PULL_UP, PULL_DOWN = 0, 1, 2, 3
    made = {}

    def __init__(self, number, mode=None, pull=None, value=None):
        self.number = number
        if mode == Pin.OUT:
            Pin.made[number] = ("out", value)

    def value(self, level=None):
        if level is not None:
            Pin.made[self.number] = ("out", level)
        return Pin.made[self.number][1]


class PWM:
    """The duty it was last given, by pin number, in Pin.made."""

    def __init__(self, pin, freq=0, duty_u16=0):
        self.number = pin.number
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        Pin.made[self.number] = ("pwm", duty)
