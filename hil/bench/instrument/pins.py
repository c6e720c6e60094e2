"""What lies on the instrument's pins when it drives none of them: for `sapper bench check`."""

from time import sleep_us

from chip import peek, poke
from lines import DAC_SCL, DAC_SDA, PLAYED, PLAYED_FIRST, WATCHED_FIRST

# IO_BANK0, PADS_BANK0, SIO (RP2040 datasheet 2.19.6, 2.3.1.7)
_CTRL = 0x40014004
_PAD = 0x4001C004
_GPIO_IN = 0xD0000004
# Function select: none; the pad's input on, its pull-down on.
_NONE = 0x1F
_INPUT_DOWN = 0x46
_SETTLE_US = 100


def levels():
    """GPIO_IN as it is then: bit 0 is GPIO 0. Pins and pads are as before when it returns."""
    numbers = list(range(WATCHED_FIRST, PLAYED_FIRST + PLAYED)) + [DAC_SDA, DAC_SCL]
    before = [(n, peek(_CTRL + 8 * n, 0, 0x3FFFFFFF), peek(_PAD + 4 * n, 0, 0xFF)) for n in numbers]
    for n in numbers:
        poke(_CTRL + 8 * n, _NONE)
        poke(_PAD + 4 * n, _INPUT_DOWN)
    sleep_us(_SETTLE_US)
    word = peek(_GPIO_IN, 0, 0x3FFFFFFF)
    for n, control, pad in before:
        poke(_PAD + 4 * n, pad)
        poke(_CTRL + 8 * n, control)
    return word
