# mypy: ignore-errors
# Runs on the board, sent over MicroPython's raw prompt: what the ADC makes of each of its inputs.
import micropython
from array import array

_INPUTS = 5
_SAMPLES = 4000


@micropython.viper
def _convert(channel: int, count: int, into: ptr16):
    adc = ptr32(0x4004C000)
    adc[2] = 0  # no FIFO
    select = 3 | (channel << 12)  # EN, TS_EN, AINSEL
    adc[0] = select
    while not adc[0] & 0x100:
        pass
    for i in range(count):
        adc[0] = select | 4  # START_ONCE
        while not adc[0] & 0x100:
            pass
        into[i] = adc[1]


def measure():
    """For each input {code: how often}."""
    into = array("H", [0] * _SAMPLES)
    found = []
    for channel in range(_INPUTS):
        _convert(channel, _SAMPLES, into)
        counts = {}
        for code in into:
            counts[code] = counts.get(code, 0) + 1
        found.append(counts)
    return found
