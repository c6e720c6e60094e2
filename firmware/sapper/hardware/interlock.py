"""The interlock: a PIO state machine that alone drives MOTOR_EN.

MOTOR_EN is high only while the emergency-stop loop is closed and the control loop keeps feeding. The machine tests both
every 40 us. Once it has let go it stays down: only `arm` starts it again, never feeding. No CPU is needed to drop.
"""

import rp2
from machine import Pin

import micropython
from micropython import const
from sapper.hardware.registers import peek, poke
from sapper.shared.limits import FEED_HOLD_MS
from sapper.shared.pins import GPIO

CLOCK_HZ = 50_000
_TURN_US = 2 * 1_000_000 // CLOCK_HZ

# PIO0, state machine 0 (RP2040 datasheet 3.7)
_ADDR = const(0x502000D4)
_INSTR = const(0x502000D8)
_GPIO_IN = const(0xD0000004)
# Instructions put in by hand; none of them has a side-set, so none of them moves MOTOR_EN.
_PULL_BLOCK = const(0x80A0)
_MOV_Y_OSR = const(0xA047)
_MOV_X_Y = const(0xA022)
_JMP = const(0x0000)
_LIVE = const(3)  # offset of `live` in the program


@rp2.asm_pio(sideset_init=rp2.PIO.OUT_LOW)
def dead_man():
    wrap_target()
    label("dead")
    jmp("dead").side(0)
    label("count")
    jmp(x_dec, "live").side(1)  # the loop is closed: high, one turn less; at 0 it falls through
    jmp("dead")
    label("live")
    jmp(pin, "count")  # loop open: wraps to dead, and MOTOR_EN was not raised even for a turn
    wrap()


class Interlock:
    """Owns MOTOR_EN from its construction on, low."""

    def __init__(self):
        self._enable_bit = GPIO["MOTOR_EN"]
        self._machine = rp2.StateMachine(
            0,
            dead_man,
            freq=CLOCK_HZ,
            sideset_base=Pin(GPIO["MOTOR_EN"]),
            jmp_pin=Pin(GPIO["ESTOP_OK"], Pin.IN, Pin.PULL_DOWN),
        )
        self._dead = peek(_ADDR, 0, 31)
        self._machine.put(FEED_HOLD_MS * 1000 // _TURN_US)
        poke(_INSTR, _PULL_BLOCK)
        poke(_INSTR, _MOV_Y_OSR)
        self._machine.active(1)

    def arm(self):
        """Start holding MOTOR_EN high, from one full hold time on. Only on the operator's confirmed command."""
        poke(_INSTR, _MOV_X_Y)
        poke(_INSTR, _JMP | (self._dead + _LIVE))

    @micropython.native
    def feed(self):
        """The last act of a completed tick: a full hold time again. Cannot raise a MOTOR_EN that is down."""
        poke(_INSTR, _MOV_X_Y)

    def drop(self):
        """MOTOR_EN low now (within 40 us)."""
        poke(_INSTR, _JMP | self._dead)

    @micropython.native
    def enabled(self):
        """1 while MOTOR_EN is high, read at the pin."""
        return peek(_GPIO_IN, self._enable_bit, 1)
