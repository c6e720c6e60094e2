"""What the PIO program of hardware/interlock.py does with MOTOR_EN, and the instructions that are put into it.

State machine 0 turns every 40 us while alive: it tests ESTOP_OK and counts X down; either one makes it dead, and only
a jump to `live` wakes it.
"""

import clock
import gpio
import micropython

MOTOR_EN = 16
TURN_US = 40
DEAD = 28  # where the program stands in the instruction memory
_LIVE = DEAD + 3

_PULL_BLOCK = 0x80A0
_MOV_Y_OSR = 0xA047
_MOV_X_Y = 0xA022

_fifo = []
_osr = 0
_y = 0
_x_until = 0  # when X will have run down
_phase = 0  # when in its 40 us the machine tests
_alive = False


def put(word):
    """A word into the TX FIFO."""
    _fifo.append(word)


def start():
    """The machine runs from `dead`: MOTOR_EN is an output, low."""
    gpio.output(MOTOR_EN, 0)


@micropython.native
def execute(instruction):
    """An instruction put in by hand."""
    global _osr, _y, _x_until, _alive, _phase
    gpio.catch_up()
    if instruction == _PULL_BLOCK:
        _osr = _fifo.pop(0)
    elif instruction == _MOV_Y_OSR:
        _y = _osr
    elif instruction == _MOV_X_Y:
        _x_until = clock.now + (_y + 1) * TURN_US
        if _alive:
            clock.alarm("interlock", _x_until, _die)
    elif instruction == _LIVE:
        _phase = clock.now % TURN_US
        if gpio.level(gpio.ESTOP):
            _alive = True
            gpio.output(MOTOR_EN, 1)
            clock.alarm("interlock", _x_until, _die)
    elif instruction == DEAD:
        if _alive:
            _die()
    else:
        raise NotImplementedError("the simulated interlock does not know PIO instruction 0x%04x" % instruction)


def _die():
    global _alive
    _alive = False
    clock.alarm("interlock", clock.NEVER, None)
    gpio.output(MOTOR_EN, 0)


def loop_changed(at, level):
    """ESTOP_OK changed: the machine sees it at its next turn, if it lasts until then."""
    if not _alive:
        return
    turn = at + (_phase - at) % TURN_US
    clock.alarm("estop", clock.NEVER if level else max(turn, clock.now), _see_open)


def _see_open():
    if _alive:
        _die()


def _move(us):
    global _x_until, _phase
    _x_until -= us
    _phase = (_phase - us) % TURN_US


gpio.loop_changed = loop_changed
clock.movers.append(_move)
