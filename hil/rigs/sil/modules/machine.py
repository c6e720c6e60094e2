"""MicroPython's `machine` as the RP2040 port has it, for what the firmware uses of it, on the simulated parts."""

import clock
import exchange
import gpio
import i2c_block
import micropython
import serial_lines
import time
import watchdog_timer

PWRON_RESET = 1
WDT_RESET = 3

cause = PWRON_RESET  # of this run; boot.py sets it
_ID = b"SILRIG\x00\x01"


def unique_id():
    """The flash chip's number."""
    return _ID


def reset_cause():
    """Why this run began."""
    return cause


def reset():
    """As the RP2040 does it: by the watchdog."""
    watchdog_timer.reset()


def bootloader():
    """Into BOOTSEL: the application is gone."""
    exchange.leave(exchange.BOOTLOADER)


@micropython.native
def idle():
    """Sleep until an interrupt, at most 1 ms."""
    until = clock.now + 1000
    clock.advance_to(until if until < Timer.next_at else Timer.next_at)
    if clock.now >= Timer.next_at:
        Timer.run_due()


class RTC:
    """The time of day, which `time.time` tells."""

    def datetime(self, moment):
        """Set it: (year, month, day, weekday, hour, minute, second, 0)."""
        year, month, day, _, hour, minute, second, _ = moment
        time.set_time(year, month, day, hour, minute, second)


class Pin:
    """One GPIO."""

    IN, OUT, OPEN_DRAIN, ALT = 0, 1, 2, 3
    PULL_UP, PULL_DOWN = 1, 2
    ALT_PWM = 4

    def __init__(self, number, mode=-1, pull=None, value=None, alt=None):
        self.number = number
        self._drains = mode == Pin.OPEN_DRAIN
        if self._drains:
            self.value(value)
        elif mode == Pin.IN:
            gpio.pull(number, 1 if pull == Pin.PULL_UP else 0)
        elif mode == Pin.OUT:
            PWM.taken_away(number)
            gpio.output(number, 1 if value else 0)

    @micropython.native
    def value(self, level=None):
        """The level, or set it."""
        if level is None:
            return gpio.level(self.number)
        if self._drains and level:
            gpio.pull(self.number, 1)
        else:
            gpio.output(self.number, 1 if level else 0)


class PWM:
    """A pin on PWM."""

    _on = {}  # pin number -> duty_u16

    def __init__(self, pin, freq=0, duty_u16=0):
        self._number = pin.number
        self._freq = freq
        PWM._on[self._number] = -1
        self.duty_u16(duty_u16)

    @classmethod
    def taken_away(cls, number):
        """The pin is a plain one again."""
        if cls._on.pop(number, 0):
            exchange.record(clock.now, exchange.PWM, number, 0)

    def freq(self, value=None):
        """The frequency, or set it."""
        if value is None:
            return self._freq
        self._freq = value

    @micropython.native
    def duty_u16(self, value=None):
        """The duty, or set it; without effect once the pin has another function."""
        number = self._number
        old = PWM._on.get(number)
        if value is None:
            return old or 0
        if old is not None and old != value:
            PWM._on[number] = value
            exchange.record(clock.now, exchange.PWM, number, value)


class ADC:
    """Only what puts an input's pin into analogue mode: the round robin is registers."""

    CORE_TEMP = 4

    def __init__(self, pin):
        self.pin = pin


class Timer:
    """A periodic timer; its callbacks run as soft interrupts do, when the program waits."""

    PERIODIC = 1
    next_at = clock.NEVER
    _all = []

    def __init__(self, _number=-1, **options):
        if options:
            self.init(**options)

    def init(self, period, mode, callback):
        """Fire every `period` ms from now on."""
        self.deinit()
        self._period_us = period * 1000
        self._callback = callback
        self._at = clock.now + self._period_us
        Timer._all.append(self)
        Timer._plan()

    @classmethod
    def _plan(cls):
        cls.next_at = min([timer._at for timer in cls._all], default=clock.NEVER)

    @classmethod
    def run_due(cls):
        """Call what is due."""
        for timer in cls._all:
            while timer._at <= clock.now:
                timer._at += timer._period_us
                timer._callback(timer)
        cls._plan()

    def deinit(self):
        """No more."""
        if self in Timer._all:
            Timer._all.remove(self)
            Timer._plan()


def _move(us):
    for timer in Timer._all:
        timer._at -= us
    Timer._plan()


clock.movers.append(_move)


class WDT:
    """The watchdog, running from its construction on."""

    def __init__(self, timeout):
        watchdog_timer.start(timeout)

    def feed(self):
        """A full time again."""
        watchdog_timer.feed()


class UART:
    """UART 0 or 1."""

    def __init__(self, number, baud, tx=None, rx=None, rxbuf=256, txbuf=256, timeout=0):
        self._uart = serial_lines.Uart(serial_lines.UART0 + number, baud, rxbuf, txbuf)
        serial_lines.uarts[number] = self._uart

    @micropython.native
    def any(self):
        """Bytes that wait."""
        return self._uart.any()

    def readinto(self, buffer, most=-1):
        """What waits, at most the buffer's or `most` bytes; None when there is nothing."""
        data = self._uart.read(len(buffer) if most < 0 else min(most, len(buffer)))
        buffer[: len(data)] = data
        return len(data) or None

    def write(self, data, at=0, most=-1):
        """Of data[at:], at most so many bytes (-1: all), what there is room for; None when there is none."""
        return self._uart.write(memoryview(data)[at:] if most < 0 else memoryview(data)[at : at + most]) or None


class I2C:
    """I2C1, set up: the transfers themselves are registers."""

    def __init__(self, number, freq, scl, sda, timeout=50_000):
        if number != 1 or (sda.number, scl.number) != (6, 7):
            raise NotImplementedError("the simulated board has I2C1 on GPIO 6 and 7")
        i2c_block.reset(freq)
