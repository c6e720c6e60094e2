"""A frame: the mean of the samples of each ADC input over 10 ms."""

import micropython
from micropython import const

INPUTS = 5
SAMPLES = 20  # of each input in a frame
FRAME_SAMPLES = INPUTS * SAMPLES
RING_SAMPLES = 2048  # 20 frames
_COUNT_MASK = const(0x3FFFFFFF)


class RingReader:
    """Which samples of the ring make up the newest whole frame, however long it was not asked.

    It counts samples, not places in the ring: a place says nothing after a stall of more than a ring (205 ms, a slow
    flash erase), and as 2048 is no multiple of 5, gates, supply and temperature would change places from then on.
    """

    def __init__(self):
        self.restart()

    def restart(self):
        """The next sample is number 0, of input 0."""
        self.skipped = 0
        self._taken = 0

    @micropython.native
    def take(self, done):
        """done: samples since the start, modulo 2**30. Index in the ring of the frame's first sample; -1: none is
        whole.

        `skipped`: frames that were passed over by this call.
        """
        first = self._taken
        samples = FRAME_SAMPLES
        frames = ((done - first) & _COUNT_MASK) // samples
        if frames == 0:
            return -1
        self.skipped = frames - 1
        first += (frames - 1) * samples
        self._taken = (first + samples) & _COUNT_MASK
        return first & (RING_SAMPLES - 1)


@micropython.viper
def average(ring: ptr16, tail: int, out: ptr32):
    """Means of the 100 samples from ring[tail] on (round robin from input 0) -> out[0..4] in 1/16 LSB.

    ring: 2048 half-words, wrapping. 13107/2**14 is 16/20 to 1e-5; the largest product, 81,900 x 13,107, is below 2**31.
    """
    s0 = 0
    s1 = 0
    s2 = 0
    s3 = 0
    s4 = 0
    i = tail
    n = 0
    while n < 20:
        s0 += ring[i & 2047]
        s1 += ring[(i + 1) & 2047]
        s2 += ring[(i + 2) & 2047]
        s3 += ring[(i + 3) & 2047]
        s4 += ring[(i + 4) & 2047]
        i += 5
        n += 1
    out[0] = (s0 * 13107 + 8192) >> 14
    out[1] = (s1 * 13107 + 8192) >> 14
    out[2] = (s2 * 13107 + 8192) >> 14
    out[3] = (s3 * 13107 + 8192) >> 14
    out[4] = (s4 * 13107 + 8192) >> 14
