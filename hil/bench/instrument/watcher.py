"""Looks at the lines: a PIO machine tells the DMA of each change, and three channels put it down, one after the other.

The levels from the machine's FIFO, the timer's microseconds, the 8 ns count; then the first waits for the next change.
No code runs for an edge.

How long after an edge the count is read (LATE), in cycles:

| what | emulated | on a chip |
|---|---|---|
| the pins' two flip-flops | 2 | 2 |
| until `in` looks: it does every 4th cycle; the mean | 2 | 2 |
| to `push` | 4 | 4 |
| FIFO to ring | 0 | 6: request, read and write (datasheet 2.5) |
| timer to ring | 2 | 7: read over the APB bridge |
| count to ring, until it is read | 2 | 5 |

A bench measures what is left: the loop that it plays is watched as well.
"""

import rp2
import uctypes
from chip import poke
from lines import WATCHED, WATCHED_FIRST
from machine import Pin
from micropython import const

LATE = const(12)
_MACHINE = const(0)
# PIO0 (RP2040 datasheet 3.7)
_FDEBUG = 0x50200008
_RXF = 0x50200020
_RXSTALL = const(1)
_DREQ_RX = const(4)
_DMA = 0x50000000
_CHANNEL_BYTES = const(0x40)
_WRITE_ADDR = const(0x04)
_RING_BITS = const(14)
_ALWAYS = const(0x3F)
_MARK = const(0x20000000)


@rp2.asm_pio(in_shiftdir=rp2.PIO.SHIFT_LEFT, fifo_join=rp2.PIO.JOIN_RX)
def changes():
    label("changed")
    mov(y, x)
    push(noblock)
    wrap_target()
    mov(isr, null)
    in_(pins, 12)
    mov(x, isr)
    jmp(x_not_y, "changed")
    wrap()


class Watcher:
    """From `start` on, entries in three rings of 4096 words: `levels`, `micros`, `counts`."""

    def __init__(self, levels, micros, counts, timer, counter):
        self.levels, self.micros, self.counts = levels, micros, counts
        for i in range(WATCHED):
            # Pulls as on the wires: a line that is off is low, not noise.
            Pin(WATCHED_FIRST + i, Pin.IN, Pin.PULL_DOWN)
        levels[len(levels) - 1] = _MARK
        self._machine = rp2.StateMachine(_MACHINE, changes, in_base=Pin(WATCHED_FIRST))
        self._machine.exec("set(x, 0)")
        self._machine.exec("set(y, 0)")
        channels = [rp2.DMA() for _ in range(3)]
        sources = ((_RXF, _DREQ_RX), (timer, _ALWAYS), (counter, _ALWAYS))
        for i, (channel, ring) in enumerate(zip(channels, (levels, micros, counts))):
            source, pace = sources[i]
            control = channel.pack_ctrl(
                size=2,
                inc_read=False,
                inc_write=True,
                ring_sel=True,
                ring_size=_RING_BITS,
                treq_sel=pace,
                chain_to=channels[(i + 1) % 3].channel,
                high_pri=True,
            )
            channel.config(read=source, write=uctypes.addressof(ring), count=1, ctrl=control)
        self._channels = channels
        self._written = _DMA + channels[2].channel * _CHANNEL_BYTES + _WRITE_ADDR

    def start(self):
        """Watch."""
        poke(_FDEBUG, _RXSTALL)
        self._channels[0].active(1)
        self._machine.active(1)

    def registers(self):
        """Whose bits from the second on are the entry behind the last whole one; whose first is that the machine had no
        room for a change."""
        return self._written, _FDEBUG

    def dropped(self):
        """That bit was seen."""
        poke(_FDEBUG, _RXSTALL)
