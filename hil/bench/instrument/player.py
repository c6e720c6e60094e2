"""Plays levels on its lines: a PIO machine counts each word's cycles, and DMA hands it words from a ring for ever.

Each of two channels goes round the ring once and starts the other. A third starts the machine, at a wrap of the grid's
slice: so what is played lies on the grid to the cycle. Of the first word LATE cycles are taken away, those that this
takes.

Parked, the machine plays on; but the pins' overrides keep the loop's low, whatever it says, and the others off.
"""

import rp2
import uctypes
from chip import peek, poke
from lines import PLAYED, PLAYED_FIRST
from machine import Pin
from micropython import const

# From the wrap to the machine's first instruction: request, write to CTRL, first cycle (as LATE in watcher.py).
LATE = const(1)
_MACHINE = const(4)
_PIO1 = 0x50300000
_CTRL_SET = _PIO1 + 0x2000
_TXF = _PIO1 + 0x010
_DREQ_TX = const(8)
_DMA = 0x50000000
_CHANNEL_BYTES = const(0x40)
_RING_BITS = const(14)
_RING_WORDS = const(4096)
# IO_BANK0 (RP2040 datasheet 2.19.6.1)
_PINS = tuple(0x40014004 + 8 * (PLAYED_FIRST + i) for i in range(PLAYED))
_PIO1_FUNCTION = const(7)
_LOW = const(2 << 8)
_OFF = const(2 << 12)


@rp2.asm_pio(
    out_init=(rp2.PIO.OUT_LOW,) * PLAYED,
    out_shiftdir=rp2.PIO.SHIFT_RIGHT,
    autopull=True,
    pull_thresh=32,
)
def words():
    wrap_target()
    out(x, 26)
    label("count")
    jmp(x_dec, "count")
    out(pins, 6)
    wrap()


class Player:
    """Parked until `let`. `arm` before the grid starts: with its first wrap the ring is played, from its beginning."""

    def __init__(self, ring, grid):
        self.park()
        self._ring = ring
        self._grid = grid
        self._machine = rp2.StateMachine(_MACHINE, words, out_base=Pin(PLAYED_FIRST))
        self.park()
        self._enable = uctypes.addressof(_ENABLE)
        self._channels = [rp2.DMA() for _ in range(2)]
        self._starter = rp2.DMA()
        self._reads = [_DMA + channel.channel * _CHANNEL_BYTES for channel in self._channels]

    def arm(self):
        """The ring's first words go to the machine, which starts with the next wrap of the grid."""
        first, second = self._channels
        for channel, other in ((first, second), (second, first)):
            control = channel.pack_ctrl(
                size=2,
                inc_read=True,
                inc_write=False,
                ring_sel=False,
                ring_size=_RING_BITS,
                treq_sel=_DREQ_TX,
                chain_to=other.channel,
            )
            channel.config(read=uctypes.addressof(self._ring), write=_TXF, count=_RING_WORDS, ctrl=control)
        first.active(1)
        control = self._starter.pack_ctrl(size=2, inc_read=False, inc_write=False, treq_sel=self._grid)
        self._starter.config(read=self._enable, write=_CTRL_SET, count=1, ctrl=control, trigger=True)

    def registers(self):
        """The sum of whose bits from the second on is the word that is read next: the channel that waits stands at the
        ring's beginning."""
        return tuple(self._reads)

    def at(self):
        """The word that is read next."""
        return (peek(self._reads[0], 2, _RING_WORDS - 1) + peek(self._reads[1], 2, _RING_WORDS - 1)) & (_RING_WORDS - 1)

    def park(self):
        """The loop open, the other lines let go of."""
        override = _LOW
        for register in _PINS:
            poke(register, _PIO1_FUNCTION | override)
            override = _OFF

    def let(self):
        """The machine has the lines."""
        for register in _PINS:
            poke(register, _PIO1_FUNCTION)


_ENABLE = bytearray(b"\x01\x00\x00\x00")
