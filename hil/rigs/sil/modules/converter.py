"""The ADC's round robin and its DMA channel: the ring in the program's own memory fills as the clock moves.

Voltages come in 1/256 LSB; the converter adds its noise, and its uneven steps (erratum RP2040-E11).
"""

import clock
import exchange
import micropython
from micropython import const

SAMPLE_US = 100  # what acquisition.py sets; other dividers are refused
_CONVERSION_US = 2
_CHANNELS = 5
_DIV_10_KSPS = 4799 << 8

_OVER = 1 << 11

cs = 0
fcs = 0
_next_at = 0  # start of the next conversion
_channel = 0  # its input
_fifo = 0

dma_write = 0  # the ring's base address
dma_ring = 0  # its size in samples, a power of two
dma_count = 0
dma_moved = 0
dma_active = False

_LSB = 256
# Erratum RP2040-E11, as in hil/rigs/virtual/node/outside/stimulus.mjs: codes 512, 1536, 2560 and 3584 are 9.9 LSB wide,
# the others narrower by as much in all. Half that width; how much the rest is stretched, 1023 / 1014.1 - 1, in 1/65536.
_HALF_WIDE = const(1267)
_STRETCH = const(575)
_PERIOD = const(1024 * 256)
_FIRST_WIDE = const(512 * 256 + 128)
# The noise is the sum of four random bytes less its mean, of which the deviation is 147.8.
_BYTES_MEAN = const(510)
_BYTES_DEVIATION = 147.8

_address = 0
_table = bytearray(4 * 3 * _CHANNELS)  # per input: first point, end, cursor
_noise = bytearray(8)  # state of the random numbers, never 0; the deviation, so that >> 10 gives 1/256 LSB


def set_noise(lsb_rms, seed):
    """The converter's own noise, and where its random numbers begin. Without noise it has no uneven steps, either."""
    put(_noise, 0, seed & 0x3FFFFFFF | 1)
    put(_noise, 1, round(lsb_rms * _LSB * 1024 / _BYTES_DEVIATION))


@micropython.viper
def put(words: ptr32, i: int, value: int):
    """One 32-bit word."""
    words[i] = value


@micropython.viper
def fill(
    ring: ptr16,
    head: int,
    mask: int,
    channel: int,
    count: int,
    t: int,
    step: int,
    points: ptr32,
    table: ptr32,
    noise: ptr32,
):
    """`count` samples from ring[head] on, the first of `channel` at time `t`; points: (time, 1/256 LSB)."""
    chance = noise[0]
    n = 0
    while n < count:
        row = 3 * channel
        end = table[row + 1]
        i = table[row + 2]
        while i + 1 < end and points[2 * i + 2] <= t:
            i += 1
        table[row + 2] = i
        chance ^= chance << 13
        chance ^= chance >> 17 & 0x7FFF
        chance ^= chance << 5
        four = (chance & 255) + (chance >> 8 & 255) + (chance >> 16 & 255) + (chance >> 24 & 255)
        away = points[2 * i + 1] + ((four - _BYTES_MEAN) * noise[1] >> 10) - _FIRST_WIDE
        middle = (away + (_PERIOD >> 1)) & (0 - _PERIOD)
        away -= middle
        beyond = (away if away > 0 else 0 - away) - _HALF_WIDE
        if beyond < 0:
            away = 0
        else:
            beyond += (beyond * _STRETCH >> 16) + 128
            away = beyond if away > 0 else 0 - beyond
        code = (_FIRST_WIDE + middle + away if noise[1] else points[2 * i + 1]) >> 8
        ring[head & mask] = 0 if code < 0 else 4095 if code > 4095 else code
        head += 1
        channel += 1
        if channel == 5:
            channel = 0
        t += step
        n += 1
    noise[0] = chance


def take_waves(address, counts):
    """A batch's voltages: for each input at least the point in force at its beginning."""
    global _address
    _address = address
    first = 0
    for channel in range(_CHANNELS):
        end = first + counts[channel]
        row = 3 * channel
        put(_table, row, first)
        put(_table, row + 1, end)
        put(_table, row + 2, first)
        first = end


@micropython.native
def catch_up():
    """Convert and move all samples up to now."""
    global _next_at, _channel, _fifo, dma_moved, fcs
    if not cs & 8:
        return
    count = (clock.now - _next_at - _CONVERSION_US) // SAMPLE_US + 1
    if count <= 0:
        return
    if dma_active and dma_moved < dma_count:
        fill(dma_write, dma_moved, dma_ring - 1, _channel, count, _next_at, SAMPLE_US, _address, _table, _noise)
        dma_moved += count
    else:
        _fifo += count
        if _fifo > 4:
            _fifo = 4
            fcs |= _OVER
    _next_at += count * SAMPLE_US
    _channel = (_channel + count) % _CHANNELS


def write_cs(value):
    """CS: bit 3 runs the round robin, from the input in AINSEL (0 here)."""
    global cs, _next_at, _channel
    catch_up()
    if value & 8 and not cs & 8:
        if value >> 16 & 31 != 31 or value >> 12 & 7:
            raise NotImplementedError("the simulated ADC takes the round robin over inputs 0..4, from 0 on")
        _next_at = clock.now
        _channel = 0
        exchange.record(clock.now, exchange.CONVERTER, 0, 0)
    cs = value


def read_cs():
    """CS with READY."""
    return cs | 0x100


def write_fcs(value):
    """FCS: OVER and UNDER are cleared by writing 1."""
    global fcs
    catch_up()
    fcs = fcs & _OVER & ~value | value & 0x0F00000F


@micropython.native
def read_fcs():
    """FCS with the FIFO's level."""
    catch_up()
    return fcs | _fifo << 16


def read_fifo():
    """One sample out; its value is of no use to anybody."""
    global _fifo
    _fifo = max(0, _fifo - 1)
    return 0


def write_div(value):
    """Only the one rate is simulated."""
    if value != _DIV_10_KSPS:
        raise NotImplementedError("the simulated ADC runs at 10,000 samples a second")


def write_address():
    """The DMA channel's write address."""
    catch_up()
    return dma_write + 2 * (dma_moved & dma_ring - 1)


@micropython.native
def transfers_left():
    """The DMA channel's count; asking for it stands for the frame that is averaged and looked at."""
    catch_up()
    left = max(0, dma_count - dma_moved)
    clock.advance(clock.FRAME_US)
    return left


def start_dma(write, samples, count):
    """Arm the channel on a ring of so many samples."""
    global dma_write, dma_ring, dma_count, dma_moved, dma_active
    catch_up()
    dma_write, dma_ring, dma_count, dma_moved, dma_active = write, samples, count, 0, True


def stop_dma():
    """The channel stands still."""
    global dma_active
    catch_up()
    dma_active = False


def _move(us):
    global _next_at
    _next_at -= us


exchange.takers["waves"] = take_waves
clock.movers.append(_move)
