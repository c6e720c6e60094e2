"""Quadrature encoders, counted by PIO: both edges of A, with B telling the direction. The machines sleep between
edges."""

import rp2
from machine import Pin

import micropython
from micropython import const
from sapper.hardware.registers import pushed
from sapper.shared.pins import GPIO

_CLOCK_HZ = const(1_000_000)  # an edge takes at most 6 cycles: good for 150,000 ticks a second
# PIO1 (RP2040 datasheet 3.7): per machine, where instructions go in and the counts come out
_INSTR = (0x503000D8, 0x503000F0)
_RXF = (0x50300020, 0x50300024)
_MOV_ISR_X = const(0xA0C1)
_PUSH = const(0x8000)
_SIDES = ("LEFT", "RIGHT")


@rp2.asm_pio()
def quadrature():
    wrap_target()
    label("top")
    wait(1, pin, 0)
    jmp(pin, "back")  # B high as A rises: backwards
    mov(y, invert(x))  # x + 1 is ~(~x - 1), by way of y: x is the count at any instant, whenever it is read
    jmp(y_dec, "up")
    label("up")
    mov(x, invert(y))
    jmp("high")
    label("back")
    jmp(x_dec, "high")
    label("high")
    wait(0, pin, 0)
    jmp(pin, "ahead")  # B high as A falls: forwards
    jmp(x_dec, "top")
    jmp("top")
    label("ahead")
    mov(y, invert(x))
    jmp(y_dec, "up2")
    label("up2")
    mov(x, invert(y))
    wrap()


class Encoder:
    """One track's encoder. side: 0 left, 1 right."""

    def __init__(self, side):
        name = "ENC_" + _SIDES[side]
        self._instr = _INSTR[side]
        self._rxf = _RXF[side]
        self._machine = rp2.StateMachine(
            4 + side,
            quadrature,
            freq=_CLOCK_HZ,
            in_base=Pin(GPIO[name + "_A"], Pin.IN, Pin.PULL_UP),
            jmp_pin=Pin(GPIO[name + "_B"], Pin.IN, Pin.PULL_UP),
        )
        self._machine.active(1)
        self.count = self.count16()  # its low 16 bits, when last looked at

    def count16(self):
        """The low 16 bits of the count."""
        return pushed(self._instr, _MOV_ISR_X, _PUSH, self._rxf)

    @micropython.native
    def delta(self):
        """Ticks since the last call, signed."""
        count = pushed(self._instr, _MOV_ISR_X, _PUSH, self._rxf)
        step = (count - self.count) & 0xFFFF
        self.count = count
        return step - 0x10000 if step & 0x8000 else step
