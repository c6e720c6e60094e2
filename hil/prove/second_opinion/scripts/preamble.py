# Stands before every script: its pins, low; what it tells, kept until the end, so that nothing crosses the USB
# meanwhile; and `begin`, which lets what the prompt had to do end, waits for the fall of a wave, and raises GPIO 15:
# time 0.
# mypy: ignore-errors
import gc
import os
import time
from array import array

import micropython
import rp2
import uctypes
from machine import ADC, PWM, UART, WDT, Pin, Timer, mem32

first, second, third, mark = (Pin(gpio, Pin.OUT, value=0) for gpio in (6, 7, 14, 15))
told = []


def begin(wave=None):
    gc.collect()
    time.sleep_ms(4)
    if wave:
        wait_fall(wave)
    mark.on()


def end():
    mark.off()


def tell(name, value):
    told.append((name, value))


def wait_us(us):
    until = time.ticks_add(time.ticks_us(), us)
    while time.ticks_diff(until, time.ticks_us()) > 0:
        pass


def wait_fall(wave):
    while not wave():
        pass
    while wave():
        pass


def timed(name, function, *arguments):
    first.on()
    answer = function(*arguments)
    first.off()
    tell(name, answer)
